//! The environment variable that holds a credential's user name: what it is called, and how it is found and made.
//!
//! Only a credential's own variable is ever written or deleted, and only while no other credential points at it.

use tfplugin::{Context, Diagnostic, Known, Plan, Value};
use uuid::Uuid;

use super::mark::{is_ours, mark, orphan};
use super::schema::{Model, NAME, View};
use crate::account::Account;
use crate::account::met::How;
use crate::checks::certificate::names;
use crate::checks::finding::{Finding, Outcome};
use crate::clients::dataverse::credential::Credential;
use crate::clients::dataverse::environment_variable::{
    Definition, DefinitionChange, Kind, MAX_SCHEMA_NAME, NewVariable,
};
use crate::clients::dataverse::{ACTIVE, ChangeSet, Dataverse, Owner, Table as _};
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::failure::failed;
use crate::object::variable::text;
use crate::object::{Existing, Fault, On as _, Operation, SecretReference, TAKEN};

/// Why two credentials are in each other's way, and what to do.
const TWO: &str = "The variables of two user names of this configuration have the same name";
const ANOTHER_NAME: &str =
    "Two credentials on one certificate reference need two variables: set username_schema_name in one of them.";

/// A user name, and the variable that holds it.
pub(super) struct Username {
    pub(super) variable_id: Uuid,
    pub(super) schema_name: String,
    pub(super) value: Option<String>,
}

impl Username {
    /// The user name in a variable that exists already. It is never changed: what the configuration says of it must be so.
    pub(super) async fn theirs(
        organization: &Dataverse,
        variable_id: Uuid,
        configured: &View,
    ) -> Result<Username, Fault> {
        let variable = text_variable(organization, variable_id).await?;
        agree(&variable, configured, false)?;
        let value = text(&variable)?;
        Ok(Username { variable_id, schema_name: variable.schema_name, value })
    }

    /// The user name in a variable that is made together with its credential.
    pub(super) async fn ours(
        op: &Operation<'_>,
        organization: &Dataverse,
        credential: (Uuid, &Model),
        reference: &Definition,
        changes: &mut ChangeSet,
    ) -> Result<Username, Fault> {
        let (id, planned) = credential;
        let value = op.required(&planned.username, "username")?;
        let schema_name = match &planned.username_schema_name {
            Some(schema_name) => schema_name.clone(),
            None => schema_name_after(reference)?,
        };
        let display_name: String = format!("{} user name", planned.name).chars().take(100).collect();
        let (mark, owner) = (mark(id), planned.owner_id.map(Owner));
        let taken = organization.by_name::<Definition>(&schema_name).await?.into_iter().next();
        let variable_id = match &taken {
            None => {
                let (id, description) = (Uuid::new_v4(), Some(mark.as_str()));
                let display_name = display_name.as_str();
                NewVariable { id, schema_name: &schema_name, display_name, description, owner, value }.text(changes);
                id
            }
            Some(taken) => {
                // The one exception to "nothing is taken over": what a credential that is gone has left behind.
                let Some(version) = orphan(organization, taken).await? else {
                    return Err(refused(op, organization, taken).await.into());
                };
                let (display_name, description) = (Some(display_name.as_str()), Some(Some(mark.as_str())));
                let active = (!taken.active).then_some(ACTIVE);
                let change = DefinitionChange { display_name, description, owner, active };
                changes.update_version(Definition::SET, taken.id, version, change);
                taken.write_value(changes, value);
                taken.id
            }
        };
        Ok(Username { variable_id, schema_name, value: Some(value.clone()) })
    }
}

/// Plans whether the variable is the credential's own, and warns of a replacement that takes the variable away which the configuration
/// names.
pub(super) fn plan_whose(plan: &mut Plan, prior: &View, configured: &Known<Uuid>) {
    if plan.is_create() && !configured.is_unknown() {
        plan.set("username_variable_managed", configured.is_null().into());
    }
    let stays = configured.known().is_some_and(|id| prior.username_variable_id.known() == Some(id));
    if stays && plan.is_replacement() && prior.username_variable_managed.known() == Some(&true) {
        let what = "username_variable_id names the credential's own variable. It is deleted with the credential when that is replaced, and \
                    the new one will not find it.";
        plan.tell(
            Diagnostic::warning("The user name's variable goes with the credential", what)
                .on("username_variable_id")
                .hint("Take username_variable_id out, and set username: then the new credential makes a variable of its own."),
        );
    }
}

/// Holds what the configuration says of the user name against the variable that it names, where the variable can be read.
///
/// # Errors
/// They do not agree. What the credential's own variable holds is changed to what the configuration says.
pub(super) async fn agree_while_planning(
    organization: &Dataverse,
    plan: &Plan,
    (prior, configured): (&View, &View),
) -> Result<(), Diagnostic> {
    let anew = plan.is_create() || plan.is_replacement();
    let says = |name: &str| plan.config.at(name).as_str().is_some() && (anew || plan.changes(name));
    if let Some(variable_id) = configured.username_variable_id.known()
        && ["username", "username_schema_name"].into_iter().any(says)
        && let Ok(Some(variable)) = organization.by_id::<Definition>(*variable_id).await
    {
        let stays = prior.username_variable_id.known() == Some(variable_id);
        let own = !anew && stays && prior.id.known().is_some_and(|id| is_ours(&variable, *id));
        agree(&variable, configured, own)?;
    }
    Ok(())
}

/// Holds what the configuration says of the user name against the variable that it names too; a user name that is to be written into the
/// credential's own variable need not be there yet.
fn agree(variable: &Definition, configured: &View, own: bool) -> Result<(), Diagnostic> {
    let differs = |name: &'static str, said: &str, found: Option<&str>| {
        let found = found.map_or_else(|| "none".to_owned(), |found| format!("{found:?}"));
        let what = format!(
            "{name} is {said:?}. Of the variable {} that username_variable_id names, it is {found}.",
            variable.id
        );
        Diagnostic::error(format!("{name} does not agree with username_variable_id"), what).on(name).hint(
            "Leave one of the two out: with username alone, the credential has a variable of its own; with username_variable_id alone, \
             that one is used as it is. To destroy: terraform destroy -refresh=false",
        )
    };
    if let Some(name) = configured.username_schema_name.known().filter(|name| **name != variable.schema_name) {
        return Err(differs("username_schema_name", name, Some(&variable.schema_name)));
    }
    let value = text(variable)?;
    match configured.username.known().filter(|username| !own && value.as_ref() != Some(username)) {
        Some(username) => Err(differs("username", username, value.as_deref())),
        None => Ok(()),
    }
}

/// Plans the name of the variable for the user name, and looks whether it is taken.
pub(super) async fn plan_variable(
    (cx, environment_id): (&Context<Account>, &EnvironmentId),
    organization: &Dataverse,
    plan: &mut Plan,
    reference: Option<&Definition>,
) -> Result<(), Diagnostic> {
    if plan.config_view::<View>()?.username_schema_name.is_null() {
        let Some(reference) = reference else { return Ok(()) };
        let schema_name = schema_name_after(reference)?;
        if plan.is_create() {
            plan.set("username_schema_name", schema_name.into());
        }
    }
    let planned: View = plan.planned_view()?;
    if plan.is_create()
        && let Some(schema_name) = planned.username_schema_name.known()
    {
        let met = cx.clients.met();
        if !met.plans(environment_id, schema_name) {
            let what = format!("{TWO}, {schema_name:?}, and it must be unique: the second creation will fail.");
            let two = Diagnostic::warning("Two user names have the same username_schema_name", what);
            plan.tell(two.on("username_schema_name").hint(ANOTHER_NAME));
        } else if let Ok(found) = organization.by_name::<Definition>(schema_name).await
            && let Some(taken) = found.first()
        {
            plan.tell(match user(organization, environment_id, taken).await {
                Some(user) if met.how(environment_id, user.id).is_some() => {
                    user.existing.warning_of_own(&format!("Is it another credential? {ANOTHER_NAME}"))
                }
                found => existing(environment_id, taken, found).as_warning(TAKEN),
            });
        }
    }
    Ok(())
}

/// A user name that lives in somebody else's variable cannot be changed here: the resource must be replaced by one with its own.
pub(super) async fn replace_foreign(
    cx: &Context<Account>,
    organization: &Dataverse,
    plan: &mut Plan,
) -> Result<(), Diagnostic> {
    let prior: View = plan.prior_view()?;
    let (Some(id), Some(variable_id)) = (prior.id.known(), prior.username_variable_id.into_known()) else {
        return Ok(());
    };
    let found = match organization.by_id::<Definition>(variable_id).await {
        Ok(found) => found,
        Err(error) => {
            let name = prior.username_schema_name.known().map_or("", String::as_str);
            return Err(unread(cx, "username", (name, variable_id), &error).await);
        }
    };
    if let Some(variable) = found
        && !is_ours(&variable, *id)
    {
        plan.set("username_variable_id", Value::UNKNOWN);
        plan.set("username_schema_name", Value::UNKNOWN);
        plan.replace("username_variable_id");
        plan.tell(
            Diagnostic::warning(
                "The user name is in a variable of somebody else's",
                format!("The environment variable {:?} is not this credential's own, and is not changed.", variable.schema_name),
            )
            .on("username")
            .hint("The credential is replaced by one with a variable of its own. To keep it, set username_variable_id instead."),
        );
    }
    Ok(())
}

/// A variable that a plan depends on could not be read; its name is empty where nobody knows it.
pub(super) async fn unread(
    cx: &Context<Account>,
    attribute: &'static str,
    (name, id): (&str, Uuid),
    error: &Error,
) -> Diagnostic {
    let which = if name.is_empty() { id.to_string() } else { format!("{name} ({id})") };
    let unread = failed(&format!("Cannot read the environment variable {which}"), error).on(attribute);
    let hint = cx.clients.forbidden(error).await;
    hint.into_iter().fold(unread, Diagnostic::hint)
}

/// Warns when the certificate does not name the user. What this run plans for the reference counts, not what it was before; where that
/// is not known yet, the second plan judges.
pub(super) async fn names_warning(
    cx: &Context<Account>,
    environment_id: &EnvironmentId,
    reference: &Definition,
    username: &str,
) -> Option<Diagnostic> {
    let reference = match cx.clients.met().planned_value(environment_id, reference.id) {
        Some(planned) => SecretReference::parse(&planned?),
        None => SecretReference::of(reference),
    };
    let SecretReference { vault, certificate: name } = reference?;
    let certificate = cx.clients.key_vault().ok()?.seen(&vault, &name).await.ok()?;
    let Finding { outcome, title, what, remedy, .. } = names(&name, &certificate, username);
    (outcome != Outcome::Pass).then(|| Diagnostic::warning(title, what).on("username").hint(remedy))
}

/// The variable with this id, which must hold a text.
pub(super) async fn text_variable(organization: &Dataverse, id: Uuid) -> Result<Definition, Fault> {
    const NAME: &str = "username_variable_id";
    let definition: Definition = organization.by_id(id).await.on(NAME)?.ok_or_else(|| {
        let detail = format!("There is no environment variable {id} in this environment that may be seen.");
        Diagnostic::error("The user name's variable does not exist", detail).on(NAME)
    })?;
    if definition.kind == Kind::Text {
        return Ok(definition);
    }
    let detail = format!("The environment variable {:?} is no text variable.", definition.schema_name);
    let other = Diagnostic::error("The user name's variable is of another type", detail).on(NAME);
    Err(other.hint("Use an environment variable of the type text.").into())
}

/// The variable that holds a credential's user name, if it has one.
pub(super) async fn variable_of(
    organization: &Dataverse,
    credential: &Credential,
) -> Result<Option<Definition>, Error> {
    match credential.username_id {
        Some(id) => organization.by_id(id).await,
        None => Ok(None),
    }
}

/// Refuses to make a variable whose name is taken.
pub(super) async fn refuse_existing(
    op: &Operation<'_>,
    organization: &Dataverse,
    schema_name: &str,
) -> Result<(), Fault> {
    match organization.by_name::<Definition>(schema_name).await?.first() {
        Some(taken) => Err(refused(op, organization, taken).await.into()),
        None => Ok(()),
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
    match organization.by_name::<Credential>(name).await?.iter().find(is_double) {
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
struct User {
    id: Uuid,
    existing: Existing,
}

async fn user(organization: &Dataverse, environment_id: &EnvironmentId, taken: &Definition) -> Option<User> {
    let users: Vec<Credential> = organization.all(&Credential::using(taken.id)).few().await.ok()?;
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
fn existing(environment_id: &EnvironmentId, taken: &Definition, user: Option<User>) -> Diagnostic {
    if let Some(user) = user {
        return user
            .existing
            .error_after(&format!("Nothing was changed. If this is to be another credential: {ANOTHER_NAME}"));
    }
    let detail = format!(
        "There is already the environment variable {:?} in the environment {environment_id}, with the id {}, and no credential \
         uses it. Nothing was changed.",
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

fn schema_name_after(reference: &Definition) -> Result<String, Diagnostic> {
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
pub(super) fn foreign(variable: &Definition) -> Diagnostic {
    let detail = format!(
        "The user name is the value of the environment variable {:?}, which is not this credential's alone.",
        variable.schema_name
    );
    Diagnostic::error("The user name cannot be changed here", detail)
        .on("username")
        .hint("Set username_variable_id instead of username, or replace the credential with terraform apply -replace.")
}
