//! The life of a managed resource: validated, upgraded, read, planned, applied, imported, moved, and written down as configuration.

use super::{Served, Server, ask, to_wire};
use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::envelope::{decode, decode_config, encode, parse_json};
use crate::generate;
use crate::grown::grown;
use crate::plan::{self, Plan};
use crate::provider::Provider;
use crate::resource::{AnyResource, Import, Upgrade};
use crate::settle::{conform, respell, settle};
use crate::validate::validate;
use crate::value::{Path, Value};
use crate::wire::tfplugin5 as pb;

type Identified = Option<pb::ResourceIdentityData>;

impl<C> Served<dyn AnyResource<C>> {
    /// The identity of the object whose state this is; none without an identity schema or without an object.
    fn identify(&self, state: &Value) -> Result<Identified, Diagnostic> {
        match self.it.identity() {
            Some(identity) if !state.is_null() => {
                let identity_data = encode(&identity.of(state), &identity.ty())?;
                Ok(Some(pb::ResourceIdentityData { identity_data }))
            }
            _ => Ok(None),
        }
    }

    fn raw(
        &self,
        raw: Option<pb::RawState>,
        version: i64,
        now: i64,
        ty: &Type,
        upgrades: &[Upgrade],
    ) -> Result<Value, Diagnostic> {
        let raw = raw.unwrap_or_default();
        if raw.flatmap.is_empty() && raw.json.is_empty() {
            return Ok(Value::Null);
        }
        if raw.flatmap.is_empty() && version == now {
            return parse_json(&raw.json, ty);
        }
        match upgrades.iter().find(|upgrade| upgrade.from == version && raw.flatmap.is_empty()) {
            Some(upgrade) => (upgrade.upgrade)(parse_json(&raw.json, upgrade.ty)?),
            None => {
                let detail = format!(
                    "It was stored by another version of the provider: its schema version is {version}, this one's is {now}."
                );
                Err(Diagnostic::error("What is stored cannot be read", detail)
                    .hint("Use the version of the provider that stored it, or remove the object from the state and import it."))
            }
        }
    }
}

fn before_destroy(told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    told.into_iter().map(Diagnostic::before_destroy).collect()
}

impl<P: Provider> Server<P> {
    pub(super) fn validate(
        &self,
        request: pb::validate_resource_type_config::Request,
    ) -> Result<pb::validate_resource_type_config::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let config = decode_config(request.config, &served.ty)?;
        let allowed = request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed);
        let mut found = validate(&served.schema.block, &config, allowed);
        found.extend(served.it.validate(&config));
        Ok(pb::validate_resource_type_config::Response { diagnostics: to_wire(&found) })
    }

    pub(super) fn upgrade(
        &self,
        request: pb::upgrade_resource_state::Request,
    ) -> Result<pb::upgrade_resource_state::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let (version, upgrades) = (served.schema.version, served.it.upgrades());
        let mut stored = request.raw_state;
        if let Some(raw) = stored.as_mut().filter(|_| request.version == version) {
            raw.json = grown(std::mem::take(&mut raw.json), &served.schema.block);
        }
        let mut state = served.raw(stored, request.version, version, &served.ty, upgrades)?;
        conform(&served.schema.block, &mut state);
        let upgraded_state = encode(&state, &served.ty)?;
        Ok(pb::upgrade_resource_state::Response { upgraded_state, diagnostics: Vec::new() })
    }

    pub(super) fn upgrade_identity(
        &self,
        request: pb::upgrade_resource_identity::Request,
    ) -> Result<pb::upgrade_resource_identity::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let identity = served.it.identity().ok_or_else(|| self.no_such("resource identity", &request.type_name))?;
        let ty = identity.ty();
        let data = served.raw(request.raw_identity, request.version, identity.version, &ty, identity.upgrades)?;
        let identity_data = encode(&data, &ty)?;
        let upgraded_identity = Some(pb::ResourceIdentityData { identity_data });
        Ok(pb::upgrade_resource_identity::Response { upgraded_identity, diagnostics: Vec::new() })
    }

    pub(super) async fn read(
        &self,
        request: pb::read_resource::Request,
    ) -> Result<pb::read_resource::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let prior = decode(request.current_state.as_ref(), &served.ty)?;
        let mut answer = pb::read_resource::Response {
            new_state: request.current_state,
            private: request.private,
            new_identity: request.current_identity,
            deferred: self.deferred(request.client_capabilities.as_ref()),
            diagnostics: Vec::new(),
        };
        if answer.deferred.is_some() || prior.is_null() {
            return Ok(answer);
        }
        let meta = self.meta(request.provider_meta.as_ref())?;
        let cx = self.context(served, Value::Null)?.with(meta, std::mem::take(&mut answer.private));
        let (read, told) = ask("ReadResource", &cx, served.it.read(&cx, &prior)).await;
        let now = match read {
            Some(mut read) => {
                conform(&served.schema.block, &mut read);
                respell(&served.schema.block, &prior, &mut read);
                answer.new_state = encode(&read, &served.ty)?;
                read
            }
            None => prior,
        };
        // Of what is gone, what Terraform knew of it is all that can be said.
        if !now.is_null() {
            answer.new_identity = served.identify(&now)?;
        }
        answer.private = cx.private();
        answer.diagnostics = to_wire(&before_destroy(told));
        Ok(answer)
    }

    pub(super) async fn plan(
        &self,
        request: pb::plan_resource_change::Request,
    ) -> Result<pb::plan_resource_change::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let prior = decode(request.prior_state.as_ref(), &served.ty)?;
        let proposed = decode(request.proposed_new_state.as_ref(), &served.ty)?;
        let config = decode_config(request.config, &served.ty)?;
        let deferred = self.deferred(request.client_capabilities.as_ref());
        let meta = self.meta(request.provider_meta.as_ref())?;
        let mut plan = plan::plan(&served.schema.block, prior, &proposed, config.clone());
        let (private, told) = match deferred {
            // What only a configured provider could add comes with the run that is not deferred.
            Some(_) => (request.prior_private, Vec::new()),
            None => {
                let cx = self.context(served, config)?.with(meta, request.prior_private);
                let (_, told) = ask("PlanResourceChange", &cx, served.it.plan(&cx, &mut plan)).await;
                plan.diagnostics = cx.once(std::mem::take(&mut plan.diagnostics));
                (cx.private(), told)
            }
        };
        let Plan { prior, mut planned, replace, mut diagnostics, .. } = plan;
        conform(&served.schema.block, &mut planned);
        diagnostics.extend(told);
        if !planned.is_null() {
            diagnostics = before_destroy(diagnostics);
        }
        let planned_identity = match (request.prior_identity, served.it.identity()) {
            (Some(identity), _) if (!prior.is_null() && replace.is_empty()) || planned.is_null() => Some(identity),
            // An identity that is not known yet is left out: the protocol would allow it, and `terraform show -json` fails on it.
            (_, Some(identity)) if identity.of(&planned).is_wholly_known() => served.identify(&planned)?,
            _ => None,
        };
        Ok(pb::plan_resource_change::Response {
            planned_state: encode(&planned, &served.ty)?,
            requires_replace: replace.iter().map(Path::to_wire).collect(),
            planned_private: private,
            diagnostics: to_wire(&diagnostics),
            deferred,
            planned_identity,
            ..Default::default()
        })
    }

    pub(super) async fn apply(
        &self,
        request: pb::apply_resource_change::Request,
    ) -> Result<pb::apply_resource_change::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let prior = decode(request.prior_state.as_ref(), &served.ty)?;
        let planned = decode(request.planned_state.as_ref(), &served.ty)?;
        let config = decode_config(request.config, &served.ty)?;
        let meta = self.meta(request.provider_meta.as_ref())?;
        let cx = self.context(served, config.clone())?.with(meta, request.planned_private);
        let (applied, diagnostics) = ask("ApplyResourceChange", &cx, served.it.apply(&cx, &prior, &planned)).await;
        let succeeded = !diagnostics.iter().any(Diagnostic::is_error);
        // What exists is remembered: after a failed creation as tainted, after a failed update or removal as it is.
        let mut state = applied.unwrap_or_else(|| cx.kept().unwrap_or(prior));
        conform(&served.schema.block, &mut state);
        if succeeded {
            settle(&served.schema.block, &planned, &config, &mut state);
        }
        Ok(pb::apply_resource_change::Response {
            new_state: encode(&state, &served.ty)?,
            private: cx.private(),
            diagnostics: to_wire(&diagnostics),
            new_identity: served.identify(&state)?,
            ..Default::default()
        })
    }

    pub(super) async fn import(
        &self,
        request: pb::import_resource_state::Request,
    ) -> Result<pb::import_resource_state::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        if let Some(deferred) = self.deferred(request.client_capabilities.as_ref()) {
            return Ok(pb::import_resource_state::Response { deferred: Some(deferred), ..Default::default() });
        }
        let identity = match (&request.identity, served.it.identity()) {
            (Some(given), Some(identity)) => {
                let given = decode(given.identity_data.as_ref(), &identity.ty())?;
                let missing = identity.attributes.iter().find(|one| one.required && given.at(one.name).is_null());
                if let Some(missing) = missing {
                    let detail = format!("The identity to import has no {}.", missing.name);
                    return Err(Diagnostic::error(format!("Missing {}", missing.name), detail)
                        .on(missing.name)
                        .hint("Name it in the `identity` of the import block."));
                }
                Some(given)
            }
            (Some(_), None) => return Err(self.no_such("resource identity", &request.type_name)),
            (None, _) => None,
        };
        let cx = self.context(served, Value::Null)?;
        let what = identity.as_ref().map_or(Import::Id(&request.id), Import::Identity);
        let (imported, told) = ask("ImportResourceState", &cx, served.it.import(&cx, what)).await;
        let diagnostics = to_wire(&told);
        let Some(mut state) = imported else {
            return Ok(pb::import_resource_state::Response { diagnostics, ..Default::default() });
        };
        conform(&served.schema.block, &mut state);
        let imported = pb::import_resource_state::ImportedResource {
            type_name: request.type_name.clone(),
            state: encode(&state, &served.ty)?,
            private: cx.private(),
            identity: served.identify(&state)?,
        };
        Ok(pb::import_resource_state::Response { imported_resources: vec![imported], diagnostics, deferred: None })
    }

    pub(super) fn moved(
        &self,
        request: &pb::move_resource_state::Request,
    ) -> Result<pb::move_resource_state::Response, Diagnostic> {
        let served = self.resource(&request.target_type_name)?;
        let (from, to) = (&request.source_type_name, &request.target_type_name);
        let mut moves = served.it.moves().iter();
        let Some(found) = moves.find(|one| one.is_from(&request.source_provider_address, from)) else {
            let detail = format!("{from} of {} cannot become {to}.", request.source_provider_address);
            return Err(Diagnostic::error("This move is not supported", detail)
                .hint("Remove the object from the state and import it under its new type."));
        };
        let source = match &request.source_state {
            Some(raw) if raw.flatmap.is_empty() => parse_json(&raw.json, found.ty)?,
            _ => Value::Null,
        };
        if source.is_null() {
            let detail = format!("The state of {from} is of Terraform 0.11, or empty.");
            return Err(Diagnostic::error("What is stored cannot be read", detail)
                .hint("Apply once with the provider that it comes from, and move it then."));
        }
        let mut state = (found.make)(request.source_schema_version, source)?;
        conform(&served.schema.block, &mut state);
        Ok(pb::move_resource_state::Response {
            target_state: encode(&state, &served.ty)?,
            target_identity: served.identify(&state)?,
            ..Default::default()
        })
    }

    pub(super) fn generate(
        &self,
        request: &pb::generate_resource_config::Request,
    ) -> Result<pb::generate_resource_config::Response, Diagnostic> {
        let served = self.resource(&request.type_name)?;
        let state = decode(request.state.as_ref(), &served.ty)?;
        let mut config = generate::config(&served.schema.block, &state);
        served.it.generate(&state, &mut config);
        conform(&served.schema.block, &mut config);
        Ok(pb::generate_resource_config::Response { config: encode(&config, &served.ty)?, diagnostics: Vec::new() })
    }
}
