//! The whole chain, as a user meets it: the quick start, the examples of the manual, and ten robots at once.

use std::fs;
use std::path::Path;

use acceptance_tests::world::World;

const TEN: &str = r#"
locals {
  robots = { for n in range(1, 11) : format("%02d", n) => { groups = n <= 2 ? ["finance", "warehouse"] : ["finance"] } }
  groups = { finance = var.machine_group_id, warehouse = var.other_machine_group_id }
  pairs  = merge([for name, robot in local.robots : { for group in robot.groups : "${name}-${group}" => { name = name, group = group } }]...)
}

resource "powerautomate_key_vault_certificate_reference" "robot" {
  for_each         = local.robots
  schema_name      = "cto_robot_${each.key}"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot-${each.key}"
}

resource "powerautomate_cba_credential" "robot" {
  for_each                 = local.robots
  name                     = "Robot ${each.key}"
  username                 = "robot-${each.key}@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot[each.key].id
}

resource "powerautomate_desktop_flow_connection" "robot" {
  for_each         = local.pairs
  display_name     = "Robot ${each.key}"
  credential_id    = powerautomate_cba_credential.robot[each.value.name].id
  machine_group_id = local.groups[each.value.group]
}
"#;

fn example(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_quick_start_applies_plans_clean_and_leaves_nothing() {
    let world = World::bare();
    let seeded = world.rows();
    world.write("main.tf", &example("quickstart/main.tf"));
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
    let outcome = world.run(&["fmt", "-check", "-recursive", "-diff", &examples.display().to_string()]);
    assert_eq!(outcome.code(), Some(0), "{}", outcome.raw());
}

#[test]
fn the_examples_of_the_manual_apply_and_import() {
    let world = World::bare();
    world.write("provider.tf", &example("provider/provider.tf"));
    world.write_variables();
    let types = ["key_vault_certificate_reference", "cba_credential", "desktop_flow_connection"];
    for kind in types {
        let example = example(&format!("resources/powerautomate_{kind}/resource.tf"));
        world.write(&format!("{kind}.tf"), &example);
    }
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    for kind in types {
        let address = format!("powerautomate_{kind}.robot");
        let id = world.attr(&address, "id");
        world.run(&["state", "rm", &address]).expect_ok();
        let script = example(&format!("resources/powerautomate_{kind}/import.sh"));
        let command =
            script.lines().find_map(|line| line.strip_prefix("terraform import ")).expect("an import command");
        let (typed, what) = command.split_once(' ').expect("an address and an id");
        assert_eq!(typed, address);
        let what =
            what.trim_matches('"').replace("00000000-0000-0000-0000-000000000000", &world.place().environment_id);
        world.import(&address, &what).expect_ok();
        assert_eq!(world.attr(&address, "id"), id);
    }
    // What an import cannot read, such as the requirements, is recorded by an apply that writes nothing.
    world.forget_conversation();
    world.apply().expect_ok();
    assert_eq!(world.writes(), Vec::<String>::new());
    world.plan().expect_quiet().expect_no_changes();
    world.destroy().expect_quiet();
}

#[test]
fn ten_robots_come_bear_a_rename_and_go() {
    let world = World::new();
    let seeded = world.rows();
    world.write("main.tf", TEN);
    world.apply().expect_quiet();
    assert_eq!(world.connections().len(), 12);
    world.plan().expect_quiet().expect_no_changes();
    world.refresh().expect_quiet();

    let renamed = TEN.replace("format(\"%02d\", n) =>", "format(n == 10 ? \"x%02d\" : \"%02d\", n) =>");
    world.write("main.tf", &same_names(&renamed));
    let warned = "The environment variable \"cto_robot_10\" exists already";
    world.plan().expect_ok().expect_warning("schema_name", warned, &["moved"]);

    let moved: String = [
        ("powerautomate_key_vault_certificate_reference", "10", "x10"),
        ("powerautomate_cba_credential", "10", "x10"),
        ("powerautomate_desktop_flow_connection", "10-finance", "x10-finance"),
    ]
    .iter()
    .map(|(kind, from, to)| {
        format!("moved {{\n  from = {kind}.robot[\"{from}\"]\n  to   = {kind}.robot[\"{to}\"]\n}}\n")
    })
    .collect();
    world.write("moved.tf", &moved);
    world.forget_conversation();
    world.apply().expect_quiet();
    assert_eq!(world.writes(), Vec::<String>::new(), "a move changes nothing");
    world.plan().expect_quiet().expect_no_changes();

    world.destroy().expect_quiet();
    assert_eq!(world.rows(), seeded);
    assert!(world.connections().is_empty());
}

/// The robot is the same one under its new key.
fn same_names(configuration: &str) -> String {
    configuration
        .replace("cto_robot_${each.key}", "cto_robot_${trimprefix(each.key, \"x\")}")
        .replace("\"robot-${each.key}\"", "\"robot-${trimprefix(each.key, \"x\")}\"")
        .replace("\"Robot ${each.key}\"", "\"Robot ${trimprefix(each.key, \"x\")}\"")
        .replace("\"robot-${each.key}@contoso.com\"", "\"robot-${trimprefix(each.key, \"x\")}@contoso.com\"")
}

#[test]
fn a_renamed_key_without_moved_is_clean_after_the_second_apply() {
    let world = World::new();
    world.write("main.tf", TEN);
    world.apply().expect_quiet();
    let renamed = TEN.replace("format(\"%02d\", n) =>", "format(n == 10 ? \"x%02d\" : \"%02d\", n) =>");
    world.write("main.tf", &same_names(&renamed));
    // The old and the new may meet: then the first apply stops, and the second finds the place free.
    let first = world.apply();
    if first.code() != Some(0) {
        assert!(first.raw().contains("exists already"), "{first}");
        world.apply().expect_ok();
    }
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.connections().len(), 12);
    let definitions = world.rows_named("environmentvariabledefinitions", "schemaname", "cto_robot_10");
    assert_eq!(definitions.len(), 1, "nothing is doubled");
}

#[test]
fn it_works_from_a_mirror_with_a_lock_file() {
    let world = World::from_mirror();
    world.write("main.tf", &example("quickstart/main.tf"));
    world.init().expect_ok();
    let lock = fs::read_to_string(world.folder().join(".terraform.lock.hcl")).expect("init writes a lock file");
    assert!(lock.contains("registry.terraform.io/cba/powerautomate"), "{lock}");
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    world.destroy().expect_quiet();
}
