//! Where the documentation leaves open how a vault lists, a switch chooses.

use serde::{Deserialize, Serialize};

/// The open questions about vaults, and the answers in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// How many certificates a page holds at most: the documentation says up to 25.
    pub page_size: usize,
    /// Whether the link to the next page names the port, as recordings of Microsoft's own libraries show.
    pub next_link_port: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { page_size: 25, next_link_port: true }
    }
}
