//! Microsoft Entra: tokens for applications with a secret, a certificate or a federated credential, and what libraries ask before they want one.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

mod assertion;
mod certificates;
mod challenge;
mod federation;
mod refusal;
mod refused;
mod tokens;

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::application::Application;
use crate::exchange::{self, Request, Response};
use crate::world::{Caller, World};
use assertion::Assertion;
use refusal::Refusal;
use tokens::Proof;

pub use challenge::ClaimsChallenge;
pub use refused::{TOKEN_REFUSALS, TokenRefusal};
pub(crate) use tokens::{LIFETIME, Tokens, Unaccepted, unauthorized, verify};

/// How an assertion says what it is.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What is open about tokens, which are opaque by contract, and what changed over time, and the answers in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Whether a token can be read by whoever asked for it, and names the principal.
    pub names_principal: bool,
    /// Whether a refused identity token is refused by a code for each claim, as now, or by 70021 for all of them, as before.
    pub names_federated_claim: bool,
    /// Whether claims are wanted only of clients that say that they understand it, as Microsoft Graph does.
    pub challenges_capable_only: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { names_principal: true, names_federated_claim: true, challenges_capable_only: false }
    }
}

/// Answers a request to the sign-in host.
pub(crate) fn answer(world: &mut World, request: &Request) -> Response {
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["common" | "organizations", "discovery", "instance"]) => discovery(world, request),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => configuration(world, tenant, request),
        ("GET", [_, "discovery", "v2.0", "keys"]) => Response::json(StatusCode::OK, &world.tokens.keys()),
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            let now = world.now();
            token(world, tenant, request).unwrap_or_else(|refusal| refusal.answer(request, now))
        }
        _ => Response::unknown(&format!("{} {} of the sign-in host", request.method, request.path)),
    }
}

fn discovery(world: &World, request: &Request) -> Response {
    let names = world.addresses().authority_names;
    let endpoint = format!("https://{}/common/oauth2/v2.0/authorize", request.host);
    let body = json!({
        "tenant_discovery_endpoint": format!("https://{}/common/v2.0/.well-known/openid-configuration", request.host),
        "api-version": "1.1",
        "authorization_endpoint": endpoint,
        "metadata": [{
            "preferred_network": names[0],
            "preferred_cache": names[0],
            "aliases": names,
        }],
    });
    Response::json(StatusCode::OK, &body)
}

fn configuration(world: &World, tenant: &str, request: &Request) -> Response {
    if !["common", "organizations"].contains(&tenant) && !world.tenants.contains(tenant) {
        let refusal = Refusal::new("invalid_tenant", 90002, format!("Tenant '{tenant}' not found."));
        return refusal.answer(request, world.now());
    }
    let root = format!("https://{}/{tenant}", request.host);
    let body = json!({
        "token_endpoint": format!("{root}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{root}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{root}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{root}/discovery/v2.0/keys"),
        "issuer": issuer(world, tenant),
        "response_types_supported": ["code", "id_token", "token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    });
    Response::json(StatusCode::OK, &body)
}

/// Who issues the newer tokens of a tenant.
fn issuer(world: &World, tenant: &str) -> String {
    format!("https://{}/{tenant}/v2.0", world.addresses().authority_names[0])
}

fn token(world: &mut World, tenant: &str, request: &Request) -> Result<Response, Refusal> {
    let form: BTreeMap<String, String> = exchange::options(&request.body).into_iter().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if let Some(refusal) = refused::due(world, field("client_id"), tenant, field("scope")) {
        return Err(refusal);
    }
    if !world.tenants.contains(tenant) {
        return Err(Refusal::no_tenant(tenant));
    }
    if field("grant_type") != "client_credentials" {
        let words = "The sandbox knows the grant type client_credentials alone.";
        return Err(Refusal::new("unsupported_grant_type", 70003, words));
    }
    let known = world.applications.get(&field("client_id").to_ascii_lowercase());
    let Some(application) = known.filter(|application| application.caller.tenant_id == tenant).cloned() else {
        return Err(Refusal::no_application(field("client_id"), tenant));
    };
    let proof = match (form.get("client_assertion"), form.get("client_secret")) {
        (Some(text), _) => {
            world.tokens.keep(text);
            if field("client_assertion_type") != JWT_BEARER {
                let words = "The request body must contain the following parameter: 'client_assertion_type'.";
                return Err(Refusal::new("invalid_request", 900_144, words));
            }
            let audiences = [format!("https://{}/{tenant}/oauth2/v2.0/token", request.host), issuer(world, tenant)];
            let assertion = Assertion::read(text)?;
            // An issuer with an address is somebody else; an application names itself by its id.
            if assertion.claims.iss.starts_with("https://") {
                federation::prove(world, &application, &assertion)?;
            } else {
                certificates::prove(&application, &assertion, &audiences, world.now())?;
            }
            Proof::Assertion
        }
        (None, Some(secret)) => {
            prove_by_secret(world, &application, secret)?;
            Proof::Secret
        }
        (None, None) => {
            let words =
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
            return Err(Refusal::client(7_000_216, words));
        }
    };
    let Some(audience) = audience(field("scope")).filter(|audience| is_audience(world, audience)) else {
        return Err(Refusal::no_resource(field("scope")));
    };
    let claims = challenge::asked(form.get("claims"))?;
    let token = tokens::issue(world, &application.caller, proof, audience, claims);
    let lifetime = LIFETIME.whole_seconds();
    let body =
        json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token});
    Ok(Response::json(StatusCode::OK, &body).with_header("cache-control", "no-store, no-cache"))
}

/// A token for whom its host vouches; none when there is no such resource.
pub(crate) fn vouched(world: &mut World, caller: &Caller, resource: &str) -> Option<String> {
    is_audience(world, resource).then(|| tokens::issue(world, caller, Proof::Assertion, resource, Value::Null))
}

fn prove_by_secret(world: &World, application: &Application, secret: &str) -> Result<(), Refusal> {
    if application.secret.as_deref() != Some(secret) {
        return Err(Refusal::wrong_secret(&application.caller));
    }
    if application.secret_expires.is_some_and(|expires| expires <= world.now()) {
        return Err(Refusal::expired_secret(&application.caller));
    }
    Ok(())
}

/// The one resource that a scope names. OpenID's own scopes, which some libraries always add, ask nothing of an application.
fn audience(scope: &str) -> Option<&str> {
    const OPENID: [&str; 4] = ["openid", "offline_access", "profile", "email"];
    let mut resources = scope.split_whitespace().filter(|scope| !OPENID.contains(scope));
    let resource = resources.next()?.strip_suffix("/.default")?;
    resources.next().is_none().then_some(resource)
}

fn is_audience(world: &World, audience: &str) -> bool {
    let (audience, addresses) = (audience.trim_end_matches('/'), world.addresses());
    let fixed = [
        addresses.vaults_audience(),
        addresses.power_platform_audience(),
        addresses.environments_audience.to_owned(),
        format!("https://{}", addresses.graph),
        format!("https://{}", addresses.resource_manager),
    ];
    let mut orgs = world.environments.values().filter_map(|environment| environment.dataverse.as_ref());
    fixed.iter().any(|known| known == audience) || orgs.any(|org| format!("https://{}", org.host) == audience)
}

/// What is secret in a token request does not reach the journal: of an assertion it is told how it is signed.
pub(crate) fn journaled(request: &Request) -> Option<Value> {
    if request.method != Method::POST {
        return None;
    }
    let shown = exchange::options(&request.body).into_iter().filter_map(|(name, value)| match name.as_str() {
        "client_id" | "grant_type" | "scope" | "claims" => Some((name, value.into())),
        "client_assertion" => Some((name, assertion::journaled(&value))),
        _ => None,
    });
    Some(Value::Object(shown.collect()))
}
