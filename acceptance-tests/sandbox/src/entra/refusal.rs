//! Why Entra issues no token, in its own envelope.
//!
//! Source of the envelope: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

use crate::exchange::{Request, Response};
use crate::world::Caller;

/// A refusal of the token endpoint.
#[derive(Debug)]
pub(super) struct Refusal {
    error: &'static str,
    code: u64,
    words: String,
    /// What more precisely, and which claims a token would need.
    more: Option<(&'static str, Option<String>)>,
}

impl Refusal {
    /// With OAuth's word, the number after `AADSTS`, and what it means.
    pub(super) fn new(error: &'static str, code: u64, words: impl Into<String>) -> Self {
        Self { error, code, words: words.into(), more: None }
    }

    /// Whoever asks does not prove who it is.
    pub(super) fn client(code: u64, words: impl Into<String>) -> Self {
        Self::new("invalid_client", code, words)
    }

    /// An assertion that is none.
    pub(super) fn malformed(words: &str) -> Self {
        Self::new("invalid_request", 50_027, format!("JWT token is invalid or malformed. {words}"))
    }

    pub(super) fn no_tenant(tenant: &str) -> Self {
        let words = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        Self::new("invalid_request", 90_002, words)
    }

    pub(super) fn no_application(id: &str, tenant: &str) -> Self {
        let words = format!("Application with identifier '{id}' was not found in the directory '{tenant}'.");
        Self::new("unauthorized_client", 700_016, words)
    }

    pub(super) fn no_resource(scope: &str) -> Self {
        let words = format!("The resource principal of the scope '{scope}' was not found in the tenant.");
        Self::new("invalid_resource", 500_011, words)
    }

    pub(super) fn wrong_secret(caller: &Caller) -> Self {
        let words = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
             secret ID, for a secret added to app '{}'.",
            caller.app_id
        );
        Self::client(7_000_215, words)
    }

    pub(super) fn expired_secret(caller: &Caller) -> Self {
        let words = format!(
            "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: \
             https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
            caller.app_id
        );
        Self::client(7_000_222, words)
    }

    pub(super) fn strange_algorithm(name: &str) -> Self {
        let words = format!("Invalid JWT token. '{name}' is not a supported signature algorithm.");
        Self::new("invalid_request", 5_002_738, words)
    }

    /// The same with a word that says more precisely what it is.
    pub(super) fn suberror(self, word: &'static str) -> Self {
        Self { more: Some((word, None)), ..self }
    }

    /// The same with the claims that a token would need.
    pub(super) fn claims(self, word: &'static str, claims: String) -> Self {
        Self { more: Some((word, Some(claims))), ..self }
    }

    /// The answer. Whoever names his request finds the name in it.
    pub(super) fn answer(self, request: &Request, now: OffsetDateTime) -> Response {
        let Self { error, code, words, more } = self;
        let named = request.header("client-request-id").and_then(|id| Uuid::try_parse(id).ok());
        let (trace, correlation) = (Uuid::new_v4(), named.unwrap_or_else(Uuid::new_v4));
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
        let timestamp = now.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default();
        let mut body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {words}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
            ),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
            "error_uri": format!("https://{}/error?code={code}", request.host),
        });
        if let Some((suberror, claims)) = more {
            body["suberror"] = suberror.into();
            if let Some(claims) = claims {
                body["claims"] = claims.into();
            }
        }
        let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Response::json(status, &body)
    }
}
