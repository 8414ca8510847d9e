//! The connection that Microsoft's SDKs are lent: what they ask for is short, and whatever is not is cut off. It is found again and logged
//! as what is asked without them.

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::trace::{Run, Trace};

/// As long as a token or a certificate may be, with all that is said beside it.
const MAX_BODY: usize = 1 << 20;

/// A connection whose answers are short.
#[derive(Debug)]
pub(super) struct Short {
    pub(super) client: reqwest::Client,
    pub(super) run: Run,
}

#[async_trait::async_trait]
impl HttpClient for Short {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (started, trace) = (Instant::now(), self.run.request());
        let (host, path) = (request.url().host_str(), request.url().path());
        let ids = trace.headers(path.ends_with("/token"));
        let mut request = request.clone();
        each(&ids, |name, value| request.insert_header(name, value));
        let answer = self.client.execute_request(&request).await;
        let answer = answer.inspect_err(|_| tracing::debug!(host, path, %trace, "The connection failed"))?;
        let (status, mut headers, mut stream) = answer.deconstruct();
        let mut body = BytesMut::new();
        while let Some(chunk) = stream.try_next().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(Error::with_message(ErrorKind::DataConversion, "the answer is longer than 1 MiB"));
            }
        }
        tracing::debug!(
            method = request.method().as_str(),
            host,
            path,
            status = u16::from(status),
            duration_ms = started.elapsed().as_millis() as u64,
            client_request_id = %trace.client_request_id(),
            correlation_id = trace.correlation_id(),
            "Asked a service"
        );
        // The SDK hands on what came back, and nothing of what was asked.
        each(&ids, |name, value| headers.insert(name, value));
        Ok(AsyncRawResponse::from_bytes(status, headers, body.freeze()))
    }
}

fn each(ids: &HeaderMap, mut put: impl FnMut(String, String)) {
    for (name, value) in ids {
        put(name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned());
    }
}

/// By what the request is found again that an SDK had this answer to.
pub(super) fn asked(headers: &Headers) -> Option<Trace> {
    Trace::read(|name| headers.get_optional_string(&name.to_owned().into()))
}

/// The same of an answer that became an error.
pub(super) fn refused(error: &Error) -> Option<Trace> {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.filter_map(|cause| cause.downcast_ref::<Error>()).find_map(|error| match error.kind() {
        ErrorKind::HttpResponse { raw_response: Some(raw), .. } => asked(raw.headers()),
        _ => None,
    })
}
