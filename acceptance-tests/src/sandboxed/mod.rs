//! Whoever acts in a sandbox of its own, with the portal's side of it: what a [`crate::world::World`] and a [`crate::court::Court`] share.

mod place;
mod portal;

use std::collections::BTreeSet;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sandbox::rights::Demanded;
use sandbox::{Exchange, Sandbox};

use crate::conversation::{self, Names};

pub use place::Place;

/// A sandbox, and who acts in it.
#[derive(Debug)]
pub struct Sandboxed<T> {
    // Dropped before the sandbox: what still runs must not outlive what it talks to.
    actor: T,
    sandbox: Arc<Sandbox>,
    place: Place,
    names: Mutex<Names>,
    /// How much of the journal is forgotten: the journal itself is whole, since a [`crate::court::Court`] reads it too.
    forgotten: AtomicUsize,
}

impl<T> Deref for Sandboxed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.actor
    }
}

impl<T> DerefMut for Sandboxed<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.actor
    }
}

impl<T> Sandboxed<T> {
    /// Starts a sandbox, and then who acts in it.
    pub(crate) fn inside(actor: impl FnOnce(&Arc<Sandbox>) -> io::Result<T>) -> io::Result<Sandboxed<T>> {
        let sandbox = Arc::new(Sandbox::start()?);
        // The service does without: a provider that leaves them out would find out late.
        sandbox.switches(|switches| switches.dataverse.required_headers = true);
        let place = Place::of(&sandbox);
        let names = Mutex::new(Names::new(&place.names()));
        Ok(Sandboxed { actor: actor(&sandbox)?, sandbox, place, names, forgotten: AtomicUsize::new(0) })
    }

    /// The ids and addresses of the sandbox's default world.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The sandbox itself, for what has no word here.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// What was said to the services, one line per exchange; what stands in a change set has a line of its own.
    #[must_use]
    pub fn conversation(&self) -> Vec<String> {
        self.lines(|_| true)
    }

    /// What was written: everything that is neither a read nor a request for a token.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        self.lines(Exchange::is_write)
    }

    /// Those of them that were not refused, nor broken off.
    #[must_use]
    pub fn carried_out(&self) -> Vec<String> {
        self.lines(|one| one.is_write() && one.status.is_some_and(|status| status < 400))
    }

    fn lines(&self, wanted: impl Fn(&Exchange) -> bool) -> Vec<String> {
        let journal = self.sandbox.journal();
        let since = journal.iter().skip(self.forgotten.load(Ordering::Relaxed));
        let lines = since.filter(|exchange| wanted(exchange)).flat_map(Exchange::lines);
        self.named(|names| lines.map(|line| names.told(&line)).collect())
    }

    /// What was said since it was forgotten last, as a text that is the same in every run, whatever is asked at once: sorted, and
    /// each thing once.
    #[must_use]
    pub fn sorted_conversation(&self) -> String {
        let journal = self.sandbox.journal();
        let since = &journal[self.forgotten.load(Ordering::Relaxed)..];
        self.named(|names| conversation::sorted(since, names)).iter().map(|line| format!("{line}\n")).collect()
    }

    /// The rights that were asked for since it was forgotten last, each once; of those that are documented of one request and inferred
    /// of another, that they are documented.
    #[must_use]
    pub fn demanded(&self) -> Vec<Demanded> {
        let journal = self.sandbox.journal();
        let since = journal[self.forgotten.load(Ordering::Relaxed)..].iter().flat_map(Exchange::demanded);
        let sorted: BTreeSet<&Demanded> = since.collect();
        let mut all: Vec<Demanded> = sorted.into_iter().cloned().collect();
        // What is known best comes first.
        all.dedup_by(|next, one| (next.service, &next.right) == (one.service, &one.right));
        all
    }

    /// An exchange in the words that are the same in every run, and what stands in it indented.
    #[must_use]
    pub fn worded(&self, exchange: &Exchange) -> Vec<String> {
        self.named(|names| conversation::transcript(std::slice::from_ref(exchange), names))
    }

    /// Works with the names of the ids: one id has one name as long as the sandbox lives.
    pub(crate) fn named<R>(&self, work: impl FnOnce(&mut Names) -> R) -> R {
        work(&mut self.names.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets what was said until now.
    pub fn forget_conversation(&self) {
        self.forgotten.store(self.sandbox.journal().len(), Ordering::Relaxed);
    }

    /// No secret of a vault was ever asked for.
    #[track_caller]
    pub fn expect_no_secret_was_asked(&self) {
        let journal = self.sandbox.journal();
        let asked: Vec<String> = journal
            .iter()
            .filter(|exchange| exchange.host.contains(".vault.") && exchange.target.starts_with("/secrets"))
            .map(Exchange::line)
            .collect();
        assert_eq!(asked, Vec::<String>::new());
        assert!(
            journal.iter().any(|exchange| exchange.target.starts_with("/certificates/")),
            "the vault was never asked at all"
        );
    }
}
