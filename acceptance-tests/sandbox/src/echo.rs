//! A service that says again what it was told in confidence.

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::exchange::{Request, Response};

/// How a refusal writes what it says again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notation {
    /// As it was sent.
    Sent,
    /// As it was meant: a form is decoded.
    Decoded,
    /// As JSON inside of JSON.
    Json,
    /// As part of an address.
    Address,
    /// The first thousand bytes alone.
    Beginning,
    /// In a page of HTML.
    Page,
}

/// What a careless service says of a request that it does not like.
pub(crate) fn echo(request: &Request, notation: Notation) -> Response {
    let sent = format!(
        "\u{1b}[31m{}\u{1b}[0m\r\n{}",
        request.header("authorization").unwrap_or_default(),
        String::from_utf8_lossy(&request.body)
    );
    let said = match notation {
        Notation::Sent | Notation::Page => sent,
        Notation::Decoded => percent_decode_str(&sent.replace('+', " ")).decode_utf8_lossy().into_owned(),
        Notation::Json => json!(sent).to_string(),
        Notation::Address => utf8_percent_encode(&sent, NON_ALPHANUMERIC).to_string(),
        Notation::Beginning => sent.chars().take(1000).collect(),
    };
    let mut response = match request.host.starts_with("login.") {
        true => {
            let error =
                json!({"error": "invalid_request", "error_description": format!("AADSTS90014: It was: {said}")});
            Response::json(StatusCode::BAD_REQUEST, &error)
        }
        false => Response::error(StatusCode::BAD_REQUEST, "BadRequest", &format!("It was: {said}")),
    };
    if notation == Notation::Page {
        response.body = format!("<html><body><h1>Bad request</h1><pre>{said}</pre></body></html>").into();
    }
    response
}
