//! Dataverse's own check when a reference to a secret is written: may whoever writes it read the secret?
//!
//! The role may be minutes old and not have arrived yet: the refusal is waited out until the operation's deadline.

use std::time::Duration;

use tfplugin::Diagnostic;

use crate::clients::dataverse::{ChangeSet, Dataverse};
use crate::clients::error::Error;
use crate::object::{Operation, SecretReference};

/// Dataverse's own application in every tenant.
const DATAVERSE_APPLICATION: &str = "00000007-0000-0000-c000-000000000000";

/// Commits a change set that may write a reference to a secret, again and again while Dataverse may not read the secret.
pub(super) async fn commit(op: &Operation<'_>, organization: &Dataverse, changes: &ChangeSet) -> Result<(), Error> {
    let mut wait = Duration::from_secs(1);
    loop {
        match organization.commit(changes).await {
            Err(error) if error.is_secret_access() => {
                if !op.pause(op.deadline, wait).await {
                    return Err(error);
                }
                wait = (wait * 2).min(Duration::from_secs(30));
            }
            other => return other,
        }
    }
}

/// What to do about a secret that may not be read: which role, on which scope, for which two principals.
pub(super) async fn explained(op: &Operation<'_>, error: &Error, reference: &SecretReference) -> Diagnostic {
    let caller = op.cx.clients.caller_in_words().await;
    let diagnostic = op.failed(error);
    let detail = format!(
        "{} Dataverse refused this for {} while the reference to {reference} was written.",
        diagnostic.detail,
        op.deadline.allowed()
    );
    Diagnostic { detail, ..diagnostic }.on("key_vault_id").hint(format!(
        "Assign the role \"Key Vault Secrets User\" on the scope {scope} to two principals: {caller}, which writes the \
         reference, and Dataverse (application id {DATAVERSE_APPLICATION}), which reads the secret when a flow runs. The vault's \
         subscription must have the resource provider Microsoft.PowerPlatform registered. Role assignments may take ten minutes to \
         arrive: raise timeouts.create if this apply makes them.",
        scope = reference.vault,
    ))
}
