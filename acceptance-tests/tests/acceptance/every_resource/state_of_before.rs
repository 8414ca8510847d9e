//! What an earlier version of the provider left in a state is planned without a change.
//!
//! `state_of_before.json` is what the provider stored at the commit before descriptions and spellings were mended, as `same_state.json`
//! said there. What the sandbox makes anew each time is filled in.

use serde_json::{Map, Value};

use super::manual::shown;

/// What was stored then, for the object that is stored so now.
fn before(then: &Map<String, Value>, now: &Value) -> Value {
    let is_made_anew =
        |value: &Value| value.as_str().is_some_and(|text| text.contains('«') || text == "made by the sandbox");
    let value = |(name, value): (&String, &Value)| {
        let value = if is_made_anew(value) { &now[name] } else { value };
        (name.clone(), value.clone())
    };
    then.iter().map(value).collect()
}

#[test]
fn it_changes_nothing() {
    let stored: Value = serde_json::from_str(include_str!("state_of_before.json")).expect("it is JSON");
    let world = shown();
    world.apply().expect_quiet();
    let mut state: Value = serde_json::from_str(&world.state_text()).expect("a state is JSON");
    let resources = state["resources"].as_array_mut().expect("a state has resources");
    assert_eq!(resources.len(), 3);
    let mut grown = 0;
    for resource in resources {
        let address = format!("{}.{}", resource["type"].as_str().unwrap(), resource["name"].as_str().unwrap());
        let then = stored[&address]["attributes"].as_object().unwrap_or_else(|| panic!("there was no {address}"));
        let now = &mut resource["instances"][0]["attributes"];
        grown += now.as_object().map_or(0, Map::len) - then.len();
        *now = before(then, now);
    }
    assert!(grown > 0, "nothing was added since, so that this says nothing");
    world.write("terraform.tfstate", &state.to_string());
    world.plan().expect_quiet().expect_no_changes();
    world.refresh().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
}
