//! The provider behind the socket: every rpc decodes, asks, and encodes.
//!
//! No rpc fails with a gRPC status: Terraform shows those as an error of the plugin. What goes wrong, a panic included, is a
//! diagnostic of the answer.

mod answer;
mod ask;
mod functions;
mod offers;
mod resources;
mod rpc;
mod stream;
mod transient;

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use tracing::Instrument as _;

use crate::action::AnyAction;
use crate::config::Config;
use crate::context::Context;
use crate::cty::Type;
use crate::data_source::AnyDataSource;
use crate::diagnostic::Diagnostic;
use crate::envelope::decode;
use crate::ephemeral::AnyEphemeral;
use crate::offer::Offer;
use crate::provider::Provider;
use crate::resource::AnyResource;
use crate::schema::Schema;
use crate::validate::malformed;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

use answer::Answer;
use ask::{ask, panicked};

/// Serves a provider over protocol 5.
pub struct Server<P: Provider> {
    provider: P,
    provider_type: Type,
    resources: Offered<dyn AnyResource<P::Clients>>,
    data_sources: Offered<dyn AnyDataSource<P::Clients>>,
    ephemerals: Offered<dyn AnyEphemeral<P::Clients>>,
    actions: Offered<dyn AnyAction<P::Clients>>,
    clients: RwLock<Option<Arc<P::Clients>>>,
    /// The headlines of what concerns everything, as far as it was told since the provider was configured.
    common: Mutex<Arc<Mutex<Vec<String>>>>,
    /// Whether the provider's configuration holds what only an apply will know.
    unknown: AtomicBool,
    stopped: Mutex<CancellationToken>,
}

type Offered<T> = BTreeMap<&'static str, Arc<Served<T>>>;
type ServedResource<P> = Arc<Served<dyn AnyResource<<P as Provider>::Clients>>>;

/// What a configuration can use, and the type of its values, made once.
struct Served<T: ?Sized> {
    schema: &'static Schema,
    ty: Type,
    it: Box<T>,
}

/// Has every offer at hand by its name.
fn offered<T: Offer + ?Sized>(all: Vec<Box<T>>) -> Offered<T> {
    let served = |it: Box<T>| {
        let schema = it.schema();
        (it.name(), Arc::new(Served { schema, ty: schema.block.ty(), it }))
    };
    all.into_iter().map(served).collect()
}

impl<P: Provider> Server<P> {
    /// Serves `provider`.
    pub fn new(provider: P) -> Server<P> {
        Server {
            provider_type: P::SCHEMA.block.ty(),
            resources: offered(provider.resources()),
            data_sources: offered(provider.data_sources()),
            ephemerals: offered(provider.ephemerals()),
            actions: offered(provider.actions()),
            provider,
            clients: RwLock::default(),
            common: Mutex::default(),
            unknown: AtomicBool::new(false),
            stopped: Mutex::default(),
        }
    }

    fn find<'a, T: ?Sized>(
        &self,
        offered: &'a Offered<T>,
        kind: &str,
        name: &str,
    ) -> Result<&'a Arc<Served<T>>, Diagnostic> {
        offered.get(name).ok_or_else(|| self.no_such(kind, name))
    }

    fn resource(&self, type_name: &str) -> Result<&ServedResource<P>, Diagnostic> {
        self.find(&self.resources, "resource type", type_name)
    }

    fn no_such(&self, kind: &str, name: &str) -> Diagnostic {
        let provider = P::NAME;
        let detail = format!("The provider {provider} has no {kind} named {name:?}.");
        Diagnostic::error(format!("Unknown {kind}"), detail)
            .hint("Check the spelling, and whether this version of the provider has it.")
    }

    /// What an operation of a configured provider has at hand.
    fn context<T: ?Sized>(
        &self,
        served: &Served<T>,
        config: impl Into<Config>,
    ) -> Result<Context<P::Clients>, Diagnostic> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(|| {
            Diagnostic::error("The provider is not configured", "An operation was asked for before Configure.")
                .hint("This is an error in the client of the provider.")
        })?;
        let config = config.into();
        let malformed = malformed(&served.schema.block, &config);
        let mut cx = Context::new(clients, config, self.stopped(), served.ty.clone());
        cx.malformed = malformed;
        cx.common = Arc::clone(&self.common.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(cx)
    }

    /// What a module said in its `provider_meta` block.
    fn meta(&self, meta: Option<&pb::DynamicValue>) -> Result<Value, Diagnostic> {
        P::META.map_or(Ok(Value::Null), |schema| decode(meta, &schema.block.ty()))
    }

    /// The answer that something has to wait, for a client that can bear it while the provider's configuration is not known.
    fn deferred(&self, client: Option<&pb::ClientCapabilities>) -> Option<pb::Deferred> {
        let allowed = client.is_some_and(|client| client.deferral_allowed);
        let reason = pb::deferred::Reason::ProviderConfigUnknown.into();
        (allowed && self.unknown.load(Ordering::Relaxed)).then_some(pb::Deferred { reason })
    }

    fn stopped(&self) -> CancellationToken {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Cancels what is under way; what is asked later goes on as ever.
    fn stop(&self) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *stopped).cancel();
    }

    /// Runs one rpc that has a single answer.
    async fn run<R: Answer>(
        &self,
        rpc: &'static str,
        type_name: &str,
        work: impl Future<Output = Result<R, Diagnostic>>,
    ) -> Result<Response<R>, Status> {
        Ok(Response::new(run(P::NAME, rpc, type_name, work).await))
    }
}

/// Does the work of an rpc: its log lines carry its name, and a panic in it becomes a diagnostic.
async fn run<R: Answer>(
    provider: &'static str,
    rpc: &'static str,
    type_name: &str,
    work: impl Future<Output = Result<R, Diagnostic>>,
) -> R {
    let span = tracing::info_span!(
        "rpc",
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_rpc = rpc,
        tf_proto_version = "5.10",
        tf_provider_addr = provider,
        tf_resource_type = type_name,
    );
    let started = Instant::now();
    let work = async {
        tracing::trace!("Received request");
        let answer = match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(answer)) => answer,
            Ok(Err(diagnostic)) => R::failing(&diagnostic),
            Err(_) => R::failing(&panicked(rpc)),
        };
        for diagnostic in answer.diagnostics() {
            tracing::debug!(
                diagnostic_severity = diagnostic.severity().as_str_name(),
                diagnostic_summary = diagnostic.summary,
                "Response contains a diagnostic"
            );
        }
        let errors = answer.diagnostics().iter().filter(|one| one.severity() == pb::diagnostic::Severity::Error);
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::trace!(tf_req_duration_ms = took, diagnostic_error_count = errors.count(), "Served request");
        answer
    };
    work.instrument(span).await
}

impl<P: Provider> std::fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("provider", &P::NAME).finish_non_exhaustive()
    }
}

fn to_wire(diagnostics: &[Diagnostic]) -> Vec<pb::Diagnostic> {
    diagnostics.iter().map(Diagnostic::to_wire).collect()
}
