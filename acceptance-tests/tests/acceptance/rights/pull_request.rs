//! A plan for a pull request, through a real Terraform: an application that reads Dataverse, and has no right to the vault.

use std::collections::BTreeSet;

use acceptance_tests::world::{CHAIN, World};
use sandbox::{Depth, PowerPlatformRole, RoleAssignment, default_world};

use super::principal::Right;
use super::tried::{Phase, ROWS};

const ADDRESSES: [&str; 3] = [
    "powerautomate_cba_credential.robot",
    "powerautomate_desktop_flow_connection.robot",
    "powerautomate_key_vault_certificate_reference.robot",
];

/// The privileges that plans ask for, and no other.
fn privileges() -> BTreeSet<&'static str> {
    let plans = ROWS.iter().filter(|row| row.phase == Phase::Plan);
    let names = plans.flat_map(|row| &row.rights).filter_map(|(right, _)| match Right::of(right) {
        Right::Privilege(name) => Some(name),
        _ => None,
    });
    names.collect()
}

/// A world with this configuration, in which the application *Maker* is there for plans alone: with this role of Power Platform, or with
/// none and the address of Dataverse in the provider block.
fn world(role: Option<PowerPlatformRole>) -> World {
    let world = World::new();
    world.sandbox().with(|all| {
        let assign =
            |role| RoleAssignment::in_environment(default_world::MAKER_OBJECT, role, default_world::ENVIRONMENT);
        all.power_platform_roles = role.map(assign).into_iter().collect();
        let org = all.org_mut(default_world::ENVIRONMENT);
        let maker = org.user_of_application(default_world::MAKER).expect("it is a user");
        org.role("Plans", privileges().into_iter().map(|name| (name, Depth::Global))).expect("they are known");
        assert!(org.take_role(maker, "Environment Maker"));
        org.assign_role(maker, "Plans").expect("it was just made");
    });
    if role.is_none() {
        let url = &world.place().environment_url;
        world.write_provider(&format!("environment_id = var.environment_id\n  dataverse_url  = \"{url}\""));
    }
    world.write("main.tf", CHAIN);
    world
}

/// Plans as the application that is there for plans: it goes well, with warnings, and writes nothing.
#[track_caller]
fn check(world: &mut World, changes: &[&str]) -> Vec<String> {
    world.set("ARM_CLIENT_ID", default_world::MAKER);
    world.set("ARM_CLIENT_SECRET", default_world::MAKER_SECRET);
    world.forget_conversation();
    let planned = world.plan();
    planned.expect_changes(changes);
    assert_eq!(planned.code(), Some(if changes.is_empty() { 0 } else { 2 }));
    assert_eq!(world.writes(), Vec::<String>::new());
    let mut warnings: Vec<String> = planned.diagnostics.iter().map(|one| one.summary.clone()).collect();
    warnings.sort();
    warnings
}

/// What the same application is told of a chain that is new, of one that is there, and of one that changes.
#[track_caller]
fn plans(role: Option<PowerPlatformRole>, of_connections: &str) {
    let mut new = world(role);
    let changes = ADDRESSES.map(|address| format!("create {address}"));
    let changes = changes.each_ref().map(String::as_str);
    let unshared = "The machine group is not shared";
    assert_eq!(check(&mut new, &changes), ["A certificate could not be read", unshared]);

    let mut there = world(role);
    there.apply().expect_quiet();
    assert_eq!(check(&mut there, &[]), ["A certificate could not be read", of_connections]);
    let changed = CHAIN
        .replace("certificate_name = \"robot\"", "certificate_name = \"robot-01\"\n  description      = \"Finance\"")
        .replace("robot@contoso.com", "robot-01@contoso.com")
        .replace("\"Robot\"", "\"Robot 1\"");
    there.write("main.tf", &changed);
    let changes = ADDRESSES.map(|address| format!("update {address}"));
    let warnings = check(&mut there, &changes.each_ref().map(String::as_str));
    assert!(warnings.contains(&"A certificate could not be read".to_owned()), "{warnings:?}");
    assert!(warnings.contains(&of_connections.to_owned()), "{warnings:?}");
}

#[test]
fn it_goes_well_with_privileges_to_read_and_the_least_role_of_power_platform() {
    plans(Some(PowerPlatformRole::Reader), "The connection cannot be seen");
}

#[test]
fn it_goes_well_without_any_role_of_power_platform() {
    plans(None, "A connection could not be read");
}

#[test]
fn a_new_chain_is_planned_though_nobody_tells_where_dataverse_is() {
    let mut new = world(None);
    new.write_provider("environment_id = var.environment_id");
    let changes = ADDRESSES.map(|address| format!("create {address}"));
    let warnings = check(&mut new, &changes.each_ref().map(String::as_str));
    assert_eq!(warnings, ["A certificate could not be read", "The environment cannot be looked up"]);
}

#[test]
fn a_role_for_plans_lets_nothing_be_written() {
    assert!(privileges().iter().all(|name| name.starts_with("prvRead")), "{:?}", privileges());
}

/// So many robots that their tables and their vault are listed.
const MANY: &str = r#"
locals {
  robots = { for number in range(1, 31) : format("%02d", number) => format("robot-%02d", number % 10 + 1) }
}
resource "powerautomate_key_vault_certificate_reference" "robot" {
  for_each         = local.robots
  schema_name      = "cto_robot_${each.key}"
  key_vault_id     = var.key_vault_id
  certificate_name = each.value
}
resource "powerautomate_cba_credential" "robot" {
  for_each                 = local.robots
  name                     = "Robot ${each.key}"
  username                 = "${each.value}@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot[each.key].id
}
"#;

#[test]
fn many_robots_are_planned_as_one_is() {
    let mut world = world(Some(PowerPlatformRole::Reader));
    world.write("main.tf", MANY);
    let create = |of: &str, number: u32| format!("create powerautomate_{of}.robot[\"{number:02}\"]");
    let of = |number| ["cba_credential", "key_vault_certificate_reference"].map(|of| create(of, number));
    let changes: Vec<String> = (1..31).flat_map(of).collect();
    let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
    let warnings = check(&mut world, &changes);
    assert!(warnings.iter().all(|one| one == "A certificate could not be read"), "{warnings:?}");

    let (client, secret) = (world.place().client_id.clone(), world.place().client_secret.clone());
    world.set("ARM_CLIENT_ID", &client);
    world.set("ARM_CLIENT_SECRET", &secret);
    world.apply().expect_quiet();
    let warnings = check(&mut world, &[]);
    assert!(
        !warnings.is_empty() && warnings.iter().all(|one| one == "A certificate could not be read"),
        "{warnings:?}"
    );
}
