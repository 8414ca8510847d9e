//! Weather: what is between a client and a service, and what a service does on a bad day.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::altered::{move_next_pages, put};
use crate::cloud::{self, Place};
use crate::crafted::{Body, Crafted};
use crate::dataverse;
use crate::echo::{Notation, echo};
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
    /// How many such requests pass before it strikes.
    #[serde(default)]
    pub after: u32,
    /// How many requests it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// How many requests it has struck.
    #[serde(skip)]
    pub struck: u32,
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
    /// It is done, and the connection breaks in the middle of the answer.
    ResetDuring,
    /// The next page of a list is said to be on this host.
    NextPageOn(String),
    /// No token is accepted that was issued before.
    RevokeTokens,
    /// This answer, and nothing is done.
    Answer(Crafted),
    /// It is done, and in the answer these values stand at these places: JSON pointers, in which `*` is each element.
    Altered(Vec<(String, Value)>),
}

impl Fault {
    /// The next request whose host and path contain this is struck.
    pub fn next(matching: &str, effect: Effect) -> Self {
        Self { method: None, matching: matching.to_owned(), after: 0, times: 1, struck: 0, effect }
    }

    /// The same after so many such requests.
    #[must_use]
    pub fn after(mut self, after: u32) -> Self {
        self.after = after;
        self
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

    /// Whether it strikes this request, which counts as one that it has met.
    pub(crate) fn meets(&mut self, request: &Request) -> bool {
        if self.times == 0 || !self.concerns(request) {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        true
    }

    fn concerns(&self, request: &Request) -> bool {
        self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && format!("{}{}", request.host, request.path).contains(&self.matching)
    }
}

impl Effect {
    /// The answer that takes the place of the service's, after this has struck so often.
    pub(crate) fn instead(&self, request: &Request, struck: u32) -> Option<Response> {
        match self {
            Self::Answer(crafted) => Some(crafted.answer(struck)),
            Self::Throttle(seconds) if cloud::somewhere(&request.host) == Some(Place::Organization) => {
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
            Self::Delay(_)
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::ResetDuring
            | Self::RevokeTokens
            | Self::NextPageOn(_)
            | Self::Altered(_) => None,
        }
    }

    /// What becomes of the service's own answer; none comes through when the connection breaks.
    pub(crate) fn on_its_way(&self, mut response: Response) -> Option<Response> {
        match self {
            Self::ResetBefore | Self::ResetAfter => None,
            Self::ResetDuring => {
                let half = response.body.len() / 2;
                let text = String::from_utf8_lossy(&response.body[..half]).into_owned();
                response.flowing = Some(Body::BrokenOff(text));
                Some(response)
            }
            Self::Altered(changes) => Some(response.altered(|body| {
                changes.iter().for_each(|(place, value)| put(body, place, value));
            })),
            Self::NextPageOn(host) => Some(response.altered(|body| move_next_pages(body, host))),
            _ => Some(response),
        }
    }
}
