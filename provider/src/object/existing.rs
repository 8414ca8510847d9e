//! What already has the name: nothing is ever taken over.
//!
//! The message carries an `import` block to paste, and explains the two ways in which one's own resource comes to stand in its own
//! way: a renamed address, and a replacement that is made before the old one is gone.

use tfplugin::{Context, Diagnostic, Plan};

use super::foresight::Foresight;
use super::operation::{Fault, Operation};
use crate::account::Account;
use crate::account::met::How;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::dataverse::{Dataverse, Table as _};
use crate::clients::environment_id::EnvironmentId;

/// The headline of a plan's warning about two of one name.
const TWO: &str = "Two resources have the same name";
/// The headline of a plan's warning about what is there.
pub(crate) const TAKEN: &str = "What is to be created exists already";

/// Something that a creation found in its place.
pub(crate) struct Existing {
    /// The type of resource.
    pub(crate) resource: &'static str,
    /// What it is, with its name: `environment variable "cto_robot"`.
    pub(crate) what: String,
    /// The attribute that holds the name.
    pub(crate) attribute: &'static str,
    /// Where it lives.
    pub(crate) environment_id: EnvironmentId,
    /// What it is imported by.
    pub(crate) id: String,
}

impl Existing {
    /// The error that stops the creation before anything was done.
    pub(crate) fn error(&self) -> Diagnostic {
        self.error_after("Nothing was changed.")
    }

    /// The error that stops the creation; `outcome` says what else there is to know, and what was done.
    pub(crate) fn error_after(&self, outcome: &str) -> Diagnostic {
        let Existing { resource, what, attribute, environment_id, id } = self;
        let detail =
            format!("There is already the {what} in the environment {environment_id}, with the id {id}. {outcome}");
        let hint = format!(
            "If it is to be managed here, paste this and put the address that Terraform prints with this error after `to`:\n\n\
             import {{\n  to = {resource}.NAME\n  id = \"{environment_id}/{id}\"\n}}\n\n\
             If it was managed under another address until now, add a `moved` block instead; if Terraform is just removing it under the \
             old address, apply once more.\n\
             If Terraform is replacing it with create_before_destroy, the old one still holds the name, which must be unique: use \
             another name, do without create_before_destroy, or, when it was only tainted, run terraform untaint. If such an apply broke \
             off, this is the new one that it had made: set the old one aside with `terraform state mv ADDRESS {resource}.set_aside`, \
             import this one as above, and apply, if need be twice: the old one goes."
        );
        Diagnostic::error(format!("The {what} exists already"), detail).on(attribute).hint(hint)
    }

    /// The error about what this very run has made a moment ago: `several` are two resources, `hint` tells them apart.
    pub(crate) fn error_of_two(&self, several: &str, hint: &str) -> Diagnostic {
        let Existing { what, attribute, environment_id, id, .. } = self;
        let detail = format!(
            "{several}: this run has just made the {what} in the environment {environment_id}, with the id {id}, for the other one. \
             Nothing else was changed."
        );
        Diagnostic::error(format!("The {what} exists already"), detail).on(attribute).hint(hint)
    }

    /// The warning about what is in this state; `other` is what there is to do where this is to be another one.
    pub(crate) fn warning_of_own(&self, other: &str) -> Diagnostic {
        let Existing { what, attribute, environment_id, id, .. } = self;
        let detail = format!(
            "There is already the {what} in the environment {environment_id}, with the id {id}. It is in this state. If Terraform is \
             replacing it, nothing is wrong."
        );
        let hint =
            format!("Was the resource renamed in the configuration? Then tell Terraform with a `moved` block. {other}");
        Diagnostic::warning("The name is that of an object in this state", detail).on(attribute).hint(hint)
    }

    /// The warning that a plan gives.
    pub(crate) fn warning(&self) -> Diagnostic {
        let Existing { resource, what, attribute, environment_id, id } = self;
        let detail = format!(
            "There is already the {what} in the environment {environment_id}, with the id {id}. Its creation will fail while it is there; \
             this same apply may remove it first."
        );
        let hint = format!(
            "Was the resource renamed in the configuration? Then it is in this state under its old address: tell Terraform with a `moved` \
             block, and import nothing, since what has two addresses is removed under one of them. Was it made elsewhere? Then import \
             it:\n\nimport {{\n  to = {resource}.NAME\n  id = \"{environment_id}/{id}\"\n}}"
        );
        Diagnostic::warning(TAKEN, detail).on(attribute).hint(hint)
    }
}

/// An attribute whose values the server keeps unique, as the names of variables.
pub(crate) struct UniqueName {
    /// The type of resource.
    pub(crate) resource: &'static str,
    /// The attribute that holds the name.
    pub(crate) attribute: &'static str,
}

impl UniqueName {
    /// Tells whose a name is that was refused because it is taken.
    ///
    /// # Errors
    /// One has it, or nobody can tell.
    pub(crate) async fn refuse_taken(
        &self,
        op: &Operation<'_>,
        organization: &Dataverse,
        name: &str,
    ) -> Result<(), Fault> {
        match organization.named_variables(name).await?.first() {
            Some(row) => {
                let taken = self.taken(&op.environment_id, name, row);
                Err(match op.cx.clients.met().how(&op.environment_id, row.id) {
                    Some(How::Made) => taken.error_of_two(&self.two(), &self.remedy()),
                    Some(How::Refreshed) | None => taken.error(),
                }
                .into())
            }
            None => Ok(()),
        }
    }

    /// Holds a name that is planned against those of this run and of the rows that are there. Terraform shows of a replacement what is
    /// told while the old object is known, and not what is told of the new one; and it removes first. So what else has the name is an
    /// error there, unless the same apply may take it away.
    ///
    /// # Errors
    /// A replacement that would leave nothing.
    pub(crate) async fn plan(
        &self,
        cx: &Context<Account>,
        environment_id: &EnvironmentId,
        foresight: Option<&Foresight<'_>>,
        plan: &mut Plan,
    ) -> Result<(), Diagnostic> {
        let is_renamed = plan.is_replacement() && plan.changes(self.attribute);
        let name = plan.planned.at(self.attribute).as_str().filter(|_| plan.is_create() || is_renamed);
        let Some(name) = name.map(str::to_owned) else { return Ok(()) };
        let met = cx.clients.met();
        if met.is_second(environment_id, &name, plan.is_create()) {
            let what = format!("{}, {name:?}, and it must be unique: the second creation will fail.", self.two());
            plan.tell(Diagnostic::warning(TWO, what).on(self.attribute).hint(self.remedy()));
            return Ok(());
        }
        let Some(foresight) = foresight else { return Ok(()) };
        let found = match foresight.organization.named_variables(&name).await {
            Ok(found) => found,
            Err(error) => return foresight.not_told(plan, "environment variables", &error),
        };
        let Some(row) = found.first() else { return Ok(()) };
        let taken = self.taken(environment_id, &name, row);
        match met.how(environment_id, row.id) {
            None if is_renamed => return Err(taken.error()),
            None => plan.tell(taken.warning()),
            Some(_) => {
                let other = format!("Is it another one? Then it needs another {}.", self.attribute);
                plan.tell(taken.warning_of_own(&other));
            }
        }
        Ok(())
    }

    fn two(&self) -> String {
        format!("Two resources of this configuration have the same {}", self.attribute)
    }

    fn remedy(&self) -> String {
        format!("Give each of them a {} of its own, or remove one of them.", self.attribute)
    }

    fn taken(&self, environment_id: &EnvironmentId, name: &str, row: &Definition) -> Existing {
        Existing {
            resource: self.resource,
            what: format!("{} {name:?}", Definition::ROW),
            attribute: self.attribute,
            environment_id: environment_id.clone(),
            id: row.id.to_string(),
        }
    }
}
