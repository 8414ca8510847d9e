//! `powerautomate_verify_connection`: triggered by an apply, and invoked by hand.

use std::fs;
use std::path::Path;

use acceptance_tests::court::Court;
use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CREDENTIAL, World};
use expect_test::expect;
use serde_json::json;

const VERIFY: &str = "powerautomate_verify_connection";

/// The example of the manual, with the credential that it names.
fn example() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/actions/powerautomate_verify_connection/action.tf");
    format!("{CREDENTIAL}{}", fs::read_to_string(path).expect("there is an example"))
}

#[test]
fn an_apply_that_makes_a_connection_verifies_it() {
    let world = World::new();
    let text = example();
    world.write("main.tf", &text);
    if !world.offers(Feature::Actions) {
        // A version without actions says so; 1.13 reads them already, and does nothing with them.
        let reads = world.terraform().version() == (1, 13) && !world.terraform().is_tofu();
        assert_eq!(world.plan().code(), Some(if reads { 2 } else { 1 }));
        return;
    }
    let outcome = world.apply();
    outcome.expect_quiet();
    assert!(outcome.raw().contains("Robot on Finance is Connected"), "{}", outcome.raw());
    world.plan().expect_quiet().expect_no_changes();

    // Terraform puts its own summary before what the provider says.
    world.fail_connection(&world.attr("powerautomate_desktop_flow_connection.robot", "id"));
    let (_, action) = text.split_once("action \"powerautomate_verify_connection\" \"").expect("it has an action");
    let (name, _) = action.split_once('"').expect("the action has a name");
    let invoke = format!("-invoke=action.powerautomate_verify_connection.{name}");
    let outcome = world.apply_with(&[&invoke, "-refresh=false"]);
    outcome.expect_error("", "Error when invoking action", &["WindowsIdentityIncorrect"]);
}

#[test]
fn one_that_is_invoked_waits_or_explains() {
    let court = Court::new();
    let (.., connection) = court.made_chain();
    let id = connection.attr("id");
    let invoke = || court.invoke(VERIFY, &json!({ "connection_id": id, "timeout": "30s" }));
    assert_eq!(invoke().expect_quiet(), ["Robot is Connected"]);
    expect![[r#"
        invoke:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]]
    .assert_eq(&court.told());

    court.fail_connection(&id);
    let summary = format!("The connection {id} does not work");
    let parts = ["The service says", "WindowsIdentityIncorrect", "Check that the machines"];
    invoke().expect_error("", &summary, &parts);
    court.remove_connection(&id);
    invoke().expect_error("connection_id", "There is no such connection", &[&id]);
    assert_eq!(court.writes(), Vec::<String>::new(), "a verification writes nothing");
}

#[test]
fn wrong_input_is_an_error_on_the_attribute() {
    let court = Court::new();
    let invoked = court.invoke(VERIFY, &json!({ "connection_id": court.place().client_id, "timeout": "soon" }));
    invoked.expect_error("timeout", "Invalid value for timeout", &["soon"]);
}
