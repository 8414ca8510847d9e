//! What a credential is made of: the schema, and the structs with its fields.

use serde::{Deserialize, Serialize};
use tfplugin::{Attribute, Check, Diagnostic, Known, Rule, Schema, Type};
use uuid::Uuid;

use super::mark::{is_ours, is_ours_to_change};
use crate::clients::dataverse::Table as _;
use crate::clients::dataverse::credential::Credential;
use crate::clients::dataverse::environment_variable::{Definition, MAX_SCHEMA_NAME};
use crate::clients::environment_id::EnvironmentId;
use crate::object::variable::text;
use crate::object::{
    ACTIVE, CERTIFICATE_NAME, ENVIRONMENT_ID, MANAGED, NAME_PREFIX, OWNER_ID, SCHEMA_NAME_FORM, SOLUTION_UNIQUE_NAME,
    TIMEOUTS, Timeouts, UNMANAGED_ONLY, WHERE_TO_LOOK, blank, described, description, is_schema_name, object, same_id,
};

/// The type's name.
pub(super) const NAME: &str = "powerautomate_cba_credential";

/// The schema of the resource.
pub(super) const SCHEMA: &Schema = &Schema::new(
    "A credential of Power Automate that signs in to Windows with a certificate (CBA): its certificate is a \
     certificate reference, its user name an environment variable. Both the credential and the variables must \
     be shared with whoever uses them in a connection. While a connection uses it, a credential is not removed; \
     it may be replaced. Where the connection gets another one, apply that first (`terraform apply -target=ADDRESS`), and then remove it.",
)
.attributes(&[
    Attribute::computed("id", &Type::String, "The id of the credential."),
    ENVIRONMENT_ID,
    Attribute::required("name", &Type::String, "The name, 1 to 100 characters. It need not be unique.")
        .check(&[Check::Length { min: 1, max: 100 }]),
    description(
        "A description, at most 100,000 characters. Left out, an existing one is cleared, unless the credential came with a managed \
         solution. An empty one is none.",
        &[Check::Length { min: 0, max: 100_000 }],
    ),
    Attribute::optional_computed(
        "username",
        &Type::String,
        "The user that signs in to Windows, for example `robot@contoso.com`, 1 to 2,000 characters. It is the \
         value of an environment variable that comes and goes with this resource, and is changed in place. \
         `username` or `username_variable_id` must be set. Both may be, if the variable holds this user name.",
    )
    .check(&[Check::Length { min: 1, max: 2000 }])
    .follows(&["username_variable_id"]),
    Attribute::optional_computed(
        "username_variable_id",
        &Type::String,
        "The id of an existing text environment variable that holds the user name. It is never changed here, and \
         deleted only as what a credential of this provider has left behind that is gone, when nobody else uses it. \
         It may also name the credential's own variable, which comes and goes with this resource and cannot outlive it. \
         Another one replaces the resource.",
    )
    .form(&[Check::Uuid])
    .same(same_id)
    .replaces(),
    Attribute::optional_computed(
        "username_schema_name",
        &Type::String,
        "The unique name of the environment variable that is made for `username`, 1 to 100 characters: a publisher's prefix (2 to 8 \
         letters and digits, a letter first), an underscore and a name of letters, digits and underscores. When it \
         is left out, it is the schema name of the certificate reference and `_username`. Beside \
         `username_variable_id` it must be the name of that variable. A change replaces the resource.",
    )
    .check(&[
        Check::Length { min: 1, max: MAX_SCHEMA_NAME },
        Check::Pattern { test: is_schema_name, words: SCHEMA_NAME_FORM },
    ])
    .follows(&["username_variable_id", "certificate_reference_id"])
    .replaces(),
    Attribute::computed(
        "username_variable_managed",
        &Type::Bool,
        "Whether the variable of the user name is the credential's own, which comes and goes with it.",
    )
    .follows(&["username_variable_id"]),
    Attribute::required(
        "certificate_reference_id",
        &Type::String,
        "The id of a `powerautomate_key_vault_certificate_reference`, or of another environment variable of the \
         type secret. The service does not let it be changed: another one replaces the resource.",
    )
    .form(&[Check::Uuid])
    .same(same_id)
    .replaces(),
    SOLUTION_UNIQUE_NAME,
    OWNER_ID,
    ACTIVE,
    MANAGED,
])
.blocks(&[TIMEOUTS])
.rules(&[Rule::AtLeastOneOf(&["username", "username_variable_id"])]);

/// What a `list` block may ask for.
pub(super) const LISTING: &Schema = &Schema::new(
    "Lists the credentials that sign in with a certificate.\n\n\
     What is generated names the certificate reference by its id, which gives Terraform no order: write \
     `certificate_reference_id = powerautomate_key_vault_certificate_reference.NAME.id` before both are removed at once. Of many robots, \
     `terraform destroy -parallelism=200` removes all at the same time, and needs no order.",
)
.attributes(&[WHERE_TO_LOOK, NAME_PREFIX, CERTIFICATE_NAME, UNMANAGED_ONLY]);

/// The state: the fields of the schema.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(super) id: Option<Uuid>,
    pub(super) environment_id: EnvironmentId,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) username: Option<String>,
    pub(super) username_variable_id: Option<Uuid>,
    pub(super) username_schema_name: Option<String>,
    pub(super) username_variable_managed: Option<bool>,
    /// Null in the state of a credential whose certificate somebody took away.
    pub(super) certificate_reference_id: Option<Uuid>,
    pub(super) solution_unique_name: Option<String>,
    pub(super) owner_id: Option<Uuid>,
    pub(super) active: Option<bool>,
    pub(super) managed: Option<bool>,
    pub(super) timeouts: Option<Timeouts>,
}

object!(Model, Credential::ROW, |model| model.name.clone());

impl Model {
    /// The state of a credential of which nothing was known before.
    pub(super) fn found(
        environment_id: &EnvironmentId,
        credential: &Credential,
        variable: Option<&Definition>,
    ) -> Result<Model, Diagnostic> {
        Model::of(credential, variable, blank(environment_id, &[("name", &credential.name)]))
    }

    /// The state of a credential and of the variable that holds its user name; what Dataverse does not say is as it was before.
    pub(super) fn of(
        credential: &Credential,
        variable: Option<&Definition>,
        before: Model,
    ) -> Result<Model, Diagnostic> {
        // An inactive user name is an inactive credential, where it is the provider's to mend.
        let own = variable.filter(|variable| is_ours_to_change(variable, credential.id));
        Ok(Model {
            id: Some(credential.id),
            name: credential.name.clone(),
            description: described(credential.description.as_deref(), before.description),
            certificate_reference_id: credential.certificate_id,
            owner_id: credential.owner_id,
            active: Some(credential.active && own.is_none_or(|variable| variable.active)),
            managed: Some(credential.managed),
            username_variable_id: variable.map(|variable| variable.id),
            username_schema_name: variable.map(|variable| variable.schema_name.clone()),
            username_variable_managed: variable.map(|variable| is_ours(variable, credential.id)),
            username: variable.map(text).transpose()?.flatten(),
            ..before
        })
    }
}

/// What the plan hook reads of a configuration, a prior state, or a plan.
#[derive(Deserialize)]
pub(super) struct View {
    pub(super) id: Known<Uuid>,
    pub(super) name: Known<String>,
    pub(super) username: Known<String>,
    pub(super) username_variable_id: Known<Uuid>,
    pub(super) username_schema_name: Known<String>,
    pub(super) username_variable_managed: Known<bool>,
    pub(super) certificate_reference_id: Known<Uuid>,
}
