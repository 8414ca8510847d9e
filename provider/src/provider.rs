//! The provider block, and the one list of what there is.

use std::time::Duration;

use serde::Deserialize;
use tfplugin::action::{AnyAction, action};
use tfplugin::{AnyResource, Attribute, Check, Diagnostic, Function, Known, Provider, Rule, Schema, Type, Value};
use tfplugin::{resource, view};
use url::Url;

use crate::account::Account;
use crate::account::roles::Roles;
use crate::actions::verify_connection::VerifyConnection;
use crate::clients::Clients;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::secret::Secret;
use crate::failure::failed;
use crate::functions::FUNCTIONS;
use crate::object::environment::is_environment_id;
use crate::object::timeouts::{is_patience, patience};
use crate::resources::cba_credential::CbaCredential;
use crate::resources::certificate_reference::CertificateReference;
use crate::resources::desktop_flow_connection::DesktopFlowConnection;
use crate::sign_in::{Given, Refusal, choose, file, variable};

/// The provider `powerautomate`.
#[derive(Debug, Clone, Copy)]
pub struct PowerAutomate;

/// How long Microsoft says that roles take to arrive.
const ROLES_TAKE: Duration = Duration::from_secs(600);

const SCHEMA: &Schema = &Schema::new(
    "Declares certificate-based sign-in of Power Automate desktop flows: a certificate in Azure Key Vault, a \
     credential in Dataverse that points at it, and a desktop flow connection that uses the credential on a \
     machine group.",
)
.attributes(&[
    Attribute::optional(
        "environment_id",
        &Type::String,
        "The Power Platform environment of every resource that does not name its own, for example \
         `00000000-0000-0000-0000-000000000000` or `Default-00000000-0000-0000-0000-000000000000`.",
    )
    .check(&[Check::Format(is_environment_id)]),
    Attribute::optional(
        "dataverse_url",
        &Type::String,
        "The address of the Dataverse organization of `environment_id`, for example \
         `https://contoso.crm4.dynamics.com`. When it is left out, it is asked of the environments API, which a \
         service principal may do only when it is registered as an admin management application. Environments \
         other than `environment_id` are always asked for.",
    )
    .check(&[Check::Url]),
    Attribute::optional(
        "tenant_id",
        &Type::String,
        "The Microsoft Entra tenant to sign in to, by its id or a domain, 1 to 255 characters.",
    )
    .check(&[Check::Length { min: 1, max: 255 }]),
    Attribute::optional(
        "client_id",
        &Type::String,
        "The application (client) id, a GUID, of the service principal to sign in as.",
    )
    .check(&[Check::Uuid]),
    Attribute::optional(
        "client_id_file_path",
        &Type::String,
        "The path of a file that holds the client id, instead of `client_id`.",
    ),
    Attribute::optional(
        "client_secret",
        &Type::String,
        "The secret of the service principal, 1 to 1,000 characters. The \
         value of a plain variable becomes part of every plan file: prefer the environment variable, or an \
         ephemeral variable.",
    )
    .sensitive()
    .check(&[Check::Length { min: 1, max: 1000 }]),
    Attribute::optional(
        "client_secret_file_path",
        &Type::String,
        "The path of a file that holds the client secret, instead of `client_secret`. It is read whenever Terraform configures the provider.",
    ),
    Attribute::optional(
        "use_cli",
        &Type::Bool,
        "Sign in as the user of the Azure CLI (`az login`). When it is left out, the Azure CLI is used if no \
         client secret is given.",
    ),
    Attribute::optional(
        "role_propagation_timeout",
        &Type::String,
        "How long an apply waits for a role on a key vault that was assigned a moment ago, as a duration such as `90s` or `10m`, at most \
         `24h`; `0s` for not at all. It is waited once for each vault and kind of right, whatever the number of resources, and no longer \
         than the resource's own `timeouts` allow. Defaults to `10m`.",
    )
    .check(&[Check::Format(is_patience)]),
])
.rules(&[Rule::Requires("dataverse_url", &["environment_id"])]);

impl Provider for PowerAutomate {
    type Clients = Account;
    const NAME: &'static str = "powerautomate";
    const SCHEMA: &'static Schema = SCHEMA;

    fn resources(&self) -> Vec<Box<dyn AnyResource<Account>>> {
        vec![resource(CertificateReference), resource(CbaCredential), resource(DesktopFlowConnection)]
    }

    fn actions(&self) -> Vec<Box<dyn AnyAction<Account>>> {
        vec![action(VerifyConnection)]
    }

    fn functions(&self) -> &'static [Function] {
        FUNCTIONS
    }

    fn configure(&self, config: &Value, terraform_version: &str) -> Result<(Account, Vec<Diagnostic>), Diagnostic> {
        let config: Config = view(config)?;
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = format!("terraform-provider-powerautomate/{version} Terraform/{terraform_version}");
        let clients = match config.unknown() {
            Some(argument) => Err(argument),
            None => {
                let settings = choose(config.given(), user_agent, &variable, &file).map_err(refused)?;
                Ok(Clients::new(settings).map_err(|error| failed("The provider can reach nothing", &error))?)
            }
        };
        let roles = Roles::new(config.patience());
        Ok((Account::new(clients, config.environment_id, config.dataverse_url, roles), Vec::new()))
    }
}

/// The provider block.
#[derive(Deserialize)]
struct Config {
    environment_id: Known<EnvironmentId>,
    dataverse_url: Known<Url>,
    tenant_id: Known<String>,
    client_id: Known<String>,
    client_id_file_path: Known<String>,
    client_secret: Known<Secret>,
    client_secret_file_path: Known<String>,
    use_cli: Known<bool>,
    role_propagation_timeout: Known<String>,
}

impl Config {
    /// The first argument of the sign-in that only the apply will know.
    fn unknown(&self) -> Option<&'static str> {
        let unknown = [
            ("tenant_id", self.tenant_id.is_unknown()),
            ("client_id", self.client_id.is_unknown()),
            ("client_id_file_path", self.client_id_file_path.is_unknown()),
            ("client_secret", self.client_secret.is_unknown()),
            ("client_secret_file_path", self.client_secret_file_path.is_unknown()),
            ("use_cli", self.use_cli.is_unknown()),
        ];
        unknown.into_iter().find(|(_, is_unknown)| *is_unknown).map(|(argument, _)| argument)
    }

    /// How long roles are waited for. Nothing waits while Terraform plans, when this may not be known yet.
    fn patience(&self) -> Duration {
        let configured = self.role_propagation_timeout.known().and_then(|text| patience(text).ok());
        configured.unwrap_or(ROLES_TAKE)
    }

    fn given(&self) -> Given {
        Given {
            tenant_id: self.tenant_id.known().cloned(),
            client_id: self.client_id.known().cloned(),
            client_id_file_path: self.client_id_file_path.known().cloned(),
            client_secret: self.client_secret.known().cloned(),
            client_secret_file_path: self.client_secret_file_path.known().cloned(),
            use_cli: self.use_cli.known().copied(),
        }
    }
}

fn refused(Refusal { argument, what, why, remedy }: Refusal) -> Diagnostic {
    let refused = Diagnostic::error(what, why).hint(remedy);
    argument.into_iter().fold(refused, Diagnostic::on)
}
