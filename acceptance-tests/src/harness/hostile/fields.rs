//! Answers in which a field is of another type: each field of each answer that a scenario hears.

use std::collections::BTreeSet;

use sandbox::{Effect, Fault};
use serde_json::{Value, json};

use super::{Attack, Prepared};

/// One of so many values stands in each place.
const THINNED: usize = 3;

/// Every attack on a field of what this scenario hears. Where they are thinned, each place is given each third value, in turn: what stands
/// in one place, others hold too.
pub(super) fn attacks(prepared: &Prepared, is_thinned: bool) -> Vec<Attack> {
    let mut all = Vec::new();
    let mut heard = BTreeSet::new();
    for (number, exchange) in prepared.asked.iter().enumerate() {
        let Some(answer) = &exchange.answer else { continue };
        // What is asked again is answered alike.
        if !heard.insert((exchange.host.clone(), exchange.target.clone())) {
            continue;
        }
        let mut places = Vec::new();
        walk(answer, String::new(), &mut places);
        for (turn, place) in places.into_iter().enumerate() {
            for (kind, (name, value)) in values().into_iter().enumerate() {
                if is_thinned && !(number + turn + kind).is_multiple_of(THINNED) {
                    continue;
                }
                let fault = Fault::next("", Effect::Altered(vec![(place.clone(), value)])).after(number as u32);
                let mut attack =
                    Attack::new("fields", format!("{}{place}/{name}", number + 1), prepared.scenario, fault);
                attack.faults.iter_mut().for_each(|fault| fault.times = 1);
                all.push(attack);
            }
        }
    }
    all
}

fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("null", Value::Null),
        ("number", json!(-1)),
        ("fraction", json!(1e300)),
        ("empty", json!("")),
        ("escapes", json!("\u{0}\u{1b}[2J")),
        ("list", json!([])),
        ("object", json!({})),
    ]
}

/// Every place of an answer, of lists the first element alone.
fn walk(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                walk(field, format!("{place}/{name}"), places);
            }
        }
        Value::Array(elements) => {
            if let Some(first) = elements.first() {
                walk(first, format!("{place}/0"), places);
            }
        }
        _ => {}
    }
    if !place.is_empty() {
        places.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_an_answer_is_found() {
        let mut places = Vec::new();
        walk(&json!({ "a": [{ "b": 1 }, { "c": 2 }], "d": {} }), String::new(), &mut places);
        assert_eq!(places, ["/a/0/b", "/a/0", "/a", "/d"]);
    }
}
