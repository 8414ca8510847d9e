//! Drift: what somebody changed in the portal is seen by a read, and put right by what is said here.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::world::World;
use expect_test::expect;
use serde_json::json;

use crate::certificate_reference::value_of;

const ADDRESS: &str = "powerautomate_key_vault_certificate_reference.robot";
const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

#[test]
fn a_reference_is_put_right() {
    let court = Court::new();
    let config = with(court.reference(), json!({ "display_name": "Robot", "description": "Finance" }));
    let reference = court.create(REFERENCE, &config).expect_quiet();
    court.forget();
    let id = reference.attr("id");
    let value = value_of(&court, &id);
    let repaired = || court.change(&reference, &config).expect_ok();

    court.patch(DEFINITIONS, &id, json!({ "displayname": "Mine", "description": "now" }));
    repaired();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /environmentvariabledefinitions(«id1»)  if-match: *  {"description":"Finance","displayname":"Robot"} -> 204
    "#]].assert_eq(&court.told());

    let elsewhere = format!("{}/secrets/robot-02", court.place().key_vault_id);
    court.patch(VALUES, &value, json!({ "value": elsewhere }));
    repaired();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot-02/ -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          POST dataverse /$batch -> 200
            PATCH /environmentvariablevalues(«id2»)  if-match: *  {"value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
    "#]].assert_eq(&court.told());

    court.remove_row(VALUES, &value);
    repaired();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          POST dataverse /$batch -> 200
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id1»)","environmentvariablevalueid":"«id3»","schemaname":"cto_robot_certificate","value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
    "#]].assert_eq(&court.told());
    value_of(&court, &id);

    court.patch(DEFINITIONS, &id, json!({ "statecode": 1, "statuscode": 2 }));
    repaired();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /environmentvariabledefinitions(«id1»)  if-match: *  {"statecode":0,"statuscode":1} -> 204
    "#]]
    .assert_eq(&court.told());
    assert_eq!(court.row(DEFINITIONS, &id)["statecode"], 0);

    court.remove_row(DEFINITIONS, &id);
    assert!(court.refresh(&reference).expect_quiet().is_none());
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 404
    "#]]
    .assert_eq(&court.told());
}

#[test]
fn a_credential_is_put_right() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let config = with(court.credential(&reference), json!({ "description": "Finance" }));
    let credential = court.create(CREDENTIAL, &config).expect_quiet();
    court.forget();
    let id = credential.attr("id");
    let value = value_of(&court, &credential.attr("username_variable_id"));
    let repaired = || court.change(&credential, &config).expect_quiet();

    court.patch("credentials", &id, json!({ "name": "Mine", "description": "now" }));
    repaired();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"description":"Finance","name":"Robot"} -> 204
    "#]]
    .assert_eq(&court.told());

    court.patch(VALUES, &value, json!({ "value": "somebody@contoso.com" }));
    repaired();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            PATCH /environmentvariablevalues(«id3»)  if-match: *  {"value":"robot@contoso.com"} -> 204
    "#]].assert_eq(&court.told());

    court.remove_row(VALUES, &value);
    repaired();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id2»)","environmentvariablevalueid":"«id4»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
    "#]].assert_eq(&court.told());

    court.patch("credentials", &id, json!({ "statecode": 1, "statuscode": 2 }));
    let repaired = repaired();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"statecode":0,"statuscode":1} -> 204
    "#]]
    .assert_eq(&court.told());
    assert_eq!(court.row("credentials", &id)["statecode"], 0);
    assert_eq!(repaired.attr("id"), id);
}

#[test]
fn a_credential_whose_lookup_is_nulled_is_replaced() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let config = court.credential(&reference);
    court.remove_row(DEFINITIONS, &credential.attr("username_variable_id"));
    let credential = court.change(&credential, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
        apply:
          GET dataverse /credentials?select&expand&filter=credentialid eq «id1» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id2», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id3»","schemaname":"cto_robot_certificate_username","type":100000000} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id3»)","environmentvariablevalueid":"«id4»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id5»)","connectiontype":5,"credentialid":"«id2»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id3»)"} -> 201
        read:
          GET dataverse /credentials(«id2»)?select&expand -> 200
    "#]].assert_eq(&court.told());

    court.patch("credentials", &credential.attr("id"), json!({ "certificate": null }));
    court.change(&credential, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id2»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id3» or _username_value eq «id3» or _password_value eq «id3» -> 200
        apply:
          GET dataverse /credentials?select&expand&filter=credentialid eq «id2» or _certificate_value eq «id3» or _username_value eq «id3» or _password_value eq «id3» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id2») -> 204
            DELETE /environmentvariabledefinitions(«id3») -> 204
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id6», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id7»","schemaname":"cto_robot_certificate_username","type":100000000} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id7»)","environmentvariablevalueid":"«id8»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id5»)","connectiontype":5,"credentialid":"«id6»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id7»)"} -> 201
        read:
          GET dataverse /credentials(«id6»)?select&expand -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn a_connection_that_failed_is_written_again() {
    let court = Court::new();
    let (_, credential, connection) = court.made_chain();
    let config = court.connection(&credential);
    court.fail_connection(&connection.attr("id"));
    let repaired = court.change(&connection, &config);
    let repaired = repaired.expect_warning("status", "The connection has failed", &[]).expect_ok();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]].assert_eq(&court.told());
    assert_eq!((repaired.attr("id"), repaired.attr("status")), (connection.attr("id"), "Connected".to_owned()));
}

#[test]
fn what_was_deleted_by_hand_is_read_as_gone() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    court.remove_connection(&connection.attr("id"));
    assert!(court.refresh(&connection).expect_quiet().is_none());
    court.remove_row("credentials", &credential.attr("id"));
    court.remove_row(DEFINITIONS, &credential.attr("username_variable_id"));
    assert!(court.refresh(&credential).expect_quiet().is_none());
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 404
        read:
          GET dataverse /credentials(«id2»)?select&expand -> 404
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 404
    "#]]
    .assert_eq(&court.told());
    let again = court.create(CREDENTIAL, &court.credential(&reference)).expect_quiet();
    court.create(CONNECTION, &court.connection(&again)).expect_quiet();
    assert_ne!(again.attr("id"), credential.attr("id"));
}

#[test]
fn terraform_shows_drift_and_of_a_rotated_certificate_nothing_to_apply() {
    let world = World::new();
    let update = format!("update {ADDRESS}");
    let text = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
  display_name     = "Robot"
}
"#;
    world.write("main.tf", text);
    world.apply().expect_quiet();
    world.forget_conversation();
    let before = world.attr(ADDRESS, "certificate_version");
    world.rotate_certificate("robot");
    world.plan().expect_quiet().expect_changes(&[]).expect_drift(&[&update]);
    world.refresh().expect_quiet();
    assert_ne!(world.attr(ADDRESS, "certificate_version"), before);
    assert_eq!(world.writes(), Vec::<String>::new());

    world.patch(DEFINITIONS, &world.attr(ADDRESS, "id"), json!({ "displayname": "Mine" }));
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();

    // The predecessor under create_before_destroy is in the way of its successor, and is explained.
    world.write("main.tf", &text.replace("\n}", "\n  lifecycle {\n    create_before_destroy = true\n  }\n}"));
    world.run(&["taint", ADDRESS]).expect_ok();
    let summary = "The environment variable \"cto_robot_certificate\" exists already";
    world.apply().expect_error(
        "schema_name",
        summary,
        &["create_before_destroy", "terraform untaint", "terraform state mv"],
    );
    world.run(&["untaint", ADDRESS]).expect_ok();
    world.plan().expect_quiet().expect_no_changes();
}
