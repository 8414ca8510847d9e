//! A provider that is held against the rules: started, configured, and asked whether configurations are right.

use std::collections::BTreeMap;

use tfplugin::cty::Type;
use tfplugin::value::{Path, Value};
use tfplugin::wire::tfplugin5 as pb;
use tfplugin::wire::tfplugin5::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::carried::{broken, dynamic, value};
use crate::client::{Identity, Launch, Plugin};
use crate::configured::{complete, forget_known, has_write_only};
use crate::others::Others;
use crate::schema::{self, Block, Schema, Use};
use crate::verdict::{Failure, Judged, Said, Violation, accepted, path};

/// Who listens: called after each answer about an object, with what was asked and what the provider said to it.
pub type Witness = Box<dyn Fn(&'static str, Vec<Said>) + Send>;

/// A provider that is held against the rules: started, and its schema read.
pub struct Judge {
    pub(crate) plugin: Plugin,
    pub(crate) client: ProviderClient<Channel>,
    pub(crate) provider: Schema,
    pub(crate) meta: Option<Schema>,
    pub(crate) resources: BTreeMap<String, Schema>,
    pub(crate) identities: BTreeMap<String, Type>,
    pub(crate) others: Others,
    pub(crate) capabilities: pb::ServerCapabilities,
    /// What is sent in `provider_meta`.
    pub provider_meta: Value,
    /// Whether a plan is asked for twice, to see that both are the same: P11. Under weather the two differ, and nobody is to blame.
    pub asks_twice: bool,
    /// Whether the client says that it can bear deferred answers.
    pub deferral_allowed: bool,
    /// Who listens, if anybody does.
    pub witness: Option<Witness>,
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
    /// The warnings that were given only when the same was asked again: what the provider remembers of having been asked.
    pub(crate) of_memory: Vec<Warning>,
    /// Whether the provider put it off.
    pub deferred: bool,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Option<pb::ResourceIdentityData>,
}

/// What a warning is about: its summary, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Warning(String, Path);

impl Warning {
    /// What it is about; none of an error.
    pub(crate) fn of(one: &pb::Diagnostic) -> Option<Warning> {
        let is_warning = one.severity() == pb::diagnostic::Severity::Warning;
        let attribute = one.attribute.as_ref().map(path).unwrap_or_default();
        is_warning.then(|| Warning(one.summary.clone(), attribute))
    }
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
            types.insert(name.clone(), schema::read_identity(name, one)?);
        }
        Ok(Judge {
            provider: schema::read("provider", provider, Use::Other)?,
            meta: schemas.provider_meta.as_ref().map(|one| schema::read("meta", one, Use::Other)).transpose()?,
            others: Others::read(&schemas, &identities)?,
            capabilities: schemas.server_capabilities.unwrap_or_default(),
            resources,
            identities: types,
            plugin,
            client,
            provider_meta: Value::Null,
            asks_twice: true,
            deferral_allowed: false,
            witness: None,
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

    pub(crate) fn schema(&self, type_name: &str) -> &Schema {
        self.resources.get(type_name).unwrap_or_else(|| panic!("the provider has no {type_name}"))
    }

    pub(crate) fn block(&self, type_name: &str) -> &Block {
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

    pub(crate) fn heard(&self, asked: &'static str, said: &[pb::Diagnostic]) {
        if let Some(witness) = &self.witness {
            witness(asked, said.iter().map(Said::of).collect());
        }
    }

    pub(crate) fn client_capabilities(&self) -> Option<pb::ClientCapabilities> {
        let deferral_allowed = self.deferral_allowed;
        Some(pb::ClientCapabilities { deferral_allowed, write_only_attributes_allowed: true })
    }

    pub(crate) fn meta(&self) -> Option<pb::DynamicValue> {
        self.meta.as_ref().and_then(|meta| dynamic(&self.provider_meta, &meta.block.ty()))
    }

    pub(crate) fn deferral_is_allowed<T>(&self, deferred: Option<&T>) -> Judged<()> {
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
        self.heard("prepare", &prepared.diagnostics);
        accepted(&prepared.diagnostics)?;
        let client_capabilities = self.client_capabilities();
        let request = pb::configure::Request { terraform_version: "1.15.5".into(), config, client_capabilities };
        let configured = self.ask(client.configure(request))?;
        self.heard("configure", &configured.diagnostics);
        accepted(&configured.diagnostics)
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
        self.heard("validate", &diagnostics);
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

    pub(crate) fn identity(
        &self,
        rule: &'static str,
        type_name: &str,
        data: Option<&pb::ResourceIdentityData>,
    ) -> Judged<Option<Value>> {
        let Some(ty) = self.identities.get(type_name) else { return Ok(None) };
        let Some(data) = data else { return Ok(None) };
        let identity = value(rule, data.identity_data.as_ref(), ty)?;
        Ok((!identity.is_null()).then_some(identity))
    }

    pub(crate) fn sent_identity(&self, type_name: &str, identity: Option<&Value>) -> Option<pb::ResourceIdentityData> {
        let ty = self.identities.get(type_name)?;
        Some(pb::ResourceIdentityData { identity_data: dynamic(identity?, ty) })
    }
}
