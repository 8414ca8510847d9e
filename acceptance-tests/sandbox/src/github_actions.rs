//! GitHub Actions: a workflow asks who it is.
//!
//! Source: <https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect>.
//! The path and the query of the address are not documented, and change: a client has to take it as it is.

use http::{Method, StatusCode};
use serde_json::json;

use crate::exchange::{Request, Response};
use crate::issuer::{self, IdentityTokenSpec};
use crate::world::World;

/// Who issues the tokens.
pub const ISSUER: &str = "https://token.actions.githubusercontent.com";
/// Where a workflow asks for them.
const HOST: &str = "run-actions-1-azure-eastus.actions.githubusercontent.com";
const PATH: &str = "/42//idtoken/0c0b0000-0000-4000-8000-000000000001/0c0b0000-0000-4000-8000-000000000002";
const API_VERSION: &str = "2.0";

/// A running job of a workflow that may ask for an identity token.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// What it has to show: `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub request_token: String,
    /// Its repository, with the owner before it.
    pub repository: String,
    /// The deployment environment of the job, if it has one.
    pub environment: Option<String>,
}

impl Workflow {
    /// The address to ask, to which `&audience=` is added: `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub fn request_url(&self) -> String {
        format!("https://{HOST}{PATH}?api-version={API_VERSION}")
    }

    /// Whom its tokens are about.
    pub fn subject(&self) -> String {
        let of = self.environment.as_ref().map(|environment| format!("environment:{environment}"));
        format!("repo:{}:{}", self.repository, of.as_deref().unwrap_or("ref:refs/heads/main"))
    }
}

/// Whether a workflow asks here.
pub(crate) fn is_host(host: &str) -> bool {
    host == HOST
}

/// Answers a workflow.
pub(crate) fn answer(world: &mut World, request: &Request) -> Response {
    if request.method != Method::GET || request.path != PATH {
        return Response::unknown(&format!("{} {} of GitHub Actions", request.method, request.path));
    }
    if let Some(option) = request.strange_option(&["api-version", "audience"]) {
        return Response::unknown(&format!("the query option {option:?} here"));
    }
    if request.option("api-version") != Some(API_VERSION) {
        return refused(StatusCode::BAD_REQUEST, "The address has lost its api-version.");
    }
    let workflow = world.workflow.clone();
    if request.bearer() != Some(workflow.request_token.as_str()) {
        return refused(StatusCode::UNAUTHORIZED, "The token of the request is not that of a running job.");
    }
    let (owner, _) = workflow.repository.split_once('/').unwrap_or((&workflow.repository, ""));
    let own = format!("https://github.com/{owner}");
    let spec = IdentityTokenSpec {
        audience: request.option("audience").map_or(own, str::to_owned),
        expires_in_seconds: 300,
        ..IdentityTokenSpec::new(ISSUER, &workflow.subject())
    };
    let more = json!({
        "repository": workflow.repository,
        "repository_owner": owner,
        "environment": workflow.environment,
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "workflow": "robots",
        "event_name": "push",
        "actor": "octocat",
        "run_id": "42",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
    });
    let token = issuer::issue(world, &spec, more);
    Response::json(StatusCode::OK, &json!({"count": token.len(), "value": token}))
}

fn refused(status: StatusCode, message: &str) -> Response {
    Response::json(status, &json!({"message": message}))
}
