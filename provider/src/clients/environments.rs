//! The environments of Power Platform: where an environment's Dataverse is.
//!
//! Source: <https://learn.microsoft.com/power-platform/admin/programmability-authentication-v2> and the answers that Microsoft's own
//! provider records. The admin form is asked, since service principals are given that one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::cloud::Cloud;
use super::environment_id::EnvironmentId;
use super::error::Error;
use super::http::Http;
use super::once::Once;
use super::request::Request;

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The address of its Dataverse organization, if it has one.
    pub dataverse_url: Option<Url>,
}

/// The environments API.
#[derive(Debug)]
pub struct Environments {
    http: Arc<Http>,
    cloud: Cloud,
    known: Mutex<HashMap<EnvironmentId, Environment>>,
    seen: Once<EnvironmentId, Environment>,
}

impl Environments {
    /// The environments of a cloud.
    pub(super) fn new(http: Arc<Http>, cloud: Cloud) -> Environments {
        Environments { http, cloud, known: Mutex::default(), seen: Once::default() }
    }

    /// An environment; one that has Dataverse is asked for once.
    ///
    /// # Errors
    /// An environment that is not there, or that the principal may not see.
    pub async fn environment(&self, id: &EnvironmentId) -> Result<Environment, Error> {
        if let Some(environment) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(environment.clone());
        }
        let request = request(self.cloud, id)?;
        let answer = self.http.send(self.cloud.environments_scope(), &request).await?;
        let environment = environment(&request.operation, answer.read(&request.operation)?)?;
        // One without Dataverse may come to have it.
        if environment.dataverse_url.is_some() {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), environment.clone());
        }
        Ok(environment)
    }

    /// The same as it was when it was asked for first, whatever the answer was.
    ///
    /// # Errors
    /// As [`Environments::environment`].
    pub async fn seen(&self, id: &EnvironmentId) -> Result<Environment, Error> {
        self.seen.ask(id.clone(), self.environment(id)).await
    }
}

fn request(cloud: Cloud, id: &EnvironmentId) -> Result<Request, Error> {
    let operation = format!("reading the environment {id}");
    let mut url = Url::parse(&format!("https://{}", cloud.environments_host()))
        .map_err(|error| Error::unsendable(&operation, error))?;
    url.set_path(&format!("/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/{}", id.sent()));
    url.set_query(Some("api-version=2023-06-01"));
    Ok(Request::new(operation, Method::GET, url).header("accept", "application/json"))
}

/// An environment on the wire.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Properties {
    linked_environment_metadata: Option<Linked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Linked {
    instance_url: Option<String>,
}

fn environment(operation: &str, wire: Wire) -> Result<Environment, Error> {
    let address = wire.properties.linked_environment_metadata.and_then(|linked| linked.instance_url);
    let address = address.filter(|address| !address.is_empty());
    let dataverse_url = address.map(|address| Url::parse(&address)).transpose();
    dataverse_url
        .map(|dataverse_url| Environment { dataverse_url })
        .map_err(|error| Error::unexpected(operation, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_environment_is_asked_of_the_admin_api() {
        assert_eq!(
            request(Cloud::Public, &EnvironmentId::parse("11111111-2222-4333-8444-555555555566").unwrap())
                .unwrap()
                .line(),
            "GET /providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/11111111-2222-4333-8444-555555555566?api-version=2023-06-01  accept: application/json"
        );
    }

    #[test]
    fn an_environment_may_have_no_dataverse() {
        let read = |json| {
            environment("reading", serde_json::from_value(json).unwrap()).unwrap().dataverse_url.map(String::from)
        };
        let linked = json!({"name": "1", "properties": {"linkedEnvironmentMetadata": {"instanceUrl": "https://a.crm4.dynamics.com/"}}});
        assert_eq!(read(linked).as_deref(), Some("https://a.crm4.dynamics.com/"));
        assert_eq!(read(json!({"name": "1", "properties": {}})), None);
        assert_eq!(read(json!({"name": "1", "properties": {"linkedEnvironmentMetadata": {"instanceUrl": ""}}})), None);
    }
}
