//! What tells one connection from another: two are the same when nothing that the service says of them differs.
//!
//! The service may leave parts unsaid. Such a part tells nothing apart, and then nobody can be sure.

use time::OffsetDateTime;
use uuid::Uuid;

use super::connection::Connection;
use super::request::{ConnectionRequest, parameter_set, username};

/// What tells a connection from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    display_name: String,
    credential_id: Uuid,
    machine_group_id: Uuid,
    username: String,
    parameter_set: &'static str,
    run_owner_client_id: Option<String>,
}

/// A connection that nothing tells from a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created_on: Option<OffsetDateTime>,
    /// The parts of the key that the service does not say of it.
    pub unsaid: Vec<&'static str>,
}

impl Key {
    /// What tells a connection that is to be so from others.
    pub fn of(wanted: &ConnectionRequest<'_>) -> Key {
        Key {
            display_name: wanted.display_name.to_owned(),
            credential_id: wanted.credential_id,
            machine_group_id: wanted.machine_group_id,
            username: username(wanted),
            parameter_set: parameter_set(wanted),
            run_owner_client_id: wanted.run_owner.map(|owner| owner.client_id.clone()),
        }
    }

    /// The connection, if nothing tells it from the key.
    pub fn alike(&self, connection: &Connection) -> Option<Alike> {
        let said = [
            ("display name", connection.display_name.as_ref().map(|name| *name == self.display_name)),
            ("credential", connection.credential_id.map(|id| id == self.credential_id)),
            ("machine group", connection.machine_group_id.map(|id| id == self.machine_group_id)),
            ("user name", connection.username.as_ref().map(|username| *username == self.username)),
            ("run owner", self.has_run_owner(connection)),
        ];
        if said.iter().any(|(_, is_same)| *is_same == Some(false)) {
            return None;
        }
        let unsaid = said.into_iter().filter(|(_, is_same)| is_same.is_none()).map(|(part, _)| part).collect();
        Some(Alike { id: connection.id.clone(), created_on: connection.created_on, unsaid })
    }

    /// Whether the connection has the same run owner, or none either. Which parameters it has, its set says.
    fn has_run_owner(&self, connection: &Connection) -> Option<bool> {
        let is_same_set = connection.parameter_set.as_ref().map(|set| set == self.parameter_set);
        match (&self.run_owner_client_id, &connection.run_owner_client_id) {
            (Some(own), Some(theirs)) => Some(own.eq_ignore_ascii_case(theirs)),
            (None, Some(_)) => Some(false),
            (None, None) => is_same_set,
            (Some(_), None) => is_same_set.filter(|is_same| !is_same),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::connectivity::RunOwner;
    use crate::clients::connectivity::connection::Wire;
    use crate::clients::secrets::Secrets;
    use serde_json::{Value as Json, json};

    fn owner(client_id: &str) -> RunOwner {
        RunOwner { client_id: client_id.into(), pfx: String::new().into(), password: String::new().into() }
    }

    /// Holds what the service says, with these changes, against the key of a connection with this run owner.
    #[track_caller]
    fn check(run_owner: Option<&RunOwner>, changes: Json, expected: Option<&[&str]>) {
        let (credential_id, machine_group_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let wanted = ConnectionRequest {
            display_name: "Robot",
            credential_id,
            username_variable: "cto_user",
            machine_group_id,
            run_owner,
        };
        let values = json!({
            "username": {"value": "@environmentVariables(\"cto_user\")"},
            "targetId": {"value": machine_group_id},
        });
        let mut properties = json!({
            "displayName": "Robot",
            "credentialId": credential_id,
            "connectionParametersSet": {"name": "azureRelay", "values": values},
        });
        for (pointer, change) in changes.as_object().unwrap() {
            *properties.pointer_mut(pointer).unwrap() = change.clone();
        }
        let wire = json!({"name": "c", "properties": properties}).to_string();
        let wire: Wire = serde_json::from_str(&wire).unwrap();
        let alike = Key::of(&wanted).alike(&wire.read(&Secrets::default()));
        assert_eq!(alike.map(|alike| alike.unsaid).as_deref(), expected, "{changes}");
    }

    #[test]
    fn two_are_the_same_when_nothing_that_is_said_differs() {
        let owned = |client_id: Json| json!({"name": "azureRelayRunOwner", "values": {"tokenRunOwnerCert:clientId": client_id}});
        let (set, values) = ("/connectionParametersSet", "/connectionParametersSet/values");
        check(None, json!({}), Some(&[]));
        check(None, json!({"/displayName": "robot"}), None);
        check(None, json!({"/credentialId": Uuid::from_u128(3)}), None);
        check(None, json!({"/connectionParametersSet/values/targetId/value": Uuid::from_u128(3)}), None);
        check(None, json!({"/connectionParametersSet/values/username/value": "robot"}), None);
        check(None, json!({"/credentialId": null}), Some(&["credential"]));
        check(None, json!({set: null}), Some(&["machine group", "user name", "run owner"]));
        check(None, json!({set: owned(json!({"value": "app"}))}), None);
        check(Some(&owner("app")), json!({}), None);
        check(Some(&owner("app")), json!({set: null}), Some(&["machine group", "user name", "run owner"]));
        check(Some(&owner("app")), json!({set: owned(json!({"value": "APP"}))}), Some(&["machine group", "user name"]));
        check(Some(&owner("app")), json!({set: owned(json!({"value": "other"}))}), None);
        let silent = Some(&["machine group", "user name", "run owner"][..]);
        check(Some(&owner("app")), json!({set: owned(Json::Null)}), silent);
        check(None, json!({values: null}), Some(&["machine group", "user name"]));
    }
}
