//! A deliberately broken copy: the same provider, whose answers break one rule, so that the judge can show that it sees it.
//!
//! A fault bears the number of the rule that it breaks. Each is done to the messages, as no author could do it by mistake: the plugin
//! layer keeps most of these rules whatever a resource does. The fault `record:<folder>` breaks nothing: it writes down what was asked
//! of plans, and what was answered.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use prost::Message as _;
use tfplugin::cty::Type;
use tfplugin::msgpack::{from_bytes, to_bytes};
use tfplugin::value::{Refinement, Value};
use tfplugin::wire::tfplugin5 as pb;
use tfplugin::wire::tfplugin5::provider_server::Provider;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, async_trait};

use crate::schemas;

/// A provider that breaks one rule.
pub(crate) struct Broken<S> {
    inner: S,
    fault: String,
    configured: AtomicBool,
    asked: AtomicU64,
}

type Answered<T> = Result<Response<T>, Status>;
type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl<S> Broken<S> {
    pub(crate) fn new(inner: S, fault: String) -> Broken<S> {
        Broken { inner, fault, configured: AtomicBool::new(false), asked: AtomicU64::new(0) }
    }

    fn breaks(&self, rule: &str) -> bool {
        self.fault == rule
    }

    /// A number that grows with every question.
    fn count(&self) -> i64 {
        i64::try_from(self.asked.fetch_add(1, Ordering::Relaxed)).unwrap_or_default()
    }
}

fn ty(type_name: &str) -> Type {
    let shape = schemas::shapes().into_iter().find(|shape| shape.name == type_name);
    shape.map_or(Type::Dynamic, |shape| shape.schema.block.ty())
}

fn read(value: Option<&pb::DynamicValue>, ty: &Type) -> Value {
    value.and_then(|value| from_bytes(&value.msgpack, ty).ok()).unwrap_or_default()
}

fn written(value: &Value, ty: &Type) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: to_bytes(value, ty).expect("a fault has the right type"), json: Vec::new() })
}

/// Changes a value of an answer that holds one.
fn edit(value: &mut Option<pb::DynamicValue>, ty: &Type, change: impl FnOnce(&mut Value)) {
    let mut decoded = read(value.as_ref(), ty);
    if !decoded.is_null() {
        change(&mut decoded);
        *value = written(&decoded, ty);
    }
}

fn error(summary: &str) -> pb::Diagnostic {
    let severity = pb::diagnostic::Severity::Error.into();
    pb::Diagnostic { severity, summary: summary.to_owned(), ..Default::default() }
}

macro_rules! pass_on {
    ($($rpc:ident: $message:ident),* $(,)?) => {$(
        fn $rpc<'life0, 'async_trait>(
            &'life0 self,
            request: Request<pb::$message::Request>,
        ) -> Pin<Box<dyn Future<Output = Answered<pb::$message::Response>> + Send + 'async_trait>>
        where
            'life0: 'async_trait,
            Self: 'async_trait,
        {
            self.inner.$rpc(request)
        }
    )*};
}

#[async_trait]
impl<S> Provider for Broken<S>
where
    S: Provider,
    S::ListResourceStream: Unpin,
    S::InvokeActionStream: Unpin,
{
    type ListResourceStream = Streamed<pb::list_resource::Event>;
    type InvokeActionStream = Streamed<pb::invoke_action::Event>;

    pass_on! {
        get_metadata: get_metadata,
        prepare_provider_config: prepare_provider_config,
        validate_data_source_config: validate_data_source_config,
        upgrade_resource_identity: upgrade_resource_identity,
        validate_ephemeral_resource_config: validate_ephemeral_resource_config,
        renew_ephemeral_resource: renew_ephemeral_resource,
        validate_list_resource_config: validate_list_resource_config,
        get_functions: get_functions,
        validate_action_config: validate_action_config,
        plan_action: plan_action,
        stop: stop,
    }

    async fn get_schema(
        &self,
        request: Request<pb::get_provider_schema::Request>,
    ) -> Answered<pb::get_provider_schema::Response> {
        let mut answer = self.inner.get_schema(request).await?;
        let schemas = answer.get_mut();
        if self.breaks("S9") {
            let join = schemas.functions.get_mut("join").expect("it is there");
            join.variadic_parameter.as_mut().expect("it is there").name = "separator".to_owned();
        }
        if self.breaks("S10") {
            schemas.list_resource_schemas.insert(
                "corner_ghost".to_owned(),
                pb::Schema { block: Some(pb::schema::Block::default()), ..Default::default() },
            );
        }
        if self.breaks("S6") {
            schemas.resource_schemas.get_mut("corner_values").expect("it is there").version = -1;
        }
        let mut values = schemas.resource_schemas.get_mut("corner_values").and_then(|one| one.block.take());
        if let Some(block) = &mut values {
            if self.breaks("S11") {
                block.description = format!("made by the process {}", std::process::id());
            }
            for attribute in &mut block.attributes {
                match (self.fault.as_str(), attribute.name.as_str()) {
                    ("S1", "bool") => attribute.optional = false,
                    ("S5", "string") => attribute.deprecation_message = "Use another.".to_owned(),
                    ("S8", "note") => attribute.write_only = true,
                    _ => {}
                }
            }
        }
        schemas.resource_schemas.get_mut("corner_values").expect("it is there").block = values;
        let blocks = schemas.resource_schemas.get_mut("corner_blocks").and_then(|one| one.block.as_mut());
        for nested in blocks.into_iter().flat_map(|block| &mut block.block_types) {
            match (self.fault.as_str(), nested.type_name.as_str()) {
                ("S2", "single") => nested.type_name = "Single".to_owned(),
                ("S3", "map") => nested.max_items = 5,
                ("S4", "set") => {
                    let block = nested.block.as_mut().expect("it is there");
                    let value = block.attributes.iter_mut().find(|one| one.name == "value").expect("it is there");
                    value.write_only = true;
                }
                _ => {}
            }
        }
        Ok(answer)
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Answered<pb::get_resource_identity_schemas::Response> {
        let mut answer = self.inner.get_resource_identity_schemas(request).await?;
        if self.breaks("S7") {
            let identity = answer.get_mut().identity_schemas.get_mut("corner_values").expect("it is there");
            identity.identity_attributes[0].r#type = br#"["map","string"]"#.to_vec();
        }
        Ok(answer)
    }

    async fn configure(&self, request: Request<pb::configure::Request>) -> Answered<pb::configure::Response> {
        self.configured.store(true, Ordering::Relaxed);
        self.inner.configure(request).await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<pb::validate_resource_type_config::Request>,
    ) -> Answered<pb::validate_resource_type_config::Response> {
        let asked = request.get_ref();
        let config = read(asked.config.as_ref(), &ty(&asked.type_name));
        let old = !asked.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed);
        let mut answer = self.inner.validate_resource_type_config(request).await?;
        let diagnostics = &mut answer.get_mut().diagnostics;
        if (self.breaks("V1") && config.at("bool").is_unknown())
            || (self.breaks("V2") && config.at("note").is_unknown())
            || (self.breaks("V4") && !self.configured.load(Ordering::Relaxed))
        {
            diagnostics.push(error("It is not known"));
        }
        if self.breaks("V3") && old {
            diagnostics.clear();
        }
        Ok(answer)
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Answered<pb::upgrade_resource_state::Response> {
        let is_flat = request.get_ref().raw_state.as_ref().is_some_and(|raw| !raw.flatmap.is_empty());
        let ty = ty(&request.get_ref().type_name);
        let mut answer = self.inner.upgrade_resource_state(request).await?;
        if self.breaks("U4") && is_flat {
            return Ok(Response::new(Default::default()));
        }
        edit(&mut answer.get_mut().upgraded_state, &ty, |state| match self.fault.as_str() {
            "U1" => state.put("string", "changed".into()),
            "U2" => state.put("note", Value::UNKNOWN),
            "U3" => {
                if let Value::Number(number) = state.at("number") {
                    let rounded = number.as_f64() as i64;
                    state.put("number", rounded.into());
                }
            }
            _ => {}
        });
        Ok(answer)
    }

    async fn read_resource(
        &self,
        request: Request<pb::read_resource::Request>,
    ) -> Answered<pb::read_resource::Response> {
        let ty = ty(&request.get_ref().type_name);
        let mut answer = self.inner.read_resource(request).await?;
        let read_again = answer.get_mut();
        let is_gone = read(read_again.new_state.as_ref(), &ty).is_null();
        edit(&mut read_again.new_state, &ty, |state| match self.fault.as_str() {
            "R1" => state.put("note", Value::UNKNOWN),
            "R3" => state.put("name", state.at("name").as_str().unwrap_or_default().to_uppercase().into()),
            _ => {}
        });
        match self.fault.as_str() {
            "R2" if is_gone => read_again.diagnostics.push(error("It is gone")),
            "R5" => read_again.new_identity = None,
            "R6" => {
                read_again.deferred = Some(pb::Deferred { reason: pb::deferred::Reason::ProviderConfigUnknown.into() })
            }
            _ => {}
        }
        Ok(answer)
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Answered<pb::plan_resource_change::Response> {
        let asked = request.get_ref().clone();
        let ty = ty(&asked.type_name);
        if let Some(folder) = self.fault.strip_prefix("record:") {
            let answer = self.inner.plan_resource_change(request).await?;
            let place = format!("{folder}/{}-{}", asked.type_name, self.count());
            std::fs::write(format!("{place}.request"), asked.encode_to_vec())?;
            std::fs::write(format!("{place}.response"), answer.get_ref().encode_to_vec())?;
            return Ok(answer);
        }
        let (config, prior) = (read(asked.config.as_ref(), &ty), read(asked.prior_state.as_ref(), &ty));
        let mut answer = self.inner.plan_resource_change(request).await?;
        let plan = answer.get_mut();
        let asked_before = self.count();
        edit(&mut plan.planned_state, &ty, |planned| match self.fault.as_str() {
            "P1" => planned.put("string", "another".into()),
            "P2" if config.at("map").is_null() => planned.put("map", Value::object([("a", 1.into())])),
            "P4" if asked.type_name == "corner_blocks" => planned.put("list", Value::List(Vec::new())),
            "P5" => planned.put("secret_wo", config.at("secret_wo").clone()),
            "P7" if !prior.is_null() => planned.put("note", Value::UNKNOWN),
            "P10" if config.is_wholly_known() => planned.put("limit", 31.into()),
            "P11" => planned.put("note", asked_before.to_string().into()),
            "A3" if prior.is_null() => {
                let promise = Refinement { prefix: Some("promised".to_owned()), ..Refinement::default() };
                planned.put("note", Value::Unknown(Some(Box::new(promise))));
            }
            _ => {}
        });
        match self.fault.as_str() {
            "P6" => plan.planned_state = Some(pb::DynamicValue { msgpack: vec![0xc3], json: Vec::new() }),
            "P8" => plan.requires_replace.push(tfplugin::value::Path::attribute("ghost").to_wire()),
            "P9" if prior.is_null() && asked.prior_identity.is_some() => {
                plan.diagnostics.push(error("It cannot be replaced"))
            }
            "P12" if config.is_null() => plan.planned_state = asked.prior_state,
            "P13" => plan.planned_identity = None,
            "P14" => plan.planned_private.clear(),
            _ => {}
        }
        Ok(answer)
    }

    async fn apply_resource_change(
        &self,
        mut request: Request<pb::apply_resource_change::Request>,
    ) -> Answered<pb::apply_resource_change::Response> {
        let ty = ty(&request.get_ref().type_name);
        if self.breaks("A8") {
            // Whoever looks into the plan for a write-only value finds none.
            request.get_mut().config = request.get_ref().planned_state.clone();
        }
        let is_creation = read(request.get_ref().prior_state.as_ref(), &ty).is_null();
        let mut answer = self.inner.apply_resource_change(request).await?;
        let applied = answer.get_mut();
        let failed = !applied.diagnostics.is_empty();
        edit(&mut applied.new_state, &ty, |state| match self.fault.as_str() {
            "A1" => state.put("string", "another".into()),
            "A2" => state.put("note", Value::UNKNOWN),
            "A6" if failed => state.put("string", "half-way".into()),
            "A9" => state.put("name", state.at("name").as_str().unwrap_or_default().to_uppercase().into()),
            _ => {}
        });
        match self.fault.as_str() {
            "A4" if is_creation => applied.new_state = None,
            "A5" if failed => applied.new_state = None,
            "A6" => applied.diagnostics.clear(),
            "A7" => applied.new_identity = None,
            _ => {}
        }
        Ok(answer)
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Answered<pb::import_resource_state::Response> {
        let (by_identity, ty) = (request.get_ref().identity.is_some(), ty(&request.get_ref().type_name));
        let mut answer = self.inner.import_resource_state(request).await?;
        let imported = &mut answer.get_mut().imported_resources;
        match self.fault.as_str() {
            "I1" => imported.extend(imported.clone()),
            "I2" if by_identity => imported.iter_mut().for_each(|one| one.identity = None),
            "I3" if by_identity => {
                imported.iter_mut().for_each(|one| edit(&mut one.state, &ty, |state| state.put("note", "else".into())));
            }
            _ => {}
        }
        Ok(answer)
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::move_resource_state::Request>,
    ) -> Answered<pb::move_resource_state::Response> {
        let ty = ty(&request.get_ref().target_type_name);
        let mut answer = self.inner.move_resource_state(request).await?;
        if self.breaks("M1") {
            edit(&mut answer.get_mut().target_state, &ty, |state| state.put("note", Value::UNKNOWN));
        }
        Ok(answer)
    }

    async fn generate_resource_config(
        &self,
        request: Request<pb::generate_resource_config::Request>,
    ) -> Answered<pb::generate_resource_config::Response> {
        let ty = ty(&request.get_ref().type_name);
        let mut answer = self.inner.generate_resource_config(request).await?;
        if self.breaks("G1") {
            edit(&mut answer.get_mut().config, &ty, |config| config.put("id", "1".into()));
        }
        Ok(answer)
    }

    async fn read_data_source(
        &self,
        request: Request<pb::read_data_source::Request>,
    ) -> Answered<pb::read_data_source::Response> {
        let mut answer = self.inner.read_data_source(request).await?;
        if self.breaks("D1") {
            let ty = Type::object(&[("text", Type::String), ("capitals", Type::String)]);
            edit(&mut answer.get_mut().state, &ty, |state| state.put("text", "another".into()));
        }
        Ok(answer)
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::open_ephemeral_resource::Request>,
    ) -> Answered<pb::open_ephemeral_resource::Response> {
        let mut answer = self.inner.open_ephemeral_resource(request).await?;
        if self.breaks("E1") {
            let ty = Type::object(&[("name", Type::String), ("lasts", Type::Number), ("token", Type::String)]);
            edit(&mut answer.get_mut().result, &ty, |result| result.put("name", "another".into()));
        }
        Ok(answer)
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<pb::close_ephemeral_resource::Request>,
    ) -> Answered<pb::close_ephemeral_resource::Response> {
        let mut answer = self.inner.close_ephemeral_resource(request).await?;
        if self.breaks("E2") && self.count() > 0 {
            answer.get_mut().diagnostics.push(error("It is closed"));
        }
        Ok(answer)
    }

    async fn call_function(
        &self,
        request: Request<pb::call_function::Request>,
    ) -> Answered<pb::call_function::Response> {
        let mut answer = self.inner.call_function(request).await?;
        if self.breaks("F1") {
            answer.get_mut().result = written(&self.count().to_string().into(), &Type::String);
        }
        Ok(answer)
    }

    async fn list_resource(&self, request: Request<pb::list_resource::Request>) -> Answered<Self::ListResourceStream> {
        let nameless = self.breaks("L1");
        let events = self.inner.list_resource(request).await?.into_inner();
        let tampered =
            events.map(move |event| {
                event.map(|event| {
                    if nameless { pb::list_resource::Event { display_name: String::new(), ..event } } else { event }
                })
            });
        Ok(Response::new(Box::pin(tampered)))
    }

    async fn invoke_action(&self, request: Request<pb::invoke_action::Request>) -> Answered<Self::InvokeActionStream> {
        use pb::invoke_action::event::{Completed, Type};
        let events = self.inner.invoke_action(request).await?.into_inner();
        if !self.breaks("X2") {
            return Ok(Response::new(Box::pin(events)));
        }
        let once_more = pb::invoke_action::Event { r#type: Some(Type::Completed(Completed::default())) };
        Ok(Response::new(Box::pin(events.chain(tokio_stream::once(Ok(once_more))))))
    }
}
