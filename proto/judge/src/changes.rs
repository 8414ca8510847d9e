//! The drive of changes: a plan, the second plan of an apply, its result, and a removal.

use tfplugin::value::{Path, Step, Value};
use tfplugin::wire::tfplugin5 as pb;

use crate::carried::{broken, dynamic, value};
use crate::core::{Action, Instance, Judge, Planned, Warning};
use crate::propose::propose;
use crate::rules::{is_compatible, is_known, plan_is_valid, write_only_is_null};
use crate::schema::Block;
use crate::verdict::{Failure, Judged, Violation, accepted, errors, path};

impl Judge {
    /// Plans: after a refresh of what there is and a validation, P1 to P9, P11, P13 and P14.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn plan(&self, type_name: &str, prior: Option<&Instance>, config: &Value) -> Judged<Planned> {
        self.validate(type_name, config)?;
        self.plan_from(type_name, self.refreshed(prior)?.as_ref(), config)
    }

    pub(crate) fn plan_from(&self, type_name: &str, prior: Option<&Instance>, config: &Value) -> Judged<Planned> {
        self.plan_unsaid(type_name, prior, config, &[])
    }

    /// The same, but that these warnings are not heard.
    fn plan_unsaid(
        &self,
        type_name: &str,
        prior: Option<&Instance>,
        config: &Value,
        unsaid: &[Warning],
    ) -> Judged<Planned> {
        let prior_state = prior.map_or(Value::Null, |instance| instance.state.clone());
        let first = self.plan_once(type_name, &prior_state, (prior, unsaid), config)?;
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
        let identity = self.identity("P13", type_name, first.identity.as_ref())?;
        let nothing = Instance {
            type_name: type_name.into(),
            state: Value::Null,
            identity,
            private: first.private.clone(),
            tainted: false,
        };
        let second = match self.plan_once(type_name, &Value::Null, (Some(&nothing), unsaid), config) {
            Err(Failure::Refused(refused)) => {
                return broken("P9", format!("the plan of the replacement is refused: {}", refused[0].summary));
            }
            other => other?,
        };
        Ok(Planned { action, replace: first.replace, warnings: first.warnings, ..second })
    }

    fn plan_once(
        &self,
        type_name: &str,
        prior: &Value,
        (instance, unsaid): (Option<&Instance>, &[Warning]),
        config: &Value,
    ) -> Judged<Planned> {
        let block = self.block(type_name);
        let ty = block.ty();
        let proposed = propose(block, prior, config);
        let request = pb::plan_resource_change::Request {
            type_name: type_name.into(),
            prior_state: dynamic(prior, &ty),
            proposed_new_state: dynamic(&proposed, &ty),
            config: dynamic(config, &ty),
            prior_private: instance.map(|instance| instance.private.clone()).unwrap_or_default(),
            provider_meta: self.meta(),
            client_capabilities: self.client_capabilities(),
            prior_identity: self.sent_identity(type_name, instance.and_then(|instance| instance.identity.as_ref())),
        };
        let mut client = self.client.clone();
        let answer = self.ask(client.plan_resource_change(request.clone()))?;
        // Of the second plan of a replacement, core shows no warnings: they would be those of the first.
        let is_second = prior.is_null() && instance.is_some();
        let mut said = if is_second { errors(&answer.diagnostics) } else { answer.diagnostics.clone() };
        said.retain(|one| Warning::of(one).is_none_or(|warning| !unsaid.contains(&warning)));
        self.heard("plan", &said);
        accepted(&answer.diagnostics)?;
        if answer.legacy_type_system {
            return broken("P1", "the answer asks to be excused as of the legacy type system");
        }
        self.deferral_is_allowed(answer.deferred.as_ref())?;
        let mut of_memory = Vec::new();
        if self.asks_twice {
            let again = self.ask(client.plan_resource_change(request))?;
            self.heard("plan", &[]);
            let before: Vec<Warning> = answer.diagnostics.iter().filter_map(Warning::of).collect();
            let now = again.diagnostics.iter().filter_map(Warning::of);
            of_memory.extend(now.filter(|warning| !before.contains(warning)));
            // A service's words may differ, by the number of the request.
            if (pb::plan_resource_change::Response { diagnostics: answer.diagnostics.clone(), ..again }) != answer {
                return broken("P11", "the same question has another answer");
            }
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
            of_memory,
            deferred: answer.deferred.is_some(),
            private: answer.planned_private,
            identity: answer.planned_identity,
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
        self.settled(type_name, instance, at_apply)
    }

    /// What was just applied reads as it was applied, and nothing is left to do: R2, R3 and P7.
    ///
    /// # Errors
    /// What the provider refuses, and the rules above.
    pub fn settled(&self, type_name: &str, instance: Instance, config: &Value) -> Judged<Instance> {
        let Some(read) = self.refresh(&instance)? else { return broken("R2", "what was just applied is gone") };
        if read.state != instance.state {
            return broken("R3", format!("what was applied as {:?} reads as {:?}", instance.state, read.state));
        }
        let again = self.plan_from(type_name, Some(&read), config)?;
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
        self.apply_saved(type_name, self.refreshed(prior)?, &first, at_apply)
    }

    /// Applies a plan to what there was when it was made, as `terraform apply` does with a saved plan: nothing is refreshed before.
    ///
    /// # Errors
    /// A refused plan, and the rules of [`Judge::apply`].
    pub fn apply_saved(
        &self,
        type_name: &str,
        before: Option<Instance>,
        first: &Planned,
        at_apply: &Value,
    ) -> Judged<(Option<Instance>, Vec<pb::Diagnostic>)> {
        // Of a replacement, the removal is done when the creation is planned again: there is nothing before it.
        let refreshed = match (first.action, before) {
            (Action::Replace, Some(old)) => {
                // The removal that is half of a replacement is handed what the plan of the replacement stored.
                let (left, refused) = self.remove(&old, first.private.clone())?;
                if !refused.is_empty() {
                    return Ok((left, refused));
                }
                None
            }
            (_, refreshed) => refreshed,
        };
        // In Terraform another process is asked: it does not remember the first plan.
        let second = self.plan_unsaid(type_name, refreshed.as_ref(), at_apply, &first.of_memory)?;
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
        self.heard("apply", &answer.diagnostics);
        if answer.legacy_type_system {
            return broken("A1", "the answer asks to be excused as of the legacy type system");
        }
        let refused = errors(&answer.diagnostics);
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
                client_capabilities: self.client_capabilities(),
                prior_identity: self.sent_identity(type_name, instance.identity.as_ref()),
            };
            let mut client = self.client.clone();
            let answer = self.ask(client.plan_resource_change(request))?;
            self.heard("plan", &answer.diagnostics);
            accepted(&answer.diagnostics)?;
            if !value("P12", answer.planned_state.as_ref(), &ty)?.is_null() {
                return broken("P12", "the plan of a removal leaves something");
            }
            private = answer.planned_private;
        }
        self.remove(instance, private)
    }

    fn remove(&self, instance: &Instance, private: Vec<u8>) -> Judged<(Option<Instance>, Vec<pb::Diagnostic>)> {
        let planned = Planned {
            action: Action::Delete,
            state: Value::Null,
            replace: Vec::new(),
            warnings: Vec::new(),
            of_memory: Vec::new(),
            deferred: false,
            private,
            identity: self.sent_identity(&instance.type_name, instance.identity.as_ref()),
        };
        self.apply_planned(&instance.type_name, &instance.state, &planned, &Value::Null)
    }
}

fn is_write_only(block: &Block, path: &Path) -> bool {
    match path.0.as_slice() {
        [Step::Attribute(name)] => block.attributes.iter().any(|one| one.write_only && one.name == *name),
        _ => false,
    }
}
