//! Equal questions that are asked at the same time are one.
//!
//! The question lives in a task of its own: it does not die with the one who asked first, only with the last who waits for the answer.
//! Questions of different keys never wait for each other. Whoever must not hear an answer of before puts what tells the two apart into
//! the key.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::error::Error;
use super::leave;

/// The questions that are under way, by their keys, for as long as somebody waits for the answer.
pub(super) struct InFlight<K, T>(Mutex<HashMap<K, WeakShared<Answer<T>>>>);

/// An answer that is still to come.
pub(super) type Answer<T> = BoxFuture<'static, Result<T, Error>>;

impl<K, T> Default for InFlight<K, T> {
    fn default() -> InFlight<K, T> {
        InFlight(Mutex::default())
    }
}

impl<K, T> fmt::Debug for InFlight<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, T: Clone + Send + Sync + 'static> InFlight<K, T> {
    /// The answer to the question under this key, which is asked unless somebody is just asking it.
    ///
    /// # Errors
    /// That of the question, and the end of the [leave](super::leave) of whoever waits.
    pub(super) async fn ask<F>(&self, operation: &str, key: K, question: impl FnOnce() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        leave::wait(operation, async { self.answer(key, question).await }).await?
    }

    fn answer<F>(&self, key: K, question: impl FnOnce() -> F) -> Shared<Answer<T>>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = under_way.get(&key).and_then(WeakShared::upgrade).filter(|one| one.peek().is_none()) {
            return answer;
        }
        under_way.retain(|_, answer| answer.upgrade().is_some_and(|one| one.peek().is_none()));
        let answer = begin(question());
        under_way.extend(answer.downgrade().map(|answer| (key, answer)));
        answer
    }
}

/// Begins a question; it ends with the last who holds its answer.
pub(super) fn begin<T: Clone + Send + Sync + 'static>(
    question: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Shared<Answer<T>> {
    let task = AbortOnDropHandle::new(tokio::spawn(question.in_current_span()));
    // The task is aborted only when this is dropped, so that a panic is all that can have ended it early.
    async { task.await.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic())) }.boxed().shared()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tokio::sync::Notify;
    use tokio::task::yield_now;

    /// A question whose answer is held back, and how often it was asked.
    #[derive(Default)]
    struct Held {
        questions: InFlight<&'static str, u32>,
        asked: Arc<AtomicU32>,
        go: Arc<Notify>,
    }

    impl Held {
        async fn ask(&self) -> Result<u32, Error> {
            let (asked, go) = (Arc::clone(&self.asked), Arc::clone(&self.go));
            let question = move || async move {
                let number = asked.fetch_add(1, Ordering::Relaxed);
                go.notified().await;
                Ok(number)
            };
            self.questions.ask("asking", "a", question).await
        }
    }

    #[tokio::test]
    async fn equal_questions_are_asked_once_and_outlive_whoever_asked_first() {
        let held = Held::default();
        let mut first = Box::pin(held.ask());
        assert!(first.as_mut().now_or_never().is_none());
        let mut second = Box::pin(held.ask());
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        let answer = tokio::join!(second, async {
            yield_now().await;
            held.go.notify_one();
        });
        assert_eq!((answer.0.ok(), held.asked.load(Ordering::Relaxed)), (Some(0), 1));
        held.go.notify_one();
        assert_eq!(held.ask().await.ok(), Some(1), "what was answered is asked afresh");
    }

    #[tokio::test]
    async fn a_question_ends_with_the_last_who_waits_for_it() {
        let held = Held::default();
        let patient = |milliseconds| {
            let allowed = Duration::from_millis(milliseconds);
            leave::Leave::until(tokio::time::Instant::now() + allowed, allowed).during(held.ask())
        };
        let (first, second) = tokio::join!(patient(10), patient(20));
        assert!(first.is_err_and(|error| error.is_overdue()) && second.is_err_and(|error| error.is_overdue()));
        yield_now().await;
        assert_eq!(Arc::strong_count(&held.go), 1, "nobody asks any longer");
        held.go.notify_one();
        assert_eq!(held.ask().await.ok(), Some(1));
    }
}
