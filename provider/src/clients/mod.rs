//! Microsoft's language: the services behind certificate-based sign-in, one file or folder each.
//!
//! Nothing here mentions Terraform, and nothing but [`http`] opens a connection of ours (Key Vault's SDK runs over the same one).
//! Nothing is built before it is used: a process that only tells its schema signs in nowhere.
//!
//! ```text
//! environments  dataverse  connectivity  key_vault     what a service can be asked
//!        \          |         /             |
//!         request -> pages   /           borrowed      our tokens in Microsoft's SDK
//!              |  company, gather          |          many questions of a kind are few requests
//!              \     |      /               |
//!               http -> in_flight, retry    |          the only I/O; equal questions at the same time are one
//!                 |  |     \-> leave        |          until when a request may begin; which operations are under way
//!                 |  \-> gate               |          how much a service may be asked for, and until when it wants to be left alone
//!                 |-> reach, contact        |          proxy, trust and time; whether anything has answered
//!                 |-> trace, audit          |          ids of run and request; writes in the log
//!                 |                         |
//!               entra ----------------------+          a token for each scope
//! ```

mod answer;
mod audit;
mod borrowed;
pub mod careful;
mod challenge;
pub mod cloud;
mod company;
pub mod connectivity;
mod contact;
pub mod dataverse;
pub mod entra;
pub mod environment_id;
pub mod environments;
pub mod error;
mod gate;
mod gather;
mod going;
pub mod guid;
pub mod http;
mod in_flight;
pub mod key_vault;
pub mod leave;
mod once;
pub mod pages;
mod proxy;
pub mod reach;
mod refusal;
pub mod request;
pub mod retry;
pub mod secret;
mod secrets;
mod short;
pub mod trace;
pub mod under_way;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use cloud::Cloud;
use connectivity::Connectivity;
use dataverse::Dataverse;
use entra::{Caller, Entra, Principal};
use environment_id::EnvironmentId;
use environments::Environments;
use error::Error;
use going::Going;
use http::Http;
use key_vault::KeyVault;
use reach::Network;
use secrets::Secrets;

/// How every service is reached.
pub struct Settings {
    /// Who signs in.
    pub principal: Principal,
    /// Who reads vaults, where it is somebody else.
    pub key_vault: Option<Principal>,
    /// The variable that names an identity of this machine's, and is not read, so that the machine signs in as itself.
    pub put_aside: Option<&'static str>,
    /// Where the services live.
    pub cloud: Arc<Cloud>,
    /// What the services log of us.
    pub user_agent: String,
}

/// The clients of every service, signed in as one principal, or with another one for vaults. Each is made once, so that it can remember.
#[derive(Debug)]
pub struct Clients {
    http: Arc<Http>,
    vault_http: Arc<Http>,
    cloud: Arc<Cloud>,
    environments: Environments,
    key_vault: KeyVault,
    organizations: Mutex<HashMap<Url, Arc<Dataverse>>>,
    connectivity: Mutex<HashMap<EnvironmentId, Arc<Connectivity>>>,
    going: Arc<Going>,
}

impl Clients {
    /// Prepares the clients; no connection is made yet.
    ///
    /// # Errors
    /// The environment names a proxy that cannot be used.
    pub fn new(settings: Settings, network: Network) -> Result<Clients, Error> {
        reach::proxy()?;
        let cloud = settings.cloud;
        // What one of them sends in confidence, nobody may read in what a service tells the other.
        let secrets = Arc::<Secrets>::default();
        let way = |principal| {
            let entra = Entra::new(principal, Arc::clone(&cloud), Arc::clone(&secrets));
            Arc::new(Http::new(entra, settings.user_agent.clone(), network.clone()))
        };
        let http = way(settings.principal);
        let vault_http = settings.key_vault.map_or_else(|| Arc::clone(&http), way);
        Ok(Clients {
            environments: Environments::new(Arc::clone(&http), Arc::clone(&cloud)),
            key_vault: KeyVault::new(Arc::clone(&vault_http), Arc::clone(&cloud)),
            vault_http,
            organizations: Mutex::default(),
            connectivity: Mutex::default(),
            going: Arc::default(),
            http,
            cloud,
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

    /// The tables of the Dataverse organization at this address.
    ///
    /// # Errors
    /// The address is none of Dataverse: nothing is sent there.
    pub fn dataverse(&self, url: &Url) -> Result<Arc<Dataverse>, Error> {
        self.cloud
            .expect_dataverse(url)
            .map_err(|what| Error::unsendable("asking Dataverse", self.http.secrets().redact(&what)))?;
        let mut organizations = self.organizations.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Dataverse::new(Arc::clone(&self.http), url.clone(), Arc::clone(&self.going));
        Ok(Arc::clone(organizations.entry(url.clone()).or_insert_with(new)))
    }

    /// The connections of an environment.
    pub fn connectivity(&self, environment_id: &EnvironmentId) -> Arc<Connectivity> {
        let mut connectivity = self.connectivity.lock().unwrap_or_else(PoisonError::into_inner);
        let (http, going) = (Arc::clone(&self.http), Arc::clone(&self.going));
        let new = || Arc::new(Connectivity::new(http, Arc::clone(&self.cloud), environment_id.clone(), going));
        Arc::clone(connectivity.entry(environment_id.clone()).or_insert_with(new))
    }

    /// Who is signed in, as far as a token tells; only for messages and comparisons, since tokens are opaque by contract.
    pub async fn caller(&self) -> Option<Caller> {
        self.http.caller().await
    }

    /// The same of whoever reads vaults.
    pub async fn vault_caller(&self) -> Option<Caller> {
        self.vault_http.caller().await
    }
}
