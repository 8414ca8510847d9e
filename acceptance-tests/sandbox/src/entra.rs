//! Microsoft Entra: tokens for applications with a secret, and what libraries ask before they want one.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PublicKeyData as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::exchange::{self, Request, Response};
use crate::world::{Caller, World};

/// How long a token holds.
const LIFETIME: Duration = Duration::hours(1);

/// What is open about tokens, which are opaque by contract, and the answers in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Whether a token can be read by whoever asked for it, and names the principal.
    pub names_principal: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { names_principal: true }
    }
}

/// The tokens that were issued, and the key that signs them.
#[derive(Clone)]
pub(crate) struct Tokens {
    key: Arc<KeyPair>,
    issued: BTreeMap<String, Issued>,
}

#[derive(Clone)]
struct Issued {
    caller: Caller,
    audience: String,
    expires: OffsetDateTime,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens", self.issued.len())
    }
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self { key: Arc::new(KeyPair::generate().expect("a P-256 key can be made")), issued: BTreeMap::new() }
    }

    /// Every token that was issued.
    pub(crate) fn all(&self) -> Vec<String> {
        self.issued.keys().cloned().collect()
    }

    /// From now on no token is accepted that was issued before.
    pub(crate) fn revoke_all(&mut self) {
        for issued in self.issued.values_mut() {
            issued.expires = OffsetDateTime::UNIX_EPOCH;
        }
    }

    fn issue(&mut self, caller: &Caller, audience: &str, switches: &Switches, now: OffsetDateTime) -> String {
        let mut claims = json!({
            "aud": audience,
            "iss": format!("https://sts.windows.net/{}/", caller.tenant_id),
            "iat": now.unix_timestamp(),
            "nbf": now.unix_timestamp(),
            "exp": (now + LIFETIME).unix_timestamp(),
            "appid": caller.app_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": caller.object_id,
            "sub": caller.object_id,
            "tid": caller.tenant_id,
            "uti": Uuid::new_v4().simple().to_string(),
            "ver": "1.0",
        });
        if !switches.names_principal {
            claims.as_object_mut().expect("claims are an object").remove("oid");
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("sandbox".to_owned());
        let key = EncodingKey::from_ec_der(self.key.serialized_der());
        let token = jsonwebtoken::encode(&header, &claims, &key).expect("claims can be signed");
        let issued = Issued { caller: caller.clone(), audience: audience.to_owned(), expires: now + LIFETIME };
        self.issued.insert(token.clone(), issued);
        token
    }

    fn keys(&self) -> Value {
        use base64::Engine as _;
        let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let point = self.key.der_bytes();
        let (x, y) = point[point.len() - 64..].split_at(32);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "kid": "sandbox", "x": encode(x), "y": encode(y)}]})
    }
}

/// Why a bearer token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unaccepted {
    Missing,
    Unknown,
    Expired,
    Audience,
}

impl Unaccepted {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Missing => "Request is missing a Bearer or PoP token.",
            Self::Unknown => "The token was not issued here: its signature cannot be verified.",
            Self::Expired => "The token has expired, or was revoked.",
            Self::Audience => "The token was issued for another audience.",
        }
    }
}

/// Whom a request's token speaks for, if it is good for this audience.
pub(crate) fn verify(world: &World, request: &Request, audience: &str) -> Result<Caller, Unaccepted> {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let issued = world.tokens.issued.get(token.ok_or(Unaccepted::Missing)?).ok_or(Unaccepted::Unknown)?;
    if issued.expires <= world.now() {
        return Err(Unaccepted::Expired);
    }
    if issued.audience.trim_end_matches('/') != audience {
        return Err(Unaccepted::Audience);
    }
    Ok(issued.caller.clone())
}

/// Answers a request to the sign-in host.
pub(crate) fn answer(world: &mut World, request: &Request) -> Response {
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["common" | "organizations", "discovery", "instance"]) => discovery(request),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => configuration(world, tenant),
        ("GET", [_, "discovery", "v2.0", "keys"]) => Response::json(StatusCode::OK, &world.tokens.keys()),
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => token(world, tenant, request),
        _ => Response::unknown(&format!("{} {} of the sign-in host", request.method, request.path)),
    }
}

fn discovery(request: &Request) -> Response {
    let endpoint = format!("https://{}/common/oauth2/v2.0/authorize", request.host);
    let body = json!({
        "tenant_discovery_endpoint": format!("https://{}/common/v2.0/.well-known/openid-configuration", request.host),
        "api-version": "1.1",
        "authorization_endpoint": endpoint,
        "metadata": [{
            "preferred_network": request.host,
            "preferred_cache": request.host,
            "aliases": [request.host],
        }],
    });
    Response::json(StatusCode::OK, &body)
}

fn configuration(world: &World, tenant: &str) -> Response {
    if !["common", "organizations"].contains(&tenant) && !world.tenants.contains(tenant) {
        return refused("invalid_tenant", 90002, &format!("Tenant '{tenant}' not found."));
    }
    let root = format!("https://login.microsoftonline.com/{tenant}");
    let body = json!({
        "token_endpoint": format!("{root}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{root}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{root}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{root}/discovery/v2.0/keys"),
        "issuer": format!("{root}/v2.0"),
        "response_types_supported": ["code", "id_token", "token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    });
    Response::json(StatusCode::OK, &body)
}

fn token(world: &mut World, tenant: &str, request: &Request) -> Response {
    let form: BTreeMap<String, String> = exchange::options(&request.body).into_iter().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !world.tenants.contains(tenant) {
        let words = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return refused("invalid_request", 90002, &words);
    }
    if field("grant_type") != "client_credentials" {
        return refused("unsupported_grant_type", 70003, "The sandbox knows the grant type client_credentials alone.");
    }
    let known = world.applications.get(&field("client_id").to_ascii_lowercase());
    let Some(application) = known.filter(|application| application.caller.tenant_id == tenant).cloned() else {
        let words =
            format!("Application with identifier '{}' was not found in the directory '{tenant}'.", field("client_id"));
        return refused("unauthorized_client", 700_016, &words);
    };
    if form.contains_key("client_assertion") {
        return refused("invalid_client", 700_027, "The sandbox does not know sign-in by a client assertion yet.");
    }
    if application.secret.is_none() || application.secret.as_deref() != form.get("client_secret").map(String::as_str) {
        let words = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
             secret ID, for a secret added to app '{}'.",
            application.caller.app_id
        );
        return refused("invalid_client", 7_000_215, &words);
    }
    let Some(audience) = audience(field("scope")).filter(|audience| is_audience(world, audience)) else {
        let words = format!("The resource principal of the scope '{}' was not found in the tenant.", field("scope"));
        return refused("invalid_resource", 500_011, &words);
    };
    let now = world.now();
    let switches = world.switches().entra.clone();
    let token = world.tokens.issue(&application.caller, audience, &switches, now);
    let lifetime = LIFETIME.whole_seconds();
    let body =
        json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token});
    Response::json(StatusCode::OK, &body).with_header("cache-control", "no-store, no-cache")
}

/// The one resource that a scope names. OpenID's own scopes, which some libraries always add, ask nothing of an application.
fn audience(scope: &str) -> Option<&str> {
    const OPENID: [&str; 4] = ["openid", "offline_access", "profile", "email"];
    let mut resources = scope.split_whitespace().filter(|scope| !OPENID.contains(scope));
    let resource = resources.next()?.strip_suffix("/.default")?;
    resources.next().is_none().then_some(resource)
}

fn is_audience(world: &World, audience: &str) -> bool {
    const FIXED: [&str; 5] = [
        "https://vault.azure.net",
        "https://api.powerplatform.com",
        "https://service.powerapps.com",
        "https://graph.microsoft.com",
        "https://management.azure.com",
    ];
    let orgs = world.environments.values().filter_map(|environment| environment.dataverse.as_ref());
    FIXED.contains(&audience.trim_end_matches('/'))
        || orgs.into_iter().any(|org| format!("https://{}", org.host) == audience.trim_end_matches('/'))
}

fn refused(error: &str, code: u64, words: &str) -> Response {
    let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {words} Trace ID: {trace} Correlation ID: {correlation}"),
        "error_codes": [code],
        "trace_id": trace.to_string(),
        "correlation_id": correlation.to_string(),
    });
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    Response::json(status, &body)
}

/// What is secret in a token request does not reach the journal.
pub(crate) fn journaled(request: &Request) -> Option<Value> {
    if request.method != Method::POST {
        return None;
    }
    let shown = exchange::options(&request.body).into_iter();
    let shown = shown.filter(|(name, _)| ["client_id", "grant_type", "scope"].contains(&name.as_str()));
    Some(Value::Object(shown.map(|(name, value)| (name, value.into())).collect()))
}
