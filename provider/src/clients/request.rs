//! A request as a value: what is sent, in a line that tests compare and logs show.

use std::{fmt, io};

use bytes::Bytes;
use reqwest::Method;
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

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
    pub body: Option<Body>,
    /// Whether it does the same however often it arrives.
    pub repeatable: bool,
    /// What it writes, where that is not what its address names: each method and address of an object.
    pub writes: Vec<(&'static str, String)>,
}

/// The body of a request, and what is shown of it: whoever makes the one knows what is secret in it, and makes the other.
#[derive(Clone)]
pub struct Body {
    /// The content type.
    pub content_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// What tests and logs show.
    pub shown: String,
}

impl Request {
    /// A request without a body; reads and deletions may be repeated, and a PUT, which names its object.
    pub fn new(operation: impl Into<String>, method: Method, url: Url) -> Request {
        let repeatable = method != Method::POST && method != Method::PATCH;
        Request {
            operation: operation.into(),
            method,
            url,
            headers: Vec::new(),
            body: None,
            repeatable,
            writes: Vec::new(),
        }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with JSON in it, of which `shown` is shown.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize, shown: &impl Serialize) -> Request {
        let content_type = "application/json; charset=utf-8".to_owned();
        let shown = String::from_utf8_lossy(&wiping(shown)).into_owned();
        self.body = Some(Body { content_type, bytes: wiping(body), shown });
        self
    }

    /// Whether it only asks.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Each object that it writes, by its method and its address in the service.
    pub(super) fn written(&self) -> Vec<(&str, String)> {
        match self.writes.as_slice() {
            [] if self.is_read() => Vec::new(),
            [] => vec![(self.method.as_str(), address(&self.url))],
            writes => writes.iter().map(|(method, address)| (*method, address.clone())).collect(),
        }
    }

    /// The request in a line, as tests and logs show it; what is secret is not in it.
    pub fn line(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut line = format!("{} {}{query}", self.method, self.url.path());
        for (name, value) in &self.headers {
            line = format!("{line}  {name}: {value}");
        }
        self.body.iter().fold(line, |line, body| format!("{line}  {}", body.shown))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

/// An address without its query.
fn address(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.into()
}

/// The JSON of a body, in bytes that are wiped once the last request with them is gone.
fn wiping(body: &impl Serialize) -> Bytes {
    const EXPECT: &str = "a body is made of texts, numbers and nulls";
    let mut length = Length(0);
    serde_json::to_writer(&mut length, body).expect(EXPECT);
    // As long as it gets: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *bytes, body).expect(EXPECT);
    Bytes::from_owner(bytes)
}

/// How much was written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_is_a_line_without_its_secrets() {
        let url = Url::parse("https://a.example/x/y?api-version=1").unwrap();
        let (body, shown) = (json!({"name": "robot", "key": "AAAA"}), json!({"name": "robot", "key": "(hidden)"}));
        let request = Request::new("writing", Method::PUT, url).header("if-match", "*").json(&body, &shown);
        let line = r#"PUT /x/y?api-version=1  if-match: *  {"key":"(hidden)","name":"robot"}"#;
        assert_eq!((request.line().as_str(), format!("{request:?}").as_str()), (line, line));
        assert_eq!(request.body.unwrap().bytes, r#"{"key":"AAAA","name":"robot"}"#);
    }

    #[test]
    fn what_is_written_has_an_address_and_a_question_writes_nothing() {
        let url = Url::parse("https://a.example/x/y?api-version=1").unwrap();
        let put = Request::new("writing", Method::PUT, url.clone());
        assert_eq!(put.written(), [("PUT", "https://a.example/x/y".to_owned())]);
        assert_eq!(Request::new("asking", Method::GET, url.clone()).written(), []);
        let row = "https://a.example/rows(7)".to_owned();
        let batch = Request { writes: vec![("DELETE", row.clone())], ..Request::new("writing", Method::POST, url) };
        assert_eq!(batch.written(), [("DELETE", row)]);
    }
}
