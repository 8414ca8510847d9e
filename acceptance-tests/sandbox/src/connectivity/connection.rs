//! A connection, and how it is told of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Switches;
use crate::world::Caller;

const CONNECTOR: &str = "/providers/Microsoft.PowerApps/apis/shared_uiflow";

/// Why a connection does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusError {
    /// The code.
    pub code: String,
    /// The text.
    pub message: String,
}

/// A connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connection {
    /// The id, as the client chose it.
    pub id: String,
    /// The name that people see.
    pub display_name: String,
    /// The credential.
    pub credential_id: Option<Uuid>,
    /// The parameter set's name.
    pub set: String,
    /// The values that are not secret.
    pub values: Map<String, Value>,
    /// Who made it.
    pub created_by: Caller,
    /// Who else may see it, by object id.
    pub shared_with: BTreeSet<String>,
    /// What it settles to.
    pub error: Option<StatusError>,
    pub(super) created: OffsetDateTime,
    pub(super) modified: OffsetDateTime,
    pub(super) settles: OffsetDateTime,
}

impl Connection {
    /// A connection that has settled, of a credential whose user name is in this variable; its id is still to be given.
    pub(crate) fn of_credential(
        display_name: &str,
        credential: Uuid,
        username: &str,
        machine_group: Uuid,
        maker: &Caller,
        now: OffsetDateTime,
    ) -> Self {
        let values =
            [("username", format!("@environmentVariables(\"{username}\")")), ("targetId", machine_group.to_string())];
        Self {
            id: String::new(),
            display_name: display_name.to_owned(),
            credential_id: Some(credential),
            set: "azureRelay".to_owned(),
            values: values.into_iter().map(|(name, value)| (name.to_owned(), json!({"value": value}))).collect(),
            created_by: maker.clone(),
            shared_with: BTreeSet::new(),
            error: None,
            created: now,
            modified: now,
            settles: now,
        }
    }

    /// Breaks a connection, as a changed password or a machine that is gone would.
    pub fn fail(&mut self, code: &str, message: &str) {
        self.error = Some(StatusError { code: code.to_owned(), message: message.to_owned() });
    }

    /// The same connection under another id, made so many seconds later by the same principal elsewhere, or earlier.
    #[must_use]
    pub fn twin(&self, id: &str, seconds: i64) -> Self {
        Self { id: id.to_owned(), created: self.created + Duration::seconds(seconds), ..self.clone() }
    }

    /// The connection as a read returns it.
    pub fn shown(&self, environment: &str, switches: &Switches, now: OffsetDateTime) -> Value {
        let status = match &self.error {
            _ if now < self.settles => json!({"status": "Connecting"}),
            None => json!({"status": "Connected"}),
            Some(error) => json!({"status": "Error", "target": "token", "error": error}),
        };
        let moment = |moment: OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
        let mut properties = json!({
            "apiId": CONNECTOR,
            "displayName": self.display_name,
            "iconUri": "https://example.com/icon.png",
            "statuses": [status],
            "keywordsRemaining": 0,
            "createdBy": {
                "id": self.created_by.object_id,
                "displayName": self.created_by.name,
                "type": "ServicePrincipal",
                "tenantId": self.created_by.tenant_id,
            },
            "createdTime": moment(self.created),
            "lastModifiedTime": moment(self.modified),
            "environment": {"id": format!("/providers/Microsoft.PowerApps/environments/{environment}"), "name": environment},
            "allowSharing": self.set == "azureRelayRunOwner",
        });
        if let Some(credential) = self.credential_id.filter(|_| switches.returns_credential) {
            properties["credentialId"] = credential.to_string().into();
        }
        if !switches.names_maker {
            properties["createdBy"] = Value::Null;
        }
        if switches.returns_parameters {
            properties["connectionParametersSet"] = json!({"name": self.set, "values": self.values});
        }
        json!({
            "name": self.id,
            "id": format!("{CONNECTOR}/connections/{}", self.id),
            "type": "Microsoft.PowerApps/apis/connections",
            "properties": properties,
        })
    }
}
