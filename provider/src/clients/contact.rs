//! Whether anything has answered since the provider was configured.
//!
//! As long as nothing has, it is the network or what was configured that is at fault, and not a service that takes its time: whoever asks
//! is told so within seconds, with what was met last. Once anything has answered, each operation has its own time.
//! The same is held of those who sign in by themselves: without them nothing goes on, whoever else has answered.

use std::future::{Future, pending};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::error::Error;
use super::leave;

/// As long as nothing has answered, an operation is told of it after so long: well within fifteen seconds.
const SILENCE: Duration = Duration::from_secs(12);
/// Once an operation was told, those that begin later have this part of that time: hundreds of them would wait for a quarter of an hour.
const LATER: u32 = 6;

/// What is known of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody was asked.
    Idle,
    /// The first request went out then, and nothing has answered yet.
    Asked(Instant),
    /// The same, and an operation was told so at the other moment.
    Lost(Instant, Instant),
    /// Something has answered.
    Answered,
}

/// What is known of the network since the provider was configured.
#[derive(Debug)]
pub(super) struct Contact {
    state: watch::Sender<State>,
    /// What was met last.
    last: Mutex<Option<Error>>,
    silence: Duration,
}

impl Default for Contact {
    fn default() -> Contact {
        Contact { state: watch::Sender::new(State::Idle), last: Mutex::default(), silence: SILENCE }
    }
}

impl Contact {
    /// A host is asked for something. Until that has failed once, all that can be said is that it does not answer.
    pub(super) fn asks(&self, host: &str, unanswered: impl FnOnce() -> Error) {
        if self.has_answered() {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !last.as_ref().is_some_and(|last| last.is_of(host)) {
            *last = Some(unanswered());
        }
        drop(last);
        self.state.send_if_modified(|state| {
            let is_first = *state == State::Idle;
            if is_first {
                *state = State::Asked(Instant::now());
            }
            is_first
        });
    }

    /// A request has failed.
    pub(super) fn failed(&self, error: &Error) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
    }

    /// A service has answered, be it with an error.
    pub(super) fn answered(&self) {
        self.state.send_if_modified(|state| std::mem::replace(state, State::Answered) != State::Answered);
    }

    /// Somebody has answered who has to be asked before the one that counts, whose time begins now.
    pub(super) fn answered_before(&self) {
        self.state.send_if_modified(|state| {
            let State::Asked(first) = state else { return false };
            *first = Instant::now();
            true
        });
    }

    /// Whether a service has answered.
    pub(super) fn has_answered(&self) -> bool {
        *self.state.borrow() == State::Answered
    }

    /// Works until it has become too long a time in which nothing has answered. The time is that of the whole operation, whatever it has
    /// asked before.
    ///
    /// # Errors
    /// What the work fails with; nothing has answered.
    pub(super) async fn within<T>(
        &self,
        operation: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.for_at_most(self.silence, work).await.unwrap_or_else(|| {
            self.lose();
            Err(self.unanswered(operation))
        })
    }

    /// The same in half of that time, where somebody else is asked in the other half.
    ///
    /// # Errors
    /// As [`Contact::within`].
    pub(super) async fn within_half<T>(
        &self,
        operation: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.for_at_most(self.silence / 2, work).await.unwrap_or_else(|| Err(self.unanswered(operation)))
    }

    /// What the work comes to; nothing when nothing has answered for too long.
    async fn for_at_most<T>(&self, allowed: Duration, work: impl Future<Output = T>) -> Option<T> {
        if self.has_answered() {
            return Some(work.await);
        }
        let begun = leave::begun().unwrap_or_else(Instant::now);
        let is_later = matches!(*self.state.borrow(), State::Lost(_, told) if told < begun);
        let allowed = if is_later { allowed / LATER } else { allowed };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.silent(begun, allowed) => None,
        }
    }

    /// Returns when nothing has answered for so long. A sign-in that asks nobody, such as a program's, takes the time that it takes.
    async fn silent(&self, begun: Instant, allowed: Duration) {
        let mut state = self.state.subscribe();
        // The sender lives as long as `self`: the wait cannot fail.
        let mut asked = state.wait_for(|state| *state != State::Idle).await.map(|state| *state);
        while let Ok(State::Asked(first) | State::Lost(first, _)) = asked {
            let until = begun.max(first) + allowed;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
            asked = Ok(*self.state.borrow());
        }
        pending().await
    }

    /// An operation is told.
    fn lose(&self) {
        self.state.send_if_modified(|state| {
            let State::Asked(first) = *state else { return false };
            *state = State::Lost(first, Instant::now());
            true
        });
    }

    fn unanswered(&self, operation: &str) -> Error {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.unwrap_or_else(|| Error::overdue(operation, self.silence)).asking(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{sleep, timeout};

    const MOMENT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(60);

    /// A network in which somebody was asked.
    fn asked() -> Contact {
        let contact = Contact { silence: MOMENT, ..Contact::default() };
        contact.asks("a.example", || Error::silent("asking", "a.example"));
        contact
    }

    /// What comes of work that never ends.
    async fn given_up(contact: &Contact) -> String {
        let never = contact.within::<()>("reading", pending());
        timeout(LONG, never).await.expect("it is told in time").unwrap_err().to_string()
    }

    #[tokio::test]
    async fn as_long_as_nothing_has_answered_it_is_told_with_what_was_met_last() {
        let contact = asked();
        assert_eq!(given_up(&contact).await, "reading: a.example does not answer");
        contact.failed(&Error::connection("asking", "b.example", false, &["dns error".to_owned()]));
        contact.asks("b.example", || Error::silent("asking", "b.example"));
        let begun = Instant::now();
        assert_eq!(given_up(&contact).await, "reading: the host name b.example cannot be resolved");
        assert!(begun.elapsed() >= MOMENT / LATER, "each operation has its own time");
    }

    #[tokio::test]
    async fn those_that_begin_when_one_was_told_wait_for_a_part_of_that_time() {
        let silence = 20 * MOMENT;
        let contact = Contact { silence, ..asked() };
        let took = async |contact: &Contact| {
            let begun = Instant::now();
            assert_eq!(given_up(contact).await, "reading: a.example does not answer");
            begun.elapsed()
        };
        assert!(took(&contact).await >= silence);
        let later = took(&contact).await;
        assert!((silence / LATER..silence).contains(&later), "{later:?}");
    }

    #[tokio::test]
    async fn who_has_asked_in_vain_in_the_same_operation_has_no_more_time_for_that() {
        let contact = asked();
        sleep(MOMENT).await;
        let before = leave::Leave::until(Instant::now() + LONG - MOMENT, LONG);
        let twice = async {
            let begun = Instant::now();
            assert!(contact.within_half::<()>("reading", pending()).await.is_err());
            given_up(&contact).await;
            begun.elapsed()
        };
        assert!(before.during(twice).await < MOMENT);
    }

    async fn later() -> Result<(), Error> {
        sleep(3 * MOMENT).await;
        Ok(())
    }

    #[tokio::test]
    async fn once_anything_has_answered_all_have_their_own_time() {
        let contact = asked();
        let slow = async {
            contact.answered();
            sleep(3 * MOMENT).await;
            contact.asks("b.example", || Error::silent("asking", "b.example"));
            Ok(())
        };
        assert!(contact.within("reading", slow).await.is_ok());
        assert!(contact.within("reading", later()).await.is_ok());
    }

    #[tokio::test]
    async fn who_is_asked_before_the_one_that_counts_has_a_time_of_its_own() {
        let contact = Contact { silence: 4 * MOMENT, ..asked() };
        let (begun, on_the_way) = (Instant::now(), async {
            sleep(3 * MOMENT).await;
            contact.answered_before();
        });
        let (told, ()) = tokio::join!(given_up(&contact), on_the_way);
        assert_eq!(told, "reading: a.example does not answer");
        assert!(begun.elapsed() >= 7 * MOMENT, "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_program_that_signs_in_is_no_network() {
        let contact = Contact { silence: MOMENT, ..Contact::default() };
        assert!(contact.within("signing in", later()).await.is_ok());
    }
}
