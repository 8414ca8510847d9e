//! The provider block, and the one list of what there is.

use std::time::Duration;

use serde::Deserialize;
use tfplugin::action::{AnyAction, action};
use tfplugin::{
    AnyResource, Attribute, Check, Diagnostic, Function, Known, NestedBlock, Path, Provider, Rule, Schema, Type, Value,
};
use tfplugin::{resource, view};
use url::Url;

use crate::account::Account;
use crate::account::roles::Roles;
use crate::actions::verify_connection::VerifyConnection;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::{Clients, Settings, reach};
use crate::failure::failed;
use crate::functions::FUNCTIONS;
use crate::network::{self, Wanted};
use crate::object::environment::is_environment_id;
use crate::object::timeouts::{is_patience, patience};
use crate::resources::cba_credential::CbaCredential;
use crate::resources::certificate_reference::CertificateReference;
use crate::resources::desktop_flow_connection::DesktopFlowConnection;
use crate::sign_in::cloud::{CLOUD, ENDPOINTS};
use crate::sign_in::settings::with_sign_in;
use crate::sign_in::{KEY_VAULT, Refusal, Surroundings, choose, file, variable};

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
.attributes(with_sign_in![
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
         `https://contoso.crm4.dynamics.com`. When it is left out, it is asked of Power Platform, which tells it to a service principal that is \
         registered as an admin management application or has a Power Platform role. Whoever makes connections needs one of the two even so. \
         Environments other than `environment_id` are always asked for.",
    )
    .check(&[Check::Url]),
    CLOUD.attribute,
    Attribute::optional(
        "role_propagation_timeout",
        &Type::String,
        "How long an apply waits for a role on a key vault that was assigned a moment ago, as a duration such as `90s` or `10m`, at most \
         `24h`; `0s` for not at all. It is waited once for each vault and kind of right, whatever the number of resources, and no longer \
         than the resource's own `timeouts` allow. Defaults to `10m`.",
    )
    .check(&[Check::Format(is_patience)]),
    Attribute::optional(
        "ca_certificate_path",
        &Type::String,
        "The path of a PEM file with certificate authorities that are trusted besides the system's, for example the one of a proxy that \
         inspects TLS. Where the variable `SSL_CERT_FILE` names a file, its authorities take the place of the system's, and these are \
         trusted beside them. It is a regular file of at most 16 MiB, and read whenever Terraform configures the provider.",
    ),
    Attribute::optional(
        "max_retries",
        &Type::Number,
        "How often a request is sent again at the most, a whole number from 0 to 10, when the service was too busy, or when the \
         connection or the service failed in passing; a write only when it does the same however often it arrives, or was not carried \
         out for sure. The waits between grow from half a second, and no request is sent again later than two minutes after it was sent \
         first. Where a service says when it wants to be asked again, every request to it waits until then, as long as the `timeouts` of \
         its resource allow, and one that was not refused itself loses no try by that. Defaults to 4.",
    )
    .check(&[Check::Between { min: 0, max: 10 }]),
])
.blocks(&[ENDPOINTS, NestedBlock::single(
    KEY_VAULT,
    "Who reads the vaults, where it is somebody else than who writes to Power Platform. What chooses who signs in stands in this block, and \
     no environment variable stands in for it; the tenant is the provider's unless the block names its own, and what a job or a machine \
     knows of itself (`oidc_request_url`, `oidc_token_file_path`, `msi_endpoint` and their like) comes from the same variables.",
)
.attributes(with_sign_in![])])
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

    fn configure(&self, block: &Value, terraform_version: &str) -> Result<(Account, Vec<Diagnostic>), Diagnostic> {
        let config: Config = view(block)?;
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = format!("terraform-provider-powerautomate/{version} Terraform/{terraform_version}");
        let surroundings = Surroundings { variable: &variable, file: &file };
        let settings = choose(block, user_agent, surroundings).map_err(refused)?;
        let doubts = |settings: &Settings| {
            let cloud = settings.cloud.lacks_credentials.then(|| not_offered(settings.cloud.name));
            cloud.into_iter().chain(settings.put_aside.map(put_aside)).collect()
        };
        let warnings = settings.as_ref().map(doubts).unwrap_or_default();
        let network = network::choose(&config.network(), &variable, &|path| reach::file(path)).map_err(refused)?;
        let unreachable = |error| failed("The provider can reach nothing", &error);
        let clients = match settings {
            Ok(_) if config.ca_certificate_path.is_unknown() => Err("ca_certificate_path"),
            Ok(settings) => Ok(Clients::new(settings, network).map_err(unreachable)?),
            Err(argument) => Err(argument),
        };
        let roles = Roles::new(config.patience());
        Ok((Account::new(clients, config.environment_id, config.dataverse_url, roles), warnings))
    }
}

/// The provider block.
#[derive(Deserialize)]
struct Config {
    environment_id: Known<EnvironmentId>,
    dataverse_url: Known<Url>,
    role_propagation_timeout: Known<String>,
    ca_certificate_path: Known<String>,
    max_retries: Known<u32>,
}

impl Config {
    /// How long roles are waited for. Nothing waits while Terraform plans, when this may not be known yet.
    fn patience(&self) -> Duration {
        let configured = self.role_propagation_timeout.known().and_then(|text| patience(text).ok());
        configured.unwrap_or(ROLES_TAKE)
    }

    /// How often a request is tried again may not be known yet while Terraform plans.
    fn network(&self) -> Wanted {
        Wanted {
            ca_certificate_path: self.ca_certificate_path.known().cloned(),
            max_retries: self.max_retries.known().copied(),
        }
    }
}

/// The warning that Microsoft does not offer credentials in a cloud.
fn not_offered(cloud: &str) -> Diagnostic {
    let detail = format!(
        "The provider is configured for the cloud {cloud}, and Microsoft's page about credentials says that they are not available in US \
         Government clouds: https://learn.microsoft.com/power-automate/desktop-flows/create-azurekeyvault-credential."
    );
    let hint = "If your tenant has them all the same, go on; no source says which hosts and answers they have there.";
    Diagnostic::warning("Credentials are said not to be offered in this cloud", detail).on(CLOUD.argument).hint(hint)
}

/// The warning that the machine signs in as itself, and not as what a variable names.
fn put_aside(variable: &str) -> Diagnostic {
    let detail = format!(
        "The environment variable {variable} is set and not read, because a variable that begins with ARM_ is set: the machine signs in as its own \
         identity, and not as the one that {variable} names."
    );
    let hint = format!("Set client_id or ARM_CLIENT_ID to the identity that is meant, or unset {variable}.");
    Diagnostic::warning("The machine's own identity signs in", detail).hint(hint)
}

fn refused(Refusal { argument, block, what, why, remedy }: Refusal) -> Diagnostic {
    let refused = Diagnostic::error(what, why).hint(remedy);
    let mut steps = block.into_iter().chain(argument);
    match steps.next() {
        Some(first) => refused.at(steps.fold(Path::attribute(first), |path, step| path.join(step))),
        None => refused,
    }
}
