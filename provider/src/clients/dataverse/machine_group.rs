//! Machine groups: where desktop flows run. Every single machine has one too.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/flowmachinegroup>

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::table::Table;

/// A row of `flowmachinegroup`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MachineGroup {
    /// The id.
    #[serde(rename = "flowmachinegroupid")]
    pub id: Uuid,
}

impl Table for MachineGroup {
    const SET: &'static str = "flowmachinegroups";
    const LOGICAL: &'static str = "flowmachinegroup";
    const ROW: &'static str = "machine group";
    const NAME: &'static str = "name";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}
