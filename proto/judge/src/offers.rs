//! The drive of what leaves nothing in a state: lists, data sources, ephemeral resources, functions and actions.

use std::collections::BTreeMap;

use tfplugin::cty::Type;
use tfplugin::value::Value;
use tfplugin::wire::tfplugin5 as pb;
use tokio_stream::StreamExt as _;

use crate::carried::{broken, dynamic, value};
use crate::configured::complete;
use crate::core::{Instance, Judge};
use crate::rules::{is_known, plan_is_valid, write_only_is_null};
use crate::verdict::{Failure, Judged, Violation, accepted};

/// An object that a list found.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The name that people see.
    pub name: String,
    /// Its identity.
    pub identity: Value,
    /// Its state, when it was asked for.
    pub state: Option<Value>,
}

/// An open ephemeral resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    /// The value.
    pub result: Value,
    /// What closing needs.
    pub private: Vec<u8>,
    /// Whether it wants to be renewed.
    pub is_renewed: bool,
}

fn of<'a, T>(all: &'a BTreeMap<String, T>, name: &str) -> &'a T {
    all.get(name).unwrap_or_else(|| panic!("the provider has no {name}"))
}

impl Judge {
    /// Lists objects as `terraform query` does, and turns away at the limit: L1.
    ///
    /// # Errors
    /// What the provider refuses, and the rule above.
    pub fn list(&self, type_name: &str, config: &Value, include_resource: bool, limit: i64) -> Judged<Vec<Listed>> {
        let schema = of(&self.others.lists, type_name);
        let mut config = config.clone();
        complete(&schema.block, &mut config);
        let config = dynamic(&config, &schema.block.ty());
        let mut client = self.client.clone();
        let validate = pb::validate_list_resource_config::Request {
            type_name: type_name.into(),
            config: config.clone(),
            ..Default::default()
        };
        let validated = self.ask(client.validate_list_resource_config(validate))?.diagnostics;
        self.heard("validate", &validated);
        accepted(&validated)?;
        let request = pb::list_resource::Request {
            type_name: type_name.into(),
            config,
            include_resource_object: include_resource,
            limit,
        };
        let mut events = self.ask(client.list_resource(request))?;
        let (mut found, mut said) = (Vec::new(), Vec::new());
        while let Some(event) = self.plugin.block_on(events.next()) {
            let event = event.map_err(|status| Failure::status(&status))?;
            said.extend_from_slice(&event.diagnostic);
            accepted(&event.diagnostic).inspect_err(|_| self.heard("list", &said))?;
            if event.identity.is_none() && !event.diagnostic.is_empty() {
                continue;
            }
            found.push(self.listed(type_name, &event, include_resource)?);
            if limit > 0 && found.len() as i64 >= limit {
                break;
            }
        }
        self.heard("list", &said);
        Ok(found)
    }

    fn listed(&self, type_name: &str, event: &pb::list_resource::Event, include: bool) -> Judged<Listed> {
        let ty = &self.identities[type_name];
        let data = event.identity.as_ref().and_then(|identity| identity.identity_data.as_ref());
        let identity = value("L1", data, ty)?;
        let is_incomplete = matches!(&identity, Value::Map(fields) if fields.values().any(Value::is_null));
        if identity.is_null() || is_incomplete || event.display_name.is_empty() {
            return broken("L1", format!("{:?} has the identity {identity:?}", event.display_name));
        }
        is_known("L1", &identity)?;
        if include != event.resource_object.is_some() {
            return broken("L1", format!("the object was asked for: {include}, and there: {}", !include));
        }
        let block = &self.resources[type_name].block;
        let state = match &event.resource_object {
            Some(object) => Some(value("L1", Some(object), &block.ty())?),
            None => None,
        };
        if let Some(state) = &state {
            is_known("L1", state)?;
            write_only_is_null("L1", block, state)?;
        }
        Ok(Listed { name: event.display_name.clone(), identity, state })
    }

    /// What was listed is what a read says: L1.
    ///
    /// # Errors
    /// What the provider refuses, and the rule above.
    pub fn listed_is_read(&self, type_name: &str, listed: &Listed) -> Judged<()> {
        let instance = Instance {
            type_name: type_name.into(),
            state: listed.state.clone().unwrap_or_default(),
            identity: Some(listed.identity.clone()),
            private: Vec::new(),
            tainted: false,
        };
        match self.refresh(&instance) {
            Ok(Some(read)) if read.identity == instance.identity => Ok(()),
            Ok(_) => broken("L1", "what was listed is not what is read"),
            Err(Failure::Violation(violation)) if violation.rule == "R5" => broken("L1", violation.what),
            Err(other) => Err(other),
        }
    }

    /// Reads a data source: D1.
    ///
    /// # Errors
    /// What the provider refuses, and the rule above.
    pub fn data_source(&self, type_name: &str, config: &Value) -> Judged<Value> {
        let schema = of(&self.others.data_sources, type_name);
        let (block, ty) = (&schema.block, schema.block.ty());
        let mut config = config.clone();
        complete(block, &mut config);
        let mut client = self.client.clone();
        let sent = dynamic(&config, &ty);
        let validate = pb::validate_data_source_config::Request { type_name: type_name.into(), config: sent.clone() };
        accepted(&self.ask(client.validate_data_source_config(validate))?.diagnostics)?;
        let request = pb::read_data_source::Request {
            type_name: type_name.into(),
            config: sent,
            provider_meta: None,
            client_capabilities: self.client_capabilities(),
        };
        let answer = self.ask(client.read_data_source(request))?;
        accepted(&answer.diagnostics)?;
        if answer.deferred.is_some() {
            return Ok(Value::UNKNOWN);
        }
        let state = value("D1", answer.state.as_ref(), &ty)?;
        if state.is_null() || !state.is_wholly_known() {
            return broken("D1", format!("the result is {state:?}"));
        }
        plan_is_valid(block, &Value::Null, &config, &state).map_err(|one| Violation::new("D1", one.what))?;
        Ok(state)
    }

    /// Opens an ephemeral resource: E1.
    ///
    /// # Errors
    /// What the provider refuses, and the rule above.
    pub fn open(&self, type_name: &str, config: &Value) -> Judged<Leased> {
        let schema = of(&self.others.ephemerals, type_name);
        let (block, ty) = (&schema.block, schema.block.ty());
        let mut config = config.clone();
        complete(block, &mut config);
        let mut client = self.client.clone();
        let sent = dynamic(&config, &ty);
        let validate =
            pb::validate_ephemeral_resource_config::Request { type_name: type_name.into(), config: sent.clone() };
        accepted(&self.ask(client.validate_ephemeral_resource_config(validate))?.diagnostics)?;
        let client_capabilities = self.client_capabilities();
        let request =
            pb::open_ephemeral_resource::Request { type_name: type_name.into(), config: sent, client_capabilities };
        let answer = self.ask(client.open_ephemeral_resource(request))?;
        accepted(&answer.diagnostics)?;
        let result = value("E1", answer.result.as_ref(), &ty)?;
        if answer.deferred.is_none() {
            is_known("E1", &result)?;
            plan_is_valid(block, &Value::Null, &config, &result).map_err(|one| Violation::new("E1", one.what))?;
        }
        Ok(Leased { result, private: answer.private.unwrap_or_default(), is_renewed: answer.renew_at.is_some() })
    }

    /// Renews an open ephemeral resource; what comes is for the next renewal alone.
    ///
    /// # Errors
    /// What the provider refuses.
    pub fn renew(&self, type_name: &str, private: Vec<u8>) -> Judged<Vec<u8>> {
        let mut client = self.client.clone();
        let request = pb::renew_ephemeral_resource::Request { type_name: type_name.into(), private: Some(private) };
        let answer = self.ask(client.renew_ephemeral_resource(request))?;
        accepted(&answer.diagnostics)?;
        Ok(answer.private.unwrap_or_default())
    }

    /// Closes an ephemeral resource, twice, with what opening stored: E2.
    ///
    /// # Errors
    /// E2.
    pub fn close(&self, type_name: &str, leased: &Leased) -> Judged<()> {
        for _ in 0..2 {
            let private = Some(leased.private.clone());
            let request = pb::close_ephemeral_resource::Request { type_name: type_name.into(), private };
            let mut client = self.client.clone();
            if let Err(Failure::Refused(refused)) =
                accepted(&self.ask(client.close_ephemeral_resource(request))?.diagnostics)
            {
                return broken("E2", format!("closing is refused: {}", refused[0].summary));
            }
        }
        Ok(())
    }

    /// Calls a function, twice: F1. An error is the text and the argument's place.
    ///
    /// # Errors
    /// F1, and a connection that fails.
    pub fn call(&self, name: &str, arguments: &[Value]) -> Judged<Result<Value, (String, Option<i64>)>> {
        let function = of(&self.others.functions, name);
        let ty = |place: usize| function.parameters.get(place).or(function.variadic.as_ref()).unwrap_or(&Type::Dynamic);
        let arguments = arguments.iter().enumerate().filter_map(|(place, one)| dynamic(one, ty(place))).collect();
        let request = pb::call_function::Request { name: name.into(), arguments };
        let mut client = self.client.clone();
        let answer = self.ask(client.call_function(request.clone()))?;
        if self.ask(client.call_function(request))? != answer {
            return broken("F1", format!("{name} has two results for the same arguments"));
        }
        match answer.error {
            Some(error) => Ok(Err((error.text, error.function_argument))),
            None => Ok(Ok(value("F1", answer.result.as_ref(), &function.returns)?)),
        }
    }

    /// Plans and invokes an action; the messages that it told, and the errors at its end. It must end with one completion: X2.
    ///
    /// # Errors
    /// What its plan refuses, and the rule above.
    pub fn invoke(&self, name: &str, config: &Value) -> Judged<(Vec<String>, Vec<pb::Diagnostic>)> {
        use pb::invoke_action::event::Type as Event;
        let schema = of(&self.others.actions, name);
        let mut config = config.clone();
        complete(&schema.block, &mut config);
        let config = dynamic(&config, &schema.block.ty());
        let mut client = self.client.clone();
        let validate = pb::validate_action_config::Request { type_name: name.into(), config: config.clone() };
        let validated = self.ask(client.validate_action_config(validate))?.diagnostics;
        self.heard("validate", &validated);
        accepted(&validated)?;
        let client_capabilities = self.client_capabilities();
        let plan = pb::plan_action::Request { action_type: name.into(), config: config.clone(), client_capabilities };
        let planned = self.ask(client.plan_action(plan))?.diagnostics;
        self.heard("plan", &planned);
        accepted(&planned)?;
        let request = pb::invoke_action::Request { action_type: name.into(), config, client_capabilities };
        let mut events = self.ask(client.invoke_action(request))?;
        let (mut told, mut completed) = (Vec::new(), None);
        while let Some(event) = self.plugin.block_on(events.next()) {
            let event = event.map_err(|status| Failure::status(&status))?;
            match (event.r#type, &completed) {
                (None, _) => return broken("X2", "an event of an action is neither progress nor its end"),
                (Some(_), Some(_)) => return broken("X2", "an action goes on after its end"),
                (Some(Event::Progress(progress)), None) => told.push(progress.message),
                (Some(Event::Completed(end)), None) => {
                    self.heard("invoke", &end.diagnostics);
                    completed = Some(end.diagnostics);
                }
            }
        }
        completed.map(|end| (told, end)).ok_or_else(|| Violation::new("X2", "an action never ends").into())
    }
}
