//! The drive of states without a change: upgraded, read afresh, imported, moved, and written down as configuration.

use tfplugin::value::Value;
use tfplugin::wire::tfplugin5 as pb;
use tokio::task::JoinSet;

use crate::carried::{broken, dynamic, value};
use crate::core::{Instance, Judge};
use crate::json::to_json;
use crate::rules::{is_known, write_only_is_null};
use crate::schema;
use crate::verdict::{Failure, Judged, Said, Violation, accepted};

impl Judge {
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
            client_capabilities: self.client_capabilities(),
            current_identity: self.sent_identity(type_name, instance.identity.as_ref()),
        };
        let mut client = self.client.clone();
        let answer = self.ask(client.read_resource(request))?;
        self.heard("read", &answer.diagnostics);
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

    /// Reads objects afresh, all at once, as Terraform does; what the provider said to each. What it made of them is not looked at.
    ///
    /// # Errors
    /// A connection that fails.
    pub fn refresh_at_once(&self, instances: &[Instance]) -> Judged<Vec<Vec<Said>>> {
        let request = |instance: &Instance| pb::read_resource::Request {
            type_name: instance.type_name.clone(),
            current_state: dynamic(&instance.state, &self.ty(&instance.type_name)),
            private: instance.private.clone(),
            provider_meta: self.meta(),
            client_capabilities: self.client_capabilities(),
            current_identity: self.sent_identity(&instance.type_name, instance.identity.as_ref()),
        };
        let requests: Vec<_> = instances.iter().map(request).collect();
        let mut asked = JoinSet::new();
        let answers = self.plugin.block_on(async {
            for request in requests {
                let mut client = self.client.clone();
                asked.spawn(async move { client.read_resource(request).await });
            }
            asked.join_all().await
        });
        let said = |answer: Result<tonic::Response<pb::read_resource::Response>, tonic::Status>| {
            let answer = answer.map_err(|status| Failure::status(&status))?.into_inner();
            Ok(answer.diagnostics.iter().map(Said::of).collect())
        };
        answers.into_iter().map(said).collect()
    }

    /// What there was before, as it is now.
    pub(crate) fn refreshed(&self, prior: Option<&Instance>) -> Judged<Option<Instance>> {
        prior.map_or(Ok(None), |instance| self.refresh(instance))
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
            client_capabilities: self.client_capabilities(),
            identity: self.sent_identity(type_name, identity),
        };
        let (type_name, by_identity) = (request.type_name.clone(), request.identity.is_some());
        let mut client = self.client.clone();
        let answer = self.ask(client.import_resource_state(request))?;
        self.heard("import", &answer.diagnostics);
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
