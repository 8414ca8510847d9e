//! The identities of the machine that a program runs on, in plain HTTP and past every proxy: as a virtual machine tells them (IMDS), and
//! as App Service does.
//!
//! Sources: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>,
//! <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>,
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity>. An identity is one of the world's applications, so that what
//! it may do is known.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::entra::{self, LIFETIME};
use crate::exchange::{Request, Response};
use crate::world::{Caller, World};

/// Where a virtual machine asks. No CONNECT names such a host, so that nobody comes here through the proxy.
pub(crate) const IMDS: &str = "http://169.254.169.254";
/// Where a program in App Service asks.
pub(crate) const APP_SERVICE: &str = "http://localhost";
/// The path of the one.
pub(crate) const IMDS_PATH: &str = "/metadata/identity/oauth2/token";
/// The path of the other.
pub(crate) const APP_SERVICE_PATH: &str = "/msi/token";
/// The first version that has tokens; versions are days.
const FIRST_IMDS_VERSION: &str = "2018-02-01";
const APP_SERVICE_VERSION: &str = "2019-08-01";

/// Which identities the machine has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedIdentities {
    /// The client id of its own identity, if it has one.
    pub system_assigned: Option<String>,
    /// The client ids of those that were assigned to it.
    #[serde(default)]
    pub user_assigned: BTreeSet<String>,
    /// What App Service wants to be shown: `IDENTITY_HEADER`.
    #[serde(skip)]
    pub(crate) header: String,
}

impl ManagedIdentities {
    /// A machine with this identity of its own.
    pub(crate) fn new(system_assigned: &str, header: &str) -> Self {
        let (system_assigned, header) = (Some(system_assigned.to_owned()), header.to_owned());
        Self { system_assigned, user_assigned: BTreeSet::new(), header }
    }

    /// The same machine with other identities.
    pub fn assign(&mut self, system_assigned: Option<&str>, user_assigned: &[&str]) {
        self.system_assigned = system_assigned.map(str::to_owned);
        self.user_assigned = user_assigned.iter().map(|&id| id.to_owned()).collect();
    }
}

/// As which of the two a request in plain HTTP is meant.
pub(crate) fn host(path: &str) -> &'static str {
    if path.starts_with("/msi/") { APP_SERVICE } else { IMDS }
}

/// Whether tokens of this kind are asked for at a host.
pub(crate) fn is_host(host: &str) -> bool {
    host == IMDS || host == APP_SERVICE
}

/// Which identity is meant: by a query option, or the only one that can be.
enum Meant {
    This(Caller),
    None,
    Several,
}

fn meant(world: &World, selected: Option<(&str, &str)>) -> Meant {
    let identities = &world.managed_identities;
    let caller = |id: &String| world.applications.get(id).map(|application| application.caller.clone());
    let found = match selected {
        None if identities.system_assigned.is_none() && identities.user_assigned.len() > 1 => return Meant::Several,
        None => identities.system_assigned.iter().chain(&identities.user_assigned).find_map(caller),
        Some((option, value)) => identities.user_assigned.iter().filter_map(caller).find(|caller| match option {
            "client_id" => caller.app_id.eq_ignore_ascii_case(value),
            "object_id" | "principal_id" => caller.object_id.eq_ignore_ascii_case(value),
            _ => value.rsplit_once("/userAssignedIdentities/").is_some_and(|(_, name)| name == caller.name),
        }),
    };
    found.map_or(Meant::None, Meant::This)
}

/// Answers a virtual machine.
pub(crate) fn imds(world: &mut World, request: &Request) -> Response {
    const SELECTORS: [&str; 4] = ["client_id", "object_id", "msi_res_id", "mi_res_id"];
    let refused = |error: &str, words: &str| {
        Response::json(StatusCode::BAD_REQUEST, &json!({"error": error, "error_description": words}))
    };
    if request.header("metadata") != Some("true") {
        return refused("bad_request_102", "Required metadata header not specified");
    }
    if request.header("x-forwarded-for").is_some() {
        return refused("invalid_request", "A request that was forwarded is not answered: X-Forwarded-For");
    }
    if let Some(unknown) = unknown(request, IMDS_PATH, &SELECTORS) {
        return unknown;
    }
    let version = request.option("api-version").unwrap_or_default();
    if version.len() != FIRST_IMDS_VERSION.len() || version < FIRST_IMDS_VERSION {
        return refused("invalid_request", "api-version was not specified in the request, or is not supported");
    }
    let Some(resource) = request.option("resource") else {
        return refused("invalid_request", "Required query variable 'resource' is missing");
    };
    let caller = match meant(world, selected(request, &SELECTORS)) {
        Meant::This(caller) => caller,
        Meant::None => return refused("invalid_request", "Identity not found"),
        Meant::Several => {
            let words = "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token \
                         request";
            return refused("invalid_request", words);
        }
    };
    let Some(token) = entra::vouched(world, &caller, resource) else {
        let words = format!(
            "AADSTS50001: The application named {resource} was not found in the tenant named {}.",
            caller.tenant_id
        );
        return refused("invalid_resource", &words);
    };
    let now = world.now();
    let body = json!({
        "access_token": token,
        "refresh_token": "",
        "expires_in": LIFETIME.whole_seconds().to_string(),
        "expires_on": (now + LIFETIME).unix_timestamp().to_string(),
        "not_before": now.unix_timestamp().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Response::json(StatusCode::OK, &body)
}

/// Answers a program in App Service.
pub(crate) fn app_service(world: &mut World, request: &Request) -> Response {
    const SELECTORS: [&str; 4] = ["client_id", "principal_id", "object_id", "mi_res_id"];
    let refused = |status: StatusCode, message: &str| {
        Response::json(status, &json!({"statusCode": status.as_u16(), "message": message}))
    };
    if request.header("x-identity-header") != Some(world.managed_identities.header.as_str()) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "The header X-IDENTITY-HEADER is missing, or is not that of this app.",
        );
    }
    if let Some(unknown) = unknown(request, APP_SERVICE_PATH, &SELECTORS) {
        return unknown;
    }
    if request.option("api-version") != Some(APP_SERVICE_VERSION) {
        let message = format!("The api-version is missing or not supported: it is {APP_SERVICE_VERSION}.");
        return refused(StatusCode::BAD_REQUEST, &message);
    }
    let Some(resource) = request.option("resource") else {
        return refused(StatusCode::BAD_REQUEST, "The parameter resource is missing.");
    };
    let Meant::This(caller) = meant(world, selected(request, &SELECTORS)) else {
        let message =
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
        return refused(StatusCode::BAD_REQUEST, message);
    };
    let Some(token) = entra::vouched(world, &caller, resource) else {
        let message = format!("AADSTS500011: The resource principal named {resource} was not found in the tenant.");
        return refused(StatusCode::BAD_REQUEST, &message);
    };
    let body = json!({
        "access_token": token,
        "expires_on": (world.now() + LIFETIME).unix_timestamp().to_string(),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": caller.app_id,
    });
    Response::json(StatusCode::OK, &body)
}

/// What nobody has looked up: another method or path, another option, and two of those that name an identity.
fn unknown(request: &Request, path: &str, selectors: &[&str]) -> Option<Response> {
    if request.method != Method::GET || request.path != path {
        return Some(Response::unknown(&format!("{} {} of {}", request.method, request.path, request.host)));
    }
    let known: Vec<&str> = ["api-version", "resource"].into_iter().chain(selectors.iter().copied()).collect();
    if let Some(option) = request.strange_option(&known) {
        return Some(Response::unknown(&format!("the query option {option:?} here")));
    }
    let several = selectors.iter().filter(|name| request.option(name).is_some()).count() > 1;
    several.then(|| Response::unknown("a request that names an identity in two ways"))
}

fn selected<'a>(request: &'a Request, selectors: &[&'a str]) -> Option<(&'a str, &'a str)> {
    selectors.iter().find_map(|&name| Some((name, request.option(name)?)))
}
