//! What a refresh reads: rows one by one, or from a list when there are many.

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::credential::Credential;
use super::environment_variable::Definition;
use super::table::{Filter, Table, columns};
use super::{Dataverse, Error};
use crate::clients::gather::Gather;

/// The rows that were asked for since the provider was configured.
#[derive(Debug)]
pub(super) struct Refreshed {
    references: Gather<Uuid, Definition>,
    credentials: Gather<Uuid, Whole>,
}

impl Default for Refreshed {
    fn default() -> Refreshed {
        Refreshed { references: Gather::new(Table::id), credentials: Gather::new(Table::id) }
    }
}

/// A credential with the variable that holds its user name. A variable never has as many values as a page holds: the link beside them, which
/// leads further or to nothing, is not followed.
#[derive(Debug, Clone, Deserialize)]
struct Whole {
    #[serde(flatten)]
    credential: Credential,
    username: Option<Definition>,
}

impl Table for Whole {
    const SET: &'static str = Credential::SET;
    const LOGICAL: &'static str = Credential::LOGICAL;
    const ROW: &'static str = Credential::ROW;
    const NAME: &'static str = Credential::NAME;
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.credential.id
    }

    fn selection() -> Vec<(&'static str, String)> {
        let inside: Vec<String> =
            Definition::selection().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![("$select", columns::<Credential>(None)), ("$expand", format!("username({})", inside.join(";")))]
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
        let one = async { Ok(self.by_id(id).await?.map(|credential| Whole { credential, username: None })) };
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

    fn written(&self) -> u64 {
        self.http.written(self.url.host_str().unwrap_or_default())
    }
}
