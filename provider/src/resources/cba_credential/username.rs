//! The environment variable that holds a credential's user name: what it is called, and how it is found and made.
//!
//! Only a credential's own variable is ever written or deleted, and only while no other credential points at it.

use tfplugin::Diagnostic;
use uuid::Uuid;

use super::mark::{mark, orphan};
use super::schema::{Model, NAME, View};
use crate::account::met::How;
use crate::clients::dataverse::credential::Credential;
use crate::clients::dataverse::environment_variable::{
    Definition, DefinitionChange, Kind, MAX_SCHEMA_NAME, NewVariable,
};
use crate::clients::dataverse::{ACTIVE, ChangeSet, Dataverse, Owner, Table as _};
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::object::variable::text;
use crate::object::{Existing, Fault, On as _, Operation};

/// The attribute that names the certificate.
pub(super) const REFERENCE: &str = "certificate_reference_id";
const VARIABLE: &str = "username_variable_id";
/// Why two credentials are in each other's way, and what to do.
pub(super) const TWO: &str = "The variables of two user names of this configuration have the same name";
/// What to do about it.
pub(super) const ANOTHER_NAME: &str =
    "Two credentials on one certificate reference need two variables: set username_schema_name in one of them.";

/// A user name, and the variable that holds it.
pub(super) struct Username {
    pub(super) variable_id: Uuid,
    pub(super) schema_name: String,
    pub(super) value: Option<String>,
    /// Whether the variable comes and goes with the credential.
    pub(super) is_own: bool,
}

impl Username {
    /// The user name in a variable that exists already. It is never changed: what the configuration says of it must be so.
    pub(super) async fn theirs(
        organization: &Dataverse,
        variable_id: Uuid,
        configured: &View,
    ) -> Result<Username, Fault> {
        let variable = text_variable(organization, variable_id).await?;
        agree(&variable, configured)?;
        let value = text(&variable)?;
        Ok(Username { variable_id, schema_name: variable.schema_name, value, is_own: false })
    }

    /// The state of a credential with this user name once it is made.
    pub(super) fn of_new(&self, id: Uuid, planned: Model) -> Model {
        Model {
            id: Some(id),
            active: Some(true),
            managed: Some(false),
            username: self.value.clone(),
            username_variable_id: Some(self.variable_id),
            username_schema_name: Some(self.schema_name.clone()),
            username_variable_managed: Some(self.is_own),
            ..planned
        }
    }

    /// The user name in a new variable, which is made together with its credential by these changes. Whether its name is free, the server
    /// knows.
    pub(super) fn new(
        op: &Operation<'_>,
        (credential, planned): (Uuid, &Model),
        reference: &Definition,
    ) -> Result<(Username, ChangeSet), Diagnostic> {
        let value = op.required(&planned.username, "username")?;
        let schema_name = match &planned.username_schema_name {
            Some(schema_name) => schema_name.clone(),
            None => schema_name_after(reference)?,
        };
        let mut changes = ChangeSet::new(planned.solution_unique_name.as_deref());
        let (id, owner) = (Uuid::new_v4(), planned.owner_id.map(Owner));
        let (display_name, mark) = (display_name(planned), mark(credential));
        let (display_name, description) = (display_name.as_str(), Some(mark.as_str()));
        NewVariable { id, schema_name: &schema_name, display_name, description, owner, value }.text(&mut changes);
        Ok((Username { variable_id: id, schema_name, value: Some(value.clone()), is_own: true }, changes))
    }

    /// The user name in the variable that has the name already, which is taken up by these changes: the one exception to "nothing is taken
    /// over" is what a credential that is gone has left behind.
    pub(super) async fn left(
        op: &Operation<'_>,
        organization: &Dataverse,
        (credential, planned): (Uuid, &Model),
        taken: &Definition,
    ) -> Result<(Username, ChangeSet), Fault> {
        let value = op.required(&planned.username, "username")?;
        let Some(version) = orphan(organization, taken).await? else {
            return Err(refused(op, organization, taken).await.into());
        };
        if let Some(solution) = &planned.solution_unique_name {
            op.join(organization, solution, &taken.components()).await?;
        }
        let mut changes = ChangeSet::new(planned.solution_unique_name.as_deref());
        let (display_name, mark) = (display_name(planned), mark(credential));
        let (display_name, description) = (Some(display_name.as_str()), Some(Some(mark.as_str())));
        let (owner, active) = (planned.owner_id.map(Owner), (!taken.active).then_some(ACTIVE));
        let change = DefinitionChange { display_name, description, owner, active };
        changes.update_version(Definition::SET, taken.id, version, change);
        taken.write_value(&mut changes, value);
        let schema_name = planned.username_schema_name.as_ref().unwrap_or(&taken.schema_name).clone();
        Ok((Username { variable_id: taken.id, schema_name, value: Some(value.clone()), is_own: true }, changes))
    }
}

/// What people see of a variable that is made for a credential.
fn display_name(planned: &Model) -> String {
    format!("{} user name", planned.name).chars().take(100).collect()
}

/// Holds what the configuration says of the user name against the variable that it names too.
///
/// # Errors
/// They do not agree.
pub(super) fn agree(variable: &Definition, configured: &View) -> Result<(), Diagnostic> {
    agree_on_name(variable, configured)?;
    agree_on_value(variable, configured)
}

/// The same of the variable's name, which nobody changes.
pub(super) fn agree_on_name(variable: &Definition, configured: &View) -> Result<(), Diagnostic> {
    match configured.username_schema_name.known().filter(|name| **name != variable.schema_name) {
        Some(name) => Err(differs(variable, "username_schema_name", name, Some(&variable.schema_name))),
        None => Ok(()),
    }
}

/// The same of the user name in it, which whoever keeps the variable may still change.
pub(super) fn agree_on_value(variable: &Definition, configured: &View) -> Result<(), Diagnostic> {
    let value = text(variable)?;
    match configured.username.known().filter(|username| value.as_ref() != Some(username)) {
        Some(username) => Err(differs(variable, "username", username, value.as_deref())),
        None => Ok(()),
    }
}

fn differs(variable: &Definition, name: &'static str, said: &str, found: Option<&str>) -> Diagnostic {
    let found = found.map_or_else(|| "none".to_owned(), |found| format!("{found:?}"));
    let what =
        format!("{name} is {said:?}. Of the variable {} that username_variable_id names, it is {found}.", variable.id);
    Diagnostic::error(format!("{name} does not agree with username_variable_id"), what).on(name).hint(
        "Leave one of the two out: with username alone, the credential has a variable of its own; with username_variable_id alone, \
         that one is used as it is.",
    )
}

/// The variable with this id, which must hold a text.
pub(super) async fn text_variable(organization: &Dataverse, id: Uuid) -> Result<Definition, Fault> {
    Ok(expect_text(organization.variable(id).await.on(VARIABLE)?, id)?)
}

/// A variable that exists and holds a text.
///
/// # Errors
/// It is not there, or is of another kind.
pub(super) fn expect_text(found: Option<Definition>, id: Uuid) -> Result<Definition, Diagnostic> {
    let definition = found.ok_or_else(|| {
        let detail = format!("There is no environment variable {id} in this environment that may be seen.");
        Diagnostic::error("The user name's variable does not exist", detail).on(VARIABLE)
    })?;
    if definition.kind == Kind::Text {
        return Ok(definition);
    }
    let detail = format!("The environment variable {:?} is no text variable.", definition.schema_name);
    let other = Diagnostic::error("The user name's variable is of another type", detail).on(VARIABLE);
    Err(other.hint("Use an environment variable of the type text."))
}

/// The variable that holds a credential's user name, if it has one.
pub(super) async fn variable_of(
    organization: &Dataverse,
    credential: &Credential,
) -> Result<Option<Definition>, Error> {
    match credential.username_id {
        Some(id) => organization.variable(id).await,
        None => Ok(None),
    }
}

/// Refuses to make a credential that is there already: no name of its own tells a credential with somebody else's variable apart.
pub(super) async fn refuse_double(
    op: &Operation<'_>,
    organization: &Dataverse,
    name: &str,
    (certificate_id, username_id): (Uuid, Uuid),
) -> Result<(), Fault> {
    let is_double =
        |one: &&Credential| one.certificate_id == Some(certificate_id) && one.username_id == Some(username_id);
    match organization.named_credentials(name).await?.iter().find(is_double) {
        None => Ok(()),
        Some(double) => {
            let existing = Existing {
                resource: NAME,
                what: format!("credential {name:?} with this certificate and this user name"),
                attribute: "name",
                environment_id: op.environment_id.clone(),
                id: double.id.to_string(),
            };
            Err(existing.error().into())
        }
    }
}

/// The error about a variable that has the name already.
async fn refused(op: &Operation<'_>, organization: &Dataverse, taken: &Definition) -> Diagnostic {
    match user(organization, &op.environment_id, taken).await {
        Some(user) if op.cx.clients.met().how(&op.environment_id, user.id) == Some(How::Made) => {
            user.existing.error_of_two(TWO, ANOTHER_NAME)
        }
        found => existing(&op.environment_id, taken, found),
    }
}

/// A credential that has the user name's variable already.
pub(super) struct User {
    pub(super) id: Uuid,
    pub(super) existing: Existing,
}

/// The credential that has this variable already, if one has.
pub(super) async fn user(organization: &Dataverse, environment_id: &EnvironmentId, taken: &Definition) -> Option<User> {
    let users = organization.users(taken.id).await.ok()?;
    let user = users.first()?;
    let existing = Existing {
        resource: NAME,
        what: format!("user name variable {:?} of the credential {:?}", taken.schema_name, user.name),
        attribute: "username_schema_name",
        environment_id: environment_id.clone(),
        id: user.id.to_string(),
    };
    Some(User { id: user.id, existing })
}

/// The error about a variable of somebody else's that has the name already: it says whose it is.
pub(super) fn existing(environment_id: &EnvironmentId, taken: &Definition, user: Option<User>) -> Diagnostic {
    const OUTCOME: &str = "Nothing was changed.";
    match user {
        Some(user) => {
            user.existing.error_after(&format!("{OUTCOME} If this is to be another credential: {ANOTHER_NAME}"))
        }
        None => unused(environment_id, taken, OUTCOME),
    }
}

/// The error about a variable that has the name already, and that no credential uses; `outcome` is what comes of it.
pub(super) fn unused(environment_id: &EnvironmentId, taken: &Definition, outcome: &str) -> Diagnostic {
    let detail = format!(
        "There is already the environment variable {:?} in the environment {environment_id}, with the id {}, and no credential \
         uses it. {outcome}",
        taken.schema_name, taken.id
    );
    Diagnostic::error(format!("The environment variable {:?} exists already", taken.schema_name), detail)
        .on("username_schema_name")
        .hint(format!(
            "Use it as it is with username_variable_id = \"{}\" instead of username, delete it, or choose another \
             username_schema_name.",
            taken.id
        ))
}

/// What the variable of a user name is called after its reference.
///
/// # Errors
/// That is too long.
pub(super) fn schema_name_after(reference: &Definition) -> Result<String, Diagnostic> {
    let name = format!("{}_username", reference.schema_name);
    let length = name.chars().count();
    if length <= MAX_SCHEMA_NAME {
        return Ok(name);
    }
    let detail = format!(
        "The user name's variable would be called {name:?}, which has {length} characters; {MAX_SCHEMA_NAME} are allowed."
    );
    Err(Diagnostic::error("The user name's variable needs a name", detail)
        .on("username_schema_name")
        .hint("Set username_schema_name to a shorter one."))
}

/// The error about a user name that cannot be changed, because it is not this credential's alone.
pub(super) fn foreign(schema_name: &str) -> Diagnostic {
    let detail = format!(
        "The user name is the value of the environment variable {schema_name:?}, which is not this credential's alone."
    );
    Diagnostic::error("The user name cannot be changed here", detail).on("username").hint(
        "Set another username_schema_name: that replaces the credential by one with a variable of its own. Or set \
             username_variable_id instead of username, to leave the user name to whoever keeps the variable.",
    )
}
