//! The provider block, and what it makes: an [`Account`].
//!
//! Terraform may configure a provider while values are not known yet. Then a creation still plans; what needs the missing value
//! fails there, naming the attribute.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tfplugin::action::{AnyAction, action};
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::function::Function;
use tfplugin::provider::Provider;
use tfplugin::resource::{AnyResource, resource};
use tfplugin::schema::{Attribute, Check, Rule, Schema};
use tfplugin::value::Value;
use url::Url;

use crate::actions::verify_connection::VerifyConnection;
use crate::clients::cloud::Cloud;
use crate::clients::dataverse::Dataverse;
use crate::clients::key_vault::{Certificate, VaultId};
use crate::clients::{Clients, Error, Settings, SignIn};
use crate::functions::FUNCTIONS;
use crate::resources;
use crate::resources::failure::failed;
use crate::resources::shared::{is_environment_id, same_id};

/// The provider `powerautomate`.
#[derive(Debug, Clone, Copy)]
pub struct PowerAutomate;

static SCHEMA: Schema = Schema::new(
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
        "The Microsoft Entra tenant to sign in to. Falls back to the environment variable `ARM_TENANT_ID`.",
    )
    .check(&[Check::Length { min: 1, max: 255 }]),
    Attribute::optional(
        "client_id",
        &Type::String,
        "The application (client) id of the service principal to sign in as. Falls back to the environment \
         variable `ARM_CLIENT_ID`.",
    )
    .check(&[Check::Uuid]),
    Attribute::optional(
        "client_secret",
        &Type::String,
        "The secret of the service principal. Falls back to the environment variable `ARM_CLIENT_SECRET`. The \
         value of a plain variable becomes part of every plan file: prefer the environment variable, or an \
         ephemeral variable.",
    )
    .sensitive()
    .check(&[Check::Length { min: 1, max: 1000 }]),
    Attribute::optional(
        "use_cli",
        &Type::Bool,
        "Sign in as the user of the Azure CLI (`az login`). When it is left out, the Azure CLI is used if no \
         client secret is given. Falls back to the environment variable `ARM_USE_CLI`.",
    ),
])
.rules(&[Rule::Requires("dataverse_url", &["environment_id"])]);

impl Provider for PowerAutomate {
    type Clients = Account;
    const NAME: &'static str = "powerautomate";
    const SCHEMA: &'static Schema = &SCHEMA;

    fn resources(&self) -> Vec<Box<dyn AnyResource<Account>>> {
        vec![
            resource(resources::certificate_reference::CertificateReference),
            resource(resources::cba_credential::CbaCredential),
            resource(resources::desktop_flow_connection::DesktopFlowConnection),
        ]
    }

    fn actions(&self) -> Vec<Box<dyn AnyAction<Account>>> {
        vec![action(VerifyConnection)]
    }

    fn functions(&self) -> &'static [Function] {
        FUNCTIONS
    }

    fn configure(&self, config: &Value, terraform_version: &str) -> Result<(Account, Vec<Diagnostic>), Diagnostic> {
        let account = Account {
            clients: clients(config, terraform_version)?,
            environment_id: Setting::of(config, "environment_id", |text| Ok(text.to_owned()))?,
            dataverse_url: Setting::of(config, "dataverse_url", |text| Url::parse(text).map_err(|e| e.to_string()))?,
            certificates: Mutex::default(),
            connections: resources::known_connections::Known::default(),
        };
        Ok((account, Vec::new()))
    }
}

/// A value of the provider block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting<T> {
    /// It is known, or known not to be set.
    Known(Option<T>),
    /// Only the apply will know it.
    Unknown,
}

impl<T> Setting<T> {
    fn of(config: &Value, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Setting<T>, Diagnostic> {
        match config.at(name) {
            Value::Unknown(_) => Ok(Setting::Unknown),
            Value::String(text) => read(text)
                .map(|value| Setting::Known(Some(value)))
                .map_err(|what| Diagnostic::error(format!("Invalid value for {name}"), what).on(name)),
            _ => Ok(Setting::Known(None)),
        }
    }
}

/// A text of the provider block, else of the environment; `Err` is the attribute that is not known yet.
fn text(config: &Value, name: &'static str, variable: &str) -> Result<Option<String>, &'static str> {
    match config.at(name) {
        Value::Unknown(_) => Err(name),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Ok(env::var(variable).ok().filter(|text| !text.is_empty())),
    }
}

type Signed = Result<Clients, &'static str>;

/// Who signs in. The inner error is the attribute that is not known yet.
fn clients(config: &Value, terraform_version: &str) -> Result<Signed, Diagnostic> {
    let known = || {
        let tenant_id = text(config, "tenant_id", "ARM_TENANT_ID")?;
        let client_id = text(config, "client_id", "ARM_CLIENT_ID")?;
        let secret = text(config, "client_secret", "ARM_CLIENT_SECRET")?;
        let use_cli = match config.at("use_cli") {
            Value::Unknown(_) => return Err("use_cli"),
            Value::Bool(use_cli) => Some(*use_cli),
            _ => env::var("ARM_USE_CLI").ok().and_then(|text| text.parse().ok()),
        };
        Ok((tenant_id, client_id, secret, use_cli))
    };
    let (tenant_id, client_id, secret, use_cli) = match known() {
        Ok(known) => known,
        Err(attribute) => return Ok(Err(attribute)),
    };
    if config.at("client_secret").as_str().is_some() && *config.at("use_cli") == Value::Bool(true) {
        let detail = "Both client_secret and use_cli are set, and only one of them can sign in.";
        return Err(Diagnostic::error("use_cli conflicts with client_secret", detail)
            .on("use_cli")
            .hint("Keep one of them."));
    }
    let missing = |attribute: &str, variable: &str, why: &str| {
        Diagnostic::error(format!("Missing {attribute}"), why.to_owned())
            .on(attribute)
            .hint(format!("Set {attribute} in the provider block, or the environment variable {variable}."))
    };
    let sign_in = match (secret, use_cli) {
        (_, Some(true)) => SignIn::Cli,
        (Some(secret), _) => {
            let why = "A client secret is given, and it signs in only together with a client id and a tenant.";
            let client_id = client_id.ok_or_else(|| missing("client_id", "ARM_CLIENT_ID", why))?;
            if tenant_id.is_none() {
                return Err(missing("tenant_id", "ARM_TENANT_ID", why));
            }
            SignIn::ClientSecret { client_id, secret: secret.into() }
        }
        (None, Some(false)) => {
            let why = "The Azure CLI must not be used (use_cli is false), and no client secret is given.";
            return Err(missing("client_secret", "ARM_CLIENT_SECRET", why));
        }
        (None, None) if client_id.is_some() => {
            let why = "A client id is given, but nothing that proves it.";
            return Err(missing("client_secret", "ARM_CLIENT_SECRET", why).hint(
                "Set client_secret or ARM_CLIENT_SECRET, or use_cli = true to sign in as the user of the Azure CLI.",
            ));
        }
        (None, None) => SignIn::Cli,
    };
    let version = env!("CARGO_PKG_VERSION");
    let user_agent = format!("terraform-provider-powerautomate/{version} Terraform/{terraform_version}");
    let settings = Settings { tenant_id, sign_in, cloud: Cloud::Public, user_agent };
    Clients::new(settings).map(Ok).map_err(|error| failed("The provider cannot connect", &error))
}

/// The configured provider: who signs in, and to which environment.
pub struct Account {
    clients: Signed,
    /// The provider's own environment.
    pub environment_id: Setting<String>,
    dataverse_url: Setting<Url>,
    certificates: Mutex<HashMap<(VaultId, String), Arc<Certificate>>>,
    pub(crate) connections: resources::known_connections::Known,
}

impl Account {
    /// The clients of the services.
    ///
    /// # Errors
    /// A value of the provider block that only the apply will know.
    pub fn clients(&self) -> Result<&Clients, Diagnostic> {
        self.clients.as_ref().map_err(|attribute| {
            let detail = format!("The provider's {attribute} is not known yet, and this step has to sign in.");
            Diagnostic::error(format!("The provider's {attribute} is not known"), detail).hint(format!(
                "Give the provider block a {attribute} that is known when Terraform plans, or apply what it comes from first with \
                 -target."
            ))
        })
    }

    /// Whether the clients can be asked while Terraform plans.
    pub fn is_known(&self) -> bool {
        self.clients.is_ok()
    }

    /// The Dataverse organization of an environment.
    ///
    /// # Errors
    /// An environment that is not there, may not be read, or has no Dataverse.
    pub async fn dataverse(&self, environment_id: &str) -> Result<Dataverse, Diagnostic> {
        let clients = self.clients()?;
        let is_own = matches!(&self.environment_id, Setting::Known(Some(own)) if same_id(own, environment_id));
        match &self.dataverse_url {
            Setting::Known(Some(url)) if is_own => return Ok(clients.dataverse(url)),
            Setting::Unknown if is_own => {
                return Err(Diagnostic::error(
                    "The provider's dataverse_url is not known",
                    "The provider's dataverse_url is not known yet, and this step has to ask Dataverse.",
                )
                .hint("Give the provider block a dataverse_url that is known when Terraform plans."));
            }
            _ => {}
        }
        let environment = clients.environments().environment(environment_id).await.map_err(|error| {
            let diagnostic = failed(&format!("Cannot look up the environment {environment_id}"), &error).on("environment_id");
            if error.is_not_found() {
                diagnostic.hint("Check the environment id: the Power Platform admin center shows it in the environment's details.")
            } else if error.is_forbidden() {
                diagnostic.hint(
                    "Register the service principal as an admin management application of Power Platform, or set dataverse_url in \
                     the provider block so that the environments API need not be asked.",
                )
            } else {
                diagnostic
            }
        })?;
        let url = environment.dataverse_url.ok_or_else(|| {
            let detail =
                format!("The environment {environment_id} has no Dataverse database, where credentials are kept.");
            Diagnostic::error("The environment has no Dataverse", detail).on("environment_id").hint(
                "Add Dataverse to the environment in the Power Platform admin center, or name another environment.",
            )
        })?;
        Ok(clients.dataverse(&url))
    }

    /// A vault's certificate as it is now.
    ///
    /// # Errors
    /// The service's own, and a provider block that is not known yet.
    pub async fn certificate(
        &self,
        vault: &VaultId,
        name: &str,
    ) -> Result<Result<Arc<Certificate>, Error>, Diagnostic> {
        let certificate = match self.clients()?.key_vault().certificate(vault, name).await {
            Ok(certificate) => Arc::new(certificate),
            Err(error) => return Ok(Err(error)),
        };
        let mut known = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((vault.clone(), name.to_ascii_lowercase()), Arc::clone(&certificate));
        Ok(Ok(certificate))
    }

    /// A vault's certificate as this process has seen it, else as it is now: a plan after a refresh need not ask twice.
    ///
    /// # Errors
    /// As [`Account::certificate`].
    pub async fn seen_certificate(
        &self,
        vault: &VaultId,
        name: &str,
    ) -> Result<Result<Arc<Certificate>, Error>, Diagnostic> {
        let key = (vault.clone(), name.to_ascii_lowercase());
        let seen = self.certificates.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        match seen {
            Some(certificate) => Ok(Ok(certificate)),
            None => self.certificate(vault, name).await,
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("environment_id", &self.environment_id).finish_non_exhaustive()
    }
}
