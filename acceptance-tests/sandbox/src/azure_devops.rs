//! Azure DevOps: a job of a pipeline asks who it is, or who one of its service connections is.
//!
//! Source: <https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>, the claims from sigstore/fulcio 1803.
//! Newer service connections have Entra itself for an issuer: these are not emulated.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::json;

use crate::exchange::{Request, Response};
use crate::issuer::{self, IdentityTokenSpec};
use crate::world::World;

/// Who issues the tokens: the organization.
pub const ISSUER: &str = "https://vstoken.dev.azure.com/0a2e0000-0000-4000-8000-000000000001";
/// Where a pipeline asks for them.
const HOST: &str = "dev.azure.com";
const JOB: &str = "/contoso/0a2e0000-0000-4000-8000-000000000002/_apis/distributedtask/hubs/build/plans/\
                   0a2e0000-0000-4000-8000-000000000003/jobs/0a2e0000-0000-4000-8000-000000000004/oidctoken";
const API_VERSIONS: [&str; 2] = ["7.1", "7.1-preview.1"];

/// A running job of a pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// What it has to show: `SYSTEM_ACCESSTOKEN`.
    pub access_token: String,
    /// The organization and the project.
    pub project: String,
    /// The names of the service connections that it may use, by id.
    pub service_connections: BTreeMap<String, String>,
}

impl Pipeline {
    /// The address to ask: `SYSTEM_OIDCREQUESTURI`.
    pub fn request_url(&self) -> String {
        format!("https://{HOST}{JOB}")
    }

    /// Whom its tokens are about: one of its service connections, or itself.
    fn subject(&self, service_connection: Option<&str>) -> Option<String> {
        let Some(id) = service_connection else { return Some(format!("p://{}/robots", self.project)) };
        let name = self.service_connections.get(&id.to_ascii_lowercase())?;
        Some(format!("sc://{}/{name}", self.project))
    }
}

/// Whether a pipeline asks here.
pub(crate) fn is_host(host: &str) -> bool {
    host == HOST
}

/// Answers a pipeline.
pub(crate) fn answer(world: &mut World, request: &Request) -> Response {
    if request.path != JOB {
        return Response::unknown(&format!("{} {} of Azure DevOps", request.method, request.path));
    }
    if let Some(option) = request.strange_option(&["api-version", "serviceConnectionId"]) {
        return Response::unknown(&format!("the query option {option:?} here"));
    }
    let pipeline = world.pipeline.clone();
    if request.bearer() != Some(pipeline.access_token.as_str()) {
        // Whoever does not ask for an error is taken for a person, and sent to the page where people sign in.
        if request.header("x-tfs-fedauthredirect") == Some("Suppress") {
            return refused(StatusCode::UNAUTHORIZED, "UnauthorizedRequestException", "The token is not of this job.");
        }
        let page = "https://spsprodweu1.vssps.visualstudio.com/_signin?realm=dev.azure.com";
        return Response::empty(StatusCode::FOUND).with_header("location", page);
    }
    if request.method != Method::POST {
        let message = format!("The requested resource does not support http method '{}'.", request.method);
        return refused(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowedException", &message);
    }
    let version = request.option("api-version").unwrap_or_default();
    if !API_VERSIONS.contains(&version) {
        let message = format!("The api-version {version:?} is none that this request knows.");
        return refused(StatusCode::BAD_REQUEST, "VssVersionNotSpecifiedException", &message);
    }
    let connection = request.option("serviceConnectionId");
    let Some(subject) = pipeline.subject(connection) else {
        let message = format!(
            "Service connection {} does not exist, or this pipeline may not use it.",
            connection.unwrap_or_default()
        );
        return refused(StatusCode::NOT_FOUND, "ServiceEndpointNotFoundException", &message);
    };
    let more = json!({"org_id": "0a2e0000-0000-4000-8000-000000000001", "def_id": "7", "run_id": "42"});
    let token = issuer::issue(world, &IdentityTokenSpec::new(ISSUER, &subject), more);
    Response::json(StatusCode::OK, &json!({"oidcToken": token}))
}

fn refused(status: StatusCode, key: &str, message: &str) -> Response {
    let body = json!({
        "$id": "1",
        "innerException": null,
        "message": message,
        "typeName": format!("Microsoft.TeamFoundation.DistributedTask.WebApi.{key}, Microsoft.TeamFoundation.DistributedTask.WebApi"),
        "typeKey": key,
        "errorCode": 0,
        "eventId": 3000,
    });
    Response::json(status, &body)
}
