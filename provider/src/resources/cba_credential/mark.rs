//! Whose a variable is, and what follows from it: the description of a credential's own says so, word for word.

use tfplugin::Diagnostic;
use uuid::Uuid;

use crate::clients::dataverse::credential::Credential;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::dataverse::{ChangeSet, Dataverse, Table as _};
use crate::clients::error::Error;

/// The description by which a credential knows its own variable.
pub(super) fn mark(credential: Uuid) -> String {
    format!("User name of the credential {credential}, managed with it by Terraform.")
}

/// The credential whose own variable this is, by its exact mark.
pub(super) fn marked(variable: &Definition) -> Option<Uuid> {
    let description = variable.description.as_deref()?;
    let id = description.split(' ').find_map(|word| Uuid::try_parse(word.trim_end_matches(',')).ok())?;
    (description == mark(id)).then_some(id)
}

/// Whether a variable is the credential's own.
pub(super) fn is_ours(variable: &Definition, credential: Uuid) -> bool {
    marked(variable) == Some(credential)
}

/// Whether a variable is the credential's own to change: one that came with a solution is not.
pub(super) fn is_ours_to_change(variable: &Definition, credential: Uuid) -> bool {
    is_ours(variable, credential) && !variable.managed
}

/// The version of a variable that a credential has left behind: it bears the exact mark of one that is proven gone, did not come with
/// a solution, and no credential points at it. None of any other, nor of one whose version nobody knows.
pub(super) async fn orphan<'a>(organization: &Dataverse, variable: &'a Definition) -> Result<Option<&'a str>, Error> {
    let Some(maker) = marked(variable).filter(|_| !variable.managed) else { return Ok(None) };
    let users = organization.users(variable.id).await?;
    let is_left = users.is_empty() && organization.credential(maker).await?.is_none();
    Ok(variable.etag.as_deref().filter(|_| is_left))
}

/// Whether the own variable of a credential that is gone is still there.
pub(super) async fn is_left(
    organization: &Dataverse,
    credential: Uuid,
    variable_id: Option<Uuid>,
) -> Result<bool, Error> {
    let Some(variable_id) = variable_id else { return Ok(false) };
    let variable = organization.variable(variable_id).await?;
    Ok(variable.is_some_and(|variable| is_ours_to_change(&variable, credential)))
}

/// Warns of an inactive variable that is not the provider's to activate.
pub(super) fn inactive(variable: &Definition, credential: Uuid) -> Option<Diagnostic> {
    if variable.active || is_ours_to_change(variable, credential) {
        return None;
    }
    let name = &variable.schema_name;
    let what = format!("The environment variable {name:?} is inactive, and not this credential's own.");
    let warning = Diagnostic::warning("The user name's variable is inactive", what).on("username_variable_id");
    Some(warning.hint("Activate it, so that the credential can sign in."))
}

/// Adds to the removal of a credential what becomes of its variable: its own goes with it, and so does that of a credential that is
/// proven gone; somebody else's stays. Its own one stays too while another credential uses it, with a warning.
pub(super) async fn remove_with(
    organization: &Dataverse,
    credential: Uuid,
    (variable, users): (&Definition, &[Credential]),
    changes: &mut ChangeSet,
) -> Result<Option<Diagnostic>, Error> {
    if let Some(other) = users.iter().find(|user| user.id != credential) {
        let what = format!(
            "The environment variable {:?} holds the user name of the credential {:?} ({}) too. It goes with that one.",
            variable.schema_name, other.name, other.id
        );
        let stays = Diagnostic::warning("The user name's variable stays", what);
        return Ok(Some(stays).filter(|_| is_ours(variable, credential)));
    }
    let may_go = match marked(variable) {
        Some(maker) if maker == credential => true,
        Some(maker) => organization.credential(maker).await?.is_none(),
        None => false,
    };
    if may_go && !variable.managed {
        changes.delete(Definition::SET, variable.id);
    }
    Ok(None)
}

/// Adds to the removal of a credential that stays, because it came with a solution, that of the value of its user name: what came with
/// it or is its own, while no other credential uses it.
pub(super) async fn empty_with(
    organization: &Dataverse,
    credential: Uuid,
    (variable, users): (&Definition, &[Credential]),
    changes: &mut ChangeSet,
) -> Result<(), Error> {
    let may_go = variable.managed || is_ours(variable, credential);
    if may_go && users.iter().all(|user| user.id == credential) {
        // It came without its values.
        let whole = organization.variable(variable.id).await?;
        whole.iter().for_each(|variable| variable.delete_values(changes));
    }
    Ok(())
}

/// Another credential that points at the variable.
pub(super) async fn another_user(
    organization: &Dataverse,
    variable: Uuid,
    own: Uuid,
) -> Result<Option<Credential>, Error> {
    let users = organization.users(variable).await?;
    Ok(users.into_iter().find(|credential| credential.id != own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_mark_counts() {
        let (id, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let bears = |description: &str| {
            let row = serde_json::json!({
                "environmentvariabledefinitionid": other, "schemaname": "cto_user", "type": 100_000_000, "description": description,
            });
            marked(&serde_json::from_value(row).expect("a row"))
        };
        assert_eq!(bears(&mark(id)), Some(id));
        for other in [format!("Used by the credential {id}."), format!("{} See the wiki.", mark(id)), String::new()] {
            assert_eq!(bears(&other), None, "{other}");
        }
    }
}
