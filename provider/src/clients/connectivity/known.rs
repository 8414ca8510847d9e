//! The connections that are known to exist: no server keeps their names unique, so that nothing else keeps one from being made twice.
//!
//! An environment's connections are listed once, before the first of them is made; what is written here is added.

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::connection::Connection;

/// What makes two connections the same for a person: name, credential and machine group.
pub type Key = (String, Uuid, Uuid);

/// The connections of an environment that are known to exist, or are just being made.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// Whether those are among them that were there before this process made any.
    are_listed: bool,
    all: Vec<(Key, String)>,
}

impl Known {
    /// Whether those are among them that were there before.
    pub(super) fn are_listed(&self) -> bool {
        self.entries().are_listed
    }

    /// Adds what was there before. Of several lists the first is taken: what was made since is known better.
    pub(super) fn list(&self, connections: Vec<Connection>) {
        let mut entries = self.entries();
        if !entries.are_listed {
            entries.are_listed = true;
            entries.all.extend(connections.into_iter().filter_map(keyed));
        }
    }

    /// Takes the place of a key. It is the id of another connection when that has it already.
    pub(super) fn reserve(&self, key: Key, id: &str) -> Option<String> {
        let mut entries = self.entries();
        let there = entries.all.iter().find(|(other, _)| *other == key).map(|(_, there)| there.clone());
        if there.is_none() {
            entries.all.push((key, id.to_owned()));
        }
        there
    }

    /// Remembers what a connection has become.
    pub(super) fn rekey(&self, key: Key, id: &str) {
        let mut entries = self.entries();
        if entries.are_listed {
            entries.all.retain(|(_, other)| other != id);
            entries.all.push((key, id.to_owned()));
        }
    }

    /// Forgets a connection that is not there, or not any more.
    pub(super) fn release(&self, id: &str) {
        self.entries().all.retain(|(_, other)| other != id);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keyed(connection: Connection) -> Option<(Key, String)> {
    let key = (connection.display_name?, connection.credential_id?, connection.machine_group_id?);
    Some((key, connection.id))
}
