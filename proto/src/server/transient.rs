//! What leaves nothing in a state: data sources, ephemeral resources, lists and actions.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::SystemTime;

use tokio::sync::mpsc;
use tonic::Status;

use super::stream::Events;
use super::{Answer, Served, Server, ask, run, to_wire};
use crate::action::Progress;
use crate::config::Config;
use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::envelope::{decode, encode};
use crate::ephemeral::Lease;
use crate::identity::Identity;
use crate::listing::{Hits, Query};
use crate::offer::Offer;
use crate::provider::Provider;
use crate::resource::AnyResource;
use crate::schema::Schema;
use crate::settle::conform;
use crate::validate::{malformed, validate};
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

/// A `list` block that is about to be answered, on its own task.
struct List<C> {
    served: Arc<Served<dyn AnyResource<C>>>,
    cx: Context<C>,
    query: Query,
    identity: &'static Identity,
}

/// What is wrong with a configuration that is in no state.
fn validated<T: Offer + ?Sized>(
    served: &Served<T>,
    config: Option<&pb::DynamicValue>,
) -> Result<Vec<pb::Diagnostic>, Diagnostic> {
    let config = Config::from(decode(config, &served.ty)?);
    let mut found = validate(&served.schema.block, &config, true);
    found.extend(served.it.validate(&config));
    Ok(to_wire(&found))
}

impl<P: Provider> Server<P> {
    pub(super) fn validate_data_source(
        &self,
        request: &pb::validate_data_source_config::Request,
    ) -> Result<pb::validate_data_source_config::Response, Diagnostic> {
        let served = self.find(&self.data_sources, "data source", &request.type_name)?;
        Ok(pb::validate_data_source_config::Response { diagnostics: validated(served, request.config.as_ref())? })
    }

    pub(super) async fn read_data(
        &self,
        request: &pb::read_data_source::Request,
    ) -> Result<pb::read_data_source::Response, Diagnostic> {
        let served = self.find(&self.data_sources, "data source", &request.type_name)?;
        let config = decode(request.config.as_ref(), &served.ty)?;
        if let Some(deferred) = self.deferred(request.client_capabilities.as_ref()) {
            let state = encode(&Value::UNKNOWN, &served.ty)?;
            return Ok(pb::read_data_source::Response { state, deferred: Some(deferred), ..Default::default() });
        }
        let meta = self.meta(request.provider_meta.as_ref())?;
        let cx = self.context(served, config)?.with(meta, Vec::new());
        let (read, told) = ask("ReadDataSource", &cx, served.it.read(&cx)).await;
        let state = match read {
            Some(mut state) => {
                conform(&served.schema.block, &mut state);
                encode(&state, &served.ty)?
            }
            None => None,
        };
        Ok(pb::read_data_source::Response { state, diagnostics: to_wire(&told), deferred: None })
    }

    pub(super) fn validate_ephemeral(
        &self,
        request: &pb::validate_ephemeral_resource_config::Request,
    ) -> Result<pb::validate_ephemeral_resource_config::Response, Diagnostic> {
        let served = self.find(&self.ephemerals, "ephemeral resource", &request.type_name)?;
        Ok(pb::validate_ephemeral_resource_config::Response {
            diagnostics: validated(served, request.config.as_ref())?,
        })
    }

    pub(super) async fn open(
        &self,
        request: &pb::open_ephemeral_resource::Request,
    ) -> Result<pb::open_ephemeral_resource::Response, Diagnostic> {
        let served = self.find(&self.ephemerals, "ephemeral resource", &request.type_name)?;
        let config = decode(request.config.as_ref(), &served.ty)?;
        if let Some(deferred) = self.deferred(request.client_capabilities.as_ref()) {
            let result = encode(&Value::UNKNOWN, &served.ty)?;
            return Ok(pb::open_ephemeral_resource::Response {
                result,
                deferred: Some(deferred),
                ..Default::default()
            });
        }
        let cx = self.context(served, config)?;
        let (opened, told) = ask("OpenEphemeralResource", &cx, served.it.open(&cx)).await;
        let diagnostics = to_wire(&told);
        let Some(mut opened) = opened else {
            return Ok(pb::open_ephemeral_resource::Response { diagnostics, ..Default::default() });
        };
        conform(&served.schema.block, &mut opened.result);
        Ok(pb::open_ephemeral_resource::Response {
            diagnostics,
            renew_at: opened.lease.renew_at.map(timestamp),
            result: encode(&opened.result, &served.ty)?,
            private: Some(opened.lease.private),
            deferred: None,
        })
    }

    pub(super) async fn renew(
        &self,
        request: pb::renew_ephemeral_resource::Request,
    ) -> Result<pb::renew_ephemeral_resource::Response, Diagnostic> {
        let served = self.find(&self.ephemerals, "ephemeral resource", &request.type_name)?;
        let cx = self.context(served, Value::Null)?;
        let private = request.private.unwrap_or_default();
        // What opening stored is still what ends it, should this fail.
        let work = served.it.renew(&cx, private.clone());
        let (lease, told) = ask("RenewEphemeralResource", &cx, work).await;
        let lease = lease.unwrap_or(Lease { private, renew_at: None });
        Ok(pb::renew_ephemeral_resource::Response {
            diagnostics: to_wire(&told),
            renew_at: lease.renew_at.map(timestamp),
            private: Some(lease.private),
        })
    }

    pub(super) async fn close(
        &self,
        request: pb::close_ephemeral_resource::Request,
    ) -> Result<pb::close_ephemeral_resource::Response, Diagnostic> {
        let served = self.find(&self.ephemerals, "ephemeral resource", &request.type_name)?;
        let cx = self.context(served, Value::Null)?;
        let work = served.it.close(&cx, request.private.unwrap_or_default());
        let (_, told) = ask("CloseEphemeralResource", &cx, work).await;
        Ok(pb::close_ephemeral_resource::Response { diagnostics: to_wire(&told) })
    }

    pub(super) fn validate_list(
        &self,
        request: &pb::validate_list_resource_config::Request,
    ) -> Result<pb::validate_list_resource_config::Response, Diagnostic> {
        let listing = self.listing(&request.type_name)?;
        let config = decode(request.config.as_ref(), &listing.block.ty())?;
        // Lists are no part of a test, so that no mock can be among the values.
        let mut found = validate(&listing.block, &config, true);
        found.extend(malformed(&listing.block, &config));
        Ok(pb::validate_list_resource_config::Response { diagnostics: to_wire(&found) })
    }

    fn listing(&self, type_name: &str) -> Result<&'static Schema, Diagnostic> {
        let served = self.resources.get(type_name);
        let listing = served.and_then(|served| served.it.identity().and(served.it.listing()));
        listing.ok_or_else(|| self.no_such("list resource", type_name))
    }

    /// Streams what a `list` block asks for.
    pub(super) fn list(&self, request: pb::list_resource::Request) -> Events<pb::list_resource::Event> {
        let provider = P::NAME;
        let prepared = self.prepare_list(&request);
        Events::of(move |events| async move {
            let telling = events.clone();
            let work = async {
                let List { served, cx, query, identity } = prepared?;
                let hits = Hits {
                    events,
                    include_resource: query.include_resource,
                    left: AtomicI64::new(request.limit),
                    block: &served.schema.block,
                    ty: served.ty.clone(),
                    identity,
                };
                let (_, told) = ask("ListResource", &cx, served.it.list(&cx, &query, &hits)).await;
                Ok(pb::list_resource::Event { diagnostic: to_wire(&told), ..Default::default() })
            };
            let last = run(provider, "ListResource", &request.type_name, work).await;
            if !last.diagnostics().is_empty() {
                let _ = telling.send(Ok(last)).await;
            }
        })
    }

    fn prepare_list(&self, request: &pb::list_resource::Request) -> Result<List<P::Clients>, Diagnostic> {
        let listing = self.listing(&request.type_name)?;
        let served = self.resource(&request.type_name)?;
        let identity = served.it.identity().ok_or_else(|| self.no_such("list resource", &request.type_name))?;
        let config = decode(request.config.as_ref(), &listing.block.ty())?;
        let query = Query { config, include_resource: request.include_resource_object };
        Ok(List { served: Arc::clone(served), cx: self.context(served, Value::Null)?, query, identity })
    }

    pub(super) fn validate_action(
        &self,
        request: &pb::validate_action_config::Request,
    ) -> Result<pb::validate_action_config::Response, Diagnostic> {
        let served = self.find(&self.actions, "action", &request.type_name)?;
        Ok(pb::validate_action_config::Response { diagnostics: validated(served, request.config.as_ref())? })
    }

    pub(super) async fn plan_of_action(
        &self,
        request: &pb::plan_action::Request,
    ) -> Result<pb::plan_action::Response, Diagnostic> {
        let served = self.find(&self.actions, "action", &request.action_type)?;
        if let Some(deferred) = self.deferred(request.client_capabilities.as_ref()) {
            return Ok(pb::plan_action::Response { deferred: Some(deferred), ..Default::default() });
        }
        let cx = self.context(served, decode(request.config.as_ref(), &served.ty)?)?;
        let (_, told) = ask("PlanAction", &cx, served.it.plan(&cx)).await;
        Ok(pb::plan_action::Response { diagnostics: to_wire(&told), deferred: None })
    }

    /// Streams an action's progress, and then that it is completed: once, last, and always.
    pub(super) fn invoke(&self, request: pb::invoke_action::Request) -> Events<pb::invoke_action::Event> {
        use pb::invoke_action::event::{Completed, Type};
        let provider = P::NAME;
        let prepared = self.find(&self.actions, "action", &request.action_type).and_then(|served| {
            let config = decode(request.config.as_ref(), &served.ty)?;
            Ok((Arc::clone(served), self.context(served, config)?))
        });
        let completed = |completed| pb::invoke_action::Event { r#type: Some(Type::Completed(completed)) };
        Events::of(move |events: mpsc::Sender<Result<_, Status>>| async move {
            let progress = Progress(events.clone());
            let work = async {
                let (served, cx) = prepared?;
                let (_, told) = ask("InvokeAction", &cx, served.it.invoke(&cx, &progress)).await;
                Ok(Completed { diagnostics: to_wire(&told) })
            };
            let last = run(provider, "InvokeAction", &request.action_type, work).await;
            let _ = events.send(Ok(completed(last))).await;
        })
    }
}

fn timestamp(at: SystemTime) -> prost_types::Timestamp {
    prost_types::Timestamp::from(at)
}
