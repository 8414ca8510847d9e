//! `GetSchema` is encoded once: whoever asks again gets the same bytes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::OnceCell;
use tonic::body::Body;
use tonic::server::NamedService;
use tower_service::Service;

const PATH: &str = "/tfplugin5.Provider/GetSchema";

/// A service that remembers its answer to `GetSchema`: it depends on nothing.
#[derive(Clone)]
pub(super) struct Remembering<S> {
    inner: S,
    answer: Arc<OnceCell<Answer>>,
}

/// An answer as it goes over the wire.
#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    message: Bytes,
    trailers: HeaderMap,
}

impl<S> Remembering<S> {
    pub(super) fn new(inner: S) -> Remembering<S> {
        Remembering { inner, answer: Arc::default() }
    }
}

impl<S: NamedService> NamedService for Remembering<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Remembering<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() != PATH {
            return Box::pin(self.inner.call(request));
        }
        let (mut inner, answer) = (self.inner.clone(), Arc::clone(&self.answer));
        Box::pin(async move {
            let ask = || async {
                let (parts, body) = inner.call(request).await.map_err(drop)?.into_parts();
                let collected = body.collect().await.map_err(drop)?;
                let trailers = collected.trailers().cloned().unwrap_or_default();
                Ok(Answer { headers: parts.headers, message: collected.to_bytes(), trailers })
            };
            Ok(match answer.get_or_try_init(ask).await {
                Ok(answer) => answer.response(),
                Err(()) => tonic::Status::internal("the schema cannot be encoded").into_http(),
            })
        })
    }
}

impl Answer {
    fn response(&self) -> Response<Body> {
        let trailers = self.trailers.clone();
        let body = Full::new(self.message.clone()).with_trailers(std::future::ready(Some(Ok(trailers))));
        let mut response = Response::new(Body::new(body));
        *response.headers_mut() = self.headers.clone();
        response
    }
}
