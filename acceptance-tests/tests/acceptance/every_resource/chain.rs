//! The quick start, as a user meets it, and how the examples are written.

use std::fs;
use std::path::Path;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::World;

use super::manual::example;

#[test]
fn the_quick_start_works_from_a_mirror_with_a_lock_file_and_leaves_nothing() {
    let world = World::from_mirror();
    let seeded = world.rows();
    world.write("main.tf", &example("quickstart/main.tf"));
    world.init().expect_ok();
    let lock = fs::read_to_string(world.folder().join(".terraform.lock.hcl")).expect("init writes a lock file");
    assert!(lock.contains(&format!("{}/cba/powerautomate", world.terraform().registry())), "{lock}");
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    world.refresh().expect_quiet();
    world.expect_no_secret_was_asked();
    world.destroy().expect_quiet();
    assert_eq!(world.rows(), seeded);
    assert!(world.connections().is_empty());
}

#[test]
fn every_example_is_formatted_as_terraform_formats() {
    let world = World::bare();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut folders: Vec<String> =
        fs::read_dir(&examples).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    folders.sort();
    if !world.offers(Feature::Functions) {
        // A version without functions of providers cannot read a call of one, and formats all else.
        folders.retain(|folder| !folder.ends_with("functions"));
    }
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let outcome = world.run(&[&["fmt", "-check", "-recursive", "-diff"], folders.as_slice()].concat());
    assert_eq!(outcome.code(), Some(0), "{}", outcome.raw());
}
