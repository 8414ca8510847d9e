//! Machine groups: where desktop flows run. Every single machine has one too.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/flowmachinegroup>

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::table::Table;
use super::{Dataverse, Error, Request};
use crate::clients::careful::at_most;

/// A row of `flowmachinegroup`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MachineGroup {
    /// The id.
    #[serde(rename = "flowmachinegroupid")]
    pub id: Uuid,
    /// The owner.
    #[serde(rename = "_ownerid_value")]
    pub owner_id: Option<Uuid>,
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

/// With whom a row is shared.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shares {
    #[serde(deserialize_with = "at_most::<_, _, 10_000>")]
    principal_accesses: Vec<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Share {
    principal: Principal,
}

/// A user, or a team or the organization, which are no users.
#[derive(Debug, Deserialize)]
struct Principal {
    systemuserid: Option<Uuid>,
}

impl Shares {
    /// Whether one of them is this user's, or may be: who is in a team is not said.
    pub(super) fn hold(&self, user: Uuid) -> bool {
        self.principal_accesses.iter().any(|share| share.principal.systemuserid.is_none_or(|id| id == user))
    }
}

impl Dataverse {
    /// With whom a machine group is shared. What a role gives is no share, and does not count when a connection is made: so it is not
    /// asked what a principal may do with the row (`RetrievePrincipalAccess`), which is everything that its roles allow.
    ///
    /// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrievesharedprincipalsandaccess>
    pub(super) async fn shares(&self, group: &MachineGroup) -> Result<Shares, Error> {
        let request = self.shares_of(group.id);
        self.http.send(&self.scope(), &request).await?.read(&request.operation)
    }

    /// The question itself.
    pub(super) fn shares_of(&self, id: Uuid) -> Request {
        let target = format!("{{'@odata.id':'{}({id})'}}", MachineGroup::SET);
        let operation = format!("asking with whom the machine group {id} is shared");
        self.read(operation, "RetrieveSharedPrincipalsAndAccess(Target=@target)", &[("@target", target)])
    }
}
