//! Attributes and blocks between a pair of braces, and how often such a block may stand.

use std::collections::BTreeMap;

use crate::cty::{Fields, Of, Type};
use crate::wire::tfplugin5 as pb;

use super::{Attribute, Rule};

/// Attributes and blocks between a pair of braces.
#[derive(Debug)]
#[non_exhaustive]
pub struct Block {
    /// What it is, in Markdown.
    pub description: &'static str,
    /// What to use instead, when it should not be used any longer.
    pub deprecated: Option<&'static str>,
    /// The attributes.
    pub attributes: &'static [Attribute],
    /// The blocks inside.
    pub blocks: &'static [NestedBlock],
    /// What must hold among the attributes.
    pub rules: &'static [Rule],
}

impl Block {
    /// An empty block with its description.
    pub const fn new(description: &'static str) -> Block {
        Block { description, deprecated: None, attributes: &[], blocks: &[], rules: &[] }
    }

    /// The same, with these attributes.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'static [Attribute]) -> Block {
        self.attributes = attributes;
        self
    }

    /// The same, with these blocks inside.
    #[must_use]
    pub const fn blocks(mut self, blocks: &'static [NestedBlock]) -> Block {
        self.blocks = blocks;
        self
    }

    /// The same, with what must hold among the attributes.
    #[must_use]
    pub const fn rules(mut self, rules: &'static [Rule]) -> Block {
        self.rules = rules;
        self
    }

    /// The same, no longer to be used; `instead` says what is.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> Block {
        self.deprecated = Some(instead);
        self
    }
}

impl Block {
    /// The type of the object that this block holds.
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()));
        let blocks = self.blocks.iter().map(|block| (block.name.to_owned(), block.ty()));
        Type::Object(Fields::Owned(attributes.chain(blocks).collect::<BTreeMap<_, _>>()))
    }

    /// The attribute `name` of this block.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn to_wire(&self) -> pb::schema::Block {
        pb::schema::Block {
            version: 0,
            attributes: self.attributes.iter().map(Attribute::to_wire).collect(),
            block_types: self.blocks.iter().map(NestedBlock::to_wire).collect(),
            description: self.description.to_owned(),
            description_kind: pb::StringKind::Markdown.into(),
            deprecated: self.deprecated.is_some(),
            deprecation_message: self.deprecated.unwrap_or_default().to_owned(),
        }
    }
}

/// A block inside a block.
#[derive(Debug)]
#[non_exhaustive]
pub struct NestedBlock {
    /// Its name.
    pub name: &'static str,
    /// How often it may stand there.
    pub nesting: Nesting,
    /// Adding, changing or removing it replaces the resource.
    pub presence_replaces: bool,
    /// What it holds.
    pub block: Block,
}

/// How often a block may stand, and how its values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; an object, or null.
    Single,
    /// At most once; an object that is there even when the block is not.
    Group,
    /// In order, between `min` and `max` times; `max` 0 is any number.
    List {
        /// The least number of blocks.
        min: i64,
        /// The greatest number of blocks, 0 for any.
        max: i64,
    },
    /// Without order, between `min` and `max` times; `max` 0 is any number.
    Set {
        /// The least number of blocks.
        min: i64,
        /// The greatest number of blocks, 0 for any.
        max: i64,
    },
    /// By label.
    Map,
}

impl NestedBlock {
    /// A block that may stand as often as `nesting` says.
    pub const fn new(name: &'static str, nesting: Nesting, description: &'static str) -> NestedBlock {
        NestedBlock { name, nesting, presence_replaces: false, block: Block::new(description) }
    }

    /// A block that may stand once; null when it does not.
    pub const fn single(name: &'static str, description: &'static str) -> NestedBlock {
        NestedBlock::new(name, Nesting::Single, description)
    }

    /// A block that may stand once, and whose object is there even when it does not.
    pub const fn group(name: &'static str, description: &'static str) -> NestedBlock {
        NestedBlock::new(name, Nesting::Group, description)
    }

    /// A block that may stand any number of times, in order.
    pub const fn list(name: &'static str, description: &'static str) -> NestedBlock {
        NestedBlock::new(name, Nesting::List { min: 0, max: 0 }, description)
    }

    /// A block that may stand any number of times, without order.
    pub const fn set(name: &'static str, description: &'static str) -> NestedBlock {
        NestedBlock::new(name, Nesting::Set { min: 0, max: 0 }, description)
    }

    /// A block that may stand any number of times, each with a label of its own.
    pub const fn map(name: &'static str, description: &'static str) -> NestedBlock {
        NestedBlock::new(name, Nesting::Map, description)
    }

    /// The same, between `least` and `most` times, 0 for any number; only of a list and of a set.
    #[must_use]
    pub const fn times(mut self, least: i64, most: i64) -> NestedBlock {
        if let Nesting::List { min, max } | Nesting::Set { min, max } = &mut self.nesting {
            *min = least;
            *max = most;
        }
        self
    }

    /// The same; adding or removing it replaces the resource.
    #[must_use]
    pub const fn presence_replaces(mut self) -> NestedBlock {
        self.presence_replaces = true;
        self
    }

    /// The same, with these attributes.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'static [Attribute]) -> NestedBlock {
        self.block = self.block.attributes(attributes);
        self
    }

    /// The same, with these blocks inside.
    #[must_use]
    pub const fn blocks(mut self, blocks: &'static [NestedBlock]) -> NestedBlock {
        self.block = self.block.blocks(blocks);
        self
    }

    /// The same, with what must hold among the attributes.
    #[must_use]
    pub const fn rules(mut self, rules: &'static [Rule]) -> NestedBlock {
        self.block = self.block.rules(rules);
        self
    }

    /// The same, no longer to be used; `instead` says what is.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> NestedBlock {
        self.block = self.block.deprecated(instead);
        self
    }

    fn ty(&self) -> Type {
        let object = self.block.ty();
        let of = |object| Of::Owned(Box::new(object));
        match self.nesting {
            Nesting::Single | Nesting::Group => object,
            Nesting::List { .. } => Type::List(of(object)),
            Nesting::Set { .. } => Type::Set(of(object)),
            Nesting::Map => Type::Map(of(object)),
        }
    }

    pub(super) fn to_wire(&self) -> pb::schema::NestedBlock {
        use pb::schema::nested_block::NestingMode;
        let (mode, min, max) = match self.nesting {
            Nesting::Single => (NestingMode::Single, 0, 0),
            Nesting::Group => (NestingMode::Group, 0, 0),
            Nesting::List { min, max } => (NestingMode::List, min, max),
            Nesting::Set { min, max } => (NestingMode::Set, min, max),
            Nesting::Map => (NestingMode::Map, 0, 0),
        };
        pb::schema::NestedBlock {
            type_name: self.name.to_owned(),
            block: Some(self.block.to_wire()),
            nesting: mode.into(),
            min_items: min,
            max_items: max,
        }
    }
}
