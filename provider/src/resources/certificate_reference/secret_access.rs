//! Dataverse's own check when a reference to a secret is written: may whoever writes it read the secret?
//!
//! The role may be minutes old and not have arrived yet: the refusal is waited out, once for all references to a vault.

use tfplugin::Diagnostic;

use super::vault::{after_waiting, assignment};
use crate::account::roles::Right;
use crate::account::who;
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

const ROLE: &str = "Key Vault Secrets User";

/// What to do about a secret that may not be read: which role, on which scope, for which two principals. What Dataverse could not even
/// look at is probably not where its id says, where nobody can be given a role.
pub(super) async fn explained(op: &Operation<'_>, error: &Error, reference: &SecretReference) -> Diagnostic {
    let (cx, vault) = (op.cx, &reference.vault);
    let refused = format!(
        "Dataverse refused this while the reference to {reference} was written. {}",
        after_waiting(cx, Right::Secrets, reference)
    );
    let diagnostic = op.failed(error).also(refused).on("key_vault_id");
    let (writer, scope) = (cx.clients.caller().await, vault.bare());
    let caller = who(writer.as_ref());
    let roles = format!(
        "the role \"{ROLE}\" to two principals: {caller}, which writes the reference, and Dataverse, which reads the secret when a \
         flow runs.\n\n{}\n\n  az role assignment create --role \"{ROLE}\" --assignee {DATAVERSE_APPLICATION} --scope {scope}\n\nRoles may \
         take ten minutes to arrive: see role_propagation_timeout of the provider, and timeouts of the resource, if this apply gives them.",
        assignment(writer.as_ref(), ROLE, vault)
    );
    if !error.is_secret_unverified() {
        return diagnostic.hint(format!("Give {roles}"));
    }
    let (name, subscription, group) = (vault.name(), vault.subscription(), vault.resource_group());
    diagnostic.hint(format!(
        "Compare key_vault_id with the vault's own id:\n\n  az keyvault show --name {name} --query id\n\nIts resource group {group} and its \
         subscription {subscription} are looked at by this check alone. If they are right, register Dataverse's resource \
         provider:\n\n  az provider register --namespace Microsoft.PowerPlatform --subscription {subscription}\n\nIf that was done, give \
         {roles}"
    ))
}
