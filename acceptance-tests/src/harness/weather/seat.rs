//! Courts that begin anew with each case, and what their providers log.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use crate::court::Court;
use crate::harness::Verdict;

/// The courts that are free.
#[derive(Default)]
pub(in crate::harness) struct Seats(Mutex<Vec<Seat>>);

impl Seats {
    /// Lets a case be judged, by a court that is free or by a new one.
    pub(in crate::harness) fn with(&self, judge: impl FnOnce(&mut Seat) -> Verdict) -> Verdict {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = free().pop();
        let mut seat = taken.unwrap_or_else(Seat::new);
        let verdict = judge(&mut seat);
        // What a fault has left in a provider is no other case's business.
        if verdict.faults.is_empty() {
            free().push(seat);
        }
        verdict
    }
}

/// A court, and the log of its provider.
pub(in crate::harness) struct Seat {
    /// The court.
    pub(in crate::harness) court: Court,
    log: NamedTempFile,
    read: u64,
}

impl Seat {
    /// A provider of its own, which logs everything.
    pub(in crate::harness) fn new() -> Seat {
        let log = NamedTempFile::new().expect("a log can be written");
        let mut court = Court::logged(log.path());
        court.judge_mut().asks_twice = false;
        Seat { court, log, read: 0 }
    }

    /// What was logged since this was asked last.
    pub(in crate::harness) fn logged(&mut self) -> String {
        let mut text = Vec::new();
        let mut log = File::open(self.log.path()).expect("the log is there");
        log.seek(SeekFrom::Start(self.read)).expect("it only grows");
        log.read_to_end(&mut text).expect("the log can be read");
        self.read += text.len() as u64;
        String::from_utf8_lossy(&text).into_owned()
    }
}
