//! The connections that this process knows to exist: nothing is made twice, and nothing is taken over.
//!
//! An environment's connections are listed once, before the first of them is made; what this process writes is added.

use std::collections::HashMap;

use tfplugin::context::Context;
use tfplugin::diagnostic::Diagnostic;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::desktop_flow_connection::{NAME, Wanted};
use super::existing::Existing;
use super::failure::failed;
use crate::clients::connectivity::{Connection, Connectivity};
use crate::provider::Account;

/// The connections that this process knows to exist, by environment: they are listed once, before the first is made.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<String, Vec<(Key, String)>>>);

/// What makes two connections the same for a person: name, credential and machine group.
pub(crate) type Key = (String, Uuid, Uuid);

/// Refuses a connection that exists already, and otherwise takes its place among the known ones.
pub(crate) async fn reserve(
    cx: &Context<Account>,
    connectivity: &Connectivity,
    wanted: &Wanted,
    id: &str,
) -> Result<(), Diagnostic> {
    let mut known = cx.clients.connections.0.lock().await;
    let environment = wanted.environment_id.to_ascii_lowercase();
    if !known.contains_key(&environment) {
        let listed = connectivity.connections().await.map_err(|error| failed("Cannot list the connections", &error))?;
        let key = |connection: Connection| {
            let key = (connection.display_name?, connection.credential_id?, connection.machine_group_id?);
            Some((key, connection.id))
        };
        known.insert(environment.clone(), listed.into_iter().filter_map(key).collect());
    }
    let here = known.entry(environment).or_default();
    if let Some((_, id)) = here.iter().find(|(key, _)| *key == wanted.key()) {
        let what = format!("connection {:?} with this credential and machine group", wanted.display_name);
        let environment_id = &wanted.environment_id;
        return Err(Existing { resource: NAME, what: &what, attribute: "display_name", environment_id, id }.error());
    }
    here.push((wanted.key(), id.to_owned()));
    Ok(())
}

/// Remembers what a connection has become.
pub(crate) async fn rewrite(cx: &Context<Account>, wanted: &Wanted, id: &str) {
    let mut known = cx.clients.connections.0.lock().await;
    if let Some(here) = known.get_mut(&wanted.environment_id.to_ascii_lowercase()) {
        here.retain(|(_, other)| other != id);
        here.push((wanted.key(), id.to_owned()));
    }
}

/// Forgets a connection that is not there after all.
pub(crate) async fn release(cx: &Context<Account>, environment_id: &str, id: &str) {
    let mut known = cx.clients.connections.0.lock().await;
    if let Some(here) = known.get_mut(&environment_id.to_ascii_lowercase()) {
        here.retain(|(_, other)| other != id);
    }
}
