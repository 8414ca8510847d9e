//! `powerautomate_desktop_flow_connection`: a real Terraform, the provider, and the connections that come of it.

use acceptance_tests::world::{CREDENTIAL, World};
use serde_json::json;

const ADDRESS: &str = "powerautomate_desktop_flow_connection.robot";

const SECOND: &str = r#"
resource "powerautomate_cba_credential" "second" {
  name                     = "Second"
  username                 = "robot@contoso.com"
  username_schema_name     = "cto_second_username"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}
"#;

fn connection(display_name: &str, credential: &str, machine_group: &str, more: &str) -> String {
    format!(
        r#"
resource "powerautomate_desktop_flow_connection" "robot" {{
  display_name     = "{display_name}"
  credential_id    = powerautomate_cba_credential.{credential}.id
  machine_group_id = var.{machine_group}
  {more}
}}
"#
    )
}

fn plain() -> String {
    connection("Robot on Finance", "robot", "machine_group_id", "")
}

/// A world that holds the credentials already.
fn with_credentials() -> World {
    let world = World::new();
    world.write("credential.tf", &format!("{CREDENTIAL}{SECOND}"));
    world.apply().expect_quiet();
    world.forget_conversation();
    world
}

fn applied(configuration: &str) -> World {
    let world = with_credentials();
    world.write("main.tf", configuration);
    world.apply().expect_quiet();
    world.forget_conversation();
    world
}

#[test]
fn it_is_put_settles_and_goes() {
    let world = with_credentials();
    world.write("main.tf", &plain());
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}")]);
    assert_eq!(world.writes(), Vec::<String>::new(), "a plan writes nothing");
    world.apply_plan().expect_quiet();
    assert_eq!(world.attr(ADDRESS, "status"), "Connected");
    assert_eq!(world.connections().len(), 1);
    let writes = world.writes();
    assert_eq!(writes.len(), 1, "{writes:#?}");
    for part in ["PUT ", "@environmentVariables", "cto_robot_certificate_username", "azureRelay", "\"none\""] {
        assert!(writes[0].contains(part), "{part} in {writes:#?}");
    }
    world.plan().expect_quiet().expect_no_changes();
    world.remove("main.tf");
    world.apply().expect_quiet();
    assert!(world.connections().is_empty());
}

#[test]
fn everything_is_changed_in_place() {
    let world = applied(&plain());
    let id = world.attr(ADDRESS, "id");
    for step in [
        connection("Renamed", "robot", "machine_group_id", ""),
        connection("Renamed", "second", "machine_group_id", ""),
        connection("Renamed", "second", "other_machine_group_id", ""),
        connection("Renamed", "second", "other_machine_group_id", "timeouts {\n create = \"1m\"\n }"),
    ] {
        world.write("main.tf", &step);
        world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
        world.apply_plan().expect_quiet();
        world.plan().expect_quiet().expect_no_changes();
        assert_eq!(world.attr(ADDRESS, "id"), id);
    }
    assert_eq!(world.writes().len(), 3, "one PUT for each change, none for timeouts: {:#?}", world.writes());
}

#[test]
fn a_connection_that_failed_is_written_again() {
    let world = applied(&plain());
    let id = world.attr(ADDRESS, "id");
    world.fail_connection(&id);
    let update = format!("update {ADDRESS}");
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();
    assert_eq!((world.attr(ADDRESS, "id"), world.attr(ADDRESS, "status")), (id, "Connected".to_owned()));
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn one_that_was_deleted_by_hand_is_made_again() {
    let world = applied(&plain());
    let id = world.attr(ADDRESS, "id");
    world.remove_connection(&id);
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    assert_ne!(world.attr(ADDRESS, "id"), id);
}

#[test]
fn a_create_that_fails_is_tainted_and_an_update_that_fails_is_saved() {
    let world = with_credentials();
    world.write("main.tf", &plain());
    world.let_connections_fail(true);
    world.apply().expect_error("resource", "Cannot create the connection Robot on Finance", &["Error"]);
    assert!(world.addresses().contains(&format!("{ADDRESS} (tainted)")), "{:?}", world.addresses());

    world.let_connections_fail(false);
    world.plan().expect_quiet().expect_changes(&[&format!("replace {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.connections().len(), 1);

    world.let_connections_fail(true);
    world.write("main.tf", &connection("Renamed", "robot", "machine_group_id", ""));
    world.apply().expect_error("resource", "Cannot change the connection Robot on Finance", &["Error"]);
    assert_eq!(world.attr(ADDRESS, "display_name"), "Renamed");
    assert_eq!(world.attr(ADDRESS, "status"), "Error");
    world.let_connections_fail(false);
    world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.attr(ADDRESS, "status"), "Connected");
}

#[test]
fn it_is_imported_by_id_and_by_name() {
    for by_name in [true, false] {
        let world = applied(&plain());
        let (id, environment_id) = (world.attr(ADDRESS, "id"), world.place().environment_id.clone());
        world.run(&["state", "rm", ADDRESS]).expect_ok();
        world
            .import(ADDRESS, &format!("{environment_id}/{}", if by_name { "Robot on Finance" } else { &id }))
            .expect_ok();
        assert_eq!(world.attr(ADDRESS, "id"), id);
        world.plan().expect_quiet().expect_no_changes();
    }
}

#[test]
fn what_the_service_does_not_return_is_put_once_after_an_import() {
    let world = with_credentials();
    world.hide_connection_values();
    world.write("main.tf", &plain());
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    let (id, environment_id) = (world.attr(ADDRESS, "id"), world.place().environment_id.clone());
    world.run(&["state", "rm", ADDRESS]).expect_ok();
    world.import(ADDRESS, &format!("{environment_id}/{id}")).expect_ok();
    world.forget_conversation();
    world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.writes().len(), 1, "{:#?}", world.writes());
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn a_service_that_keeps_the_old_credential_is_caught() {
    let world = applied(&plain());
    world.keep_old_connection_values();
    world.write("main.tf", &connection("Robot on Finance", "second", "machine_group_id", ""));
    world.apply().expect_error("credential_id", "The service did not change credential_id", &["-replace"]);
}

#[test]
fn nothing_is_taken_over() {
    let world = applied(&plain());
    let (id, environment_id) = (world.attr(ADDRESS, "id"), world.place().environment_id.clone());
    world.run(&["state", "rm", ADDRESS]).expect_ok();
    world.forget_conversation();
    let summary = "The connection \"Robot on Finance\" with this credential and machine group exists already";
    let block = format!("id = \"{environment_id}/{id}\"");
    world.apply().expect_error("display_name", summary, &["import {", &block]);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_is_not_shared_or_of_another_kind_is_refused_by_name() {
    let world = with_credentials();
    world.write("main.tf", &connection("Robot", "robot", "unshared_machine_group_id", ""));
    world.apply().expect_error("machine_group_id", "Cannot create the connection Robot", &["Share the machine group"]);
    world.forget_conversation();

    let password = json!({ "name": "Password", "credentialtype": 1, "connectiontype": 1, "usagetype": "280920000" });
    let theirs = world.insert("credentials", password);
    let other = plain().replace("powerautomate_cba_credential.robot.id", &format!("\"{theirs}\""));
    world.write("main.tf", &other);
    world.apply().expect_error(
        "credential_id",
        "The credential does not sign in with a certificate",
        &["\"Password\""],
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn the_environment_falls_back_to_the_provider_s() {
    let world = applied(&plain());
    assert_eq!(world.attr(ADDRESS, "environment_id"), world.place().environment_id);
    world.write(
        "main.tf",
        &connection("Robot on Finance", "robot", "machine_group_id", "environment_id = upper(var.environment_id)"),
    );
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.attribute(ADDRESS, "run_owner"), json!(null));
}
