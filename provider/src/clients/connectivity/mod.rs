//! The connections of an environment to desktop flows, in the Power Platform API.
//!
//! One PUT makes and changes a connection under an id that the client chooses; it may be sent again. An answer of 201 does not mean that
//! the connection works: its status does. Source:
//! <https://learn.microsoft.com/power-automate/desktop-flows/how-to/set-runowner-desktopflowconnection>

mod calls;
mod connection;
mod key;
mod known;
mod looks;
mod refreshed;
mod remedy;
mod request;
mod usual;

use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use super::cloud::Cloud;
use super::environment_id::EnvironmentId;
use super::error::Error;
use super::going::{Going, User};
use super::http::Http;
use super::pages::Pages;
use calls::Calls;
use known::Known;
use looks::Looks;
use refreshed::Refreshed;

pub use connection::{CONNECTED, Connection, Status, StatusError, is_failure};
pub use key::{Alike, Key};
pub use known::Listed;
pub use looks::Look;
pub use remedy::remedy;
pub use request::{ConnectionRequest, RunOwner};
pub use usual::Usual;

/// The connections of one environment. It lives as long as the configured provider.
#[derive(Debug)]
pub struct Connectivity {
    calls: Calls,
    known: Arc<Known>,
    looks: Arc<Looks>,
    refreshed: Refreshed,
    usual: Usual,
    going: Arc<Going>,
}

impl Connectivity {
    /// The connections of an environment.
    pub(super) fn new(
        http: Arc<Http>,
        cloud: Arc<Cloud>,
        environment_id: EnvironmentId,
        going: Arc<Going>,
    ) -> Connectivity {
        let (calls, known) = (Calls { http, cloud, environment_id }, Arc::<Known>::default());
        let looks = Arc::new(Looks::new(calls.clone(), Arc::clone(&known)));
        Connectivity { calls, known, looks, refreshed: Refreshed::default(), usual: Usual::default(), going }
    }

    /// Makes the connection, or changes it if it is there.
    ///
    /// # Errors
    /// The service's error with everything that is nested in it.
    pub async fn put(&self, id: &str, wanted: &ConnectionRequest<'_>) -> Result<Connection, Error> {
        self.refreshed.write(id);
        self.calls.put(id, wanted).await
    }

    /// The connection with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read, a missing environment included.
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>, Error> {
        self.read(id, None).await
    }

    /// The desktop flow connections that the principal may see, as pages arrive.
    ///
    /// # Errors
    /// An environment that has no address.
    pub fn connections(&self) -> Result<Pages<Connection>, Error> {
        self.calls.connections()
    }

    /// Deletes the connection; false when it was not there.
    ///
    /// # Errors
    /// Whatever keeps it from being deleted, a missing environment included.
    pub async fn delete(&self, id: &str) -> Result<bool, Error> {
        let _going = self.going.begin(User::Connection(id.to_owned()));
        self.refreshed.write(id);
        self.calls.delete(id).await
    }

    /// The connections that sign in with a credential, as far as the service says so. The list may be of before: what counts is what a
    /// read finds now, when whatever this process is just deleting is gone; that is waited for until the time is up.
    ///
    /// # Errors
    /// Whatever keeps the connections from being listed or read.
    pub async fn using(&self, credential_id: Uuid, until: Instant) -> Result<Vec<Connection>, Error> {
        let uses = |connection: &Connection| connection.credential_id == Some(credential_id);
        let listed = self.listed().await?;
        let mut ids: Vec<String> =
            listed.connections.iter().filter(|listed| uses(listed)).map(|listed| listed.id.clone()).collect();
        let mut waits = true;
        loop {
            let mut using = Vec::new();
            for id in &ids {
                self.going.ended(&User::Connection(id.clone())).await;
                if !self.known.is_gone(id) {
                    using.extend(self.connection(id).await?);
                }
            }
            using.retain(|now| now.credential_id.is_none_or(|id| id == credential_id));
            if using.is_empty() || !waits {
                return Ok(using);
            }
            // One more look when nothing more is going: what went meanwhile is gone.
            ids = using.into_iter().map(|now| now.id).collect();
            let users: Vec<User> = ids.iter().cloned().map(User::Connection).collect();
            waits = self.going.one_goes(&users, until).await;
        }
    }

    /// Takes the place of a key for a connection that is about to be made, unless another one is the same already: that is returned.
    ///
    /// # Errors
    /// Whatever keeps the connections from being listed or read.
    pub async fn reserve(&self, key: &Key, id: &str) -> Result<Option<Alike>, Error> {
        let listed = self.lately_listed().await?;
        let found = self.alike(&listed, key, id).await?.into_iter().next();
        let ours = |id| Alike { id, created_on: None, unsaid: Vec::new() };
        Ok(found.or_else(|| self.known.reserve(key, id).map(ours)))
    }

    /// The connections that are the same as the one that was just written under this id, whoever made them: among those of a list that
    /// shows it, or else of a new one.
    ///
    /// # Errors
    /// Whatever keeps the connections from being listed or read.
    pub async fn twins(&self, key: &Key, id: &str, list: Option<Result<Listed, Error>>) -> Result<Vec<Alike>, Error> {
        let listed = match list {
            Some(listed) => listed?,
            None => self.listed().await?,
        };
        self.alike(&listed, key, id).await
    }

    /// The listed connections but `id` that are the same. A list says less than a read, and may be of before.
    async fn alike(&self, listed: &Listed, key: &Key, id: &str) -> Result<Vec<Alike>, Error> {
        let mut alike = Vec::new();
        for listed in self.known.candidates(listed, key, id) {
            self.going.ended(&User::Connection(listed.id.clone())).await;
            if !self.known.is_gone(&listed.id) {
                let now = self.connection(&listed.id).await?;
                alike.extend(now.and_then(|now| key.alike(&now.or(listed))));
            }
        }
        Ok(alike)
    }

    /// How long it usually takes until a new connection is connected.
    pub fn usual(&self) -> &Usual {
        &self.usual
    }

    /// Remembers what a connection has become.
    pub fn rekey(&self, key: Key, id: &str) {
        self.known.rekey(key, id);
    }

    /// Forgets a connection that is not there, or not any more.
    pub fn release(&self, id: &str) {
        self.known.release(id);
    }
}
