//! Weather: what is between a client and a service, and what a service does on a bad day.

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::dataverse;
use crate::exchange::{Request, Response};

/// A rule: which requests it strikes, how often, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method; any when left out.
    #[serde(default)]
    pub method: Option<String>,
    /// What host and path together contain; everything when left out.
    #[serde(default)]
    pub matching: String,
    /// How many requests it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub effect: Effect,
}

fn once() -> u32 {
    1
}

/// What happens to a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// 429 with `Retry-After` in seconds.
    Throttle(u64),
    /// The answer comes later, by so many milliseconds.
    Delay(u64),
    /// The connection breaks before anything is done.
    ResetBefore,
    /// It is done, and the connection breaks before the answer.
    ResetAfter,
    /// An error of the service's own: status, code and message.
    Status(u16, String, String),
    /// A page in HTML, as a proxy gives it, with this status.
    Html(u16),
    /// JSON that breaks off.
    NotJson,
    /// A refusal that says again what was sent in confidence, with colours for a terminal.
    Echo(Notation),
    /// No token is accepted that was issued before.
    RevokeTokens,
}

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

impl Fault {
    /// The next request whose host and path contain this is struck.
    pub fn next(matching: &str, effect: Effect) -> Self {
        Self { method: None, matching: matching.to_owned(), times: 1, effect }
    }

    /// The same for a number of requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// The same for one method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    pub(crate) fn strikes(&self, request: &Request) -> bool {
        self.times > 0
            && self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && format!("{}{}", request.host, request.path).contains(&self.matching)
    }
}

impl Effect {
    /// The answer that takes the place of the service's.
    pub(crate) fn instead(&self, request: &Request) -> Option<Response> {
        match self {
            Self::Throttle(seconds) if request.host.contains(".dynamics.com") => {
                Some(dataverse::throttled(dataverse::Limit::Requests, *seconds))
            }
            Self::Throttle(seconds) => Some(
                Response::error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Rate limit is exceeded.")
                    .with_header("retry-after", &seconds.to_string()),
            ),
            Self::Status(status, code, message) => Some(Response::error(
                StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                code,
                message,
            )),
            Self::Html(status) => {
                let mut response = Response::empty(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY));
                response.body = "<html><head><title>Access denied</title></head><body><h1>Blocked by the web gateway</h1></body></html>".into();
                Some(response.with_header("content-type", "text/html"))
            }
            Self::NotJson => {
                let mut response = Response::empty(StatusCode::OK);
                response.body = "{\"value\": [".into();
                Some(response.with_header("content-type", "application/json"))
            }
            Self::Echo(notation) => Some(echo(request, *notation)),
            Self::Delay(_) | Self::ResetBefore | Self::ResetAfter | Self::RevokeTokens => None,
        }
    }
}

/// What a careless service says of a request that it does not like.
fn echo(request: &Request, notation: Notation) -> Response {
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
