//! The drive of managed resources, as Terraform's core does it.

use std::collections::BTreeMap;

use proto::cty::Type;
use proto::msgpack;
use proto::value::{Path, Step, Value};
use proto::wire::tfplugin5 as pb;
use proto::wire::tfplugin5::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::client::{Identity, Launch, Plugin};
use crate::json::to_json;
use crate::propose::propose;
use crate::rules::{is_compatible, is_known, plan_is_valid, write_only_is_null};
use crate::schema::{self, Block, Schema, Use};
use crate::verdict::{Failure, Judged, Violation, accepted};

/// A provider that is held against the rules: started, and its schema read.
pub struct Judge {
    pub(crate) plugin: Plugin,
    pub(crate) client: ProviderClient<Channel>,
    pub(crate) provider: Schema,
    pub(crate) meta: Option<Schema>,
    pub(crate) resources: BTreeMap<String, Schema>,
    pub(crate) identities: BTreeMap<String, (i64, Type)>,
    pub(crate) others: crate::offers::Others,
    pub(crate) capabilities: pb::ServerCapabilities,
    /// What is sent in `provider_meta`.
    pub provider_meta: Value,
    /// Whether the client says that it can bear deferred answers.
    pub deferral_allowed: bool,
}

/// An object as Terraform remembers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The type of resource.
    pub type_name: String,
    /// Its state.
    pub state: Value,
    /// Its identity, where its type has one.
    pub identity: Option<Value>,
    /// What the provider stored beside the state.
    pub private: Vec<u8>,
    /// Whether its creation failed.
    pub tainted: bool,
}

/// What a plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// It makes the object.
    Create,
    /// It changes the object.
    Update,
    /// It removes the object and makes another.
    Replace,
    /// It removes the object.
    Delete,
}

/// A plan.
#[derive(Debug)]
pub struct Planned {
    /// What it does.
    pub action: Action,
    /// The state that it leads to; null for a removal.
    pub state: Value,
    /// The attributes that make it a replacement.
    pub replace: Vec<Path>,
    /// The summaries of its warnings.
    pub warnings: Vec<String>,
    /// Whether the provider put it off.
    pub deferred: bool,
    private: Vec<u8>,
    identity: Option<pb::ResourceIdentityData>,
    prior: Value,
}

pub(crate) fn dynamic(value: &Value, ty: &Type) -> Option<pb::DynamicValue> {
    let msgpack = msgpack::to_bytes(value, ty).expect("a test's value fits its schema");
    Some(pb::DynamicValue { msgpack, json: Vec::new() })
}

/// Reads an answer's value: `rule` is the one that says that it must conform.
pub(crate) fn value(rule: &'static str, value: Option<&pb::DynamicValue>, ty: &Type) -> Judged<Value> {
    match value {
        None => Ok(Value::Null),
        Some(value) if !value.json.is_empty() => {
            Err(Violation::new(rule, "an answer is JSON, which Terraform does not read everywhere").into())
        }
        Some(value) if value.msgpack.is_empty() => Ok(Value::Null),
        Some(value) => {
            msgpack::from_bytes(&value.msgpack, ty).map_err(|error| Violation::new(rule, error.to_string()).into())
        }
    }
}

pub(crate) fn path(path: &pb::AttributePath) -> Path {
    use pb::attribute_path::step::Selector;
    let step = |step: &pb::attribute_path::Step| match step.selector.clone() {
        Some(Selector::AttributeName(name)) => Step::Attribute(name),
        Some(Selector::ElementKeyString(key)) => Step::Key(key),
        Some(Selector::ElementKeyInt(index)) => Step::Index(index),
        None => Step::Attribute(String::new()),
    };
    Path(path.steps.iter().map(step).collect())
}

fn broken<T>(rule: &'static str, what: impl Into<String>) -> Judged<T> {
    Err(Violation::new(rule, what).into())
}

impl Judge {
    /// Starts a provider behind mutual TLS and reads its schema: S1 to S11.
    ///
    /// # Errors
    /// A process that does not start, and a schema that breaks a rule.
    pub fn start(launch: impl Fn() -> Launch) -> Judged<Judge> {
        let begin = |launch: Launch| {
            let identity = Identity::of_go_plugin();
            let plugin = launch.certificate(&identity).start();
            let client = plugin.block_on(plugin.provider(Some(&identity))).map_err(Failure::Transport)?;
            Ok::<_, Failure>((plugin, client))
        };
        let (plugin, mut client) = begin(launch())?;
        let ask = |plugin: &Plugin, client: &mut ProviderClient<Channel>| {
            let answer = plugin.block_on(client.get_schema(pb::get_provider_schema::Request {}));
            answer.map(tonic::Response::into_inner).map_err(|status| Failure::status(&status))
        };
        let schemas = ask(&plugin, &mut client)?;
        accepted(&schemas.diagnostics)?;
        let (other, mut other_client) = begin(launch())?;
        if ask(&other, &mut other_client)? != schemas {
            return broken("S11", "another process has another schema");
        }
        let identities =
            plugin.block_on(client.get_resource_identity_schemas(pb::get_resource_identity_schemas::Request {}));
        let identities = identities.map_err(|status| Failure::status(&status))?.into_inner().identity_schemas;
        let provider = schemas.provider.as_ref().ok_or_else(|| Violation::new("S1", "there is no provider schema"))?;
        let read =
            |name: &String, one: &pb::Schema, used| Ok::<_, Failure>((name.clone(), schema::read(name, one, used)?));
        let mut resources = BTreeMap::new();
        for (name, one) in &schemas.resource_schemas {
            let (name, schema) = read(name, one, Use::Resource)?;
            resources.insert(name, schema);
        }
        let mut types = BTreeMap::new();
        for (name, one) in &identities {
            types.insert(name.clone(), (one.version, schema::read_identity(name, one)?));
        }
        Ok(Judge {
            provider: schema::read("provider", provider, Use::Other)?,
            meta: schemas.provider_meta.as_ref().map(|one| schema::read("meta", one, Use::Other)).transpose()?,
            others: crate::offers::Others::read(&schemas, &identities)?,
            capabilities: schemas.server_capabilities.unwrap_or_default(),
            resources,
            identities: types,
            plugin,
            client,
            provider_meta: Value::Null,
            deferral_allowed: false,
        })
    }

    /// The raw client, for what no sensible client does.
    pub fn client(&self) -> ProviderClient<Channel> {
        self.client.clone()
    }

    /// The process.
    pub fn plugin(&mut self) -> &mut Plugin {
        &mut self.plugin
    }

    /// The types of resources.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(String::as_str)
    }

    /// The type of a resource's states.
    ///
    /// # Panics
    /// A type that the provider does not have.
    #[must_use]
    pub fn ty(&self, type_name: &str) -> Type {
        self.schema(type_name).block.ty()
    }

    fn schema(&self, type_name: &str) -> &Schema {
        self.resources.get(type_name).unwrap_or_else(|| panic!("the provider has no {type_name}"))
    }

    fn block(&self, type_name: &str) -> &Block {
        &self.schema(type_name).block
    }

    /// An object of this type whose attributes are those of `value`, and null or empty else: as a configuration without them.
    ///
    /// # Panics
    /// A type that the provider does not have.
    #[must_use]
    pub fn config(&self, type_name: &str, value: Value) -> Value {
        let mut config = value;
        complete(self.block(type_name), &mut config);
        config
    }

    pub(crate) fn ask<T>(&self, answer: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>) -> Judged<T> {
        let answer = self.plugin.block_on(answer);
        answer.map(tonic::Response::into_inner).map_err(|status| Failure::status(&status))
    }

    fn capabilities_of_client(&self) -> Option<pb::ClientCapabilities> {
        let deferral_allowed = self.deferral_allowed;
        Some(pb::ClientCapabilities { deferral_allowed, write_only_attributes_allowed: true })
    }

    pub(crate) fn client_capabilities(&self) -> Option<pb::ClientCapabilities> {
        self.capabilities_of_client()
    }

    fn meta(&self) -> Option<pb::DynamicValue> {
        self.meta.as_ref().and_then(|meta| dynamic(&self.provider_meta, &meta.block.ty()))
    }

    fn deferral_is_allowed<T>(&self, deferred: Option<&T>) -> Judged<()> {
        if deferred.is_some() && !self.deferral_allowed {
            return broken("R6", "deferred, though the client does not allow it");
        }
        Ok(())
    }

    /// Configures the provider: `PrepareProviderConfig`, then `Configure`.
    ///
    /// # Errors
    /// What the provider refuses.
    pub fn configure(&mut self, config: &Value) -> Judged<()> {
        let mut config = config.clone();
        complete(&self.provider.block, &mut config);
        let config = dynamic(&config, &self.provider.block.ty());
        let mut client = self.client.clone();
        let prepared =
            self.ask(client.prepare_provider_config(pb::prepare_provider_config::Request { config: config.clone() }))?;
        accepted(&prepared.diagnostics)?;
        let client_capabilities = self.capabilities_of_client();
        let request = pb::configure::Request { terraform_version: "1.15.5".into(), config, client_capabilities };
        accepted(&self.ask(client.configure(request))?.diagnostics)
    }

    fn validate_once(&self, type_name: &str, config: &Value, write_only: bool) -> Judged<Vec<pb::Diagnostic>> {
        let client_capabilities =
            Some(pb::ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: write_only });
        let config = dynamic(config, &self.ty(type_name));
        let request =
            pb::validate_resource_type_config::Request { type_name: type_name.into(), config, client_capabilities };
        let mut client = self.client.clone();
        Ok(self.ask(client.validate_resource_type_config(request))?.diagnostics)
    }

    /// Validates a configuration that is known to be right before the provider is configured: V4.
    ///
    /// # Errors
    /// V4.
    pub fn validate_first(&self, type_name: &str, config: &Value) -> Judged<()> {
        match accepted(&self.validate_once(type_name, config, true)?) {
            Err(Failure::Refused(refused)) => {
                broken("V4", format!("without a configured provider, validation says: {}", refused[0].summary))
            }
            other => other,
        }
    }

    /// Validates: V1 and V2 (the unknown satisfies everything), V3 (write-only arguments and old clients).
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn validate(&self, type_name: &str, config: &Value) -> Judged<Vec<pb::Diagnostic>> {
        let diagnostics = self.validate_once(type_name, config, true)?;
        accepted(&diagnostics)?;
        let block = self.block(type_name);
        for (rule, computed) in [("V2", true), ("V1", false)] {
            let mut unknown = config.clone();
            forget_known(block, &mut unknown, computed);
            if let Err(Failure::Refused(refused)) = accepted(&self.validate_once(type_name, &unknown, true)?) {
                return broken(rule, format!("unknown values are refused: {}", refused[0].summary));
            }
        }
        if has_write_only(block, config) {
            let old = self.validate_once(type_name, config, false)?;
            let told = old.iter().any(|one| {
                one.severity() == pb::diagnostic::Severity::Error
                    && one.attribute.as_ref().is_some_and(|at| !at.steps.is_empty())
            });
            if !told {
                return broken(
                    "V3",
                    format!(
                        "a client that would store a write-only argument is not refused on the attribute: {config:?}"
                    ),
                );
            }
        }
        Ok(diagnostics)
    }

    /// Upgrades a stored state: U1 and U2.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn upgrade(&self, type_name: &str, version: i64, json: &str) -> Judged<Value> {
        let raw_state = Some(pb::RawState { json: json.into(), ..Default::default() });
        let request = pb::upgrade_resource_state::Request { type_name: type_name.into(), version, raw_state };
        let mut client = self.client.clone();
        let answer = self.ask(client.upgrade_resource_state(request))?;
        accepted(&answer.diagnostics)?;
        let upgraded = value("U2", answer.upgraded_state.as_ref(), &self.ty(type_name))?;
        is_known("U2", &upgraded)?;
        write_only_is_null("U2", self.block(type_name), &upgraded)?;
        Ok(upgraded)
    }

    /// Upgrades a stored identity.
    ///
    /// # Errors
    /// What the provider refuses, and S7 and R5 for what is no identity.
    pub fn upgrade_identity(&self, type_name: &str, version: i64, json: &str) -> Judged<Value> {
        let raw_identity = Some(pb::RawState { json: json.into(), ..Default::default() });
        let request = pb::upgrade_resource_identity::Request { type_name: type_name.into(), version, raw_identity };
        let mut client = self.client.clone();
        let answer = self.ask(client.upgrade_resource_identity(request))?;
        accepted(&answer.diagnostics)?;
        let identity = self.identity("R5", type_name, answer.upgraded_identity.as_ref())?;
        identity.ok_or_else(|| Violation::new("R5", "the upgraded identity is missing").into())
    }

    /// What Terraform 0.11 stored is refused clearly, or read: U4.
    ///
    /// # Errors
    /// U4.
    pub fn flatmap(&self, type_name: &str) -> Judged<()> {
        let flatmap = [("id".to_owned(), "1".to_owned())].into_iter().collect();
        let raw_state = Some(pb::RawState { flatmap, ..Default::default() });
        let request = pb::upgrade_resource_state::Request { type_name: type_name.into(), version: 0, raw_state };
        let mut client = self.client.clone();
        let answer = self.ask(client.upgrade_resource_state(request))?;
        let state = value("U4", answer.upgraded_state.as_ref(), &self.ty(type_name))?;
        if accepted(&answer.diagnostics).is_ok() && state.is_null() {
            return broken("U4", "what Terraform 0.11 stored is lost without a word");
        }
        Ok(())
    }

    fn identity(
        &self,
        rule: &'static str,
        type_name: &str,
        data: Option<&pb::ResourceIdentityData>,
    ) -> Judged<Option<Value>> {
        let Some((_, ty)) = self.identities.get(type_name) else { return Ok(None) };
        let Some(data) = data else { return Ok(None) };
        let identity = value(rule, data.identity_data.as_ref(), ty)?;
        Ok((!identity.is_null()).then_some(identity))
    }

    fn sent_identity(&self, type_name: &str, identity: Option<&Value>) -> Option<pb::ResourceIdentityData> {
        let (_, ty) = self.identities.get(type_name)?;
        Some(pb::ResourceIdentityData { identity_data: dynamic(identity?, ty) })
    }

    /// Reads an object afresh, after its stored state was upgraded: U1, R1, R5, R6. None when it is gone (R2).
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn refresh(&self, instance: &Instance) -> Judged<Option<Instance>> {
        let (type_name, block) = (&instance.type_name, self.block(&instance.type_name));
        let ty = block.ty();
        let upgraded = self.upgrade(type_name, self.schema(type_name).version, &to_json(&instance.state))?;
        if upgraded != instance.state {
            let rule = if same_but_numbers(&upgraded, &instance.state) { "U3" } else { "U1" };
            return broken(rule, format!("a state of today's version became {upgraded:?} from {:?}", instance.state));
        }
        let request = pb::read_resource::Request {
            type_name: type_name.clone(),
            current_state: dynamic(&upgraded, &ty),
            private: instance.private.clone(),
            provider_meta: self.meta(),
            client_capabilities: self.capabilities_of_client(),
            current_identity: self.sent_identity(type_name, instance.identity.as_ref()),
        };
        let mut client = self.client.clone();
        let answer = self.ask(client.read_resource(request))?;
        accepted(&answer.diagnostics)?;
        self.deferral_is_allowed(answer.deferred.as_ref())?;
        let state = value("R1", answer.new_state.as_ref(), &ty)?;
        if state.is_null() {
            return Ok(None);
        }
        is_known("R1", &state)?;
        write_only_is_null("R1", block, &state)?;
        let identity = self.identity("R5", type_name, answer.new_identity.as_ref())?;
        if self.identities.contains_key(type_name) {
            let Some(identity) = &identity else { return broken("R5", "a read returns no identity") };
            is_known("R5", identity)?;
            if instance.identity.as_ref().is_some_and(|before| before != identity) {
                return broken("R5", format!("the identity was {:?} and is {identity:?}", instance.identity));
            }
        }
        if answer.private.is_empty() && !instance.private.is_empty() {
            return broken("R5", "what was stored beside the state is lost by a read");
        }
        Ok(Some(Instance { state, identity, private: answer.private, ..instance.clone() }))
    }

    /// What was removed is read as nothing: R2.
    ///
    /// # Errors
    /// R2, and what [`Judge::refresh`] holds.
    pub fn is_gone(&self, instance: &Instance) -> Judged<()> {
        match self.refresh(instance) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => broken("R2", "what was removed is still read"),
            Err(Failure::Refused(refused)) => {
                broken("R2", format!("what is gone is read with an error: {}", refused[0].summary))
            }
            Err(other) => Err(other),
        }
    }

    /// Plans: after a refresh of what there is and a validation, P1 to P9, P11, P13 and P14.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn plan(&self, type_name: &str, prior: Option<&Instance>, config: &Value) -> Judged<Planned> {
        self.validate(type_name, config)?;
        let refreshed = match prior {
            Some(instance) => self.refresh(instance)?,
            None => None,
        };
        self.plan_from(type_name, refreshed.as_ref(), config)
    }

    fn plan_from(&self, type_name: &str, prior: Option<&Instance>, config: &Value) -> Judged<Planned> {
        let prior_state = prior.map_or(Value::Null, |instance| instance.state.clone());
        let first = self.plan_once(type_name, &prior_state, prior, config, true)?;
        let is_tainted = prior.is_some_and(|instance| instance.tainted);
        let action = if prior.is_none() {
            Action::Create
        } else if !first.replace.is_empty() || is_tainted {
            Action::Replace
        } else if first.state == prior_state {
            Action::NoOp
        } else {
            Action::Update
        };
        if action != Action::Replace {
            return Ok(Planned { action, ..first });
        }
        // Core asks again as if there were nothing, with the identity and the private data of the first plan.
        let (_, ty) = self.identities.get(type_name).cloned().unwrap_or((0, Type::Dynamic));
        let identity = match &first.identity {
            Some(data) => Some(value("P13", data.identity_data.as_ref(), &ty)?),
            None => None,
        };
        let nothing = Instance {
            type_name: type_name.into(),
            state: Value::Null,
            identity,
            private: first.private.clone(),
            tainted: false,
        };
        let second = match self.plan_once(type_name, &Value::Null, Some(&nothing), config, true) {
            Err(Failure::Refused(refused)) => {
                return broken("P9", format!("the plan of the replacement is refused: {}", refused[0].summary));
            }
            other => other?,
        };
        Ok(Planned { action, replace: first.replace, warnings: first.warnings, prior: prior_state, ..second })
    }

    fn plan_once(
        &self,
        type_name: &str,
        prior: &Value,
        instance: Option<&Instance>,
        config: &Value,
        is_pure: bool,
    ) -> Judged<Planned> {
        let block = self.block(type_name);
        let ty = block.ty();
        let request = pb::plan_resource_change::Request {
            type_name: type_name.into(),
            prior_state: dynamic(prior, &ty),
            proposed_new_state: dynamic(&propose(block, prior, config), &ty),
            config: dynamic(config, &ty),
            prior_private: instance.map(|instance| instance.private.clone()).unwrap_or_default(),
            provider_meta: self.meta(),
            client_capabilities: self.capabilities_of_client(),
            prior_identity: self.sent_identity(type_name, instance.and_then(|instance| instance.identity.as_ref())),
        };
        let mut client = self.client.clone();
        let answer = self.ask(client.plan_resource_change(request.clone()))?;
        accepted(&answer.diagnostics)?;
        if answer.legacy_type_system {
            return broken("P1", "the answer asks to be excused as of the legacy type system");
        }
        self.deferral_is_allowed(answer.deferred.as_ref())?;
        if is_pure && self.ask(client.plan_resource_change(request.clone()))? != answer {
            return broken("P11", "the same question has another answer");
        }
        let state = value("P6", answer.planned_state.as_ref(), &ty)?;
        plan_is_valid(block, prior, config, &state)?;
        let paths: Vec<Path> = answer.requires_replace.iter().map(path).collect();
        for path in &paths {
            if state.find(path).is_none() && prior.find(path).is_none() {
                return broken("P8", format!("{path} replaces, and there is no such attribute"));
            }
        }
        let changed = |path: &Path| is_write_only(block, path) || state.find(path) != prior.find(path);
        let replace: Vec<Path> = if prior.is_null() { Vec::new() } else { paths.into_iter().filter(changed).collect() };
        // What stays as it was must not look like a change.
        let proposed = propose(block, prior, config);
        if !prior.is_null() && proposed == *prior && state != *prior && answer.deferred.is_none() {
            let only_known = is_compatible("P7", &state, prior, &Path::default()).is_ok();
            if only_known {
                return broken("P7", format!("nothing changes, and the plan is {state:?} after {prior:?}"));
            }
        }
        if self.identities.contains_key(type_name) {
            self.planned_identity(type_name, prior, instance, &answer, replace.is_empty())?;
        }
        let kept = instance.is_some_and(|instance| !instance.private.is_empty());
        if kept && answer.planned_private.is_empty() {
            return broken("P14", "what was stored beside the state is lost by a plan");
        }
        let is_warning = |one: &&pb::Diagnostic| one.severity() == pb::diagnostic::Severity::Warning;
        Ok(Planned {
            action: Action::NoOp,
            state,
            replace,
            warnings: answer.diagnostics.iter().filter(is_warning).map(|one| one.summary.clone()).collect(),
            deferred: answer.deferred.is_some(),
            private: answer.planned_private,
            identity: answer.planned_identity,
            prior: prior.clone(),
        })
    }

    fn planned_identity(
        &self,
        type_name: &str,
        prior: &Value,
        instance: Option<&Instance>,
        answer: &pb::plan_resource_change::Response,
        stays: bool,
    ) -> Judged<()> {
        let Some(identity) = self.identity("P13", type_name, answer.planned_identity.as_ref())? else {
            return if prior.is_null() { Ok(()) } else { broken("P13", "the plan of an object returns no identity") };
        };
        if !identity.is_wholly_known() {
            return broken("P13", "the identity is not known, and Terraform's `show -json` fails on such a plan");
        }
        let before = instance.and_then(|instance| instance.identity.as_ref());
        if !prior.is_null() && stays && before.is_some_and(|before| *before != identity) {
            return broken("P13", format!("the identity was {before:?} and is planned as {identity:?}"));
        }
        Ok(())
    }

    /// Plans, plans again with what the apply knows, applies, and sees that nothing is left to do: P10 and A1 to A9, and P7.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above. What a refused apply left is in [`Judge::apply_keeping`].
    pub fn apply(
        &self,
        type_name: &str,
        prior: Option<&Instance>,
        at_plan: &Value,
        at_apply: &Value,
    ) -> Judged<Instance> {
        let (instance, refused) = self.apply_keeping(type_name, prior, at_plan, at_apply)?;
        if !refused.is_empty() {
            return Err(Failure::Refused(refused));
        }
        let instance = instance.ok_or_else(|| Violation::new("A4", "an apply returned nothing"))?;
        let Some(read) = self.refresh(&instance)? else { return broken("R2", "what was just applied is gone") };
        if read.state != instance.state {
            return broken("R3", format!("what was applied as {:?} reads as {:?}", instance.state, read.state));
        }
        let again = self.plan_from(type_name, Some(&read), at_apply)?;
        if again.action != Action::NoOp {
            return broken("P7", format!("after the apply there is a plan to {:?}: {:?}", again.action, again.state));
        }
        Ok(read)
    }

    /// The same up to the result, which a failed apply has too: what exists, and the errors.
    ///
    /// # Errors
    /// A refused plan, and the rules above.
    pub fn apply_keeping(
        &self,
        type_name: &str,
        prior: Option<&Instance>,
        at_plan: &Value,
        at_apply: &Value,
    ) -> Judged<(Option<Instance>, Vec<pb::Diagnostic>)> {
        let first = self.plan(type_name, prior, at_plan)?;
        let refreshed = match prior {
            Some(instance) => self.refresh(instance)?,
            None => None,
        };
        // Of a replacement, the removal is done when the creation is planned again: there is nothing before it.
        let refreshed = match (first.action, refreshed) {
            (Action::Replace, Some(old)) => {
                let (left, refused) = self.destroy_keeping(&old)?;
                if !refused.is_empty() {
                    return Ok((left, refused));
                }
                None
            }
            (_, refreshed) => refreshed,
        };
        let second = self.plan_from(type_name, refreshed.as_ref(), at_apply)?;
        is_compatible("P10", &first.state, &second.state, &Path::default())?;
        let is_same = first.action == second.action
            || matches!(
                (first.action, second.action),
                (Action::Update, Action::NoOp) | (Action::Replace, Action::Create)
            );
        if !is_same {
            return broken("P10", format!("the plan was to {:?} and is to {:?}", first.action, second.action));
        }
        if second.action == Action::NoOp {
            return Ok((refreshed, Vec::new()));
        }
        let before = refreshed.map_or(Value::Null, |instance| instance.state);
        self.apply_planned(type_name, &before, &second, at_apply)
    }

    fn apply_planned(
        &self,
        type_name: &str,
        prior: &Value,
        planned: &Planned,
        config: &Value,
    ) -> Judged<(Option<Instance>, Vec<pb::Diagnostic>)> {
        let block = self.block(type_name);
        let ty = block.ty();
        let request = pb::apply_resource_change::Request {
            type_name: type_name.into(),
            prior_state: dynamic(prior, &ty),
            planned_state: dynamic(&planned.state, &ty),
            config: dynamic(config, &ty),
            planned_private: planned.private.clone(),
            provider_meta: self.meta(),
            planned_identity: planned.identity.clone(),
        };
        let mut client = self.client.clone();
        let answer = self.ask(client.apply_resource_change(request))?;
        if answer.legacy_type_system {
            return broken("A1", "the answer asks to be excused as of the legacy type system");
        }
        let refused = match accepted(&answer.diagnostics) {
            Err(Failure::Refused(refused)) => refused,
            _ => Vec::new(),
        };
        let state = value("A1", answer.new_state.as_ref(), &ty)?;
        if !state.is_wholly_known() {
            return broken("A2", format!("the result is not wholly known: {state:?}"));
        }
        write_only_is_null("A7", block, &state)?;
        if refused.is_empty() {
            match (planned.state.is_null(), state.is_null()) {
                (true, false) => return broken("A4", "a removal returned an object"),
                (false, true) => return broken("A4", "nothing came of what was planned"),
                _ => is_compatible("A1", &planned.state, &state, &Path::default())?,
            }
        } else if state.is_null() && !prior.is_null() {
            return broken("A5", "a failed change or removal returned nothing of what is there");
        }
        if state.is_null() {
            return Ok((None, refused));
        }
        let identity = self.identity("A7", type_name, answer.new_identity.as_ref())?;
        if self.identities.contains_key(type_name) {
            let Some(identity) = &identity else { return broken("A7", "an apply returns no identity") };
            is_known("A7", identity)?;
        }
        if answer.private.is_empty() && !planned.private.is_empty() {
            return broken("A7", "what was stored beside the state is lost by an apply");
        }
        let tainted = !refused.is_empty() && prior.is_null();
        let instance = Instance { type_name: type_name.into(), state, identity, private: answer.private, tainted };
        Ok((Some(instance), refused))
    }

    /// Removes an object: P12, A4, A5.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn destroy(&self, instance: &Instance) -> Judged<()> {
        let (_, refused) = self.destroy_keeping(instance)?;
        if refused.is_empty() { Ok(()) } else { Err(Failure::Refused(refused)) }
    }

    /// The same; what is there after a refused removal comes with the errors.
    ///
    /// # Errors
    /// The rules above.
    pub fn destroy_keeping(&self, instance: &Instance) -> Judged<(Option<Instance>, Vec<pb::Diagnostic>)> {
        let type_name = &instance.type_name;
        let ty = self.ty(type_name);
        let null = dynamic(&Value::Null, &ty);
        let mut private = instance.private.clone();
        if self.capabilities.plan_destroy {
            let request = pb::plan_resource_change::Request {
                type_name: type_name.clone(),
                prior_state: dynamic(&instance.state, &ty),
                proposed_new_state: null.clone(),
                config: null,
                prior_private: private,
                provider_meta: self.meta(),
                client_capabilities: self.capabilities_of_client(),
                prior_identity: self.sent_identity(type_name, instance.identity.as_ref()),
            };
            let mut client = self.client.clone();
            let answer = self.ask(client.plan_resource_change(request))?;
            accepted(&answer.diagnostics)?;
            if !value("P12", answer.planned_state.as_ref(), &ty)?.is_null() {
                return broken("P12", "the plan of a removal leaves something");
            }
            private = answer.planned_private;
        }
        let planned = Planned {
            action: Action::Delete,
            state: Value::Null,
            replace: Vec::new(),
            warnings: Vec::new(),
            deferred: false,
            private,
            identity: self.sent_identity(type_name, instance.identity.as_ref()),
            prior: instance.state.clone(),
        };
        let before = planned.prior.clone();
        self.apply_planned(type_name, &before, &planned, &Value::Null)
    }

    /// Imports an object by an id: I1, and the read that follows.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn import_by_id(&self, type_name: &str, id: &str) -> Judged<Instance> {
        self.read_imported(&self.import(type_name, id, None)?)
    }

    /// Imports an object by its identity: I1, I2, and I3 against an import by `id`.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn import_by_identity(&self, type_name: &str, identity: &Value, id: &str) -> Judged<Instance> {
        let by_identity = self.import(type_name, "", Some(identity))?;
        let by_id = self.import(type_name, id, None)?;
        if by_identity.state != by_id.state {
            return broken("I3", format!("by identity {:?}, by id {:?}", by_identity.state, by_id.state));
        }
        self.read_imported(&by_identity)
    }

    fn read_imported(&self, imported: &Instance) -> Judged<Instance> {
        self.refresh(imported)?.ok_or_else(|| Violation::new("I1", "what was imported does not exist").into())
    }

    fn import(&self, type_name: &str, id: &str, identity: Option<&Value>) -> Judged<Instance> {
        let request = pb::import_resource_state::Request {
            type_name: type_name.into(),
            id: id.into(),
            client_capabilities: self.capabilities_of_client(),
            identity: self.sent_identity(type_name, identity),
        };
        let (type_name, by_identity) = (request.type_name.clone(), request.identity.is_some());
        let mut client = self.client.clone();
        let answer = self.ask(client.import_resource_state(request))?;
        accepted(&answer.diagnostics)?;
        let [imported] = answer.imported_resources.as_slice() else {
            return broken("I1", format!("{} resources were imported", answer.imported_resources.len()));
        };
        if imported.type_name != type_name {
            return broken("I1", format!("a {} was imported as a {type_name}", imported.type_name));
        }
        let state = value("I1", imported.state.as_ref(), &self.ty(&type_name))?;
        if state.is_null() {
            return broken("I1", "the imported state is null");
        }
        write_only_is_null("I1", self.block(&type_name), &state)?;
        let identity = self.identity("I2", &type_name, imported.identity.as_ref())?;
        if by_identity && identity.is_none() {
            return broken("I2", "an import by identity returned none");
        }
        Ok(Instance { type_name, state, identity, private: imported.private.clone(), tainted: false })
    }

    /// Writes an object down as configuration: G1.
    ///
    /// # Errors
    /// What the provider refuses, and the rule above.
    pub fn generate(&self, instance: &Instance) -> Judged<Value> {
        let (type_name, block) = (&instance.type_name, self.block(&instance.type_name));
        let state = dynamic(&instance.state, &block.ty());
        let request = pb::generate_resource_config::Request { type_name: type_name.clone(), state };
        let mut client = self.client.clone();
        let answer = self.ask(client.generate_resource_config(request))?;
        accepted(&answer.diagnostics)?;
        let config = value("G1", answer.config.as_ref(), &block.ty())?;
        let said = |one: &&schema::Attribute| {
            let must_be_null = one.write_only || one.deprecated || !(one.required || one.optional);
            must_be_null && !config.at(&one.name).is_null()
        };
        if let Some(attribute) = block.attributes.iter().find(said) {
            return broken("G1", format!("{} is in the configuration", attribute.name));
        }
        match self.validate(type_name, &config) {
            Err(Failure::Refused(refused)) => {
                broken("G1", format!("what was generated does not validate: {}", refused[0].summary))
            }
            Err(other) => Err(other),
            Ok(_) => Ok(config),
        }
    }

    /// Moves an object here from another type: M1.
    ///
    /// # Errors
    /// What the provider refuses, and the rule above.
    pub fn move_from(&self, provider: &str, source_type: &str, json: &str, target_type: &str) -> Judged<Instance> {
        let request = pb::move_resource_state::Request {
            source_provider_address: provider.into(),
            source_type_name: source_type.into(),
            source_state: Some(pb::RawState { json: json.into(), ..Default::default() }),
            target_type_name: target_type.into(),
            ..Default::default()
        };
        let mut client = self.client.clone();
        let answer = self.ask(client.move_resource_state(request))?;
        if let Err(refused @ Failure::Refused(_)) = accepted(&answer.diagnostics) {
            let named =
                answer.diagnostics.iter().any(|one| format!("{}{}", one.summary, one.detail).contains(source_type));
            return if named { Err(refused) } else { broken("M1", "the refusal does not name the source type") };
        }
        let state = value("M1", answer.target_state.as_ref(), &self.ty(target_type))?;
        if state.is_null() {
            return broken("M1", "nothing came of the move");
        }
        is_known("M1", &state)?;
        write_only_is_null("M1", self.block(target_type), &state)?;
        let identity = self.identity("M1", target_type, answer.target_identity.as_ref())?;
        if let Some(identity) = &identity {
            is_known("M1", identity)?;
        }
        Ok(Instance { type_name: target_type.into(), state, identity, private: answer.target_private, tainted: false })
    }
}

/// Fills up what a configuration leaves out: null, and no blocks.
pub(crate) fn complete(block: &Block, config: &mut Value) {
    use proto::wire::tfplugin5::schema::nested_block::NestingMode;
    let Value::Map(fields) = config else {
        if config.is_null() {
            *config = Value::Map(BTreeMap::new());
            complete(block, config);
        }
        return;
    };
    for attribute in &block.attributes {
        fields.entry(attribute.name.clone()).or_default();
    }
    for nested in &block.blocks {
        let value = fields.entry(nested.name.clone()).or_default();
        match (nested.nesting, value) {
            (NestingMode::Single, Value::Null) => {}
            (NestingMode::List | NestingMode::Set, value @ Value::Null) => *value = Value::List(Vec::new()),
            (NestingMode::Map, value @ Value::Null) => *value = Value::Map(BTreeMap::new()),
            (NestingMode::Map, Value::Map(elements)) => {
                elements.values_mut().for_each(|element| complete(&nested.block, element));
            }
            (_, Value::List(elements)) => elements.iter_mut().for_each(|element| complete(&nested.block, element)),
            (_, value) => complete(&nested.block, value),
        }
    }
}

/// Makes configured values unknown: those that may be computed too, or all.
fn forget_known(block: &Block, config: &mut Value, computed_alone: bool) {
    let Value::Map(fields) = config else { return };
    for attribute in block.attributes.iter().filter(|one| one.required || one.optional) {
        let is_asked = if computed_alone { attribute.computed } else { true };
        let is_set = fields.get(&attribute.name).is_some_and(|value| !value.is_null());
        if is_asked && (is_set || computed_alone) {
            fields.insert(attribute.name.clone(), Value::UNKNOWN);
        }
    }
    for nested in &block.blocks {
        match fields.get_mut(&nested.name) {
            Some(Value::List(elements)) => {
                elements.iter_mut().for_each(|element| forget_known(&nested.block, element, computed_alone));
            }
            Some(Value::Map(elements)) if nested.ty_is_map() => {
                elements.values_mut().for_each(|element| forget_known(&nested.block, element, computed_alone));
            }
            Some(value) => forget_known(&nested.block, value, computed_alone),
            None => {}
        }
    }
}

fn has_write_only(block: &Block, config: &Value) -> bool {
    if config.is_unknown() {
        return false;
    }
    block.attributes.iter().any(|one| one.write_only && !config.at(&one.name).is_null())
        || block.blocks.iter().any(|nested| match config.at(&nested.name) {
            Value::List(elements) => elements.iter().any(|element| has_write_only(&nested.block, element)),
            Value::Map(elements) if nested.ty_is_map() => {
                elements.values().any(|element| has_write_only(&nested.block, element))
            }
            value => has_write_only(&nested.block, value),
        })
}

fn is_write_only(block: &Block, path: &Path) -> bool {
    match path.0.as_slice() {
        [Step::Attribute(name)] => block.attributes.iter().any(|one| one.write_only && one.name == *name),
        _ => false,
    }
}

/// Whether two states differ in numbers alone.
fn same_but_numbers(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(_)) => true,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_but_numbers(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.keys().eq(other.keys()) && one.iter().all(|(name, value)| same_but_numbers(value, &other[name]))
        }
        (one, other) => one == other,
    }
}
