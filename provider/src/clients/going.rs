//! What this process is just deleting: whoever asks what uses something waits for that.
//!
//! A connection uses a credential, and a credential a certificate reference. Nobody waits for what may wait for it: a credential waits
//! for connections, and a reference for both.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::watch::Sender;
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

/// What is deleted together begins within so long of what it waits for.
const MOMENT: Duration = Duration::from_secs(1);

/// Something that uses something else, and may be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum User {
    /// A connection.
    Connection(String),
    /// A row of Dataverse.
    Row(Uuid),
}

/// What is just being deleted.
#[derive(Debug, Default)]
pub(super) struct Going(Sender<HashSet<User>>);

/// A deletion that is under way, until this is dropped.
#[derive(Debug)]
pub struct Deletion<'a> {
    going: &'a Going,
    user: User,
}

impl Going {
    /// The deletion of this begins.
    pub(super) fn begin(&self, user: User) -> Deletion<'_> {
        self.0.send_if_modified(|going| going.insert(user.clone()));
        Deletion { going: self, user }
    }

    /// Waits while this is being deleted.
    pub(super) async fn ended(&self, user: &User) {
        self.until(|going| !going.contains(user)).await;
    }

    /// Waits until one of these users is deleted; false when no deletion of one begins, neither while others are deleted that they may
    /// wait for, nor a moment later, or when the time is up.
    pub(super) async fn one_goes(&self, users: &[User], until: Instant) -> bool {
        let is_going = |going: &HashSet<User>| users.iter().any(|user| going.contains(user));
        let goes = async {
            tokio::select! {
                biased;
                () = self.until(is_going) => {}
                () = self.rests(|user| matches!(user, User::Connection(_)) || users.iter().any(is_row)) => return false,
            }
            self.until(|going| !is_going(going)).await;
            true
        };
        timeout_at(until, goes).await.unwrap_or(false)
    }

    /// Waits until none of these has been deleted for a moment.
    async fn rests(&self, counts: impl Fn(&User) -> bool) {
        loop {
            self.until(|going| !going.iter().any(&counts)).await;
            if timeout(MOMENT, self.until(|going| going.iter().any(&counts))).await.is_err() {
                return;
            }
        }
    }

    async fn until(&self, is_so: impl Fn(&HashSet<User>) -> bool) {
        // The sender lives as long as `self`: the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|going| is_so(going)).await;
    }
}

fn is_row(user: &User) -> bool {
    matches!(user, User::Row(_))
}

impl Drop for Deletion<'_> {
    fn drop(&mut self) {
        self.going.0.send_if_modified(|going| going.remove(&self.user));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn connection(id: &str) -> User {
        User::Connection(id.to_owned())
    }

    #[tokio::test]
    async fn a_deletion_is_waited_for_and_no_other() {
        let going = Going::default();
        let deletion = going.begin(connection("a"));
        let (a, b) = (connection("a"), connection("b"));
        let mut waiting = Box::pin(going.ended(&a));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(going.ended(&b).now_or_never().is_some());
        drop(deletion);
        waiting.await;
    }

    #[tokio::test]
    async fn a_deletion_that_waits_for_another_one_is_waited_for() {
        let going = Going::default();
        let (credential, forever) = ([User::Row(Uuid::from_u128(7))], Instant::now() + Duration::from_secs(3600));
        let first = going.begin(connection("a"));
        let mut waiting = Box::pin(going.one_goes(&credential, forever));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.as_mut().now_or_never().is_none(), "what waited for it may begin now");
        let second = going.begin(credential[0].clone());
        assert!(waiting.as_mut().now_or_never().is_none(), "it has begun, and is not over");
        drop(second);
        assert!(waiting.await);
    }

    #[tokio::test]
    async fn two_that_are_both_in_vain_do_not_wait_for_each_other() {
        let going = Going::default();
        let _credential = going.begin(User::Row(Uuid::from_u128(7)));
        let _other = going.begin(User::Row(Uuid::from_u128(8)));
        let forever = Instant::now() + Duration::from_secs(3600);
        assert!(!going.one_goes(&[connection("a")], forever).await);
        assert!(!going.one_goes(&[User::Row(Uuid::from_u128(9))], Instant::now()).await, "the time is up");
    }
}
