//! The environment variable that holds a credential's user name: what it is called, and whose it is.
//!
//! A credential's own variable names it in its description. Only such a variable is ever written or deleted, and only while no other
//! credential points at it.

use tfplugin::diagnostic::Diagnostic;
use tfplugin::plan::Plan;
use tfplugin::value::Value;
use uuid::Uuid;

use super::cba_credential::NAME;
use super::existing::Existing;
use super::failure::failed;
use super::variable::TEXT;
use crate::clients::dataverse::{Credential, Dataverse, Definition};

/// As long as a schema name may be.
pub(crate) const MAX_SCHEMA_NAME: usize = 100;

/// Plans the name of the variable for the user name, and looks whether it is taken.
pub(crate) async fn plan_variable(
    dataverse: &Dataverse,
    plan: &mut Plan,
    reference: Option<&Definition>,
    environment_id: &str,
) {
    if plan.config.at("username_schema_name").is_null() {
        let Some(reference) = reference else { return };
        match schema_name_after(reference) {
            Ok(schema_name) if plan.is_create() => plan.set("username_schema_name", schema_name.into()),
            Ok(_) => {}
            Err(error) => return plan.tell(error),
        }
    }
    let Some(schema_name) = plan.planned.at("username_schema_name").as_str().map(str::to_owned) else { return };
    if plan.is_create()
        && let Ok(Some(taken)) = dataverse.definition_named(&schema_name).await
    {
        let warning = existing_variable(dataverse, environment_id, &taken).await.as_warning();
        plan.tell(warning);
    }
}

/// A user name that lives in somebody else's variable cannot be changed here: the resource must be replaced by one with its own.
pub(crate) async fn refuse_foreign_variable(dataverse: &Dataverse, plan: &mut Plan) {
    let id = |name: &str| plan.prior.at(name).as_str().and_then(|id| Uuid::try_parse(id).ok());
    let (Some(id), Some(variable_id)) = (id("id"), id("username_variable_id")) else { return };
    if let Ok(Some(variable)) = dataverse.definition(variable_id).await
        && !is_ours(&variable, id)
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
}

pub(crate) async fn text_variable(dataverse: &Dataverse, id: Uuid) -> Result<Definition, Diagnostic> {
    let summary = "Cannot look up the user name's variable";
    let found = dataverse.definition(id).await.map_err(|error| failed(summary, &error).on("username_variable_id"))?;
    let definition = found.ok_or_else(|| {
        let detail = format!("There is no environment variable {id} in this environment that may be seen.");
        Diagnostic::error("The user name's variable does not exist", detail).on("username_variable_id")
    })?;
    if definition.kind == TEXT {
        return Ok(definition);
    }
    let detail = format!("The environment variable {:?} is no text variable.", definition.schema_name);
    Err(Diagnostic::error("The user name's variable is of another type", detail)
        .on("username_variable_id")
        .hint("Use an environment variable of the type text."))
}

/// Another credential that points at the variable.
pub(crate) async fn sole_user(
    dataverse: &Dataverse,
    variable: Uuid,
    own: Uuid,
) -> Result<Option<Credential>, Diagnostic> {
    let users = dataverse.credentials_using(variable).await;
    let users = users.map_err(|error| failed("Cannot find out who uses the user name's variable", &error))?;
    Ok(users.into_iter().find(|credential| credential.id != own))
}

pub(crate) async fn refuse_existing(
    dataverse: &Dataverse,
    environment_id: &str,
    schema_name: &str,
) -> Result<(), Diagnostic> {
    let found = dataverse.definition_named(schema_name).await;
    match found.map_err(|error| failed("Cannot look up the environment variable", &error))? {
        Some(taken) => Err(existing_variable(dataverse, environment_id, &taken).await),
        None => Ok(()),
    }
}

/// The error about a variable that has the name already: it says whose it is.
pub(crate) async fn existing_variable(dataverse: &Dataverse, environment_id: &str, taken: &Definition) -> Diagnostic {
    let users = dataverse.credentials_using(taken.id).await.unwrap_or_default();
    match users.first() {
        Some(user) => {
            let what = format!("user name variable {:?} of the credential {:?}", taken.schema_name, user.name);
            let id = user.id.to_string();
            Existing { resource: NAME, what: &what, attribute: "username_schema_name", environment_id, id: &id }.error()
        }
        None => {
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
    }
}

pub(crate) fn schema_name_after(reference: &Definition) -> Result<String, Diagnostic> {
    let name = format!("{}_username", reference.schema_name);
    let length = name.chars().count();
    if length <= MAX_SCHEMA_NAME {
        return Ok(name);
    }
    let detail =
        format!("The user name's variable would be called {name:?}, which has {length} characters; 100 are allowed.");
    Err(Diagnostic::error("The user name's variable needs a name", detail)
        .on("username_schema_name")
        .hint("Set username_schema_name to a shorter one."))
}

/// The description by which a credential knows its own variable.
pub(crate) fn mark(credential: Uuid) -> String {
    format!("User name of the credential {credential}, managed with it by Terraform.")
}

pub(crate) fn is_ours(variable: &Definition, credential: Uuid) -> bool {
    let description = variable.description.as_deref().unwrap_or_default().to_ascii_lowercase();
    description.contains(&credential.to_string())
}

pub(crate) fn foreign(variable: &Definition) -> Diagnostic {
    let detail = format!(
        "The user name is the value of the environment variable {:?}, which is not this credential's alone.",
        variable.schema_name
    );
    Diagnostic::error("The user name cannot be changed here", detail)
        .on("username")
        .hint("Set username_variable_id instead of username, or replace the credential with terraform apply -replace.")
}
