//! What outlives a sandbox in a file: rows, connections, vaults with their certificates and roles, and how far the clock was moved.
//!
//! Switches, weather, tokens, the journal and what proves an application do not: a new start is fair weather.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::connectivity::Connection;
use crate::dataverse::Rows;
use crate::key_vault::Vault;
use crate::world::World;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    ahead: Duration,
    environments: BTreeMap<String, Environment>,
    vaults: BTreeMap<String, Vault>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    rows: Option<Rows>,
    connections: BTreeMap<String, Connection>,
}

/// Writes a world to a file, which is whole at any time.
pub(crate) fn write(world: &World, path: &Path) -> io::Result<()> {
    let environments = world.environments.iter().map(|(id, environment)| {
        let rows = environment.dataverse.as_ref().map(|org| org.kept());
        (id.clone(), Environment { rows, connections: environment.connections.clone() })
    });
    let state = State { ahead: world.ahead(), environments: environments.collect(), vaults: world.vaults.clone() };
    let beside = path.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(&state)?)?;
    std::fs::rename(beside, path)
}

/// Puts what a file keeps into a world; a file that is not there keeps nothing.
pub(crate) fn read(world: &mut World, path: &Path) -> io::Result<()> {
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        text => text?,
    };
    let unfit = |what: String| {
        let path = path.display();
        io::Error::new(io::ErrorKind::InvalidData, format!("{path} is no state of this version of the sandbox: {what}"))
    };
    let state: State = serde_json::from_slice(&text).map_err(|error| unfit(error.to_string()))?;
    for (id, kept) in state.environments {
        let environment = world.environment_mut(&id).ok_or_else(|| unfit(format!("there is no environment {id}")))?;
        if let (Some(org), Some(rows)) = (&mut environment.dataverse, kept.rows) {
            org.restore(rows).map_err(unfit)?;
        }
        environment.connections = kept.connections;
    }
    world.vaults = state.vaults;
    let moved = state.ahead.unsigned_abs();
    if state.ahead.is_negative() {
        world.turn_back(moved)
    } else {
        world.advance(moved)
    }
    Ok(())
}
