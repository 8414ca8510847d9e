//! Questions of one kind that wait a little for others of their kind, so that one request serves them all.
//!
//! Terraform asks for one object at a time, and when it has many to think of, seconds of its own lie between ten of them: questions of a
//! kind then arrive singly, and one request for each would be far too many. How long it pays to wait, nobody knows beforehand. But the
//! more were asked, the more are to come: whoever asks waits a part of the time that those before have taken anyway, and no wait of a
//! small run is felt. The first few ask at once.

mod group;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::Semaphore;

use super::error::Error;
use super::in_flight::{self, Answer};
use super::leave;
use group::{Group, Place};

/// So many questions of a kind are asked at once, each by itself.
const FEW: u64 = 1;
/// So much longer does a question wait for each that was asked before it, and so long at most, unless its request costs more.
const EACH: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);
/// Who has less than so many times as long until its end waits for nobody.
const HASTE: u32 = 4;

/// The questions of one kind.
pub(super) struct Company<K, T> {
    at_most: usize,
    longest: Box<dyn Fn() -> Duration + Send + Sync>,
    turn: Option<Arc<Semaphore>>,
    state: Mutex<State<K, T>>,
}

struct State<K, T> {
    /// How many questions there were so far.
    asked: u64,
    open: Option<Open<K, T>>,
}

/// A group that others can join, and its answer.
type Open<K, T> = (Arc<Group<K>>, WeakShared<Answer<T>>);

impl<K: Clone + Eq + Send + 'static, T: Clone + Send + Sync + 'static> Company<K, T> {
    /// No question was asked yet; one request can hold so many keys.
    pub(super) fn new(at_most: usize) -> Company<K, T> {
        let state = Mutex::new(State { asked: 0, open: None });
        Company { at_most, longest: Box::new(|| LONGEST), turn: None, state }
    }

    /// The same, but a group is closed only when the answer of the one before is there: meanwhile more join it.
    #[must_use]
    pub(super) fn in_turn(self) -> Company<K, T> {
        Company { turn: Some(Arc::new(Semaphore::new(1))), ..self }
    }

    /// The same for requests that cost more than one usually does: it pays to wait longer for company, as long as this tells by then.
    #[must_use]
    pub(super) fn waiting(self, longest: impl Fn() -> Duration + Send + Sync + 'static) -> Company<K, T> {
        Company { longest: Box::new(longest), ..self }
    }

    /// The answer of the request that serves this question, with whatever was asked beside it. The `question` of one who waits is asked,
    /// with the keys of all of them, each once. It begins after this one came, and does not die with the one whose it is.
    ///
    /// # Errors
    /// That of the question, and the end of the [leave](super::leave) of whoever waits.
    pub(super) async fn ask<F>(
        &self,
        operation: &str,
        key: K,
        question: impl FnOnce(Vec<K>) -> F + Send + 'static,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let asking = async {
            let (answer, _place) = self.join(key, question);
            answer.await
        };
        leave::wait(operation, asking).await?
    }

    fn join<F>(
        &self,
        key: K,
        question: impl FnOnce(Vec<K>) -> F + Send + 'static,
    ) -> (Shared<Answer<T>>, Option<Place<K>>)
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let mut state = self.state();
        state.asked += 1;
        let (number, under_way) = (state.asked, leave::under_way());
        let time = EACH.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX)).min((self.longest)());
        let is_pressed = leave::left().is_some_and(|left| left < HASTE * time);
        if number <= FEW || is_pressed {
            return (in_flight::begin(question(vec![key])), None);
        }
        if let Some((group, answer)) = &state.open
            && let Some(answer) = answer.upgrade()
            && let Some(place) = group.join(number, &key, under_way.as_ref())
        {
            return (answer, Some(place));
        }
        let group = Arc::new(Group::new(self.at_most));
        let place = group.join(number, &key, under_way.as_ref());
        let (waits, turn) = (Arc::clone(&group).waits(time, under_way), self.turn.clone());
        let asked: BoxFuture<'static, Result<T, Error>> = Box::pin({
            let group = Arc::clone(&group);
            async move {
                waits.await;
                // It is never closed: that it cannot be had does not happen.
                let _turn = match &turn {
                    Some(turn) => turn.acquire().await.ok(),
                    None => None,
                };
                question(group.close()).await
            }
        });
        let answer = in_flight::begin(asked);
        state.open = answer.downgrade().map(|answer| (group, answer));
        (answer, place)
    }

    fn state(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> fmt::Debug for Company<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Company").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::under_way::UnderWay;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::{Instant, sleep};

    /// Questions whose answers take a second, and what was asked.
    struct Asked {
        company: Company<usize, usize>,
        requests: Arc<Mutex<Vec<Vec<usize>>>>,
        answered: Arc<AtomicUsize>,
    }

    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(3600);

    impl Asked {
        /// So many were asked before.
        async fn after(before: usize, company: Company<usize, usize>) -> Asked {
            let asked = Asked { company, requests: Arc::default(), answered: Arc::default() };
            join_all((0..before).map(|_| asked.ask(0))).await;
            asked.requests.lock().unwrap().clear();
            asked
        }

        async fn ask(&self, key: usize) -> Result<usize, Error> {
            let (requests, answered) = (Arc::clone(&self.requests), Arc::clone(&self.answered));
            let question = move |mut keys: Vec<usize>| async move {
                keys.sort_unstable();
                requests.lock().unwrap().push(keys.clone());
                sleep(SECOND).await;
                answered.fetch_add(1, Ordering::Relaxed);
                if keys.contains(&13) { Err(Error::forbidden("asking")) } else { Ok(keys.len()) }
            };
            self.company.ask("asking", key, question).await
        }

        /// The question of an operation.
        async fn done(&self, under_way: &Arc<UnderWay>, key: usize) -> Result<usize, Error> {
            leave::Leave::until(Instant::now() + HOUR, HOUR).among(under_way).during(self.ask(key)).await
        }

        #[track_caller]
        fn check(&self, expected: &[&[usize]]) {
            assert_eq!(*self.requests.lock().unwrap(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_ask_at_once_and_the_next_waits_a_moment() {
        let asked = Asked::after(0, Company::new(20)).await;
        let begin = Instant::now();
        let answers = tokio::join!(asked.ask(1), asked.ask(2), asked.ask(3), asked.ask(4), asked.ask(4));
        asked.check(&[&[1], &[2, 3, 4]]);
        assert_eq!((answers.0.ok(), answers.2.ok(), answers.4.ok()), (Some(1), Some(3), Some(3)));
        assert_eq!(begin.elapsed(), SECOND + 2 * EACH);
    }

    #[tokio::test(start_paused = true)]
    async fn the_more_were_asked_the_longer_it_pays_to_wait_and_nobody_joins_what_is_asked_already() {
        let asked = Asked::after(40, Company::new(200)).await;
        let late = |key: usize, milliseconds| {
            let asked = &asked;
            async move {
                sleep(Duration::from_millis(milliseconds)).await;
                asked.ask(key).await
            }
        };
        let begin = Instant::now();
        let _ = tokio::join!(asked.ask(1), late(2, 150), late(3, 400), late(4, 420));
        asked.check(&[&[1, 2, 3], &[4]]);
        assert_eq!(begin.elapsed(), Duration::from_millis(420) + 44 * EACH + SECOND);
        let asked = Asked::after(1000, Company::new(2000)).await;
        let begin = Instant::now();
        asked.ask(1).await.unwrap();
        assert_eq!(begin.elapsed(), LONGEST + SECOND);
        let asked = Asked::after(1000, Company::new(2000).waiting(|| 3 * LONGEST)).await;
        let begin = Instant::now();
        asked.ask(1).await.unwrap();
        assert_eq!(begin.elapsed(), 3 * LONGEST + SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_full_waits_for_nobody() {
        let asked = Asked::after(1000, Company::new(3)).await;
        let begin = Instant::now();
        join_all([1, 2, 2, 3, 3, 4, 5, 6].map(|key| asked.ask(key))).await;
        asked.check(&[&[1, 2, 3], &[4, 5, 6]]);
        assert_eq!(begin.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn when_everybody_waits_nobody_is_waited_for() {
        let (asked, under_way) = (Asked::after(1000, Company::new(2000)).await, Arc::default());
        let begin = Instant::now();
        join_all((0..10).map(|key| asked.done(&under_way, key))).await;
        assert_eq!(begin.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_outlives_whoever_began_it_and_is_not_asked_for_those_who_left() {
        let asked = Asked::after(1000, Company::new(2000)).await;
        let stopped = tokio_util::sync::CancellationToken::new();
        let alone = leave::Leave::until(Instant::now() + HOUR, HOUR).unless(stopped.clone(), || false);
        let stop = async { stopped.cancel() };
        let (left, stayed, ()) = tokio::join!(alone.during(asked.ask(6)), asked.ask(7), stop);
        assert!(left.is_err_and(|error| error.is_stopped()) && stayed.is_ok());
        asked.check(&[&[7]]);
        // With the last who waits for it, it ends.
        let before = asked.answered.load(Ordering::Relaxed);
        let stopped = tokio_util::sync::CancellationToken::new();
        let alone = leave::Leave::until(Instant::now() + HOUR, HOUR).unless(stopped.clone(), || false);
        let stop = async {
            sleep(LONGEST + SECOND / 2).await;
            stopped.cancel();
        };
        let (left, ()) = tokio::join!(alone.during(asked.ask(3)), stop);
        sleep(HOUR).await;
        assert!(left.is_err() && asked.answered.load(Ordering::Relaxed) == before);
        assert_eq!(asked.ask(4).await.ok(), Some(1));
        // An error is everybody's.
        let (own, other) = tokio::join!(asked.ask(13), asked.ask(5));
        assert!(own.is_err_and(|error| error.is_forbidden()) && other.is_err_and(|error| error.is_forbidden()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_little_time_waits_for_nobody() {
        let asked = Asked::after(1000, Company::new(2000).waiting(|| 5 * SECOND)).await;
        let allowed = 4 * SECOND;
        let pressed = leave::Leave::until(Instant::now() + allowed, allowed).during(asked.ask(1));
        assert_eq!(tokio::join!(pressed, asked.ask(2)).0.ok(), Some(1));
        asked.check(&[&[1], &[2]]);
    }

    #[tokio::test(start_paused = true)]
    async fn those_of_whom_never_more_come_soon_wait_no_longer() {
        for at_once in [1, 2, 5, 9] {
            let (asked, under_way) = (Asked::after(1000, Company::new(2000)).await, Arc::default());
            let mut times = Vec::new();
            for _ in 0..5 {
                let begin = Instant::now();
                join_all((0..at_once).map(|key| asked.done(&under_way, key))).await;
                times.push(begin.elapsed());
            }
            assert_eq!(times[..3], [SECOND + LONGEST; 3], "{at_once} at a time");
            assert_eq!(times[3..], [SECOND; 2], "{at_once} at a time");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn in_turn_whoever_comes_while_one_is_asked_is_in_the_next() {
        let asked = Asked::after(2, Company::new(20).in_turn()).await;
        let late = async |key: usize, milliseconds| {
            sleep(Duration::from_millis(milliseconds)).await;
            asked.ask(key).await
        };
        let _ = tokio::join!(asked.ask(1), late(2, 100), late(3, 200), late(4, 900), late(5, 1100));
        asked.check(&[&[1], &[2, 3, 4], &[5]]);
    }
}
