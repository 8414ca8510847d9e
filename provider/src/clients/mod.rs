//! Microsoft's language: the services behind certificate-based sign-in, one file each.
//!
//! Nothing here mentions Terraform, and nothing but [`http`] opens a connection of ours (Key Vault's SDK runs over the same one).
//! Nothing is built before it is used: a process that only tells its schema signs in nowhere.

mod batch;
pub mod cloud;
pub mod connectivity;
pub mod dataverse;
pub mod entra;
pub mod environments;
mod error;
pub mod http;
pub mod key_vault;

use std::sync::Arc;

use azure_core::credentials::Secret;
use url::Url;

use cloud::Cloud;
use connectivity::Connectivity;
use dataverse::Dataverse;
use entra::{Caller, Entra};
use environments::Environments;
use http::Http;
use key_vault::KeyVault;

pub use error::Error;

/// How every service is reached.
#[derive(Debug)]
pub struct Settings {
    /// The tenant to sign in to; the Azure CLI knows its own.
    pub tenant_id: Option<String>,
    /// Who signs in.
    pub sign_in: SignIn,
    /// Where the services live.
    pub cloud: Cloud,
    /// What the services log of us.
    pub user_agent: String,
}

/// Who signs in.
#[derive(Debug)]
pub enum SignIn {
    /// A service principal with a secret.
    ClientSecret {
        /// The application's id.
        client_id: String,
        /// Its secret; never shown by `Debug`.
        secret: Secret,
    },
    /// The user of the Azure CLI.
    Cli,
}

/// The clients of every service, signed in as one principal.
#[derive(Debug)]
pub struct Clients {
    http: Arc<Http>,
    environments: Environments,
    key_vault: KeyVault,
}

impl Clients {
    /// Prepares the clients; no connection is made yet.
    ///
    /// # Errors
    /// Settings that cannot work.
    pub fn new(settings: Settings) -> Result<Clients, Error> {
        let cloud = settings.cloud;
        let http = Arc::new(Http::new(Entra::new(settings.tenant_id, settings.sign_in, cloud), settings.user_agent));
        Ok(Clients {
            environments: Environments::new(Arc::clone(&http), cloud),
            key_vault: KeyVault::new(Arc::clone(&http), cloud),
            http,
        })
    }

    /// The environments of Power Platform.
    pub fn environments(&self) -> &Environments {
        &self.environments
    }

    /// The certificates of Key Vault.
    pub fn key_vault(&self) -> &KeyVault {
        &self.key_vault
    }

    /// The tables of a Dataverse organization.
    pub fn dataverse(&self, url: &Url) -> Dataverse {
        Dataverse::new(Arc::clone(&self.http), url.clone())
    }

    /// The connections of an environment.
    pub fn connectivity(&self, environment_id: &str) -> Connectivity {
        Connectivity::new(Arc::clone(&self.http), self.key_vault.cloud(), environment_id)
    }

    /// Who is signed in, as far as a token tells; only for messages and comparisons, since tokens are opaque by contract.
    pub async fn caller(&self) -> Option<Caller> {
        self.http.caller().await
    }
}
