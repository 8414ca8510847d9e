//! What a refresh reads: rows one by one, or from a list when there are many.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::credential::Credential;
use super::environment_variable::Definition;
use super::table::{Filter, Table};
use super::with_username::WithUsername;
use super::{Dataverse, Error};
use crate::clients::gather::Gather;

/// A credential with its user name. A variable never has as many values as a page holds: the link beside them, which leads further or to
/// nothing, is not followed.
type Whole = WithUsername<true>;

/// The rows that were asked for since the provider was configured.
#[derive(Debug)]
pub(super) struct Refreshed {
    references: Gather<Uuid, Definition>,
    credentials: Gather<Uuid, Whole>,
    tells_no_nested: AtomicBool,
}

impl Default for Refreshed {
    fn default() -> Refreshed {
        let (references, credentials) = (Gather::new(Table::id), Gather::new(Table::id));
        Refreshed { references, credentials, tells_no_nested: AtomicBool::new(false) }
    }
}

impl Dataverse {
    /// The reference with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn refreshed_reference(&self, id: Uuid) -> Result<Option<Definition>, Error> {
        let list = || self.all(&Filter::gathered::<Definition>(&Definition::kind_of_references()));
        let asked = (id, self.written());
        self.refreshed.references.read("reading an environment variable", asked, list, self.by_id(id)).await
    }

    /// The credential with this id, and the variable that holds its user name, if it has one; none only when the service says that
    /// there is no such credential.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn refreshed_credential(&self, id: Uuid) -> Result<Option<(Credential, Option<Definition>)>, Error> {
        let list = || self.all(&Filter::gathered::<Whole>(&Credential::kind_of_certificate_based()));
        let one = self.one_credential(id).boxed();
        let asked = (id, self.written());
        let read = self.refreshed.credentials.read("reading a credential", asked, list, one).await?;
        let Some(Whole { credential, username }) = read else { return Ok(None) };
        let username = match (username, credential.username_id) {
            // It did not come along, be it that it may not be read: the service says which.
            (None, Some(id)) => self.by_id(id).await?,
            (username, _) => username,
        };
        Ok(Some((credential, username)))
    }

    /// The credential with its variable in one question; where the service does not tell a list inside of a row inside, in two.
    async fn one_credential(&self, id: Uuid) -> Result<Option<Whole>, Error> {
        if !self.refreshed.tells_no_nested.load(Ordering::Relaxed) {
            match self.by_id::<Whole>(id).await {
                Err(error) if error.is_misunderstood() => {
                    self.refreshed.tells_no_nested.store(true, Ordering::Relaxed);
                }
                read => return read,
            }
        }
        Ok(self.by_id(id).await?.map(|credential| Whole { credential, username: None }))
    }

    fn written(&self) -> u64 {
        self.http.written(self.url.host_str().unwrap_or_default())
    }
}
