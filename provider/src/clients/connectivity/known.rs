//! The connections that are known to exist: the server keeps nothing unique, so that whoever makes one has to look.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use super::key::Key;

/// The connections of an environment as they were listed last, and those that this process makes.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Entries>);

/// All connections of an environment that the principal may see.
#[derive(Debug, Clone)]
pub struct Listed {
    /// They.
    pub connections: Arc<Vec<Connection>>,
    /// When they were asked for: whatever was written before, they show.
    pub(super) begun: Instant,
    pub(super) pages: usize,
}

#[derive(Debug, Default)]
struct Entries {
    listed: Option<Listed>,
    /// What this process has made, changed, or is just making.
    ours: Vec<(Key, String)>,
    /// What is not there any more.
    gone: HashSet<String>,
}

impl Known {
    /// The last list, unless it was asked for longer ago than so.
    pub(super) fn recent(&self, age: Duration) -> Option<Listed> {
        self.entries().listed.as_ref().filter(|listed| listed.begun.elapsed() <= age).cloned()
    }

    /// How many pages the last list had.
    pub(super) fn pages(&self) -> usize {
        self.entries().listed.as_ref().map_or(1, |listed| listed.pages)
    }

    /// Takes the place of an older list.
    pub(super) fn list(&self, listed: Listed) {
        self.entries().listed = Some(listed);
    }

    /// The listed connections but `id` that the list does not tell from a key. It may be of before.
    pub(super) fn candidates(&self, listed: &Listed, key: &Key, id: &str) -> Vec<Connection> {
        let gone = &self.entries().gone;
        let others = listed.connections.iter().filter(|one| one.id != id && !gone.contains(&one.id));
        others.filter(|one| key.alike(one).is_some()).cloned().collect()
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
        entries.gone.insert(id.to_owned());
    }

    /// Whether this process knows that it is not there any more.
    pub(super) fn is_gone(&self, id: &str) -> bool {
        self.entries().gone.contains(id)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
