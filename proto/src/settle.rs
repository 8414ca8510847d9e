//! What goes back to Terraform: a result as it was planned, a reading as it was spelled, and a state in its proper form.

use std::collections::BTreeMap;

use crate::plan::{fits_with_blocks, known, spelled_otherwise};
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
                // An element has no place by which its configuration could be found: what it does not share with the plan was computed.
                let config = if config.is_unknown() { Value::UNKNOWN } else { Value::Null };
                let mut left: Vec<&Value> = planned.iter().collect();
                let one = |mut element: Value| {
                    let fitting = left.iter().position(|planned| fits_with_blocks(block, &known(planned), &element));
                    let alike = || left.iter().position(|planned| argues_alike(block, planned, &element));
                    if let Some(place) = fitting.or_else(alike) {
                        settle(block, left.remove(place), &config, &mut element);
                    }
                    element
                };
                *value = Value::set(applied.into_iter().map(one));
            }
            _ => {}
        }
    }
}

/// Whether two elements of a set have the same arguments, in whatever spelling.
fn argues_alike(block: &Block, one: &Value, other: &Value) -> bool {
    let mut arguments = block.attributes.iter().filter(|attribute| !attribute.is_computed() && !attribute.write_only);
    arguments.all(|attribute| {
        let (one, other) = (one.at(attribute.name), other.at(attribute.name));
        one == other || spelled_otherwise(attribute, one, other)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::{Attribute, NestedBlock};

    const SHELF: Block = Block::new("").blocks(&[NestedBlock::set("book", "").attributes(&[
        Attribute::required("title", &Type::String, "").same(str::eq_ignore_ascii_case),
        Attribute::computed("id", &Type::String, ""),
        Attribute::optional_computed("note", &Type::String, ""),
    ])]);

    fn shelf(books: &[[&str; 3]]) -> Value {
        let value = |text: &str| match text {
            "~" => Value::UNKNOWN,
            "" => Value::Null,
            text => text.into(),
        };
        let book = |[title, id, note]: &[&str; 3]| {
            Value::object([("title", value(title)), ("id", value(id)), ("note", value(note))])
        };
        Value::object([("book", Value::set(books.iter().map(book)))])
    }

    #[track_caller]
    fn check_read(prior: &[[&str; 3]], read: &[[&str; 3]], expected: &[[&str; 3]]) {
        let mut read = shelf(read);
        respell(&SHELF, &shelf(prior), &mut read);
        assert_eq!(read, shelf(expected));
    }

    #[test]
    fn what_the_provider_says_of_an_element_appears_at_the_refresh() {
        check_read(&[["emma", "", ""]], &[["EMMA", "1", "new"]], &[["emma", "1", "new"]]);
        check_read(&[["emma", "1", "old"]], &[["EMMA", "2", ""]], &[["emma", "2", ""]]);
        check_read(&[["emma", "", ""], ["ulysses", "", ""]], &[["emma", "1", ""]], &[["emma", "1", ""]]);
    }

    #[test]
    fn two_elements_that_mean_the_same_stay_two() {
        check_read(
            &[["emma", "1", ""], ["EMMA", "2", ""]],
            &[["Emma", "1", ""], ["Emma", "2", ""]],
            &[["emma", "1", ""], ["EMMA", "2", ""]],
        );
    }

    #[test]
    fn an_apply_returns_of_an_element_what_the_plan_knew() {
        let planned = shelf(&[["emma", "~", "~"], ["ulysses", "7", ""]]);
        let config = shelf(&[["emma", "", ""], ["ulysses", "", ""]]);
        let mut applied = shelf(&[["EMMA", "1", "made"], ["Ulysses", "8", "made"]]);
        settle(&SHELF, &planned, &config, &mut applied);
        assert_eq!(applied.at("book"), shelf(&[["emma", "1", "made"], ["ulysses", "7", ""]]).at("book"));
    }
}
