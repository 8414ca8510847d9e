//! `powerautomate_cba_credential`: a credential that signs in with a certificate, and the variable that holds its user name.
//!
//! Whose that variable is stands in the variable itself: its description names the credential. Only such a variable is ever written or
//! deleted, and only while no other credential points at it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::identity::Identity;
use tfplugin::listing::{Hits, Query};
use tfplugin::plan::Plan;
use tfplugin::resource::{Import, Resource};
use tfplugin::schema::{Attribute, Check, Rule, Schema};
use tfplugin::value::Value;
use uuid::Uuid;

use super::failure::failed;
use super::identity::{IDENTITY, Target, environment};
use super::listed::{self, CERTIFICATE_NAME, NAME_PREFIX, UNMANAGED_ONLY, Wanted, points_at};
use super::shared::{
    ACTIVE, ENVIRONMENT_ID, OWNER_ID, SOLUTION_UNIQUE_NAME, guid, plan_environment, plan_solution, required, same_id,
};
use super::timeouts::{self, TIMEOUTS, Timeouts};
use super::username_variable::{
    MAX_SCHEMA_NAME, foreign, is_ours, mark, plan_variable, refuse_existing, refuse_foreign_variable,
    schema_name_after, sole_user, text_variable,
};
use super::variable::{TEXT, explained, is_schema_name, parse_reference, refuse_other_kind, single_value, value_row};
use crate::clients::Error;
use crate::clients::dataverse::{ChangeSet, Credential, Dataverse, Definition, RowFilter};
use crate::clients::key_vault::VaultId;
use crate::provider::Account;

/// The resource.
pub(crate) struct CbaCredential;

pub(crate) const NAME: &str = "powerautomate_cba_credential";

/// The option value of certificate-based authentication among the connection types of credentials.
const CERTIFICATE_BASED: i64 = 5;

static SCHEMA: Schema = Schema::new(
    "A credential of Power Automate that signs in to Windows with a certificate (CBA): its certificate is a \
     certificate reference, its user name an environment variable. Both the credential and the variables must \
     be shared with whoever uses them in a connection.",
)
.attributes(&[
    Attribute::computed("id", &Type::String, "The id of the credential."),
    ENVIRONMENT_ID,
    Attribute::required("name", &Type::String, "The name, at most 100 characters. It need not be unique.")
        .check(&[Check::Length { min: 1, max: 100 }]),
    Attribute::optional_computed("description", &Type::String, "A description, at most 100,000 characters.")
        .check(&[Check::Length { min: 0, max: 100_000 }]),
    Attribute::optional_computed(
        "username",
        &Type::String,
        "The user that signs in to Windows, for example `robot@contoso.com`, at most 2,000 characters. It is the \
         value of an environment variable that comes and goes with this resource, and is changed in place. \
         Exactly one of `username` and `username_variable_id` must be set.",
    )
    .check(&[Check::Length { min: 1, max: 2000 }])
    .follows(&["username_variable_id"]),
    Attribute::optional_computed(
        "username_variable_id",
        &Type::String,
        "The id of an existing text environment variable that holds the user name. It is never changed or deleted \
         here. Another one replaces the resource.",
    )
    .check(&[Check::Uuid])
    .same(same_id)
    .replaces(),
    Attribute::optional_computed(
        "username_schema_name",
        &Type::String,
        "The unique name of the environment variable that is made for `username`, at most 100 characters. When it \
         is left out, it is the schema name of the certificate reference and `_username`. A change replaces the \
         resource.",
    )
    .check(&[
        Check::Length { min: 1, max: MAX_SCHEMA_NAME },
        Check::Pattern { test: is_schema_name, words: "be a publisher's prefix, an underscore and a name" },
    ])
    .follows(&["username_variable_id", "certificate_reference_id"])
    .replaces(),
    Attribute::required(
        "certificate_reference_id",
        &Type::String,
        "The id of a `powerautomate_key_vault_certificate_reference`, or of another environment variable of the \
         type secret. The service does not let it be changed: another one replaces the resource.",
    )
    .check(&[Check::Uuid])
    .same(same_id)
    .replaces(),
    SOLUTION_UNIQUE_NAME,
    OWNER_ID,
    ACTIVE,
])
.blocks(&[TIMEOUTS])
.rules(&[
    Rule::ExactlyOneOf(&["username", "username_variable_id"]),
    Rule::Conflicts(&["username_variable_id", "username_schema_name"]),
]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Model {
    id: Option<String>,
    environment_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    username: Option<String>,
    username_variable_id: Option<String>,
    username_schema_name: Option<String>,
    certificate_reference_id: Option<String>,
    solution_unique_name: Option<String>,
    owner_id: Option<String>,
    active: Option<bool>,
    timeouts: Option<Timeouts>,
}

static LISTING: Schema = Schema::new("Lists the credentials that sign in with a certificate.").attributes(&[
    listed::ENVIRONMENT_ID,
    NAME_PREFIX,
    CERTIFICATE_NAME,
    UNMANAGED_ONLY,
]);

impl Model {
    /// The state of a credential that was found.
    fn of(environment_id: &str, credential: &Credential, variable: Option<&Definition>) -> Result<Model, Diagnostic> {
        let mut model = Model { environment_id: Some(environment_id.to_owned()), ..Model::default() };
        model.take(credential, variable)?;
        Ok(model)
    }

    fn take(&mut self, credential: &Credential, variable: Option<&Definition>) -> Result<(), Diagnostic> {
        self.id = Some(credential.id.to_string());
        self.name = Some(credential.name.clone());
        self.description = credential.description.clone();
        self.certificate_reference_id = credential.certificate_id.map(|id| id.to_string());
        self.owner_id = credential.owner_id.map(|id| id.to_string());
        self.active = Some(credential.active);
        self.username_variable_id = variable.map(|variable| variable.id.to_string());
        self.username_schema_name = variable.map(|variable| variable.schema_name.clone());
        self.username = match variable {
            Some(variable) => single_value(variable)?.or_else(|| variable.default_value.clone()),
            None => None,
        };
        Ok(())
    }
}

impl Resource for CbaCredential {
    type Clients = Account;
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = &SCHEMA;
    const IDENTITY: Option<&'static Identity> = Some(&IDENTITY);
    const LISTING: Option<&'static Schema> = Some(&LISTING);

    async fn plan(&self, cx: &Context<Account>, plan: &mut Plan) -> Result<(), Diagnostic> {
        let environment_id = plan_environment(cx, plan);
        plan_solution(plan);
        if plan.is_destroy() {
            return Ok(());
        }
        // A nulled lookup cannot be mended in place: the service does not let a credential's variables be changed.
        if !plan.prior.is_null()
            && plan.prior.at("username_variable_id").is_null()
            && plan.config.at("username_variable_id").is_null()
        {
            plan.set("username_variable_id", Value::UNKNOWN);
            plan.replace("username_variable_id");
        }
        let Some(environment_id) = environment_id.filter(|_| cx.clients.is_known()) else { return Ok(()) };
        let Ok(dataverse) = cx.clients.dataverse(&environment_id).await else { return Ok(()) };
        let anew = plan.is_create() || plan.is_replacement();
        let own_variable = plan.config.at("username_variable_id").is_null();
        let reference =
            match plan.planned.at("certificate_reference_id").as_str().and_then(|id| Uuid::try_parse(id).ok()) {
                Some(id) if anew || plan.changes("username") => dataverse.definition(id).await.ok().flatten(),
                _ => None,
            };
        if anew && own_variable {
            plan_variable(&dataverse, plan, reference.as_ref(), &environment_id).await;
        } else if own_variable && plan.changes("username") {
            refuse_foreign_variable(&dataverse, plan).await;
        }
        if let (Some(reference), Some(username)) = (&reference, plan.planned.at("username").as_str()) {
            let username = username.to_owned();
            if let Some(warning) = names_warning(cx, reference, &username).await {
                plan.tell(warning);
            }
        }
        Ok(())
    }

    async fn create(&self, cx: &Context<Account>, mut planned: Model) -> Result<Model, Diagnostic> {
        let environment_id = required(planned.environment_id.as_ref(), "environment_id")?.to_owned();
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        let name = required(planned.name.as_ref(), "name")?.to_owned();
        let reference_id = guid(planned.certificate_reference_id.as_ref(), "certificate_reference_id")?;
        let reference = reference(&dataverse, reference_id).await?;
        let summary = format!("Cannot create the credential {name}");

        let id = Uuid::new_v4();
        let owner = planned.owner_id.as_ref().map(|owner| guid(Some(owner), "owner_id")).transpose()?;
        let owner = owner.map(|owner| format!("/systemusers({owner})"));
        let mut changes = ChangeSet::new();
        if let Some(solution) = &planned.solution_unique_name {
            changes.solution(solution);
        }
        // The configuration names the variable, or the user for whom one is made; the plan may hold both.
        let variable_id = match cx.config.at("username_variable_id").as_str() {
            Some(_) => {
                let id = guid(planned.username_variable_id.as_ref(), "username_variable_id")?;
                let variable = text_variable(&dataverse, id).await?;
                planned.username_schema_name = Some(variable.schema_name.clone());
                planned.username = single_value(&variable)?.or(variable.default_value);
                id
            }
            None => {
                let username = required(planned.username.as_ref(), "username")?;
                let schema_name = match planned.username_schema_name.clone() {
                    Some(schema_name) => schema_name,
                    None => schema_name_after(&reference)?,
                };
                refuse_existing(&dataverse, &environment_id, &schema_name).await?;
                let variable_id = Uuid::new_v4();
                let mut definition = json!({
                    "environmentvariabledefinitionid": variable_id,
                    "schemaname": schema_name,
                    "displayname": format!("{name} user name").chars().take(100).collect::<String>(),
                    "description": mark(id),
                    "type": TEXT,
                });
                if let Some(owner) = &owner {
                    definition["ownerid@odata.bind"] = owner.as_str().into();
                }
                changes.create("environmentvariabledefinitions", definition);
                changes.create("environmentvariablevalues", value_row(variable_id, &schema_name, username));
                planned.username_schema_name = Some(schema_name);
                variable_id
            }
        };
        let mut row = json!({
            "credentialid": id,
            "name": name,
            "credentialtype": 1,
            "connectiontype": CERTIFICATE_BASED,
            "usagetype": "280920000",
            "username@odata.bind": format!("/environmentvariabledefinitions({variable_id})"),
            "certificate@odata.bind": format!("/environmentvariabledefinitions({reference_id})"),
        });
        if let Some(description) = &planned.description {
            row["description"] = description.as_str().into();
        }
        if let Some(owner) = &owner {
            row["ownerid@odata.bind"] = owner.as_str().into();
        }
        changes.create("credentials", row);

        planned.id = Some(id.to_string());
        planned.username_variable_id = Some(variable_id.to_string());
        planned.active = Some(true);
        if let Err(error) = dataverse.commit(&changes).await {
            if error.is_duplicate()
                && let Some(schema_name) = planned.username_schema_name.as_deref()
            {
                refuse_existing(&dataverse, &environment_id, schema_name).await?;
            }
            let diagnostic = failed(&summary, &error);
            if !error.outcome_unknown() {
                return Err(explained(diagnostic, &error, "username_schema_name"));
            }
            // Only this call knows the id: whether the row is there says whether the write was carried out.
            match dataverse.credential(id).await {
                Ok(Some(_)) => {}
                Ok(None) => return Err(diagnostic),
                Err(_) => {
                    cx.keep(&planned);
                    return Err(diagnostic);
                }
            }
        }
        if let Ok(Some(credential)) = dataverse.credential(id).await {
            planned.owner_id = credential.owner_id.map(|id| id.to_string());
            planned.description = credential.description;
        }
        Ok(planned)
    }

    async fn read(&self, cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        timeouts::read(prior.timeouts.as_ref()).limit("Reading the credential", read(cx, prior)).await
    }

    async fn update(&self, cx: &Context<Account>, prior: Model, planned: Model) -> Result<Model, Diagnostic> {
        let environment_id = required(planned.environment_id.as_ref(), "environment_id")?.to_owned();
        let id = guid(prior.id.as_ref(), "id")?;
        let summary = format!("Cannot change the credential {}", prior.name.as_deref().unwrap_or_default());
        let mut changes = ChangeSet::new();
        let mut row = serde_json::Map::new();
        if planned.name != prior.name {
            row.insert("name".into(), json!(planned.name));
        }
        if planned.description != prior.description && planned.description.is_some() {
            row.insert("description".into(), json!(planned.description));
        }
        let new_owner = if planned.owner_id == prior.owner_id { None } else { planned.owner_id.as_ref() };
        let owner = new_owner.map(|owner| guid(Some(owner), "owner_id")).transpose()?;
        let owner = owner.map(|owner| json!(format!("/systemusers({owner})")));
        if let Some(owner) = &owner {
            row.insert("ownerid@odata.bind".into(), owner.clone());
        }
        if prior.active == Some(false) {
            row.insert("statecode".into(), 0.into());
            row.insert("statuscode".into(), 1.into());
        }
        if !row.is_empty() {
            changes.update("credentials", id, row.into());
        }
        let renamed = planned.username != prior.username && cx.config.at("username").as_str().is_some();
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        if renamed || owner.is_some() {
            let variable_id = guid(prior.username_variable_id.as_ref(), "username_variable_id")?;
            let variable = text_variable(&dataverse, variable_id).await?;
            let ours = is_ours(&variable, id) && sole_user(&dataverse, variable_id, id).await?.is_none();
            if renamed && !ours {
                return Err(foreign(&variable));
            }
            if renamed {
                let username = required(planned.username.as_ref(), "username")?;
                match variable.values.as_slice() {
                    [] => changes
                        .create("environmentvariablevalues", value_row(variable_id, &variable.schema_name, username)),
                    [value, ..] => changes.update("environmentvariablevalues", value.id, json!({ "value": username })),
                }
            }
            if let Some(owner) = owner.filter(|_| ours) {
                changes.update("environmentvariabledefinitions", variable_id, json!({ "ownerid@odata.bind": owner }));
            }
        }
        if changes.is_empty() {
            return Ok(planned);
        }
        if let Err(error) = dataverse.commit(&changes).await {
            if error.outcome_unknown()
                && let Ok(Some(credential)) = dataverse.credential(id).await
            {
                let variable = variable_of(&dataverse, &credential).await?;
                let mut now = prior;
                now.take(&credential, variable.as_ref())?;
                cx.keep(&now);
            }
            return Err(explained(failed(&summary, &error), &error, "username_schema_name"));
        }
        Ok(planned)
    }

    async fn delete(&self, cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
        timeouts::delete(prior.timeouts.as_ref()).limit("Deleting the credential", delete(cx, prior)).await
    }

    async fn import(&self, cx: &Context<Account>, what: Import<'_>) -> Result<Model, Diagnostic> {
        let target = Target::of(cx, what, "name")?;
        let dataverse = cx.clients.dataverse(&target.environment_id).await?;
        let look_up = |error| failed("Cannot look up the credential", &error);
        let found = match target.row()? {
            Some(id) => dataverse.credential(id).await.map_err(look_up)?.into_iter().collect(),
            None => dataverse.credentials_named(&target.what).await.map_err(look_up)?,
        };
        let hint = "Give the credential's id or its name.";
        let credential = target.single(found, "credential", hint, |one| one.id.to_string())?;
        refuse_other_credential(&credential)?;
        let variable = variable_of(&dataverse, &credential).await?;
        Model::of(&target.environment_id, &credential, variable.as_ref())
    }

    /// The variable of an existing credential is named, not made: the plan must be empty.
    fn generate(&self, _: &Value, config: &mut Value) {
        config.put("username", Value::Null);
        config.put("username_schema_name", Value::Null);
    }

    async fn list(&self, cx: &Context<Account>, query: &Query, hits: &Hits) -> Result<(), Diagnostic> {
        let wanted: Wanted = query.model()?;
        let environment_id = environment(cx, wanted.environment_id.clone())?;
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        let failed = |error| failed("Cannot list the credentials", &error);
        let references = match &wanted.certificate_name {
            Some(name) => Some(references_to(&dataverse, name).await.map_err(failed)?),
            None => None,
        };
        let is_wanted = |credential: &Credential| match (&references, credential.certificate_id) {
            (Some(references), Some(id)) => references.contains(&id),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let mut pages = dataverse.cba_credentials(&wanted.filter());
        while let Some(page) = pages.next().await.map_err(failed)? {
            let found = page.into_iter().filter(is_wanted).map(async |credential| {
                let variable = if query.include_resource { variable_of(&dataverse, &credential).await? } else { None };
                Ok::<_, Diagnostic>((
                    credential.name.clone(),
                    Model::of(&environment_id, &credential, variable.as_ref())?,
                ))
            });
            if listed::tell(hits, found).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The references to certificates of this name.
async fn references_to(dataverse: &Dataverse, certificate_name: &str) -> Result<HashSet<Uuid>, Error> {
    let mut found = HashSet::new();
    let mut pages = dataverse.references(&RowFilter::default());
    while let Some(page) = pages.next().await? {
        found.extend(page.iter().filter(|one| points_at(one, certificate_name)).map(|one| one.id));
    }
    Ok(found)
}

async fn read(cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
    let environment_id = required(prior.environment_id.as_ref(), "environment_id")?.to_owned();
    let id = guid(prior.id.as_ref(), "id")?;
    let dataverse = cx.clients.dataverse(&environment_id).await?;
    let found =
        dataverse.credential(id).await.map_err(|error| failed(&format!("Cannot read the credential {id}"), &error))?;
    let Some(credential) = found else { return Ok(None) };
    refuse_other_credential(&credential)?;
    let variable = variable_of(&dataverse, &credential).await?;
    let mut model = prior;
    model.take(&credential, variable.as_ref())?;
    Ok(Some(model))
}

async fn delete(cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
    let environment_id = required(prior.environment_id.as_ref(), "environment_id")?;
    let id = guid(prior.id.as_ref(), "id")?;
    let name = prior.name.as_deref().unwrap_or_default();
    let summary = format!("Cannot delete the credential {name}");
    let dataverse = cx.clients.dataverse(environment_id).await?;
    let credential = dataverse.credential(id).await.map_err(|error| failed(&summary, &error))?;
    // Without its credential, the variable is found by what the state knows of it.
    let variable = match (&credential, prior.username_variable_id.as_ref()) {
        (Some(credential), _) => variable_of(&dataverse, credential).await?,
        (None, Some(variable_id)) => {
            let variable_id = guid(Some(variable_id), "username_variable_id")?;
            dataverse.definition(variable_id).await.map_err(|error| failed(&summary, &error))?
        }
        (None, None) => None,
    };
    let managed = credential.as_ref().is_some_and(|credential| credential.managed);
    let mut changes = ChangeSet::new();
    if credential.is_some() && !managed {
        changes.delete("credentials", id);
    }
    if let Some(variable) = &variable {
        let other = sole_user(&dataverse, variable.id, id).await?;
        if other.is_none() && is_ours(variable, id) && !variable.managed {
            changes.delete("environmentvariabledefinitions", variable.id);
        } else if other.is_none() && managed {
            variable.values.iter().for_each(|value| changes.delete("environmentvariablevalues", value.id));
        }
    }
    if managed {
        cx.tell(Diagnostic::warning(
            format!("The credential {name} stays"),
            "It came with a managed solution, which alone can remove it. The value of its user name was deleted.",
        ));
    }
    if changes.is_empty() {
        return Ok(());
    }
    match dataverse.commit(&changes).await {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) if error.outcome_unknown() && matches!(dataverse.credential(id).await, Ok(None)) => Ok(()),
        other => other.map_err(|error| failed(&summary, &error)),
    }
}

/// Warns when the certificate does not name the user.
async fn names_warning(cx: &Context<Account>, reference: &Definition, username: &str) -> Option<Diagnostic> {
    let value = single_value(reference).ok().flatten()?;
    let (vault, name) = parse_reference(&value)?;
    let certificate = cx.clients.seen_certificate(&VaultId::parse(vault).ok()?, name).await.ok()?.ok()?;
    let names = &certificate.user_principal_names;
    if names.iter().any(|named| named.eq_ignore_ascii_case(username)) {
        return None;
    }
    let named = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let detail =
        format!("The user principal names in the certificate {name} are: {named}. The user name is {username:?}.");
    Some(
        Diagnostic::warning("The certificate does not name the user", detail).on("username").hint(
            "Use the certificate of that user, or make sure that the tenant maps the certificate to the user in another way \
             (certificateUserIds).",
        ),
    )
}

async fn reference(dataverse: &Dataverse, id: Uuid) -> Result<Definition, Diagnostic> {
    let summary = "Cannot look up the certificate reference";
    let found =
        dataverse.definition(id).await.map_err(|error| failed(summary, &error).on("certificate_reference_id"))?;
    let definition = found.ok_or_else(|| {
        let detail = format!("There is no environment variable {id} in this environment that may be seen.");
        Diagnostic::error("The certificate reference does not exist", detail)
            .on("certificate_reference_id")
            .hint("Use the id of a powerautomate_key_vault_certificate_reference in the same environment.")
    })?;
    refuse_other_kind(&definition).map_err(|error| error.on("certificate_reference_id"))?;
    Ok(definition)
}

async fn variable_of(dataverse: &Dataverse, credential: &Credential) -> Result<Option<Definition>, Diagnostic> {
    let Some(id) = credential.username_id else { return Ok(None) };
    let summary = format!("Cannot read the user name of the credential {}", credential.name);
    dataverse.definition(id).await.map_err(|error| failed(&summary, &error))
}

fn refuse_other_credential(credential: &Credential) -> Result<(), Diagnostic> {
    let kind = match credential.connection_type {
        Some(CERTIFICATE_BASED) => return Ok(()),
        Some(1) => "a credential with user name and password",
        Some(2 | 3) => "a list of credentials",
        Some(4) => "a CyberArk credential",
        Some(6) => "a machine mapping",
        Some(7) => "a credential of a connection reference",
        _ => "a credential of an unknown type",
    };
    let detail = format!("The credential {:?} ({}) is {kind}.", credential.name, credential.id);
    Err(Diagnostic::error("The credential does not sign in with a certificate", detail)
        .hint("Use a credential whose authentication is certificate-based."))
}
