//! `powerautomate_cba_credential`: what each operation says to the services, and the rows that come of it.

use acceptance_tests::court::{Action, CREDENTIAL, Court, Object, REFERENCE, with};
use acceptance_tests::world::{self, World};
use expect_test::expect;
use sandbox::{Effect, Fault};
use serde_json::{Value, json};

use crate::solutions::solutions;

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

/// The value of the user name variable.
fn username(court: &Court, variable: &str) -> Value {
    let values = court.rows_of(VALUES, "environmentvariabledefinitionid", variable);
    assert_eq!(values.len(), 1, "{values:?}");
    values[0]["value"].clone()
}

#[test]
fn it_comes_is_read_and_goes() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    let seeded = court.rows();
    let credential = court.create(CREDENTIAL, &court.credential(&reference)).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions  {"description":"User name of the credential «id2», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id3»","schemaname":"cto_robot_certificate_username","type":100000000} -> 204
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id3»)","environmentvariablevalueid":"«id4»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
            POST /credentials  {"certificate@odata.bind":"/environmentvariabledefinitions(«id1»)","connectiontype":5,"credentialid":"«id2»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id3»)"} -> 204
          GET dataverse /credentials(«id2»)?select -> 200
        read:
          GET dataverse /credentials(«id2»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
    "#]].assert_eq(&court.told());

    let (id, variable) = (credential.attr("id"), credential.attr("username_variable_id"));
    assert_eq!(credential.attr("username_schema_name"), "cto_robot_certificate_username");
    assert_eq!(credential["active"], true);
    let row = court.row("credentials", &id);
    assert_eq!((&row["credentialtype"], &row["connectiontype"]), (&json!(1), &json!(5)));
    assert_eq!(username(&court, &variable), "robot@contoso.com");

    court.refresh(&credential).expect_quiet().expect("it is there");
    expect![[r#"
        read:
          GET dataverse /credentials(«id2»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
    "#]]
    .assert_eq(&court.told());
    court.destroy(&credential).expect_quiet();
    expect![[r#"
        apply:
          GET dataverse /credentials(«id2»)?select -> 200
          token for connectivity -> 200
          GET connectivity /connections -> 200
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id3» or _username_value eq «id3» or _password_value eq «id3» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id2») -> 204
            DELETE /environmentvariabledefinitions(«id3») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.rows(), seeded);
}

#[test]
fn what_can_be_changed_is_changed_in_place() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let config = with(court.credential(&reference), json!({ "name": "Renamed" }));
    let changed = court.change(&credential, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"name":"Renamed"} -> 204
    "#]]
    .assert_eq(&court.told());
    let config = with(config, json!({ "description": "Finance" }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"description":"Finance"} -> 204
    "#]]
    .assert_eq(&court.told());
    let config = with(config, json!({ "username": "ROBOT@contoso.com" }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            PATCH /environmentvariablevalues(«id4»)  if-match: *  {"value":"ROBOT@contoso.com"} -> 204
    "#]].assert_eq(&court.told());
    let config = with(config, json!({ "timeouts": { "create": "1m" } }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
    "#]]
    .assert_eq(&court.told());
    for name in ["id", "username_variable_id"] {
        assert_eq!(changed.attr(name), credential.attr(name));
    }
    let row = court.row("credentials", &credential.attr("id"));
    assert_eq!((&row["name"], &row["description"]), (&json!("Renamed"), &json!("Finance")));
    assert_eq!(username(&court, &changed.attr("username_variable_id")), "ROBOT@contoso.com");
}

#[test]
fn what_cannot_be_changed_replaces() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let config = with(court.credential(&reference), json!({ "username_schema_name": "cto_robot_user" }));
    let credential = court.change(&credential, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_user' -> 200
        apply:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
            DELETE /environmentvariabledefinitions(«id2») -> 204
        apply:
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_user' -> 200
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions  {"description":"User name of the credential «id4», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id5»","schemaname":"cto_robot_user","type":100000000} -> 204
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id5»)","environmentvariablevalueid":"«id6»","schemaname":"cto_robot_user","value":"robot@contoso.com"} -> 204
            POST /credentials  {"certificate@odata.bind":"/environmentvariabledefinitions(«id3»)","connectiontype":5,"credentialid":"«id4»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id5»)"} -> 204
          GET dataverse /credentials(«id4»)?select -> 200
        read:
          GET dataverse /credentials(«id4»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id5»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(credential.attr("username_schema_name"), "cto_robot_user");

    let second = with(court.reference(), json!({ "schema_name": "cto_second" }));
    let second = court.create(REFERENCE, &second).expect_quiet();
    court.forget();
    let credential = court.change(&credential, &court.credential(&second)).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id4»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id5»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions(«id7»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions(«id7»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_second_username' -> 200
        apply:
          GET dataverse /credentials(«id4»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id5»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id5» or _username_value eq «id5» or _password_value eq «id5» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id4») -> 204
            DELETE /environmentvariabledefinitions(«id5») -> 204
        apply:
          GET dataverse /environmentvariabledefinitions(«id7»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_second_username' -> 200
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions  {"description":"User name of the credential «id8», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id9»","schemaname":"cto_second_username","type":100000000} -> 204
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id9»)","environmentvariablevalueid":"«id10»","schemaname":"cto_second_username","value":"robot@contoso.com"} -> 204
            POST /credentials  {"certificate@odata.bind":"/environmentvariabledefinitions(«id7»)","connectiontype":5,"credentialid":"«id8»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id9»)"} -> 204
          GET dataverse /credentials(«id8»)?select -> 200
        read:
          GET dataverse /credentials(«id8»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id9»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(credential.attr("username_schema_name"), "cto_second_username");
}

#[test]
fn a_variable_of_somebody_else_s_is_used_and_never_changed() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let text = json!({
        "schemaname": "cto_shared_user", "displayname": "User", "type": 100_000_000, "defaultvalue": "robot@contoso.com",
    });
    let theirs = court.insert(DEFINITIONS, text);
    let shared =
        json!({ "name": "Robot", "certificate_reference_id": reference["id"], "username_variable_id": theirs });
    let credential = court.change(&credential, &shared).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions(«id4»)?select&expand -> 200
        apply:
          GET dataverse /credentials(«id1»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
            DELETE /environmentvariabledefinitions(«id2») -> 204
        apply:
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /credentials?select&filter=name eq 'Robot' -> 200
          GET dataverse /environmentvariabledefinitions(«id4»)?select&expand -> 200
          POST dataverse /$batch -> 200
            POST /credentials  {"certificate@odata.bind":"/environmentvariabledefinitions(«id3»)","connectiontype":5,"credentialid":"«id5»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id4»)"} -> 204
          GET dataverse /credentials(«id5»)?select -> 200
        read:
          GET dataverse /credentials(«id5»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id4»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(credential["username"], "robot@contoso.com");
    court.destroy(&credential).expect_quiet();
    expect![[r#"
        apply:
          GET dataverse /credentials(«id5»)?select -> 200
          token for connectivity -> 200
          GET connectivity /connections -> 200
          GET dataverse /environmentvariabledefinitions(«id4»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id4» or _username_value eq «id4» or _password_value eq «id4» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id5») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.row(DEFINITIONS, &theirs)["schemaname"], "cto_shared_user", "somebody else's variable stays");
}

#[test]
fn a_variable_in_the_way_is_named_and_left_alone() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    let config = court.credential(&reference);
    let text = json!({ "schemaname": "cto_robot_certificate_username", "displayname": "User", "type": 100_000_000 });
    let theirs = court.insert(DEFINITIONS, text);
    let summary = "The environment variable \"cto_robot_certificate_username\" exists already";
    let parts = ["no credential uses it", "username_variable_id"];
    let planned = court.plan(CREDENTIAL, None, &config);
    planned.expect_warning("username_schema_name", "What is to be created exists already", &parts).expect_ok();
    court.create(CREDENTIAL, &config).expect_error("username_schema_name", summary, &parts);

    court.insert(
        "credentials",
        json!({ "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "username": theirs }),
    );
    let summary =
        "The user name variable \"cto_robot_certificate_username\" of the credential \"Theirs\" exists already";
    court.create(CREDENTIAL, &config).expect_error("username_schema_name", summary, &["import {"]);
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn a_certificate_that_does_not_name_the_user_warns() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let config = with(court.credential(&reference), json!({ "username": "else@contoso.com" }));
    let planned = court.plan(CREDENTIAL, None, &config);
    let parts = ["robot@contoso.com", "else@contoso.com"];
    planned.expect_warning("username", "The certificate does not name the user", &parts).expect_ok();
}

#[test]
fn a_new_user_is_judged_by_the_certificate_that_the_same_run_plans() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let (config, summary) = (court.credential(&reference), "The certificate does not name the user");
    let repointed = with(court.reference(), json!({ "certificate_name": "robot-01" }));
    let renamed = |user: &str| with(config.clone(), json!({ "username": user }));
    court.plan(REFERENCE, Some(&reference), &repointed).expect_quiet();
    court.plan(CREDENTIAL, Some(&credential), &renamed("robot-01@contoso.com")).expect_quiet();
    let planned = court.plan(CREDENTIAL, Some(&credential), &renamed("Robot@contoso.com"));
    planned.expect_warning("username", summary, &["are: robot-01@contoso.com", "Robot@contoso.com"]).expect_ok();
    // While nobody knows at which certificate it will point, nobody is told of the one at which it points.
    court.plan_not_knowing(REFERENCE, Some(&reference), &repointed, &["certificate_name"]).expect_quiet();
    court.plan(CREDENTIAL, Some(&credential), &renamed("else@contoso.com")).expect_quiet();
    // Of a reference that is not planned here, what it is counts.
    let environment_id = court.place().environment_id.clone();
    court.configure(&json!({ "environment_id": environment_id })).expect_quiet();
    let planned = court.plan(CREDENTIAL, Some(&credential), &renamed("else@contoso.com"));
    planned.expect_warning("username", summary, &["are: robot@contoso.com"]).expect_ok();
}

#[test]
fn a_first_apply_tells_of_a_user_whom_the_certificate_does_not_name() {
    let world = World::new();
    world.write("main.tf", &world::CREDENTIAL.replace("\"robot@contoso.com\"", "\"else@contoso.com\""));
    world.plan().expect_quiet();
    let parts = ["are: robot@contoso.com", "else@contoso.com"];
    world.apply().expect_warning("username", "The certificate does not name the user", &parts).expect_ok();
}

#[test]
fn a_second_plan_that_cannot_read_what_the_first_one_read_is_refused_and_not_another_one() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    // Only the two plans of an apply, and not each of them twice.
    court.judge_mut().asks_twice = false;
    let busy = || Effect::Status(403, "0x80040220".into(), "Missing privilege.".into());
    // The name of the variable follows that of the reference.
    court.destroy(&credential).expect_quiet();
    let id = reference.attr("id");
    for answers in 0..2 {
        court.weather(Fault::next(&format!("environmentvariabledefinitions({id})"), busy()).after(answers).times(9));
        let created = court.create(CREDENTIAL, &court.credential(&reference));
        let summary = format!("Cannot read the environment variable {id}");
        let left = created.expect_error("certificate_reference_id", &summary, &["Missing privilege"]);
        assert!(left.is_none(), "nothing was made");
        court.sandbox().clear_faults();
    }
    // A variable that somebody else took over is not changed: the credential is replaced, by what the refresh has put into the state.
    let credential = court.create(CREDENTIAL, &court.credential(&reference)).expect_ok();
    let variable = credential.attr("username_variable_id");
    court.patch("environmentvariabledefinitions", &variable, json!({ "description": "Ours now." }));
    let credential = court.refresh(&credential).expect_ok().unwrap();
    let config = json!({ "username": "robot-01@contoso.com", "username_schema_name": "cto_robot_user" });
    let planned = court.plan(CREDENTIAL, Some(&credential), &with(court.credential(&reference), config));
    assert_eq!(planned.expect_ok(), Action::Replace);
}

/// A text variable that somebody else has made, and its id.
fn shared(court: &Court) -> String {
    let text = json!({
        "schemaname": "cto_shared_user", "displayname": "User", "type": 100_000_000, "defaultvalue": "robot@contoso.com",
    });
    court.insert(DEFINITIONS, text)
}

#[test]
fn whose_the_variable_is_is_told_and_written_down() {
    let court = Court::new();
    let (reference, own) = court.made_credential();
    let theirs = json!({ "username": null, "username_variable_id": shared(&court) });
    let theirs = court.create(CREDENTIAL, &with(court.credential(&reference), theirs)).expect_quiet();
    for (credential, is_own) in [(&own, true), (&theirs, false)] {
        assert_eq!(credential["username_variable_managed"], is_own);
        let id = format!("{}/{}", court.place().environment_id, credential.attr("id"));
        let imported = court.import(CREDENTIAL, &id).expect_ok();
        assert_eq!(imported["username_variable_managed"], is_own);
        let written = court.judge().generate(imported.instance()).unwrap_or_else(|failure| panic!("{failure}"));
        let says = ["username", "username_schema_name", "username_variable_id"].map(|name| !written.at(name).is_null());
        assert_eq!(says, [is_own, is_own, !is_own], "{written:?}");
        let config = serde_json::from_str(&judge::json::to_json(&written)).expect("JSON");
        assert_eq!(court.plan(CREDENTIAL, Some(&imported), &config).expect_quiet(), Action::NoOp);
    }
    // Somebody makes it the company's: it is not the credential's own any more.
    court.patch(DEFINITIONS, &own.attr("username_variable_id"), json!({ "description": "The user of all robots." }));
    let now = court.refresh(&own).expect_quiet().expect("it is there");
    assert_eq!(now["username_variable_managed"], false);
}

#[test]
fn all_that_is_known_of_the_variable_may_be_said_where_it_agrees() {
    let court = Court::new();
    let (reference, own) = court.made_credential();
    let shared = shared(&court);
    let name = "username_schema_name does not agree with username_variable_id";
    let user = "username does not agree with username_variable_id";
    let said = |credential: &Object| {
        let names = ["username", "username_schema_name", "username_variable_id"];
        let said = names.map(|name| (name.to_owned(), credential[name].clone()));
        with(court.credential(&reference), Value::Object(said.into_iter().collect()))
    };
    let theirs = json!({ "username_variable_id": shared, "username_schema_name": "cto_shared_user" });
    let theirs = with(court.credential(&reference), theirs);
    for (wrong, summary, attribute) in [
        (json!({ "username_schema_name": "cto_other" }), name, "username_schema_name"),
        (json!({ "username": "else@contoso.com" }), user, "username"),
    ] {
        let wrong = with(theirs.clone(), wrong);
        let planned = court.plan(CREDENTIAL, None, &wrong);
        // Whoever keeps the variable may still change what it holds, and not what it is called.
        if attribute == "username" {
            let parts = ["Leave one of the two out", "robot@contoso.com", "the apply will fail"];
            planned.expect_warning(attribute, "The user name does not agree with its variable", &parts).expect_ok();
        } else {
            let parts = ["Leave one of the two out", "cto_shared_user", "terraform destroy -refresh=false"];
            planned.expect_error(attribute, summary, &parts);
        }
        // Where the plan does not know the variable yet, the apply holds the two against each other.
        let made = court.apply(CREDENTIAL, None, &wrong, &["username_variable_id"]);
        assert!(made.expect_error(attribute, summary, &["Leave one of the two out"]).is_none(), "nothing was made");
    }
    let theirs = court.create(CREDENTIAL, &theirs).expect_quiet();
    assert_eq!(court.plan(CREDENTIAL, Some(&theirs), &said(&theirs)).expect_quiet(), Action::NoOp);
    let changed = with(said(&theirs), json!({ "username": "else@contoso.com" }));
    court.change(&theirs, &changed).expect_error("username", user, &["robot@contoso.com"]);
    // Somebody has changed it between the plan and the apply.
    court.patch(DEFINITIONS, &shared, json!({ "defaultvalue": "else@contoso.com" }));
    let theirs = court.change(&theirs, &changed).expect_ok();
    assert_eq!(theirs["username"], "else@contoso.com");

    assert_eq!(court.plan(CREDENTIAL, Some(&own), &said(&own)).expect_quiet(), Action::NoOp);
    let renamed = with(said(&own), json!({ "username_schema_name": "cto_other" }));
    court.plan(CREDENTIAL, Some(&own), &renamed).expect_error("username_schema_name", name, &[]);
    // What its own variable holds is changed.
    let changed = with(said(&own), json!({ "username": "ROBOT@contoso.com" }));
    let own = court.change(&own, &changed).expect_quiet();
    assert_eq!(username(&court, &own.attr("username_variable_id")), "ROBOT@contoso.com");
    // But it does not outlive the credential.
    let second = with(court.reference(), json!({ "schema_name": "cto_second" }));
    let second = court.create(REFERENCE, &second).expect_quiet();
    let moved = with(said(&own), json!({ "certificate_reference_id": second["id"] }));
    let summary = "The user name's variable goes with the credential";
    let planned = court.plan(CREDENTIAL, Some(&own), &moved);
    planned.expect_warning("username_variable_id", summary, &["Take username_variable_id out"]).expect_ok();
}

#[test]
fn a_replacement_that_would_leave_nothing_is_an_error_of_its_plan() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    // Somebody made the variable the company's; its name is that which the new one would have.
    court.patch(DEFINITIONS, &credential.attr("username_variable_id"), json!({ "description": "The user of all." }));
    let credential = court.refresh(&credential).expect_quiet().unwrap();
    let renamed = with(court.credential(&reference), json!({ "username": "else@contoso.com" }));
    let (summary, parts) = ("The user name's variable needs another name", ["is not taken", "stays"]);
    court.plan(CREDENTIAL, Some(&credential), &renamed).expect_error("username_schema_name", summary, &parts);
    let elsewhere = with(renamed, json!({ "username_schema_name": "cto_robot_user" }));
    assert_eq!(court.plan(CREDENTIAL, Some(&credential), &elsewhere).expect_ok(), Action::Replace);
    // A reference that is to get the name of another one.
    court.insert(DEFINITIONS, json!({ "schemaname": "cto_theirs", "displayname": "Theirs", "type": 100_000_000 }));
    let taken = with(court.reference(), json!({ "schema_name": "cto_theirs" }));
    let summary = "The environment variable \"cto_theirs\" exists already";
    court.plan(REFERENCE, Some(&reference), &taken).expect_error("schema_name", summary, &["import {"]);
}

#[test]
fn a_user_name_that_another_credential_uses_too_is_an_error_of_the_plan() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    let theirs = json!({ "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "username": variable });
    court.insert("credentials", theirs);
    let renamed = with(court.credential(&reference), json!({ "username": "else@contoso.com" }));
    let (summary, parts) =
        ("The user name cannot be changed here", ["another username_schema_name", "not this credential's alone"]);
    court.plan(CREDENTIAL, Some(&credential), &renamed).expect_error("username", summary, &parts);
    // One that is not known yet may be the same.
    let later = court.plan_not_knowing(CREDENTIAL, Some(&credential), &renamed, &["username"]);
    assert_eq!(later.expect_ok(), Action::Update);
    // An inactive variable is activated all the same: whoever uses it can sign in again.
    court.patch(DEFINITIONS, &variable, json!({ "statecode": 1, "statuscode": 2 }));
    let drifted = court.refresh(&credential).expect_ok().unwrap();
    let mended = court.change(&drifted, &court.credential(&reference)).expect_ok();
    assert_eq!(court.refresh(&mended).expect_quiet().unwrap()["active"], true);
}

#[test]
fn what_is_managed_is_not_replaced() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    court.patch("credentials", &credential.attr("id"), json!({ "ismanaged": true }));
    court.patch(DEFINITIONS, &reference.attr("id"), json!({ "ismanaged": true }));
    let (summary, parts) = ("What is managed cannot be replaced", ["terraform state rm"]);
    let credential = court.refresh(&credential).expect_quiet().unwrap();
    let moved = with(court.credential(&reference), json!({ "username_schema_name": "cto_else" }));
    court.plan(CREDENTIAL, Some(&credential), &moved).expect_error("managed", summary, &parts);
    let reference = court.refresh(&reference).expect_quiet().unwrap();
    let moved = with(court.reference(), json!({ "schema_name": "cto_else" }));
    court.plan(REFERENCE, Some(&reference), &moved).expect_error("managed", summary, &parts);
}

#[test]
fn a_variable_that_is_taken_up_joins_the_solution_and_its_plan_warns_of_nothing() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    court.remove_row("credentials", &credential.attr("id"));
    anew(&mut court);
    let config = with(court.credential(&reference), json!({ "solution_unique_name": "CtoRobots" }));
    court.plan(CREDENTIAL, None, &config).expect_quiet();
    anew(&mut court);
    let again = court.create(CREDENTIAL, &config).expect_quiet();
    assert_eq!(again.attr("username_variable_id"), variable);
    assert_eq!(solutions(&court, &json!(variable)), ["CtoRobots"]);
}

#[test]
fn a_variable_that_goes_with_a_credential_of_the_same_name_is_told_where_it_is_named() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    anew(&mut court);
    court.refresh(&credential).expect_quiet();
    // A tainted object is planned like a new one.
    let named = json!({ "username_variable_id": credential["username_variable_id"], "username": null });
    let planned = court.plan(CREDENTIAL, None, &with(court.credential(&reference), named));
    let summary = "The user name's variable goes with the credential";
    planned.expect_warning("username_variable_id", summary, &["Take username_variable_id out"]).expect_ok();
}

#[test]
fn an_empty_user_name_is_generated_as_the_variable_that_holds_it() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    let value =
        court.rows_of(VALUES, "environmentvariabledefinitionid", &variable)[0]["environmentvariablevalueid"].clone();
    court.patch(VALUES, value.as_str().unwrap(), json!({ "value": "" }));
    let drifted = court.refresh(&credential).expect_ok().unwrap();
    let written = court.judge().generate(drifted.instance()).unwrap();
    assert_eq!(judge::json::to_json(written.at("username")), "null");
    assert_eq!(written.at("username_variable_id").as_str(), Some(variable.as_str()));
}

#[test]
fn two_credentials_on_one_reference_are_told_of_the_schema_name() {
    let court = Court::new();
    let (reference, first) = court.made_credential();
    let second = with(court.credential(&reference), json!({ "name": "Second" }));
    let attribute = "username_schema_name";
    let taken = "The user name variable \"cto_robot_certificate_username\" of the credential \"Robot\" exists already";
    // This run has made the first one.
    let two = ["Two credentials on one certificate reference", "set username_schema_name in one of them"];
    court.create(CREDENTIAL, &second).expect_error(attribute, taken, &two);
    // The first one is in this state.
    court.refresh(&first).expect_quiet();
    let own = "The name is that of an object in this state";
    let mut court = court;
    anew(&mut court);
    court.refresh(&first).expect_quiet();
    let planned = court.plan(CREDENTIAL, None, &second);
    planned.expect_warning(attribute, own, &[two[1], "moved", "nothing is wrong"]).expect_ok();
    // The first one is somebody else's, or was ours.
    anew(&mut court);
    court.create(CREDENTIAL, &second).expect_error(attribute, taken, &[two[1], "import {"]);
    // Neither is there yet.
    court.destroy(&first).expect_quiet();
    anew(&mut court);
    court.plan(CREDENTIAL, None, &court.credential(&reference)).expect_quiet();
    let both = "Two user names have the same username_schema_name";
    court.plan(CREDENTIAL, None, &second).expect_warning(attribute, both, &[two[1]]).expect_ok();
}

/// Configures the provider as the next run does.
fn anew(court: &mut Court) {
    let environment_id = court.place().environment_id.clone();
    court.configure(&json!({ "environment_id": environment_id })).expect_quiet();
}
