//! What an apply would fail with, told by the plan.
//!
//! An error is what no apply can bring about: an environment that the service does not know, an owner that is nobody. A warning is what
//! the same apply may still make. Each thing is asked for once, whatever the number of objects; what cannot be asked is not judged, and
//! one of the objects says so, whatever it was that kept it.

use std::sync::Arc;

use serde::Deserialize;
use tfplugin::{Context, Diagnostic, Known, Plan};
use uuid::Uuid;

use super::environment::{gone, lives_in};
use super::row::OWNER_ID;
use super::solution::{SOLUTION, missing};
use crate::account::{Account, Missing, Why};
use crate::clients::dataverse::Dataverse;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::failure::failed;

/// What a warning of the plan ends with.
pub(crate) const UNLESS_MENDED: &str = "Unless it is mended by then, the apply will fail.";

const LEFT_OUT: &str = "A check of the plan is left out";
const UNREACHABLE: &str = "The environment cannot be reached";

/// The tables of an environment that something is planned in. Where the plan `must` have them, because it takes a value from them, it
/// bears nothing but a provider block that does not say yet where they are.
///
/// # Errors
/// No apply can make them be there; or the plan must have them.
pub(crate) async fn foresee_organization(
    cx: &Context<Account>,
    plan: &mut Plan,
    (environment_id, must): (&EnvironmentId, bool),
    object: &str,
) -> Result<Option<Arc<Dataverse>>, Diagnostic> {
    let seen = cx.clients.seen_organization(environment_id).await;
    cx.clients.unsaid().into_iter().for_each(|warning| plan.tell(warning));
    let Missing { why, told } = match seen {
        Ok(organization) => return Ok(Some(organization)),
        Err(missing) => missing,
    };
    let headline = match why {
        Why::Gone if lives_in(plan, environment_id)? => return Err(gone(told)),
        Why::Gone | Why::Never | Why::Own => return Err(told),
        Why::NotYet => None,
        _ if must => return Err(told),
        Why::NoDataverse => Some("The environment has no Dataverse"),
        Why::Unreachable => Some(UNREACHABLE),
        Why::NoRight | Why::Other => cx
            .clients
            .falls_to(format!("the environment {environment_id}"), object)
            .then_some("The environment cannot be looked up"),
    };
    if let Some(headline) = headline {
        plan.tell(told.as_warning(headline).also(UNLESS_MENDED));
    }
    Ok(None)
}

/// What a row's plan is held against.
pub(crate) struct Foresight<'a> {
    /// What Terraform has given the plan.
    pub(crate) cx: &'a Context<Account>,
    /// Where the row will be.
    pub(crate) environment_id: &'a EnvironmentId,
    /// Its tables.
    pub(crate) organization: &'a Dataverse,
    /// The object, in words.
    pub(crate) object: &'a str,
}

impl Foresight<'_> {
    /// Looks for the owner and the solution that the configuration names, where they are new.
    ///
    /// # Errors
    /// The owner is nobody.
    pub(crate) async fn owner_and_solution(&self, plan: &mut Plan) -> Result<(), Diagnostic> {
        #[derive(Deserialize)]
        struct View {
            owner_id: Known<Uuid>,
            solution_unique_name: Known<String>,
        }
        let configured: View = plan.config_view()?;
        let is_new = |name: &str| plan.is_create() || plan.is_replacement() || plan.changes(name);
        let (owner, solution) = (is_new(OWNER_ID.name), is_new(SOLUTION));
        if let Some(id) = configured.owner_id.into_known().filter(|_| owner) {
            match self.organization.seen_user(id).await {
                Ok(true) => {}
                Ok(false) => return Err(nobody(id)),
                Err(error) => self.not_told(plan, "users", &error)?,
            }
        }
        if let Some(name) = configured.solution_unique_name.known().filter(|_| solution) {
            match self.organization.seen_solution(name).await {
                Ok(Some(solution)) if solution.managed => {
                    let detail = format!("The solution {name:?} is managed: nothing is put into it. {UNLESS_MENDED}");
                    let managed = Diagnostic::warning("The solution is managed", detail).on(SOLUTION);
                    plan.tell(managed.hint("Name an unmanaged solution."));
                }
                Ok(Some(_)) => {}
                Ok(None) => plan.tell(missing(name).as_warning("The solution does not exist").also(UNLESS_MENDED)),
                Err(error) => self.not_told(plan, "solutions", &error)?,
            }
        }
        Ok(())
    }

    /// Looks for the publisher with whose prefix the name in an attribute begins.
    ///
    /// # Errors
    /// What is at fault is on this side.
    pub(crate) async fn prefix(&self, plan: &mut Plan, attribute: &str) -> Result<(), Diagnostic> {
        let Some((prefix, _)) = plan.planned.at(attribute).as_str().and_then(|name| name.split_once('_')) else {
            return Ok(());
        };
        match self.organization.seen_prefix(prefix).await {
            Ok(true) => {}
            Ok(false) => {
                let detail = format!(
                    "No publisher in this environment has the customization prefix {prefix:?}. {UNLESS_MENDED}"
                );
                let missing = Diagnostic::warning("The prefix is no publisher's", detail).on(attribute);
                let hint = format!(
                    "Begin {attribute} with the customization prefix of the solution's publisher, and an underscore."
                );
                plan.tell(missing.hint(hint));
            }
            Err(error) => self.not_told(plan, "publishers", &error)?,
        }
        Ok(())
    }

    /// What could not be told is not judged, and one object says so: of a host that answers nothing of its own, or nobody at all, once for
    /// all that would be asked of it.
    ///
    /// # Errors
    /// What is at fault is on this side.
    pub(crate) fn not_told(&self, plan: &mut Plan, what: &str, error: &Error) -> Result<(), Diagnostic> {
        let told = failed(LEFT_OUT, error);
        if error.is_own() {
            return Err(told);
        }
        let falls_to = |matter: String| self.cx.clients.falls_to(matter, self.object);
        if error.is_unreachable() {
            if falls_to(UNREACHABLE.to_owned()) {
                plan.tell(told.as_warning(UNREACHABLE).also(UNLESS_MENDED));
            }
        } else if error.is_not_the_service() || error.is_unauthorized() {
            if falls_to(LEFT_OUT.to_owned()) {
                plan.tell(told.as_warning(LEFT_OUT).also(UNLESS_MENDED));
            }
        } else if falls_to(format!("reading {what}")) {
            let consequence = format!("What the configuration says of {what} is not checked before it is applied.");
            plan.tell(left_out(error, &consequence));
        }
        Ok(())
    }
}

/// The warning that something is not checked, be it for want of a right.
pub(crate) fn left_out(error: &Error, consequence: &str) -> Diagnostic {
    failed(LEFT_OUT, error).as_warning(LEFT_OUT).also(consequence)
}

fn nobody(id: Uuid) -> Diagnostic {
    let detail = format!("There is no user {id} in this environment.");
    Diagnostic::error("The owner does not exist", detail)
        .on(OWNER_ID.name)
        .hint("Give the systemuserid of a user of this environment: it is neither an object id nor an application id of Entra.")
}
