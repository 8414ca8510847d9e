//! `plan -generate-config-out`: what is there becomes configuration that plans clean.

use std::fs;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CHAIN, TYPES, World};

/// A world with objects that no state knows, and blocks that import them.
fn found() -> World {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    let environment = &world.place().environment_id;
    let imports: String = TYPES
        .map(|name| format!("{name}.robot"))
        .iter()
        .map(|address| {
            format!("import {{\n  to = {address}\n  id = \"{environment}/{}\"\n}}\n", world.attr(address, "id"))
        })
        .collect();
    world.remove("main.tf");
    world.remove("terraform.tfstate");
    world.write("imports.tf", &imports);
    world.forget_conversation();
    world
}

#[test]
fn what_is_there_is_written_down_and_plans_clean() {
    let world = found();
    if !world.offers(Feature::GeneratedConfiguration) {
        // Older versions guess from the state: what they write may need an edit, but it names what is there.
        let outcome = world.run(&["plan", "-json", "-input=false", "-generate-config-out=generated.tf"]);
        let written = fs::read_to_string(world.folder().join("generated.tf")).unwrap_or_default();
        assert!(written.contains("cto_robot"), "{outcome}\n{written}");
        return;
    }
    let outcome = world.plan_with(&["-generate-config-out=generated.tf"]);
    outcome.expect_ok();
    let written = fs::read_to_string(world.folder().join("generated.tf")).expect("a configuration was generated");
    for line in ["schema_name", "certificate_name", "username_variable_id", "credential_id", "machine_group_id"] {
        assert!(written.contains(line), "{line} in {written}");
    }
    for noise in ["thumbprint", "status", "timeouts", "requirements", "run_owner"] {
        assert!(!written.contains(noise), "{noise} in {written}");
    }
    world.run(&["validate", "-json"]).expect_ok();
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.writes(), Vec::<String>::new(), "{outcome}");
}
