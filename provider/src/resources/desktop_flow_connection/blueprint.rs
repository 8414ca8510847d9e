//! A connection as it shall be, checked against what exists: its credential, its machine group, its run owner.

use tfplugin::{Diagnostic, Plan};
use uuid::Uuid;

use super::run_owner::run_owner;
use super::schema::{Model, View};
use crate::clients::connectivity::{self, ConnectionRequest, Key, RunOwner};
use crate::clients::dataverse::Dataverse;
use crate::clients::dataverse::credential::Credential;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::dataverse::machine_group::MachineGroup;
use crate::clients::error::Error;
use crate::object::{Fault, Foresight, On as _, Operation, UNLESS_MENDED, foresee_organization};

const CREDENTIAL: &str = "credential_id";
const GROUP: &str = "machine_group_id";

/// A connection as it shall be.
pub(super) struct Blueprint {
    pub(super) display_name: String,
    pub(super) credential_id: Uuid,
    pub(super) machine_group_id: Uuid,
    credential: SigningIn,
    run_owner: Option<RunOwner>,
}

/// What a connection needs to know of its credential.
struct SigningIn {
    name: String,
    /// The schema name of the variable that holds the user name.
    username_variable: String,
}

impl SigningIn {
    fn of(credential: Credential, variable: Option<Definition>) -> Result<SigningIn, Diagnostic> {
        let Credential { name, .. } = credential;
        match variable {
            Some(Definition { schema_name, .. }) => Ok(SigningIn { name, username_variable: schema_name }),
            None => {
                let detail = format!("The credential {name:?} points at no environment variable for its user name.");
                Err(Diagnostic::error("The credential has no user name", detail)
                    .on(CREDENTIAL)
                    .hint("Replace the credential: its user name cannot be given afterwards."))
            }
        }
    }
}

impl Blueprint {
    /// Checks what is planned.
    ///
    /// # Errors
    /// A part that is not there, may not be seen, or is of another kind.
    pub(super) async fn check(op: &Operation<'_>, planned: &Model) -> Result<Blueprint, Fault> {
        let credential_id = *op.required(&planned.credential_id, CREDENTIAL)?;
        let machine_group_id = *op.required(&planned.machine_group_id, GROUP)?;
        let run_owner = run_owner(op.cx).await?;
        let organization = op.organization().await?;
        let Some(credential) = credential(&organization, credential_id).await? else {
            return Err(missing_credential(op, credential_id).await.into());
        };
        // Whoever plans it has asked, and what was there need not be asked for again.
        if !matches!(organization.seen_group(machine_group_id).await, Ok(Some(_))) {
            expect_machine_group(op, &organization, machine_group_id).await?;
        }
        let display_name = op.required(&planned.display_name, "display_name")?.clone();
        Ok(Blueprint { display_name, credential_id, machine_group_id, credential, run_owner })
    }

    /// What is sent.
    pub(super) fn request(&self) -> ConnectionRequest<'_> {
        ConnectionRequest {
            display_name: &self.display_name,
            credential_id: self.credential_id,
            username_variable: &self.credential.username_variable,
            machine_group_id: self.machine_group_id,
            run_owner: self.run_owner.as_ref(),
        }
    }

    /// What makes another connection the same.
    pub(super) fn key(&self) -> Key {
        Key::of(&self.request())
    }

    /// The error of a refused PUT, with who has to be given what.
    pub(super) async fn refused(&self, op: &Operation<'_>, error: &Error) -> Diagnostic {
        let diagnostic = op.failed(error);
        let text = error.to_string().to_ascii_lowercase();
        if text.contains("cannot be updated") || text.contains("updatenotsupported") {
            return diagnostic
                .hint("Replace the connection with terraform apply -replace; flows then need its new id.");
        }
        if error.is_unentitled() {
            return op.cx.clients.with_right(diagnostic, error).await;
        }
        if !error.is_forbidden() && !error.is_not_found() || connectivity::remedy(error).is_some() {
            return diagnostic;
        }
        let caller = op.cx.clients.caller_in_words().await;
        let whom = match &self.run_owner {
            Some(owner) => format!("{caller} and with the run owner {}", owner.client_id),
            None => caller,
        };
        if text.contains("machine") || text.contains(&self.machine_group_id.to_string()) {
            let hint = format!("Share the machine group {} with {whom}, as user.", self.machine_group_id);
            return diagnostic.on(GROUP).hint(hint);
        }
        if text.contains("credential") || text.contains(&self.credential_id.to_string()) {
            let name = &self.credential.name;
            let hint = format!("Share the credential {name:?} and its environment variables with {whom}, as user.");
            return diagnostic.on(CREDENTIAL).hint(hint);
        }
        let share = format!("Share the credential and the machine group with {whom}.");
        diagnostic.hint(match op.cx.clients.forbidden(error).await {
            Some(who) => format!("{who} If that is so already: {share}"),
            None => share,
        })
    }
}

/// Looks while planning whether credential and machine group are there and can be used. No apply makes a credential with an id that is
/// known; what is not shared the same apply may still share.
pub(super) async fn look_up(
    op: &Operation<'_>,
    plan: &mut Plan,
    planned: &View,
    object: &str,
) -> Result<(), Diagnostic> {
    let anew = plan.is_create() || plan.is_replacement();
    let asked = |name: &str, id: Option<&Uuid>| id.copied().filter(|_| anew || plan.changes(name));
    let credential_id = asked(CREDENTIAL, planned.credential_id.known());
    let machine_group_id = asked(GROUP, planned.machine_group_id.known());
    if !anew && credential_id.is_none() && machine_group_id.is_none() {
        return Ok(());
    }
    let foreseen = foresee_organization(op.cx, plan, (&op.environment_id, false), object).await?;
    let Some(organization) = foreseen else { return Ok(()) };
    let (cx, environment_id) = (op.cx, &op.environment_id);
    let foresight = Foresight { cx, environment_id, organization: &organization, object };
    if let Some(id) = credential_id {
        match credential(&organization, id).await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(missing_credential(op, id).await),
            Err(Fault::Told(unfit)) => return Err(*unfit),
            Err(Fault::Service(error, _)) => foresight.not_told(plan, "credentials", &error)?,
        }
    }
    if let Some(id) = machine_group_id {
        match organization.seen_group(id).await {
            Ok(Some(true)) => {}
            Ok(Some(false)) => {
                let unshared = unshared_group(op, id).await;
                plan.tell(unshared);
            }
            Ok(None) => {
                let missing = missing_group(op, id).await;
                plan.tell(missing.as_warning("The machine group does not exist").also(UNLESS_MENDED));
            }
            Err(error) => foresight.not_told(plan, "machine groups", &error)?,
        }
    }
    Ok(())
}

/// The credential, as whoever plans the connection has read it; none when there is none that may be seen.
async fn credential(organization: &Dataverse, id: Uuid) -> Result<Option<SigningIn>, Fault> {
    let Some(credential) = organization.known_credential(id).await.on(CREDENTIAL)? else { return Ok(None) };
    let variable = match username_of(&credential)? {
        Some(variable) => organization.known_variable(variable).await.on(CREDENTIAL)?,
        None => None,
    };
    Ok(Some(SigningIn::of(credential, variable)?))
}

/// The variable that holds the user name of a credential, which must be of the right kind.
fn username_of(credential: &Credential) -> Result<Option<Uuid>, Diagnostic> {
    if credential.is_certificate_based() {
        return Ok(credential.username_id);
    }
    let detail = format!("The credential {:?} is not certificate-based.", credential.name);
    let other = Diagnostic::error("The credential does not sign in with a certificate", detail);
    Err(other.on(CREDENTIAL).hint("Use the id of a powerautomate_cba_credential."))
}

async fn missing_credential(op: &Operation<'_>, id: Uuid) -> Diagnostic {
    let caller = op.cx.clients.caller_in_words().await;
    let detail = format!("There is no credential {id} in this environment that {caller} may see.");
    Diagnostic::error("The credential does not exist", detail)
        .on(CREDENTIAL)
        .hint("Check the id, or share the credential and its environment variables with that principal.")
}

async fn expect_machine_group(op: &Operation<'_>, organization: &Dataverse, id: Uuid) -> Result<(), Fault> {
    if organization.by_id::<MachineGroup>(id).await.on(GROUP)?.is_some() {
        return Ok(());
    }
    Err(missing_group(op, id).await.into())
}

async fn missing_group(op: &Operation<'_>, id: Uuid) -> Diagnostic {
    let caller = op.cx.clients.caller_in_words().await;
    let detail = format!("There is no machine group {id} in this environment that {caller} may see.");
    Diagnostic::error("The machine group does not exist", detail)
        .on(GROUP)
        .hint(format!("Check the id, or share the machine group with {caller} as user."))
}

async fn unshared_group(op: &Operation<'_>, id: Uuid) -> Diagnostic {
    let caller = op.cx.clients.caller_in_words().await;
    let detail = format!(
        "The machine group {id} is there, and neither belongs to {caller} nor is shared with that principal; a role that shows it does \
         not count. {UNLESS_MENDED}"
    );
    Diagnostic::warning("The machine group is not shared", detail)
        .on(GROUP)
        .hint(format!("Share the machine group with {caller} as user."))
}
