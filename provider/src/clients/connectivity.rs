//! The connections of an environment to desktop flows, in the Power Platform API.
//!
//! One PUT makes and changes a connection under an id that the client chooses; it may be sent again. An answer of 201 does not mean that
//! the connection works: its status does. Source:
//! <https://learn.microsoft.com/power-automate/desktop-flows/how-to/set-runowner-desktopflowconnection>

use std::fmt;
use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Error;
use super::cloud::Cloud;
use super::http::{Http, Request, next_page};

const CONNECTOR: &str = "shared_uiflow";

/// What a connection shall be.
#[derive(Debug)]
pub struct ConnectionRequest<'a> {
    /// The name that people see.
    pub display_name: &'a str,
    /// The credential that signs in.
    pub credential_id: Uuid,
    /// The schema name of the environment variable that holds the user name.
    pub username_variable: &'a str,
    /// The machine group; every single machine has one too.
    pub machine_group_id: Uuid,
    /// The service principal that runs own, when it is not whoever makes the connection.
    pub run_owner: Option<&'a RunOwner>,
}

/// A service principal that owns runs, with the certificate that proves it.
pub struct RunOwner {
    /// The application's id.
    pub client_id: String,
    /// Its certificate and private key as PKCS#12, in base64.
    pub pfx: Zeroizing<String>,
    /// The password of the PKCS#12, possibly empty.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for RunOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOwner").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A connection as the service tells of it. What it does not tell is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The id: the service calls it the name.
    pub id: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// How it is.
    pub statuses: Vec<Status>,
    /// The credential.
    pub credential_id: Option<Uuid>,
    /// The expression that names the user.
    pub username: Option<String>,
    /// The machine group.
    pub machine_group_id: Option<Uuid>,
    /// The application that owns runs.
    pub run_owner_client_id: Option<String>,
    /// The object id of whoever made it.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_on: Option<OffsetDateTime>,
}

/// One status of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// `Connected`, `Error`, …
    pub status: String,
    /// What it is about.
    pub target: Option<String>,
    /// Why it is not connected.
    pub error: Option<StatusError>,
}

/// Why a connection does not work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatusError {
    /// The service's code.
    #[serde(default)]
    pub code: String,
    /// The service's words.
    #[serde(default)]
    pub message: String,
}

impl Connection {
    /// The one word for all statuses: `Connected` when each of them is, else the first that is not.
    pub fn status(&self) -> &str {
        let not_connected = self.statuses.iter().find(|status| !is(status, "Connected"));
        not_connected.or(self.statuses.first()).map_or("Unknown", |status| status.status.as_str())
    }

    /// Whether the service says that it works.
    pub fn is_connected(&self) -> bool {
        !self.statuses.is_empty() && self.statuses.iter().all(|status| is(status, "Connected"))
    }

    /// Whether the service says that it has failed, which time alone does not mend.
    pub fn is_failed(&self) -> bool {
        self.statuses.iter().any(|status| is(status, "Error") || status.error.is_some())
    }

    /// Why it does not work, in the service's words.
    pub fn failure(&self) -> String {
        let words = |status: &Status| match &status.error {
            Some(error) if error.code.is_empty() => format!("{}: {}", status.status, error.message),
            Some(error) => format!("{} ({}): {}", status.status, error.code, error.message),
            None => status.status.clone(),
        };
        let unwell = self.statuses.iter().filter(|status| !is(status, "Connected"));
        unwell.map(words).collect::<Vec<_>>().join("; ")
    }
}

fn is(status: &Status, word: &str) -> bool {
    status.status.eq_ignore_ascii_case(word)
}

/// The connections of one environment.
#[derive(Debug)]
pub struct Connectivity {
    http: Arc<Http>,
    cloud: Cloud,
    environment_id: String,
}

impl Connectivity {
    pub(super) fn new(http: Arc<Http>, cloud: Cloud, environment_id: &str) -> Connectivity {
        Connectivity { http, cloud, environment_id: environment_id.to_owned() }
    }

    /// Makes the connection, or changes it if it is there.
    ///
    /// # Errors
    /// The service's error with everything that is nested in it.
    pub async fn put(&self, id: &str, wanted: &ConnectionRequest<'_>) -> Result<Connection, Error> {
        let operation = format!("writing the connection {id}");
        let request = self.request(operation, Method::PUT, Some(id))?.json(body(&self.environment_id, wanted));
        self.one(&request).await
    }

    /// The connection with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read, a missing environment included.
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>, Error> {
        let request = self.request(format!("reading the connection {id}"), Method::GET, Some(id))?;
        match self.one(&request).await {
            Err(error) if error.is_not_found() && !error.is_environment_missing() => Ok(None),
            other => other.map(Some),
        }
    }

    /// The desktop flow connections that the principal may see.
    ///
    /// # Errors
    /// Whatever keeps them from being listed.
    pub async fn connections(&self) -> Result<Vec<Connection>, Error> {
        let mut pages = self.pages()?;
        let mut found = Vec::new();
        while let Some(page) = pages.next().await? {
            found.extend(page);
        }
        Ok(found)
    }

    /// The same as pages arrive.
    ///
    /// # Errors
    /// An environment that has no address.
    pub fn pages(&self) -> Result<Pages<'_>, Error> {
        let request = self.request("listing the connections".to_owned(), Method::GET, None)?;
        Ok(Pages { connectivity: self, request, is_last: false })
    }

    /// Deletes the connection; false when it was not there.
    ///
    /// # Errors
    /// Whatever keeps it from being deleted, a missing environment included.
    pub async fn delete(&self, id: &str) -> Result<bool, Error> {
        let request = self.request(format!("deleting the connection {id}"), Method::DELETE, Some(id))?;
        match self.http.send(self.cloud.power_platform().1, &request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() && !error.is_environment_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn one(&self, request: &Request) -> Result<Connection, Error> {
        let answer = self.http.send(self.cloud.power_platform().1, request).await?;
        connection(&request.operation, answer.json(&request.operation)?)
    }

    fn request(&self, operation: String, method: Method, id: Option<&str>) -> Result<Request, Error> {
        let address = format!("https://{}", self.cloud.environment_host(&self.environment_id));
        let mut url = Url::parse(&address).map_err(|error| Error::unexpected(&operation, error.to_string()))?;
        match id {
            Some(id) => {
                if let Ok(mut path) = url.path_segments_mut() {
                    path.extend(["connectivity", "connectors", CONNECTOR, "connections", id]);
                }
                let filter = format!("api-version=1&$filter=environment%20eq%20'{}'", self.environment_id);
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

/// The desktop flow connections of an environment, page by page.
#[derive(Debug)]
pub struct Pages<'a> {
    connectivity: &'a Connectivity,
    request: Request,
    is_last: bool,
}

impl Pages<'_> {
    /// The connections of the next page; none after the last.
    ///
    /// # Errors
    /// Whatever keeps them from being listed.
    pub async fn next(&mut self) -> Result<Option<Vec<Connection>>, Error> {
        #[derive(Deserialize)]
        struct Page {
            value: Vec<Json>,
            #[serde(rename = "nextLink")]
            next_link: Option<String>,
        }
        if self.is_last {
            return Ok(None);
        }
        let operation = &self.request.operation;
        let scope = self.connectivity.cloud.power_platform().1;
        let json = self.connectivity.http.send(scope, &self.request).await?.json(operation)?;
        let page: Page =
            serde_path_to_error::deserialize(json).map_err(|error| Error::unexpected(operation, error.to_string()))?;
        let is_ours = |row: &Json| {
            let api = row.pointer("/properties/apiId").and_then(Json::as_str).unwrap_or_default();
            api.to_ascii_lowercase().ends_with(CONNECTOR)
        };
        let found = page.value.into_iter().filter(is_ours).map(|row| connection(operation, row));
        let found = found.collect::<Result<_, _>>()?;
        match page.next_link {
            Some(next) => self.request.url = next_page(operation, &next, &self.request.url)?,
            None => self.is_last = true,
        }
        Ok(Some(found))
    }
}

fn body(environment_id: &str, wanted: &ConnectionRequest<'_>) -> Json {
    let mut values = json!({
        "username": {"value": format!("@environmentVariables(\"{}\")", wanted.username_variable)},
        "password": {"value": "none"},
        "targetId": {"value": wanted.machine_group_id},
    });
    let set = match wanted.run_owner {
        None => "azureRelay",
        Some(owner) => {
            values["tokenRunOwnerCert:clientId"] = json!({"value": owner.client_id});
            values["tokenRunOwnerCert:clientCertificateSecret"] =
                json!({"value": {"pfx": *owner.pfx, "password": *owner.password}});
            "azureRelayRunOwner"
        }
    };
    json!({"properties": {
        "environment": {
            "id": format!("/providers/Microsoft.PowerApps/environments/{environment_id}"),
            "name": environment_id,
        },
        "displayName": wanted.display_name,
        "credentialId": wanted.credential_id,
        "connectionParametersSet": {"name": set, "values": values},
    }})
}

fn connection(operation: &str, json: Json) -> Result<Connection, Error> {
    #[derive(Deserialize)]
    struct Wire {
        name: String,
        properties: Properties,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Properties {
        display_name: Option<String>,
        #[serde(default)]
        statuses: Vec<Status>,
        credential_id: Option<String>,
        connection_parameters_set: Option<Json>,
        created_by: Option<Json>,
        created_time: Option<String>,
    }
    let wire: Wire = serde_path_to_error::deserialize(json).map_err(|e| Error::unexpected(operation, e.to_string()))?;
    let Properties { display_name, statuses, credential_id, connection_parameters_set, created_by, created_time } =
        wire.properties;
    let value = |name: &str| {
        let values = connection_parameters_set.as_ref()?.get("values")?;
        values.get(name)?.get("value")?.as_str().map(str::to_owned)
    };
    Ok(Connection {
        id: wire.name,
        display_name,
        statuses,
        credential_id: credential_id.and_then(|id| id.parse().ok()),
        username: value("username"),
        machine_group_id: value("targetId").and_then(|id| id.parse().ok()),
        run_owner_client_id: value("tokenRunOwnerCert:clientId"),
        created_by: created_by.and_then(|by| by.get("id")?.as_str().map(str::to_owned)),
        created_on: created_time.and_then(|time| OffsetDateTime::parse(&time, &Rfc3339).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(run_owner: Option<&RunOwner>) -> ConnectionRequest<'_> {
        ConnectionRequest {
            display_name: "Robot",
            credential_id: Uuid::from_u128(1),
            username_variable: "cto_user",
            machine_group_id: Uuid::from_u128(2),
            run_owner,
        }
    }

    #[test]
    fn a_connection_names_credential_user_and_group() {
        let body = body("e", &wanted(None));
        assert_eq!(
            body.to_string(),
            r#"{"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"00000000-0000-0000-0000-000000000002"},"username":{"value":"@environmentVariables(\"cto_user\")"}}},"credentialId":"00000000-0000-0000-0000-000000000001","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/e","name":"e"}}}"#
        );
    }

    #[test]
    fn a_run_owner_s_secrets_are_sent_and_never_shown() {
        let owner =
            RunOwner { client_id: "app".into(), pfx: "QUJD".to_owned().into(), password: "hunter2".to_owned().into() };
        let body = body("e", &wanted(Some(&owner)));
        assert_eq!(body.pointer("/properties/connectionParametersSet/name").unwrap(), "azureRelayRunOwner");
        let secret = "/properties/connectionParametersSet/values/tokenRunOwnerCert:clientCertificateSecret/value";
        assert_eq!(body.pointer(secret).unwrap(), &json!({"pfx": "QUJD", "password": "hunter2"}));
        let request = Request::new("writing", Method::PUT, Url::parse("https://a.example/").unwrap()).json(body);
        let shown = format!("{owner:?} {request:?}");
        assert!(!shown.contains("QUJD") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_status_tells_whether_a_connection_works() {
        let read =
            |statuses: Json| connection("reading", json!({"name": "c", "properties": {"statuses": statuses}})).unwrap();
        assert!(read(json!([{"status": "Connected"}])).is_connected());
        assert!(!read(json!([])).is_connected());
        let failed = read(json!([{"status": "Error", "error": {"code": "401", "message": "no"}}]));
        assert!(failed.is_failed());
        assert_eq!((failed.status(), failed.failure().as_str()), ("Error", "Error (401): no"));
    }
}
