//! A resource's shape as `const` data: the one place that says what an attribute is, what it means and what it may hold.
//!
//! The schema sent to Terraform, the planner, the validation and the documentation all read it; nothing is said twice.

mod attribute;
mod block;
mod check;
mod rule;

use crate::wire::tfplugin5 as pb;

pub use attribute::{Attribute, Default, Mode};
pub use block::{Block, NestedBlock, Nesting};
pub use check::Check;
pub use rule::Rule;

/// The shape of a provider block or of a resource.
#[derive(Debug)]
#[non_exhaustive]
pub struct Schema {
    /// Grows by one when the shape of stored states changes.
    pub version: i64,
    /// Attributes and blocks.
    pub block: Block,
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
