//! One configuration, one state: under every version of Terraform and OpenTofu, less what a version lacks.
//!
//! `same_state.json` is the expected value; the run under each version of the matrix holds it.

use std::fs;
use std::path::Path;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CHAIN, TYPES, World};
use serde_json::{Map, Value, json};

/// What is made anew each time gets a name, so that states of different runs can be compared.
fn named(value: &mut Value, names: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (id, name) in names {
                *text = text.replace(id, name);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| named(element, names)),
        Value::Object(fields) => fields.values_mut().for_each(|field| named(field, names)),
        _ => {}
    }
}

#[test]
fn every_version_stores_the_same() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    let addresses = TYPES.map(|name| format!("{name}.robot"));
    let mut names: Vec<(String, String)> =
        addresses.iter().map(|address| (world.attr(address, "id"), format!("the id of {address}"))).collect();
    let credential = &addresses[1];
    names.push((world.attr(credential, "username_variable_id"), "the id of the variable".to_owned()));
    names.push((world.attr(credential, "owner_id"), "the id of the owner".to_owned()));
    let mut state = Map::new();
    for address in &addresses {
        let mut attributes = world.attributes(address);
        // The sandbox makes its certificates and its clock anew.
        for made in
            ["certificate_version", "thumbprint", "thumbprint_sha256", "serial_number", "not_before", "expires_on"]
        {
            if attributes[made].is_string() {
                attributes[made] = "made by the sandbox".into();
            }
        }
        if attributes["created_on"].is_string() {
            attributes["created_on"] = "now".into();
        }
        let mut instance = json!({"attributes": attributes, "identity": world.identity(address)});
        named(&mut instance, &names);
        state.insert(address.clone(), instance);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/same_state.json");
    let mut expected: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
    if world.offers(Feature::Identity) {
        if !expected.is_object() {
            let text = serde_json::to_string_pretty(&state).unwrap();
            fs::write(&path, format!("{text}\n")).unwrap();
            panic!("same_state.json was missing and is written afresh; look at it and commit");
        }
    } else {
        for address in &addresses {
            expected[address]["identity"] = Value::Null;
        }
    }
    assert_eq!(Value::Object(state), expected);
}
