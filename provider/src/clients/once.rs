//! Questions that are asked once for as long as their client lives: what a plan of many objects looks up again and again.
//!
//! A refusal is an answer too. Whoever was not waited for has answered nobody, and is asked again.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::error::Error;

/// Answers by what was asked for.
pub(super) struct Once<K, T>(Mutex<HashMap<K, Cell<T>>>);

type Cell<T> = Arc<OnceCell<Result<T, Error>>>;

impl<K, T> Default for Once<K, T> {
    fn default() -> Once<K, T> {
        Once(Mutex::default())
    }
}

impl<K, T> fmt::Debug for Once<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, T: Clone> Once<K, T> {
    /// The answer that was given to whoever asked first.
    ///
    /// # Errors
    /// That of the question.
    pub(super) async fn ask(&self, key: K, question: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let asking = || async {
            match question.await {
                Err(error) if error.is_stopped() || error.is_overdue() => Err(error),
                answered => Ok(answered),
            }
        };
        cell.get_or_try_init(asking).await?.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn an_answer_is_kept_a_refusal_too_and_what_was_not_waited_for_is_not() {
        let (once, asked) = (Once::default(), AtomicU32::new(0));
        let ask = async |key: &'static str, answer: Result<u32, Error>| {
            let question = async {
                asked.fetch_add(1, Ordering::Relaxed);
                answer
            };
            once.ask(key, question).await.ok()
        };
        assert_eq!((ask("a", Ok(1)).await, ask("a", Ok(2)).await), (Some(1), Some(1)));
        assert_eq!((ask("b", Err(Error::forbidden("asking"))).await, ask("b", Ok(2)).await), (None, None));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        let late = Err(Error::overdue("asking", Duration::ZERO));
        assert_eq!((ask("c", late).await, ask("c", Ok(3)).await), (None, Some(3)));
    }
}
