//! What the plan of a credential asks the services: whether what it names is there and agrees, and what its variable will be called.

use tfplugin::{Context, Diagnostic, Known, Plan, Value};
use uuid::Uuid;

use super::mark::{another_user, is_ours, marked, orphan};
use super::schema::View;
use super::username::{
    ANOTHER_NAME, REFERENCE, TWO, agree_on_name, agree_on_value, existing, expect_text, foreign, schema_name_after,
    unused, user,
};
use crate::account::Account;
use crate::checks::certificate::names;
use crate::checks::finding::{Finding, Outcome};
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::failure::failed;
use crate::object::{
    Foresight, OWNER_ID, SOLUTION_UNIQUE_NAME, SecretReference, TAKEN, UNLESS_MENDED, expect_reference,
    foresee_organization, left_out,
};

/// Plans whether the variable is the credential's own, and warns of a replacement that takes the variable away which the configuration
/// names.
pub(super) fn plan_whose(plan: &mut Plan, prior: &View, configured: &Known<Uuid>) {
    if plan.is_create() && !configured.is_unknown() {
        plan.set("username_variable_managed", configured.is_null().into());
    }
    let stays = configured.known().is_some_and(|id| prior.username_variable_id.known() == Some(id));
    if stays && plan.is_replacement() && prior.username_variable_managed.known() == Some(&true) {
        plan.tell(goes_with_it());
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
    // One that is not known yet may be the same: it is planned in place.
    let may_move = own_variable && !anew && plan.changes("username") && !planned.username.is_unknown();
    if !anew && ![OWNER_ID.name, SOLUTION_UNIQUE_NAME.name, "username"].into_iter().any(|name| plan.changes(name)) {
        return Ok(());
    }
    let object = format!("the credential {}", planned.name.known().map_or("", String::as_str));
    let asks_whose = may_move && plan.prior_view::<View>()?.username_variable_managed.is_null();
    let place = (environment_id, follows || asks_whose);
    let Some(organization) = foresee_organization(cx, plan, place, &object).await? else { return Ok(()) };
    let foresight = Foresight { cx, environment_id, organization: &organization, object: &object };
    let reference = match planned.certificate_reference_id {
        Known::Known(id) if anew || plan.changes("username") => {
            reference(&foresight, plan, id, (anew, follows)).await?
        }
        _ => None,
    };
    foresight.owner_and_solution(plan).await?;
    if anew && own_variable {
        plan_variable(&foresight, plan, reference.as_ref()).await?;
    } else if may_move {
        move_username(&foresight, plan, reference.as_ref()).await?;
    } else {
        agree_with_theirs(&foresight, plan, &configured).await?;
    }
    if let (Some(reference), Known::Known(username)) = (&reference, planned.username)
        && let Some(warning) = names_warning(&foresight, reference, &username).await
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
    match foresight.organization.known_variable(id).await {
        // Nothing that is made in this apply has an id already.
        Ok(found) if anew => Ok(Some(expect_reference(found, id, REFERENCE)?)),
        Ok(found) => Ok(found),
        Err(error) if follows => Err(unread(foresight.cx, REFERENCE, ("", id), &error).await),
        Err(error) => foresight.not_told(plan, "environment variables", &error).map(|()| None),
    }
}

/// Holds the variable that the configuration names against what else it says of the user name. What the credential's own variable holds
/// is changed to what the configuration says; what somebody else's holds, the same apply may change.
async fn agree_with_theirs(foresight: &Foresight<'_>, plan: &mut Plan, configured: &View) -> Result<(), Diagnostic> {
    let prior: View = plan.prior_view()?;
    let anew = plan.is_create() || plan.is_replacement();
    let Some(id) = configured.username_variable_id.known().filter(|_| anew || plan.changes("username")) else {
        return Ok(());
    };
    // Asked afresh: the same apply may have written it meanwhile.
    let variable = match foresight.organization.variable(*id).await {
        Ok(found) => expect_text(found, *id)?,
        Err(error) => return foresight.not_told(plan, "environment variables", &error),
    };
    agree_on_name(&variable, configured)?;
    let stays = !anew && prior.username_variable_id.known() == Some(id);
    let own = stays && prior.id.known().is_some_and(|id| is_ours(&variable, *id));
    if !own && let Err(differs) = agree_on_value(&variable, configured) {
        plan.tell(differs.as_warning("The user name does not agree with its variable").also(UNLESS_MENDED));
    }
    if plan.is_create()
        && let Some(maker) =
            marked(&variable).filter(|maker| foresight.cx.clients.met().how(foresight.environment_id, *maker).is_some())
        && let Ok(Some(credential)) = foresight.organization.credential(maker).await
        && plan.planned.at("name").as_str() == Some(credential.name.as_str())
    {
        plan.tell(goes_with_it());
    }
    Ok(())
}

/// The warning about a configuration that names the own variable of the credential that it replaces.
fn goes_with_it() -> Diagnostic {
    let what = "username_variable_id names the variable of a credential's own. It is deleted with that credential when it is replaced, and \
                the new one will not find it.";
    Diagnostic::warning("The user name's variable goes with the credential", what)
        .on("username_variable_id")
        .hint("Take username_variable_id out, and set username: then the new credential makes a variable of its own.")
}

/// Plans the name of the variable for the user name, and looks whether it is taken.
async fn plan_variable(
    foresight: &Foresight<'_>,
    plan: &mut Plan,
    reference: Option<&Definition>,
) -> Result<(), Diagnostic> {
    if plan.config_view::<View>()?.username_schema_name.is_null() {
        let Some(reference) = reference else { return Ok(()) };
        let schema_name = schema_name_after(reference)?;
        if plan.is_create() {
            plan.set("username_schema_name", schema_name.into());
        }
    } else {
        // A name that follows the reference's has the prefix of a variable that is there.
        foresight.prefix(plan, "username_schema_name").await?;
    }
    let (prior, planned): (View, View) = (plan.prior_view()?, plan.planned_view()?);
    // The name of the credential's own variable is free when the credential goes.
    let is_freed = plan.is_replacement()
        && !plan.changes("username_schema_name")
        && prior.username_variable_managed.known() == Some(&true);
    match planned.username_schema_name.known().filter(|_| !is_freed) {
        Some(schema_name) => plan_name(foresight, plan, schema_name).await,
        None => Ok(()),
    }
}

/// Holds the name of a variable that is to be made against those of this run and of the variables that are there. Of a replacement,
/// which removes first, what else has the name is an error, unless the same apply may take it away.
async fn plan_name(foresight: &Foresight<'_>, plan: &mut Plan, schema_name: &str) -> Result<(), Diagnostic> {
    let Foresight { cx, environment_id, organization, .. } = foresight;
    let met = cx.clients.met();
    if met.is_second(environment_id, schema_name, plan.is_create()) {
        let what = format!("{TWO}, {schema_name:?}, and it must be unique: the second creation will fail.");
        let two = Diagnostic::warning("Two user names have the same username_schema_name", what);
        plan.tell(two.on("username_schema_name").hint(ANOTHER_NAME));
        return Ok(());
    }
    let found = match organization.named_variables(schema_name).await {
        Ok(found) => found,
        Err(error) => return foresight.not_told(plan, "environment variables", &error),
    };
    let Some(taken) = found.first() else { return Ok(()) };
    // What a credential that is gone has left behind is taken up.
    if matches!(orphan(organization, taken).await, Ok(Some(_))) {
        return Ok(());
    }
    let prior: View = plan.prior_view()?;
    match user(organization, environment_id, taken).await {
        Some(user) if prior.id.known() == Some(&user.id) => return Err(stays(schema_name)),
        Some(user) if met.how(environment_id, user.id).is_some() => {
            plan.tell(user.existing.warning_of_own(&format!("Is it another credential? {ANOTHER_NAME}")));
        }
        found if !plan.is_create() => return Err(existing(environment_id, taken, found)),
        Some(user) => plan.tell(user.existing.warning()),
        None => {
            let fails = unused(environment_id, taken, "The creation will fail while it is there.");
            plan.tell(fails.as_warning(TAKEN));
        }
    }
    Ok(())
}

/// The error about a new variable that would be called like the one that its credential uses now, and that is not the credential's own.
fn stays(schema_name: &str) -> Diagnostic {
    let what = format!(
        "The new variable would be called {schema_name:?}. So is the one that holds the user name now, which is not this credential's own \
         and stays."
    );
    Diagnostic::error("The user name's variable needs another name", what)
        .on("username_schema_name")
        .hint("Set username_schema_name to a name that is not taken.")
}

/// A user name that lives in somebody else's variable cannot be changed here: the resource must be replaced by one with its own. Whose it
/// is, the state says as of the refresh, which is the same in both plans of an apply; the apply asks again.
async fn move_username(
    foresight: &Foresight<'_>,
    plan: &mut Plan,
    reference: Option<&Definition>,
) -> Result<(), Diagnostic> {
    let prior: View = plan.prior_view()?;
    let (Some(id), Some(variable_id)) = (prior.id.known(), prior.username_variable_id.into_known()) else {
        return Ok(());
    };
    let name = prior.username_schema_name.known().map_or("", String::as_str);
    let is_own = match prior.username_variable_managed {
        Known::Known(is_own) => is_own,
        // A state of before does not say it.
        _ => match foresight.organization.variable(variable_id).await {
            Ok(Some(variable)) => is_ours(&variable, *id),
            Ok(None) => return Ok(()),
            Err(error) => return Err(unread(foresight.cx, "username", (name, variable_id), &error).await),
        },
    };
    if is_own {
        return match another_user(foresight.organization, variable_id, *id).await {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(foreign(name)),
            Err(error) => foresight.not_told(plan, "credentials", &error),
        };
    }
    plan.set("username_variable_id", Value::UNKNOWN);
    plan.set("username_schema_name", Value::UNKNOWN);
    plan.replace("username_variable_id");
    let what = format!("The environment variable {name:?} is not this credential's own, and is not changed.");
    plan.tell(Diagnostic::warning("The user name is in a variable of somebody else's", what).on("username").hint(
        "The credential is replaced by one with a variable of its own. To keep it, set username_variable_id instead.",
    ));
    let schema_name = match plan.config_view::<View>()?.username_schema_name {
        Known::Known(schema_name) => schema_name,
        Known::Null => match reference {
            Some(reference) => schema_name_after(reference)?,
            None => return Ok(()),
        },
        Known::Unknown => return Ok(()),
    };
    plan_name(foresight, plan, &schema_name).await
}

/// A variable that a plan depends on could not be read; its name is empty where nobody knows it.
async fn unread(cx: &Context<Account>, attribute: &'static str, (name, id): (&str, Uuid), error: &Error) -> Diagnostic {
    let which = if name.is_empty() { id.to_string() } else { format!("{name} ({id})") };
    let unread = failed(&format!("Cannot read the environment variable {which}"), error).on(attribute);
    cx.clients.with_right(unread, error).await
}

/// Warns when the certificate does not name the user. What this run plans for the reference counts, not what it was before; where that
/// is not known yet, the second plan judges.
async fn names_warning(
    Foresight { cx, environment_id, object, .. }: &Foresight<'_>,
    reference: &Definition,
    username: &str,
) -> Option<Diagnostic> {
    let reference = match cx.clients.met().planned_value(environment_id, reference.id) {
        Some(planned) => SecretReference::parse(&planned?),
        None => SecretReference::of(reference),
    };
    let reference = reference?;
    let SecretReference { vault, certificate: name } = &reference;
    let certificate = match cx.clients.key_vault().ok()?.seen(vault, name).await {
        Ok(certificate) => certificate,
        Err(error) if error.is_forbidden() && reference.falls_to(&cx.clients, object) => {
            return Some(left_out(&error, "Whether the certificate names the user is not checked.").on("username"));
        }
        Err(_) => return None,
    };
    let Finding { outcome, title, what, remedy, .. } = names(name, &certificate, username);
    (outcome != Outcome::Pass).then(|| Diagnostic::warning(title, what).on("username").hint(remedy))
}
