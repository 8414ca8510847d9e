//! The connection that Microsoft's SDKs are lent: what they ask for is short, and whatever is not is cut off. It is tried again, found again
//! and logged as what is asked without them, and what goes wrong is an error of ours, which they hand on.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, sleep};

use super::answer::leads_to_a_page;
use super::contact::Contact;
use super::error::{Error, Page, SIGNING_IN, chain};
use super::reach::{Network, Way};
use super::retry::{Tries, asked_for};
use super::secrets::Secrets;
use super::trace::Trace;

/// As long as a token or a certificate may be, with all that is said beside it.
const MAX_BODY: usize = 1 << 20;
/// After how long nothing is tried again, unless it is asked for: whoever has a token or a certificate to wait for has others to ask as well.
const PATIENCE: Duration = Duration::from_secs(20);

/// The header of who asks a machine for its identity. Source:
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.
const MACHINE: HeaderName = HeaderName::from_static("metadata");

/// A connection whose answers are short.
#[derive(Debug)]
pub(super) struct Short {
    pub(super) way: Way,
    pub(super) network: Network,
    pub(super) contact: Arc<Contact>,
    /// The same of those who sign in, where this is lent for a sign-in.
    pub(super) sign_in: Option<Arc<Contact>>,
    pub(super) secrets: Arc<Secrets>,
}

/// What came back.
struct Came {
    status: StatusCode,
    headers: Headers,
    body: Bytes,
}

#[async_trait::async_trait]
impl HttpClient for Short {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let ours = |error| azure_core::Error::new(ErrorKind::Other, error);
        let Came { status, headers, body } = self.tried(request).await.map_err(ours)?;
        Ok(AsyncRawResponse::from_bytes(status.as_u16().into(), headers, body))
    }
}

impl Short {
    async fn tried(&self, request: &Request) -> Result<Came, Error> {
        let mut tries = Tries::begin(self.network.max_retries).within(PATIENCE);
        let host = request.url().host_str().unwrap_or_default();
        let is_machine = request.headers().get_optional_str(&MACHINE).is_some();
        let is_passing = |status: u16| match status {
            // A machine says so while its identities are brought up to date.
            404 | 410 => is_machine,
            other => matches!(other, 408 | 429 | 500 | 502 | 503 | 504),
        };
        loop {
            let (came, asked) = match self.once(request).await {
                Ok(came) if is_passing(came.status.as_u16()) => {
                    let asked = came.header("retry-after").as_deref().and_then(asked_for);
                    (Ok(came), asked)
                }
                Err(error) if !error.is_lasting() => (Err(error), None),
                Err(error) => return Err(self.way.explained(error, host).await),
                Ok(came) => return self.own(request, came),
            };
            let Some(wait) = tries.again(asked) else { return came.and_then(|came| self.own(request, came)) };
            sleep(wait).await;
        }
    }

    async fn once(&self, request: &Request) -> Result<Came, Error> {
        let (started, trace) = (Instant::now(), self.network.run.request());
        let (operation, host) = (operation(request), request.url().host_str().unwrap_or_default());
        let path = request.url().path();
        let through = |error: Error| error.through(self.way.proxy.as_ref());
        self.contacts().for_each(|contact| contact.asks(host, || through(Error::silent(operation, host))));
        let ids = trace.headers(operation == SIGNING_IN);
        let mut request = request.clone();
        each(&ids, |name, value| request.insert_header(name, value));
        let broken = |error: azure_core::Error| {
            tracing::debug!(host, path, %trace, "The connection failed");
            let chain: Vec<String> = chain(&error).iter().map(|text| self.secrets.redact(text)).collect();
            // It only asks: whether a question has arrived that nobody answers in time is all the same.
            let sent = *error.kind() == ErrorKind::Io && !chain.iter().any(|text| text.contains("timed out"));
            let error = through(Error::connection(operation, host, sent, &chain)).of_read(true);
            self.contacts().for_each(|contact| contact.failed(&error));
            error
        };
        let answer = self.way.client.execute_request(&request).await.map_err(broken)?;
        let (status, mut headers, mut stream) = answer.deconstruct();
        let mut body = BytesMut::new();
        while let Some(chunk) = stream.try_next().await.map_err(broken)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(Error::unexpected(operation, "it is longer than 1 MiB").of(Some(&trace)));
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
        let status = StatusCode::from_u16(status.into()).unwrap_or_default();
        let came = Came { status, headers, body: body.freeze() };
        if came.is_page() {
            let error = self.not_the_service(operation, &came);
            self.contacts().for_each(|contact| contact.failed(&error));
            return Ok(came);
        }
        self.contact.answered();
        match &self.sign_in {
            Some(sign_in) if operation == SIGNING_IN => sign_in.answered(),
            Some(sign_in) => sign_in.answered_before(),
            None => {}
        }
        Ok(came)
    }

    fn contacts(&self) -> impl Iterator<Item = &Contact> {
        iter::once(&*self.contact).chain(self.sign_in.as_deref())
    }

    /// What came, unless it is somebody else's.
    fn own(&self, request: &Request, came: Came) -> Result<Came, Error> {
        if came.is_page() { Err(self.not_the_service(operation(request), &came)) } else { Ok(came) }
    }

    fn not_the_service(&self, operation: &str, came: &Came) -> Error {
        let (text, location) = (String::from_utf8_lossy(&came.body), came.header("location"));
        let location = location.as_deref().filter(|_| came.status.is_redirection());
        let page = Page { text: &text, location };
        let error = Error::not_the_service(operation, came.status.as_u16(), page, &self.secrets);
        error.of_read(true).of(asked(&came.headers).as_ref())
    }
}

impl Came {
    fn header(&self, name: &'static str) -> Option<String> {
        self.headers.get_optional_string(&HeaderName::from_static(name))
    }

    fn is_page(&self) -> bool {
        let body = self.body.trim_ascii_start();
        let leads = leads_to_a_page(self.status, self.header("content-type").as_deref());
        body.starts_with(b"<") || leads && !body.starts_with(b"{")
    }
}

/// What an SDK asks for: a token, or whatever whoever called it says.
fn operation(request: &Request) -> &'static str {
    if request.url().path().ends_with("/token") { SIGNING_IN } else { "asking" }
}

fn each(ids: &HeaderMap, mut put: impl FnMut(String, String)) {
    for (name, value) in ids {
        put(name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned());
    }
}

/// By what the request is found again that an SDK had this answer to.
pub(super) fn asked(headers: &Headers) -> Option<Trace> {
    Trace::read(|name| headers.get_optional_string(&HeaderName::from_static(name)))
}

/// An error of ours that an SDK has handed on.
pub(super) fn own(error: &azure_core::Error) -> Option<Error> {
    causes(error).find_map(|cause| cause.downcast_ref::<Error>()).cloned()
}

fn causes(error: &azure_core::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
}
