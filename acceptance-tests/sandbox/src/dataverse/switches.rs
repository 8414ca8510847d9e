//! Where the documentation leaves open what Dataverse does, a switch chooses.
//!
//! The defaults are what is most likely; a test that relies on one of these runs both ways.

use serde::{Deserialize, Serialize};

use super::protection::Limits;

/// The open questions about Dataverse and the answers in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// A definition's schema name must start with the customization prefix of a publisher of the org.
    pub publisher_prefix: bool,
    /// The schema name of a value row is unique in its table, as a reported constraint name suggests.
    pub unique_value_schema_names: bool,
    /// What happens when an update names another variable as a credential's user name, password or certificate.
    pub credential_lookups: CredentialLookups,
    /// The status of the answer when the caller may not read the secret that a value points at.
    pub secret_refusal: SecretRefusal,
    /// Whether the headers that the documentation wants on every request must be there. The service does without.
    pub required_headers: bool,
    /// What users may ask for, if that is counted at all.
    pub limits: Option<Limits>,
    /// How many rows a page holds at most; `Prefer: odata.maxpagesize` asks for fewer.
    pub page_size: usize,
    /// How many related rows an expanded list holds before it links to its next page: whether it does at all is not documented.
    pub expanded_page_size: usize,
    /// Whether an expanded list has the link to its next page where there is one, or always.
    pub expanded_links: ExpandedLinks,
    /// Whether a row that is read along has an ETag where the documentation's examples show none: through a lookup, and in a list
    /// where an `$expand` stands in another one.
    pub expanded_etags: bool,
    /// Whether a list is read along inside an `$expand`. One page's error says that lookups alone are, another one that lists are.
    pub nested_collections: bool,
    /// Whether the answer of a failed change set is a part in a nested multipart or a part of the batch itself.
    pub nested_change_set_failure: bool,
    /// Whether a part of a change set that asks for a representation is answered with one. No page says so of a change set.
    pub change_set_representations: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            publisher_prefix: true,
            unique_value_schema_names: true,
            credential_lookups: CredentialLookups::Refused,
            secret_refusal: SecretRefusal::BadRequest,
            required_headers: false,
            limits: None,
            page_size: 5000,
            expanded_page_size: 5000,
            expanded_links: ExpandedLinks::Everywhere,
            expanded_etags: true,
            nested_collections: true,
            nested_change_set_failure: true,
            change_set_representations: true,
        }
    }
}

/// When an expanded list has a link beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpandedLinks {
    /// When there are more rows, which it leads to.
    WhereMore,
    /// Always, beside an empty list too: to the same rows, and where an `$expand` stands in another one to those after them, of which there
    /// may be none. So the documentation says, and context-and-oss/XrmDefinitelyTyped 319 has measured the first of it.
    Everywhere,
}

/// What an update does to the variables of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialLookups {
    /// The update fails. The product's page says that they cannot be edited.
    Refused,
    /// The lookup changes like any other.
    Accepted,
    /// The update succeeds, and the lookup keeps its value.
    Ignored,
}

/// The HTTP status with which a value row is refused whose secret the caller may not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretRefusal {
    /// 400, as other errors out of a plug-in.
    BadRequest,
    /// 403, as other missing privileges.
    Forbidden,
}
