//! The only I/O: a request is a value, and sending it means a token, a bounded number of tries, and an answer that is JSON.
//!
//! A write whose outcome is unknown is sent again only when it is the same however often it arrives. Proxy and trust come from
//! `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE`, on every system; with the last one set, its authorities alone are trusted.

use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use azure_core::http::{ExponentialRetryOptions, RetryOptions, Transport};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::Value as Json;
use url::Url;

use super::Error;
use super::entra::{Caller, Entra};
use super::error::Refusal;

/// How often a request is tried at the most.
const TRIES: u32 = 5;
/// After how long no further try is begun.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a single answer may take.
const ANSWER: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(10);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What is sent.
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
#[derive(Default)]
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
    /// A request without a body; reads and deletions may be repeated.
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

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// The body is something else.
    pub fn json(&self, operation: &str) -> Result<Json, Error> {
        serde_json::from_slice(&self.body).map_err(|_| self.not_json(operation))
    }

    fn not_json(&self, operation: &str) -> Error {
        Error::not_the_service(operation, self.status.as_u16(), &String::from_utf8_lossy(&self.body))
    }

    fn request_id(&self) -> Option<String> {
        const NAMES: [&str; 4] =
            ["x-ms-request-id", "x-ms-service-request-id", "req_id", "x-ms-correlation-request-id"];
        NAMES.iter().find_map(|name| self.headers.get(*name)?.to_str().ok().map(str::to_owned))
    }

    /// The error that the answer is; `None` when it is none.
    pub(super) fn error(&self, operation: &str) -> Option<Error> {
        if self.status.is_success() {
            return None;
        }
        let Ok(json) = serde_json::from_slice::<Json>(&self.body) else {
            if self.body.is_empty() {
                let refusal = Refusal {
                    status: self.status.as_u16(),
                    message: self.status.canonical_reason().unwrap_or("an error without a message").to_owned(),
                    request_id: self.request_id(),
                    ..Refusal::default()
                };
                return Some(Error::refused(operation, refusal));
            }
            return Some(self.not_json(operation));
        };
        let refusal = refusal(&json, self.status.as_u16(), self.request_id());
        Some(refusal.map_or_else(|| self.not_json(operation), |refusal| Error::refused(operation, refusal)))
    }
}

/// Reads the envelope that all these services share: `error` with `code`, `message`, and nested `details` or `innererror`.
pub(super) fn refusal(json: &Json, status: u16, request_id: Option<String>) -> Option<Refusal> {
    let error = json.get("error")?;
    let text = |json: &Json, name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut refusal = match error {
        // Entra's own shape.
        Json::String(code) => {
            Refusal { code: code.clone(), message: text(json, "error_description"), ..Refusal::default() }
        }
        error => Refusal { code: text(error, "code"), message: text(error, "message"), ..Refusal::default() },
    };
    (refusal.status, refusal.request_id) = (status, request_id);
    let mut inside: Vec<&Json> = vec![error];
    while let Some(outer) = inside.pop() {
        let nested = outer.get("details").and_then(Json::as_array).into_iter().flatten();
        for inner in nested.chain(outer.get("innererror").filter(|inner| inner.is_object())) {
            refusal.details.push((text(inner, "code"), text(inner, "message")));
            inside.push(inner);
        }
    }
    refusal.details.retain(|(code, message)| !code.is_empty() || !message.is_empty());
    Some(refusal)
}

/// The address of a list's next page, which must be where the first one was.
pub(super) fn next_page(operation: &str, next: &str, first: &Url) -> Result<Url, Error> {
    let next = Url::parse(next).map_err(|error| Error::unexpected(operation, error.to_string()))?;
    if next.host_str() != first.host_str() {
        return Err(Error::unexpected(operation, "the next page is on another host"));
    }
    Ok(next)
}

/// The way to every service.
pub struct Http {
    entra: Entra,
    user_agent: String,
    client: OnceLock<reqwest::Client>,
}

impl Http {
    pub(super) fn new(entra: Entra, user_agent: String) -> Http {
        Http { entra, user_agent, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&reqwest::Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = client(&self.user_agent)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The same way for Microsoft's own SDKs.
    pub(super) fn transport(&self) -> Result<Transport, Error> {
        Ok(Transport::new(Arc::new(self.client()?.clone())))
    }

    /// The principal that signs in.
    pub(super) fn entra(&self) -> &Entra {
        &self.entra
    }

    pub(super) async fn caller(&self) -> Option<Caller> {
        let transport = self.transport().ok()?;
        self.entra.caller(transport).await
    }

    /// Sends a request with a token for `scope`, as often as need be, and returns the first answer that is no error.
    ///
    /// # Errors
    /// The service's own error, or what kept it from answering.
    pub async fn send(&self, scope: &str, request: &Request) -> Result<Answer, Error> {
        let answer = self.send_raw(scope, request).await?;
        answer.error(&request.operation).map_or(Ok(answer), Err)
    }

    /// The same, but an answer that is an error and that another try does not mend is returned as it is: a batch says inside what failed.
    ///
    /// # Errors
    /// What kept the service from answering, and a service that is too busy.
    pub(super) async fn send_raw(&self, scope: &str, request: &Request) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut try_number = 0;
        let mut renewed = false;
        loop {
            try_number += 1;
            let (error, wait) = match self.once(scope, request).await {
                Ok(answer) => {
                    let Some(error) = answer.error(&request.operation) else { return Ok(answer) };
                    let status = answer.status;
                    if status == StatusCode::UNAUTHORIZED && !renewed {
                        renewed = true;
                        self.entra.forget(scope).await;
                        continue;
                    }
                    let refused = matches!(status.as_u16(), 429 | 503);
                    let broken = matches!(status.as_u16(), 408 | 500 | 502 | 504) && request.repeatable;
                    if !refused && !broken {
                        return Ok(answer);
                    }
                    (error, retry_after(&answer.headers))
                }
                Err(error) if error.is_final() => return Err(error),
                Err(error) if error.outcome_unknown() && !request.repeatable => return Err(error),
                Err(error) => (error, None),
            };
            let backoff = Duration::from_millis(250 << try_number.min(6));
            let wait = wait.unwrap_or(backoff).min(MAX_WAIT);
            if try_number >= TRIES || started.elapsed() + wait > PATIENCE {
                return Err(error);
            }
            tracing::debug!(
                operation = request.operation,
                try_number,
                wait_ms = wait.as_millis() as u64,
                "Trying again"
            );
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, scope: &str, request: &Request) -> Result<Answer, Error> {
        let operation = &request.operation;
        let token = self.entra.token(scope, self.transport()?).await?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Error::unexpected(operation, format!("the header {name} has a value that cannot be sent"))
            })?;
            headers.append(HeaderName::from_static(name), value);
        }
        let mut builder = self.client()?.request(request.method.clone(), request.url.clone()).headers(headers);
        builder = builder.bearer_auth(token.secret());
        builder = match &request.body {
            Body::Empty => builder,
            Body::Json(body) => {
                builder.header("content-type", "application/json; charset=utf-8").body(body.to_string())
            }
            Body::Raw { content_type, bytes } => builder.header("content-type", content_type).body(bytes.clone()),
        };
        let started = Instant::now();
        let sent = async {
            let response = builder.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
        };
        let answer = sent.await.map_err(|error: reqwest::Error| {
            let sent = !error.is_connect() && !error.is_builder();
            tracing::debug!(operation, sent, "The connection failed");
            Error::connection(operation, sent, without_url(error))
        })?;
        tracing::debug!(
            method = request.method.as_str(),
            host = request.url.host_str(),
            path = request.url.path(),
            status = answer.status.as_u16(),
            duration_ms = started.elapsed().as_millis() as u64,
            request_id = answer.request_id(),
            "Asked a service"
        );
        tracing::trace!(request = request.line(), "Request");
        Ok(answer)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("entra", &self.entra).finish_non_exhaustive()
    }
}

/// The error's innermost words; the address is in the operation already, and a proxy's may hold a password.
fn without_url(error: reqwest::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text.into()
}

fn client(user_agent: &str) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .https_only(true)
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        let shown = path.to_string_lossy();
        let pem = std::fs::read(&path)
            .map_err(|error| Error::setup(format!("SSL_CERT_FILE names {shown}, which cannot be read: {error}")))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).unwrap_or_default();
        if certificates.is_empty() {
            return Err(Error::setup(format!("SSL_CERT_FILE names {shown}, which holds no certificate in PEM format")));
        }
        builder = builder.tls_certs_only(certificates);
    }
    builder.build().map_err(|error| Error::setup(format!("no HTTPS client can be made: {error}")))
}

/// Bounded tries for Microsoft's SDKs, whose own default goes on for more than a minute after a wrong authority.
pub(super) fn sdk_retry() -> RetryOptions {
    RetryOptions::exponential(ExponentialRetryOptions {
        max_retries: 3,
        max_total_elapsed: azure_core::time::Duration::seconds(20),
        ..ExponentialRetryOptions::default()
    })
}

/// How long the service wants us to wait: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (0.0..=3600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    }
    let then = time::OffsetDateTime::parse(value, &time::format_description::well_known::Rfc2822).ok()?;
    Some((then - time::OffsetDateTime::now_utc()).try_into().unwrap_or(Duration::ZERO))
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

    #[test]
    fn nested_errors_are_all_kept() {
        let json = json!({"error": {"code": "ApiHubsRequestFailed", "message": "outer", "details": [
            {"code": "A", "message": "inner", "details": [{"code": "403", "message": "innermost"}]}]}});
        let refusal = refusal(&json, 400, None).unwrap();
        assert_eq!(refusal.to_string(), "HTTP 400 ApiHubsRequestFailed: outer (A: inner) (403: innermost)");
    }

    #[test]
    fn a_service_may_say_how_long_to_wait() {
        let wait = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            retry_after(&headers)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("Mon, 01 Jan 2001 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
    }
}
