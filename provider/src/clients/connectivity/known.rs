//! The connections that are known to exist: the server keeps nothing unique, so that whoever makes one has to look.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::key::Key;

/// The connections of an environment as they were listed last, and those that this process makes.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    listed: Option<Arc<Vec<Connection>>>,
    /// What this process has made, changed, or is just making.
    ours: Vec<(Key, String)>,
}

impl Known {
    /// Whether they were ever listed.
    pub(super) fn are_listed(&self) -> bool {
        self.entries().listed.is_some()
    }

    /// Takes the place of an older list.
    pub(super) fn list(&self, connections: Arc<Vec<Connection>>) {
        self.entries().listed = Some(connections);
    }

    /// The listed connections but `id` that the list does not tell from a key. It may be of before.
    pub(super) fn candidates(&self, key: &Key, id: &str) -> Vec<Connection> {
        let entries = self.entries();
        let listed = entries.listed.iter().flat_map(|listed| listed.iter());
        listed.filter(|connection| connection.id != id && key.alike(connection).is_some()).cloned().collect()
    }

    /// Takes the place of a key. It is the id of another connection of this process when that has it already.
    pub(super) fn reserve(&self, key: &Key, id: &str) -> Option<String> {
        let mut entries = self.entries();
        let there = entries.ours.iter().find(|(other, _)| other == key).map(|(_, there)| there.clone());
        if there.is_none() {
            entries.ours.push((key.clone(), id.to_owned()));
        }
        there
    }

    /// Remembers what a connection has become.
    pub(super) fn rekey(&self, key: Key, id: &str) {
        let mut entries = self.entries();
        entries.ours.retain(|(_, other)| other != id);
        entries.ours.push((key, id.to_owned()));
    }

    /// Forgets a connection that is not there, or not any more.
    pub(super) fn release(&self, id: &str) {
        let mut entries = self.entries();
        entries.ours.retain(|(_, other)| other != id);
        if let Some(listed) = entries.listed.as_mut().filter(|listed| listed.iter().any(|one| one.id == id)) {
            Arc::make_mut(listed).retain(|connection| connection.id != id);
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
