//! Identities: in every state, and to import by, with the same state as an import by id.

use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CHAIN, TYPES, World};
use serde_json::{Value, json};

fn import_block(address: &str, lines: &str) -> String {
    format!("import {{\n  to = {address}\n  {lines}\n}}\n")
}

/// The configuration of the chain, whose resources exist and are in no state any more.
fn forgotten() -> (World, Vec<(String, String)>) {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    let ids = TYPES.map(|name| format!("{name}.robot")).map(|address| (address.clone(), world.attr(&address, "id")));
    world.remove("terraform.tfstate");
    world.forget_conversation();
    (world, ids.to_vec())
}

#[test]
fn every_resource_has_one() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    let offered = world.offers(Feature::Identity);
    for address in TYPES.map(|name| format!("{name}.robot")) {
        let expected = json!({"environment_id": world.place().environment_id, "id": world.attr(&address, "id")});
        assert_eq!(world.identity(&address), if offered { expected } else { Value::Null }, "{address}");
    }
    world.refresh().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    for address in TYPES.map(|name| format!("{name}.robot")) {
        assert_eq!(world.identity(&address).is_object(), offered, "{address} after a refresh");
    }
}

#[test]
fn a_plan_of_what_has_none_yet_is_told_as_json() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.plan().expect_quiet();
    let changes = world.plan_json()["resource_changes"].as_array().map(Vec::len);
    assert_eq!(changes, Some(TYPES.len()), "pipelines read plans as JSON");
}

#[test]
fn an_import_by_identity_gives_the_state_of_one_by_id() {
    let (world, ids) = forgotten();
    let environment = &world.place().environment_id;
    let by_id: String =
        ids.iter().map(|(address, id)| import_block(address, &format!("id = \"{environment}/{id}\""))).collect();
    world.write("imports.tf", &by_id);
    world.apply().expect_quiet();
    let imported: Vec<Value> = ids.iter().map(|(address, _)| world.attributes(address)).collect();
    world.plan().expect_quiet().expect_no_changes();

    world.remove("terraform.tfstate");
    let by_identity: String = ids
        .iter()
        .map(|(address, id)| {
            import_block(address, &format!("identity = {{ environment_id = \"{environment}\", id = \"{id}\" }}"))
        })
        .collect();
    world.write("imports.tf", &by_identity);
    if !world.offers(Feature::Identity) {
        let outcome = world.plan();
        assert_eq!(outcome.code(), Some(1), "{outcome}");
        assert!(outcome.diagnostics.iter().any(|found| found.summary.contains("argument")), "{outcome}");
        return;
    }
    world.apply().expect_quiet();
    let again: Vec<Value> = ids.iter().map(|(address, _)| world.attributes(address)).collect();
    assert_eq!(again, imported);
    world.plan().expect_quiet().expect_no_changes();

    // The provider's environment stands in for one that is not named.
    world.remove("terraform.tfstate");
    let bare: String =
        ids.iter().map(|(address, id)| import_block(address, &format!("identity = {{ id = \"{id}\" }}"))).collect();
    world.write("imports.tf", &bare);
    world.apply().expect_quiet();
    let again: Vec<Value> = ids.iter().map(|(address, _)| world.attributes(address)).collect();
    assert_eq!(again, imported);
    assert_eq!(world.writes(), Vec::<String>::new(), "nothing was written by all this");
}

#[test]
fn what_an_identity_names_must_be_there() {
    let (world, _) = forgotten();
    if !world.offers(Feature::Identity) {
        return;
    }
    let environment = &world.place().environment_id;
    let missing = "12345678-1111-4222-8333-444455556666";
    // Terraform quotes no line for what fails in an import.
    for (name, kind) in TYPES.into_iter().zip(["environment variable", "credential", "desktop flow connection"]) {
        let block = |identity: &str| import_block(&format!("{name}.robot"), &format!("identity = {{ {identity} }}"));
        world.write("imports.tf", &block(&format!("environment_id = \"{environment}\", id = \"{missing}\"")));
        world.plan().expect_error("", "There is nothing to import", &[kind, missing]);
        world.write("imports.tf", &block(&format!("environment_id = \"mars\", id = \"{missing}\"")));
        world.plan().expect_error("", "Invalid value for environment_id", &["must be an environment id"]);
        if name != TYPES[2] {
            world.write("imports.tf", &block("id = \"Robot\""));
            world.plan().expect_error("", "Invalid value for id", &["Robot", "GUID"]);
        }
    }
}
