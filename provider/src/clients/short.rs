//! The connection that Microsoft's SDKs are lent: what they ask for is short, and whatever is not is cut off. It is logged as what is
//! asked without them.

use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use tokio::time::Instant;

/// As long as a token or a certificate may be, with all that is said beside it.
const MAX_BODY: usize = 1 << 20;

/// A connection whose answers are short.
#[derive(Debug)]
pub(super) struct Short(pub(super) reqwest::Client);

#[async_trait::async_trait]
impl HttpClient for Short {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let started = Instant::now();
        let (host, path) = (request.url().host_str(), request.url().path());
        let answer = self.0.execute_request(request).await;
        let answer = answer.inspect_err(|_| tracing::debug!(host, path, "The connection failed"))?;
        let (status, headers, mut stream) = answer.deconstruct();
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
            "Asked a service"
        );
        Ok(AsyncRawResponse::from_bytes(status, headers, body.freeze()))
    }
}
