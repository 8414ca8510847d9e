//! What goes back to Terraform: a result as it was planned, a reading as it was spelled, and a state in its proper form.

use std::collections::BTreeMap;

use crate::plan::{fits_with_blocks, spelled_otherwise};
use crate::schema::{Block, Nesting};
use crate::value::{Step, Value};

/// What an apply returns to Terraform: every value that the plan knew as the plan knew it, the others as the apply found them.
///
/// A computed value that has meanwhile moved on comes with the next refresh. A configured value that deviates is left to deviate:
/// Terraform must say so.
pub(crate) fn settle(block: &Block, planned: &Value, config: &Value, applied: &mut Value) {
    for attribute in block.attributes {
        let (name, plan) = (attribute.name, planned.at(attribute.name));
        let is_computed = attribute.is_computed() && config.at(name).is_null();
        if plan.is_wholly_known() && (is_computed || spelled_otherwise(attribute, plan, applied.at(name))) {
            applied.put(name, plan.clone());
        }
    }
    let Value::Map(fields) = applied else { return };
    for nested in block.blocks {
        let (planned, config, block) = (planned.at(nested.name), config.at(nested.name), &nested.block);
        match (nested.nesting, fields.get_mut(nested.name)) {
            (Nesting::Single | Nesting::Group, Some(value)) if !planned.is_null() => {
                settle(block, planned, config, value);
            }
            (Nesting::List { .. }, Some(Value::List(elements))) => {
                for (place, element) in elements.iter_mut().enumerate() {
                    let step = Step::Index(place as i64);
                    if !planned.inside(&step).is_null() {
                        settle(block, planned.inside(&step), config.inside(&step), element);
                    }
                }
            }
            (Nesting::Map, Some(Value::Map(elements))) => {
                for (key, element) in elements.iter_mut().filter(|(key, _)| !planned.at(key).is_null()) {
                    settle(block, planned.at(key), config.at(key), element);
                }
            }
            (Nesting::Set { .. }, Some(value @ Value::List(_))) => {
                let (Value::List(planned), Value::List(applied)) = (planned, std::mem::take(value)) else { continue };
                let known: Vec<&Value> = planned.iter().filter(|element| element.is_wholly_known()).collect();
                let spelled = |element: Value| {
                    let same = known.iter().find(|planned| fits_with_blocks(block, planned, &element));
                    same.map_or(element, |planned| (*planned).clone())
                };
                *value = Value::set(applied.into_iter().map(spelled));
            }
            _ => {}
        }
    }
}

/// Keeps the prior spelling of what a read found spelled otherwise.
pub(crate) fn respell(block: &Block, prior: &Value, read: &mut Value) {
    // What a configuration says is not known here: then nothing counts as computed, and only spellings are taken over.
    settle(block, prior, &Value::UNKNOWN, read);
}

/// Makes a state what Terraform takes for one: write-only arguments are null, and of the blocks only a single one may be.
pub(crate) fn conform(block: &Block, state: &mut Value) {
    let Value::Map(fields) = state else { return };
    for attribute in block.attributes.iter().filter(|attribute| attribute.write_only) {
        fields.insert(attribute.name.to_owned(), Value::Null);
    }
    for nested in block.blocks {
        let value = fields.entry(nested.name.to_owned()).or_default();
        if value.is_null() {
            *value = match nested.nesting {
                Nesting::Single => continue,
                Nesting::Group | Nesting::Map => Value::Map(BTreeMap::new()),
                Nesting::List { .. } | Nesting::Set { .. } => Value::List(Vec::new()),
            };
        }
        match (nested.nesting, value) {
            (Nesting::Single | Nesting::Group, value) => conform(&nested.block, value),
            (_, Value::List(elements)) => elements.iter_mut().for_each(|element| conform(&nested.block, element)),
            (_, Value::Map(elements)) => elements.values_mut().for_each(|element| conform(&nested.block, element)),
            _ => {}
        }
    }
}
