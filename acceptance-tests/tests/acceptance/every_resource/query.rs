//! `terraform query`: what is in an environment, found, filtered, and written down as configuration that plans clean.

use std::fs;

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::feature::Feature;
use acceptance_tests::outcome::Outcome;
use acceptance_tests::sandboxed::Sandboxed;
use acceptance_tests::world::World;
use sandbox::{Effect, ExpandedLinks, Fault};
use serde_json::{Value as Json, json};
use tfplugin::value::Value;

use super::manual::{applied, every};

/// As many as somebody made by hand before the provider came: more than a page of the service's.
const MANY: usize = 500;

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

/// Makes references and credentials as the portal does.
fn seed<T>(portal: &Sandboxed<T>, count: usize) {
    let vault = &portal.place().key_vault_id;
    let variable = |schema_name: &str, kind: i64, value: &str| {
        let definition = json!({"schemaname": schema_name, "displayname": schema_name, "type": kind, "secretstore": 0});
        let definition = portal.insert("environmentvariabledefinitions", definition);
        let value = json!({"schemaname": schema_name, "value": value, "environmentvariabledefinitionid": definition});
        portal.insert("environmentvariablevalues", value);
        definition
    };
    for number in 0..count {
        let certificate = variable(&format!("cto_hand_{number:03}"), 100_000_005, &format!("{vault}/secrets/robot"));
        let username = variable(&format!("cto_hand_{number:03}_user"), 100_000_000, "robot@contoso.com");
        let credential = json!({
            "name": format!("Hand {number:03}"), "credentialtype": 1, "connectiontype": 5, "username": username,
            "certificate": certificate,
        });
        portal.insert("credentials", credential);
    }
}

#[test]
fn what_was_made_by_hand_becomes_configuration_that_plans_clean() {
    let world = World::new();
    seed(&world, MANY);
    let list = |name: &str, prefix: &str| {
        format!(
            "list \"{name}\" \"{name}\" {{\n  provider = powerautomate\n  limit = 1000\n  config {{ name_prefix = \"{prefix}\" }}\n}}\n"
        )
    };
    world.write("main.tfquery.hcl", &[list(REFERENCE, "cto_hand_"), list(CREDENTIAL, "hand ")].concat());
    if !world.offers(Feature::Query) {
        return is_unknown(&world);
    }
    let outcome = world.run(&["query", "-json", "-generate-config-out=found.tf"]);
    assert_eq!(found(&outcome).len(), 2 * MANY);
    let pages = world.conversation().iter().filter(|line| line.contains("$skiptoken")).count();
    assert!(pages >= 2 * (MANY.div_ceil(100) - 1), "{pages} more pages were asked for");
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

/// A court with so much made by hand.
fn seeded(count: usize) -> Court {
    let court = Court::new();
    seed(&court, count);
    court
}

#[test]
fn references_are_filtered() {
    let court = seeded(3);
    let names = |config: Json| court.list(REFERENCE, &config).expect_quiet();
    let hand = ["cto_hand_000", "cto_hand_001", "cto_hand_002"];
    assert_eq!(names(json!({"name_prefix": "CTO_hand_"})), hand);
    assert_eq!(names(json!({"name_prefix": "it's"})), [""; 0]);
    assert_eq!(names(json!({"name_prefix": "cto_hand", "certificate_name": "Robot"})), hand);
    assert_eq!(names(json!({"name_prefix": "cto_hand", "certificate_name": "other"})), [""; 0]);
    let row = &court.rows_named("environmentvariabledefinitions", "schemaname", hand[1])[0];
    let id = row["environmentvariabledefinitionid"].as_str().expect("a row has an id");
    court.patch("environmentvariabledefinitions", id, json!({"ismanaged": true}));
    assert_eq!(names(json!({"name_prefix": "cto_hand_", "unmanaged_only": true})), [hand[0], hand[2]]);
}

#[test]
fn whoever_wants_few_gets_them_from_the_first_page() {
    let court = seeded(MANY);
    court.forget();
    let config = Value::object([("name_prefix", "cto_hand_".into())]);
    let found = court.judge().list(REFERENCE, &config, false, 5).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(found.len(), 5);
    let said = court.conversation();
    assert!(!said.is_empty() && !said.iter().any(|line| line.contains("$skiptoken")), "{said:#?}");
}

#[test]
fn credentials_are_filtered() {
    let court = seeded(2);
    court.insert("credentials", json!({"name": "Hand and password", "credentialtype": 1, "connectiontype": 1}));
    let names = |config: Json| court.list(CREDENTIAL, &config).expect_quiet();
    let hand = ["Hand 000", "Hand 001"];
    assert_eq!(names(json!({"name_prefix": "hand"})), hand);
    assert_eq!(names(json!({"certificate_name": "robot"})), hand);
    assert_eq!(names(json!({"certificate_name": "another"})), [""; 0]);
}

#[test]
fn connections_are_filtered_and_shown() {
    let court = Court::new();
    let (_, credential, robot) = court.made_chain();
    let place = court.place();
    let warehouse = json!({"display_name": "Warehouse", "machine_group_id": place.other_machine_group_id});
    court.create(CONNECTION, &with(court.connection(&credential), warehouse)).expect_quiet();
    let names = |config: Json| court.list(CONNECTION, &config).expect_quiet();
    let mut all = names(json!({}));
    all.sort();
    assert_eq!(all, ["Robot", "Warehouse"]);
    assert_eq!(names(json!({"name_prefix": "ware"})), ["Warehouse"]);
    assert_eq!(names(json!({"machine_group_id": place.machine_group_id})), ["Robot"]);
    let config = Value::object([("name_prefix", "Robot".into())]);
    let shown = court.judge().list(CONNECTION, &config, true, 0).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(Some(&shown[0].identity), robot.instance().identity.as_ref());
    assert_eq!(shown[0].state.as_ref(), Some(&robot.instance().state));
}

#[test]
fn wrong_input_is_an_error_on_the_attribute() {
    let court = Court::new();
    let wrong = court.list(CONNECTION, &json!({"machine_group_id": "Finance"}));
    wrong.expect_error("machine_group_id", "Invalid value for machine_group_id", &["must be a GUID"]);
    let missing = "12345678-1111-4222-8333-444455556666";
    for kind in [REFERENCE, CREDENTIAL] {
        let wrong = court.list(kind, &json!({"environment_id": missing}));
        wrong.expect_error("environment_id", &format!("Cannot look up the environment {missing}"), &[]);
    }
}

#[test]
fn the_values_that_did_not_come_along_are_read_too() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let id = reference.attr("id");
    for name in ["cto_second", "cto_third"] {
        let value = json!({ "schemaname": name, "value": "x", "environmentvariabledefinitionid": id });
        court.insert("environmentvariablevalues", value);
    }
    court.switch(|switches| {
        switches.dataverse.expanded_page_size = 1;
        switches.dataverse.expanded_links = ExpandedLinks::WhereMore;
    });
    let rows = court.rows_of("environmentvariablevalues", "environmentvariabledefinitionid", &id);
    let ids: Vec<&str> = rows.iter().filter_map(|row| row["environmentvariablevalueid"].as_str()).collect();
    assert_eq!(ids.len(), 3);
    let summary = "The environment variable has several values";
    court.refresh(&reference).expect_error("", summary, &ids);
    let listed = court.list(REFERENCE, &json!({ "name_prefix": "cto_robot_cert" }));
    let told = [&[summary], &ids[..]].concat();
    let listed = listed.expect_warning("", "An environment variable cannot be told in full", &told);
    assert_eq!(listed.expect_ok(), ["cto_robot_certificate"]);
    // A managed definition stays, and is emptied.
    court.patch("environmentvariabledefinitions", &id, json!({ "ismanaged": true }));
    court
        .destroy(&reference)
        .expect_warning("", "An environment variable stays", &["cto_robot_certificate"])
        .expect_ok();
    assert!(court.rows_of("environmentvariablevalues", "environmentvariabledefinitionid", &id).is_empty());
}

#[test]
fn a_next_page_on_another_host_is_not_asked_for() {
    let court = seeded(150);
    let (_, credential, _) = court.made_chain();
    let warehouse = json!({ "display_name": "Warehouse", "machine_group_id": court.place().other_machine_group_id });
    court.create(CONNECTION, &with(court.connection(&credential), warehouse)).expect_quiet();
    court.switch(|switches| switches.connectivity.page_size = 1);
    let elsewhere = |list: &str| Fault::next(list, Effect::NextPageOn("elsewhere.example".to_owned()));
    let hand = json!({ "name_prefix": "cto_hand_" });
    for (kind, config, list, what) in [
        (REFERENCE, &hand, "/environmentvariabledefinitions", "environment variables"),
        (CREDENTIAL, &json!({}), "/credentials", "credentials"),
        (CONNECTION, &json!({}), "/connectivity/connections", "connections"),
    ] {
        court.weather(elsewhere(list).method("GET"));
        let refused = court.list(kind, config);
        refused.expect_error("", &format!("Cannot list the {what}"), &["the next page is on another host"]);
    }
    // That of an expanded list.
    let id = court.rows_named("environmentvariabledefinitions", "schemaname", "cto_hand_000")[0]
        ["environmentvariabledefinitionid"]
        .as_str()
        .expect("a row has an id")
        .to_owned();
    let second = json!({ "schemaname": "cto_second", "value": "x", "environmentvariabledefinitionid": id });
    court.insert("environmentvariablevalues", second);
    court.switch(|switches| {
        switches.dataverse.expanded_page_size = 1;
        switches.dataverse.expanded_links = ExpandedLinks::WhereMore;
    });
    court.weather(elsewhere("/environmentvariabledefinitions").method("GET"));
    let refused = court.list(REFERENCE, &json!({ "name_prefix": "cto_hand_000" }));
    refused.expect_error("", "Cannot list the environment variables", &["the next page is on another host"]);
    let hosts: Vec<String> = court.sandbox().journal().into_iter().map(|exchange| exchange.host).collect();
    assert!(hosts.iter().all(|host| !host.contains("elsewhere")), "{hosts:?}");
}
