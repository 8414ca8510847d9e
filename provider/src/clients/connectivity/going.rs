//! The connections that this process is just deleting: whoever asks what uses something waits for them.

use std::collections::HashSet;

use tokio::sync::watch::Sender;

/// The ids of the connections that are just being deleted.
#[derive(Debug, Default)]
pub(super) struct Going(Sender<HashSet<String>>);

/// A deletion that is under way, until this is dropped.
pub(super) struct Deletion<'a> {
    going: &'a Going,
    id: String,
}

impl Going {
    /// The deletion of this connection begins.
    pub(super) fn begin(&self, id: &str) -> Deletion<'_> {
        self.0.send_if_modified(|going| going.insert(id.to_owned()));
        Deletion { going: self, id: id.to_owned() }
    }

    /// Waits while this connection is being deleted.
    pub(super) async fn ended(&self, id: &str) {
        // The sender lives as long as `self`: the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|going| !going.contains(id)).await;
    }
}

impl Drop for Deletion<'_> {
    fn drop(&mut self) {
        self.going.0.send_if_modified(|going| going.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn a_deletion_is_waited_for_and_no_other() {
        let going = Going::default();
        let deletion = going.begin("a");
        let mut waiting = Box::pin(going.ended("a"));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(going.ended("b").now_or_never().is_some());
        drop(deletion);
        waiting.await;
    }
}
