//! A connection as it shall be, checked against what exists: its credential, its machine group, its run owner.

use tfplugin::{Diagnostic, Plan};
use uuid::Uuid;

use super::run_owner::run_owner;
use super::schema::{Model, View};
use crate::clients::connectivity::{ConnectionRequest, Key, RunOwner};
use crate::clients::dataverse::Dataverse;
use crate::clients::dataverse::credential::Credential;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::dataverse::machine_group::MachineGroup;
use crate::clients::error::Error;
use crate::object::{Fault, On as _, Operation};

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

impl Blueprint {
    /// Checks what is planned.
    ///
    /// # Errors
    /// A part that is not there, may not be seen, or is of another kind.
    pub(super) async fn check(op: &Operation<'_>, planned: &Model) -> Result<Blueprint, Fault> {
        let credential_id = *op.required(&planned.credential_id, "credential_id")?;
        let machine_group_id = *op.required(&planned.machine_group_id, "machine_group_id")?;
        let run_owner = run_owner(op.cx).await?;
        let organization = op.organization().await?;
        let Some(credential) = credential(&organization, credential_id).await? else {
            return Err(missing_credential(op, credential_id).await.into());
        };
        expect_machine_group(op, &organization, machine_group_id).await?;
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
        if !error.is_forbidden() && !error.is_not_found() {
            return diagnostic;
        }
        let caller = op.cx.clients.caller_in_words().await;
        let whom = match &self.run_owner {
            Some(owner) => format!("{caller} and with the run owner {}", owner.client_id),
            None => caller,
        };
        if text.contains("machine") || text.contains(&self.machine_group_id.to_string()) {
            let hint = format!("Share the machine group {} with {whom}, as user.", self.machine_group_id);
            return diagnostic.on("machine_group_id").hint(hint);
        }
        if text.contains("credential") || text.contains(&self.credential_id.to_string()) {
            let name = &self.credential.name;
            let hint = format!("Share the credential {name:?} and its environment variables with {whom}, as user.");
            return diagnostic.on("credential_id").hint(hint);
        }
        let share = format!("Share the credential and the machine group with {whom}.");
        diagnostic.hint(match op.cx.clients.forbidden(error).await {
            Some(who) => format!("{who} If that is so already: {share}"),
            None => share,
        })
    }
}

/// Looks while planning whether credential and machine group are there. What is of another kind is an error; what cannot be seen may
/// still be shared by the same apply.
///
/// # Errors
/// The organization cannot be asked, and no apply mends that.
pub(super) async fn look_up(op: &Operation<'_>, plan: &mut Plan, planned: &View) -> Result<(), Diagnostic> {
    let asked = |name: &str, id: Option<&Uuid>| id.copied().filter(|_| plan.is_create() || plan.changes(name));
    let credential_id = asked("credential_id", planned.credential_id.known());
    let machine_group_id = asked("machine_group_id", planned.machine_group_id.known());
    if credential_id.is_none() && machine_group_id.is_none() {
        return Ok(());
    }
    let organization = match op.asked_for().await {
        Ok(organization) => organization,
        Err(unasked) => return unasked.bear(plan),
    };
    if let Some(id) = credential_id {
        match credential(&organization, id).await {
            Ok(Some(_)) => {}
            Ok(None) => plan.tell(missing_credential(op, id).await.as_warning("The credential does not exist")),
            Err(fault) => return Err(op.told(fault).await),
        }
    }
    if let Some(id) = machine_group_id
        && let Err(fault) = expect_machine_group(op, &organization, id).await
    {
        let is_own = matches!(&fault, Fault::Service(error, _) if error.is_own());
        let told = op.told(fault).await;
        if is_own {
            return Err(told);
        }
        plan.tell(told.as_warning("The machine group cannot be seen"));
    }
    Ok(())
}

/// The credential; none when there is none that may be seen.
async fn credential(organization: &Dataverse, id: Uuid) -> Result<Option<SigningIn>, Fault> {
    const NAME: &str = "credential_id";
    let Some(credential) = organization.by_id::<Credential>(id).await.on(NAME)? else { return Ok(None) };
    if !credential.is_certificate_based() {
        let detail = format!("The credential {:?} is not certificate-based.", credential.name);
        let other = Diagnostic::error("The credential does not sign in with a certificate", detail);
        return Err(other.on(NAME).hint("Use the id of a powerautomate_cba_credential.").into());
    }
    let variable: Option<Definition> = match credential.username_id {
        Some(variable) => organization.by_id(variable).await.on(NAME)?,
        None => None,
    };
    let variable = variable.ok_or_else(|| {
        let detail =
            format!("The credential {:?} points at no environment variable for its user name.", credential.name);
        Diagnostic::error("The credential has no user name", detail)
            .on(NAME)
            .hint("Replace the credential: its user name cannot be given afterwards.")
    })?;
    Ok(Some(SigningIn { name: credential.name, username_variable: variable.schema_name }))
}

async fn missing_credential(op: &Operation<'_>, id: Uuid) -> Diagnostic {
    let caller = op.cx.clients.caller_in_words().await;
    let detail = format!("There is no credential {id} in this environment that {caller} may see.");
    Diagnostic::error("The credential does not exist", detail)
        .on("credential_id")
        .hint("Check the id, or share the credential and its environment variables with that principal.")
}

async fn expect_machine_group(op: &Operation<'_>, organization: &Dataverse, id: Uuid) -> Result<(), Fault> {
    const NAME: &str = "machine_group_id";
    if organization.by_id::<MachineGroup>(id).await.on(NAME)?.is_some() {
        return Ok(());
    }
    let caller = op.cx.clients.caller_in_words().await;
    let detail = format!("There is no machine group {id} in this environment that {caller} may see.");
    Err(Diagnostic::error("The machine group does not exist", detail)
        .on(NAME)
        .hint(format!("Check the id, or share the machine group with {caller} as user."))
        .into())
}
