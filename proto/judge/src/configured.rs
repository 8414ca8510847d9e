//! Configurations as Terraform sends them: complete, and with values that are not known yet.

use std::collections::BTreeMap;

use tfplugin::value::Value;

use crate::schema::Block;

/// Fills up what a configuration leaves out: null, and no blocks.
pub(crate) fn complete(block: &Block, config: &mut Value) {
    use tfplugin::wire::tfplugin5::schema::nested_block::NestingMode;
    let Value::Map(fields) = config else {
        if config.is_null() {
            *config = Value::Map(BTreeMap::new());
            complete(block, config);
        }
        return;
    };
    for attribute in &block.attributes {
        fields.entry(attribute.name.clone()).or_default();
    }
    for nested in &block.blocks {
        let value = fields.entry(nested.name.clone()).or_default();
        match (nested.nesting, value) {
            (NestingMode::Single, Value::Null) => {}
            (NestingMode::List | NestingMode::Set, value @ Value::Null) => *value = Value::List(Vec::new()),
            (NestingMode::Map, value @ Value::Null) => *value = Value::Map(BTreeMap::new()),
            (NestingMode::Map, Value::Map(elements)) => {
                elements.values_mut().for_each(|element| complete(&nested.block, element));
            }
            (_, Value::List(elements)) => elements.iter_mut().for_each(|element| complete(&nested.block, element)),
            (_, value) => complete(&nested.block, value),
        }
    }
}

/// Makes configured values unknown: those that may be computed too, or all.
pub(crate) fn forget_known(block: &Block, config: &mut Value, computed_alone: bool) {
    let Value::Map(fields) = config else { return };
    for attribute in block.attributes.iter().filter(|one| one.required || one.optional) {
        let is_asked = if computed_alone { attribute.computed } else { true };
        let is_set = fields.get(&attribute.name).is_some_and(|value| !value.is_null());
        if is_asked && (is_set || computed_alone) {
            fields.insert(attribute.name.clone(), Value::UNKNOWN);
        }
    }
    for nested in &block.blocks {
        match fields.get_mut(&nested.name) {
            Some(Value::List(elements)) => {
                elements.iter_mut().for_each(|element| forget_known(&nested.block, element, computed_alone));
            }
            Some(Value::Map(elements)) if nested.ty_is_map() => {
                elements.values_mut().for_each(|element| forget_known(&nested.block, element, computed_alone));
            }
            Some(value) => forget_known(&nested.block, value, computed_alone),
            None => {}
        }
    }
}

/// Whether a write-only argument is set.
pub(crate) fn has_write_only(block: &Block, config: &Value) -> bool {
    if config.is_unknown() {
        return false;
    }
    block.attributes.iter().any(|one| one.write_only && !config.at(&one.name).is_null())
        || block.blocks.iter().any(|nested| match config.at(&nested.name) {
            Value::List(elements) => elements.iter().any(|element| has_write_only(&nested.block, element)),
            Value::Map(elements) if nested.ty_is_map() => {
                elements.values().any(|element| has_write_only(&nested.block, element))
            }
            value => has_write_only(&nested.block, value),
        })
}
