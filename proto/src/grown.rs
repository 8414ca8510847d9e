//! The state of an earlier build of the same schema version: what it does not have yet gets its default.
//!
//! A default that is planned for what was never stored would be a change that nobody asked for.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use crate::schema::{Block, Default, NestedBlock, Nesting};

/// The stored JSON with the defaults of the attributes that it lacks. What is no state is left as it is, for whoever reads it.
pub(crate) fn grown(stored: Vec<u8>, block: &Block) -> Vec<u8> {
    if !has_default(block) {
        return stored;
    }
    match serde_json::from_slice::<Box<RawValue>>(&stored) {
        Ok(raw) => body(raw, block).get().as_bytes().to_vec(),
        Err(_) => stored,
    }
}

fn has_default(block: &Block) -> bool {
    block.attributes.iter().any(|attribute| attribute.default.is_some())
        || block.blocks.iter().any(|nested| has_default(&nested.block))
}

fn body(raw: Box<RawValue>, block: &Block) -> Box<RawValue> {
    let Ok(mut fields) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(raw.get()) else { return raw };
    for attribute in block.attributes {
        if let Some(default) = attribute.default {
            fields.entry(attribute.name.to_owned()).or_insert_with(|| json(default));
        }
    }
    for nested in block.blocks {
        if let Some(stored) = fields.remove(nested.name) {
            fields.insert(nested.name.to_owned(), blocks(stored, nested));
        }
    }
    to_raw_value(&fields).unwrap_or(raw)
}

fn blocks(raw: Box<RawValue>, nested: &NestedBlock) -> Box<RawValue> {
    let block = &nested.block;
    let grown = match nested.nesting {
        Nesting::Single | Nesting::Group => return body(raw, block),
        Nesting::List { .. } | Nesting::Set { .. } => serde_json::from_str::<Vec<Box<RawValue>>>(raw.get())
            .and_then(|elements| to_raw_value(&elements.into_iter().map(|one| body(one, block)).collect::<Vec<_>>())),
        Nesting::Map => serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(raw.get()).and_then(|elements| {
            let grown = elements.into_iter().map(|(key, one)| (key, body(one, block)));
            to_raw_value(&grown.collect::<BTreeMap<_, _>>())
        }),
    };
    grown.unwrap_or(raw)
}

fn json(default: Default) -> Box<RawValue> {
    let written = match default {
        Default::Bool(value) => to_raw_value(&value),
        Default::Int(value) => to_raw_value(&value),
        Default::Text(value) => to_raw_value(value),
    };
    written.expect("a plain value is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::Attribute;

    const DAYS: Attribute = Attribute::optional_computed("days", &Type::Number, "").default(Default::Int(30));
    const BLOCK: Block = Block::new("").attributes(&[Attribute::required("name", &Type::String, ""), DAYS]).blocks(&[
        NestedBlock::single("one", "").attributes(&[DAYS]),
        NestedBlock::set("many", "").attributes(&[DAYS]),
    ]);

    #[track_caller]
    fn check(stored: &str, block: &Block, expected: &str) {
        assert_eq!(String::from_utf8(grown(stored.into(), block)).unwrap(), expected);
    }

    #[test]
    fn what_is_not_stored_yet_has_its_default() {
        check(r#"{"name":"ada"}"#, &BLOCK, r#"{"days":30,"name":"ada"}"#);
        check(
            r#"{"days":0.10000000000000000001,"many":[{},{"days":1}],"one":{}}"#,
            &BLOCK,
            r#"{"days":0.10000000000000000001,"many":[{"days":30},{"days":1}],"one":{"days":30}}"#,
        );
    }

    #[test]
    fn what_is_stored_stays() {
        check(r#"{"days":null,"one":null}"#, &BLOCK, r#"{"days":null,"one":null}"#);
        check("no state", &BLOCK, "no state");
        check(r#"{ "name" : "ada" }"#, &Block::new(""), r#"{ "name" : "ada" }"#);
    }
}
