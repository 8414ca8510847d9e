//! A user's own tests: a mocked provider makes values up, which have no form, and nothing is asked of any service.

use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CHAIN, World};

use crate::every_resource::manual::{example, guide};

#[test]
fn a_chain_is_tested_with_a_mock_that_was_told_nothing() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.write(
        "outputs.tf",
        "output \"connection_id\" {\n  value = powerautomate_desktop_flow_connection.robot.id\n}\n",
    );
    world.write(
        "robot.tftest.hcl",
        r#"
mock_provider "powerautomate" {}

run "chain" {
  assert {
    condition     = output.connection_id != ""
    error_message = "There is no connection."
  }
}
"#,
    );
    if !world.offers(Feature::Mocks) {
        world.plan().expect_ok();
        return;
    }
    let tested = world.run(&["test", "-no-color"]);
    assert!(tested.raw().contains("1 passed, 0 failed"), "{}", tested.raw());
    assert_eq!(world.conversation(), Vec::<String>::new(), "a mock asks nobody");
}

#[test]
fn the_guide_s_mock_is_fit_for_the_functions() {
    let world = World::new();
    if !world.offers(Feature::Mocks) {
        return;
    }
    world.write("main.tf", CHAIN);
    world.write("user.tf", &example("functions/certificate_user_id/function.tf"));
    world.write("robot.tftest.hcl", &guide("mocks.md"));
    let tested = world.run(&["test", "-no-color"]);
    assert!(tested.raw().contains("1 passed, 0 failed"), "{}", tested.raw());
    assert_eq!(world.conversation(), Vec::<String>::new(), "a mock asks nobody");
}
