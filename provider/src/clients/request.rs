//! A request as a value: what is sent, in a line that tests compare and logs show.

use std::fmt;

use reqwest::Method;
use serde_json::Value as Json;
use url::Url;

/// What is sent.
#[derive(Clone)]
pub struct Request {
    /// What it is for, in words: `reading the credential 1234`.
    pub operation: String,
    /// The method.
    pub method: Method,
    /// The address with its query.
    pub url: Url,
    /// Headers besides those of every request.
    pub headers: Vec<(&'static str, String)>,
    /// What is in it.
    pub body: Body,
    /// Whether it does the same however often it arrives.
    pub repeatable: bool,
}

/// The body of a request.
#[derive(Clone, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// JSON.
    Json(Json),
    /// A body that is made elsewhere, with its content type.
    Raw {
        /// The content type.
        content_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Request {
    /// A request without a body; reads and deletions may be repeated, and a PUT, which names its object.
    pub fn new(operation: impl Into<String>, method: Method, url: Url) -> Request {
        let repeatable = method != Method::POST && method != Method::PATCH;
        Request { operation: operation.into(), method, url, headers: Vec::new(), body: Body::Empty, repeatable }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with JSON in it.
    #[must_use]
    pub fn json(mut self, body: Json) -> Request {
        self.body = Body::Json(body);
        self
    }

    /// Whether it only asks.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// The request in a line, as tests and logs show it; what is secret is not in it.
    pub fn line(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut line = format!("{} {}{query}", self.method, self.url.path());
        for (name, value) in &self.headers {
            line = format!("{line}  {name}: {value}");
        }
        match &self.body {
            Body::Empty => line,
            Body::Json(body) => format!("{line}  {}", redacted(body)),
            Body::Raw { content_type, bytes } => format!("{line}  {content_type} ({} bytes)", bytes.len()),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

/// A body without what must not be shown.
fn redacted(body: &Json) -> Json {
    const SECRET: [&str; 3] = ["tokenRunOwnerCert:clientCertificateSecret", "pfx", "client_secret"];
    match body {
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| {
                let hidden = SECRET.contains(&name.as_str());
                (name.clone(), if hidden { "(hidden)".into() } else { redacted(value) })
            };
            Json::Object(fields.iter().map(field).collect())
        }
        Json::Array(elements) => elements.iter().map(redacted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_is_a_line_without_its_secrets() {
        let url = Url::parse("https://a.example/x/y?api-version=1").unwrap();
        let body = json!({"name": "robot", "pfx": "AAAA", "nested": [{"client_secret": "s"}]});
        let request = Request::new("writing", Method::PUT, url).header("if-match", "*").json(body);
        assert_eq!(
            request.line(),
            r#"PUT /x/y?api-version=1  if-match: *  {"name":"robot","nested":[{"client_secret":"(hidden)"}],"pfx":"(hidden)"}"#
        );
    }
}
