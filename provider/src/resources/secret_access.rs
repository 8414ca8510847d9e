//! Dataverse's own check when a reference to a secret is written: may whoever writes it read the secret?
//!
//! The role may be minutes old and not have arrived yet: the refusal is waited out until the operation's deadline.

use std::time::Duration;

use tfplugin::context::Context;
use tfplugin::diagnostic::Diagnostic;

use super::failure::failed;
use super::timeouts::Deadline;
use crate::clients::Error;
use crate::clients::dataverse::{ChangeSet, Dataverse};
use crate::provider::Account;

/// Dataverse's own application in every tenant.
const DATAVERSE_APPLICATION: &str = "00000007-0000-0000-c000-000000000000";

/// Commits a change set that may write a reference to a secret. The inner error is every other refusal.
pub(crate) async fn commit(
    cx: &Context<Account>,
    dataverse: &Dataverse,
    changes: &ChangeSet,
    reference: &str,
    deadline: Deadline,
    summary: &str,
) -> Result<Result<(), Error>, Diagnostic> {
    let mut wait = Duration::from_secs(1);
    loop {
        let error = match dataverse.commit(changes).await {
            Err(error) if error.is_secret_access() => error,
            other => return Ok(other),
        };
        if deadline.pause(cx, wait).await {
            wait = (wait * 2).min(Duration::from_secs(30));
            continue;
        }
        let caller = caller(cx).await;
        let diagnostic = failed(summary, &error);
        let detail = format!(
            "{} Dataverse refused this for {} while the reference to {reference} was written.",
            diagnostic.detail,
            deadline.allowed()
        );
        return Err(tfplugin::diagnostic::Diagnostic { detail, ..diagnostic }.on("key_vault_id").hint(format!(
            "Assign the role \"Key Vault Secrets User\" on the scope {scope} to two principals: {caller}, which writes the \
             reference, and Dataverse (application id {DATAVERSE_APPLICATION}), which reads the secret when a flow runs. The vault's \
             subscription must have the resource provider Microsoft.PowerPlatform registered. Role assignments may take ten minutes to \
             arrive: raise timeouts.create if this apply makes them.",
            scope = reference.split("/secrets/").next().unwrap_or(reference),
        )));
    }
}

/// Who is signed in, in words.
pub(crate) async fn caller(cx: &Context<Account>) -> String {
    let Ok(clients) = cx.clients.clients() else { return "the signed-in principal".to_owned() };
    match clients.caller().await {
        Some(caller) => match (caller.name, caller.app_id) {
            (Some(name), _) => format!("{name} (object id {})", caller.object_id),
            (None, Some(app_id)) => format!("the application {app_id} (object id {})", caller.object_id),
            (None, None) => format!("the signed-in principal (object id {})", caller.object_id),
        },
        None => "the signed-in principal".to_owned(),
    }
}
