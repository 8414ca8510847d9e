//! `powerautomate_key_vault_certificate_reference`: what each operation says to the services, and the rows that come of it.

use acceptance_tests::court::{Action, Court, Object, REFERENCE, with};
use acceptance_tests::world::World;
use expect_test::expect;
use sandbox::{Crafted, Effect, Fault};
use serde_json::{Value, json};

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

/// A court where the reference exists; how it was made is not told.
fn made(changes: Value) -> (Court, Object, Value) {
    let court = Court::new();
    let config = with(court.reference(), changes);
    let object = court.create(REFERENCE, &config).expect_quiet();
    court.forget();
    (court, object, config)
}

/// The id of the one value of a definition.
pub(crate) fn value_of(court: &Court, definition: &str) -> String {
    let values = court.rows_of(VALUES, "environmentvariabledefinitionid", definition);
    assert_eq!(values.len(), 1, "{values:?}");
    values[0]["environmentvariablevalueid"].as_str().expect("a row has an id").to_owned()
}

#[test]
fn it_comes_is_read_and_goes() {
    let court = Court::new();
    let seeded = court.rows();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    expect![[r#"
        plan:
          GET vault:kv-robots /certificates/robot/ -> 401
          token for vaults -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
          token for environments -> 200
          GET environments /environments/«environment» -> 200
          token for dataverse -> 200
          GET dataverse /publishers?select&filter=customizationprefix eq 'cto' -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"displayname":"cto_robot_certificate","environmentvariabledefinitionid":"«id1»","schemaname":"cto_robot_certificate","secretstore":0,"type":100000005} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id1»)","environmentvariablevalueid":"«id2»","schemaname":"cto_robot_certificate","value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    court.expect_no_secret_was_asked();

    let secret = format!("{}/secrets/robot", court.place().key_vault_id);
    assert_eq!(reference.attr("secret_reference"), secret);
    assert_eq!(reference.attr("environment_id"), court.place().environment_id);
    assert_eq!(reference.attr("display_name"), "cto_robot_certificate");
    assert_eq!(reference["active"], true);
    assert_eq!(reference["user_principal_names"], json!(["robot@contoso.com"]));
    let lengths = ["thumbprint", "thumbprint_sha256", "certificate_version"].map(|name| reference.attr(name).len());
    assert_eq!(lengths, [40, 64, 32]);

    court.refresh(&reference).expect_quiet().expect("it is there");
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
    "#]]
    .assert_eq(&court.told());
    court.destroy(&reference).expect_quiet();
    expect![[r#"
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
          POST dataverse /$batch -> 200
            DELETE /environmentvariabledefinitions(«id1») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.rows(), seeded);
}

#[test]
fn what_can_be_changed_is_changed_in_place() {
    let (court, reference, config) = made(json!({}));
    let id = reference.attr("id");
    let config = with(config, json!({ "display_name": "Robot" }));
    let reference = court.change(&reference, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /environmentvariabledefinitions(«id1»)  if-match: *  {"displayname":"Robot"} -> 204
    "#]]
    .assert_eq(&court.told());
    let config = with(config, json!({ "description": "Finance" }));
    let reference = court.change(&reference, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /environmentvariabledefinitions(«id1»)  if-match: *  {"description":"Finance"} -> 204
    "#]]
    .assert_eq(&court.told());
    let config = with(config, json!({ "certificate_name": "robot-01" }));
    let reference = court.change(&reference, &config).expect_ok();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        plan:
          GET vault:kv-robots /certificates/robot-01/ -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          POST dataverse /$batch -> 200
            PATCH /environmentvariablevalues(«id2»)  if-match: *  {"value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot-01"} -> 204
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot-01/ -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(reference.attr("id"), id);
    let definition = court.row(DEFINITIONS, &id);
    assert_eq!((&definition["displayname"], &definition["description"]), (&json!("Robot"), &json!("Finance")));
    value_of(&court, &id);
}

#[test]
fn a_user_whom_the_certificate_must_name_is_judged_in_the_first_plan() {
    let requires = |requirements: Value| {
        let court = Court::new();
        let config = with(court.reference(), json!({ "requirements": requirements }));
        (court, config)
    };
    let (summary, parts) = ("The certificate does not name the user", ["robot@contoso.com", "else@contoso.com"]);
    let (court, warned) = requires(json!({ "user_principal_name": "else@contoso.com" }));
    court.plan(REFERENCE, None, &warned).expect_warning("certificate_name", summary, &parts).expect_ok();
    let (court, soon) = requires(json!({ "min_days_remaining": 3650, "severity": "error" }));
    court.plan(REFERENCE, None, &soon).expect_error("certificate_name", "The certificate expires soon", &["3650"]);
    let (court, severe) = requires(json!({ "user_principal_name": "else@contoso.com", "severity": "error" }));
    court.apply(REFERENCE, None, &severe, &["certificate_name"]).expect_error("certificate_name", summary, &parts);
    assert_eq!(court.writes(), Vec::<String>::new());
    // One that stays never blocks a workspace.
    let (court, named) = requires(json!({ "user_principal_name": "ROBOT@contoso.com", "severity": "error" }));
    let reference = court.create(REFERENCE, &named).expect_quiet();
    court.change(&reference, &severe).expect_warning("certificate_name", summary, &parts).expect_ok();
}

#[test]
fn a_rotation_that_changes_whom_the_certificate_names_is_told_once() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.rotate_certificate("robot");
    let rotated = court.refresh(&reference).expect_quiet().unwrap();
    assert_ne!(rotated["thumbprint"], reference["thumbprint"]);
    court.replace_certificate("robot", "robot-01");
    let (summary, parts) =
        ("The certificate names other users than before", ["robot@contoso.com", "robot-01@contoso.com"]);
    let told = court.refresh(&rotated).expect_warning("", summary, &parts).expect_ok().unwrap();
    court.refresh(&told).expect_quiet();
    // Another certificate is no rotation: whoever pointed the variable at it is told of that.
    let value = format!("{}/secrets/robot-02", court.place().key_vault_id);
    court.patch(VALUES, &value_of(&court, &reference.attr("id")), json!({ "value": value }));
    court.refresh(&told).expect_quiet();
}

#[test]
fn requirements_and_timeouts_write_nothing() {
    let (court, reference, config) = made(json!({}));
    let config = with(config, json!({ "requirements": { "min_days_remaining": 7 }, "timeouts": { "create": "1m" } }));
    assert_eq!(court.plan(REFERENCE, Some(&reference), &config).expect_quiet(), Action::Update);
    court.forget();
    court.change(&reference, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
    "#]]
    .assert_eq(&court.told());
}

#[test]
fn what_cannot_be_changed_replaces() {
    let (court, reference, config) = made(json!({}));
    let config = with(config, json!({ "schema_name": "cto_robot_other" }));
    let reference = court.change(&reference, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_other' -> 200
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
          POST dataverse /$batch -> 200
            DELETE /environmentvariabledefinitions(«id1») -> 204
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"displayname":"cto_robot_other","environmentvariabledefinitionid":"«id2»","schemaname":"cto_robot_other","secretstore":0,"type":100000005} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id2»)","environmentvariablevalueid":"«id3»","schemaname":"cto_robot_other","value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
        read:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    // A solution replaces nothing: what exists is added to it.
    let in_solution = with(config.clone(), json!({ "solution_unique_name": court.place().solution }));
    let reference = court.change(&reference, &in_solution).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        plan:
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
          GET dataverse /solutioncomponents?select&filter=_solutionid_value eq «id4» and (objectid eq «id2» or objectid eq «id3») -> 200
          GET dataverse /solutioncomponentdefinitions?select&filter=primaryentityname eq 'environmentvariabledefinition' or primaryentityname eq 'environmentvariablevalue' -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id2»","ComponentType":380,"SolutionUniqueName":"CtoRobots"} -> 200
          POST dataverse /AddSolutionComponent  {"AddRequiredComponents":false,"ComponentId":"«id3»","ComponentType":381,"SolutionUniqueName":"CtoRobots"} -> 200
    "#]]
    .assert_eq(&court.told());
    let elsewhere = with(config, json!({ "environment_id": court.place().other_environment_id }));
    court.change(&reference, &elsewhere).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        plan:
          GET environments /environments/Default-«tenant» -> 200
          token for dataverse:contoso-test -> 200
          GET dataverse:contoso-test /publishers?select&filter=customizationprefix eq 'cto' -> 200
        plan:
          GET dataverse:contoso-test /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_other' -> 200
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /environmentvariabledefinitions(«id2») -> 204
        apply:
          POST dataverse:contoso-test /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"displayname":"cto_robot_other","environmentvariabledefinitionid":"«id5»","schemaname":"cto_robot_other","secretstore":0,"type":100000005} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id5»)","environmentvariablevalueid":"«id6»","schemaname":"cto_robot_other","value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
        read:
          GET dataverse:contoso-test /environmentvariabledefinitions(«id5»)?select&expand -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn several_values_are_an_error() {
    let (court, reference, config) = made(json!({}));
    let bind = json!({ "schemaname": "cto_second", "value": "x", "environmentvariabledefinitionid": reference["id"] });
    court.insert(VALUES, bind);
    let summary = "The environment variable has several values";
    court.plan(REFERENCE, Some(&reference), &config).expect_error("", summary, &["Delete all but one"]);
}

#[test]
fn nothing_is_taken_over() {
    let court = Court::new();
    court.insert(
        DEFINITIONS,
        json!({ "schemaname": "cto_robot_certificate", "displayname": "Theirs", "type": 100_000_005, "secretstore": 0 }),
    );
    let summary = "The environment variable \"cto_robot_certificate\" exists already";
    let config = court.reference();
    let planned = court.plan(REFERENCE, None, &config);
    planned.expect_warning("schema_name", "What is to be created exists already", &["moved", "import {"]).expect_ok();
    let parts = ["import {", "powerautomate_key_vault_certificate_reference."];
    let left = court.create(REFERENCE, &config).expect_error("schema_name", summary, &parts);
    assert!(left.is_none());
    assert_eq!(court.carried_out(), Vec::<String>::new());
}

#[test]
fn a_reference_that_a_credential_uses_is_not_deleted() {
    let (court, reference, _) = made(json!({}));
    court.insert(
        "credentials",
        json!({
            "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "certificate": reference["id"],
        }),
    );
    let summary = "Cannot delete the environment variable cto_robot_certificate";
    let left = court.destroy(&reference).expect_error("", summary, &["\"Theirs\"", "Remove the credential first"]);
    assert!(left.is_some(), "it stays in the state");
    expect![[r#"
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn a_taken_name_is_told_by_whose_it_is() {
    let mut court = Court::new();
    let (config, attribute) = (court.reference(), "schema_name");
    let second = with(config.clone(), json!({ "display_name": "Second" }));
    // Two of one name in one configuration, whether they are the same or not.
    let two = "Two resources have the same name";
    for second in [&config, &second] {
        court.next_run();
        court.plan(REFERENCE, None, &config).expect_quiet();
        court
            .plan(REFERENCE, None, second)
            .expect_warning(attribute, two, &["cto_robot_certificate", "of its own"])
            .expect_ok();
        let elsewhere = with(config.clone(), json!({ "environment_id": court.place().other_environment_id }));
        court.plan(REFERENCE, None, &elsewhere).expect_quiet();
    }
    let made = court.create(REFERENCE, &config).expect_ok();
    let taken = "The environment variable \"cto_robot_certificate\" exists already";
    let parts = ["Two resources of this configuration have the same schema_name: ", "Give each of them"];
    court.create(REFERENCE, &second).expect_error(attribute, taken, &parts);
    // What is in this state, as after `terraform taint`.
    court.next_run();
    let tainted = court.refresh(&made).expect_quiet().expect("it is there").tainted(true);
    let own = "The name is that of an object in this state";
    let planned = court.plan(REFERENCE, None, &config);
    planned.expect_warning(attribute, own, &["nothing is wrong", "moved"]).expect_ok();
    court.next_run();
    court.change(&tainted, &config).expect_ok();
}

#[test]
fn terraform_is_told_of_two_references_of_one_name_and_of_a_tainted_one() {
    let world = World::new();
    let block = |name: &str| {
        format!(
            "resource \"{REFERENCE}\" \"{name}\" {{\n  schema_name      = \"cto_robot_certificate\"\n  key_vault_id     = \
             var.key_vault_id\n  certificate_name = \"robot\"\n}}\n"
        )
    };
    world.write("main.tf", &[block("robot"), block("again")].concat());
    let planned = world.plan();
    planned.expect_ok().expect_warning("schema_name", "Two resources have the same name", &["of its own"]);
    assert_eq!(planned.diagnostics.len(), 1, "{planned}");
    let taken = "The environment variable \"cto_robot_certificate\" exists already";
    world.apply().expect_error(
        "schema_name",
        taken,
        &["Two resources of this configuration have the same schema_name: "],
    );
    let kept = world.addresses();
    let name = kept[0].rsplit('.').next().expect("one of the two was made");
    assert_eq!(kept.len(), 1);

    world.write("main.tf", &block(name));
    world.plan().expect_quiet().expect_no_changes();
    world.run(&["taint", &kept[0]]).expect_ok();
    let planned = world.plan();
    let own = "The name is that of an object in this state";
    planned.expect_ok().expect_warning(
        "schema_name",
        own,
        &["If Terraform is replacing it, nothing is wrong", "moved"],
    );
    assert_eq!(planned.diagnostics.len(), 1, "{planned}");
    world.apply().expect_ok();
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn a_vault_behind_a_firewall_is_no_missing_role() {
    let court = Court::new();
    for (code, message) in [
        ("ForbiddenByFirewall", "Client address (203.0.113.7) is not authorized and caller is not a trusted service."),
        ("ForbiddenByConnection", "Public network access is disabled and request is not from a trusted service."),
    ] {
        let body = json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": code } } });
        let wall = Crafted::new(403, &body.to_string()).header("content-type", "application/json");
        court.sandbox().fault(Fault::next("vault.azure.net/certificates", Effect::Answer(wall)).times(99));
        let planned = court.plan(REFERENCE, None, &court.reference());
        planned
            .expect_warning("key_vault_id", "A certificate could not be read", &["firewall", "No role helps", message])
            .expect_ok();
        court.sandbox().clear_faults();
    }
}
