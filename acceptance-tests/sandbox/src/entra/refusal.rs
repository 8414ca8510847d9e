//! Why Entra issues no token, in its own envelope.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::exchange::Response;

/// A refusal of the token endpoint.
#[derive(Debug)]
pub(super) struct Refusal {
    error: &'static str,
    code: u64,
    words: String,
}

impl Refusal {
    /// With OAuth's word, the number after `AADSTS`, and what it means.
    pub(super) fn new(error: &'static str, code: u64, words: impl Into<String>) -> Self {
        Self { error, code, words: words.into() }
    }

    /// Whoever asks does not prove who it is.
    pub(super) fn client(code: u64, words: impl Into<String>) -> Self {
        Self::new("invalid_client", code, words)
    }

    /// An assertion that is none.
    pub(super) fn malformed(words: &str) -> Self {
        Self::new("invalid_request", 50_027, format!("JWT token is invalid or malformed. {words}"))
    }
}

impl From<Refusal> for Response {
    fn from(Refusal { error, code, words }: Refusal) -> Self {
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let body = json!({
            "error": error,
            "error_description": format!("AADSTS{code}: {words} Trace ID: {trace} Correlation ID: {correlation}"),
            "error_codes": [code],
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
        });
        let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Self::json(status, &body)
    }
}
