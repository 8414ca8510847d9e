//! What a stranger wrote from the README and the pages alone: ten robots, two of them on two machine groups.
//!
//! The HCL in `stranger/` is applied as it is; what is renamed here is renamed as a user would.

use std::fs;
use std::path::Path;

use acceptance_tests::world::World;

use super::manual::guide;

/// A world with the stranger's configuration and a value for each of its variables.
fn world() -> World {
    let mut world = World::bare();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stranger");
    for entry in fs::read_dir(&folder).expect("the stranger left a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        world.write(&name, &fs::read_to_string(entry.path()).expect("and text in it"));
    }
    let place = world.place().clone();
    let groups = format!("{{finance=\"{}\",warehouse=\"{}\"}}", place.machine_group_id, place.other_machine_group_id);
    world.set("TF_VAR_machine_group_ids", &groups);
    world
}

/// The stranger's main file with one robot renamed.
fn renamed(world: &World, robot: &str, to: &str) {
    let file = world.folder().join("main.tf");
    let text = fs::read_to_string(&file).expect("there is a main.tf");
    let key = format!("\"{robot}\" =");
    assert!(text.contains(&key), "the robot {robot} has a key of its own");
    world.write("main.tf", &text.replace(&key, &format!("\"{to}\" =")));
}

const TYPES: [&str; 3] = [
    "powerautomate_key_vault_certificate_reference.robot",
    "powerautomate_cba_credential.robot",
    "powerautomate_desktop_flow_connection.robot",
];

#[test]
fn ten_robots_come_bear_renames_and_go() {
    let world = world();
    let seeded = world.rows();
    world.apply().expect_quiet();
    assert_eq!(world.addresses().len(), 32, "{:?}", world.addresses());
    assert_eq!(world.connections().len(), 12);
    world.refresh().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();

    // A renamed key that Terraform is told of changes nothing.
    renamed(&world, "robot-03", "invoices");
    let moved = |address: &str| {
        let seat = if address.contains("connection") { "/finance" } else { "" };
        format!("moved {{\n  from = {address}[\"robot-03{seat}\"]\n  to   = {address}[\"invoices{seat}\"]\n}}\n")
    };
    world.write("moved.tf", &TYPES.map(moved).concat());
    let before = (world.rows(), world.connections());
    world.forget_conversation();
    world.apply().expect_quiet();
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!((world.rows(), world.connections()), before);
    world.plan().expect_quiet().expect_no_changes();

    // One that it is not told of warns; the first apply may stop, the second is clean, and nothing is doubled.
    renamed(&world, "robot-04", "payroll");
    // In which words, depends on whether Terraform has come to the old key before the new one.
    let planned = world.plan();
    planned.expect_ok();
    let is_told = planned.diagnostics.iter().any(|one| {
        one.attribute == "schema_name"
            && ["cto_robot_04_certificate", "moved"].iter().all(|part| one.detail.contains(part))
    });
    assert!(is_told, "{planned}");
    world.apply();
    world.apply().expect_ok();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.addresses().len(), 32, "{:?}", world.addresses());
    assert_eq!(world.connections().len(), 12);
    let variables = |rows: &serde_json::Value| rows["environmentvariabledefinitions"].as_array().map(Vec::len);
    assert_eq!(variables(&world.rows()), variables(&before.0));

    world.destroy().expect_quiet();
    assert_eq!(world.rows(), seeded);
    assert!(world.connections().is_empty());
}

#[test]
fn the_guide_s_robots_come_and_go() {
    let world = World::bare();
    world.write("main.tf", &guide("many-robots.md"));
    world.apply().expect_quiet();
    assert_eq!(world.connections().len(), 2);
    world.plan().expect_quiet().expect_no_changes();
    world.destroy().expect_quiet();
}
