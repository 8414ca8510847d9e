//! `powerautomate_key_vault_certificate_reference`: a real Terraform, the provider, and the rows that come of it.

use acceptance_tests::world::World;
use serde_json::json;

const ADDRESS: &str = "powerautomate_key_vault_certificate_reference.robot";
const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

fn reference(more: &str) -> String {
    named("cto_robot_certificate", "robot", more)
}

fn named(schema_name: &str, certificate_name: &str, more: &str) -> String {
    format!(
        r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {{
  schema_name      = "{schema_name}"
  key_vault_id     = var.key_vault_id
  certificate_name = "{certificate_name}"
  {more}
}}
"#
    )
}

fn applied(configuration: &str) -> World {
    let world = World::new();
    world.write("main.tf", configuration);
    world.apply().expect_quiet();
    world.forget_conversation();
    world
}

#[test]
fn it_comes_and_goes_in_one_change_set_each() {
    let world = World::new();
    let seeded = world.rows();
    world.write("main.tf", &reference(""));
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}")]);
    assert_eq!(world.writes(), Vec::<String>::new(), "a plan writes nothing");
    world.apply_plan().expect_quiet();

    let secret = format!("{}/secrets/robot", world.place().key_vault_id);
    assert_eq!(world.attr(ADDRESS, "secret_reference"), secret);
    assert_eq!(world.attr(ADDRESS, "environment_id"), world.place().environment_id);
    assert_eq!(world.attr(ADDRESS, "display_name"), "cto_robot_certificate");
    assert_eq!(world.attribute(ADDRESS, "active"), json!(true));
    assert_eq!(world.attribute(ADDRESS, "user_principal_names"), json!(["robot@contoso.com"]));
    assert_eq!(world.attr(ADDRESS, "thumbprint").len(), 40);
    assert_eq!(world.attr(ADDRESS, "thumbprint_sha256").len(), 64);
    assert_eq!(world.attr(ADDRESS, "certificate_version").len(), 32);

    let id = world.attr(ADDRESS, "id");
    let definition = world.row(DEFINITIONS, &id);
    assert_eq!(definition["schemaname"], "cto_robot_certificate");
    assert_eq!(definition["type"], 100_000_005);
    assert_eq!(definition["secretstore"], 0);
    let writes = world.writes();
    assert_eq!(writes.len(), 3, "one $batch of two rows: {writes:#?}");
    assert!(writes[1].contains(DEFINITIONS) && writes[2].contains(VALUES), "{writes:#?}");
    assert!(writes[2].contains(&secret_told(&world)), "{writes:#?}");
    world.expect_no_secret_was_asked();

    world.plan().expect_quiet().expect_no_changes();
    world.forget_conversation();
    world.destroy().expect_quiet();
    assert_eq!(world.rows(), seeded);
    let writes = world.writes();
    assert_eq!(writes.len(), 2, "one $batch of one deletion: {writes:#?}");
}

/// The value as the conversation tells it: the subscription is an id like any other.
fn secret_told(world: &World) -> String {
    let vault = &world.place().key_vault_id;
    let (_, after_subscription) = vault.split_once("/resourceGroups/").expect("a vault's id names a resource group");
    format!("/resourceGroups/{after_subscription}/secrets/robot")
}

#[test]
fn what_can_be_changed_is_changed_in_place() {
    let world = applied(&reference(""));
    let id = world.attr(ADDRESS, "id");
    let steps = [
        named("cto_robot_certificate", "robot", "display_name = \"Robot\""),
        named("cto_robot_certificate", "robot", "display_name = \"Robot\"\n  description = \"Finance\""),
        named("cto_robot_certificate", "robot-01", "display_name = \"Robot\"\n  description = \"Finance\""),
    ];
    for step in steps {
        world.write("main.tf", &step);
        world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
        world.apply_plan().expect_quiet();
        world.plan().expect_quiet().expect_no_changes();
    }
    assert_eq!(world.attr(ADDRESS, "id"), id);
    let definition = world.row(DEFINITIONS, &id);
    assert_eq!((&definition["displayname"], &definition["description"]), (&json!("Robot"), &json!("Finance")));
    let values = world.rows_of(VALUES, "environmentvariabledefinitionid", &id);
    assert_eq!(values.len(), 1);
    assert!(values[0]["value"].as_str().is_some_and(|value| value.ends_with("/secrets/robot-01")), "{values:?}");
}

#[test]
fn requirements_and_timeouts_write_nothing() {
    let world = applied(&reference(""));
    world
        .write("main.tf", &reference("requirements {\n min_days_remaining = 7\n }\n timeouts {\n create = \"1m\"\n }"));
    world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_changed_replaces() {
    let world = applied(&reference(""));
    let other = format!("environment_id = {:?}", world.place().other_environment_id);
    let solution = format!("solution_unique_name = {:?}", world.place().solution);
    // A solution is recorded where the state holds none: only another one replaces.
    for (step, action) in [
        (named("cto_robot_other", "robot", ""), "replace"),
        (named("cto_robot_other", "robot", &solution), "update"),
        (named("cto_robot_other", "robot", &other), "replace"),
    ] {
        world.write("main.tf", &step);
        world.plan().expect_quiet().expect_changes(&[&format!("{action} {ADDRESS}")]);
        world.apply_plan().expect_quiet();
        world.plan().expect_quiet().expect_no_changes();
    }
}

#[test]
fn drift_is_seen_and_repaired() {
    let world = applied(&reference("display_name = \"Robot\"\n  description = \"Finance\""));
    let id = world.attr(ADDRESS, "id");
    let value = world.rows_of(VALUES, "environmentvariabledefinitionid", &id)[0]["environmentvariablevalueid"].clone();
    let value = value.as_str().expect("a row has an id").to_owned();
    let update = format!("update {ADDRESS}");

    world.patch(DEFINITIONS, &id, json!({ "displayname": "Mine", "description": "now" }));
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();

    let elsewhere = format!("{}/secrets/robot-02", world.place().key_vault_id);
    world.patch(VALUES, &value, json!({ "value": elsewhere }));
    world.plan().expect_ok().expect_changes(&[&update]);
    world.apply_plan().expect_quiet();
    assert!(world.row(VALUES, &value)["value"].as_str().is_some_and(|value| value.ends_with("/robot")));

    world.remove_row(VALUES, &value);
    world.plan().expect_ok().expect_changes(&[&update]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.rows_of(VALUES, "environmentvariabledefinitionid", &id).len(), 1);

    world.patch(DEFINITIONS, &id, json!({ "statecode": 1, "statuscode": 2 }));
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.row(DEFINITIONS, &id)["statecode"], 0);
    world.plan().expect_quiet().expect_no_changes();

    world.remove_row(DEFINITIONS, &id);
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    assert_ne!(world.attr(ADDRESS, "id"), id);
}

#[test]
fn several_values_are_an_error() {
    let world = applied(&reference(""));
    let id = world.attr(ADDRESS, "id");
    let bind = json!({ "schemaname": "cto_second", "value": "x", "environmentvariabledefinitionid": id });
    world.insert(VALUES, bind);
    world.plan().expect_error("resource", "The environment variable has several values", &["Delete all but one"]);
}

#[test]
fn a_rotated_certificate_appears_at_refresh_and_nothing_is_applied() {
    let world = applied(&reference(""));
    let before = world.attr(ADDRESS, "certificate_version");
    world.rotate_certificate("robot");
    world.plan().expect_quiet().expect_changes(&[]).expect_drift(&[&format!("update {ADDRESS}")]);
    world.refresh().expect_quiet();
    assert_ne!(world.attr(ADDRESS, "certificate_version"), before);
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn it_is_imported_by_id_and_by_name() {
    for by_name in [true, false] {
        let world = applied(&reference(""));
        let (id, environment_id) = (world.attr(ADDRESS, "id"), world.place().environment_id.clone());
        world.run(&["state", "rm", ADDRESS]).expect_ok();
        world
            .import(ADDRESS, &format!("{environment_id}/{}", if by_name { "cto_robot_certificate" } else { &id }))
            .expect_ok();
        assert_eq!(world.attr(ADDRESS, "id"), id);
        world.forget_conversation();
        world.plan().expect_quiet().expect_no_changes();
    }
}

#[test]
fn an_import_refuses_what_is_of_another_kind() {
    let world = World::new();
    world.insert(DEFINITIONS, json!({ "schemaname": "cto_text", "displayname": "Text", "type": 100_000_000 }));
    world.write("main.tf", &reference(""));
    let import = |what: &str| world.import(ADDRESS, &format!("{}/{what}", world.place().environment_id));
    import("cto_text").expect_error("", "The environment variable is no reference to a vault", &["is a text variable"]);
    import("cto_nothing").expect_error("", "There is nothing to import", &["cto_nothing"]);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_is_there_and_cannot_be_used_is_an_error_at_plan() {
    let world = World::new();
    for (certificate, summary) in [
        ("robot-pem", "The certificate is not in PKCS#12 format"),
        ("robot-not-exportable", "The certificate's private key is not exportable"),
        ("robot-disabled", "The certificate is disabled"),
        ("robot-not-yet-valid", "The certificate is not valid yet"),
        ("robot-expired", "The certificate has expired"),
        ("robot-server-only", "The certificate is not made for client authentication"),
    ] {
        world.write("main.tf", &named("cto_robot_certificate", certificate, ""));
        world.plan().expect_error("certificate_name", summary, &["-target"]);
    }
    world.write("main.tf", &named("cto_robot_certificate", "robot-expiring", ""));
    world.plan().expect_ok().expect_warning("certificate_name", "The certificate expires soon", &["at least 30"]);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_the_apply_may_still_mend_is_a_warning_at_plan_and_an_error_at_apply() {
    let world = World::new();
    world.write("main.tf", &named("cto_robot_certificate", "robot-missing", ""));
    let summary = "There is no certificate robot-missing in the vault kv-robots";
    world.plan().expect_ok().expect_warning("certificate_name", summary, &["the apply will fail"]);
    world.apply_plan().expect_error("certificate_name", summary, &["import the certificate"]);
    assert_eq!(world.writes(), Vec::<String>::new());

    let warn = "requirements {\n on_unreadable = \"warn\"\n }";
    world.write("main.tf", &named("cto_robot_certificate", "robot-missing", warn));
    world.plan().expect_ok().expect_warning(
        "certificate_name",
        summary,
        &["will leave the certificate's attributes null"],
    );
    world.apply_plan().expect_ok().expect_warning("certificate_name", summary, &[]);
    assert_eq!(world.attribute(ADDRESS, "thumbprint"), json!(null));
    world.plan().expect_ok().expect_no_changes();
}

#[test]
fn a_certificate_that_has_become_useless_only_warns_where_it_stays() {
    let world = applied(&reference(""));
    world.replace_certificate("robot", "robot-expired");
    world.plan().expect_ok().expect_warning("certificate_name", "The certificate has expired", &[]).expect_changes(&[]);
    world.write("main.tf", &reference("description = \"still here\""));
    world.apply().expect_ok();
    world.destroy().expect_ok();
}

#[test]
fn a_vault_that_cannot_be_read_fails_no_refresh_and_no_destroy() {
    let world = applied(&reference(""));
    let thumbprint = world.attr(ADDRESS, "thumbprint");
    world.forbid_vault();
    let summary = "The vault kv-robots does not let the certificate robot be read";
    world.plan().expect_ok().expect_no_changes().expect_warning(
        "key_vault_id",
        summary,
        &["stays as it was", "Key Vault Reader"],
    );
    assert_eq!(world.attr(ADDRESS, "thumbprint"), thumbprint);
    world.destroy().expect_ok();
    assert_eq!(world.addresses(), Vec::<String>::new());
}

#[test]
fn nothing_is_taken_over() {
    let world = World::new();
    world.insert(
        DEFINITIONS,
        json!({ "schemaname": "cto_robot_certificate", "displayname": "Theirs", "type": 100_000_005, "secretstore": 0 }),
    );
    world.write("main.tf", &reference(""));
    let summary = "The environment variable \"cto_robot_certificate\" exists already";
    world.plan().expect_ok().expect_warning("schema_name", summary, &["moved", "import {"]);
    world.apply_plan().expect_error(
        "schema_name",
        summary,
        &["import {", "powerautomate_key_vault_certificate_reference."],
    );
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.addresses(), Vec::<String>::new());
}

#[test]
fn the_predecessor_under_create_before_destroy_is_explained() {
    let world = applied(&reference("lifecycle {\n create_before_destroy = true\n }"));
    world.run(&["taint", ADDRESS]).expect_ok();
    let parts = ["create_before_destroy", "terraform untaint"];
    world.apply().expect_error(
        "schema_name",
        "The environment variable \"cto_robot_certificate\" exists already",
        &parts,
    );
    world.run(&["untaint", ADDRESS]).expect_ok();
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn a_reference_that_a_credential_uses_is_not_deleted() {
    let world = applied(&reference(""));
    let id = world.attr(ADDRESS, "id");
    world.insert(
        "credentials",
        json!({ "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "certificate": id }),
    );
    let summary = "Cannot delete the environment variable cto_robot_certificate";
    world.destroy().expect_error("", summary, &["\"Theirs\"", "Remove the credential first"]);
    assert_eq!(world.addresses(), [ADDRESS]);
}
