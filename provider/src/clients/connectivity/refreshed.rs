//! What a refresh reads: connections one by one, or from the list when there are many.
//!
//! Whether the list tells as much of a connection as a read of it, no page says. What reads have told so far is the measure: a listed
//! connection of which less is told is read by itself, and when that tells more, no list is asked any more.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch::Sender;
use uuid::Uuid;

use super::Connectivity;
use super::connection::{Connection, Told};
use crate::clients::error::Error;
use crate::clients::gather::Gather;
use crate::clients::guid::guid;
use crate::clients::leave;

/// The connections that were asked for since the provider was configured, and how much is told of one.
#[derive(Debug)]
pub(super) struct Refreshed {
    gather: Gather<Uuid, Connection>,
    /// What this process has written, or is about to: what was listed of it may be of before.
    written: Mutex<HashSet<Uuid>>,
    measure: Sender<Measure>,
    lists_say_less: AtomicBool,
}

/// How much is told of a connection.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    /// What reads have told; nothing before the first.
    told: Option<Told>,
    /// How many are being read.
    reading: u32,
}

/// A connection that is being read, until this is dropped.
struct Reading<'a>(&'a Sender<Measure>);

impl Default for Refreshed {
    fn default() -> Refreshed {
        // Under an id that is no GUID nothing is looked for on the list.
        let gather = Gather::new(|connection: &Connection| guid(&connection.id).unwrap_or_default());
        Refreshed {
            gather,
            written: Mutex::default(),
            measure: Sender::default(),
            lists_say_less: AtomicBool::new(false),
        }
    }
}

impl Refreshed {
    /// A connection is about to be written.
    pub(super) fn write(&self, id: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).extend(guid(id));
    }

    /// Learns from a read, and from what the list said of the same connection.
    pub(super) fn learn(&self, read: &Connection, listed: Option<&Connection>) {
        if listed.is_some_and(|listed| !listed.told().holds(read.told())) {
            self.lists_say_less.store(true, Ordering::Relaxed);
        }
        self.measure.send_modify(|measure| measure.told = Some(measure.told.unwrap_or_default().and(read.told())));
    }

    /// Waits for the first read, if one is under way, to tell how much there is to tell.
    async fn measured(&self) {
        // The sender lives as long as `self`: the wait cannot fail.
        let is_over = |measure: &Measure| measure.told.is_some() || measure.reading == 0;
        let _ = self.measure.subscribe().wait_for(is_over).await;
    }

    fn begin_to_read(&self) -> Reading<'_> {
        self.measure.send_modify(|measure| measure.reading += 1);
        Reading(&self.measure)
    }

    /// Whether a list is known to say less than a read.
    pub(super) fn lists_say_less(&self) -> bool {
        self.lists_say_less.load(Ordering::Relaxed)
    }

    /// Whether a list has told as much as a read would.
    pub(super) fn is_enough(&self, listed: &Connection) -> bool {
        let told = self.measure.borrow().told;
        let says_why = !listed.is_failed() || listed.reason().is_some();
        says_why && told.is_some_and(|told| listed.told().holds(told))
    }

    /// What the connection is looked for by on the list; nothing when it has to be read by itself.
    fn key(&self, id: &str) -> Option<Uuid> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        guid(id).filter(|key| !self.lists_say_less() && !written.contains(key))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|measure| measure.reading -= 1);
    }
}

impl Connectivity {
    /// The connection with this id, as it is after the provider was configured, and after what this process has written; none only when
    /// the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn refreshed(&self, id: &str) -> Result<Option<Connection>, Error> {
        let Some(key) = self.refreshed.key(id) else { return self.connection(id).await };
        let pages = self.connections()?;
        // What others write of ours counts for none but that very connection.
        let gathered = self.refreshed.gather.read("listing the connections", (key, 0), || pages, async { Ok(None) });
        let listed = gathered.await?.filter(|_| self.refreshed.key(id).is_some());
        if listed.is_some() {
            leave::wait("listing the connections", self.refreshed.measured()).await?;
        }
        match listed {
            Some(listed) if self.refreshed.is_enough(&listed) => Ok(Some(listed)),
            listed => self.read(id, listed.as_ref()).await,
        }
    }

    /// Reads a connection by itself, of which a list may have said something.
    pub(super) async fn read(&self, id: &str, listed: Option<&Connection>) -> Result<Option<Connection>, Error> {
        let _reading = self.refreshed.begin_to_read();
        let read = self.calls.connection(id).await?;
        read.iter().for_each(|read| self.refreshed.learn(read, listed));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::connectivity::connection::Wire;
    use crate::clients::secrets::Secrets;
    use serde_json::{Value as Json, json};

    fn connection(properties: Json) -> Connection {
        let wire = json!({ "name": Uuid::from_u128(1), "properties": properties }).to_string();
        serde_json::from_str::<Wire>(&wire).unwrap().read(&Secrets::default())
    }

    #[test]
    fn what_reads_tell_is_what_a_list_must_tell() {
        let connected = json!([{"status": "Connected"}]);
        let less = connection(json!({ "displayName": "Robot", "statuses": connected }));
        let more =
            connection(json!({ "displayName": "Robot", "statuses": connected, "credentialId": Uuid::from_u128(2) }));
        let refreshed = Refreshed::default();
        assert!(!refreshed.is_enough(&more), "no read has told how much there is to tell");
        refreshed.learn(&less, Some(&less));
        assert!(refreshed.is_enough(&less) && !refreshed.lists_say_less());
        refreshed.learn(&more, Some(&less));
        assert!(!refreshed.is_enough(&less) && refreshed.is_enough(&more) && refreshed.lists_say_less());
    }

    #[test]
    fn a_failure_without_a_reason_is_read_again() {
        let refreshed = Refreshed::default();
        let silent = connection(json!({ "statuses": [{"status": "Error"}] }));
        refreshed.learn(&silent, None);
        assert!(!refreshed.is_enough(&silent));
        let error = json!({ "code": "401", "message": "no" });
        assert!(refreshed.is_enough(&connection(json!({ "statuses": [{"status": "Error", "error": error}] }))));
    }

    #[test]
    fn what_is_written_is_not_looked_for_on_a_list() {
        let (refreshed, id) = (Refreshed::default(), Uuid::from_u128(0xab).to_string());
        assert!(refreshed.key(&id).is_some() && refreshed.key("shared-uiflow-1").is_none());
        refreshed.write(&id.to_uppercase());
        assert!(refreshed.key(&id).is_none());
    }
}
