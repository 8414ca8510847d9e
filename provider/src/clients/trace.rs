//! By what a request is found again where it was answered: an id of the whole run, which a pipeline may choose, and one of each request.
//!
//! Every service gets both, and whoever is told of an answer is told them. Entra shows what came as `client-request-id` as the correlation
//! id of a sign-in: there the id of the run is sent by that name too.

use std::fmt;
use std::sync::{Arc, OnceLock};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header with the id of a run.
const RUN: &str = "x-ms-correlation-request-id";
/// The header with the id of a request.
const REQUEST: &str = "x-ms-client-request-id";
/// The header by which Entra knows the id of a run, when it is a GUID.
const SIGN_IN: &str = "client-request-id";

/// The id of a run of Terraform's: what it asks services for belongs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run(Arc<str>);

impl Default for Run {
    /// That of this process, which nobody named.
    fn default() -> Run {
        static OURS: OnceLock<Run> = OnceLock::new();
        OURS.get_or_init(|| Run(Uuid::new_v4().to_string().into())).clone()
    }
}

impl Run {
    /// The run of this name, as a pipeline gives it; none when no header can bear it.
    pub fn named(id: &str) -> Option<Run> {
        let is_sendable = !id.trim().is_empty() && HeaderValue::from_str(id).is_ok_and(|value| value.to_str().is_ok());
        is_sendable.then(|| Run(id.trim().into()))
    }

    /// The next request of it.
    pub(super) fn request(&self) -> Trace {
        Trace { run: self.clone(), request: Uuid::new_v4() }
    }
}

/// What a request is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    run: Run,
    request: Uuid,
}

impl Trace {
    /// The one that such headers bear.
    pub(super) fn read(header: impl Fn(&'static str) -> Option<String>) -> Option<Trace> {
        let run = Run::named(&header(RUN)?)?;
        Some(Trace { run, request: header(REQUEST)?.parse().ok()? })
    }

    /// The id of the run.
    pub fn correlation_id(&self) -> &str {
        &self.run.0
    }

    /// The id of the request.
    pub fn client_request_id(&self) -> Uuid {
        self.request
    }

    /// The headers that bear them; `is_sign_in` is whether the request asks for a token.
    pub(super) fn headers(&self, is_sign_in: bool) -> HeaderMap {
        let (run, request) = (self.correlation_id(), self.request.to_string());
        let is_known = is_sign_in && run.parse::<Uuid>().is_ok();
        let ids = [Some((RUN, run)), Some((REQUEST, request.as_str())), is_known.then_some((SIGN_IN, run))];
        let header = |(name, id)| Some((HeaderName::from_static(name), HeaderValue::from_str(id).ok()?));
        ids.into_iter().flatten().filter_map(header).collect()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client request id {}, correlation id {}", self.request, self.run.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_the_name_that_a_pipeline_gives_it_else_one_of_its_own() {
        let named = |id: &str| Run::named(id).map(|run| run.0.to_string());
        assert_eq!(named(" build 4711 ").as_deref(), Some("build 4711"));
        assert_eq!((named(""), named(" "), named("a\nb"), named("ü")), (None, None, None, None));
        assert_eq!(Run::default().0, Run::default().0);
    }

    #[test]
    fn every_request_bears_both_ids_and_a_sign_in_that_of_the_run_twice() {
        let names = |run: &Run, is_sign_in| {
            let headers = run.request().headers(is_sign_in);
            assert_eq!(headers[RUN], *run.0);
            assert!(headers[REQUEST].to_str().is_ok_and(|id| id.parse::<Uuid>().is_ok()));
            headers.len()
        };
        let (ours, build) = (Run::default(), Run::named("build 4711").unwrap());
        assert_eq!((names(&ours, false), names(&ours, true), names(&build, true)), (2, 3, 2));
        assert_ne!(ours.request().client_request_id(), ours.request().client_request_id());
    }
}
