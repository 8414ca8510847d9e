//! The connections that sign in with a credential: while there are any, it is not removed.

use tfplugin::Diagnostic;
use uuid::Uuid;

use super::schema::NAME;
use crate::failure::failed;
use crate::object::{Fault, Operation, and_more, no_order};

/// Refuses to remove a credential that a connection still uses. Who may not list connections will never be able to tell, and would
/// never be rid of a credential: that is a warning. Whatever passes is an error.
///
/// # Errors
/// A connection that uses it; whatever else keeps that from being known.
pub(super) async fn refuse_used(op: &Operation<'_>, id: Uuid) -> Result<(), Fault> {
    let users = match op.connectivity()?.using(id, op.deadline.last_try()).await {
        Err(error) if !error.is_own() && (error.is_forbidden() || error.is_unauthorized()) => {
            let doubt = "Nobody can tell whether a connection still uses the credential";
            let untold = op.cx.clients.with_right(failed(doubt, &error), &error).await;
            op.cx.tell(untold.as_warning(doubt));
            return Ok(());
        }
        users => users?,
    };
    let Some(user) = users.first() else { return Ok(()) };
    let others = and_more(users.len());
    let name = user.display_name.as_deref().unwrap_or_default();
    let detail = format!(
        "The connection {name:?} ({}){others} still signs in with it. Deleting the credential would leave a connection that cannot.",
        user.id
    );
    Err(Diagnostic::error(op.summary(), detail)
        .hint(format!(
            "Remove the connection first. Where the same apply gives it another credential, Terraform removes the old one before \
             that: let the connection have the other one first, and then apply the rest.\n\n  \
             terraform apply -target=ADDRESS\n\n\
             ADDRESS is the connection's. Or write create_before_destroy = true into the lifecycle block of the credential, and apply \
             that before it is taken out. Where it was only renamed, write a moved block. {}",
            no_order("credential_id", NAME)
        ))
        .into())
}
