//! The environments of Power Platform: where an environment's Dataverse is.
//!
//! Source: <https://learn.microsoft.com/power-platform/admin/programmability-authentication-v2> and the answers that Microsoft's own
//! provider records. The admin form is asked, since service principals are given that one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::Error;
use super::cloud::Cloud;
use super::http::{Http, Request};

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// The address of its Dataverse organization, if it has one.
    pub dataverse_url: Option<Url>,
}

/// The environments API.
#[derive(Debug)]
pub struct Environments {
    http: Arc<Http>,
    cloud: Cloud,
    known: Mutex<HashMap<String, Environment>>,
}

impl Environments {
    pub(super) fn new(http: Arc<Http>, cloud: Cloud) -> Environments {
        Environments { http, cloud, known: Mutex::default() }
    }

    /// An environment; asked once for each process.
    ///
    /// # Errors
    /// An environment that is not there, or that the principal may not see.
    pub async fn environment(&self, id: &str) -> Result<Environment, Error> {
        let key = id.to_ascii_lowercase();
        if let Some(environment) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(environment.clone());
        }
        let request = request(self.cloud, id)?;
        let answer = self.http.send(self.cloud.environments_scope(), &request).await?;
        let environment = environment(&request.operation, answer.json(&request.operation)?)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, environment.clone());
        Ok(environment)
    }
}

fn request(cloud: Cloud, id: &str) -> Result<Request, Error> {
    let operation = format!("reading the environment {id}");
    let mut url = Url::parse(&format!("https://{}", cloud.environments_host()))
        .map_err(|error| Error::unexpected(&operation, error.to_string()))?;
    url.set_path(&format!("/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/{id}"));
    url.set_query(Some("api-version=2023-06-01"));
    Ok(Request::new(operation, Method::GET, url).header("accept", "application/json"))
}

fn environment(operation: &str, json: serde_json::Value) -> Result<Environment, Error> {
    #[derive(Deserialize)]
    struct Wire {
        name: String,
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
    let wire: Wire = serde_path_to_error::deserialize(json).map_err(|e| Error::unexpected(operation, e.to_string()))?;
    let address = wire.properties.linked_environment_metadata.and_then(|linked| linked.instance_url);
    let dataverse_url = match address.filter(|address| !address.is_empty()) {
        Some(address) => Some(Url::parse(&address).map_err(|error| Error::unexpected(operation, error.to_string()))?),
        None => None,
    };
    Ok(Environment { id: wire.name, dataverse_url })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_environment_is_asked_of_the_admin_api() {
        assert_eq!(
            request(Cloud::Public, "1").unwrap().line(),
            "GET /providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/1?api-version=2023-06-01  accept: application/json"
        );
    }

    #[test]
    fn an_environment_may_have_no_dataverse() {
        let read = |json| environment("reading", json).unwrap().dataverse_url.map(String::from);
        let linked = json!({"name": "1", "properties": {"linkedEnvironmentMetadata": {"instanceUrl": "https://a.crm4.dynamics.com/"}}});
        assert_eq!(read(linked).as_deref(), Some("https://a.crm4.dynamics.com/"));
        assert_eq!(read(json!({"name": "1", "properties": {}})), None);
        assert_eq!(read(json!({"name": "1", "properties": {"linkedEnvironmentMetadata": {"instanceUrl": ""}}})), None);
    }
}
