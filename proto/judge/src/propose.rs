//! Terraform's own merge of prior state and configuration, which it proposes before it asks for a plan.
//!
//! What the configuration says holds; what it leaves out and the provider may set keeps its prior value.

use tfplugin::value::{Step, Value};
use tfplugin::wire::tfplugin5::schema::nested_block::NestingMode;

use crate::schema::{Block, Nested};

/// Proposes the state that an update or a creation should lead to.
#[must_use]
pub fn propose(block: &Block, prior: &Value, config: &Value) -> Value {
    let attributes = block.attributes.iter().map(|attribute| {
        let (before, configured) = (prior.at(&attribute.name), config.at(&attribute.name));
        let stays = attribute.computed && configured.is_null();
        (attribute.name.clone(), if stays { before.clone() } else { configured.clone() })
    });
    let blocks = block
        .blocks
        .iter()
        .map(|nested| (nested.name.clone(), propose_nested(nested, prior.at(&nested.name), config.at(&nested.name))));
    Value::object(attributes.chain(blocks))
}

fn propose_nested(nested: &Nested, prior: &Value, config: &Value) -> Value {
    let block = &nested.block;
    match (nested.nesting, config) {
        (_, Value::Unknown(_) | Value::Null) => config.clone(),
        (NestingMode::List, Value::List(elements)) => {
            let one =
                |(place, config): (usize, &Value)| propose(block, prior.inside(&Step::Index(place as i64)), config);
            Value::List(elements.iter().enumerate().map(one).collect())
        }
        (NestingMode::Map, Value::Map(elements)) => {
            Value::object(elements.iter().map(|(key, config)| (key.clone(), propose(block, prior.at(key), config))))
        }
        (NestingMode::Set, Value::List(elements)) => {
            let mut left: Vec<&Value> =
                if let Value::List(prior) = prior { prior.iter().collect() } else { Vec::new() };
            let one = |config: &Value| {
                let found = left.iter().position(|prior| could_be(block, prior, config));
                let prior = found.map_or(&Value::Null, |place| left.remove(place));
                propose(block, prior, config)
            };
            Value::set(elements.iter().map(one))
        }
        _ => propose(block, prior, config),
    }
}

/// Whether a prior element may be what became of a configured one: all that is configured is the same.
fn could_be(block: &Block, prior: &Value, config: &Value) -> bool {
    block.attributes.iter().all(|attribute| {
        let (before, configured) = (prior.at(&attribute.name), config.at(&attribute.name));
        attribute.write_only || before == configured || (attribute.computed && configured.is_null())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attribute;
    use tfplugin::cty::Type;

    fn attribute(name: &str, computed: bool) -> Attribute {
        Attribute {
            name: name.into(),
            ty: Type::String,
            required: false,
            optional: true,
            computed,
            write_only: false,
            deprecated: false,
        }
    }

    fn object(name: &str, id: Option<&str>) -> Value {
        Value::object([("name", name.into()), ("id", id.map_or(Value::Null, Value::from))])
    }

    #[test]
    fn what_is_left_out_keeps_its_prior_value() {
        let block = Block { attributes: vec![attribute("name", false), attribute("id", true)], blocks: vec![] };
        assert_eq!(propose(&block, &object("a", Some("1")), &object("b", None)), object("b", Some("1")));
        assert_eq!(propose(&block, &Value::Null, &object("b", None)), object("b", None));
    }

    #[test]
    fn the_elements_of_a_set_are_found_by_what_is_configured() {
        let element = Block { attributes: vec![attribute("name", false), attribute("id", true)], blocks: vec![] };
        let nested = Nested { name: "one".into(), nesting: NestingMode::Set, block: element };
        let block = Block { attributes: vec![], blocks: vec![nested] };
        let set = |elements: Vec<Value>| Value::object([("one", Value::set(elements))]);
        let prior = set(vec![object("a", Some("1")), object("b", Some("2"))]);
        let config = set(vec![object("b", None), object("c", None)]);
        assert_eq!(propose(&block, &prior, &config), set(vec![object("b", Some("2")), object("c", None)]));
    }
}
