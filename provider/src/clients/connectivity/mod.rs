//! The connections of an environment to desktop flows, in the Power Platform API.
//!
//! One PUT makes and changes a connection under an id that the client chooses; it may be sent again. An answer of 201 does not mean that
//! the connection works: its status does. Source:
//! <https://learn.microsoft.com/power-automate/desktop-flows/how-to/set-runowner-desktopflowconnection>

mod connection;
mod key;
mod known;
mod remedy;
mod request;

use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::cloud::Cloud;
use super::company::Company;
use super::environment_id::EnvironmentId;
use super::error::Error;
use super::going::{Going, User};
use super::guid::guid;
use super::http::Http;
use super::pages::{Pages, Row};
use super::request::Request;
use super::secret::Secret;
use super::secrets::Secrets;
use connection::Wire;
use known::Known;

pub use connection::{CONNECTED, Connection, Status, StatusError, is_failure};
pub use key::{Alike, Key};
pub use remedy::remedy;
pub use request::{ConnectionRequest, RunOwner};

const CONNECTOR: &str = "shared_uiflow";

/// The connections of one environment. It lives as long as the configured provider.
#[derive(Debug)]
pub struct Connectivity {
    http: Arc<Http>,
    cloud: Arc<Cloud>,
    environment_id: EnvironmentId,
    known: Known,
    lists: Company<(), Arc<Vec<Connection>>>,
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
        let (known, lists) = (Known::default(), Company::new(usize::MAX).in_turn());
        Connectivity { http, cloud, environment_id, known, lists, going }
    }

    /// Makes the connection, or changes it if it is there.
    ///
    /// # Errors
    /// The service's error with everything that is nested in it.
    pub async fn put(&self, id: &str, wanted: &ConnectionRequest<'_>) -> Result<Connection, Error> {
        let operation = format!("writing the connection {id}");
        for secret in wanted.run_owner.iter().flat_map(|owner| [&owner.pfx, &owner.password]) {
            self.http.secrets().remember(secret.reveal());
        }
        let body = |said| request::body(&self.environment_id, wanted, said);
        let request = self.request(operation, Method::PUT, Some(id))?;
        let request = request.json(&body(Secret::reveal), &body(request::hidden));
        self.one(&request).await
    }

    /// The connection with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read, a missing environment included.
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>, Error> {
        let request = self.request(format!("reading the connection {id}"), Method::GET, Some(id))?;
        match self.one(&request).await {
            Err(error) if error.proves_no_connection(id) => Ok(None),
            Ok(other) if !is_spelled(&other.id, id) => {
                Err(Error::unexpected(&request.operation, "it is about another connection"))
            }
            read => read.map(Some),
        }
    }

    /// The desktop flow connections that the principal may see, as pages arrive.
    ///
    /// # Errors
    /// An environment that has no address.
    pub fn connections(&self) -> Result<Pages<Connection>, Error> {
        let request = self.request("listing the connections".to_owned(), Method::GET, None)?;
        let secrets = Arc::clone(self.http.secrets());
        Ok(Pages::of(&self.http, &self.cloud.power_platform_scope(), request, move |row| ours(row, &secrets)))
    }

    /// Deletes the connection; false when it was not there.
    ///
    /// # Errors
    /// Whatever keeps it from being deleted, a missing environment included.
    pub async fn delete(&self, id: &str) -> Result<bool, Error> {
        let _going = self.going.begin(User::Connection(id.to_owned()));
        let request = self.request(format!("deleting the connection {id}"), Method::DELETE, Some(id))?;
        match self.http.send(&self.cloud.power_platform_scope(), &request).await {
            Ok(answer) => answer.expect_own(&request.operation).map(|()| true),
            Err(error) if error.proves_no_connection(id) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All of the connections that the principal may see, as they are listed after this is asked. Whoever asks meanwhile shares the list.
    ///
    /// # Errors
    /// Whatever keeps them from being listed.
    pub async fn listed(&self) -> Result<Arc<Vec<Connection>>, Error> {
        let pages = self.connections()?;
        self.lists.ask("listing the connections", (), |_| async { pages.all().await.map(Arc::new) }).await
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
            listed.iter().filter(|listed| uses(listed)).map(|listed| listed.id.clone()).collect();
        let mut waits = true;
        loop {
            let mut using = Vec::new();
            for id in &ids {
                self.going.ended(&User::Connection(id.clone())).await;
                using.extend(self.connection(id).await?);
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
        if !self.known.are_listed() {
            self.known.list(self.listed().await?);
        }
        let found = self.alike(key, id).await?.into_iter().next();
        let ours = |id| Alike { id, created_on: None, unsaid: Vec::new() };
        Ok(found.or_else(|| self.known.reserve(key, id).map(ours)))
    }

    /// The connections that are the same as the one that was just written under this id, whoever made them.
    ///
    /// # Errors
    /// Whatever keeps the connections from being listed or read.
    pub async fn twins(&self, key: &Key, id: &str) -> Result<Vec<Alike>, Error> {
        self.known.list(self.listed().await?);
        self.alike(key, id).await
    }

    /// The listed connections but `id` that are the same. A list says less than a read, and may be of before.
    async fn alike(&self, key: &Key, id: &str) -> Result<Vec<Alike>, Error> {
        let mut alike = Vec::new();
        for listed in self.known.candidates(key, id) {
            self.going.ended(&User::Connection(listed.id.clone())).await;
            let now = self.connection(&listed.id).await?;
            alike.extend(now.and_then(|now| key.alike(&now.or(listed))));
        }
        Ok(alike)
    }

    /// Remembers what a connection has become.
    pub fn rekey(&self, key: Key, id: &str) {
        self.known.rekey(key, id);
    }

    /// Forgets a connection that is not there, or not any more.
    pub fn release(&self, id: &str) {
        self.known.release(id);
    }

    async fn one(&self, request: &Request) -> Result<Connection, Error> {
        let answer = self.http.send(&self.cloud.power_platform_scope(), request).await?;
        let read = answer.read::<Wire>(&request.operation)?.read(self.http.secrets());
        Ok(Connection { trace: answer.trace, ..read })
    }

    fn request(&self, operation: String, method: Method, id: Option<&str>) -> Result<Request, Error> {
        let address = format!("https://{}", self.cloud.environment_host(&self.environment_id));
        let mut url = Url::parse(&address).map_err(|error| Error::unsendable(&operation, error))?;
        match id {
            // They would lead to the list, or out of it.
            Some(id) if ["", ".", ".."].contains(&id) => {
                return Err(Error::unsendable(&operation, format_args!("{id:?} is no id of a connection")));
            }
            Some(id) => {
                if let Ok(mut path) = url.path_segments_mut() {
                    path.extend(["connectivity", "connectors", CONNECTOR, "connections", id]);
                }
                let filter = format!("api-version=1&$filter=environment%20eq%20'{}'", self.environment_id.sent());
                url.set_query(Some(if method == Method::PUT { "api-version=1" } else { &filter }));
            }
            None => {
                url.set_path("/connectivity/connections");
                url.set_query(Some("api-version=1"));
            }
        }
        Ok(Request::new(operation, method, url).header("accept", "application/json"))
    }
}

/// A desktop flow connection; an environment has connections of every connector.
fn ours(row: Row<'_>, secrets: &Secrets) -> Result<Option<Connection>, Error> {
    #[derive(Deserialize)]
    struct Kind {
        properties: OfApi,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct OfApi {
        api_id: String,
    }
    match row.read::<Kind>() {
        Ok(kind) if kind.properties.api_id.to_ascii_lowercase().ends_with(CONNECTOR) => {
            row.read::<Wire>().map(|wire| Some(wire.read(secrets)))
        }
        _ => Ok(None),
    }
}

/// Whether an answer's id is the one that was asked for, in whatever spelling.
fn is_spelled(answered: &str, asked: &str) -> bool {
    answered.eq_ignore_ascii_case(asked) || guid(asked).is_some_and(|asked| guid(answered) == Some(asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::entra::Entra;

    #[test]
    fn every_request_names_the_environment_by_its_host() {
        let http = Http::new(Entra::untried(), String::new(), Default::default());
        let environment_id = EnvironmentId::parse("11111111-2222-4333-8444-555555555566").unwrap();
        let connectivity = Connectivity::new(Arc::new(http), Arc::new(Cloud::public()), environment_id, Arc::default());
        for (method, id, expected) in [
            (Method::PUT, Some("c1"), "PUT /connectivity/connectors/shared_uiflow/connections/c1?api-version=1"),
            (
                Method::GET,
                Some("c1"),
                "GET /connectivity/connectors/shared_uiflow/connections/c1?api-version=1&$filter=environment%20eq%20\
                 %2711111111-2222-4333-8444-555555555566%27",
            ),
            (
                Method::DELETE,
                Some("c1"),
                "DELETE /connectivity/connectors/shared_uiflow/connections/c1?api-version=1&$filter=environment%20eq%20\
                 %2711111111-2222-4333-8444-555555555566%27",
            ),
            (Method::GET, None, "GET /connectivity/connections?api-version=1"),
        ] {
            let request = connectivity.request("asking".to_owned(), method, id).unwrap();
            assert_eq!(request.line(), format!("{expected}  accept: application/json"));
            let host = "111111112222433384445555555555.66.environment.api.powerplatform.com";
            assert_eq!(request.url.host_str(), Some(host));
        }
        for id in ["", ".", ".."] {
            assert!(connectivity.request("asking".to_owned(), Method::GET, Some(id)).is_err(), "{id:?}");
        }
        let odd = connectivity.request("asking".to_owned(), Method::GET, Some("../x?y")).unwrap();
        assert!(odd.url.path().ends_with("/connections/..%2Fx%3Fy"), "{}", odd.url);
    }
}
