//! Credentials: how desktop flows sign in to a machine.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/credential>

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::change_set::ChangeSet;
use super::environment_variable::bound;
use super::table::{Active, Filter, Narrowing, Owner, Table, active, any, flag, yes};

/// A row of `credential`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Credential {
    /// The id.
    #[serde(rename = "credentialid")]
    pub id: Uuid,
    /// The name, which need not be unique.
    #[serde(deserialize_with = "text", default)]
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// How it signs in.
    #[serde(rename = "connectiontype")]
    pub connection_type: Option<i64>,
    /// The variable that holds the user name.
    #[serde(rename = "_username_value")]
    pub username_id: Option<Uuid>,
    /// The variable that points at the certificate.
    #[serde(rename = "_certificate_value")]
    pub certificate_id: Option<Uuid>,
    /// The variable that holds a password, of one that signs in with it.
    #[serde(rename = "_password_value")]
    pub password_id: Option<Uuid>,
    /// The owner.
    #[serde(rename = "_ownerid_value")]
    pub owner_id: Option<Uuid>,
    /// Whether the row is active.
    #[serde(rename = "statecode", deserialize_with = "active", default = "yes")]
    pub active: bool,
    /// Whether it came with a managed solution.
    #[serde(rename = "ismanaged", deserialize_with = "flag", default)]
    pub managed: bool,
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Table for Credential {
    const SET: &'static str = "credentials";
    const LOGICAL: &'static str = "credential";
    const ROW: &'static str = "credential";
    const NAME: &'static str = "name";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}

/// The connection type of certificate-based authentication.
const CERTIFICATE_BASED: i64 = 5;
/// The credential type that is written beside it.
const CREDENTIAL_TYPE: i64 = 1;
/// The usage type *Connection*: for desktop flow connections.
const USAGE_CONNECTION: &str = "280920000";

impl Credential {
    /// Those that sign in with a certificate.
    pub fn certificate_based(narrowing: Narrowing<'_>) -> Filter {
        Filter::list::<Credential>(&Credential::kind_of_certificate_based(), narrowing)
    }

    /// What makes it sign in with a certificate.
    pub(super) fn kind_of_certificate_based() -> String {
        format!("connectiontype eq {CERTIFICATE_BASED}")
    }

    /// Those that point at one of these environment variables, be it as user name, certificate or password.
    pub(super) fn using(variables: &[Uuid]) -> Filter {
        let operation = match variables {
            [variable] => format!("looking for credentials that use the environment variable {variable}"),
            several => format!("looking for credentials that use one of {} environment variables", several.len()),
        };
        let lookups = ["_certificate_value", "_username_value", "_password_value"];
        let each = variables.iter().flat_map(|variable| lookups.map(|lookup| format!("{lookup} eq {variable}")));
        Filter { operation, condition: any(each), ..Filter::default() }
    }

    /// Whether it points at an environment variable.
    pub(super) fn uses(&self, variable: Uuid) -> bool {
        [self.certificate_id, self.username_id, self.password_id].contains(&Some(variable))
    }

    /// Whether it signs in with a certificate.
    pub fn is_certificate_based(&self) -> bool {
        self.connection_type == Some(CERTIFICATE_BASED)
    }

    /// What it is, in words.
    pub fn words(&self) -> &'static str {
        match self.connection_type {
            Some(1) => "a credential with user name and password",
            Some(2 | 3) => "a list of credentials",
            Some(4) => "a CyberArk credential",
            Some(CERTIFICATE_BASED) => "a credential with a certificate",
            Some(6) => "a machine mapping",
            Some(7) => "a credential of a connection reference",
            _ => "a credential of an unknown type",
        }
    }
}

/// A credential that is made, to sign in with a certificate.
#[derive(Debug, Clone)]
pub struct NewCredential<'a> {
    /// Its id.
    pub id: Uuid,
    /// The name.
    pub name: &'a str,
    /// The description.
    pub description: Option<&'a str>,
    /// The variable that holds the user name.
    pub username_id: Uuid,
    /// The variable that points at the certificate.
    pub certificate_id: Uuid,
    /// Who owns it, if not whoever makes it.
    pub owner: Option<Owner>,
}

#[derive(Serialize)]
struct NewRow<'a> {
    credentialid: Uuid,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    credentialtype: i64,
    connectiontype: i64,
    usagetype: &'static str,
    #[serde(rename = "username@odata.bind")]
    username: String,
    #[serde(rename = "certificate@odata.bind")]
    certificate: String,
    #[serde(rename = "ownerid@odata.bind", skip_serializing_if = "Option::is_none")]
    owner: Option<Owner>,
}

impl NewCredential<'_> {
    /// Makes it.
    pub fn write(&self, changes: &mut ChangeSet) {
        let row = NewRow {
            credentialid: self.id,
            name: self.name,
            description: self.description,
            credentialtype: CREDENTIAL_TYPE,
            connectiontype: CERTIFICATE_BASED,
            usagetype: USAGE_CONNECTION,
            username: bound(self.username_id),
            certificate: bound(self.certificate_id),
            owner: self.owner,
        };
        changes.create::<Credential>(row);
    }
}

/// What is changed of a credential; what is none stays as it is. The service does not let its variables be changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CredentialChange<'a> {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// The description, which may be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<&'a str>>,
    /// The owner.
    #[serde(rename = "ownerid@odata.bind", skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Whether it becomes active again.
    #[serde(flatten)]
    pub active: Option<Active>,
}
