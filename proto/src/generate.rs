//! A state to the configuration that would plan clean with it.
//!
//! Left out is what the configuration cannot say (computed), must not repeat (write-only arguments, whose value nobody knows), should
//! not use any longer (deprecated), or need not say (defaults).

use crate::schema::{Attribute, Block, Nesting};
use crate::value::Value;

/// The configuration of an object, by its schema alone.
pub(crate) fn config(block: &Block, state: &Value) -> Value {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name, value(attribute, state)));
    let blocks = block.blocks.iter().map(|nested| {
        let inner = |state: &Value| config(&nested.block, state);
        let value = match (nested.nesting, state.at(nested.name)) {
            (Nesting::Single | Nesting::Group, object @ Value::Map(_)) => inner(object),
            (Nesting::List { .. }, Value::List(elements)) => Value::List(elements.iter().map(inner).collect()),
            (Nesting::Set { .. }, Value::List(elements)) => Value::set(elements.iter().map(inner)),
            (Nesting::Map, Value::Map(elements)) => Value::object(elements.iter().map(|(key, one)| (key, inner(one)))),
            _ => Value::Null,
        };
        (nested.name, value)
    });
    Value::object(attributes.chain(blocks))
}

fn value(attribute: &Attribute, state: &Value) -> Value {
    let value = state.at(attribute.name);
    let is_noise = attribute.default.is_some_and(|default| default.value() == *value);
    let is_left_out =
        !attribute.is_configurable() || attribute.write_only || attribute.deprecated.is_some() || is_noise;
    if is_left_out { Value::Null } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::{Default, NestedBlock};

    #[test]
    fn what_a_configuration_need_not_say_is_left_out() {
        const BLOCK: Block = Block::new("")
            .attributes(&[
                Attribute::computed("id", &Type::String, ""),
                Attribute::required("name", &Type::String, ""),
                Attribute::optional("old", &Type::String, "").deprecated("Use name."),
                Attribute::optional_computed("days", &Type::Number, "").default(Default::Int(30)),
                Attribute::optional_computed("note", &Type::String, ""),
                Attribute::optional("code", &Type::String, "").write_only(),
            ])
            .blocks(&[NestedBlock::list("owner", "").attributes(&[Attribute::computed("id", &Type::String, "")])]);
        let state = Value::object([
            ("id", "1".into()),
            ("name", "ada".into()),
            ("old", "x".into()),
            ("days", 30.into()),
            ("note", "hi".into()),
            ("owner", Value::List(vec![Value::object([("id", "2".into())])])),
        ]);
        let generated = config(&BLOCK, &state);
        let said: Vec<&str> = ["id", "name", "old", "days", "note", "code"]
            .into_iter()
            .filter(|name| !generated.at(name).is_null())
            .collect();
        assert_eq!(said, ["name", "note"]);
        assert_eq!(generated.at("owner"), &Value::List(vec![Value::object([("id", Value::Null)])]));
    }
}
