//! What a person in the portals of Power Platform does: rows, shares, security roles, connections, and who may ask the APIs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asked, uuid};
use crate::connectivity::StatusError;
use crate::dataverse::Depth;
use crate::world::World;

/// Answers what is asked of rows, and of who may do what with them.
pub(super) fn organization(world: &mut World, asked: &Asked<'_>) -> Result<Value, String> {
    let [what, environment, rest @ ..] = asked.path else { return Err(asked.strange()) };
    let org = world.environment_mut(environment).and_then(|one| one.dataverse.as_mut());
    let org = org.ok_or_else(|| format!("there is no environment {environment} with Dataverse"))?;
    match (asked.method, *what, rest) {
        ("GET", "rows", [table]) => org.rows(table).map(Value::from),
        ("POST", "rows", [table]) => Ok(json!({"id": org.insert(table, asked.read()?)?})),
        ("PATCH", "rows", [table, id]) => org.patch(table, uuid(id)?, asked.read()?).map(|()| Value::Null),
        ("DELETE", "rows", [table, id]) => org.remove(table, uuid(id)?).map(Value::Bool),
        ("POST", "shares", [table, id, user]) => org.share(table, uuid(id)?, uuid(user)?).map(|()| Value::Null),
        ("DELETE", "shares", [table, id, user]) => org.unshare(table, uuid(id)?, uuid(user)?).map(|()| Value::Null),
        ("PUT", "security-roles", [role]) => {
            let privileges: BTreeMap<String, Depth> = asked.read()?;
            let privileges = privileges.iter().map(|(name, depth)| (name.as_str(), *depth));
            org.role(role, privileges).map(|()| Value::Null)
        }
        ("PUT", "security-roles", [role, user]) => org.assign_role(uuid(user)?, role).map(|()| Value::Null),
        ("DELETE", "security-roles", [role, user]) => Ok(org.take_role(uuid(user)?, role).into()),
        _ => Err(asked.strange()),
    }
}

/// Answers what is asked of connections.
pub(super) fn connections(world: &mut World, asked: &Asked<'_>) -> Result<Value, String> {
    let [_, environment, rest @ ..] = asked.path else { return Err(asked.strange()) };
    let (now, switches) = (world.now(), world.switches().connectivity.clone());
    let environment = world.environment_mut(environment).ok_or("there is no such environment")?;
    match (asked.method, rest) {
        ("GET", []) => {
            let all = environment.connections.values();
            Ok(all.map(|connection| connection.shown(&environment.id, &switches, now)).collect())
        }
        ("DELETE", [id]) => Ok(environment.connections.remove(*id).is_some().into()),
        ("POST", ["hide"]) => {
            let answers = asked.read::<Value>()?["answers"].as_u64().and_then(|answers| answers.try_into().ok());
            environment.hide_from_connectivity(answers.ok_or("answers is no whole number")?);
            Ok(Value::Null)
        }
        ("POST", [id, "fail"]) => {
            let error: StatusError = asked.read()?;
            let connection = environment.connections.get_mut(*id).ok_or("there is no such connection")?;
            connection.fail(&error.code, &error.message);
            Ok(Value::Null)
        }
        _ => Err(asked.strange()),
    }
}

/// Answers what is asked of registrations, and of the roles of Power Platform.
pub(super) fn administration(world: &mut World, asked: &Asked<'_>) -> Result<Value, String> {
    match (asked.method, asked.path) {
        ("PUT", ["admin-applications", id]) => Ok(world.admin_applications.insert(id.to_ascii_lowercase()).into()),
        ("DELETE", ["admin-applications", id]) => Ok(world.admin_applications.remove(&id.to_ascii_lowercase()).into()),
        ("POST", ["power-platform-roles"]) => Ok(world.power_platform_roles.insert(asked.read()?).into()),
        ("DELETE", ["power-platform-roles"]) => Ok(world.power_platform_roles.remove(&asked.read()?).into()),
        _ => Err(asked.strange()),
    }
}
