//! Whose rows are whose: owners that are changed, rows that came with a managed solution, a vault ruled by access policies.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use expect_test::expect;
use serde_json::{Value, json};

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

fn user(court: &Court, name: &str) -> String {
    let users = court.rows_named("systemusers", "fullname", name);
    users[0]["systemuserid"].as_str().expect("a user has an id").to_owned()
}

fn owners(court: &Court, reference: &Object, credential: &Object) -> Vec<Value> {
    [
        court.row("credentials", &credential.attr("id")),
        court.row(DEFINITIONS, &reference.attr("id")),
        court.row(DEFINITIONS, &credential.attr("username_variable_id")),
    ]
    .iter()
    .map(|row| row["_ownerid_value"].clone())
    .collect()
}

#[test]
fn an_owner_is_given_at_creation_and_changed_in_place() {
    let court = Court::new();
    let (maker, terraform) = (user(&court, "Maker"), user(&court, "Terraform"));
    let owned = |config: Value, owner: &str| with(config, json!({ "owner_id": owner }));
    let reference = court.create(REFERENCE, &owned(court.reference(), &maker)).expect_quiet();
    court.forget();
    let config = court.credential(&reference);
    let credential = court.create(CREDENTIAL, &owned(config.clone(), &maker)).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id1», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id2»","ownerid@odata.bind":"/systemusers(«id3»)","schemaname":"cto_robot_certificate_username","type":100000000} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id2»)","environmentvariablevalueid":"«id4»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id5»)","connectiontype":5,"credentialid":"«id1»","credentialtype":1,"name":"Robot","ownerid@odata.bind":"/systemusers(«id3»)","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id2»)"} -> 201
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(owners(&court, &reference, &credential), [maker.as_str(), &maker, &maker]);

    let shouted = terraform.to_uppercase();
    let reference = court.change(&reference, &owned(court.reference(), &shouted)).expect_quiet();
    let credential = court.change(&credential, &owned(config.clone(), &shouted)).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /environmentvariabledefinitions(«id5»)?select&expand -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
        plan:
          GET dataverse /systemusers(«id6»)?select -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /environmentvariabledefinitions(«id5»)  if-match: *  {"ownerid@odata.bind":"/systemusers(«id6»)"} -> 204
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"ownerid@odata.bind":"/systemusers(«id6»)"} -> 204
            PATCH /environmentvariabledefinitions(«id2»)  if-match: *  {"ownerid@odata.bind":"/systemusers(«id6»)"} -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(owners(&court, &reference, &credential), [terraform.as_str(), &terraform, &terraform]);

    // Somebody gives it away in the portal.
    court.patch("credentials", &credential.attr("id"), json!({ "ownerid": maker }));
    let credential = court.change(&credential, &owned(config, &shouted)).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"ownerid@odata.bind":"/systemusers(«id6»)"} -> 204
            PATCH /environmentvariabledefinitions(«id2»)  if-match: *  {"ownerid@odata.bind":"/systemusers(«id6»)"} -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(owners(&court, &reference, &credential), [terraform.as_str(), &terraform, &terraform]);
}

#[test]
fn of_a_managed_variable_the_value_alone_goes() {
    let court = Court::new();
    let vault = court.place().key_vault_id.clone();
    let row = json!({
        "schemaname": "cto_managed", "displayname": "Managed", "type": 100_000_005, "secretstore": 0, "ismanaged": true,
    });
    let id = court.insert(DEFINITIONS, row);
    let row = json!({
        "schemaname": "cto_managed", "value": format!("{vault}/secrets/robot"), "environmentvariabledefinitionid": id,
    });
    court.insert(VALUES, row);
    let config = with(court.reference(), json!({ "schema_name": "cto_managed" }));
    let imported = court.import(REFERENCE, &format!("{}/cto_managed", court.place().environment_id)).expect_quiet();
    assert_eq!(court.plan(REFERENCE, Some(&imported), &config).expect_quiet(), Action::NoOp);
    court.forget();

    // A managed variable's value is anybody's to change.
    let changed = court.change(&imported, &with(config, json!({ "certificate_name": "robot-01" }))).expect_quiet();
    let values = court.rows_of(VALUES, "environmentvariabledefinitionid", &id);
    assert_eq!(values[0]["value"], format!("{vault}/secrets/robot-01"));
    court.forget();
    court.destroy(&changed).expect_ok();
    expect![[r#"
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          POST dataverse /$batch -> 200
            DELETE /environmentvariablevalues(«id2») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.row(DEFINITIONS, &id)["schemaname"], "cto_managed");
    assert!(court.rows_of(VALUES, "environmentvariabledefinitionid", &id).is_empty());
}

#[test]
fn a_managed_credential_stays_and_its_user_name_s_value_goes() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let (id, variable) = (credential.attr("id"), credential.attr("username_variable_id"));
    court.patch("credentials", &id, json!({ "ismanaged": true }));
    court.patch(DEFINITIONS, &variable, json!({ "ismanaged": true }));
    court.destroy(&credential).expect_ok();
    expect![[r#"
        apply:
          token for connectivity -> 200
          GET connectivity /connections -> 200
          GET dataverse /credentials?select&expand&filter=credentialid eq «id1» or _certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          POST dataverse /$batch -> 200
            DELETE /environmentvariablevalues(«id3») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.row("credentials", &id)["name"], "Robot");
    assert!(court.rows_of(VALUES, "environmentvariabledefinitionid", &variable).is_empty());
}

#[test]
fn a_managed_chain_is_let_go_though_its_rows_stay() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let (id, name) = (reference.attr("id"), "cto_robot_certificate");
    court.patch("credentials", &credential.attr("id"), json!({ "ismanaged": true }));
    court.patch(DEFINITIONS, &credential.attr("username_variable_id"), json!({ "ismanaged": true }));
    court.destroy(&credential).expect_warning("", "A credential stays", &["Robot"]).expect_ok();

    // A variable that is Terraform's alone would be missed by a credential that stays.
    let summary = format!("Cannot delete the environment variable {name}");
    let way_out = ["\"Robot\"", "came with a managed solution", "terraform state rm"];
    let left = court.destroy(&reference).expect_error("", &summary, &way_out).expect("it stays");
    court.patch(DEFINITIONS, &id, json!({ "ismanaged": true }));
    court.forget();
    let gone = court.destroy(&left);
    let parts = [name, "managed solution", "The credential \"Robot\"", "stays too"];
    gone.expect_warning("", "An environment variable stays", &parts).expect_ok();
    expect![[r#"
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          POST dataverse /$batch -> 400
            DELETE /environmentvariabledefinitions(«id1») -> 400
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          POST dataverse /$batch -> 200
            DELETE /environmentvariablevalues(«id2») -> 204
    "#]].assert_eq(&court.told());
    assert!(court.rows_of(VALUES, "environmentvariabledefinitionid", &id).is_empty());
}

#[test]
fn a_managed_variable_that_another_credential_uses_keeps_its_value() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    court.patch(DEFINITIONS, &reference.attr("id"), json!({ "ismanaged": true }));
    let summary = "Cannot delete the environment variable cto_robot_certificate";
    let parts = ["\"Robot\"", "Remove the credential first"];
    let left = court.destroy(&reference).expect_error("", summary, &parts).expect("it stays");
    court.destroy(&credential).expect_quiet();
    court.destroy(&left).expect_warning("", "An environment variable stays", &[]).expect_ok();
}

#[test]
fn a_vault_may_be_ruled_by_access_policies() {
    let court = Court::new();
    let config = with(court.reference(), json!({ "key_vault_id": court.place().policy_vault_id }));
    let reference = court.create(REFERENCE, &config).expect_quiet();
    court.sandbox().with(|all| all.vaults.get_mut("kv-policies").expect("it is there").policies.clear());
    let summary = "The vault kv-policies does not let the certificate robot be read";
    let planned = court.plan(REFERENCE, Some(&reference), &config);
    let planned = planned
        .expect_warning("key_vault_id", "A certificate could not be read", &[summary, "access policies"])
        .expect_ok();
    assert_eq!(planned, Action::NoOp);
}

#[test]
fn a_connection_with_a_password_of_its_own_is_not_imported() {
    let court = Court::new();
    let (.., connection) = court.made_chain();
    let (id, environment_id) = (connection.attr("id"), court.place().environment_id.clone());
    court.sandbox().with(|all| {
        let environment = all.environment_mut(&environment_id).expect("it is there");
        let connection = environment.connections.get_mut(&id).expect("it was made");
        connection.credential_id = None;
        connection.values.insert("username".to_owned(), json!({ "value": "CONTOSO\\robot" }));
    });
    let imported = court.import(CONNECTION, &format!("{environment_id}/{id}"));
    assert!(imported.to_string().contains("a user name and a password of its own"), "{imported}");
    imported.expect_refused();
}
