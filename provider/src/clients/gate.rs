//! The gate before a host: every request passes it, whoever sends it and however often it was sent before.
//!
//! A service limits what one user may ask for: so much at once, so much in a while, and for so long together; and it may want to be left
//! alone. Whoever would be too much waits here, in the order of coming, and is not refused there: it costs none of its tries. What a
//! service refuses all the same is refused to one, and slows all. The limits:
//! <https://learn.microsoft.com/power-apps/developer/data-platform/api-limits>

mod left;
mod state;
mod width;

use std::future::{Future, pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use super::error::Error;
use super::leave;
use super::retry::retry_after;
use state::{State, Ticket, Why};

/// So long nobody asks a service that wants to be left alone and does not say how long.
const UNSAID: Duration = Duration::from_secs(1);

/// The gate before one host.
#[derive(Debug)]
pub(super) struct Gate {
    host: String,
    state: Mutex<State>,
    /// Until when the service wants to be left alone, once nothing is under way that it may still answer.
    shut: watch::Sender<Option<Instant>>,
}

impl Gate {
    /// The gate before this host, of which nothing is known yet.
    pub(super) fn new(host: &str) -> Gate {
        Gate { host: host.to_owned(), state: Mutex::new(State::new()), shut: watch::Sender::new(None) }
    }

    /// A place at the end of the order of coming.
    pub(super) fn ticket(&self) -> Ticket {
        self.state().ticket()
    }

    /// Waits until a request may begin.
    ///
    /// # Errors
    /// The [leave] of whoever waits ends before: nothing was sent.
    pub(super) async fn pass(self: &Arc<Gate>, operation: &str, ticket: Ticket) -> Result<Pass, Error> {
        self.in_time(operation, leave::wait(operation, self.turn(operation, ticket))).await
    }

    /// Works, but no longer than it is of use: the service may want to be left alone until after the leave of whoever asks has ended.
    ///
    /// # Errors
    /// What the work fails with; where the time is over, why nothing was sent in it.
    pub(super) async fn in_time<T>(
        &self,
        operation: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            biased;
            done = work => done.map_err(|error| self.explained(error)),
            error = self.in_vain(operation) => Err(self.explained(error)),
        }
    }

    /// Returns when the leave of whoever asks will end before the service wants to be asked again.
    async fn in_vain(&self, operation: &str) -> Error {
        let Some((end, overdue)) = leave::end(operation) else { return pending().await };
        // The sender lives as long as `self`: the wait cannot fail.
        let _ = self.shut.subscribe().wait_for(|shut| shut.is_some_and(|until| until > end)).await;
        overdue
    }

    /// An end of the time with what the gate knows of it.
    fn explained(&self, error: Error) -> Error {
        let now = Instant::now();
        let why = self.state().why(now);
        let host = &self.host;
        match why {
            Some(Why::Closed(until)) => error.held_back(format!("{host} wants no request before {}", clock(until - now))),
            Some(Why::Little(_)) => error.held_back(format!(
                "{host} says that little is left of what a user may ask it for in five minutes, so requests are sent one by one"
            )),
            _ => error,
        }
    }

    async fn turn(self: &Arc<Gate>, operation: &str, ticket: Ticket) -> Pass {
        let (place, came) = (Place::take(self, ticket), Instant::now());
        let mut has_waited = false;
        loop {
            let entered = self.state().enter(ticket, Instant::now());
            let why = match entered {
                Ok(number) => {
                    if has_waited {
                        let waited_ms = came.elapsed().as_millis() as u64;
                        tracing::debug!(operation, host = self.host, waited_ms, "The wait is over");
                    }
                    return Pass { gate: Arc::clone(self), number };
                }
                Err(why) => why,
            };
            if !has_waited {
                has_waited = true;
                // Whoever waits behind others waits for what they wait for.
                let why = self.state().why(Instant::now()).unwrap_or(why);
                tracing::debug!(operation, host = self.host, why = why.name(), "Waiting to ask");
            }
            match why {
                Why::Closed(until) | Why::Little(until) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = place.woken.notified() => {}
                },
                Why::Full | Why::Others => place.woken.notified().await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who wait, as long as somebody does.
struct Place<'a> {
    gate: &'a Gate,
    ticket: Ticket,
    woken: Arc<Notify>,
}

impl Place<'_> {
    fn take(gate: &Gate, ticket: Ticket) -> Place<'_> {
        let woken = Arc::<Notify>::default();
        gate.state().wait(ticket, &woken);
        Place { gate, ticket, woken }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.state().wait_no_more(self.ticket);
    }
}

/// A request that was let in: it is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    number: u64,
}

impl Pass {
    /// What the answer to it says of what may come next.
    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap) {
        let (now, asked) = (Instant::now(), retry_after(headers));
        let mut state = self.gate.state();
        if is_refusal(status, headers) {
            let wait = asked.unwrap_or(UNSAID);
            if state.close(self.number, now + wait) {
                let (host, wait_ms, waiting) = (&self.gate.host, wait.as_millis() as u64, state.waiting());
                tracing::debug!(host, wait_ms, waiting, "The service wants to be left alone");
            }
        } else {
            state.answered(self.number, headers, now);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(until) = self.gate.state().end(self.number, Instant::now()) {
            self.gate.shut.send_replace(Some(until));
        }
    }
}

/// Whether a service says that it was asked for too much: others are to leave it alone as well.
fn is_refusal(status: StatusCode, headers: &HeaderMap) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::SERVICE_UNAVAILABLE => retry_after(headers).is_some(),
        _ => false,
    }
}

/// What a clock will show after so long.
fn clock(after: Duration) -> String {
    let then = OffsetDateTime::now_utc() + after;
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    then.format(format).unwrap_or_else(|_| format!("{} seconds from now", after.as_secs()))
}

#[cfg(test)]
mod tests;
