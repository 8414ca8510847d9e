//! Dataverse's own check when a reference to a secret is written: may whoever writes it read the secret?
//!
//! The role may be minutes old and not have arrived yet: the refusal is waited out, once for all references to a vault.

use tfplugin::Diagnostic;

use super::vault::after_waiting;
use crate::account::roles::Right;
use crate::clients::dataverse::{ChangeSet, Dataverse};
use crate::clients::error::Error;
use crate::object::{Operation, SecretReference};

/// Dataverse's own application in every tenant.
const DATAVERSE_APPLICATION: &str = "00000007-0000-0000-c000-000000000000";

/// Commits a change set that may write this reference to a secret, and waits while Dataverse may not read the secret.
pub(super) async fn commit(
    op: &Operation<'_>,
    organization: &Dataverse,
    changes: &ChangeSet,
    reference: &SecretReference,
) -> Result<(), Error> {
    let right = (Right::Secrets, &reference.vault);
    op.cx.clients.roles().ask(right, op.deadline.last_try(), || organization.commit(changes)).await
}

/// What to do about a secret that may not be read: which role, on which scope, for which two principals.
pub(super) async fn explained(op: &Operation<'_>, error: &Error, reference: &SecretReference) -> Diagnostic {
    let caller = op.cx.clients.caller_in_words().await;
    let refused = format_args!(
        "Dataverse refused this while the reference to {reference} was written. {}",
        after_waiting(op.cx, Right::Secrets, reference)
    );
    op.failed(error).also(refused).on("key_vault_id").hint(format!(
        "Assign the role \"Key Vault Secrets User\" on the scope {scope} to two principals: {caller}, which writes the \
         reference, and Dataverse (application id {DATAVERSE_APPLICATION}), which reads the secret when a flow runs. The vault's \
         subscription must have the resource provider Microsoft.PowerPlatform registered. Role assignments may take ten minutes to \
         arrive: see role_propagation_timeout of the provider, and timeouts of the resource, if this apply makes them.",
        scope = reference.vault,
    ))
}
