//! `powerautomate_key_vault_certificate_reference`: the environment variable that points at a certificate in a vault.
//!
//! A definition and its value row are one resource: they come and go in one change set. The value names no version, so
//! that a rotated certificate needs no apply; what is known of the certificate is refreshed.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::identity::Identity;
use tfplugin::listing::{Hits, Query};
use tfplugin::plan::Plan;
use tfplugin::resource::{Import, Resource};
use tfplugin::schema::{Attribute, Check, Default, NestedBlock, Schema};
use tfplugin::value::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::certificate_check::{self, Requirements};
use super::certificate_reading::{caller, certificate_before_writing, check_while_planning};
use super::existing::Existing;
use super::failure::failed;
use super::identity::{IDENTITY, Target, environment};
use super::listed::{self, CERTIFICATE_NAME, NAME_PREFIX, UNMANAGED_ONLY, Wanted, points_at};
use super::secret_access;
use super::shared::{
    ACTIVE, ENVIRONMENT_ID, OWNER_ID, SOLUTION_UNIQUE_NAME, guid, plan_environment, plan_solution, required, same_text,
};
use super::timeouts::{self, TIMEOUTS, Timeouts};
use super::variable::{
    SCHEMA_NAME, SECRET, explained, is_schema_name, parse_reference, refuse_other_kind, secret_reference, single_value,
    value_row,
};
use crate::clients::dataverse::{ChangeSet, Dataverse, Definition};
use crate::clients::key_vault::{Certificate, VaultId};
use crate::provider::Account;

/// The resource.
pub(crate) struct CertificateReference;

const NAME: &str = "powerautomate_key_vault_certificate_reference";

/// What follows the vault and the name of the certificate in it.
const OF_CERTIFICATE: &[&str] = &["key_vault_id", "certificate_name"];

static SCHEMA: Schema = Schema::new(
    "A *secret* environment variable of Dataverse that points at a certificate in Azure Key Vault, and what \
     is known of that certificate. Only the public certificate is read; its private key never is.\n\n\
     The signed-in principal and Dataverse itself (application id `00000007-0000-0000-c000-000000000000`) \
     need the role *Key Vault Secrets User* on the vault: Dataverse checks it whenever the value is written. \
     To read the certificate, the signed-in principal needs *Key Vault Reader* or *Key Vault Certificate \
     User*.",
)
.attributes(&[
    Attribute::computed("id", &Type::String, "The id of the environment variable definition."),
    ENVIRONMENT_ID,
    Attribute::required(
        "schema_name",
        &Type::String,
        "The unique name of the environment variable: the publisher's prefix, an underscore and a name, at most \
         100 characters, for example `cto_robot_certificate`. A change replaces the resource.",
    )
    .check(&[Check::Length { min: 1, max: 100 }, Check::Pattern { test: is_schema_name, words: SCHEMA_NAME }])
    .replaces(),
    Attribute::optional_computed(
        "display_name",
        &Type::String,
        "The name that people see, at most 100 characters. When it is left out, a new variable is shown under its \
         schema name.",
    )
    .check(&[Check::Length { min: 1, max: 100 }]),
    Attribute::optional_computed("description", &Type::String, "A description, at most 2,000 characters.")
        .check(&[Check::Length { min: 0, max: 2000 }]),
    Attribute::required(
        "key_vault_id",
        &Type::String,
        "The Azure resource id of the vault: \
         `/subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/…`. It must belong to the tenant \
         of the environment. It is changed in place.",
    )
    .check(&[Check::Format(is_vault_id)])
    .same(same_text),
    Attribute::required(
        "certificate_name",
        &Type::String,
        "The name of the certificate in the vault: 1 to 127 letters, digits and hyphens. It is changed in place.",
    )
    .check(&[
        Check::Length { min: 1, max: 127 },
        Check::Pattern { test: is_certificate_name, words: CERTIFICATE_NAME_WORDS },
    ])
    .same(same_text),
    SOLUTION_UNIQUE_NAME,
    OWNER_ID,
    Attribute::computed(
        "secret_reference",
        &Type::String,
        "The value of the environment variable: the resource id of the secret that Key Vault keeps for the \
         certificate.",
    )
    .follows(OF_CERTIFICATE),
    ACTIVE,
    Attribute::computed("certificate_version", &Type::String, "The current version of the certificate.")
        .follows(OF_CERTIFICATE),
    Attribute::computed("thumbprint", &Type::String, "Its SHA-1 thumbprint, in upper-case hexadecimal digits.")
        .follows(OF_CERTIFICATE),
    Attribute::computed(
        "thumbprint_sha256",
        &Type::String,
        "Its SHA-256 thumbprint, in upper-case hexadecimal digits.",
    )
    .follows(OF_CERTIFICATE),
    Attribute::computed("subject", &Type::String, "Its subject.").follows(OF_CERTIFICATE),
    Attribute::computed("issuer", &Type::String, "Its issuer.").follows(OF_CERTIFICATE),
    Attribute::computed("serial_number", &Type::String, "Its serial number, in hexadecimal digits.")
        .follows(OF_CERTIFICATE),
    Attribute::computed(
        "user_principal_names",
        const { &Type::list(&Type::String) },
        "The user principal names among its subject alternative names.",
    )
    .follows(OF_CERTIFICATE),
    Attribute::computed("not_before", &Type::String, "When it becomes valid (RFC 3339, UTC).").follows(OF_CERTIFICATE),
    Attribute::computed("expires_on", &Type::String, "When it expires (RFC 3339, UTC).").follows(OF_CERTIFICATE),
])
.blocks(&[
    NestedBlock::single(
        "requirements",
        "What the certificate must satisfy. It is checked while Terraform plans and again before anything is \
         written; changing only this writes nothing.",
    )
    .attributes(&[
        Attribute::optional_computed(
            "min_days_remaining",
            &Type::Number,
            "Warn when the certificate expires in fewer days than this. Defaults to 30.",
        )
        .default(Default::Int(30))
        .check(&[Check::Between { min: 0, max: 3650 }]),
        Attribute::optional_computed(
            "client_authentication",
            &Type::Bool,
            "Demand that the certificate's extended key usages allow client authentication. Defaults to true.",
        )
        .default(Default::Bool(true)),
        Attribute::optional_computed(
            "on_unreadable",
            &Type::String,
            "What an apply does when the certificate cannot be read from the vault: `error`, or `warn` and leave the \
             certificate's attributes null. Defaults to `error`.",
        )
        .default(Default::Text("error"))
        .check(&[Check::OneOf(&["error", "warn"])]),
    ]),
    TIMEOUTS,
]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Model {
    id: Option<String>,
    environment_id: Option<String>,
    schema_name: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    key_vault_id: Option<String>,
    certificate_name: Option<String>,
    solution_unique_name: Option<String>,
    owner_id: Option<String>,
    secret_reference: Option<String>,
    active: Option<bool>,
    certificate_version: Option<String>,
    thumbprint: Option<String>,
    thumbprint_sha256: Option<String>,
    subject: Option<String>,
    issuer: Option<String>,
    serial_number: Option<String>,
    user_principal_names: Option<Vec<String>>,
    not_before: Option<String>,
    expires_on: Option<String>,
    requirements: Option<Requirements>,
    timeouts: Option<Timeouts>,
}

static LISTING: Schema = Schema::new(
    "Lists the environment variables of the type secret that point at Azure Key Vault. What else such a \
     secret may be than a certificate, the variable does not say.",
)
.attributes(&[listed::ENVIRONMENT_ID, NAME_PREFIX, CERTIFICATE_NAME, UNMANAGED_ONLY]);

impl Model {
    fn in_environment(environment_id: &str) -> Model {
        Model { environment_id: Some(environment_id.to_owned()), ..Model::default() }
    }

    /// The state of a variable that was found.
    fn of(environment_id: &str, definition: &Definition) -> Result<Model, Diagnostic> {
        let mut model = Model::in_environment(environment_id);
        model.take(definition)?;
        Ok(model)
    }

    fn vault(&self) -> Result<VaultId, Diagnostic> {
        vault_id(required(self.key_vault_id.as_ref(), "key_vault_id")?)
    }

    fn name(&self) -> Result<&str, Diagnostic> {
        required(self.certificate_name.as_ref(), "certificate_name")
    }

    fn requirements(&self) -> Requirements {
        self.requirements.clone().unwrap_or_default()
    }

    /// What the variable's value shall be.
    fn reference(&self) -> Result<String, Diagnostic> {
        Ok(secret_reference(required(self.key_vault_id.as_ref(), "key_vault_id")?, self.name()?))
    }

    /// Takes over what a vault says of the certificate.
    fn describe(&mut self, certificate: &Certificate) {
        let moment = |moment: OffsetDateTime| moment.format(&Rfc3339).ok();
        self.certificate_version = Some(certificate.version.clone());
        self.thumbprint = Some(certificate.thumbprint.clone());
        self.thumbprint_sha256 = Some(certificate.thumbprint_sha256.clone());
        self.subject = Some(certificate.subject.clone());
        self.issuer = Some(certificate.issuer.clone());
        self.serial_number = Some(certificate.serial_number.clone());
        self.user_principal_names = Some(certificate.user_principal_names.clone());
        self.not_before = moment(certificate.not_before);
        self.expires_on = moment(certificate.expires_on);
    }

    /// Takes over what Dataverse says of the rows.
    fn take(&mut self, definition: &Definition) -> Result<(), Diagnostic> {
        self.id = Some(definition.id.to_string());
        self.schema_name = Some(definition.schema_name.clone());
        self.display_name = definition.display_name.clone();
        self.description = definition.description.clone();
        self.owner_id = definition.owner_id.map(|id| id.to_string());
        self.active = Some(definition.active);
        self.secret_reference = single_value(definition)?;
        let (vault, name) = match self.secret_reference.as_deref().and_then(parse_reference) {
            Some((vault, name)) => (vault, name),
            // Without a value, or with one that is no reference, the configured vault stays: the reference itself is what drifted.
            None => return Ok(()),
        };
        self.key_vault_id = Some(vault.to_owned());
        self.certificate_name = Some(name.to_owned());
        Ok(())
    }
}

impl Resource for CertificateReference {
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
        let vault = plan.planned.at("key_vault_id").as_str().map(str::to_owned);
        let name = plan.planned.at("certificate_name").as_str().map(str::to_owned);
        if let (Some(vault), Some(name)) = (&vault, &name) {
            plan.set("secret_reference", secret_reference(vault, name).into());
        }
        if !cx.clients.is_known() {
            return Ok(());
        }
        if let (Some(vault), Some(name)) = (vault.as_deref().and_then(|id| VaultId::parse(id).ok()), name) {
            let repointed = plan.is_create() || OF_CERTIFICATE.iter().any(|name| plan.changes(name));
            check_while_planning(cx, plan, &vault, &name, repointed).await;
        }
        if plan.is_create()
            && let (Some(environment_id), Some(schema_name)) = (environment_id, plan.planned.at("schema_name").as_str())
            && let Ok(dataverse) = cx.clients.dataverse(&environment_id).await
            && let Ok(Some(definition)) = dataverse.definition_named(schema_name).await
        {
            let (what, id) = (described(&definition), definition.id.to_string());
            let warning = existing(&what, &environment_id, &id).warning();
            plan.tell(warning);
        }
        Ok(())
    }

    async fn create(&self, cx: &Context<Account>, mut planned: Model) -> Result<Model, Diagnostic> {
        let deadline = timeouts::create(planned.timeouts.as_ref());
        let environment_id = required(planned.environment_id.as_ref(), "environment_id")?.to_owned();
        let schema_name = required(planned.schema_name.as_ref(), "schema_name")?.to_owned();
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        refuse_existing(&dataverse, &environment_id, &schema_name).await?;
        let certificate =
            certificate_before_writing(cx, &planned.vault()?, planned.name()?, &planned.requirements(), deadline)
                .await?;

        let id = Uuid::new_v4();
        let mut changes = ChangeSet::new();
        if let Some(solution) = &planned.solution_unique_name {
            changes.solution(solution);
        }
        let mut definition = json!({
            "environmentvariabledefinitionid": id,
            "schemaname": schema_name,
            "displayname": planned.display_name.as_ref().unwrap_or(&schema_name),
            "type": SECRET,
            "secretstore": 0,
        });
        if let Some(description) = &planned.description {
            definition["description"] = description.as_str().into();
        }
        if let Some(owner) = &planned.owner_id {
            definition["ownerid@odata.bind"] = format!("/systemusers({})", guid(Some(owner), "owner_id")?).into();
        }
        changes.create("environmentvariabledefinitions", definition);
        changes.create("environmentvariablevalues", value_row(id, &schema_name, &planned.reference()?));

        planned.id = Some(id.to_string());
        let summary = format!("Cannot create the environment variable {schema_name}");
        if let Err(error) =
            secret_access::commit(cx, &dataverse, &changes, &planned.reference()?, deadline, &summary).await?
        {
            if error.is_duplicate() {
                refuse_existing(&dataverse, &environment_id, &schema_name).await?;
            }
            if !error.outcome_unknown() {
                return Err(explained(failed(&summary, &error), &error, "schema_name"));
            }
            // Only this call knows the id: whether the row is there says whether the write was carried out.
            match dataverse.definition(id).await {
                Ok(Some(_)) => {}
                Ok(None) => return Err(failed(&summary, &error)),
                Err(_) => {
                    cx.keep(&planned);
                    return Err(failed(&summary, &error));
                }
            }
        }
        planned.active = Some(true);
        planned.secret_reference = Some(planned.reference()?);
        match dataverse.definition(id).await {
            Ok(Some(definition)) => {
                let (vault, name) = (planned.key_vault_id.clone(), planned.certificate_name.clone());
                planned.take(&definition)?;
                (planned.key_vault_id, planned.certificate_name) = (vault, name);
            }
            Ok(None) | Err(_) => planned.display_name = planned.display_name.or(Some(schema_name)),
        }
        if let Some(certificate) = certificate {
            planned.describe(&certificate);
        }
        Ok(planned)
    }

    async fn read(&self, cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        timeouts::read(prior.timeouts.as_ref()).limit("Reading the environment variable", read(cx, prior)).await
    }

    async fn update(&self, cx: &Context<Account>, prior: Model, mut planned: Model) -> Result<Model, Diagnostic> {
        let deadline = timeouts::update(planned.timeouts.as_ref());
        let environment_id = required(planned.environment_id.as_ref(), "environment_id")?.to_owned();
        let id = guid(prior.id.as_ref(), "id")?;
        let repointed =
            planned.key_vault_id != prior.key_vault_id || planned.certificate_name != prior.certificate_name;
        let reference = planned.reference()?;
        let certificate = if repointed {
            certificate_before_writing(cx, &planned.vault()?, planned.name()?, &planned.requirements(), deadline)
                .await?
        } else {
            None
        };

        let mut row = serde_json::Map::new();
        let mut put = |name: &str, before: &Option<String>, after: &Option<String>| {
            if before != after && after.is_some() {
                row.insert(name.to_owned(), json!(after));
            }
        };
        put("displayname", &prior.display_name, &planned.display_name);
        put("description", &prior.description, &planned.description);
        if planned.owner_id.is_some() && planned.owner_id != prior.owner_id {
            let bind = format!("/systemusers({})", guid(planned.owner_id.as_ref(), "owner_id")?);
            row.insert("ownerid@odata.bind".to_owned(), bind.into());
        }
        if prior.active == Some(false) {
            row.insert("statecode".to_owned(), 0.into());
            row.insert("statuscode".to_owned(), 1.into());
        }
        let mut changes = ChangeSet::new();
        if !row.is_empty() {
            changes.update("environmentvariabledefinitions", id, row.into());
        }
        let rewritten = prior.secret_reference.as_deref() != Some(reference.as_str());
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        let summary =
            format!("Cannot change the environment variable {}", prior.schema_name.as_deref().unwrap_or_default());
        if rewritten {
            let definition =
                dataverse.definition(id).await.map_err(|error| failed(&summary, &error))?.ok_or_else(|| {
                    Diagnostic::error(&*summary, "It is gone.")
                        .hint("Run terraform apply again: it will be planned for creation.")
                })?;
            match definition.values.first() {
                Some(value) => changes.update("environmentvariablevalues", value.id, json!({ "value": reference })),
                None => changes.create("environmentvariablevalues", value_row(id, &definition.schema_name, &reference)),
            }
        }
        if !changes.is_empty()
            && let Err(error) = secret_access::commit(cx, &dataverse, &changes, &reference, deadline, &summary).await?
        {
            if error.outcome_unknown()
                && let Ok(Some(definition)) = dataverse.definition(id).await
            {
                let mut now = prior;
                now.take(&definition)?;
                cx.keep(&now);
            }
            return Err(explained(failed(&summary, &error), &error, "schema_name"));
        }
        planned.secret_reference = Some(reference);
        if let Some(certificate) = certificate {
            planned.describe(&certificate);
        }
        Ok(planned)
    }

    async fn delete(&self, cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
        timeouts::delete(prior.timeouts.as_ref()).limit("Deleting the environment variable", delete(cx, prior)).await
    }

    async fn import(&self, cx: &Context<Account>, what: Import<'_>) -> Result<Model, Diagnostic> {
        let target = Target::of(cx, what, "schema name")?;
        let dataverse = cx.clients.dataverse(&target.environment_id).await?;
        let found = match target.row()? {
            Some(id) => dataverse.definition(id).await,
            None => dataverse.definition_named(&target.what).await,
        };
        let found = found.map_err(|error| failed("Cannot look up the environment variable", &error))?;
        let hint = "Give its schema name, or the id of its definition.";
        let definition =
            target.single(found.into_iter().collect(), "environment variable", hint, |one| one.id.to_string())?;
        refuse_other_kind(&definition)?;
        let model = Model::of(&target.environment_id, &definition)?;
        if model.secret_reference.is_some() && model.key_vault_id.is_none() {
            let value = model.secret_reference.as_deref().unwrap_or_default();
            cx.tell(Diagnostic::warning(
                "The environment variable's value is no reference to a vault",
                format!("It is {value:?}. The next apply points it at the configured certificate."),
            ));
        }
        Ok(model)
    }

    async fn list(&self, cx: &Context<Account>, query: &Query, hits: &Hits) -> Result<(), Diagnostic> {
        let wanted: Wanted = query.model()?;
        let environment_id = environment(cx, wanted.environment_id.clone())?;
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        let mut pages = dataverse.references(&wanted.filter());
        while let Some(page) =
            pages.next().await.map_err(|error| failed("Cannot list the environment variables", &error))?
        {
            let is_wanted = |definition: &Definition| {
                wanted.certificate_name.as_deref().is_none_or(|name| points_at(definition, name))
            };
            let found = page.into_iter().filter(is_wanted).map(async |definition| {
                let mut model = Model::of(&environment_id, &definition).or_else(|several| {
                    cx.tell(several.as_warning());
                    Ok(Model { id: Some(definition.id.to_string()), ..Model::in_environment(&environment_id) })
                })?;
                if query.include_resource
                    && let (Ok(vault), Ok(name)) = (model.vault(), model.name())
                    && let Ok(certificate) = cx.clients.seen_certificate(&vault, name).await?
                {
                    model.describe(&certificate);
                }
                Ok::<_, Diagnostic>((definition.schema_name, model))
            });
            if listed::tell(hits, found).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

async fn read(cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
    let environment_id = required(prior.environment_id.as_ref(), "environment_id")?.to_owned();
    let id = guid(prior.id.as_ref(), "id")?;
    let dataverse = cx.clients.dataverse(&environment_id).await?;
    let found = dataverse.definition(id).await;
    let found = found.map_err(|error| failed(&format!("Cannot read the environment variable {id}"), &error))?;
    let Some(definition) = found else { return Ok(None) };
    refuse_other_kind(&definition)?;
    let mut model = prior;
    model.take(&definition)?;
    let (Ok(vault), Ok(name)) = (model.vault(), model.name()) else { return Ok(Some(model)) };
    match cx.clients.certificate(&vault, name).await? {
        Ok(certificate) => model.describe(&certificate),
        Err(error) => {
            let caller = caller(cx, &error).await;
            let unreadable = certificate_check::unreadable(&vault, name, &error, &caller).as_warning();
            cx.tell(Diagnostic {
                detail: format!("{} What was known of the certificate stays as it was.", unreadable.detail),
                ..unreadable
            });
        }
    }
    Ok(Some(model))
}

async fn delete(cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
    let environment_id = required(prior.environment_id.as_ref(), "environment_id")?;
    let id = guid(prior.id.as_ref(), "id")?;
    let name = prior.schema_name.as_deref().unwrap_or_default();
    let summary = format!("Cannot delete the environment variable {name}");
    let dataverse = cx.clients.dataverse(environment_id).await?;
    let users = dataverse.credentials_using(id).await.map_err(|error| failed(&summary, &error))?;
    if let Some(user) = users.first() {
        let others = if users.len() > 1 { format!(" and {} more", users.len() - 1) } else { String::new() };
        let detail = format!(
            "The credential {:?} ({}){others} still points at it. Deleting the variable would leave a credential that \
             points at nothing.",
            user.name, user.id
        );
        return Err(Diagnostic::error(summary, detail).hint("Remove the credential first, or point it elsewhere."));
    }
    let Some(definition) = dataverse.definition(id).await.map_err(|error| failed(&summary, &error))? else {
        return Ok(());
    };
    let mut changes = ChangeSet::new();
    if definition.managed {
        definition.values.iter().for_each(|value| changes.delete("environmentvariablevalues", value.id));
        cx.tell(Diagnostic::warning(
            format!("The environment variable {name} stays"),
            "It came with a managed solution, which alone can remove it. Its value was deleted.",
        ));
    } else {
        changes.delete("environmentvariabledefinitions", id);
    }
    if changes.is_empty() {
        return Ok(());
    }
    match dataverse.commit(&changes).await {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) if error.outcome_unknown() && matches!(dataverse.definition(id).await, Ok(None)) => Ok(()),
        other => other.map_err(|error| failed(&summary, &error)),
    }
}

async fn refuse_existing(dataverse: &Dataverse, environment_id: &str, schema_name: &str) -> Result<(), Diagnostic> {
    let found = dataverse.definition_named(schema_name).await;
    let found = found.map_err(|error| failed("Cannot look up the environment variable", &error))?;
    found.map_or(Ok(()), |definition| {
        Err(existing(&described(&definition), environment_id, &definition.id.to_string()).error())
    })
}

fn existing<'a>(what: &'a str, environment_id: &'a str, id: &'a str) -> Existing<'a> {
    Existing { resource: NAME, what, attribute: "schema_name", environment_id, id }
}

fn described(definition: &Definition) -> String {
    format!("environment variable {:?}", definition.schema_name)
}

fn vault_id(text: &str) -> Result<VaultId, Diagnostic> {
    VaultId::parse(text)
        .map_err(|what| Diagnostic::error("Invalid value for key_vault_id", what).at(Path::attribute("key_vault_id")))
}

fn is_vault_id(text: &str) -> Result<(), String> {
    VaultId::parse(text).map(drop)
}

const CERTIFICATE_NAME_WORDS: &str = "consist of letters, digits and hyphens";

fn is_certificate_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}
