//! `terraform query`: what is in an environment, found, filtered, and written down as configuration that plans clean.

use std::fs;
use std::path::Path;

use acceptance_tests::feature::Feature;
use acceptance_tests::outcome::Outcome;
use acceptance_tests::world::{CHAIN, TYPES, World};
use serde_json::{Value, json};

/// As many as somebody made by hand before the provider came.
const MANY: usize = 500;

fn list(type_name: &str, config: &str, more: &str) -> String {
    format!(
        "list \"{type_name}\" \"all\" {{\n  provider = powerautomate\n  {more}\n  config {{\n    {config}\n  }}\n}}\n"
    )
}

fn query(world: &World, type_name: &str, config: &str, more: &str) -> Outcome {
    world.write("main.tfquery.hcl", &list(type_name, config, more));
    world.run(&["query", "-json"])
}

/// The names that were found, in their order.
fn names(outcome: &Outcome) -> Vec<String> {
    outcome.expect_quiet();
    found(outcome).iter().map(|hit| hit["display_name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn found(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.raw().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["type"] == "list_resource_found").map(|line| line["list_resource_found"].clone()).collect()
}

/// References and credentials as the portal makes them.
fn seeded(count: usize) -> World {
    let world = World::new();
    for number in 0..count {
        let variable = |schema_name: &str, kind: i64, value: &str| {
            let definition = world.insert(
                "environmentvariabledefinitions",
                json!({"schemaname": schema_name, "displayname": schema_name, "type": kind, "secretstore": 0}),
            );
            world.insert(
                "environmentvariablevalues",
                json!({"schemaname": schema_name, "value": value, "_environmentvariabledefinitionid_value": definition}),
            );
            definition
        };
        let reference = format!("{}/secrets/robot", world.place().key_vault_id);
        let certificate = variable(&format!("cto_hand_{number:03}"), 100_000_005, &reference);
        let username = variable(&format!("cto_hand_{number:03}_user"), 100_000_000, "robot@contoso.com");
        world.insert(
            "credentials",
            json!({
                "name": format!("Hand {number:03}"), "credentialtype": 1, "connectiontype": 5,
                "_username_value": username, "_certificate_value": certificate,
            }),
        );
    }
    world
}

#[test]
fn what_was_made_by_hand_becomes_configuration_that_plans_clean() {
    let world = seeded(MANY);
    world.write(
        "main.tfquery.hcl",
        &[TYPES[0], TYPES[1]]
            .map(|name| {
                let prefix = if name == TYPES[0] { "cto_hand_" } else { "hand " };
                list(name, &format!("name_prefix = \"{prefix}\""), "limit = 1000")
                    .replace("\"all\"", &format!("\"{name}\""))
            })
            .concat(),
    );
    if !world.offers(Feature::Query) {
        // A version that knows no queries does not mind the file.
        world.plan().expect_quiet().expect_no_changes();
        return;
    }
    // Whoever wants few gets them from the first page, and no other is asked for.
    world.forget_conversation();
    let both = fs::read_to_string(world.folder().join("main.tfquery.hcl")).unwrap();
    assert_eq!(names(&query(&world, TYPES[0], "name_prefix = \"cto_hand_\"", "limit = 5")).len(), 5);
    assert!(!world.conversation().iter().any(|line| line.contains("$skiptoken")));
    world.write("main.tfquery.hcl", &both);
    world.forget_conversation();
    let outcome = world.run(&["query", "-json", "-generate-config-out=found.tf"]);
    outcome.expect_quiet();
    let pages = world.conversation().iter().filter(|line| line.contains("$skiptoken")).count();
    assert!(pages >= 2 * (MANY / 100 - 1), "{pages} more pages were asked for");
    let written = fs::read_to_string(world.folder().join("found.tf")).expect("a configuration was generated");
    assert_eq!(written.matches("import {").count(), 2 * MANY, "an import block for each");
    world.remove("main.tfquery.hcl");
    let plan = world.plan();
    plan.expect_ok();
    let all: Vec<&String> = plan.changes().iter().collect();
    assert!(all.iter().all(|change| change.starts_with("import ")), "{all:#?}");
    assert_eq!(all.len(), 2 * MANY);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn references_are_filtered() {
    let world = seeded(3);
    if !world.offers(Feature::Query) {
        return;
    }
    let names = |config: &str, more: &str| names(&query(&world, TYPES[0], config, more));
    let hand = ["cto_hand_000", "cto_hand_001", "cto_hand_002"];
    assert_eq!(names("name_prefix = \"CTO_hand_\"", ""), hand);
    assert_eq!(names("name_prefix = \"cto_hand_\"", "limit = 2"), hand[..2]);
    assert_eq!(names("name_prefix = \"it's\"", ""), [""; 0]);
    assert_eq!(names("certificate_name = \"Robot\"\n name_prefix = \"cto_hand\"", ""), hand);
    assert_eq!(names("certificate_name = \"other\"", ""), [""; 0]);

    let id = world.rows_named("environmentvariabledefinitions", "schemaname", "cto_hand_001")[0]
        ["environmentvariabledefinitionid"]
        .as_str()
        .unwrap()
        .to_owned();
    world.patch("environmentvariabledefinitions", &id, json!({"ismanaged": true}));
    let config = "unmanaged_only = true\n name_prefix = \"cto_hand_\"";
    assert_eq!(names(config, ""), [hand[0], hand[2]]);
}

#[test]
fn credentials_are_filtered() {
    let world = seeded(2);
    if !world.offers(Feature::Query) {
        return;
    }
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    world.insert("credentials", json!({"name": "Hand and password", "credentialtype": 1, "connectiontype": 1}));
    let names = |config: &str| names(&query(&world, TYPES[1], config, ""));
    assert_eq!(names("name_prefix = \"hand\""), ["Hand 000", "Hand 001"]);
    assert_eq!(names("certificate_name = \"robot\""), ["Hand 000", "Hand 001", "Robot"]);
    assert_eq!(names("certificate_name = \"another\""), [""; 0]);
}

#[test]
fn connections_are_filtered_and_shown() {
    let world = World::new();
    if !world.offers(Feature::Query) {
        return;
    }
    let warehouse = r#"
resource "powerautomate_desktop_flow_connection" "warehouse" {
  display_name     = "Warehouse"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.other_machine_group_id
}
"#;
    world.write("main.tf", &format!("{CHAIN}{warehouse}"));
    world.apply().expect_quiet();
    let query = |config: &str, more: &str| query(&world, TYPES[2], config, more);
    let mut all = names(&query("", ""));
    all.sort();
    assert_eq!(all, ["Robot", "Warehouse"]);
    assert_eq!(names(&query("name_prefix = \"ware\"", "")), ["Warehouse"]);
    assert_eq!(names(&query("machine_group_id = var.machine_group_id", "")), ["Robot"]);
    let shown = &found(&query("name_prefix = \"Robot\"", "include_resource = true"))[0];
    assert_eq!(shown["identity"]["id"], world.attr(&format!("{}.robot", TYPES[2]), "id"));
    assert_eq!(shown["resource_object"]["status"], "Connected");
    assert_eq!(shown["resource_object"]["machine_group_id"], world.place().machine_group_id);
    let bare = &found(&query("name_prefix = \"Robot\"", ""))[0];
    assert_eq!(bare.get("resource_object"), None);
}

#[test]
fn the_examples_of_the_manual_are_asked() {
    let world = seeded(1);
    if !world.offers(Feature::Query) {
        return;
    }
    for name in TYPES {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/list-resources");
        let example = fs::read_to_string(examples.join(name).join("list-resource.tfquery.hcl")).unwrap();
        world.write("main.tfquery.hcl", &example);
        let outcome = world.run(&["query", "-json"]);
        outcome.expect_quiet();
        let is_found = !found(&outcome).is_empty();
        assert_eq!(is_found, name != TYPES[2], "{outcome}");
    }
}

#[test]
fn wrong_input_is_an_error_on_the_attribute() {
    let world = World::new();
    if !world.offers(Feature::Query) {
        return;
    }
    // Terraform quotes the list block's first line, whatever line of it is at fault.
    query(&world, TYPES[2], "machine_group_id = \"Finance\"", "").expect_error(
        "list",
        "Invalid value for machine_group_id",
        &["must be a GUID"],
    );
    let missing = "12345678-1111-4222-8333-444455556666";
    let outcome = query(&world, TYPES[0], &format!("environment_id = \"{missing}\""), "");
    outcome.expect_error("list", &format!("Cannot look up the environment {missing}"), &[]);
}
