//! The proxy: takes CONNECT, ends TLS itself, and lets the service of that host answer.
//!
//! A host that is nobody's is refused *inside* TLS: a refusal of CONNECT would lose its message. Only what looks like Microsoft's
//! and does not exist is refused outside, because that is how a name that does not resolve looks through a proxy.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::authority::Authority;
use crate::crafted;
use crate::dataverse::{Admitted, Protection};
use crate::exchange::{self, Request, Response};
use crate::faults::{Effect, Fault};
use crate::journal::Exchange;
use crate::managed_identity;
use crate::service::{self, Service};
use crate::watch::{Stage, Watch};
use crate::world::World;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) authority: Authority,
    pub(crate) state: Mutex<State>,
    /// Told of each exchange, and of each stroke of bad weather.
    pub(crate) journaled: Condvar,
    /// How many tunnels were asked for, those included in which TLS then failed.
    pub(crate) tunnels: AtomicUsize,
    /// Whether every exchange is also told on stderr.
    pub(crate) loud: bool,
}

/// The world and what is going on in it.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) faults: Vec<Fault>,
    pub(crate) journal: Vec<Exchange>,
    pub(crate) watch: Option<Watch>,
    /// What users of organizations have asked for lately.
    pub(crate) protection: Protection,
}

impl State {
    /// A world in which nothing has gone on yet.
    pub(crate) fn of(world: World) -> Self {
        Self { world, faults: Vec::new(), journal: Vec::new(), watch: None, protection: Protection::default() }
    }

    /// Counts a request to an organization, where that is to be done; none is counted, or it is refused.
    fn admit(&mut self, request: &Request) -> Option<Result<Admitted, Response>> {
        let limits = self.world.switches().dataverse.limits?;
        let user = service::user_of_organization(&self.world, request)?;
        let takes = Duration::from_millis(self.world.switches().latency_milliseconds);
        Some(self.protection.admit(&limits, user, self.world.now(), takes.try_into().unwrap_or_default()))
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answered = Result<hyper::Response<BoxBody<Bytes, Broken>>, Broken>;

/// The connection breaks off.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox broke the connection off, as it was told to")]
pub(crate) struct Broken;

/// Accepts connections until the runtime ends.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| outer(Arc::clone(&shared), request));
            let server = hyper::server::conn::http1::Builder::new();
            // A client may leave whenever it wants.
            let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

/// The same for what is asked in plain HTTP and past the proxy: who the machine is.
pub(crate) async fn run_beside(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let host = managed_identity::host(request.uri().path()).to_owned();
                answered(Arc::clone(&shared), host, request)
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn outer(shared: Arc<Shared>, request: hyper::Request<Incoming>) -> Answered {
    let authority = request.uri().authority().cloned().filter(|_| request.method() == Method::CONNECT);
    let Some(authority) = authority else {
        let message = "This is an HTTPS proxy: it takes CONNECT, and no plain request.";
        return Ok(sent(Response::error(StatusCode::BAD_REQUEST, "NotConnect", message)));
    };
    shared.tunnels.fetch_add(1, Ordering::Relaxed);
    let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
    let nowhere = service::find(&shared.state().world, &host) == Service::Nowhere;
    if nowhere || authority.port_u16().unwrap_or(443) != 443 {
        return Ok(sent(Response::error(
            StatusCode::BAD_GATEWAY,
            "NameNotResolved",
            &format!("{authority} cannot be reached."),
        )));
    }
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(request).await {
            let _ = inner(shared, host, TokioIo::new(upgraded)).await;
        }
    });
    Ok(sent(Response::empty(StatusCode::OK)))
}

/// Serves what is inside a tunnel.
async fn inner<T>(shared: Arc<Shared>, host: String, stream: T) -> io::Result<()>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let stream = TlsAcceptor::from(shared.authority.config(&host)).accept(stream).await?;
    let service = service_fn(move |request| answered(Arc::clone(&shared), host.clone(), request));
    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    server.serve_connection(TokioIo::new(stream), service).await.map_err(io::Error::other)
}

async fn answered(shared: Arc<Shared>, host: String, request: hyper::Request<Incoming>) -> Answered {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let raw_query = head.uri.query().unwrap_or_default().to_owned();
    let query = exchange::options(raw_query.as_bytes());
    let path = head.uri.path().to_owned();
    let request = Request { method: head.method, host, path, query, raw_query, headers: head.headers, body };

    let watched = shared.state().watch.as_mut().map(|watch| watch.meet(&request));
    let goes_on = |stage| watched.as_ref().is_none_or(|watched| watched.goes_on(stage));
    if !goes_on(Stage::Arrived) {
        return Err(Broken);
    }
    let ((effect, struck), admitted, mut takes) = {
        let mut state = shared.state();
        let struck = strike(&mut state, &request).unzip();
        (struck, state.admit(&request), Duration::from_millis(state.world.switches().latency_milliseconds))
    };
    shared.journaled.notify_all();
    if let Some(Effect::Delay(milliseconds)) = effect {
        takes += Duration::from_millis(milliseconds);
    }
    // Others go on meanwhile: the state is nobody's.
    if !takes.is_zero() {
        tokio::time::sleep(takes).await;
    }
    let (admitted, refused) = match admitted.transpose() {
        Ok(admitted) => (admitted, None),
        Err(refused) => (None, Some(refused)),
    };
    let mut state = shared.state();
    let instead = effect.as_ref().and_then(|effect| effect.instead(&request, struck.unwrap_or_default())).or(refused);
    let response = match (instead, &effect) {
        (Some(mut instead), Some(Effect::Throttle(_) | Effect::Status(..))) => {
            // That is the service's own answer, and not one of somebody on the way.
            if let Some(admitted) = &admitted {
                admitted.remaining.tell(&mut instead);
            }
            Some(instead)
        }
        (Some(instead), _) => Some(instead),
        (None, Some(Effect::ResetBefore)) => None,
        (None, effect) => {
            if matches!(effect, Some(Effect::RevokeTokens)) {
                state.world.tokens.revoke_all();
            }
            let service = service::find(&state.world, &request.host);
            let mut response = service::answer(&mut state.world, &service, &request);
            if let Some(admitted) = &admitted {
                admitted.remaining.tell(&mut response);
            }
            match effect {
                Some(effect) => effect.on_its_way(response),
                None => Some(response),
            }
        }
    };
    let told = Exchange::new(&request, response.as_ref().filter(|response| response.is_whole()));
    if shared.loud {
        tell(&told);
    }
    state.journal.push(told);
    shared.journaled.notify_all();
    drop(state);
    let goes_on = goes_on(Stage::Done);
    response.filter(|_| goes_on).map(sent).ok_or(Broken)
}

/// What happens to a request, and how often that has happened before. Every fault counts the requests that it concerns, those too which
/// another one strikes.
fn strike(state: &mut State, request: &Request) -> Option<(Effect, u32)> {
    let mut struck = None;
    for fault in &mut state.faults {
        if fault.meets(request) && struck.is_none() {
            struck = Some((fault.effect.clone(), fault.struck));
            fault.times -= 1;
            fault.struck += 1;
        }
    }
    struck
}

#[allow(clippy::print_stderr)] // the running log of a program for people
fn tell(exchange: &Exchange) {
    for line in exchange.lines() {
        eprintln!("{line}");
    }
}

/// An answer as the connection sends it.
pub(crate) fn sent(response: Response) -> hyper::Response<BoxBody<Bytes, Broken>> {
    let body = response.flowing.map_or_else(|| crafted::whole(response.body), crafted::Body::flow);
    let mut sent = hyper::Response::new(body);
    *sent.status_mut() = response.status;
    *sent.headers_mut() = response.headers;
    sent
}
