//! Whose rows are whose: owners that are changed, rows that came with a managed solution, a vault ruled by access policies.

use acceptance_tests::world::World;
use serde_json::{Value, json};

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";
const REFERENCE: &str = "powerautomate_key_vault_certificate_reference.robot";
const CREDENTIAL: &str = "powerautomate_cba_credential.robot";

fn chain(owner: &str) -> String {
    format!(
        r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {{
  schema_name      = "cto_robot"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
  {owner}
}}

resource "powerautomate_cba_credential" "robot" {{
  name                     = "Robot"
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
  {owner}
}}
"#
    )
}

fn user(world: &World, name: &str) -> String {
    let users = world.rows_named("systemusers", "fullname", name);
    users[0]["systemuserid"].as_str().expect("a user has an id").to_owned()
}

#[test]
fn an_owner_is_given_at_creation_and_changed_in_place() {
    let world = World::new();
    let (maker, terraform) = (user(&world, "Maker"), user(&world, "Terraform"));
    world.write("main.tf", &chain(&format!("owner_id = \"{maker}\"")));
    world.apply().expect_quiet();
    let owners = |world: &World| -> Vec<Value> {
        let credential = world.row("credentials", &world.attr(CREDENTIAL, "id"));
        let reference = world.row(DEFINITIONS, &world.attr(REFERENCE, "id"));
        let variable = world.row(DEFINITIONS, &world.attr(CREDENTIAL, "username_variable_id"));
        [credential, reference, variable].iter().map(|row| row["_ownerid_value"].clone()).collect()
    };
    assert_eq!(owners(&world), [maker.as_str(), &maker, &maker]);

    world.write("main.tf", &chain(&format!("owner_id = \"{}\"", terraform.to_uppercase())));
    world.plan().expect_quiet().expect_changes(&[&format!("update {CREDENTIAL}"), &format!("update {REFERENCE}")]);
    world.apply().expect_quiet();
    assert_eq!(owners(&world), [terraform.as_str(), &terraform, &terraform]);
    world.plan().expect_quiet().expect_no_changes();

    // Somebody gives it away in the portal.
    world.patch("credentials", &world.attr(CREDENTIAL, "id"), json!({ "ownerid": maker }));
    world.plan().expect_ok().expect_changes(&[&format!("update {CREDENTIAL}")]);
    world.apply().expect_quiet();
    assert_eq!(owners(&world), [terraform.as_str(), &terraform, &terraform]);
    world.destroy().expect_quiet();
}

#[test]
fn of_a_managed_variable_the_value_alone_goes() {
    let world = World::new();
    let vault = world.place().key_vault_id.clone();
    let row = json!({
        "schemaname": "cto_managed", "displayname": "Managed", "type": 100_000_005, "secretstore": 0, "ismanaged": true,
    });
    let id = world.insert(DEFINITIONS, row);
    let row = json!({
        "schemaname": "cto_managed", "value": format!("{vault}/secrets/robot"), "environmentvariabledefinitionid": id,
    });
    world.insert(VALUES, row);
    let configuration = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_managed"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;
    world.write("main.tf", configuration);
    world.import(REFERENCE, &format!("{}/cto_managed", world.place().environment_id)).expect_ok();
    world.plan().expect_quiet().expect_no_changes();

    // A managed variable's value is anybody's to change.
    world.write("main.tf", &configuration.replace("\"robot\"\n}", "\"robot-01\"\n}"));
    world.apply().expect_quiet();
    let values = world.rows_of(VALUES, "environmentvariabledefinitionid", &id);
    assert_eq!(values[0]["value"], format!("{vault}/secrets/robot-01"));

    world.destroy().expect_ok();
    assert_eq!(world.row(DEFINITIONS, &id)["schemaname"], "cto_managed");
    assert!(world.rows_of(VALUES, "environmentvariabledefinitionid", &id).is_empty());
}

#[test]
fn a_managed_credential_stays_and_its_user_name_s_value_goes() {
    let world = World::new();
    world.write("main.tf", &chain(""));
    world.apply().expect_quiet();
    let (credential, variable) = (world.attr(CREDENTIAL, "id"), world.attr(CREDENTIAL, "username_variable_id"));
    world.patch("credentials", &credential, json!({ "ismanaged": true }));
    world.patch(DEFINITIONS, &variable, json!({ "ismanaged": true }));
    world.run(&["destroy", "-auto-approve", "-input=false", "-json", &format!("-target={CREDENTIAL}")]).expect_ok();
    assert_eq!(world.row("credentials", &credential)["name"], "Robot");
    assert!(world.rows_of(VALUES, "environmentvariabledefinitionid", &variable).is_empty());
}

#[test]
fn a_vault_may_be_ruled_by_access_policies() {
    let world = World::new();
    world.write("main.tf", &chain("").replace("var.key_vault_id", "var.policy_vault_id"));
    world.write("more.tf", "variable \"policy_vault_id\" { type = string }\n");
    let policy_vault = world.place().policy_vault_id.clone();
    let variable = format!("-var=policy_vault_id={policy_vault}");
    world.apply_with(&[&variable]).expect_quiet();
    world.plan_with(&[&variable]).expect_quiet().expect_no_changes();
    world.sandbox().with(|all| all.vaults.get_mut("kv-policies").expect("it is there").policies.clear());
    let summary = "The vault kv-policies does not let the certificate robot be read";
    world.plan_with(&[&variable]).expect_no_changes().expect_warning("key_vault_id", summary, &["access policies"]);
}

#[test]
fn a_connection_with_a_password_of_its_own_is_not_imported() {
    let world = World::new();
    let place = world.place().clone();
    world.write("main.tf", &chain(""));
    world.apply().expect_quiet();
    world.write(
        "connection.tf",
        r#"
resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
"#,
    );
    world.apply().expect_quiet();
    let id = world.attr("powerautomate_desktop_flow_connection.robot", "id");
    world.sandbox().with(|all| {
        let environment = all.environment_mut(&place.environment_id).expect("it is there");
        let connection = environment.connections.get_mut(&id).expect("it was made");
        connection.credential_id = None;
        connection.values.insert("username".to_owned(), json!({ "value": "CONTOSO\\robot" }));
    });
    world.run(&["state", "rm", "powerautomate_desktop_flow_connection.robot"]).expect_ok();
    let outcome =
        world.import("powerautomate_desktop_flow_connection.robot", &format!("{}/{id}", place.environment_id));
    assert!(outcome.to_string().contains("a user name and a password of its own"), "{outcome}");
}
