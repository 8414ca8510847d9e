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
    if !world.offers(Feature::GeneratedConfiguration) {
        // Older versions guess from the state: what they write may need an edit, but it names what is there.
        every().iter().for_each(|shown| assert!(written.contains(shown.name), "{outcome}\n{written}"));
        return;
    }
    outcome.expect_ok();
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
            assert!(!said.contains(&nested.name), "{name}.{} in {written}", nested.name);
        }
    }
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.writes(), Vec::<String>::new(), "{outcome}");
}
