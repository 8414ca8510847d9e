//! `solution_unique_name` of what exists: rows are added to a solution, and nothing is taken out of one or replaced.

use acceptance_tests::court::{Action, CREDENTIAL, Court, Object, REFERENCE, with};
use expect_test::expect;
use serde_json::{Value, json};

const SECOND: &str = "Second";

fn court() -> Court {
    let court = Court::new();
    court.insert("solutions", json!({ "uniquename": SECOND, "friendlyname": "Second", "ismanaged": false }));
    court
}

/// The unique names of the solutions that a row belongs to, but for the default one.
pub(crate) fn solutions(court: &Court, id: &Value) -> Vec<String> {
    let of = court.rows_named("solutioncomponents", "objectid", id.as_str().expect("a row has an id"));
    let name = |member: &Value| {
        court.row("solutions", member["_solutionid_value"].as_str().expect("a member has a solution"))["uniquename"]
            .as_str()
            .expect("a solution has a name")
            .to_owned()
    };
    let mut names: Vec<String> = of.iter().map(name).filter(|name| name != "Default").collect();
    names.sort();
    names
}

fn value_of(court: &Court, definition: &Value) -> Value {
    let definition = definition.as_str().expect("a definition has an id");
    let values = court.rows_of("environmentvariablevalues", "environmentvariabledefinitionid", definition);
    values[0]["environmentvariablevalueid"].clone()
}

/// Names a solution where none was, names another one, and none again.
fn moved(court: &Court, kind: &str, object: Object, config: &Value, rows: &[Value]) {
    let first = court.place().solution.clone();
    let named = |name: Value| with(config.clone(), json!({ "solution_unique_name": name }));
    let object = court.change(&object, &named(json!(first))).expect_quiet();
    for row in rows {
        assert_eq!(solutions(court, row), [first.as_str()], "{kind} {row}");
    }
    assert_eq!(court.plan(kind, Some(&object), &named(json!(first))).expect_quiet(), Action::NoOp);
    assert_eq!(court.plan(kind, Some(&object), &named(json!(SECOND))).expect_quiet(), Action::Update);
    let object = court.change(&object, &named(json!(SECOND))).expect_quiet();
    for row in rows {
        assert_eq!(solutions(court, row), [first.as_str(), SECOND], "{kind} {row}");
    }
    let written = court.writes();
    let planned = court.plan(kind, Some(&object), &named(Value::Null));
    let summary = "The rows stay in their solution";
    let planned = planned.expect_warning("solution_unique_name", summary, &["\"Second\"", "portal"]).expect_ok();
    assert_eq!(planned, Action::Update);
    let object = court.change(&object, &named(Value::Null)).expect_ok();
    assert_eq!(object["solution_unique_name"], Value::Null);
    assert_eq!(court.writes(), written, "nothing is written");
}

#[test]
fn a_reference_that_exists_is_added_and_not_replaced() {
    let court = court();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    let rows = [reference["id"].clone(), value_of(&court, &reference["id"])];
    moved(&court, REFERENCE, reference, &court.reference(), &rows);
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        plan:
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
          GET dataverse /solutioncomponents?select&filter=_solutionid_value eq «id3» and (objectid eq «id1» or objectid eq «id2») -> 200
          GET dataverse /solutioncomponentdefinitions?select&filter=primaryentityname eq 'environmentvariabledefinition' or primaryentityname eq 'environmentvariablevalue' -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id1»","ComponentType":380,"SolutionUniqueName":"CtoRobots"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id2»","ComponentType":381,"SolutionUniqueName":"CtoRobots"} -> 200
        plan:
          GET dataverse /solutions?select&filter=uniquename eq 'Second' -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'Second' -> 200
          GET dataverse /solutioncomponents?select&filter=_solutionid_value eq «id4» and (objectid eq «id1» or objectid eq «id2») -> 200
          GET dataverse /solutioncomponentdefinitions?select&filter=primaryentityname eq 'environmentvariabledefinition' or primaryentityname eq 'environmentvariablevalue' -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id1»","ComponentType":380,"SolutionUniqueName":"Second"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id2»","ComponentType":381,"SolutionUniqueName":"Second"} -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn a_credential_that_exists_is_added_with_its_own_variable() {
    let court = court();
    let (reference, credential) = court.made_credential();
    let variable = credential["username_variable_id"].clone();
    let rows = [credential["id"].clone(), variable.clone(), value_of(&court, &variable)];
    let config = court.credential(&reference);
    moved(&court, CREDENTIAL, credential, &config, &rows);
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
          GET dataverse /solutioncomponents?select&filter=_solutionid_value eq «id4» and (objectid eq «id1» or objectid eq «id2» or objectid eq «id3») -> 200
          GET dataverse /solutioncomponentdefinitions?select&filter=primaryentityname eq 'credential' or primaryentityname eq 'environmentvariabledefinition' or primaryentityname eq 'environmentvariablevalue' -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id1»","ComponentType":10196,"SolutionUniqueName":"CtoRobots"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id2»","ComponentType":380,"SolutionUniqueName":"CtoRobots"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id3»","ComponentType":381,"SolutionUniqueName":"CtoRobots"} -> 200
        plan:
          GET dataverse /solutions?select&filter=uniquename eq 'Second' -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'Second' -> 200
          GET dataverse /solutioncomponents?select&filter=_solutionid_value eq «id5» and (objectid eq «id1» or objectid eq «id2» or objectid eq «id3») -> 200
          GET dataverse /solutioncomponentdefinitions?select&filter=primaryentityname eq 'credential' or primaryentityname eq 'environmentvariabledefinition' or primaryentityname eq 'environmentvariablevalue' -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id1»","ComponentType":10196,"SolutionUniqueName":"Second"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id2»","ComponentType":380,"SolutionUniqueName":"Second"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id3»","ComponentType":381,"SolutionUniqueName":"Second"} -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn somebody_else_s_variable_is_not_added() {
    let court = court();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let text = json!({ "schemaname": "cto_shared", "displayname": "U", "type": 100_000_000, "defaultvalue": "robot" });
    let theirs = court.insert("environmentvariabledefinitions", text);
    let config =
        json!({ "name": "Robot", "certificate_reference_id": reference["id"], "username_variable_id": theirs });
    let credential = court.create(CREDENTIAL, &config).expect_quiet();
    let named = with(config, json!({ "solution_unique_name": SECOND }));
    let credential = court.change(&credential, &named).expect_quiet();
    assert_eq!(
        (solutions(&court, &credential["id"]), solutions(&court, &json!(theirs))),
        (vec![SECOND.to_owned()], vec![])
    );
}

#[test]
fn where_the_rows_are_there_nothing_is_written() {
    let court = court();
    let config = with(court.reference(), json!({ "solution_unique_name": court.place().solution }));
    let reference = court.create(REFERENCE, &config).expect_quiet();
    let imported = court.import(REFERENCE, &format!("{}/{}", court.place().environment_id, reference.attr("id")));
    let imported = imported.expect_quiet();
    assert_eq!(imported["solution_unique_name"], Value::Null);
    court.forget();
    let changed = court.change(&imported, &config).expect_quiet();
    assert_eq!(changed["solution_unique_name"], court.place().solution.as_str());
    assert_eq!(court.writes(), Vec::<String>::new());
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
          GET dataverse /solutioncomponents?select&filter=_solutionid_value eq «id2» and (objectid eq «id1» or objectid eq «id3») -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn a_solution_that_cannot_take_the_rows_leaves_the_state_as_it_was() {
    let court = court();
    court.insert("solutions", json!({ "uniquename": "Vendors", "friendlyname": "Vendor's", "ismanaged": true }));
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    for (name, summary, part) in [
        ("Nothing", "The solution does not exist", "unmanaged"),
        ("Vendors", "Cannot change the environment variable cto_robot_certificate", "is managed"),
    ] {
        let config = json!({ "solution_unique_name": name, "description": "Changed" });
        let changed = court.change(&reference, &with(court.reference(), config));
        let left = changed.expect_error("solution_unique_name", summary, &[part]).expect("it stays");
        assert_eq!((&left["solution_unique_name"], &left["description"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(court.row("environmentvariabledefinitions", &reference.attr("id"))["description"], Value::Null);
}
