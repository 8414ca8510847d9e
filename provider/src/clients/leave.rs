//! Leave to ask: no request begins without it, and it ends by itself or because the user asked to stop.
//!
//! Whoever begins an operation grants it to everything that is done within, so that no client carries it along. Equal questions live in
//! a task of their own, without one: there whoever waits for the answer has it, and a question for which nobody waits any longer ends.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::error::Error;
use super::under_way::UnderWay;

tokio::task_local! {
    static LEAVE: Leave;
}

/// Until when requests may begin.
#[derive(Debug, Clone)]
pub struct Leave {
    until: Instant,
    allowed: Duration,
    stopped: CancellationToken,
    is_alone: fn() -> bool,
    under_way: Option<Arc<UnderWay>>,
}

impl Leave {
    /// Until that moment, which is `allowed` after the beginning.
    pub fn until(until: Instant, allowed: Duration) -> Leave {
        Leave { until, allowed, stopped: CancellationToken::new(), is_alone: || false, under_way: None }
    }

    /// The same, but no longer than until the user asks to stop, or until nobody is there any more who could hear the answer:
    /// `is_alone` is asked before each request.
    #[must_use]
    pub fn unless(self, stopped: CancellationToken, is_alone: fn() -> bool) -> Leave {
        Leave { stopped, is_alone, ..self }
    }

    /// The same, for an operation that counts among those that are under way.
    #[must_use]
    pub fn among(self, under_way: &Arc<UnderWay>) -> Leave {
        Leave { under_way: Some(Arc::clone(under_way)), ..self }
    }

    /// Does the work with this leave.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let _doing = self.under_way.as_ref().map(UnderWay::begin);
        LEAVE.scope(self, work).await
    }

    fn check(&self, operation: &str) -> Result<(), Error> {
        if self.stopped.is_cancelled() || (self.is_alone)() {
            Err(Error::stopped(operation))
        } else if Instant::now() >= self.until {
            Err(Error::overdue(operation, self.allowed))
        } else {
            Ok(())
        }
    }
}

/// Whether a request may begin now.
///
/// # Errors
/// It may not: nothing was sent.
pub(super) fn check(operation: &str) -> Result<(), Error> {
    LEAVE.try_with(|leave| leave.check(operation)).unwrap_or(Ok(()))
}

/// When the operation began that has it.
pub(super) fn begun() -> Option<Instant> {
    LEAVE.try_with(|leave| leave.until.checked_sub(leave.allowed)).ok().flatten()
}

/// The operations among which the one is that has it.
pub(super) fn under_way() -> Option<Arc<UnderWay>> {
    LEAVE.try_with(|leave| leave.under_way.clone()).ok().flatten()
}

/// How long the leave lasts still; nothing without one.
pub(super) fn left() -> Option<Duration> {
    LEAVE.try_with(|leave| leave.until.saturating_duration_since(Instant::now())).ok()
}

/// When the leave ends, and what is told of it then; nothing without one.
pub(super) fn end(operation: &str) -> Option<(Instant, Error)> {
    LEAVE.try_with(|leave| (leave.until, Error::overdue(operation, leave.allowed))).ok()
}

/// Waits for what may be left undone: an answer to a question, or the time until another try.
///
/// # Errors
/// The leave has ended first.
pub async fn wait<T>(operation: &str, work: impl Future<Output = T>) -> Result<T, Error> {
    let Ok(leave) = LEAVE.try_with(Leave::clone) else { return Ok(work.await) };
    leave.check(operation)?;
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = leave.stopped.cancelled() => Err(Error::stopped(operation)),
        () = sleep_until(leave.until) => Err(Error::overdue(operation, leave.allowed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    fn granted(allowed: Duration) -> Leave {
        Leave::until(Instant::now() + allowed, allowed)
    }

    const MOMENT: Duration = Duration::from_millis(20);
    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_question_that_is_never_answered_ends_in_time_and_none_begins_after_it() {
        let asking = async {
            assert!(check("asking").is_ok());
            let unanswered = wait("asking", pending::<()>()).await.unwrap_err();
            assert!(unanswered.is_overdue() && unanswered.is_final() && !unanswered.outcome_unknown());
            assert!(check("asking").is_err_and(|error| error.is_overdue()));
            assert!(wait("asking", ready(())).await.is_err(), "what has not begun does not begin");
        };
        granted(MOMENT).during(asking).await;
        assert!(check("asking").is_ok(), "outside of an operation nobody forbids it");
    }

    #[tokio::test]
    async fn who_is_asked_to_stop_waits_for_nothing_and_begins_nothing() {
        let stopped = CancellationToken::new();
        let work = granted(HOUR).unless(stopped.clone(), || false).during(async {
            assert!(wait("asking", pending::<()>()).await.is_err_and(|error| error.is_stopped()));
            assert!(check("asking").is_err_and(|error| error.is_stopped() && error.is_final()));
        });
        tokio::join!(work, async { stopped.cancel() });
    }

    #[tokio::test]
    async fn without_anybody_to_hear_of_it_nothing_begins() {
        let alone = granted(HOUR).unless(CancellationToken::new(), || true);
        alone.during(async { assert!(check("asking").is_err_and(|error| error.is_stopped())) }).await;
    }
}
