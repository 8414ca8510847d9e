//! Rows that are asked for now, whatever is known of them: what many objects ask at the same moment is one query.
//!
//! A query names rows one by one, so that it costs the same whatever else is in the table. What it does not find is asked for by its id
//! before it is called gone: a row may be invisible, and a list proves nothing.

use std::future::Future;
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use super::credential::Credential;
use super::environment_variable::Definition;
use super::table::{Filter, Table, any, quoted};
use super::with_username::WithUsername;
use super::{Dataverse, Error, encoded};
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

/// What a query has found.
#[derive(Debug)]
enum Answer<T> {
    /// For the only one who asked.
    Alone(Arc<[T]>),
    /// For several.
    Several(Arc<[T]>),
    /// Nothing that tells for whom it is.
    Nothing,
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Answer<T> {
        match self {
            Answer::Alone(rows) => Answer::Alone(Arc::clone(rows)),
            Answer::Several(rows) => Answer::Several(Arc::clone(rows)),
            Answer::Nothing => Answer::Nothing,
        }
    }
}

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
type Owning = WithUsername<false>;

/// Each of these credentials, and whoever uses the variable beside it.
fn these_or_using(keys: &[(Uuid, Option<Uuid>)]) -> Filter {
    let variables: Vec<Uuid> = keys.iter().filter_map(|(_, variable)| *variable).collect();
    let own = keys.iter().map(|(id, _)| format!("credentialid eq {id}"));
    let users = Some(Credential::using(&variables).condition).filter(|users| !users.is_empty());
    let operation = match keys {
        [(id, _)] => format!("reading the credential {id}"),
        several => format!("reading {} credentials", several.len()),
    };
    Filter { operation, condition: any(own.chain(users)), ..Filter::default() }
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
            let rows: Vec<Credential> = own.all(&Credential::using(&ids)).few().await?;
            // Of one whose lookups may not be seen nobody can tell whose user it is.
            let is_told = rows.iter().all(|row| ids.iter().any(|id| row.uses(*id)));
            Ok((rows, is_told))
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
        let ask = |own: Arc<Dataverse>, keys: Vec<(Uuid, Option<Uuid>)>| async move {
            let rows: Vec<Owning> = own.all(&these_or_using(&keys)).few().await?;
            let is_asked = |row: &Credential| {
                keys.iter().any(|(id, variable)| row.id == *id || variable.is_some_and(|variable| row.uses(variable)))
            };
            let is_told = rows.iter().all(|row| is_asked(&row.credential));
            Ok((rows, is_told))
        };
        let (rows, is_alone) = self.ask(&operation, &self.asked.leaving, (id, variable), ask).await?;
        let (credential, along) = match rows.iter().find(|row| row.credential.id == id).cloned() {
            Some(Owning { credential, username }) => (Some(credential), username),
            None => (self.by_id::<Credential>(id).await?, None),
        };
        // Without its credential, the variable is found by what is known of it.
        let Some(now) = credential.as_ref().map_or(variable, |credential| credential.username_id) else {
            return Ok(Leaving { credential, variable: None, users: Vec::new() });
        };
        let users = match Some(now) == variable {
            true => {
                let is_user = |row: &&Credential| row.uses(now) || is_alone && row.id != id;
                rows.iter().map(|row| &row.credential).filter(is_user).cloned().collect()
            }
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
            let rows = match ids.as_slice() {
                [id] => own.by_id::<T>(*id).await?.into_iter().collect(),
                ids => own.all(&Filter::with_ids::<T>(ids)).few().await?,
            };
            Ok((rows, true))
        };
        let (rows, is_alone) = self.ask(&operation, company, id, ask).await?;
        match rows.iter().find(|row| row.id() == id).cloned() {
            None if !is_alone => self.by_id(id).await,
            found => Ok(found),
        }
    }

    async fn named<T: Table + Clone + Sync>(
        &self,
        company: &Company<String, Answer<T>>,
        name: &str,
        named: fn(&T) -> &str,
    ) -> Result<Vec<T>, Error> {
        let ask = move |own: Arc<Dataverse>, names: Vec<String>| async move {
            let mut rows: Vec<T> = Vec::new();
            for names in addressable(&names) {
                rows.extend(own.all(&Filter::named::<T>(names)).few().await?);
            }
            // What is the same name to the service need not be to us: it may tell no accents apart.
            let is_told = rows.iter().all(|row| names.iter().any(|name| is_same(named(row), name)));
            Ok((rows, is_told))
        };
        let operation = Filter::named::<T>(&[name]).operation;
        let (rows, is_alone) = self.ask(&operation, company, name.to_owned(), ask).await?;
        let is_so = |row: &&T| is_alone || is_same(named(row), name);
        Ok(rows.iter().filter(is_so).cloned().collect())
    }

    /// The answer of the query that serves this question, and whether it was asked alone. Where the answer does not tell for whom a row is,
    /// or a query of several is refused, each is asked alone.
    async fn ask<K, T, F>(
        &self,
        operation: &str,
        company: &Company<K, Answer<T>>,
        key: K,
        ask: impl Fn(Arc<Dataverse>, Vec<K>) -> F + Copy + Send + 'static,
    ) -> Result<(Arc<[T]>, bool), Error>
    where
        K: Clone + Eq + Send + 'static,
        T: Table + Sync,
        F: Future<Output = Result<(Vec<T>, bool), Error>> + Send + 'static,
    {
        let own = self.own.clone();
        let question = move |keys: Vec<K>| async move {
            // Whoever waits for the answer has it: without anybody, none is asked for.
            let (Some(own), is_alone) = (own.upgrade(), keys.len() == 1) else { return Ok(Answer::Nothing) };
            match ask(own, keys).await {
                Ok((rows, _)) if is_alone => Ok(Answer::Alone(rows.into())),
                Ok((rows, true)) => Ok(Answer::Several(rows.into())),
                Ok((_, false)) => Ok(Answer::Nothing),
                Err(error) if !is_alone && is_of_one(&error) => Ok(Answer::Nothing),
                Err(error) => Err(error),
            }
        };
        let host = self.url.host_str().unwrap_or_default();
        let answer = self.http.in_time(host, operation, company.ask(operation, key.clone(), question)).await?;
        match (answer, self.own.upgrade()) {
            (Answer::Alone(rows), _) => Ok((rows, true)),
            (Answer::Several(rows), _) => Ok((rows, false)),
            (Answer::Nothing, Some(own)) => Ok((ask(own, vec![key]).await?.0.into(), true)),
            (Answer::Nothing, None) => Ok((Arc::default(), true)),
        }
    }
}

/// Whether two names are the same; the service does not tell upper from lower case.
fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether what a query of several has failed with may be the matter of one of them.
fn is_of_one(error: &Error) -> bool {
    let is_everybody_s = error.is_stopped()
        || error.is_overdue()
        || error.is_own()
        || error.is_unauthorized()
        || error.is_throttled()
        || error.is_unreachable()
        || error.is_not_the_service()
        || error.is_fault_of_theirs();
    !is_everybody_s
}

/// The names in parts, each of which fits into an address.
fn addressable(names: &[String]) -> Vec<&[String]> {
    const ROOM: usize = 5_000;
    let (mut parts, mut from, mut length) = (Vec::new(), 0, 0);
    for (place, name) in names.iter().enumerate() {
        let long = encoded(&quoted(name)).len() + 40;
        if length + long > ROOM && place > from {
            parts.push(&names[from..place]);
            (from, length) = (place, 0);
        }
        length += long;
    }
    parts.push(&names[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_asked_for_in_addresses_that_are_not_too_long() {
        let names = |name: &str| vec![name.repeat(100); AT_ONCE];
        let parts = |names: &[String]| addressable(names).iter().map(|part| part.len()).collect::<Vec<_>>();
        assert_eq!(parts(&names("a")), [16]);
        assert_eq!(parts(&names("漢")), [5, 5, 5, 1]);
        assert_eq!(parts(&["x".repeat(9000), "y".to_owned()]), [1, 1]);
    }
}
