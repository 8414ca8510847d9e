//! `terraform query`: what is in an environment, found, filtered, and written down as configuration that plans clean.

use std::fs;

use acceptance_tests::feature::Feature;
use acceptance_tests::outcome::Outcome;
use acceptance_tests::world::{TYPES, World};
use sandbox::{Org, default_world};
use serde_json::{Value as Json, json};
use tfplugin::value::Value;

use crate::court::{Court, refusal};
use crate::manual::{applied, every};

/// As many as somebody made by hand before the provider came: more than a page of the service's.
const MANY: usize = 120;

fn found(outcome: &Outcome) -> Vec<Json> {
    outcome.expect_quiet();
    let lines = outcome.raw().lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    lines.filter(|line| line["type"] == "list_resource_found").map(|line| line["list_resource_found"].clone()).collect()
}

/// A version without queries knows no such command, and does not mind the files.
#[track_caller]
fn is_unknown(world: &World) {
    let outcome = world.run(&["query", "-json"]);
    assert_ne!(outcome.code(), Some(0), "{outcome}");
    world.plan().expect_quiet().expect_no_changes();
}

/// Makes references and credentials as the portal does, and tells the credentials' ids.
fn seed(org: &mut Org, vault: &str, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for number in 0..count {
        let mut variable = |schema_name: &str, kind: i64, value: &str| {
            let definition =
                json!({"schemaname": schema_name, "displayname": schema_name, "type": kind, "secretstore": 0});
            let definition = org.insert("environmentvariabledefinition", definition).unwrap();
            let lookup = definition.to_string();
            let value = json!({"schemaname": schema_name, "value": value, "environmentvariabledefinitionid": lookup});
            org.insert("environmentvariablevalue", value).unwrap();
            lookup
        };
        let certificate = variable(&format!("cto_hand_{number:03}"), 100_000_005, &format!("{vault}/secrets/robot"));
        let username = variable(&format!("cto_hand_{number:03}_user"), 100_000_000, "robot@contoso.com");
        let credential = json!({
            "name": format!("Hand {number:03}"), "credentialtype": 1, "connectiontype": 5, "username": username,
            "certificate": certificate,
        });
        made.push(org.insert("credential", credential).unwrap().to_string());
    }
    made
}

#[test]
fn what_was_made_by_hand_becomes_configuration_that_plans_clean() {
    let world = World::new();
    let vault = &world.place().key_vault_id;
    world.sandbox().with(|all| seed(all.org_mut(&world.place().environment_id), vault, MANY));
    let list = |name: &str, prefix: &str| {
        format!(
            "list \"{name}\" \"{name}\" {{\n  provider = powerautomate\n  limit = 1000\n  config {{ name_prefix = \"{prefix}\" }}\n}}\n"
        )
    };
    world.write("main.tfquery.hcl", &[list(TYPES[0], "cto_hand_"), list(TYPES[1], "hand ")].concat());
    if !world.offers(Feature::Query) {
        return is_unknown(&world);
    }
    let outcome = world.run(&["query", "-json", "-generate-config-out=found.tf"]);
    assert_eq!(found(&outcome).len(), 2 * MANY);
    let pages = world.conversation().iter().filter(|line| line.contains("$skiptoken")).count();
    assert!(pages >= 2 * (MANY / 100), "{pages} more pages were asked for");
    let written = fs::read_to_string(world.folder().join("found.tf")).expect("a configuration was generated");
    assert_eq!(written.matches("import {").count(), 2 * MANY, "an import block for each");
    world.remove("main.tfquery.hcl");
    let plan = world.plan();
    plan.expect_ok();
    assert!(plan.changes().iter().all(|change| change.starts_with("import ")), "{:#?}", plan.changes());
    assert_eq!(plan.changes().len(), 2 * MANY);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn the_examples_of_the_manual_find_what_they_made() {
    let world = applied();
    let lists: String =
        every().iter().map(|shown| shown.list(&world).replace("\"all\"", &format!("\"{}\"", shown.name))).collect();
    world.write("main.tfquery.hcl", &lists);
    if !world.offers(Feature::Query) {
        return is_unknown(&world);
    }
    let found = found(&world.run(&["query", "-json"]));
    for shown in every() {
        let hits: Vec<&Json> = found.iter().filter(|hit| hit["resource_type"] == shown.name).collect();
        let id = world.attr(&shown.address, "id");
        let hit = hits.iter().find(|hit| hit["identity"]["id"] == id);
        let hit = hit.unwrap_or_else(|| panic!("{} is not among {hits:#?}", shown.address));
        assert_eq!(hit["resource_object"]["id"], id, "the example asks for the whole of {}", shown.name);
    }
}

/// A court with so much made by hand, and what a list there finds, by names.
fn seeded(count: usize) -> Court {
    let court = Court::new();
    let vault = court.vault();
    court.in_portal(|org| seed(org, &vault, count));
    court
}

fn names<const N: usize>(court: &Court, type_name: &str, config: [(&str, Value); N], limit: i64) -> Vec<String> {
    let found = court.judge.list(type_name, &Value::object(config), false, limit);
    found.unwrap_or_else(|failure| panic!("{failure}")).into_iter().map(|hit| hit.name).collect()
}

#[test]
fn references_are_filtered() {
    let court = seeded(3);
    let hand = ["cto_hand_000", "cto_hand_001", "cto_hand_002"];
    assert_eq!(names(&court, TYPES[0], [("name_prefix", "CTO_hand_".into())], 0), hand);
    assert_eq!(names(&court, TYPES[0], [("name_prefix", "cto_hand_".into())], 2), hand[..2]);
    assert_eq!(names(&court, TYPES[0], [("name_prefix", "it's".into())], 0), [""; 0]);
    let named = |name: &str| [("certificate_name", name.into()), ("name_prefix", "cto_hand".into())];
    assert_eq!(names(&court, TYPES[0], named("Robot"), 0), hand);
    assert_eq!(names(&court, TYPES[0], named("other"), 0), [""; 0]);
    court.in_portal(|org| {
        let rows = org.rows("environmentvariabledefinition");
        let row = rows.iter().find(|row| row["schemaname"] == hand[1]).expect("it was seeded");
        let id = row["environmentvariabledefinitionid"].as_str().and_then(|id| id.parse().ok()).expect("it has an id");
        org.patch("environmentvariabledefinition", id, json!({"ismanaged": true})).unwrap();
    });
    let config = [("unmanaged_only", true.into()), ("name_prefix", "cto_hand_".into())];
    assert_eq!(names(&court, TYPES[0], config, 0), [hand[0], hand[2]]);
}

#[test]
fn whoever_wants_few_gets_them_from_the_first_page() {
    let court = seeded(MANY);
    court.forget_conversation();
    assert_eq!(names(&court, TYPES[0], [("name_prefix", "cto_hand_".into())], 5).len(), 5);
    assert!(!court.conversation().iter().any(|line| line.contains("$skiptoken")), "{:#?}", court.conversation());
}

#[test]
fn credentials_are_filtered() {
    let court = seeded(2);
    let other = json!({"name": "Hand and password", "credentialtype": 1, "connectiontype": 1});
    court.in_portal(|org| org.insert("credential", other)).unwrap();
    let hand = ["Hand 000", "Hand 001"];
    assert_eq!(names(&court, TYPES[1], [("name_prefix", "hand".into())], 0), hand);
    assert_eq!(names(&court, TYPES[1], [("certificate_name", "robot".into())], 0), hand);
    assert_eq!(names(&court, TYPES[1], [("certificate_name", "another".into())], 0), [""; 0]);
}

#[test]
fn connections_are_filtered_and_shown() {
    let court = Court::new();
    let vault = court.vault();
    let credential = court.in_portal(|org| seed(org, &vault, 1)).remove(0);
    court.share_with_terraform(&credential);
    let make = |name: &str, group: &str| {
        let (name, group, credential) = (name.into(), group.into(), credential.as_str().into());
        court.make(TYPES[2], [("display_name", name), ("credential_id", credential), ("machine_group_id", group)])
    };
    let made = make("Robot", default_world::FINANCE);
    make("Warehouse", default_world::WAREHOUSE);
    let mut all = names(&court, TYPES[2], [], 0);
    all.sort();
    assert_eq!(all, ["Robot", "Warehouse"]);
    assert_eq!(names(&court, TYPES[2], [("name_prefix", "ware".into())], 0), ["Warehouse"]);
    assert_eq!(names(&court, TYPES[2], [("machine_group_id", default_world::FINANCE.into())], 0), ["Robot"]);
    let config = Value::object([("name_prefix", "Robot".into())]);
    let shown = court.judge.list(TYPES[2], &config, true, 0).unwrap().remove(0);
    assert_eq!(Some(&shown.identity), made.identity.as_ref());
    assert_eq!(shown.state, Some(made.state));
}

#[test]
fn wrong_input_is_an_error_on_the_attribute() {
    let court = Court::new();
    let list = |name: &str, attribute: &str, value: &str| {
        refusal(court.judge.list(name, &Value::object([(attribute, value.into())]), false, 0))
    };
    let (summary, detail, path) = list(TYPES[2], "machine_group_id", "Finance");
    assert_eq!(summary, "Invalid value for machine_group_id");
    assert!(detail.contains("must be a GUID") && path.contains("machine_group_id"), "{detail} {path}");
    let missing = "12345678-1111-4222-8333-444455556666";
    for name in [TYPES[0], TYPES[1]] {
        let (summary, _, path) = list(name, "environment_id", missing);
        assert_eq!(summary, format!("Cannot look up the environment {missing}"), "{name}");
        assert!(path.contains("environment_id"), "{name}: {path}");
    }
}
