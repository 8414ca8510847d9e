//! What a connection is made of: the schema, and the structs with its fields.

use serde::{Deserialize, Serialize};
use tfplugin::{Attribute, Check, Known, Schema, Type, Value};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::run_owner::{Block, RUN_OWNER};
use crate::clients::connectivity::Connection;
use crate::clients::environment_id::EnvironmentId;
use crate::object::{
    ENVIRONMENT_ID, NAME_PREFIX, TIMEOUTS, Timeouts, WHERE_TO_LOOK, begins_with, blank, object, same_id,
};

/// The type's name.
pub(super) const NAME: &str = "powerautomate_desktop_flow_connection";

/// What one PUT changes.
pub(super) const INPUTS: &[&str] = &["display_name", "credential_id", "machine_group_id", "run_owner"];

/// The schema of the resource.
pub(super) const SCHEMA: &Schema = &Schema::new(
    "A connection to desktop flows that signs in to the machines of a group with a certificate-based \
     credential.\n\n\
     The machine group and the credential must be shared with the signed-in principal before.\n\n\
     Connections are made through the Power Platform API. A service principal may call it only when it is registered as an admin \
     management application, or has a Power Platform role (preview), such as *Contributor*, on the environment, its group or the \
     tenant; the provider's `dataverse_url` does not stand in for that. Whether a user (`az login`) may make connections there, \
     Microsoft does not document.\n\n\
     An apply waits until the connection is `Connected`. A new one that ends in an error stays, tainted: the next apply replaces it by one \
     with another id, unless `terraform untaint` keeps it. One that was made before and fails later keeps its id, and is planned to be \
     written again.",
)
.attributes(&[
    Attribute::computed(
        "id",
        &Type::String,
        "The id of the connection, by which flows and connection references know it. A replaced connection has another one.",
    ),
    ENVIRONMENT_ID,
    Attribute::required(
        "display_name",
        &Type::String,
        "The name that people see, 1 to 255 characters. It is changed in place. A connection is not made when there is one with the same \
         name, credential, machine group and run owner already.",
    )
    .check(&[Check::Length { min: 1, max: 255 }]),
    Attribute::required(
        "credential_id",
        &Type::String,
        "The id of the `powerautomate_cba_credential` that signs in. It must be shared with the signed-in \
         principal, and with the run owner if there is one. It is changed in place.",
    )
    .form(&[Check::Uuid])
    .same(same_id),
    Attribute::required(
        "machine_group_id",
        &Type::String,
        "The id of the machine group on which flows run; a single machine has one too. The page of the \
         provider says where it is found. It must be shared with the signed-in principal. It is changed in place.",
    )
    .form(&[Check::Uuid])
    .same(same_id),
    Attribute::computed(
        "status",
        &Type::String,
        "What the service says of the connection: `Connected`, `Error`, … A failed connection is planned to be \
         written again. `Connected` is not documented as proof that a sign-in succeeded.",
    ),
    Attribute::computed(
        "status_detail",
        &Type::String,
        "Why the connection is not `Connected`, in the service's words; null while it is.",
    ),
    Attribute::computed("created_by", &Type::String, "The object id of the principal that made the connection."),
    Attribute::computed("created_on", &Type::String, "When the connection was made (RFC 3339, UTC)."),
])
.blocks(&[RUN_OWNER, TIMEOUTS]);

/// What a `list` block may ask for.
pub(super) const LISTING: &Schema = &Schema::new(
    "Lists the connections to desktop flows that sign in with a certificate-based credential, as far as the \
     signed-in principal may see them.\n\n\
     What is generated names the credential by its id, which gives Terraform no order: write \
     `credential_id = powerautomate_cba_credential.NAME.id` before both are removed at once. Of many robots, \
     `terraform destroy -parallelism=200` removes all at the same time, and needs no order.",
)
.attributes(&[
    WHERE_TO_LOOK,
    NAME_PREFIX,
    Attribute::optional("machine_group_id", &Type::String, "Only connections to this machine group.")
        .form(&[Check::Uuid]),
]);

/// The state: the fields of the schema. What the service does not tell of an imported connection is null.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(super) id: Option<String>,
    pub(super) environment_id: EnvironmentId,
    pub(super) display_name: Option<String>,
    pub(super) credential_id: Option<Uuid>,
    pub(super) machine_group_id: Option<Uuid>,
    pub(super) status: Option<String>,
    pub(super) status_detail: Option<String>,
    pub(super) created_by: Option<String>,
    pub(super) created_on: Option<String>,
    pub(super) run_owner: Option<Block>,
    pub(super) timeouts: Option<Timeouts>,
}

object!(Model, "connection", |model| model.display_name.clone().or_else(|| model.id.clone()).unwrap_or_default());

impl Model {
    /// The state of a connection of which nothing was known before.
    pub(super) fn found(environment_id: &EnvironmentId, connection: &Connection) -> Model {
        Model::of(connection, blank(environment_id, &[]))
    }

    /// What tells it from other connections; nothing where the service does not say it.
    pub(super) fn key(&self) -> Option<String> {
        let run_owner = self.run_owner.as_ref().map_or("", |owner| &owner.client_id);
        Some(key(self.display_name.as_deref()?, self.credential_id?, self.machine_group_id?, run_owner))
    }

    /// Whether nothing tells it from another one.
    pub(super) fn is_alike(&self, other: &Model) -> bool {
        let run_owner = |model: &Model| model.run_owner.as_ref().map(|owner| owner.client_id.clone());
        self.display_name == other.display_name
            && self.credential_id == other.credential_id
            && self.machine_group_id == other.machine_group_id
            && run_owner(self) == run_owner(other)
    }

    /// The state of a connection that was just written: what it is called and who owns its runs is as it was sent, whatever the answer
    /// makes of it. Another word of the service's is told by the next refresh.
    pub(super) fn written(connection: &Connection, planned: Model) -> Model {
        let (display_name, run_owner) = (planned.display_name.clone(), planned.run_owner.clone());
        Model { display_name, run_owner, ..Model::of(connection, planned) }
    }

    /// The state of a connection; what the service does not tell stays as it was before.
    pub(super) fn of(connection: &Connection, before: Model) -> Model {
        let run_owner = match (&connection.run_owner_client_id, before.run_owner) {
            (Some(client_id), owner) => {
                let certificate_pfx_wo_version = owner.and_then(|owner| owner.certificate_pfx_wo_version);
                Some(Block { client_id: client_id.clone(), certificate_pfx_wo_version })
            }
            (None, owner) => owner,
        };
        let created_on = connection.created_on.and_then(|on| on.format(&Rfc3339).ok());
        Model {
            id: Some(connection.id.clone()),
            display_name: connection.display_name.clone().or(before.display_name),
            credential_id: connection.credential_id.or(before.credential_id),
            machine_group_id: connection.machine_group_id.or(before.machine_group_id),
            created_by: connection.created_by.clone().or(before.created_by),
            created_on: created_on.or(before.created_on),
            status: Some(connection.status().to_owned()),
            status_detail: connection.reason(),
            run_owner,
            ..before
        }
    }
}

fn key(display_name: &str, credential: Uuid, machine_group: Uuid, run_owner: &str) -> String {
    format!("the connection {display_name:?} with {credential} on {machine_group}, run by {run_owner:?}")
}

/// What the plan hook reads of a prior state or of a plan.
#[derive(Deserialize)]
pub(super) struct View {
    pub(super) display_name: Known<String>,
    pub(super) credential_id: Known<Uuid>,
    pub(super) machine_group_id: Known<Uuid>,
    pub(super) status: Known<String>,
    pub(super) status_detail: Known<String>,
}

impl View {
    /// What tells it from other connections, once all of it is known.
    pub(super) fn key(&self, run_owner: &Value) -> Option<String> {
        if run_owner.is_unknown() || run_owner.at("client_id").is_unknown() {
            return None;
        }
        let run_owner = run_owner.at("client_id").as_str().unwrap_or_default();
        Some(key(self.display_name.known()?, *self.credential_id.known()?, *self.machine_group_id.known()?, run_owner))
    }
}

/// What a `list` block asks for.
#[derive(Deserialize)]
pub(super) struct ConnectionQuery {
    pub(super) environment_id: Option<EnvironmentId>,
    name_prefix: Option<String>,
    machine_group_id: Option<Uuid>,
}

impl ConnectionQuery {
    /// Whether a connection is one of those that are asked for.
    pub(super) fn has(&self, connection: &Connection) -> bool {
        let name = connection.display_name.as_deref().unwrap_or_default();
        self.name_prefix.as_deref().is_none_or(|prefix| begins_with(name, prefix))
            && self.machine_group_id.is_none_or(|id| connection.machine_group_id == Some(id))
    }
}
