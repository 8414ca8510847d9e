//! What a certificate reference is made of: the schema, and the structs with its fields.

use serde::{Deserialize, Serialize};
use tfplugin::{Attribute, Check, Diagnostic, Known, Schema, Type};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::kept::InState;
use super::requirements::{Block, REQUIREMENTS};
use crate::clients::dataverse::Table as _;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::key_vault::{Certificate, VaultId};
use crate::object::variable::single_value;
use crate::object::{
    ACTIVE, CERTIFICATE_NAME, ENVIRONMENT_ID, MANAGED, NAME_PREFIX, OWNER_ID, Operation, SCHEMA_NAME_FORM,
    SOLUTION_UNIQUE_NAME, SecretReference, TIMEOUTS, Timeouts, UNMANAGED_ONLY, UniqueName, WHERE_TO_LOOK, blank,
    described, description, is_schema_name, object, same_resource_id, same_text,
};

/// The type's name.
pub(super) const NAME: &str = "powerautomate_key_vault_certificate_reference";

/// The name that the server keeps unique.
pub(super) const UNIQUE: UniqueName = UniqueName { resource: NAME, attribute: "schema_name" };

/// What follows the vault and the name of the certificate in it.
pub(super) const OF_CERTIFICATE: &[&str] = &["key_vault_id", "certificate_name"];

/// The schema of the resource.
pub(super) const SCHEMA: &Schema = &Schema::new(
    "A *secret* environment variable of Dataverse that points at a certificate in Azure Key Vault, and what \
     is known of that certificate. Only the public certificate is read; its private key never is.\n\n\
     The signed-in principal and Dataverse itself (application id `00000007-0000-0000-c000-000000000000`) \
     need the role *Key Vault Secrets User* on the vault: Dataverse checks it whenever the value is written. \
     To read the certificate, the signed-in principal needs *Key Vault Reader* or *Key Vault Certificate \
     User* (in a vault with access policies, the certificate permission *get*; *list* beside it makes a refresh of many cheap). A role \
     that was assigned a moment ago is waited for, as long as the provider's \
     `role_propagation_timeout` says.\n\n\
     A plan reads the certificate and judges it, but shows the attributes of the certificate as known after the apply: it may be \
     rotated between the two, and that must not break the plan that was approved. A rotation that changes the user principal names is told \
     by the refresh that sees it.\n\n\
     Where the vault's certificates may be listed, a refresh of more than one certificate reads the list, 25 a page, and only those whose \
     thumbprint is another one than before. Content type and policy are those of when the certificate was read: a policy that is changed \
     without a new version is seen with the next one.",
)
.attributes(&[
    Attribute::computed("id", &Type::String, "The id of the environment variable definition."),
    ENVIRONMENT_ID,
    Attribute::required(
        "schema_name",
        &Type::String,
        "The unique name of the environment variable, 1 to 100 characters: a publisher's prefix (2 to 8 letters and digits, a letter \
         first), an underscore and a name of letters, digits and underscores, for example `cto_robot_certificate`. \
         A change replaces the resource.",
    )
    .check(&[Check::Length { min: 1, max: 100 }, Check::Pattern { test: is_schema_name, words: SCHEMA_NAME_FORM }])
    .replaces(),
    Attribute::optional_computed(
        "display_name",
        &Type::String,
        "The name that people see, 1 to 100 characters. When it is left out, a new variable is shown under its \
         schema name, and an existing one keeps its name.",
    )
    .check(&[Check::Length { min: 1, max: 100 }]),
    description(
        "A description, at most 2,000 characters. Left out, an existing one is cleared, unless the variable came with a managed \
         solution. An empty one is none.",
        &[Check::Length { min: 0, max: 2000 }],
    ),
    Attribute::required(
        "key_vault_id",
        &Type::String,
        "The Azure resource id of the vault: \
         `/subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/…`. It must belong to the tenant \
         of the environment. It is changed in place.",
    )
    .form(&[Check::Format(is_vault_id)])
    .same(same_resource_id),
    Attribute::required(
        "certificate_name",
        &Type::String,
        "The name of the certificate in the vault: 1 to 127 letters, digits and hyphens. It is changed in place.",
    )
    .check(&[Check::Length { min: 1, max: 127 }])
    .form(&[Check::Pattern { test: is_certificate_name, words: CERTIFICATE_NAME_FORM }])
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
    MANAGED,
    Attribute::computed(
        "certificate_version",
        &Type::String,
        "The current version of the certificate. A new version of the very same certificate may show only once the certificate is read \
         again.",
    )
    .follows(OF_CERTIFICATE),
    Attribute::computed(
        "certificate_pem",
        &Type::String,
        "The certificate in PEM, as the function `certificate_user_id` takes it. It is the public certificate alone. Null when it could \
         not be read.",
    )
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
.blocks(&[REQUIREMENTS, TIMEOUTS]);

/// What a `list` block may ask for.
pub(super) const LISTING: &Schema = &Schema::new(
    "Lists the environment variables of the type secret that point at Azure Key Vault. What else such a secret may be than a \
     certificate, the variable does not say. No vault is asked: what is known of a certificate is null in a list, and comes when the \
     reference is imported.\n\n\
     What is generated of a credential names its reference by the id, which gives Terraform no order: write \
     `powerautomate_key_vault_certificate_reference.NAME.id` there before both are removed at once. Of many robots, \
     `terraform destroy -parallelism=200` removes all at the same time, and needs no order.",
)
.attributes(&[WHERE_TO_LOOK, NAME_PREFIX, CERTIFICATE_NAME, UNMANAGED_ONLY]);

/// The state: the fields of the schema.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(super) id: Option<Uuid>,
    pub(super) environment_id: EnvironmentId,
    pub(super) schema_name: String,
    pub(super) display_name: Option<String>,
    pub(super) description: Option<String>,
    /// Vault and name are null in the state of a variable that has no value, or one that is no reference.
    pub(super) key_vault_id: Option<VaultId>,
    pub(super) certificate_name: Option<String>,
    pub(super) solution_unique_name: Option<String>,
    pub(super) owner_id: Option<Uuid>,
    pub(super) secret_reference: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) managed: Option<bool>,
    pub(super) certificate_version: Option<String>,
    pub(super) certificate_pem: Option<String>,
    pub(super) thumbprint: Option<String>,
    pub(super) thumbprint_sha256: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) user_principal_names: Option<Vec<String>>,
    pub(super) not_before: Option<String>,
    pub(super) expires_on: Option<String>,
    pub(super) requirements: Option<Block>,
    pub(super) timeouts: Option<Timeouts>,
}

object!(Model, Definition::ROW, |model| model.schema_name.clone());

impl Model {
    /// What the variable's value shall be.
    pub(super) fn reference(&self, op: &Operation<'_>) -> Result<SecretReference, Diagnostic> {
        let vault = op.required(&self.key_vault_id, "key_vault_id")?.clone();
        Ok(SecretReference { vault, certificate: op.required(&self.certificate_name, "certificate_name")?.clone() })
    }

    /// The state of a variable of which nothing was known before.
    pub(super) fn found(environment_id: &EnvironmentId, definition: &Definition) -> Result<Model, Diagnostic> {
        Model::of(definition, blank(environment_id, &[("schema_name", &definition.schema_name)]))
    }

    /// The state of a variable; what Dataverse does not say of it is as it was before.
    pub(super) fn of(definition: &Definition, before: Model) -> Result<Model, Diagnostic> {
        let mut model = Model {
            id: Some(definition.id),
            schema_name: definition.schema_name.clone(),
            display_name: definition.display_name.clone(),
            description: described(definition.description.as_deref(), before.description),
            owner_id: definition.owner_id,
            active: Some(definition.active),
            managed: Some(definition.managed),
            secret_reference: single_value(definition)?.map(str::to_owned),
            ..before
        };
        // Without a value, or with one that is no reference, the configured vault stays: the reference itself is what drifted.
        if let Some(reference) = SecretReference::of(definition) {
            (model.key_vault_id, model.certificate_name) = (Some(reference.vault), Some(reference.certificate));
        }
        Ok(model)
    }

    /// By what its certificate is known again.
    pub(super) fn of_certificate(&self) -> InState<'_> {
        (self.certificate_version.as_ref(), self.certificate_pem.as_ref(), self.thumbprint.as_ref())
    }

    /// Takes over what a vault says of the certificate.
    pub(super) fn describe(&mut self, certificate: &Certificate) {
        let moment = |moment: OffsetDateTime| moment.format(&Rfc3339).ok();
        self.certificate_version = Some(certificate.version.clone());
        self.certificate_pem = Some(certificate.pem.clone());
        self.thumbprint = Some(certificate.thumbprint.clone());
        self.thumbprint_sha256 = Some(certificate.thumbprint_sha256.clone());
        self.subject = Some(certificate.subject.clone());
        self.issuer = Some(certificate.issuer.clone());
        self.serial_number = Some(certificate.serial_number.clone());
        self.user_principal_names = Some(certificate.user_principal_names.clone());
        self.not_before = moment(certificate.not_before);
        self.expires_on = moment(certificate.expires_on);
    }
}

/// What the plan hook reads of a plan.
#[derive(Deserialize)]
pub(super) struct View {
    pub(super) id: Known<Uuid>,
    pub(super) schema_name: Known<String>,
    pub(super) key_vault_id: Known<VaultId>,
    pub(super) certificate_name: Known<String>,
    pub(super) certificate_version: Known<String>,
    pub(super) certificate_pem: Known<String>,
    pub(super) thumbprint: Known<String>,
    pub(super) requirements: Known<Block>,
}

impl View {
    /// By what the certificate of the state is known again, of a reference that stays as it is.
    pub(super) fn of_certificate(&self) -> InState<'_> {
        (self.certificate_version.known(), self.certificate_pem.known(), self.thumbprint.known())
    }
}

fn is_vault_id(text: &str) -> Result<(), String> {
    VaultId::parse(text).map(drop)
}

const CERTIFICATE_NAME_FORM: &str = "consist of letters, digits and hyphens";

fn is_certificate_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}
