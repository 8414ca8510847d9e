//! A resource's shape as `const` data: the one place that says what an attribute is, what it means and what it may hold.
//!
//! The schema sent to Terraform, the planner, the validation and the documentation all read it; nothing is said twice.

use std::collections::BTreeMap;

use crate::cty::{Fields, Of, Type};
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

pub use crate::validate::{Check, Rule};

/// The shape of a provider block or of a resource.
#[derive(Debug)]
#[non_exhaustive]
pub struct Schema {
    /// Grows by one when the shape of stored states changes.
    pub version: i64,
    /// Attributes and blocks.
    pub block: Block,
}

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

/// Who gives an attribute its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The provider does.
    Computed,
    /// The configuration may, else the provider does.
    OptionalComputed,
}

/// One attribute.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub ty: &'static Type,
    /// Who gives it its value.
    pub mode: Mode,
    /// What it means, in Markdown: whole sentences with units, limits, and what happens when it is left out.
    pub description: &'static str,
    /// Shown to nobody.
    pub sensitive: bool,
    /// Read from the configuration and never stored.
    pub write_only: bool,
    /// What to use instead, when it should not be used any longer.
    pub deprecated: Option<&'static str>,
    /// What an absent value stands for; only with [`Mode::OptionalComputed`].
    pub default: Option<Default>,
    /// What a value must satisfy.
    pub checks: &'static [Check],
    /// A changed value replaces the resource.
    pub replaces: bool,
    /// The attributes and blocks of the resource that a computed value follows: it becomes unknown when one of them changes,
    /// and otherwise stays what it was.
    pub follows: &'static [&'static str],
    /// Two spellings of the same value; the plan keeps the prior one.
    pub same: Option<fn(&str, &str) -> bool>,
}

/// What an absent attribute stands for.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// A bool.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'static str),
}

impl Default {
    pub(crate) fn value(self) -> Value {
        match self {
            Default::Bool(value) => Value::Bool(value),
            Default::Int(value) => value.into(),
            Default::Text(value) => value.into(),
        }
    }
}

impl Attribute {
    const fn new(name: &'static str, ty: &'static Type, mode: Mode, description: &'static str) -> Attribute {
        Attribute {
            name,
            ty,
            mode,
            description,
            sensitive: false,
            write_only: false,
            deprecated: None,
            default: None,
            checks: &[],
            replaces: false,
            follows: &[],
            same: None,
        }
    }

    /// An attribute that the configuration must set.
    pub const fn required(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::Required, description)
    }

    /// An attribute that the configuration may set, and that is null otherwise.
    pub const fn optional(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::Optional, description)
    }

    /// An attribute that only the provider sets.
    pub const fn computed(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::Computed, description)
    }

    /// An attribute that the configuration may set, and the provider otherwise.
    pub const fn optional_computed(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::OptionalComputed, description)
    }

    /// The same, hidden from every output.
    #[must_use]
    pub const fn sensitive(mut self) -> Attribute {
        self.sensitive = true;
        self
    }

    /// The same, never stored; Terraform from 1.11.
    #[must_use]
    pub const fn write_only(mut self) -> Attribute {
        self.write_only = true;
        self
    }

    /// The same, no longer to be used; `instead` says what is.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> Attribute {
        self.deprecated = Some(instead);
        self
    }

    /// The same, with what an absent value stands for.
    #[must_use]
    pub const fn default(mut self, default: Default) -> Attribute {
        self.default = Some(default);
        self
    }

    /// The same, with what a value must satisfy.
    #[must_use]
    pub const fn check(mut self, checks: &'static [Check]) -> Attribute {
        self.checks = checks;
        self
    }

    /// The same; a changed value replaces the resource.
    #[must_use]
    pub const fn replaces(mut self) -> Attribute {
        self.replaces = true;
        self
    }

    /// The same; the computed value follows these attributes and blocks of the resource.
    #[must_use]
    pub const fn follows(mut self, names: &'static [&'static str]) -> Attribute {
        self.follows = names;
        self
    }

    /// The same, with values that differ only in spelling taken as equal.
    #[must_use]
    pub const fn same(mut self, same: fn(&str, &str) -> bool) -> Attribute {
        self.same = Some(same);
        self
    }

    /// Whether the provider may set it.
    pub fn is_computed(&self) -> bool {
        matches!(self.mode, Mode::Computed | Mode::OptionalComputed)
    }

    /// Whether the configuration may set it.
    pub fn is_configurable(&self) -> bool {
        self.mode != Mode::Computed
    }

    fn to_wire(&self) -> pb::schema::Attribute {
        pb::schema::Attribute {
            name: self.name.to_owned(),
            r#type: self.ty.to_json().into_bytes(),
            description: self.description.to_owned(),
            required: self.mode == Mode::Required,
            optional: matches!(self.mode, Mode::Optional | Mode::OptionalComputed),
            computed: self.is_computed(),
            sensitive: self.sensitive,
            description_kind: pb::StringKind::Markdown.into(),
            deprecated: self.deprecated.is_some(),
            write_only: self.write_only,
            deprecation_message: self.deprecated.unwrap_or_default().to_owned(),
        }
    }
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

    fn to_wire(&self) -> pb::schema::NestedBlock {
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

    fn to_wire(&self) -> pb::schema::Block {
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

impl Schema {
    /// The first version of a shape, which is empty; the description begins with what it is, in a sentence.
    pub const fn new(description: &'static str) -> Schema {
        Schema { version: 0, block: Block::new(description) }
    }

    /// The same, with these attributes.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'static [Attribute]) -> Schema {
        self.block = self.block.attributes(attributes);
        self
    }

    /// The same, with these blocks inside.
    #[must_use]
    pub const fn blocks(mut self, blocks: &'static [NestedBlock]) -> Schema {
        self.block = self.block.blocks(blocks);
        self
    }

    /// The same, with what must hold among the attributes.
    #[must_use]
    pub const fn rules(mut self, rules: &'static [Rule]) -> Schema {
        self.block = self.block.rules(rules);
        self
    }

    /// The same, in this version of its shape; states of older ones are [upgraded](crate::resource::Upgrade).
    #[must_use]
    pub const fn version(mut self, version: i64) -> Schema {
        self.version = version;
        self
    }

    /// The same, no longer to be used; `instead` says what is.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> Schema {
        self.block = self.block.deprecated(instead);
        self
    }

    pub(crate) fn to_wire(&self) -> pb::Schema {
        pb::Schema { version: self.version, block: Some(self.block.to_wire()) }
    }
}
