//! Where the documentation leaves open what becomes of connections, a switch chooses.

use serde::{Deserialize, Serialize};

use super::StatusError;
use crate::power_platform::Unentitled;

/// The open questions about connections, and the answers in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Whether a read returns `credentialId`.
    pub returns_credential: bool,
    /// Whether a read returns the parameter set with its values that are not secret.
    pub returns_parameters: bool,
    /// Whether a read says who made a connection.
    pub names_maker: bool,
    /// What becomes of another credential or machine group in a PUT.
    pub changed_target: ChangedTarget,
    /// Whether the list tells as much of a connection as a read of it.
    pub lists_values: bool,
    /// Whether the list tells the statuses of a connection.
    pub lists_statuses: bool,
    /// Whether the list still shows what was deleted.
    pub lists_deleted: bool,
    /// How many connections a page of the list holds; how many the service gives is not documented.
    pub page_size: usize,
    /// How long a written connection is on its way, in milliseconds of the sandbox's clock.
    pub settles_after_ms: i64,
    /// What written connections settle to: an error, or `Connected`.
    pub settles_to_error: Option<StatusError>,
    /// In which words whoever has no right is refused.
    pub unentitled: Unentitled,
    /// What somebody else's connection is.
    pub foreign_connection: ForeignConnection,
    /// Whether a request has to name the environment in `$filter` too. The older API wants it.
    pub environment_filter: bool,
    /// Whether a connection of a premium connector is refused to an application without a licence.
    pub refuses_plan: bool,
    /// What the hidden parameters of `azureRelay` are.
    pub hidden_values: HiddenValues,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            returns_credential: true,
            returns_parameters: true,
            names_maker: true,
            changed_target: ChangedTarget::Honoured,
            lists_values: true,
            lists_statuses: true,
            lists_deleted: false,
            page_size: 1000,
            settles_after_ms: 200,
            settles_to_error: None,
            unentitled: Unentitled::Permissions,
            foreign_connection: ForeignConnection::NotFound,
            environment_filter: false,
            refuses_plan: false,
            hidden_values: HiddenValues::FilledIn,
        }
    }
}

/// What becomes of another credential or machine group in a PUT: the documentation contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedTarget {
    /// It is taken over.
    Honoured,
    /// The answer is good, and the old one stays.
    Kept,
    /// It is refused.
    Refused,
}

/// What whoever has no access to a connection is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignConnection {
    /// That it is not there.
    NotFound,
    /// `ConnectionAuthorizationFailed`, as the older API says.
    Forbidden,
}

/// What becomes of the parameters `environment`, `xrmInstanceUri` and `connectionType`, which the connector declares and hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenValues {
    /// The service fills them in: no documented request has them.
    FilledIn,
    /// A request has to have them, as scripts for a sibling of the connector send them.
    Demanded,
}
