//! Writes, and what became of one whose answer was lost.
//!
//! Nothing that was written is forgotten: what is about to exist is kept before the first byte is sent, and let go only when the
//! service has refused it.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout, timeout_at};

use super::operation::{Operation, SETTLING};
use super::timeouts::Deadline;
use crate::clients::error::Error;
use crate::clients::leave::Leave;

/// How often a removal is tried.
const TRIES: u32 = 3;

impl Operation<'_> {
    /// Writes something under a new id, which only this call knows. What `write` does not tell of it, `find` reads; nothing comes back
    /// when it was written and cannot be seen yet.
    ///
    /// What is found under the minted id is ours, whatever the write was told: its answer may have been lost, and a repeated one may
    /// have met its own rows. That nothing is found proves nothing, since rows become visible late: then `model` stays kept, and the
    /// next refresh settles it.
    ///
    /// # Errors
    /// What kept it from being written, or from being settled.
    pub(crate) async fn write_new<W>(
        &self,
        model: &impl Serialize,
        write: impl Future<Output = Result<Option<W>, Error>>,
        find: impl Future<Output = Result<Option<W>, Error>>,
    ) -> Result<Option<W>, Error> {
        self.begin_to_write();
        self.cx.keep(model);
        let error = match self.in_time(write).await {
            Ok(Some(written)) => return Ok(Some(written)),
            Ok(None) => return Ok(self.settled(find).await.ok().flatten()),
            Err(error) => error,
        };
        let unknown = error.outcome_unknown();
        if unknown || error.is_duplicate() {
            match self.settled(find).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) if !unknown => {}
                Ok(None) | Err(_) => return Err(error),
            }
        }
        self.cx.let_go();
        Err(error)
    }

    /// Changes what is there. When the outcome is not known, what `reread` finds is kept.
    ///
    /// # Errors
    /// What kept it from being changed.
    pub(crate) async fn write<W, M: Serialize>(
        &self,
        write: impl Future<Output = Result<W, Error>>,
        reread: impl Future<Output = Option<M>>,
    ) -> Result<W, Error> {
        self.begin_to_write();
        let written = self.in_time(write).await;
        if let Err(error) = &written
            && error.outcome_unknown()
            && let Ok(Some(now)) = timeout(SETTLING, settling(reread)).await
        {
            self.cx.keep(&now);
        }
        written
    }

    /// Begins a removal, which is tried until nothing is left.
    pub(crate) fn removal(&self) -> Removal {
        self.begin_to_write();
        Removal(0)
    }

    /// Waits for the next try, at most so long; false when `deadline` leaves no time for one, or the user asked to stop.
    pub(crate) async fn pause(&self, deadline: Deadline, at_most: Duration) -> bool {
        match deadline.pause(at_most) {
            Some(pause) => self.cx.pause(pause).await.is_ok(),
            None => false,
        }
    }

    /// A write that is given up when the operation's time is up: then its outcome is unknown.
    ///
    /// # Errors
    /// What kept it from being carried out.
    pub(crate) async fn in_time<T>(&self, write: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = |_| Err(Error::late(&self.summary(), self.deadline.allowed));
        timeout_at(self.deadline.at, write).await.unwrap_or_else(late)
    }

    async fn settled<T>(&self, find: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = |_| Err(Error::late("reading what was written", SETTLING));
        timeout(SETTLING, settling(find)).await.unwrap_or_else(late)
    }
}

/// Reads what became of a write, which may be asked when nothing else may any more: the time is up, or the user asked to stop.
fn settling<T>(read: impl Future<Output = T>) -> impl Future<Output = T> {
    Leave::until(Instant::now() + SETTLING, SETTLING).during(read)
}

/// A removal: look what is left, try to remove that, and ask whether it is over.
pub(crate) struct Removal(u32);

impl Removal {
    /// Whether a try has ended it. One that broke off has to be looked into; so has a change set that was rolled back because one of
    /// its rows had vanished meanwhile, which says nothing of the others.
    ///
    /// # Errors
    /// What no other try mends.
    pub(crate) fn is_over(&mut self, tried: Result<(), Error>) -> Result<bool, Error> {
        self.0 += 1;
        match tried {
            Err(error) if self.0 < TRIES && (error.outcome_unknown() || error.is_not_found()) => Ok(false),
            other => other.map(|()| true),
        }
    }
}
