//! The environment that an object lives in: its own, else the provider's.

use serde::Deserialize;
use tfplugin::{Attribute, Check, Context, Diagnostic, Known, Plan, Type, Value};

use super::spelling::same_id;
use crate::account::Account;
use crate::clients::environment_id::EnvironmentId;

const NAME: &str = "environment_id";

/// The environment of a resource.
pub(crate) const ENVIRONMENT_ID: Attribute = Attribute::optional_computed(
    NAME,
    &Type::String,
    "The Power Platform environment. Falls back to the provider's `environment_id`. Another environment replaces the resource.",
)
.form(&[Check::Format(is_environment_id)])
.same(same_id)
.replaces();

/// The environment of what has no state: a list or an action.
pub(crate) const WHERE_TO_LOOK: Attribute = Attribute::optional(
    NAME,
    &Type::String,
    "The Power Platform environment. Falls back to the provider's `environment_id`.",
)
.form(&[Check::Format(is_environment_id)]);

/// What is wrong with an environment id.
pub(crate) fn is_environment_id(text: &str) -> Result<(), String> {
    EnvironmentId::parse(text).map(drop)
}

/// The configured environment, else the provider's.
///
/// # Errors
/// Neither is there.
pub(crate) fn chosen(cx: &Context<Account>, configured: Option<EnvironmentId>) -> Result<EnvironmentId, Diagnostic> {
    configured.or_else(|| cx.clients.environment_id().known().cloned()).ok_or_else(|| {
        Diagnostic::error("Missing environment_id", "Neither this nor the provider names an environment.")
            .on(NAME)
            .hint("Set environment_id here, or in the provider block.")
    })
}

/// The headline where the provider has come to name another environment.
const ELSEWHERE: &str = "The provider names another environment";

/// Whether a plan writes anything: what says how it is done is not written.
fn writes(plan: &Plan) -> bool {
    let Value::Map(fields) = &plan.planned else { return false };
    // Nothing is taken out of a solution that is named no more.
    let is_silent = |name: &str| match name {
        "timeouts" | "requirements" => true,
        "solution_unique_name" => plan.planned.at(name).is_null(),
        _ => false,
    };
    fields.keys().any(|name| !is_silent(name) && plan.changes(name))
}

/// Plans the environment, and returns it when it is known. What else changes must be planned before: where the provider has come to name
/// another environment, an object that stays as it is stays where it is.
///
/// # Errors
/// Nobody names one, or something would be written and the provider has come to name another.
pub(crate) fn plan_environment(cx: &Context<Account>, plan: &mut Plan) -> Result<Option<EnvironmentId>, Diagnostic> {
    #[derive(Deserialize)]
    struct View {
        environment_id: Known<EnvironmentId>,
    }
    if plan.is_destroy() {
        return Ok(None);
    }
    let configured: View = plan.config_view()?;
    if !configured.environment_id.is_null() {
        return Ok(plan.planned_view::<View>()?.environment_id.into_known());
    }
    let prior = plan.prior_view::<View>()?.environment_id.into_known();
    match (cx.clients.environment_id(), prior) {
        (Known::Known(own), Some(prior)) if *own != prior => {
            let detail = format!("The resource lives in the environment {prior}, and the provider now names {own}.");
            let hint = format!(
                "Set environment_id = \"{prior}\" on the resource to leave it there, or another one to replace it."
            );
            if writes(plan) {
                return Err(Diagnostic::error(ELSEWHERE, detail).on(NAME).hint(hint));
            }
            plan.tell(Diagnostic::warning(ELSEWHERE, detail).on(NAME).hint(hint));
            Ok(Some(prior))
        }
        (_, Some(prior)) => Ok(Some(prior)),
        (Known::Known(own), None) => {
            plan.set(NAME, Value::text(own.as_str()));
            Ok(Some(own.clone()))
        }
        (Known::Null, None) => {
            let detail = "Neither the resource nor the provider names an environment.";
            Err(Diagnostic::error("Missing environment_id", detail)
                .on(NAME)
                .hint("Set environment_id in the provider block, or on the resource."))
        }
        (Known::Unknown, None) => Ok(None),
    }
}

/// Whether what is planned lives in this environment already.
///
/// # Errors
/// A schema without the attribute.
pub(super) fn lives_in(plan: &Plan, environment_id: &EnvironmentId) -> Result<bool, Diagnostic> {
    #[derive(Deserialize)]
    struct View {
        environment_id: Known<EnvironmentId>,
    }
    Ok(plan.prior_view::<View>()?.environment_id.known() == Some(environment_id))
}

/// The error that the environment is gone, of what lives in it. Nothing of that can be read, changed or deleted.
pub(super) fn gone(told: Diagnostic) -> Diagnostic {
    let hint = format!(
        "{} If it was deleted, all that lived in it is gone too: let Terraform forget that with `terraform state rm` and the address that \
         Terraform prints with this error.",
        told.hint
    );
    told.hint(hint).inevitable()
}
