//! What the plan of a reference asks the services: what is known of its certificate, and whether what it names is there.

use tfplugin::{Context, Diagnostic, Known, Plan};

use super::kept::kept;
use super::schema::{OF_CERTIFICATE, UNIQUE, View};
use super::vault;
use crate::account::Account;
use crate::clients::environment_id::EnvironmentId;
use crate::object::{Foresight, OWNER_ID, SOLUTION_UNIQUE_NAME, SecretReference, foresee_organization};

/// Plans the variable's value, and holds what is planned against what is there, as far as it is new.
///
/// # Errors
/// What no apply can bring about.
pub(super) async fn look_ahead(
    cx: &Context<Account>,
    plan: &mut Plan,
    environment_id: Option<EnvironmentId>,
) -> Result<(), Diagnostic> {
    let planned: View = plan.planned_view()?;
    let kept = kept(cx, planned.of_certificate());
    let reference = match (planned.key_vault_id, planned.certificate_name) {
        (Known::Known(vault), Known::Known(certificate)) => Some(SecretReference { vault, certificate }),
        _ => None,
    };
    let value = reference.as_ref().map(SecretReference::to_string);
    if let (Some(environment_id), Some(id)) = (&environment_id, planned.id.known()) {
        cx.clients.met().plans_value(environment_id, *id, value.clone());
    }
    if let Some(value) = value {
        plan.set("secret_reference", value.into());
    }
    if let Some(reference) = reference.filter(|_| cx.clients.is_known()) {
        let is_new = plan.is_create() || OF_CERTIFICATE.iter().any(|name| plan.changes(name));
        let kept = kept.as_ref().filter(|_| !is_new);
        vault::check_while_planning(cx, plan, &reference, kept, (&planned.requirements, is_new)).await?;
    }
    let Some(environment_id) = environment_id else { return Ok(()) };
    let is_new = plan.is_create() || plan.is_replacement();
    let is_due = is_new || plan.changes(OWNER_ID.name) || plan.changes(SOLUTION_UNIQUE_NAME.name);
    let object = format!("the reference {}", planned.schema_name.known().map_or("", String::as_str));
    let organization = match is_due && cx.clients.is_known() {
        true => foresee_organization(cx, plan, (&environment_id, false), &object).await?,
        false => None,
    };
    let foresight = organization.as_deref().map(|organization| {
        let environment_id = &environment_id;
        Foresight { cx, environment_id, organization, object: &object }
    });
    if let Some(foresight) = &foresight {
        foresight.owner_and_solution(plan).await?;
        if is_new {
            foresight.prefix(plan, UNIQUE.attribute).await?;
        }
    }
    UNIQUE.plan(cx, &environment_id, foresight.as_ref(), plan).await
}
