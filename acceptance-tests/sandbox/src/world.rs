//! Everything that exists: tenants, applications, vaults, environments, a clock, and the answers to open questions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::application::{Application, ClientCertificate, ClientCertificateSpec};
use crate::azure_devops::{self, Pipeline};
use crate::cloud::{self, Addresses, Cloud};
use crate::connectivity::{self, Connection, Unseen};
use crate::dataverse;
use crate::entra::{self, ClaimsChallenge, TokenRefusal, Tokens};
use crate::github_actions::Workflow;
use crate::issuer::{self, IdentityTokenSpec};
use crate::key_vault::{self, Vault};
use crate::managed_identity::ManagedIdentities;
use crate::power_platform::RoleAssignment;

/// Dataverse's own application in every tenant: it reads secrets when a flow runs.
pub const DATAVERSE_APPLICATION: &str = "00000007-0000-0000-c000-000000000000";

/// Whom a verified token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The tenant that issued the token.
    pub tenant_id: String,
    /// The application.
    pub app_id: String,
    /// The service principal.
    pub object_id: String,
    /// Its name.
    pub name: String,
}

/// Whether somebody may read the secret behind a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretAccess {
    /// Both the caller and Dataverse may.
    Allowed,
    /// One of them lacks the role.
    NotAuthorized,
    /// The subscription has not registered `Microsoft.PowerPlatform`.
    ProviderNotRegistered,
    /// There is no such vault.
    VaultNotFound,
}

/// The open questions about the services, and the answers in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// How many milliseconds of real time every request takes, whatever the others do.
    pub latency_milliseconds: u64,
    /// About tokens.
    pub entra: entra::Switches,
    /// About Dataverse.
    pub dataverse: dataverse::Switches,
    /// About connections.
    pub connectivity: connectivity::Switches,
    /// About vaults.
    pub key_vault: key_vault::Switches,
    /// About the hosts of other clouds.
    pub clouds: cloud::Switches,
}

/// An environment of Power Platform.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The id as people write it.
    pub id: String,
    /// The name that people see.
    pub display_name: String,
    /// The tenant.
    pub tenant_id: String,
    /// The id of the environment group that it belongs to, if any.
    pub group: Option<String>,
    /// The Dataverse organization, if there is one.
    pub dataverse: Option<dataverse::Org>,
    /// The connections, by id.
    pub connections: BTreeMap<String, Connection>,
    /// The connections that are gone: a list may be of before.
    pub(crate) deleted_connections: Vec<Connection>,
    /// How long connectivity does not know it yet.
    pub(crate) unseen: Unseen,
}

/// Everything that exists.
#[derive(Clone, Debug)]
pub struct World {
    /// The tenants.
    pub tenants: BTreeSet<String>,
    /// The applications, by id.
    pub applications: BTreeMap<String, Application>,
    /// The applications that are registered for the administration of Power Platform, by id.
    pub admin_applications: BTreeSet<String>,
    /// Who has which role of Power Platform.
    pub power_platform_roles: BTreeSet<RoleAssignment>,
    /// The vaults, by name in lower case.
    pub vaults: BTreeMap<String, Vault>,
    /// The subscriptions that have not registered `Microsoft.PowerPlatform`.
    pub unregistered_subscriptions: BTreeSet<String>,
    /// The environments, by id in lower case.
    pub environments: BTreeMap<String, Environment>,
    /// Who issues identity tokens to workloads outside of Azure.
    pub issuers: BTreeSet<String>,
    /// The job of GitHub Actions that may ask who it is.
    pub workflow: Workflow,
    /// The job of Azure DevOps that may ask who it is.
    pub pipeline: Pipeline,
    /// The identities of the machine that everything runs on.
    pub managed_identities: ManagedIdentities,
    /// The tokens that were issued.
    pub(crate) tokens: Tokens,
    /// What services want of tokens beyond the usual.
    pub(crate) challenges: Vec<ClaimsChallenge>,
    /// Which token requests are to be refused.
    pub(crate) token_refusals: Vec<TokenRefusal>,
    cloud: Cloud,
    switches: Switches,
    ahead: Duration,
}

impl World {
    /// A world without anything in it but a machine and two jobs.
    pub(crate) fn empty(managed_identities: ManagedIdentities, workflow: Workflow, pipeline: Pipeline) -> Self {
        Self {
            tenants: BTreeSet::new(),
            applications: BTreeMap::new(),
            admin_applications: BTreeSet::new(),
            power_platform_roles: BTreeSet::new(),
            vaults: BTreeMap::new(),
            unregistered_subscriptions: BTreeSet::new(),
            environments: BTreeMap::new(),
            issuers: BTreeSet::new(),
            workflow,
            pipeline,
            managed_identities,
            tokens: Tokens::new(),
            challenges: Vec::new(),
            token_refusals: Vec::new(),
            cloud: Cloud::Public,
            switches: Switches::default(),
            ahead: Duration::ZERO,
        }
    }

    /// The time here: the real one, moved by [`World::advance`].
    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.ahead
    }

    /// How far the clock was moved.
    pub(crate) fn ahead(&self) -> Duration {
        self.ahead
    }

    /// Moves the clock forward.
    pub fn advance(&mut self, by: std::time::Duration) {
        self.ahead += by;
    }

    /// Moves the clock back: a client's is then ahead of it.
    pub fn turn_back(&mut self, by: std::time::Duration) {
        self.ahead -= by;
    }

    /// The cloud that everything is in.
    pub fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// Moves everything into another cloud: its hosts, for whom tokens are, and what the workloads that are trusted say of it. The
    /// service connections of Azure DevOps know one audience alone, and keep it.
    pub fn set_cloud(&mut self, cloud: Cloud) {
        let before = self.addresses();
        self.cloud = cloud;
        let now = self.addresses();
        let orgs = self.environments.values_mut().filter_map(|environment| environment.dataverse.as_mut());
        for org in orgs {
            let name = org.host.split('.').next().unwrap_or_default();
            org.host = now.organization_host(name);
        }
        let trusted = self.applications.values_mut().flat_map(|application| &mut application.federated_credentials);
        for credential in trusted {
            if credential.audience == before.token_exchange && credential.issuer != azure_devops::ISSUER {
                credential.audience = now.token_exchange.to_owned();
            }
        }
    }

    /// The hosts of the cloud that everything is in.
    pub fn addresses(&self) -> Addresses {
        self.cloud.addresses(&self.switches.clouds)
    }

    /// How many letters may stand apart in the host of an environment.
    pub(crate) fn letters_apart(&self) -> impl Iterator<Item = usize> + use<> {
        let also = (self.switches.clouds.two_letters_everywhere).then_some(2);
        std::iter::once(self.addresses().letters_apart).chain(also)
    }

    /// The answers to open questions.
    pub fn switches(&self) -> &Switches {
        &self.switches
    }

    /// Changes the answers to open questions.
    pub fn switches_mut(&mut self) -> &mut Switches {
        &mut self.switches
    }

    /// An environment by its id, in any case.
    pub fn environment(&self, id: &str) -> Option<&Environment> {
        self.environments.get(&id.to_ascii_lowercase())
    }

    /// An environment by its id, in any case, to be changed as a person in the portal would.
    pub fn environment_mut(&mut self, id: &str) -> Option<&mut Environment> {
        self.environments.get_mut(&id.to_ascii_lowercase())
    }

    /// The Dataverse organization of an environment.
    ///
    /// # Panics
    /// There is none: a seeding program names only what it has made.
    #[track_caller]
    pub fn org_mut(&mut self, environment_id: &str) -> &mut dataverse::Org {
        let environment = self.environment_mut(environment_id);
        environment.and_then(|environment| environment.dataverse.as_mut()).expect("the environment has Dataverse")
    }

    /// An application by its id, in any case, to be changed as its owner would.
    pub fn application_mut(&mut self, id: &str) -> Option<&mut Application> {
        self.applications.get_mut(&id.to_ascii_lowercase())
    }

    /// Makes a certificate that is valid by the clock here; nobody trusts it yet.
    pub fn client_certificate(&self, spec: &ClientCertificateSpec) -> ClientCertificate {
        ClientCertificate::new(spec, self.now())
    }

    /// Lets an issuer issue an identity token, also one that nobody knows.
    pub fn identity_token(&mut self, spec: &IdentityTokenSpec) -> String {
        issuer::issue(self, spec, serde_json::Value::Null)
    }

    /// Whether the caller, and Dataverse itself, may read what a reference points at. Roles alone count, also in a vault with access
    /// policies.
    pub(crate) fn secret_access(&self, caller: &Caller, reference: &str) -> SecretAccess {
        let Some((vault, _)) = key_vault::find_by_reference(self, reference) else {
            return SecretAccess::VaultNotFound;
        };
        if self.unregistered_subscriptions.contains(&vault.subscription_id) {
            return SecretAccess::ProviderNotRegistered;
        }
        let may = |principal: &str| vault.allows(principal, key_vault::rights::Act::ReadSecret);
        if vault.tenant_id == caller.tenant_id && may(&caller.object_id) && may(DATAVERSE_APPLICATION) {
            SecretAccess::Allowed
        } else {
            SecretAccess::NotAuthorized
        }
    }
}
