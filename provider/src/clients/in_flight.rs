//! Equal questions that are asked at the same time are one.
//!
//! The question lives in a task of its own: it does not die with the one who asked first. Questions of different keys never wait for
//! each other. Whoever must not hear an answer of before puts what tells the two apart into the key.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tracing::Instrument as _;

/// The questions that are under way, by their keys.
pub(super) struct InFlight<K, V>(Arc<Mutex<HashMap<K, Answer<V>>>>);

type Answer<V> = Shared<BoxFuture<'static, V>>;

impl<K, V> Default for InFlight<K, V> {
    fn default() -> InFlight<K, V> {
        InFlight(Arc::default())
    }
}

impl<K, V> fmt::Debug for InFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").finish_non_exhaustive()
    }
}

impl<K, V> InFlight<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The answer to the question under this key, which is asked unless somebody is just asking it.
    pub(super) async fn ask<F>(&self, key: K, question: impl FnOnce() -> F) -> V
    where
        F: Future<Output = V> + Send + 'static,
    {
        let answer = {
            let mut under_way = locked(&self.0);
            match under_way.get(&key) {
                Some(answer) => answer.clone(),
                None => {
                    let answer = self.begin(key.clone(), question());
                    under_way.insert(key, answer.clone());
                    answer
                }
            }
        };
        answer.await
    }

    fn begin(&self, key: K, question: impl Future<Output = V> + Send + 'static) -> Answer<V> {
        let under_way = Arc::clone(&self.0);
        let task = tokio::spawn(
            async move {
                let answer = question.await;
                locked(&under_way).remove(&key);
                answer
            }
            .in_current_span(),
        );
        // Nobody aborts the task, so that a panic is all that can have ended it early.
        async { task.await.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic())) }.boxed().shared()
    }
}

fn locked<K, V>(under_way: &Mutex<HashMap<K, Answer<V>>>) -> MutexGuard<'_, HashMap<K, Answer<V>>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn equal_questions_are_asked_once_and_outlive_whoever_asked_first() {
        let (questions, asked, go) =
            (InFlight::<&str, u32>::default(), Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let ask = |key| {
            let (asked, go) = (Arc::clone(&asked), Arc::clone(&go));
            questions.ask(key, move || async move {
                let number = asked.fetch_add(1, Ordering::Relaxed);
                go.notified().await;
                number
            })
        };
        let mut first = Box::pin(ask("a"));
        assert!(first.as_mut().now_or_never().is_none());
        let second = ask("a");
        drop(first);
        let answer = tokio::join!(second, async {
            tokio::task::yield_now().await;
            go.notify_one();
        });
        assert_eq!((answer.0, asked.load(Ordering::Relaxed)), (0, 1));
        go.notify_one();
        assert_eq!(ask("a").await, 1, "what was answered is asked afresh");
    }
}
