//! What was said while the judge asked: to the services, and by the provider.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use judge::{Said, Witness};
use sandbox::{Exchange, Sandbox};

use crate::conversation::{self, Names};

/// Listens to a judge and to a sandbox at once.
#[derive(Clone)]
pub(super) struct Transcript {
    sandbox: Arc<Sandbox>,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Default)]
struct Heard {
    sections: Vec<(&'static str, Vec<Exchange>)>,
    said: Vec<Said>,
    /// How much of the journal is in a section already.
    known: usize,
}

impl Transcript {
    pub(super) fn of(sandbox: &Arc<Sandbox>) -> Transcript {
        Transcript { sandbox: Arc::clone(sandbox), heard: Arc::default() }
    }

    pub(super) fn witness(&self) -> Witness {
        let listener = self.clone();
        Box::new(move |asked, said| listener.hear(asked, said))
    }

    fn hear(&self, asked: &'static str, said: Vec<Said>) {
        let mut heard = self.heard();
        let journal = self.sandbox.journal();
        let since = journal[heard.known..].to_vec();
        heard.sections.push((asked, since));
        heard.known = journal.len();
        for one in said {
            if !heard.said.contains(&one) {
                heard.said.push(one);
            }
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a question.
    pub(super) fn listen(&self) {
        self.heard().said.clear();
    }

    /// Forgets the sections until now.
    pub(super) fn forget(&self) {
        self.heard().sections.clear();
    }

    /// Forgets everything, also how much of the journal was known.
    pub(super) fn begin_anew(&self) {
        *self.heard() = Heard::default();
    }

    /// What the provider said since the question began, each thing once.
    pub(super) fn said(&self) -> Vec<Said> {
        self.heard().said.clone()
    }

    /// The sections since this was asked last, as text.
    pub(super) fn take(&self, names: &mut Names) -> String {
        let sections = std::mem::take(&mut self.heard().sections);
        let mut told: Vec<(&str, Vec<String>)> = Vec::new();
        for (asked, exchanges) in sections {
            let lines = conversation::transcript(&exchanges, names);
            let is_known = |line: &String| told.iter().any(|(known, lines)| *known == asked && lines.contains(line));
            if !lines.iter().all(is_known) {
                told.push((asked, lines));
            }
        }
        told.iter().map(|(asked, lines)| format!("{asked}:\n  {}\n", lines.join("\n  "))).collect()
    }
}
