//! Reads of many things of one kind: past a small number they come from a list, page by page.
//!
//! Terraform asks for one object at a time, and never says how many are to come. So the list is read only as far as it pays: no more
//! pages than objects were asked for, and what no page has shown is asked for by itself. Together that is never more than twice what
//! asking one by one would have cost, whatever else is on the list. What it shows is how things were after the provider was configured,
//! and is told once: who asks again for the same object wants to know how it is now. The first write of ours ends the list.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::Error;
use super::leave;
use super::pages::Pages;

/// So many are asked for one by one before a list is worth it.
const FEW: usize = 1;

/// What was asked for of one kind, and what a list has shown so far.
pub(super) struct Gather<K, T> {
    key: fn(&T) -> K,
    state: Mutex<State<K, T>>,
    /// The rest of the list. Whoever holds it reads a page; the others wait for that one.
    list: tokio::sync::Mutex<Option<Pages<T>>>,
}

struct State<K, T> {
    asked: HashSet<K>,
    pages: usize,
    rows: HashMap<K, T>,
    /// How often something had been written when this began.
    written: Option<u64>,
    /// Whether no further page is read.
    is_over: bool,
}

impl<K: Eq + Hash + Copy, T> Gather<K, T> {
    /// Nothing was asked for yet; `key` is what an object is asked for by.
    pub(super) fn new(key: fn(&T) -> K) -> Gather<K, T> {
        let state = State { asked: HashSet::new(), pages: 0, rows: HashMap::new(), written: None, is_over: false };
        Gather { key, state: Mutex::new(state), list: tokio::sync::Mutex::default() }
    }

    /// An object, as a page of the `list` shows it, else as `one` reads it. `written` is how often something was written by now.
    ///
    /// # Errors
    /// Whatever keeps the object from being read; a list that cannot be read is done without.
    pub(super) async fn read(
        &self,
        operation: &str,
        (key, written): (K, u64),
        list: impl FnOnce() -> Pages<T>,
        one: impl Future<Output = Result<Option<T>, Error>>,
    ) -> Result<Option<T>, Error> {
        if self.begin(key, written) > FEW {
            let looked = leave::wait(operation, self.look(key, list)).await?;
            if looked.is_some() {
                return Ok(looked);
            }
        }
        one.await
    }

    /// Counts what was asked for, this too, and forgets what was listed when something was written since.
    fn begin(&self, key: K, written: u64) -> usize {
        let mut state = self.state();
        if !state.asked.insert(key) {
            return 0;
        }
        if *state.written.get_or_insert(written) != written {
            state.is_over = true;
            state.rows = HashMap::new();
        }
        state.asked.len()
    }

    /// What is shown by the pages that are read by now, or that it pays to read.
    async fn look(&self, key: K, list: impl FnOnce() -> Pages<T>) -> Option<T> {
        let told = self.state().rows.remove(&key);
        if told.is_some() {
            return told;
        }
        let mut held = self.list.lock().await;
        let pages = held.get_or_insert_with(list);
        loop {
            {
                let mut state = self.state();
                let told = state.rows.remove(&key);
                if told.is_some() || state.is_over || state.pages >= state.asked.len() {
                    return told;
                }
            }
            match pages.next().await {
                Ok(Some(rows)) => self.show(rows),
                // Whoever was not waited for has shown nothing: the next one reads that page.
                Err(error) if error.is_stopped() || error.is_overdue() => return None,
                Ok(None) | Err(_) => self.state().is_over = true,
            }
        }
    }

    fn show(&self, rows: Vec<T>) {
        let mut state = self.state();
        state.pages += 1;
        // A write may have come between: then it is not known of when this is.
        if !state.is_over {
            state.rows.extend(rows.into_iter().map(|row| ((self.key)(&row), row)));
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> fmt::Debug for Gather<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").finish_non_exhaustive()
    }
}
