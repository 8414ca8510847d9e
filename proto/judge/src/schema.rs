//! A schema as the wire brings it, held against the rules S.

use std::collections::BTreeMap;

use tfplugin::cty::{Fields, Of, Type};
use tfplugin::wire::tfplugin5 as pb;
use tfplugin::wire::tfplugin5::schema::nested_block::NestingMode;

use crate::verdict::Violation;

/// A schema with its version.
#[derive(Debug)]
pub struct Schema {
    /// The version of stored states.
    pub version: i64,
    /// What it holds.
    pub block: Block,
}

/// Attributes and blocks.
#[derive(Debug)]
pub struct Block {
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The blocks inside.
    pub blocks: Vec<Nested>,
}

/// One attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// The configuration must set it.
    pub required: bool,
    /// The configuration may set it.
    pub optional: bool,
    /// The provider may set it.
    pub computed: bool,
    /// It is never stored.
    pub write_only: bool,
    /// It should not be used any longer.
    pub deprecated: bool,
}

/// A block inside a block.
#[derive(Debug)]
pub struct Nested {
    /// Its name.
    pub name: String,
    /// How it is kept.
    pub nesting: NestingMode,
    /// What it holds.
    pub block: Block,
}

/// Where a schema is used: write-only arguments are for managed resources alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A managed resource.
    Resource,
    /// Anything else.
    Other,
}

type Checked<T> = Result<T, Violation>;

/// Reads a schema.
///
/// # Errors
/// The first rule of S1 to S8 that it breaks.
pub fn read(name: &str, schema: &pb::Schema, used: Use) -> Checked<Schema> {
    if schema.version < 0 {
        return Err(Violation::new("S6", format!("{name} has the version {}", schema.version)));
    }
    let block = schema.block.as_ref().ok_or_else(|| Violation::new("S1", format!("{name} has no block")))?;
    let block = read_block(name, block, used)?;
    Ok(Schema { version: schema.version, block })
}

fn read_block(path: &str, block: &pb::schema::Block, used: Use) -> Checked<Block> {
    if !block.deprecation_message.is_empty() && !block.deprecated {
        return Err(Violation::new("S5", format!("{path} has a deprecation message and is not deprecated")));
    }
    let attributes: Vec<Attribute> =
        block.attributes.iter().map(|attribute| read_attribute(path, attribute, used)).collect::<Checked<_>>()?;
    let mut blocks = Vec::new();
    for nested in &block.block_types {
        let name = &nested.type_name;
        let path = format!("{path}.{name}");
        let is_name = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(Violation::new("S2", format!("{path} is no name of a block")));
        }
        if attributes.iter().any(|attribute| attribute.name == *name) {
            return Err(Violation::new("S2", format!("{path} is an attribute and a block")));
        }
        let (min, max) = (nested.min_items, nested.max_items);
        let right = match nested.nesting() {
            NestingMode::Single => min == max && (0..=1).contains(&min),
            NestingMode::List | NestingMode::Set => min >= 0 && max >= 0 && (max == 0 || min <= max),
            NestingMode::Map | NestingMode::Group => (min, max) == (0, 0),
            NestingMode::Invalid => false,
        };
        if !right {
            return Err(Violation::new("S3", format!("{path} stands between {min} and {max} times")));
        }
        let inner = nested.block.as_ref().ok_or_else(|| Violation::new("S1", format!("{path} has no block")))?;
        let block = read_block(&path, inner, used)?;
        if nested.nesting() == NestingMode::Set && !fits_in_set(&block) {
            return Err(Violation::new("S4", format!("{path} is a set with a dynamic or write-only attribute inside")));
        }
        blocks.push(Nested { name: name.clone(), nesting: nested.nesting(), block });
    }
    Ok(Block { attributes, blocks })
}

fn fits_in_set(block: &Block) -> bool {
    block.attributes.iter().all(|attribute| !attribute.write_only && !has_dynamic(&attribute.ty))
        && block.blocks.iter().all(|nested| fits_in_set(&nested.block))
}

fn has_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::List(of) | Type::Set(of) | Type::Map(of) => has_dynamic(of),
        Type::Tuple(types) => types.iter().any(has_dynamic),
        Type::Object(fields) => fields.in_order().any(|(_, ty)| has_dynamic(ty)),
        _ => false,
    }
}

fn read_attribute(path: &str, attribute: &pb::schema::Attribute, used: Use) -> Checked<Attribute> {
    let name = &attribute.name;
    let path = format!("{path}.{name}");
    let (required, optional, computed) = (attribute.required, attribute.optional, attribute.computed);
    if !(required || optional || computed) || (required && (optional || computed)) {
        let what = format!("{path} is required: {required}, optional: {optional}, computed: {computed}");
        return Err(Violation::new("S1", what));
    }
    if !attribute.deprecation_message.is_empty() && !attribute.deprecated {
        return Err(Violation::new("S5", format!("{path} has a deprecation message and is not deprecated")));
    }
    if attribute.write_only && (computed || used != Use::Resource) {
        return Err(Violation::new("S8", format!("{path} is write-only, and computed or not of a managed resource")));
    }
    Ok(Attribute {
        name: name.clone(),
        ty: read_type(&attribute.r#type).map_err(|what| Violation::new("S1", format!("{path}: {what}")))?,
        required,
        optional,
        computed,
        write_only: attribute.write_only,
        deprecated: attribute.deprecated,
    })
}

/// Reads a type as a schema spells it.
///
/// # Errors
/// What is no type.
pub fn read_type(json: &[u8]) -> Result<Type, String> {
    Type::from_json(json)
}

/// Reads the shape of an identity.
///
/// # Errors
/// The first of S6 and S7 that it breaks.
pub fn read_identity(name: &str, schema: &pb::ResourceIdentitySchema) -> Checked<Type> {
    if schema.version < 0 {
        return Err(Violation::new("S6", format!("the identity of {name} has the version {}", schema.version)));
    }
    let mut fields = BTreeMap::new();
    for attribute in &schema.identity_attributes {
        let path = format!("the identity of {name}, {}", attribute.name);
        let ty = read_type(&attribute.r#type).map_err(|what| Violation::new("S7", format!("{path}: {what}")))?;
        let is_primitive = |ty: &Type| matches!(ty, Type::Bool | Type::Number | Type::String);
        let fits = match &ty {
            Type::List(of) => is_primitive(of),
            ty => is_primitive(ty),
        };
        if !fits || attribute.required_for_import == attribute.optional_for_import {
            return Err(Violation::new(
                "S7",
                format!("{path} is of the type {ty}, or both or neither of required and optional"),
            ));
        }
        fields.insert(attribute.name.clone(), ty);
    }
    Ok(Type::Object(Fields::Owned(fields)))
}

/// Whether a text is an identifier of the language.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_alphabetic())
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
}

impl Block {
    /// The type of the object that it holds.
    #[must_use]
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.ty.clone()));
        let blocks = self.blocks.iter().map(|nested| (nested.name.clone(), nested.ty()));
        Type::Object(Fields::Owned(attributes.chain(blocks).collect()))
    }
}

impl Nested {
    pub(crate) fn ty_is_map(&self) -> bool {
        self.nesting == NestingMode::Map
    }

    fn ty(&self) -> Type {
        let of = Of::Owned(Box::new(self.block.ty()));
        match self.nesting {
            NestingMode::List => Type::List(of),
            NestingMode::Set => Type::Set(of),
            NestingMode::Map => Type::Map(of),
            _ => self.block.ty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pb::schema::{Attribute as A, Block as B, NestedBlock as N};

    fn attribute(name: &str, ty: &str) -> A {
        A { name: name.into(), r#type: ty.into(), optional: true, ..A::default() }
    }

    fn nested(name: &str, nesting: NestingMode, attributes: Vec<A>) -> N {
        let block = Some(B { attributes, ..B::default() });
        N { type_name: name.into(), block, nesting: nesting.into(), min_items: 0, max_items: 0 }
    }

    #[track_caller]
    fn check(block: B, expected: Result<(), &str>) {
        let read = read("x", &pb::Schema { version: 0, block: Some(block) }, Use::Resource);
        assert_eq!(read.map(drop).map_err(|violation| violation.rule), expected);
    }

    #[test]
    fn every_rule_of_a_schema_is_seen() {
        let text = || attribute("a", "\"string\"");
        let with = |attributes: Vec<A>| B { attributes, ..B::default() };
        let inside = |nested: N| B { block_types: vec![nested], ..B::default() };
        check(with(vec![text()]), Ok(()));
        check(with(vec![A { optional: false, ..text() }]), Err("S1"));
        check(with(vec![A { required: true, ..text() }]), Err("S1"));
        check(with(vec![attribute("a", "\"text\"")]), Err("S1"));
        check(inside(nested("Bad", NestingMode::List, vec![])), Err("S2"));
        let both =
            B { attributes: vec![text()], block_types: vec![nested("a", NestingMode::List, vec![])], ..B::default() };
        check(both, Err("S2"));
        check(inside(N { min_items: 3, max_items: 2, ..nested("b", NestingMode::List, vec![]) }), Err("S3"));
        check(inside(N { max_items: 1, ..nested("b", NestingMode::Map, vec![]) }), Err("S3"));
        check(inside(nested("b", NestingMode::Set, vec![attribute("a", "[\"list\",\"dynamic\"]")])), Err("S4"));
        check(with(vec![A { deprecation_message: "Use b.".into(), ..text() }]), Err("S5"));
        check(with(vec![A { write_only: true, computed: true, ..text() }]), Err("S8"));
        let negative = pb::Schema { version: -1, block: Some(B::default()) };
        assert_eq!(read("x", &negative, Use::Other).unwrap_err().rule, "S6");
    }

    #[test]
    fn an_identity_is_made_of_simple_values() {
        let identity = |ty: &str, required: bool, optional: bool| pb::ResourceIdentitySchema {
            version: 0,
            identity_attributes: vec![pb::resource_identity_schema::IdentityAttribute {
                name: "id".into(),
                r#type: ty.into(),
                required_for_import: required,
                optional_for_import: optional,
                description: String::new(),
            }],
        };
        assert!(read_identity("x", &identity("\"string\"", true, false)).is_ok());
        assert!(read_identity("x", &identity("[\"list\",\"number\"]", false, true)).is_ok());
        assert_eq!(read_identity("x", &identity("[\"map\",\"string\"]", true, false)).unwrap_err().rule, "S7");
        assert_eq!(read_identity("x", &identity("\"string\"", true, true)).unwrap_err().rule, "S7");
    }
}
