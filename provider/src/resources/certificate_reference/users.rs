//! The credentials that point at a reference: while there are any, it is not removed.

use tfplugin::Diagnostic;
use uuid::Uuid;

use super::schema::NAME;
use crate::clients::dataverse::Dataverse;
use crate::clients::dataverse::credential::Credential;
use crate::object::{Fault, Operation, and_more, no_order};

/// Refuses to remove a reference that a credential still points at. Managed credentials and a managed variable stay alike, and are no
/// reason to keep its value: those credentials are returned.
///
/// # Errors
/// A credential that points at it; whatever keeps that from being known.
pub(super) async fn refuse_used(
    op: &Operation<'_>,
    organization: &Dataverse,
    id: Uuid,
) -> Result<Vec<Credential>, Fault> {
    let mut users = organization.users_left(id, op.deadline.last_try()).await?;
    let mut staying = Vec::new();
    if users.iter().any(|user| user.managed)
        && organization.variable(id).await?.is_some_and(|definition| definition.managed)
    {
        (staying, users) = users.into_iter().partition(|user| user.managed);
    }
    let Some(user) = users.first() else { return Ok(staying) };
    let others = and_more(users.len());
    let detail = format!(
        "The credential {:?} ({}){others} still points at it. Deleting the variable would leave a credential that points at \
         nothing.",
        user.name, user.id
    );
    let hint = match user.managed {
        true => "The credential came with a managed solution, which alone can remove it: uninstall that first, or let Terraform forget \
                 the variable with `terraform state rm` and the address that Terraform prints with this error."
            .to_owned(),
        false => format!(
            "Remove the credential first, or point it elsewhere. {}",
            no_order("certificate_reference_id", NAME)
        ),
    };
    Err(Diagnostic::error(op.summary(), detail).hint(hint).into())
}
