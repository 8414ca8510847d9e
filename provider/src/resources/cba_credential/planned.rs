//! What the plan of a credential asks the services: whether what it names is there and agrees, and what its variable will be called.

use tfplugin::{Context, Diagnostic, Known, Plan, Value};
use uuid::Uuid;

use super::mark::is_ours;
use super::schema::View;
use super::username::{ANOTHER_NAME, REFERENCE, TWO, agree, existing, expect_text, schema_name_after, user};
use crate::account::Account;
use crate::checks::certificate::names;
use crate::checks::finding::{Finding, Outcome};
use crate::clients::dataverse::Dataverse;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::failure::failed;
use crate::object::{
    Foresight, OWNER_ID, SOLUTION_UNIQUE_NAME, SecretReference, TAKEN, expect_reference, foresee_organization,
};

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

/// Holds what is planned against what is there, as far as it is new.
///
/// # Errors
/// What no apply can bring about, and what the plan takes from an answer that cannot be had.
pub(super) async fn look_ahead(
    cx: &Context<Account>,
    plan: &mut Plan,
    environment_id: &EnvironmentId,
) -> Result<(), Diagnostic> {
    let (configured, planned): (View, View) = (plan.config_view()?, plan.planned_view()?);
    let anew = plan.is_create() || plan.is_replacement();
    let own_variable = configured.username_variable_id.is_null();
    // What a plan takes from an answer must be had again by the second plan: there, no answer is an error.
    let names_after = plan.is_create() && planned.certificate_reference_id.known().is_some();
    let follows = own_variable && names_after && configured.username_schema_name.is_null();
    let may_move = own_variable && !anew && plan.changes("username");
    if !anew && ![OWNER_ID.name, SOLUTION_UNIQUE_NAME.name, "username"].into_iter().any(|name| plan.changes(name)) {
        return Ok(());
    }
    let object = format!("the credential {}", planned.name.known().map_or("", String::as_str));
    let organization = match foresee_organization(cx, plan, environment_id, &object).await? {
        Some(organization) => organization,
        None if follows || may_move => cx.clients.organization(environment_id).await?,
        None => return Ok(()),
    };
    let foresight = Foresight { cx, organization: &organization, object: &object };
    let reference = match planned.certificate_reference_id {
        Known::Known(id) if anew || plan.changes("username") => {
            reference(&foresight, plan, id, (anew, follows)).await?
        }
        _ => None,
    };
    foresight.owner_and_solution(plan).await?;
    if anew && own_variable {
        plan_variable(&foresight, environment_id, plan, reference.as_ref()).await?;
    } else if may_move {
        replace_foreign(cx, &organization, plan).await?;
    } else {
        agree_with_theirs(&foresight, plan, &configured).await?;
    }
    if let (Some(reference), Known::Known(username)) = (&reference, planned.username)
        && let Some(warning) = names_warning(cx, environment_id, reference, &username).await
    {
        plan.tell(warning);
    }
    Ok(())
}

/// The reference that the plan names.
async fn reference(
    foresight: &Foresight<'_>,
    plan: &mut Plan,
    id: Uuid,
    (anew, follows): (bool, bool),
) -> Result<Option<Definition>, Diagnostic> {
    match foresight.organization.by_id(id).await {
        // Nothing that is made in this apply has an id already.
        Ok(found) if anew => Ok(Some(expect_reference(found, id, REFERENCE)?)),
        Ok(found) => Ok(found),
        Err(error) if follows => Err(unread(foresight.cx, REFERENCE, ("", id), &error).await),
        Err(error) => foresight.not_told(plan, "environment variables", &error).map(|()| None),
    }
}

/// Holds the variable that the configuration names against what else it says of the user name. What the credential's own variable holds
/// is changed to what the configuration says.
async fn agree_with_theirs(foresight: &Foresight<'_>, plan: &mut Plan, configured: &View) -> Result<(), Diagnostic> {
    let prior: View = plan.prior_view()?;
    let anew = plan.is_create() || plan.is_replacement();
    let Some(id) = configured.username_variable_id.known().filter(|_| anew || plan.changes("username")) else {
        return Ok(());
    };
    // Asked afresh: the same apply may have written it meanwhile.
    match foresight.organization.by_id(*id).await {
        Ok(found) => {
            let variable = expect_text(found, *id)?;
            let stays = !anew && prior.username_variable_id.known() == Some(id);
            let own = stays && prior.id.known().is_some_and(|id| is_ours(&variable, *id));
            agree(&variable, configured, own)
        }
        Err(error) => foresight.not_told(plan, "environment variables", &error),
    }
}

/// Plans the name of the variable for the user name, and looks whether it is taken.
async fn plan_variable(
    foresight: &Foresight<'_>,
    environment_id: &EnvironmentId,
    plan: &mut Plan,
    reference: Option<&Definition>,
) -> Result<(), Diagnostic> {
    let organization = foresight.organization;
    if plan.config_view::<View>()?.username_schema_name.is_null() {
        let Some(reference) = reference else { return Ok(()) };
        let schema_name = schema_name_after(reference)?;
        if plan.is_create() {
            plan.set("username_schema_name", schema_name.into());
        }
    }
    foresight.prefix(plan, "username_schema_name").await?;
    let planned: View = plan.planned_view()?;
    if plan.is_create()
        && let Some(schema_name) = planned.username_schema_name.known()
    {
        let met = foresight.cx.clients.met();
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
async fn replace_foreign(cx: &Context<Account>, organization: &Dataverse, plan: &mut Plan) -> Result<(), Diagnostic> {
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
async fn unread(cx: &Context<Account>, attribute: &'static str, (name, id): (&str, Uuid), error: &Error) -> Diagnostic {
    let which = if name.is_empty() { id.to_string() } else { format!("{name} ({id})") };
    let unread = failed(&format!("Cannot read the environment variable {which}"), error).on(attribute);
    let hint = cx.clients.forbidden(error).await;
    hint.into_iter().fold(unread, Diagnostic::hint)
}

/// Warns when the certificate does not name the user. What this run plans for the reference counts, not what it was before; where that
/// is not known yet, the second plan judges.
async fn names_warning(
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
