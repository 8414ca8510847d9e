//! How many operations are under way: whoever waits for company wants to know whether anybody can still come.
//!
//! Terraform carries out so many operations at a time and never says how many. It is ten unless a user says otherwise, and it may be busy
//! with itself: then fewer are under way than could be. So ten are believed in, until waiting has been in vain again and again.

use std::sync::Arc;

use tokio::sync::watch::Sender;

/// So many operations at a time are usual.
const USUAL: usize = 10;
/// So many waits in a row in which no operation began prove that none can.
const PROOF: u32 = 3;

/// The operations that are under way since the provider was configured.
#[derive(Debug, Default)]
pub struct UnderWay(Sender<Counts>);

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    now: usize,
    most: usize,
    /// How many have ever begun.
    begun: u64,
    /// How many of them wait for company.
    waiting: usize,
    /// How many waits in a row were in vain.
    vain: u32,
}

/// An operation that is under way until this is dropped.
pub(super) struct Doing(Arc<UnderWay>);

/// An operation that waits for company until this is dropped.
pub(super) struct Lonely(Arc<UnderWay>);

impl UnderWay {
    /// An operation begins.
    pub(super) fn begin(self: &Arc<Self>) -> Doing {
        self.0.send_modify(|counts| {
            counts.now += 1;
            counts.begun += 1;
            counts.most = counts.most.max(counts.now);
        });
        Doing(Arc::clone(self))
    }

    /// An operation waits for company.
    pub(super) fn wait(self: &Arc<Self>) -> Lonely {
        self.0.send_modify(|counts| counts.waiting += 1);
        Lonely(Arc::clone(self))
    }

    /// How many operations have ever begun.
    pub(super) fn begun(&self) -> u64 {
        self.0.borrow().begun
    }

    /// Waits until everybody waits who can be under way.
    pub(super) async fn all_wait(&self) {
        // The sender lives as long as `self`: the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|counts| counts.waiting >= counts.possible()).await;
    }

    /// Learns from a wait that was long enough for somebody to come, and began when so many had ever begun.
    pub(super) fn waited(&self, begun: u64) {
        self.0.send_modify(|counts| counts.vain = if counts.begun == begun { counts.vain + 1 } else { 0 });
    }
}

impl Counts {
    /// As many can be under way at a time, as far as is known.
    fn possible(&self) -> usize {
        if self.vain >= PROOF { self.most } else { self.most.max(USUAL) }
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.0.0.send_modify(|counts| counts.now -= 1);
    }
}

impl Drop for Lonely {
    fn drop(&mut self) {
        self.0.0.send_modify(|counts| counts.waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn ten_are_believed_in_until_waiting_was_in_vain_or_more_were_seen() {
        let under_way = Arc::new(UnderWay::default());
        let all_wait = || under_way.all_wait().now_or_never().is_some();
        let (_two, waiting) = ([under_way.begin(), under_way.begin()], [under_way.wait(), under_way.wait()]);
        assert!(!all_wait());
        (0..PROOF).for_each(|_| under_way.waited(under_way.begun()));
        assert!(all_wait(), "nobody else ever comes");
        let before = under_way.begun();
        drop(under_way.begin());
        under_way.waited(before);
        assert!(!all_wait(), "somebody came");
        drop(waiting);
        let _twelve: Vec<Doing> = (0..10).map(|_| under_way.begin()).collect();
        let mut waiting: Vec<Lonely> = (0..11).map(|_| under_way.wait()).collect();
        assert!(!all_wait(), "more than ten were seen");
        waiting.push(under_way.wait());
        assert!(all_wait());
    }
}
