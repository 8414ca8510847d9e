//! The environments of Power Platform: where an environment's Dataverse is.
//!
//! Two services tell. The older one (BAP) is asked in its admin form, which serves a service principal that is registered as a management
//! application; where it refuses, the Power Platform API is asked, which also serves one that has a role on the environment.
//! Sources: <https://learn.microsoft.com/power-platform/admin/programmability-authentication-v2> and the answers that Microsoft's own
//! provider records; <https://learn.microsoft.com/rest/api/power-platform/environmentmanagement/environments>.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
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
    cloud: Arc<Cloud>,
    known: Mutex<HashMap<EnvironmentId, Environment>>,
    seen: Once<EnvironmentId, Environment>,
}

impl Environments {
    /// The environments of a cloud.
    pub(super) fn new(http: Arc<Http>, cloud: Arc<Cloud>) -> Environments {
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
        let environment = match self.asked(&self.cloud.environments_scope(), by_admin(&self.cloud, id)?, admin).await {
            Err(refused) if refused.is_forbidden() => {
                let asked = self.asked(&self.cloud.power_platform_scope(), by_role(&self.cloud, id)?, role).await;
                // The first one knows what there is: a refusal of both is its.
                asked.map_err(|error| if error.is_forbidden() { refused } else { error })?
            }
            asked => asked?,
        };
        // One without Dataverse may come to have it.
        if environment.dataverse_url.is_some() {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), environment.clone());
        }
        Ok(environment)
    }

    async fn asked<T: DeserializeOwned>(
        &self,
        scope: &str,
        request: Request,
        address: fn(T) -> Option<String>,
    ) -> Result<Environment, Error> {
        let answer = self.http.send(scope, &request).await?;
        let told = answer.read(&request.operation)?;
        environment(&request.operation, address(told)).map_err(|error| error.of(answer.trace.as_ref()))
    }

    /// The same as it was when it was asked for first, whatever the answer was.
    ///
    /// # Errors
    /// As [`Environments::environment`].
    pub async fn seen(&self, id: &EnvironmentId) -> Result<Environment, Error> {
        self.seen.ask(id.clone(), self.environment(id)).await
    }
}

/// The question to the older service.
fn by_admin(cloud: &Cloud, id: &EnvironmentId) -> Result<Request, Error> {
    let path = "/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments";
    question(&cloud.environments, path, "2023-06-01", id)
}

/// The question to the Power Platform API.
fn by_role(cloud: &Cloud, id: &EnvironmentId) -> Result<Request, Error> {
    question(&cloud.power_platform, "/environmentmanagement/environments", "2024-10-01", id)
}

fn question(host: &str, path: &str, version: &str, id: &EnvironmentId) -> Result<Request, Error> {
    let operation = format!("reading the environment {id}");
    let mut url = Url::parse(&format!("https://{host}")).map_err(|error| Error::unsendable(&operation, error))?;
    url.set_path(&format!("{path}/{}", id.sent()));
    url.set_query(Some(&format!("api-version={version}")));
    Ok(Request::new(operation, Method::GET, url).header("accept", "application/json"))
}

/// What the older service tells of an environment.
#[derive(Deserialize)]
struct Admin {
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

fn admin(told: Admin) -> Option<String> {
    told.properties.linked_environment_metadata?.instance_url
}

/// What the Power Platform API does.
#[derive(Deserialize)]
struct Role {
    url: Option<String>,
}

fn role(told: Role) -> Option<String> {
    told.url
}

fn environment(operation: &str, address: Option<String>) -> Result<Environment, Error> {
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
    fn an_environment_is_asked_of_two_services() {
        let (cloud, id) = (Cloud::public(), EnvironmentId::parse("11111111-2222-4333-8444-555555555566").unwrap());
        assert_eq!(
            by_admin(&cloud, &id).unwrap().line(),
            "GET /providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/11111111-2222-4333-8444-555555555566?api-version=2023-06-01  accept: application/json"
        );
        assert_eq!(
            by_role(&cloud, &id).unwrap().line(),
            "GET /environmentmanagement/environments/11111111-2222-4333-8444-555555555566?api-version=2024-10-01  accept: application/json"
        );
    }

    #[test]
    fn an_environment_may_have_no_dataverse() {
        let url = |address| environment("reading", address).unwrap().dataverse_url.map(String::from);
        let older = |json| url(admin(serde_json::from_value(json).unwrap()));
        let linked = json!({"name": "1", "properties": {"linkedEnvironmentMetadata": {"instanceUrl": "https://a.crm4.dynamics.com/"}}});
        assert_eq!(older(linked).as_deref(), Some("https://a.crm4.dynamics.com/"));
        assert_eq!(older(json!({"name": "1", "properties": {}})), None);
        assert_eq!(older(json!({"name": "1", "properties": {"linkedEnvironmentMetadata": {"instanceUrl": ""}}})), None);
        let newer = |json| url(role(serde_json::from_value(json).unwrap()));
        assert_eq!(
            newer(json!({"id": "1", "url": "https://a.crm4.dynamics.com"})).as_deref(),
            Some("https://a.crm4.dynamics.com/")
        );
        assert_eq!(newer(json!({"id": "1", "url": null})), None);
    }
}
