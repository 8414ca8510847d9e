//! `plan -generate-config-out`: what is there becomes configuration that plans clean.

use std::fs;

use acceptance_tests::feature::Feature;
use provider::PowerAutomate;
use tfplugin::provider::Provider as _;
use tfplugin::schema::Mode;

use super::manual::{applied, every};

/// The attributes and blocks that a generated resource says.
fn said<'a>(written: &'a str, name: &str) -> Vec<&'a str> {
    let block = written.split("resource \"").find(|block| block.starts_with(&format!("{name}\"")));
    let block = block.unwrap_or_else(|| panic!("no {name} in {written}"));
    block.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn what_is_there_is_written_down_and_plans_clean() {
    let world = applied();
    let imports: String =
        every().iter().map(|shown| shown.import_by_id(&world, &world.attr(&shown.address, "id"))).collect();
    every().iter().for_each(|shown| world.remove(&shown.file()));
    world.remove("terraform.tfstate");
    world.write("imports.tf", &imports);
    world.forget_conversation();
    let outcome = world.plan_with(&["-generate-config-out=generated.tf"]);
    let written = fs::read_to_string(world.folder().join("generated.tf")).unwrap_or_default();
    outcome.expect_ok();
    // Who does not ask the provider guesses from the state: everything that may be said, which must agree.
    let asks = world.offers(Feature::GeneratedConfiguration);
    let variable = ["username", "username_schema_name", "username_variable_id"];
    let says = variable.map(|name| said(&written, "powerautomate_cba_credential").contains(&name));
    assert_eq!(says, [true, true, !asks], "the credential's own variable is said as what it makes: {written}");
    for resource in PowerAutomate.resources() {
        let (name, block) = (resource.name(), &resource.schema().block);
        let said = said(&written, name);
        for attribute in block.attributes {
            match attribute.mode {
                Mode::Required => assert!(said.contains(&attribute.name), "{name}.{} in {written}", attribute.name),
                Mode::Computed => assert!(!said.contains(&attribute.name), "{name}.{} in {written}", attribute.name),
                Mode::Optional | Mode::OptionalComputed => {}
            }
        }
        for nested in block.blocks {
            assert!(!asks || !said.contains(&nested.name), "{name}.{} in {written}", nested.name);
        }
    }
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.writes(), Vec::<String>::new(), "{outcome}");
}
