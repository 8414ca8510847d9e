//! Questions that will be one request, and who asks them.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::clients::under_way::{Lonely, UnderWay};

/// A wait of so long proves something when nobody came.
const TELLING: Duration = Duration::from_millis(100);

/// Questions that will be one request.
pub(super) struct Group<K> {
    at_most: usize,
    /// None once it is closed.
    members: Mutex<Option<Vec<Member<K>>>>,
    is_full: Notify,
}

struct Member<K> {
    number: u64,
    key: K,
    _lonely: Option<Lonely>,
}

/// Somebody's place in a group, until this is dropped.
pub(super) struct Place<K> {
    group: Arc<Group<K>>,
    number: u64,
}

impl<K: Clone + Eq> Group<K> {
    /// Nobody asks yet; one request can hold so many keys.
    pub(super) fn new(at_most: usize) -> Group<K> {
        Group { at_most, members: Mutex::new(Some(Vec::new())), is_full: Notify::new() }
    }

    /// A place in it; none when it is closed, or full.
    pub(super) fn join(self: &Arc<Self>, number: u64, key: &K, under_way: Option<&Arc<UnderWay>>) -> Option<Place<K>> {
        let mut members = self.members();
        let members = members.as_mut()?;
        let is_new = members.iter().all(|member| member.key != *key);
        if is_new && distinct(members).len() >= self.at_most {
            return None;
        }
        members.push(Member { number, key: key.clone(), _lonely: under_way.map(UnderWay::wait) });
        if distinct(members).len() >= self.at_most {
            self.is_full.notify_one();
        }
        Some(Place { group: Arc::clone(self), number })
    }

    /// Waits until it is full, until nobody can come, or until the time is up that it pays to wait.
    pub(super) async fn waits(self: Arc<Self>, time: Duration, under_way: Option<Arc<UnderWay>>) {
        let (half, until) = (Instant::now() + time / 2, Instant::now() + time);
        // Those who work side by side come together: who is to come besides comes in the second half too.
        let late = async {
            sleep_until(half).await;
            let begun = under_way.as_ref().map(|under_way| under_way.begun());
            sleep_until(until).await;
            if let (Some(under_way), Some(begun), true) = (&under_way, begun, time >= TELLING) {
                under_way.waited(begun);
            }
        };
        let nobody_comes = async {
            match &under_way {
                Some(under_way) => under_way.all_wait().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.is_full.notified() => {}
            () = nobody_comes => {}
            () = late => {}
        }
    }

    /// Closes it: the keys of those who are still there, each once.
    pub(super) fn close(&self) -> Vec<K> {
        distinct(&self.members().take().unwrap_or_default())
    }

    fn members(&self) -> MutexGuard<'_, Option<Vec<Member<K>>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn distinct<K: Clone + Eq>(members: &[Member<K>]) -> Vec<K> {
    let mut keys = Vec::new();
    for member in members {
        if !keys.contains(&member.key) {
            keys.push(member.key.clone());
        }
    }
    keys
}

impl<K> Drop for Place<K> {
    fn drop(&mut self) {
        let mut members = self.group.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.iter_mut().for_each(|members| members.retain(|member| member.number != self.number));
    }
}
