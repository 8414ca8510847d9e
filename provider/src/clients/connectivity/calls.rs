//! The requests about the connections of one environment, each by itself.

use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::connection::{Connection, Wire};
use super::request::{self, ConnectionRequest};
use crate::clients::cloud::Cloud;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::clients::guid::guid;
use crate::clients::http::Http;
use crate::clients::pages::{Pages, Row};
use crate::clients::request::Request;
use crate::clients::secret::Secret;
use crate::clients::secrets::Secrets;

const CONNECTOR: &str = "shared_uiflow";

/// Where the connections of one environment are asked for.
#[derive(Debug, Clone)]
pub(super) struct Calls {
    pub(super) http: Arc<Http>,
    pub(super) cloud: Arc<Cloud>,
    pub(super) environment_id: EnvironmentId,
}

impl Calls {
    /// The host that is asked.
    pub(super) fn host(&self) -> String {
        self.cloud.environment_host(&self.environment_id)
    }

    /// Makes the connection, or changes it if it is there.
    ///
    /// # Errors
    /// The service's error with everything that is nested in it.
    pub(super) async fn put(&self, id: &str, wanted: &ConnectionRequest<'_>) -> Result<Connection, Error> {
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
    pub(super) async fn connection(&self, id: &str) -> Result<Option<Connection>, Error> {
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
    pub(super) fn connections(&self) -> Result<Pages<Connection>, Error> {
        let request = self.request("listing the connections".to_owned(), Method::GET, None)?;
        let secrets = Arc::clone(self.http.secrets());
        Ok(Pages::of(&self.http, &self.cloud.power_platform_scope(), request, move |row| ours(row, &secrets)))
    }

    /// Deletes the connection; false when it was not there.
    ///
    /// # Errors
    /// Whatever keeps it from being deleted, a missing environment included.
    pub(super) async fn delete(&self, id: &str) -> Result<bool, Error> {
        let request = self.request(format!("deleting the connection {id}"), Method::DELETE, Some(id))?;
        match self.http.send(&self.cloud.power_platform_scope(), &request).await {
            Ok(answer) => answer.expect_own(&request.operation).map(|()| true),
            Err(error) if error.proves_no_connection(id) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn one(&self, request: &Request) -> Result<Connection, Error> {
        let answer = self.http.send(&self.cloud.power_platform_scope(), request).await?;
        let read = answer.read::<Wire>(&request.operation)?.read(self.http.secrets());
        Ok(Connection { trace: answer.trace, ..read })
    }

    fn request(&self, operation: String, method: Method, id: Option<&str>) -> Result<Request, Error> {
        let address = format!("https://{}", self.host());
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
pub(super) fn is_spelled(answered: &str, asked: &str) -> bool {
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
        let calls = Calls { http: Arc::new(http), cloud: Arc::new(Cloud::public()), environment_id };
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
            let request = calls.request("asking".to_owned(), method, id).unwrap();
            assert_eq!(request.line(), format!("{expected}  accept: application/json"));
            let host = "111111112222433384445555555555.66.environment.api.powerplatform.com";
            assert_eq!(request.url.host_str(), Some(host));
        }
        for id in ["", ".", ".."] {
            assert!(calls.request("asking".to_owned(), Method::GET, Some(id)).is_err(), "{id:?}");
        }
        let odd = calls.request("asking".to_owned(), Method::GET, Some("../x?y")).unwrap();
        assert!(odd.url.path().ends_with("/connections/..%2Fx%3Fy"), "{}", odd.url);
    }
}
