//! The only I/O: sending a request means a token, a bounded number of tries, and equal questions at the same time are one.
//!
//! A write whose outcome is unknown is sent again only when it is the same however often it arrives.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use azure_core::http::Transport;
use bytes::BytesMut;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};

use super::answer::{Answer, leads_to_a_page};
use super::audit::Written;
use super::challenge::Challenge;
use super::contact::Contact;
use super::entra::{Caller, Entra};
use super::error::{Error, SIGNING_IN, chain};
use super::gate::{Gate, Pass};
use super::in_flight::InFlight;
use super::leave;
use super::reach::{Network, Way};
use super::request::{Body, Request};
use super::retry::{Tries, retry_after};
use super::secret::Secret;
use super::secrets::Secrets;
use super::short::Short;

/// As long as an answer may be: a page of a thousand rows is a tenth of it.
const MAX_BODY: usize = 16 << 20;
/// A longer answer is large: no more than [`LARGE`] of those are in memory at a time.
const SMALL_BODY: usize = 1 << 20;
const LARGE: usize = 2;

/// The way to every service.
pub struct Http {
    entra: Arc<Entra>,
    user_agent: String,
    network: Network,
    way: OnceLock<Way>,
    contact: Arc<Contact>,
    sign_in: Arc<Contact>,
    /// The gate before each host.
    gates: Mutex<HashMap<String, Arc<Gate>>>,
    reads: InFlight<(String, u64, String), Answer>,
    /// How often something was written to a host, or was about to be.
    writes: Mutex<HashMap<String, u64>>,
    /// The leave of an answer to be large, and of a list to be long.
    large: Arc<Semaphore>,
    long: Semaphore,
}

impl Http {
    /// A connection that is opened by the first request.
    pub(super) fn new(entra: Entra, user_agent: String, network: Network) -> Http {
        let (way, contact, sign_in) = (OnceLock::new(), Arc::default(), Arc::default());
        let (gates, reads, writes) = (Mutex::default(), InFlight::default(), Mutex::default());
        let (large, long) = (Arc::new(Semaphore::new(LARGE)), Semaphore::new(1));
        Http { entra: Arc::new(entra), user_agent, network, way, contact, sign_in, gates, reads, writes, large, long }
    }

    fn way(&self) -> Result<&Way, Error> {
        if let Some(way) = self.way.get() {
            return Ok(way);
        }
        let way = Way::new(&self.user_agent, &self.network)?;
        Ok(self.way.get_or_init(|| way))
    }

    /// Whether anything has answered.
    pub(super) fn contact(&self) -> &Contact {
        &self.contact
    }

    /// The same way for Microsoft's own SDKs.
    pub(super) fn transport(&self) -> Result<Transport, Error> {
        Ok(Transport::new(Arc::new(self.short(self.way()?.clone()))))
    }

    /// The way to whoever hands out tokens.
    fn sign_in_transport(&self) -> Result<Transport, Error> {
        let way = if self.entra.is_past_proxies() { Way::to_machine()? } else { self.way()?.clone() };
        let sign_in = Some(Arc::clone(&self.sign_in));
        Ok(Transport::new(Arc::new(Short { sign_in, ..self.short(way) })))
    }

    fn short(&self, way: Way) -> Short {
        let (network, contact, secrets) = (self.network.clone(), Arc::clone(&self.contact), Arc::clone(self.secrets()));
        Short { way, network, contact, sign_in: None, secrets }
    }

    /// The principal that signs in.
    pub(super) fn entra(&self) -> &Arc<Entra> {
        &self.entra
    }

    /// What was sent in confidence.
    pub(super) fn secrets(&self) -> &Arc<Secrets> {
        self.entra.secrets()
    }

    /// Who is signed in, as far as a token says.
    pub(super) async fn caller(&self) -> Option<Caller> {
        let caller = async { Ok(self.entra.caller(|| self.sign_in_transport()).await) };
        self.signed_in(caller).await.ok().flatten()
    }

    /// Sends a request with a token for `scope`, as often as need be, and returns the first answer that is no error.
    ///
    /// # Errors
    /// The service's own error, or what kept it from answering.
    pub async fn send(self: &Arc<Self>, scope: &str, request: &Request) -> Result<Answer, Error> {
        let answer = self.send_raw(scope, request).await?;
        answer.error(&request.operation).map_or(Ok(answer), |error| Err(error.of_read(request.is_read())))
    }

    /// The same, but an answer that is an error and that another try does not mend is returned as it is: a batch says inside what failed.
    ///
    /// # Errors
    /// What kept the service from answering, and a service that is too busy.
    pub(super) async fn send_raw(self: &Arc<Self>, scope: &str, request: &Request) -> Result<Answer, Error> {
        let host = request.url.host_str().unwrap_or_default();
        if !request.is_read() {
            let _under_way = Write::begin(self, host);
            // It is nobody's first request: where it goes was looked up before.
            return self.tried(scope, request).await;
        }
        // A question joins none that began before a write of ours ended: what it would hear may be what was before. Whatever was
        // written to the host counts, since a row shows in the answers of other tables too.
        let key = (host.to_owned(), self.written(host), request.line());
        let (http, scope, question) = (Arc::clone(self), scope.to_owned(), request.clone());
        let asking =
            self.reads.ask(&request.operation, key, move || async move { http.tried(&scope, &question).await });
        self.in_time(host, &request.operation, self.contact.within(&request.operation, asking)).await
    }

    /// Works at what asks a host, but no longer than the host may still be asked by whoever wants the answer: also where the question is
    /// asked for many, and by nobody of them.
    ///
    /// # Errors
    /// What the work fails with, or why nothing was sent in time.
    pub(super) async fn in_time<T>(
        &self,
        host: &str,
        operation: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.gate(host).in_time(operation, work).await
    }

    fn gate(&self, host: &str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(host.to_owned()).or_insert_with(|| Arc::new(Gate::new(host))))
    }

    /// The leave of a list to be long: one at a time is held as it grows.
    pub(super) async fn leave_to_be_long(&self) -> Option<SemaphorePermit<'_>> {
        self.long.acquire().await.ok()
    }

    /// How often something was written to a host: two questions are one only while this stays.
    pub(super) fn written(&self, host: &str) -> u64 {
        self.writes().get(host).copied().unwrap_or_default()
    }

    fn writes(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tried(&self, scope: &str, request: &Request) -> Result<Answer, Error> {
        let gate = self.gate(request.url.host_str().unwrap_or_default());
        let (mut tries, ticket) = (Tries::begin(self.network.max_retries), gate.ticket());
        let mut renewed = false;
        // Only a write has an outcome. Once it may have been carried out, no later word takes that back.
        let is_write = !request.is_read();
        let mut uncertain = false;
        loop {
            let came = Instant::now();
            let pass = gate.pass(&request.operation, ticket).await.map_err(|error| error.after(uncertain))?;
            tries.put_off(came.elapsed());
            let token = self.token(scope).await.map_err(|error| error.after(uncertain))?;
            leave::check(&request.operation).map_err(|error| error.after(uncertain))?;
            let (error, asked, is_held) = match self.once(pass, &token, request).await {
                Ok(answer) => {
                    let carried_out = is_write && answer.status.is_success();
                    let answer = Answer { uncertain, carried_out, ..answer };
                    let Some(error) = answer.error(&request.operation) else { return Ok(answer) };
                    let error = error.of_read(!is_write);
                    let status = answer.status;
                    if status == StatusCode::UNAUTHORIZED {
                        let challenge = answer.challenge();
                        let told = |error: Error| error.of(answer.trace.as_ref()).after(uncertain);
                        if !renewed {
                            renewed = true;
                            self.renew(scope, &token, challenge).map_err(told)?;
                            continue;
                        }
                        if let Some(challenge) = challenge {
                            return Err(told(self.entra.unmet(scope, &challenge)));
                        }
                    }
                    let refused = matches!(status.as_u16(), 429 | 503);
                    let broken = matches!(status.as_u16(), 408 | 500 | 502 | 504) && request.repeatable;
                    if !refused && !broken {
                        return Ok(answer);
                    }
                    let asked = retry_after(&answer.headers);
                    (error, asked, refused && asked.is_some())
                }
                Err(error) if error.is_final() => return Err(error.after(uncertain)),
                Err(error) if error.outcome_unknown() && !request.repeatable => return Err(error),
                Err(error) => (error.after(uncertain), None, false),
            };
            uncertain |= is_write && error.outcome_unknown();
            self.contact.failed(&error);
            // Where the service has said when to come back, the gate keeps everybody until then.
            let wait = if is_held { tries.another().then_some(Duration::ZERO) } else { tries.again(asked) };
            let Some(wait) = wait else { return Err(error) };
            leave::wait(&request.operation, sleep(wait)).await.map_err(|error| error.after(uncertain))?;
        }
    }

    /// A token for `scope`.
    ///
    /// # Errors
    /// Whatever keeps one from being given.
    pub(super) async fn token(&self, scope: &str) -> Result<Secret, Error> {
        self.signed_in(self.entra.token(scope, || self.sign_in_transport())).await
    }

    async fn signed_in<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.sign_in.within(SIGNING_IN, self.contact.within(SIGNING_IN, work)).await
    }

    /// Sees to it that the next token for `scope` is another one than what a service refused, and is what it asks for.
    ///
    /// # Errors
    /// Somebody has to sign in again.
    pub(super) fn renew(&self, scope: &str, refused: &Secret, challenge: Option<Challenge>) -> Result<(), Error> {
        match challenge {
            Some(challenge) => self.entra.challenged(scope, refused, challenge),
            None => {
                self.entra.refuse(scope, refused);
                Ok(())
            }
        }
    }

    async fn once(&self, pass: Pass, token: &Secret, request: &Request) -> Result<Answer, Error> {
        let operation = &request.operation;
        let trace = self.network.run.request();
        let mut headers = trace.headers(false);
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Error::unsendable(operation, format_args!("the header {name} has a value that cannot be sent"))
            })?;
            headers.append(HeaderName::from_static(name), value);
        }
        let way = self.way()?;
        let mut builder = way.client.request(request.method.clone(), request.url.clone()).headers(headers);
        builder = builder.bearer_auth(token.reveal());
        // From here on there are copies that are not ours to wipe: of the token in the header, and of the body in what is written to
        // the connection, before and after TLS.
        if let Some(Body { content_type, bytes, .. }) = &request.body {
            builder = builder.header("content-type", content_type).body(bytes.clone());
        }
        let host = request.url.host_str().unwrap_or_default();
        self.contact.asks(host, || Error::silent(operation, host).through(way.proxy.as_ref()));
        let (started, written) = (Instant::now(), Written::begin(request, &trace));
        let sent = async {
            let mut response = builder.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            if !leads_to_a_page(status, headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok())) {
                self.contact.answered();
            }
            pass.answered(status, &headers);
            let (mut body, mut leave, mut pass) = (BytesMut::new(), None, Some(pass));
            while let Some(chunk) = response.chunk().await? {
                if body.len() + chunk.len() > SMALL_BODY && leave.is_none() {
                    // Who holds it may have more to ask before it lets go: nobody is kept from that.
                    drop(pass.take());
                    leave = Arc::clone(&self.large).acquire_owned().await.ok().map(Arc::new);
                }
                body.extend_from_slice(&chunk);
                if body.len() > MAX_BODY {
                    return Ok(None);
                }
            }
            let answer = Answer::new(status, headers, body.freeze(), self.secrets());
            Ok(Some(Answer { host: host.to_owned(), trace: Some(trace.clone()), _leave: leave, ..answer }))
        };
        let answer = match sent.await {
            Ok(answer) => answer,
            Err(error) => return Err(way.explained(broken(way, request, error, written), host).await),
        };
        let too_long = || Error::unexpected(operation, "it is longer than 16 MiB").of(Some(&trace));
        let answer = answer.ok_or_else(|| too_long().after(!request.is_read()))?;
        let request_id = answer.request_id().map(|id| self.secrets().redact(&id));
        written.answered(answer.status, request_id.as_deref());
        tracing::debug!(
            method = request.method.as_str(),
            host = request.url.host_str(),
            path = request.url.path(),
            status = answer.status.as_u16(),
            duration_ms = started.elapsed().as_millis() as u64,
            request_id,
            client_request_id = %trace.client_request_id(),
            correlation_id = trace.correlation_id(),
            "Asked a service"
        );
        tracing::trace!(request = request.line(), "Request");
        Ok(answer)
    }
}

/// What it means that a connection broke.
fn broken(way: &Way, request: &Request, error: reqwest::Error, written: Written<'_>) -> Error {
    let operation = &request.operation;
    let sent = !error.is_connect() && !error.is_builder();
    tracing::debug!(operation, sent, trace = %written.trace(), "The connection failed");
    let host = request.url.host_str().unwrap_or_default();
    let error = Error::connection(operation, host, sent, &chain(&error.without_url())).of_read(request.is_read());
    let error = error.through(way.proxy.as_ref());
    match sent {
        true => error.of(Some(written.trace())),
        false => {
            written.unsent();
            error
        }
    }
}

/// A write that is under way: from its beginning and from its end on, questions are new ones.
struct Write<'a>(&'a Http, &'a str);

impl<'a> Write<'a> {
    fn begin(http: &'a Http, host: &'a str) -> Write<'a> {
        let write = Write(http, host);
        write.count();
        write
    }

    fn count(&self) {
        *self.0.writes().entry(self.1.to_owned()).or_default() += 1;
    }
}

impl Drop for Write<'_> {
    /// Also when nobody waits for it any longer: it may have been carried out.
    fn drop(&mut self) {
        self.count();
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("entra", &self.entra).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_parts_the_questions_before_it_from_those_after() {
        let http = Http::new(Entra::untried(), String::new(), Network::default());
        let before = http.written("a");
        let write = Write::begin(&http, "a");
        let meanwhile = http.written("a");
        drop(write);
        let after = http.written("a");
        assert!(before < meanwhile && meanwhile < after, "{before} {meanwhile} {after}");
        assert_eq!(http.written("b"), 0, "another host's questions are not concerned");
    }
}
