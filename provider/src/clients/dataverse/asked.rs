//! Rows that are asked for now, whatever is known of them: what many objects ask at the same moment is one query.
//!
//! A query names rows one by one, so that it costs the same whatever else is in the table. What it does not find is asked for by its id
//! before it is called gone: a row may be invisible, and a list proves nothing.

use std::future::Future;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::Instant;
use uuid::Uuid;

use super::credential::Credential;
use super::environment_variable::Definition;
use super::table::{Filter, Table, any, columns};
use super::{Dataverse, Error};
use crate::clients::company::Company;
use crate::clients::going::User;

/// So many are asked for at once: the address stays below the eight kilobytes that proxies take.
const AT_ONCE: usize = 16;

/// The questions to an organization, by their kind.
#[derive(Debug)]
pub(super) struct Asked {
    variables: Company<Uuid, Answer<Definition>>,
    credentials: Company<Uuid, Answer<Credential>>,
    variable_names: Company<String, Answer<Definition>>,
    credential_names: Company<String, Answer<Credential>>,
    users: Company<Uuid, Answer<Credential>>,
    leaving: Company<(Uuid, Option<Uuid>), Answer<Owning>>,
}

/// What a query has found, and whether what is not among it is certainly not there.
type Answer<T> = (Arc<[T]>, bool);

impl Default for Asked {
    fn default() -> Asked {
        Asked {
            variables: Company::new(AT_ONCE),
            credentials: Company::new(AT_ONCE),
            variable_names: Company::new(AT_ONCE),
            credential_names: Company::new(AT_ONCE),
            users: Company::new(AT_ONCE),
            leaving: Company::new(AT_ONCE),
        }
    }
}

/// A credential with the variable that holds its user name, which comes without its values.
#[derive(Debug, Clone, Deserialize)]
struct Owning {
    #[serde(flatten)]
    credential: Credential,
    username: Option<Definition>,
}

impl Table for Owning {
    const SET: &'static str = Credential::SET;
    const LOGICAL: &'static str = Credential::LOGICAL;
    const ROW: &'static str = Credential::ROW;
    const NAME: &'static str = Credential::NAME;
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.credential.id
    }

    fn selection() -> Vec<(&'static str, String)> {
        let inside = columns::<Definition>(Definition::EXPAND.map(|expand| expand.property));
        vec![("$select", columns::<Credential>(None)), ("$expand", format!("username($select={inside})"))]
    }
}

impl Owning {
    /// Each of these credentials, and whoever uses the variable beside it.
    fn or_using(keys: &[(Uuid, Option<Uuid>)]) -> Filter {
        let variables: Vec<Uuid> = keys.iter().filter_map(|(_, variable)| *variable).collect();
        let own = keys.iter().map(|(id, _)| format!("credentialid eq {id}"));
        let users = Some(Credential::using(&variables).condition).filter(|users| !users.is_empty());
        let operation = match keys {
            [(id, _)] => format!("reading the credential {id}"),
            several => format!("reading {} credentials", several.len()),
        };
        Filter { operation, condition: any(own.chain(users)), ..Filter::default() }
    }
}

/// A credential that is to be removed.
#[derive(Debug)]
pub struct Leaving {
    /// It, as it is now; none when it is gone.
    pub credential: Option<Credential>,
    /// The variable that holds its user name, without its values.
    pub variable: Option<Definition>,
    /// The credentials that use that variable.
    pub users: Vec<Credential>,
}

impl Dataverse {
    /// The environment variable with this id, as it is now; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn variable(&self, id: Uuid) -> Result<Option<Definition>, Error> {
        self.one_of(&self.asked.variables, id).await
    }

    /// The same of a credential.
    ///
    /// # Errors
    /// As [`Dataverse::variable`].
    pub async fn credential(&self, id: Uuid) -> Result<Option<Credential>, Error> {
        self.one_of(&self.asked.credentials, id).await
    }

    /// The environment variables with this name, of which there is one at the most.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn named_variables(&self, name: &str) -> Result<Vec<Definition>, Error> {
        self.named(&self.asked.variable_names, name, |row| &row.schema_name).await
    }

    /// The credentials with this name.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn named_credentials(&self, name: &str) -> Result<Vec<Credential>, Error> {
        self.named(&self.asked.credential_names, name, |row| &row.name).await
    }

    /// The credentials that point at an environment variable.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn users(&self, variable: Uuid) -> Result<Vec<Credential>, Error> {
        let operation = Credential::using(&[variable]).operation;
        let ask = |own: Arc<Dataverse>, ids: Vec<Uuid>| async move {
            own.found(&Credential::using(&ids), ids.len() == 1).await
        };
        let (rows, is_alone) = self.ask(&operation, &self.asked.users, variable, ask).await?;
        Ok(rows.iter().filter(|row| is_alone || row.uses(variable)).cloned().collect())
    }

    /// The same when whatever this process is just deleting of them is gone; that is waited for until the time is up.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn users_left(&self, variable: Uuid, until: Instant) -> Result<Vec<Credential>, Error> {
        let mut waits = true;
        loop {
            let rows = self.users(variable).await?;
            if rows.is_empty() || !waits {
                return Ok(rows);
            }
            // One more look when nothing more is going: what went meanwhile is gone.
            let users: Vec<User> = rows.iter().map(|row| User::Row(row.id)).collect();
            waits = self.going.one_goes(&users, until).await;
        }
    }

    /// A credential that is to be removed, with the variable of its user name and whoever uses that; `variable` is what is known of which
    /// it is.
    ///
    /// # Errors
    /// Whatever keeps one of them from being read.
    pub async fn leaving(&self, id: Uuid, variable: Option<Uuid>) -> Result<Leaving, Error> {
        let operation = format!("reading the credential {id}");
        let ask = |own: Arc<Dataverse>, keys: Vec<_>| async move { own.found(&Owning::or_using(&keys), true).await };
        let (rows, _) = self.ask(&operation, &self.asked.leaving, (id, variable), ask).await?;
        let (credential, along) = match rows.iter().find(|row| row.credential.id == id).cloned() {
            Some(Owning { credential, username }) => (Some(credential), username),
            None => (self.by_id::<Credential>(id).await?, None),
        };
        // Without its credential, the variable is found by what is known of it.
        let Some(now) = credential.as_ref().map_or(variable, |credential| credential.username_id) else {
            return Ok(Leaving { credential, variable: None, users: Vec::new() });
        };
        let users = match Some(now) == variable {
            true => rows.iter().map(|row| &row.credential).filter(|row| row.uses(now)).cloned().collect(),
            false => self.users(now).await?,
        };
        let variable = match along.filter(|along| along.id == now) {
            Some(along) => Some(along),
            None => self.variable(now).await?,
        };
        Ok(Leaving { credential, variable, users })
    }

    async fn one_of<T: Table + Clone + Sync>(
        &self,
        company: &Company<Uuid, Answer<T>>,
        id: Uuid,
    ) -> Result<Option<T>, Error> {
        let operation = format!("reading the {} {id}", T::ROW);
        let ask = |own: Arc<Dataverse>, ids: Vec<Uuid>| async move {
            match ids.as_slice() {
                [id] => Ok((own.by_id::<T>(*id).await?.into_iter().collect(), true)),
                ids => own.found(&Filter::with_ids::<T>(ids), false).await,
            }
        };
        let (rows, is_certain) = self.ask(&operation, company, id, ask).await?;
        match rows.iter().find(|row| row.id() == id).cloned() {
            None if !is_certain => self.by_id(id).await,
            found => Ok(found),
        }
    }

    async fn named<T: Table + Clone + Sync>(
        &self,
        company: &Company<String, Answer<T>>,
        name: &str,
        named: fn(&T) -> &str,
    ) -> Result<Vec<T>, Error> {
        let ask = |own: Arc<Dataverse>, names: Vec<String>| async move {
            own.found(&Filter::named::<T>(&names), names.len() == 1).await
        };
        let operation = Filter::named::<T>(&[name]).operation;
        let (rows, is_alone) = self.ask(&operation, company, name.to_owned(), ask).await?;
        // The service does not tell upper from lower case.
        let is_so = |row: &&T| is_alone || named(row).to_lowercase() == name.to_lowercase();
        Ok(rows.iter().filter(is_so).cloned().collect())
    }

    async fn found<T: Table>(&self, filter: &Filter, is_certain: bool) -> Result<Answer<T>, Error> {
        Ok((self.all(filter).few().await?.into(), is_certain))
    }

    async fn ask<K, T, F>(
        &self,
        operation: &str,
        company: &Company<K, Answer<T>>,
        key: K,
        ask: impl FnOnce(Arc<Dataverse>, Vec<K>) -> F + Send + 'static,
    ) -> Result<Answer<T>, Error>
    where
        K: Clone + Eq + Send + 'static,
        T: Table + Sync,
        F: Future<Output = Result<Answer<T>, Error>> + Send + 'static,
    {
        let own = self.own.clone();
        let question = move |keys| {
            // Whoever waits for the answer has it: without anybody, none is asked for.
            let asking = own.upgrade().map(|own| ask(own, keys));
            async move {
                match asking {
                    Some(asking) => asking.await,
                    None => Ok((Arc::default(), true)),
                }
            }
        };
        let host = self.url.host_str().unwrap_or_default();
        self.http.in_time(host, operation, company.ask(operation, key, question)).await
    }
}
