//! `powerautomate_verify_connection`: triggered by an apply, and invoked by hand.

use std::fs;
use std::path::Path;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CHAIN, CREDENTIAL, World};

const ACTION: &str = r#"
action "powerautomate_verify_connection" "robot" {
  config {
    connection_id = powerautomate_desktop_flow_connection.robot.id
    timeout       = "30s"
  }
}
"#;

const TRIGGER: &str = r#"
  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.powerautomate_verify_connection.robot]
    }
  }
}
"#;

fn triggered() -> String {
    let (chain, _) = CHAIN.rsplit_once('}').expect("the chain ends with a brace");
    format!("{chain}{TRIGGER}{ACTION}")
}

#[test]
fn an_apply_that_makes_a_connection_verifies_it() {
    let world = World::new();
    world.write("main.tf", &triggered());
    if !world.offers(Feature::Actions) {
        // A version without actions says so; 1.13 reads them already, and does nothing with them.
        let reads = world.terraform().version() == (1, 13) && !world.terraform().is_tofu();
        assert_eq!(world.plan().code(), Some(if reads { 2 } else { 1 }));
        world.write("main.tf", CHAIN);
        world.apply().expect_quiet();
        return;
    }
    let outcome = world.apply();
    outcome.expect_quiet();
    assert!(outcome.raw().contains("Robot is Connected"), "{}", outcome.raw());
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn one_that_is_invoked_waits_or_explains() {
    let world = World::new();
    if !world.offers(Feature::Actions) {
        return;
    }
    world.write("main.tf", &format!("{CHAIN}{ACTION}"));
    world.apply().expect_quiet();
    let id = world.attr("powerautomate_desktop_flow_connection.robot", "id");
    let invoke = || {
        let invoke = "-invoke=action.powerautomate_verify_connection.robot";
        world.apply_with(&[invoke, "-refresh=false"])
    };
    world.forget_conversation();
    let outcome = invoke();
    outcome.expect_quiet();
    assert!(outcome.raw().contains("Robot is Connected"), "{}", outcome.raw());

    // Terraform puts its own summary before what the provider says.
    let refused = "Error when invoking action";
    world.fail_connection(&id);
    let explained = format!("The connection {id} does not work: The service says");
    invoke().expect_error("", refused, &[&explained, "WindowsIdentityIncorrect", "Check that the machines"]);
    world.remove_connection(&id);
    invoke().expect_error("", refused, &["There is no such connection", &id]);
    assert_eq!(world.writes(), Vec::<String>::new(), "a verification writes nothing");
}

#[test]
fn the_example_of_the_manual_applies() {
    let world = World::new();
    if !world.offers(Feature::Actions) {
        return;
    }
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/actions/powerautomate_verify_connection/action.tf");
    world.write("main.tf", &format!("{CREDENTIAL}{}", fs::read_to_string(path).unwrap()));
    let outcome = world.apply();
    outcome.expect_quiet();
    assert!(outcome.raw().contains("Robot on Finance is Connected"), "{}", outcome.raw());
}

#[test]
fn wrong_input_is_an_error_on_the_attribute() {
    let world = World::new();
    if !world.offers(Feature::Actions) {
        return;
    }
    world.write("main.tf", &format!("{CHAIN}{}", ACTION.replace("30s", "soon")));
    world.plan().expect_error("timeout", "Invalid value for timeout", &["soon"]);
}
