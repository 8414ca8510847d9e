//! Removed for good, or replaced: a credential that a connection still uses is not removed, and everything else comes and goes.

use acceptance_tests::court::{CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::world::{CHAIN, World};
use expect_test::expect;
use sandbox::{Effect, Fault};
use serde_json::json;

const ROBOT: &str = "powerautomate_cba_credential.robot";
const SUMMARY: &str = "Cannot delete the credential Robot";

/// The chain whose credential has this beside its name.
fn chain(lines: &str) -> String {
    let name = "name                     = \"Robot\"\n";
    CHAIN.replace(name, &format!("{name}  {lines}\n"))
}

/// The chain without its credential, which the connection names by its id.
fn without_credential(id: &str) -> String {
    let (start, end) = (
        CHAIN.find("resource \"powerautomate_cba_credential\"").unwrap(),
        CHAIN.find("resource \"powerautomate_desktop").unwrap(),
    );
    let reference = "powerautomate_cba_credential.robot.id";
    format!("{}{}", &CHAIN[..start], &CHAIN[end..]).replace(reference, &format!("\"{id}\""))
}

#[test]
fn terraform_removes_no_credential_that_is_used_and_replaces_it_all_the_same() {
    let world = World::new();
    let seeded = world.rows();
    let later = "lifecycle {\n    create_before_destroy = true\n  }";
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    world.apply_with(&[&format!("-replace={ROBOT}")]).expect_quiet();
    world.run(&["taint", ROBOT]).expect_ok();
    world.apply().expect_ok();
    world.write("main.tf", &chain(&format!("username_schema_name = \"cto_other\"\n  {later}")));
    world.apply().expect_quiet();
    assert_eq!((world.connections().len(), world.rows_named("credentials", "name", "Robot").len()), (1, 1));

    let (connection, used) = (world.attr("powerautomate_desktop_flow_connection.robot", "id"), world.attr(ROBOT, "id"));
    world.write("main.tf", &without_credential(&used));
    world.apply().expect_error("", SUMMARY, &["\"Robot\"", &connection]);
    assert!(world.addresses().contains(&ROBOT.to_owned()));
    world.write("main.tf", &chain("username_schema_name = \"cto_other\""));
    world.plan().expect_quiet().expect_no_changes();
    world.apply_with(&[&format!("-replace={ROBOT}")]).expect_quiet();
    world.destroy().expect_quiet();
    assert_eq!((world.rows(), world.connections()), (seeded, Vec::new()));
}

#[test]
fn a_connection_that_is_just_being_deleted_is_waited_for() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    // By a mere id, nothing tells Terraform which of the two to delete first.
    let id = format!("\"{}\"", world.attr(ROBOT, "id"));
    world.write("main.tf", &CHAIN.replace("powerautomate_cba_credential.robot.id", &id));
    world.apply().expect_quiet();
    world.weather(Fault::next("/shared_uiflow/connections/", Effect::Delay(1500)).method("DELETE"));
    world.forget_conversation();
    world.destroy().expect_quiet();
    let told = world.conversation();
    let at = |wanted: &str| told.iter().position(|line| line.contains(wanted)).expect("it was asked");
    assert!(at("/connectivity/connections?") < at("DELETE"), "the list of before still has it: {told:#?}");
    assert_eq!(world.connections(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_credential_goes_when_no_connection_is_left_whatever_a_list_says() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let other = with(court.credential(&reference), json!({ "name": "Other", "username_schema_name": "cto_other" }));
    let other = court.create(CREDENTIAL, &other).expect_quiet();
    court.destroy(&other).expect_quiet();
    let left = court.destroy(&credential).expect_error("", SUMMARY, &["\"Robot\"", &connection.attr("id")]);
    let left = left.expect("it stays");
    // What was refused as a removal may still be replaced, though the connection uses it.
    let renamed = with(court.credential(&reference), json!({ "username_schema_name": "cto_renamed" }));
    let replaced = court.change(&left, &renamed).expect_quiet();
    let connection = court.change(&connection, &court.connection(&replaced)).expect_quiet();
    court.switch(|switches| switches.connectivity.lists_deleted = true);
    court.destroy(&connection).expect_quiet();
    court.forget();
    court.destroy(&replaced).expect_quiet();
    expect![[r#"
        apply:
          GET connectivity /connections -> 200
          GET dataverse /credentials?select&expand&filter=credentialid eq «id1» or _certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
            DELETE /environmentvariabledefinitions(«id2») -> 204
    "#]]
    .assert_eq(&court.told());
}

#[test]
fn a_removal_is_refused_unless_it_is_proven_that_nothing_uses_the_credential() {
    let court = Court::new();
    let (_, credential, _) = court.made_chain();
    let rows = court.rows();
    let nowhere = || Effect::Status(404, "EnvironmentNotFound".into(), "No such environment.".into());
    for at in ["/connectivity/connections", "/shared_uiflow/connections/"] {
        court.weather(Fault::next(at, nowhere()).method("GET"));
        court.destroy(&credential).expect_error("", SUMMARY, &["EnvironmentNotFound"]);
    }
    assert_eq!(court.rows(), rows);
    // Who may never list connections would never be rid of it.
    let forbidden = Effect::Status(403, "Forbidden".into(), "The caller may not list connections.".into());
    court.weather(Fault::next("/connectivity/connections", forbidden).method("GET"));
    let doubt = "Nobody can tell whether a connection still uses the credential";
    court.destroy(&credential).expect_warning("", doubt, &["may not list"]).expect_ok();
    assert!(court.rows_named("credentials", "name", "Robot").is_empty());
}

#[test]
fn of_a_managed_credential_a_company_s_variable_keeps_its_value() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    court.patch("credentials", &credential.attr("id"), json!({ "ismanaged": true }));
    court.patch("environmentvariabledefinitions", &variable, json!({ "description": "The user of all robots." }));
    let rows = court.rows();
    court.destroy(&credential).expect_warning("", "A credential stays", &["Robot", "managed solution"]).expect_ok();
    assert_eq!(court.rows(), rows);
}

#[test]
fn a_credential_that_is_just_being_deleted_is_waited_for() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    let seeded = world.rows();
    // By a mere id, nothing tells Terraform which of the two to delete first.
    let reference = "powerautomate_key_vault_certificate_reference.robot";
    let id = format!("\"{}\"", world.attr(reference, "id"));
    world.write("main.tf", &CHAIN.replace(&format!("{reference}.id"), &id));
    world.apply().expect_quiet();
    world.weather(Fault::next("/shared_uiflow/connections/", Effect::Delay(1500)).method("DELETE"));
    world.forget_conversation();
    world.destroy().expect_quiet();
    let told = world.conversation();
    let looked = format!("_certificate_value eq {}", "«id");
    let at = |wanted: &str| told.iter().position(|line| line.contains(wanted)).expect("it was asked");
    assert!(at(&looked) < at("DELETE"), "the reference was looked at first: {told:#?}");
    assert_ne!(world.rows(), seeded);
    assert_eq!(
        world.rows_named("environmentvariabledefinitions", "schemaname", "cto_robot_certificate"),
        [] as [serde_json::Value; 0]
    );
}

#[test]
fn what_is_used_and_stays_shows_the_reference_that_gives_an_order() {
    let court = Court::new();
    let (reference, credential, _) = court.made_chain();
    // Terraform leaves a line whole that begins with a blank.
    let order = |attribute: &str, kind: &str| format!("\n\n  {attribute} = {kind}.NAME.id\n\n");
    let many = "\n\n  terraform destroy -parallelism=200";
    let parts = ["a literal id gives Terraform no order", &order("credential_id", CREDENTIAL), many];
    court.destroy(&credential).expect_error("", SUMMARY, &parts);
    let parts = ["a literal id gives Terraform no order", &order("certificate_reference_id", REFERENCE), many];
    let summary = "Cannot delete the environment variable cto_robot_certificate";
    court.destroy(&reference).expect_error("", summary, &parts);
}

#[test]
fn a_credential_goes_whose_connection_gets_another_one_by_the_ways_that_are_told() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    let (robot, connection) =
        ("\"powerautomate_cba_credential\" \"robot\"", "powerautomate_desktop_flow_connection.robot");
    let other = |name: &str, lines: &str| {
        let label = format!("\"powerautomate_cba_credential\" \"{name}\"");
        let lines = format!("username_schema_name = \"cto_{name}\"\n  {lines}");
        chain(&lines).replace(robot, &label).replace(ROBOT, &format!("powerautomate_cba_credential.{name}"))
    };
    world.write("main.tf", &other("second", ""));
    let target = "terraform apply -target=ADDRESS";
    let refused = world.apply();
    refused.expect_error("", SUMMARY, &[target, "create_before_destroy", "moved"]);
    assert!(refused.to_string().find(target) < refused.to_string().find("create_before_destroy"), "{refused}");
    world.apply_with(&[&format!("-target={connection}")]).expect_ok();
    world.apply().expect_quiet();
    assert_eq!(world.rows_named("credentials", "name", "Robot").len(), 1);

    let first = "lifecycle {\n    create_before_destroy = true\n  }";
    world.write("main.tf", &other("second", first));
    world.apply().expect_quiet();
    world.write("main.tf", &other("third", first));
    world.apply().expect_quiet();
    assert_eq!(world.rows_named("credentials", "name", "Robot").len(), 1);

    let moved = "\nmoved {\n  from = powerautomate_cba_credential.third\n  to   = powerautomate_cba_credential.third_robot\n}\n";
    let renamed = other("third", first).replace("credential\" \"third\"", "credential\" \"third_robot\"");
    let renamed = renamed.replace("credential.third.", "credential.third_robot.");
    world.write("main.tf", &format!("{renamed}{moved}"));
    world.apply().expect_quiet();
    world.destroy().expect_quiet();
}
