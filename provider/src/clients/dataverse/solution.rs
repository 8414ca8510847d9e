//! Solutions, and the publishers with whose prefixes names begin.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/solution>

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::table::{Table, flag};

/// A row of `solution`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Solution {
    /// The id.
    #[serde(rename = "solutionid")]
    pub id: Uuid,
    /// Whether it is managed: then nothing is put into it.
    #[serde(rename = "ismanaged", deserialize_with = "flag", default)]
    pub managed: bool,
}

impl Table for Solution {
    const SET: &'static str = "solutions";
    const LOGICAL: &'static str = "solution";
    const ROW: &'static str = "solution";
    const NAME: &'static str = "uniquename";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}

/// A row of `publisher`, by its customization prefix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Publisher {
    #[serde(rename = "publisherid")]
    id: Uuid,
}

impl Table for Publisher {
    const SET: &'static str = "publishers";
    const LOGICAL: &'static str = "publisher";
    const ROW: &'static str = "publisher with the prefix";
    const NAME: &'static str = "customizationprefix";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}
