//! What comes in and what goes out, without a connection: the services are functions from one to the other.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::crafted::Body;
use crate::rights::{Demanded, Known};

/// A request, as it came out of the tunnel.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The method.
    pub method: Method,
    /// The host of the tunnel; what the `Host` header says is not asked.
    pub host: String,
    /// The path as it was sent.
    pub path: String,
    /// The query's names and values, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// The query as it was sent.
    pub raw_query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A header's value, when it is there and a text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token that it bears.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The value of a query option.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first query option that is not among the known ones.
    pub(crate) fn strange_option(&self, known: &[&str]) -> Option<&str> {
        self.query.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }

    /// The same request without query options.
    pub(crate) fn without_query(&self) -> Self {
        Self { query: Vec::new(), raw_query: String::new(), ..self.clone() }
    }

    /// Path and query.
    pub(crate) fn target(&self) -> String {
        if self.raw_query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.raw_query) }
    }
}

/// The names and values of a query or a form, decoded: `+` is a blank, as browsers and most libraries write it.
pub(crate) fn options(raw: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(raw).into_owned().collect()
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// A body that flows in place of the one above.
    pub flowing: Option<Body>,
    /// The requests inside a batch with their answers, for the journal.
    pub parts: Vec<(Request, Response)>,
    /// The rights that the request was asked for, for the journal.
    pub rights: Vec<Demanded>,
}

impl Response {
    /// An answer with JSON in it.
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        let mut response = Self::empty(status);
        response.headers.insert("content-type", HeaderValue::from_static("application/json; charset=utf-8"));
        response.body = Bytes::from(value.to_string());
        response
    }

    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        let (parts, rights) = (Vec::new(), Vec::new());
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), flowing: None, parts, rights }
    }

    /// Whether it arrives whole.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self.flowing, Some(Body::BrokenOff(_)))
    }

    /// The same with a header; a value that no header can hold is left out.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The same, for which this right was asked for first.
    #[must_use]
    pub(crate) fn demanding(mut self, service: &'static str, right: impl Into<String>, known: Known) -> Self {
        self.rights.insert(0, Demanded { service, right: right.into(), known });
        self
    }

    /// The envelope that Azure's services share.
    pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self::json(status, &json!({"error": {"code": code, "message": message}}))
    }

    /// What the sandbox does not know, it refuses by name: the client asked for something that nobody has looked up.
    pub(crate) fn unknown(what: &str) -> Self {
        Self::error(StatusCode::NOT_IMPLEMENTED, "NotEmulated", &format!("The sandbox does not know {what}."))
    }
}
