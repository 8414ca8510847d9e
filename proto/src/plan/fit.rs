//! Whether an element of a list or of a set is the configured one.

use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::Value;

/// Whether an element is the configured one, with its computed attributes filled in and its spelling perhaps another.
pub(crate) fn fits(block: &Block, config: &Value, element: &Value) -> bool {
    block.attributes.iter().filter(|attribute| !attribute.write_only).all(|attribute| {
        let (configured, value) = (config.at(attribute.name), element.at(attribute.name));
        (configured.is_null() && attribute.is_computed())
            || configured == value
            || spelled_otherwise(attribute, configured, value)
    })
}

/// The same, with the blocks inside.
pub(crate) fn fits_with_blocks(block: &Block, config: &Value, element: &Value) -> bool {
    let inside = |nested: &NestedBlock| {
        let fits = |(config, element): (&Value, &Value)| fits_with_blocks(&nested.block, config, element);
        match (nested.nesting, config.at(nested.name), element.at(nested.name)) {
            (Nesting::List { .. }, Value::List(configured), Value::List(elements)) => {
                configured.len() == elements.len() && configured.iter().zip(elements).all(fits)
            }
            (Nesting::Set { .. }, Value::List(configured), Value::List(elements)) => {
                let mut left: Vec<&Value> = elements.iter().collect();
                configured.len() == elements.len()
                    && configured.iter().all(|config| {
                        let found = left.iter().position(|element| fits((config, element)));
                        found.map(|place| left.swap_remove(place)).is_some()
                    })
            }
            (Nesting::Map, Value::Map(configured), Value::Map(elements)) => {
                configured.keys().eq(elements.keys()) && configured.values().zip(elements.values()).all(fits)
            }
            (_, Value::Map(_), Value::Map(_)) => fits((config.at(nested.name), element.at(nested.name))),
            (_, config, element) => config == element,
        }
    };
    fits(block, config, element) && block.blocks.iter().all(inside)
}

pub(crate) fn spelled_otherwise(attribute: &Attribute, one: &Value, other: &Value) -> bool {
    match (attribute.same, one, other) {
        (Some(same), Value::String(one), Value::String(other)) => same(one, other),
        _ => false,
    }
}
