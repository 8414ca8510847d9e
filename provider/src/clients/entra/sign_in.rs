//! The ways to sign in: each is Microsoft's own credential, which is given what it lacks.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use url::Url;

use super::certificate::{ClientCertificate, Signed};
use super::identity_token::{IdentityToken, Shown};
use super::machine::Elsewhere;
use super::programs::Patient;
use super::refused::Refused;
use crate::clients::challenge::Challenge;
use crate::clients::cloud::Cloud;
use crate::clients::error::Error;
use crate::clients::retry::sdk_retry;
use crate::clients::secret::Secret;
use crate::clients::secrets::Secrets;

/// Who signs in.
pub struct Principal {
    /// The tenant; a CLI knows its own, and a machine has one.
    pub tenant_id: Option<String>,
    /// How.
    pub sign_in: SignIn,
    /// The block that says so, unless it is the provider's own.
    pub block: Option<&'static str>,
    /// Which other ways there are, and why none of them was taken, where nobody chose this one or others were passed over.
    pub instead: Option<String>,
}

/// How somebody signs in.
#[derive(Clone)]
pub enum SignIn {
    /// A service principal with a secret.
    Secret {
        /// The application's id.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// A service principal with a certificate.
    Certificate {
        /// The application's id.
        client_id: String,
        /// Its certificate.
        certificate: Arc<ClientCertificate>,
    },
    /// A service principal that trusts what somebody else says.
    Federated {
        /// The application's id.
        client_id: String,
        /// Who says it.
        identity_token: IdentityToken,
    },
    /// The machine itself.
    ManagedIdentity {
        /// Which of its identities, unless it is its own.
        client_id: Option<String>,
        /// Where it is asked, unless it is where Azure says.
        endpoint: Option<Url>,
        /// What App Service wants to be shown, if this runs there.
        header: Option<Secret>,
    },
    /// The user of the Azure CLI.
    Cli,
    /// The user of the Azure Developer CLI.
    DeveloperCli,
}

impl SignIn {
    /// The way in words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            SignIn::Secret { .. } => "a client secret",
            SignIn::Certificate { .. } => "a client certificate",
            SignIn::Federated { identity_token: IdentityToken::GitHub { .. }, .. } => {
                "an identity token of GitHub Actions"
            }
            SignIn::Federated { identity_token: IdentityToken::AzureDevOps { .. }, .. } => {
                "an identity token of Azure DevOps"
            }
            SignIn::Federated { .. } => "an identity token",
            SignIn::ManagedIdentity { .. } => "a managed identity",
            SignIn::Cli => "the Azure CLI",
            SignIn::DeveloperCli => "the Azure Developer CLI",
        }
    }

    /// Who hands out tokens.
    pub(super) fn giver(&self) -> &'static str {
        match self {
            SignIn::Cli => "The Azure CLI",
            SignIn::DeveloperCli => "The Azure Developer CLI",
            SignIn::ManagedIdentity { .. } => "The machine's managed identity",
            _ => "Microsoft Entra",
        }
    }

    /// What to do when no token is given and no code says it.
    pub(super) fn remedy(&self, said: &str) -> Option<&'static str> {
        match self {
            SignIn::ManagedIdentity { client_id: Some(_), .. } if said.contains("Identity not found") => Some(
                "The identity that client_id names is not assigned to this machine: assign it, or leave client_id out for the machine's own.",
            ),
            SignIn::ManagedIdentity { .. } => Some(
                "`use_msi` signs in on machines of Azure that have an identity: virtual machines and App Service; elsewhere choose another way.",
            ),
            SignIn::Cli if said.contains("not found on PATH") => {
                Some("Install the Azure CLI and sign in (az login), or choose another way to sign in.")
            }
            SignIn::DeveloperCli if said.contains("not found on PATH") => {
                Some("Install the Azure Developer CLI and sign in (azd auth login), or choose another way to sign in.")
            }
            _ => None,
        }
    }

    /// What is known from the beginning, and nobody may read.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match self {
            SignIn::Secret { secret, .. } => Some(secret),
            SignIn::Federated { identity_token, .. } => identity_token.secret(),
            SignIn::ManagedIdentity { header, .. } => header.as_ref(),
            _ => None,
        }
    }

    /// Who has to sign in again, and how, when a service wants a token with other claims: whoever has no way to ask for one.
    pub(super) fn again(&self) -> Option<&'static str> {
        match self {
            SignIn::Secret { .. } | SignIn::Certificate { .. } | SignIn::Federated { .. } => None,
            SignIn::Cli => Some("Sign in again: az logout, and then az login --tenant TENANT."),
            SignIn::DeveloperCli => Some("Sign in again: azd auth logout, and then azd auth login."),
            SignIn::ManagedIdentity { .. } => Some(
                "A managed identity gets a new token when the machine is started anew, or when its last one has expired, within a day; or \
                 sign in another way.",
            ),
        }
    }
}

/// What a credential is made of.
pub(super) struct Making<'a> {
    pub(super) principal: &'a Principal,
    pub(super) cloud: &'a Cloud,
    pub(super) transport: Transport,
    pub(super) secrets: &'a Arc<Secrets>,
    /// What a service asks for beyond.
    pub(super) challenge: Option<&'a Challenge>,
}

impl Making<'_> {
    /// Microsoft's credential.
    ///
    /// # Errors
    /// What it does not accept.
    pub(super) fn credential(self) -> Result<Arc<dyn TokenCredential>, Error> {
        let failed = |error: azure_core::Error| Error::sign_in(error.to_string());
        let Principal { tenant_id, sign_in, .. } = self.principal;
        let tenant = tenant_id.clone().unwrap_or_default();
        let executor = Some(Arc::new(Patient::default()) as _);
        Ok(match sign_in.clone() {
            SignIn::Secret { client_id, secret } => {
                let options = ClientSecretCredentialOptions { client_options: self.options() };
                // The SDK keeps a copy that is not wiped, of the secret as of each token that it hands out.
                let secret = secret.reveal().to_owned().into();
                ClientSecretCredential::new(&tenant, client_id, secret, Some(options)).map_err(failed)?
            }
            SignIn::Certificate { client_id, certificate } => {
                let token_endpoint = format!("https://{}/{tenant}/oauth2/v2.0/token", self.cloud.sign_in);
                let secrets = Arc::clone(self.secrets);
                let assertion = Signed { certificate, client_id: client_id.clone(), token_endpoint, secrets };
                let options = ClientAssertionCredentialOptions { client_options: self.options() };
                ClientAssertionCredential::new(tenant, client_id, assertion, Some(options)).map_err(failed)?
            }
            SignIn::Federated { client_id, identity_token: source } => {
                let (audience, secrets) = (self.cloud.token_exchange(), Arc::clone(self.secrets));
                let assertion = Shown { source, audience, options: self.plain_options(), secrets };
                let options = ClientAssertionCredentialOptions { client_options: self.options() };
                ClientAssertionCredential::new(tenant, client_id, assertion, Some(options)).map_err(failed)?
            }
            SignIn::ManagedIdentity { client_id, endpoint, .. } => {
                let client_options = ClientOptions {
                    per_call_policies: endpoint.into_iter().map(|url| Arc::new(Elsewhere(url)) as _).collect(),
                    ..self.refusing_options()
                };
                let user_assigned_id = client_id.map(UserAssignedId::ClientId);
                let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
                ManagedIdentityCredential::new(Some(options)).map_err(failed)?
            }
            SignIn::Cli => {
                let options =
                    AzureCliCredentialOptions { tenant_id: tenant_id.clone(), executor, ..Default::default() };
                AzureCliCredential::new(Some(options)).map_err(failed)?
            }
            SignIn::DeveloperCli => {
                let options = AzureDeveloperCliCredentialOptions { tenant_id: tenant_id.clone(), executor };
                AzureDeveloperCliCredential::new(Some(options)).map_err(failed)?
            }
        })
    }

    fn plain_options(&self) -> ClientOptions {
        // Else the SDK would follow AZURE_AUTHORITY_HOST, and send the secret there.
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = format!("https://{}", self.cloud.sign_in);
        let cloud = Some(Arc::new(CloudConfiguration::Custom(cloud)));
        ClientOptions { transport: Some(self.transport.clone()), retry: sdk_retry(), cloud, ..ClientOptions::default() }
    }

    fn refusing_options(&self) -> ClientOptions {
        ClientOptions { per_try_policies: vec![Arc::new(Refused(Arc::clone(self.secrets)))], ..self.plain_options() }
    }

    fn options(&self) -> ClientOptions {
        // Once for all tries: each of them sends what the call was given.
        let per_call_policies = self.challenge.map(Challenge::policy).into_iter().collect();
        ClientOptions { per_call_policies, ..self.refusing_options() }
    }
}
