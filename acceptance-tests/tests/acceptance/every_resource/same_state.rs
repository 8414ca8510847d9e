//! One configuration, one state: under every version of Terraform and OpenTofu, less what a version lacks.
//!
//! `same_state.json` is the expected value; the run under each version of the matrix holds it.

use std::fs;
use std::path::Path;

use acceptance_tests::conversation::Names;
use acceptance_tests::feature::Feature;
use acceptance_tests::world::World;
use serde_json::{Map, Value, json};

use super::manual::{every, shown};

/// What the sandbox makes anew each time.
const MADE_ANEW: [&str; 8] = [
    "certificate_pem",
    "certificate_version",
    "created_on",
    "expires_on",
    "not_before",
    "serial_number",
    "thumbprint",
    "thumbprint_sha256",
];

/// The resources in the state, with names and numbers for ids.
fn stored(world: &World) -> Value {
    let mut stored = Map::new();
    for shown in every() {
        let mut attributes = world.attributes(&shown.address);
        for made in MADE_ANEW.iter().filter(|made| attributes[**made].is_string()).collect::<Vec<_>>() {
            attributes[*made] = "made by the sandbox".into();
        }
        let identity = world.identity(&shown.address);
        stored.insert(shown.address, json!({"attributes": attributes, "identity": identity}));
    }
    let text = serde_json::to_string(&stored).expect("a state is JSON");
    let place = world.place();
    let known = [
        (place.environment_id.clone(), "environment"),
        (place.client_id.clone(), "client"),
        (place.machine_group_id.clone(), "Finance"),
    ];
    serde_json::from_str(&Names::new(&known).told(&text)).expect("names need no escaping")
}

#[test]
fn every_version_stores_the_same() {
    let world = shown();
    let seeded = world.rows();
    world.plan().expect_quiet();
    let changes = world.plan_json()["resource_changes"].as_array().map(Vec::len);
    assert_eq!(changes, Some(every().len()), "pipelines read plans as JSON, with identities that are not known yet");
    world.apply_plan().expect_quiet();

    let state = stored(&world);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance/every_resource/same_state.json");
    let mut expected: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
    if world.offers(Feature::Identity) {
        for shown in every() {
            assert!(state[&shown.address]["identity"].is_object(), "{} has an identity", shown.name);
        }
        if !expected.is_object() {
            let text = serde_json::to_string_pretty(&state).unwrap();
            fs::write(&path, format!("{text}\n")).unwrap();
            panic!("same_state.json was missing and is written afresh; look at it and commit");
        }
    } else {
        for shown in every() {
            expected[&shown.address]["identity"] = Value::Null;
        }
    }
    assert_eq!(state, expected);

    world.refresh().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(stored(&world), state, "the same after a refresh");
    world.destroy().expect_quiet();
    assert_eq!(world.rows(), seeded);
    assert!(world.connections().is_empty());
}
