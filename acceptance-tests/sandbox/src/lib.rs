//! A small, strict emulation of Microsoft's endpoints for certificate-based sign-in, behind an HTTPS proxy.
//!
//! Clients are pointed at it by environment variables alone ([`Sandbox::env`]): they ask the real host names, and the sandbox
//! answers for them. Nothing leaves the machine: every other host is refused. It shares no type with any client.
//!
//! ```text
//! client -CONNECT-> proxy -TLS-> service (by host) -> entra | key_vault | environments | dataverse | connectivity | environment_management -> World
//! client -plain HTTP, past the proxy-> managed_identity -> World
//! ```
//!
//! # The default world
//!
//! | What | |
//! |---|---|
//! | tenant | [`default_world::TENANT`]; [`OTHER_TENANT`](default_world::OTHER_TENANT) is somebody else's |
//! | application *Terraform* | [`CLIENT`](default_world::CLIENT) with [`SECRET`](default_world::SECRET): *System Administrator* in both organizations, reads certificates and secrets of `kv-robots` and `kv-policies`, is registered for the administration of Power Platform |
//! | application *Maker* | [`MAKER`](default_world::MAKER) with [`MAKER_SECRET`](default_world::MAKER_SECRET): *Environment Maker*, *Power Platform contributor* in both environments, no rights on vaults |
//! | application *Run owner* | [`RUN_OWNER`](default_world::RUN_OWNER), without a secret: [`World::client_certificate`] makes a certificate for it |
//! | GitHub Actions | the environment `production` of `contoso/robots`, which *Terraform* trusts: [`Sandbox::workflow_env`] |
//! | Azure DevOps | the service connections [`SERVICE_CONNECTION`](default_world::SERVICE_CONNECTION), which *Terraform* trusts, and another one: [`Sandbox::pipeline_env`] |
//! | a cluster | [`CLUSTER_SUBJECT`](default_world::CLUSTER_SUBJECT), which *Terraform* trusts: [`World::identity_token`] |
//! | a machine | its own identity is *Terraform*, and *Maker* is assigned to it: [`Sandbox::imds_url`], [`Sandbox::app_service_env`] |
//! | environment *Contoso* | [`ENVIRONMENT`](default_world::ENVIRONMENT), `https://contoso.crm4.dynamics.com` |
//! | environment *Contoso Test* | [`TEST_ENVIRONMENT`](default_world::TEST_ENVIRONMENT), `https://contoso-test.crm4.dynamics.com` |
//! | environment *Bare* | [`BARE_ENVIRONMENT`](default_world::BARE_ENVIRONMENT), without Dataverse |
//! | machine groups | *Finance* and *Warehouse*, shared with *Terraform*; *Board*, shared with nobody; the machine *FIN-01* in *Finance* |
//! | solution | `CtoRobots`, whose publisher's prefix is `cto`; the default publisher's is `new` |
//! | vault `kv-robots` | `robot` (robot@contoso.com), `robot-01` … `robot-10`, and `robot-pem`, `robot-not-exportable`, `robot-disabled`, `robot-expired`, `robot-not-yet-valid`, `robot-server-only`, `robot-expiring` (in ten days), `robot-nameless` (no user principal name) |
//! | vault `kv-policies` | `robot`, ruled by access policies |
//! | vault `kv-closed` | `robot`; nobody has a role |
//! | vault `kv-theirs` | `robot`, in somebody else's tenant |
//!
//! Everything is in the public cloud, until [`World::set_cloud`] (or `--cloud`) moves it into another one: the hosts are then those of
//! [`World::addresses`].
//!
//! # What is emulated
//!
//! *D* documented (the address stands in the module that does it), *R* reported by users or seen in public code, *I* inferred, *S* the
//! sandbox's own strictness. Dataverse has its own table, in `dataverse`.
//!
//! | Behaviour | |
//! |---|---|
//! | client credentials with a secret; AADSTS7000215, 700016, 90002, 500011 with `error_codes` | D |
//! | a secret that has expired: AADSTS7000222; neither secret nor assertion: AADSTS7000216 | R |
//! | client credentials with an assertion: PS256 and RS256, `x5t#S256` and `x5t`, `aud` the token endpoint of the tenant, `jti` | D |
//! | `aud` may be the issuer, `https://<host>/<tenant>/v2.0`; another one is AADSTS700023, another `iss` 700021 or 50048 | I |
//! | `exp` and `nbf` with five minutes of leeway (AADSTS700024), `nbf` may be missing, fractions of a second and padded thumbprints are read | R, leeway I |
//! | a key that is not registered, or did not sign: AADSTS700027 (R); one that has expired likewise | R, I |
//! | an algorithm that is not of RSA: AADSTS5002738; a registered certificate whose key is not: 5002730 | R |
//! | what is no JWT, a list of audiences, no thumbprint: AADSTS50027 | R |
//! | no `jti`: AADSTS50027; no `client_assertion_type`: 900144 | I |
//! | trust by subject name and issuer: a chain in `x5c` whose first common name is the trusted one, and whose end the trusted authority issued | D, the rest I |
//! | an `x5c` that is no chain (base64 of DER, leaf first, each issued by the next) is refused also where a thumbprint is enough | S |
//! | federated credentials: issuer, subject and audience as they are trusted, with regard to case; the issuer's RS256, times as above | D |
//! | of a claim that is not trusted: AADSTS700211 (issuer), 700213 (subject), 7002138 (its case), or 70021 by a switch; an issuer that cannot be asked: 50166 | R |
//! | of an audience: AADSTS700212; no credential at all: 70025; a wrong signature: 700027 | I |
//! | the envelope of a refusal: `error_codes`, `timestamp`, `error_uri`, and the `client-request-id` of the request as `correlation_id` | D |
//! | the next token requests are refused by a code of choice ([`World::refuse_tokens`]): 53003 with `claims`, 65001, 50173 and what is above | R, `suberror` of 50173 I |
//! | a claims challenge: 401 with `insufficient_claims`, until a token is shown that was asked for with exactly these `claims`, beside which the client may say what it can ([`World::challenge`]) | D |
//! | that any other service than Microsoft Graph challenges an application | I |
//! | `claims` that is no JSON object: AADSTS90100 | I |
//! | GitHub Actions: `audience`, claims, five minutes; the address has a query of its own | D, the address I |
//! | Azure DevOps: POST, `api-version`, `serviceConnectionId`; `sc://` and `p://` for a subject | D, claims R |
//! | without its token: 302 to a page, or 401 with `X-TFS-FedAuthRedirect: Suppress`; a service connection that is not there: 404 | R, I |
//! | five clouds, each with hosts and audiences of its own; those of the others do not exist ([`Cloud`]) | D and R: `cloud` has a table |
//! | the issuer of newer tokens is the authority's first name, that of older ones `sts.chinacloudapi.cn` in China | I |
//! | where sources contradict each other: GCC High's Power Platform API, and the host of an environment outside the public cloud ([`CloudSwitches`]) | I |
//! | managed identities, past the proxy: IMDS with `Metadata: true`, `api-version` from 2018-02-01, `resource`, one of three names of an identity | D |
//! | without the header `bad_request_102`, `X-Forwarded-For` refused, AADSTS50001 for a resource that is not there; numbers as texts | D, texts I |
//! | an identity that is not assigned, or several and none is named: `invalid_request` | R |
//! | App Service, 2019-08-01: `X-IDENTITY-HEADER`, `expires_on` without `expires_in`, `client_id` | D |
//! | an identity that is not assigned: 400 with `statusCode` and `message` (R); another header: 401 | R, I |
//! | instance discovery and OpenID configuration, as MSAL asks | R |
//! | every service checks its token: issued here, audience, tenant, expiry by the sandbox's clock | D |
//! | Key Vault: challenge, api-version, `certificates` get, versions, policy, list with `nextLink`, 25 a page or `maxresults` | D |
//! | the link to the next page names the port and has a `$skiptoken` ([`KeyVaultSwitches`]) | R |
//! | 403 `ForbiddenByRbac` and by access policy; 404 `CertificateNotFound` | R |
//! | roles are made of data actions, policies permit to get and to list apart | D |
//! | which right each operation of every service asks for: [`rights::table`]; what a request was asked for: [`Exchange::demanded`] | D and I |
//! | a certificate outside its validity, or disabled, is still told of | I |
//! | a vault of another tenant challenges with that tenant, and does not accept our token | D |
//! | a name that does not exist: 502 to CONNECT | I |
//! | environments: admin and maker form; 403 without registration; 404 `EnvironmentNotFound` | R |
//! | the Power Platform API is for registered applications, and for roles in the tenant, an environment group or an environment | D |
//! | *Reader* and *Role-based access control administrator* read connections, *Contributor* and *Owner* write them | I |
//! | without a role 403 `InsufficientPrincipalPermissions`, before anything is looked up; or in the words of the environments API ([`Unentitled`]) | R |
//! | the permission that it names for a write | I |
//! | `GET /environmentmanagement/environments/{id}` with `$select`: the Dataverse address for whoever may read (D); 404, and without Dataverse | I |
//! | a new environment: 404 `ServiceToServiceEnvironmentNotFound` ([`Environment::hide_from_connectivity`]) | R |
//! | `MissingEnvironmentFilter` and `ConnectionAuthorizationFailed`, by switches; reported of the older API | R |
//! | `InvalidUserPlan`, by a switch: the code is reported, its words are those of another code | R, words I |
//! | hidden parameters that are demanded by name, by a switch ([`HiddenValues`]) | I |
//! | connections: PUT 201 and 200, GET, list, DELETE; error envelope with nested details | D |
//! | a PUT that repeats what a read returns; the list comes in pages with `nextLink`, of a size that a switch chooses | I |
//! | `azureRelay` with a `credentialId` | I |
//! | machine group and credential must exist and be the caller's own or shared with it | D, codes I |
//! | a connection is `Connecting` for a while ([`ConnectivitySwitches`]) | I |
//! | only its maker sees a connection; others get 404 `ConnectionNotFound` | I |
//! | every request takes as long as a switch says ([`Switches::latency_milliseconds`]), and none waits for another | S |
//! | unknown paths, query options, properties and values are refused by name | S |
//!
//! Not emulated, and refused with 501 and by name: secrets and keys of a vault, making and changing certificates there, service
//! connections whose issuer is Entra itself, Microsoft Graph, Azure Resource Manager, sharing through the APIs, other connectors, starting flows;
//! of Dataverse what the documentation of [`dataverse`] lists.
//!
//! Not emulated: roles on one secret or certificate of a vault alone, business units below another, teams, and what a role takes time for.
//!
//! Seeding, weather, time and the journal: the methods of [`Sandbox`], or over HTTP as in [`control`]. Many robots at once:
//! [`World::add_crowd`].

#![allow(clippy::result_large_err)] // a refusal is a whole answer, and none is on a hot path

mod altered;
mod application;
mod authority;
pub mod azure_devops;
mod certificate;
mod cloud;
mod connectivity;
pub mod control;
mod crafted;
mod crowd;
pub mod dataverse;
pub mod default_world;
mod echo;
mod entra;
mod environment_management;
mod environments;
mod exchange;
mod faults;
pub mod github_actions;
mod issuer;
mod journal;
mod kept;
mod key_vault;
mod managed_identity;
mod power_platform;
mod proxy;
pub mod rights;
mod service;
mod variables;
mod watch;
mod world;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;

use authority::Authority;
use proxy::{Shared, State};
use watch::Watch;

pub use application::{Application, ClientCertificate, ClientCertificateSpec, FederatedCredential, TrustedSubject};
pub use certificate::CertificateSpec;
pub use cloud::{Addresses, Cloud, GccHighApi, Switches as CloudSwitches};
pub use connectivity::{
    ChangedTarget, Connection, ForeignConnection, HiddenValues, StatusError, Switches as ConnectivitySwitches,
};
pub use crafted::{Body, Crafted};
pub use crowd::{Crowd, Robot};
pub use dataverse::{
    CredentialLookups, Depth, ExpandedLinks, Limit, Limits, Org, SecretRefusal, Switches as DataverseSwitches, Verb,
};
pub use echo::Notation;
pub use entra::{ClaimsChallenge, Switches as EntraSwitches, TOKEN_REFUSALS, TokenRefusal};
pub use faults::{Effect, Fault};
pub use issuer::IdentityTokenSpec;
pub use journal::Exchange;
pub use key_vault::{CertificatePermission, Switches as KeyVaultSwitches, Vault, Version};
pub use managed_identity::ManagedIdentities;
pub use power_platform::{PowerPlatformRole, PowerPlatformScope, RoleAssignment, Unentitled};
pub use watch::{Passing, Stage};
pub use world::{Caller, DATAVERSE_APPLICATION, Environment, SecretAccess, Switches, World};

/// A running sandbox; it ends when this is dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
    proxy: SocketAddr,
    control: SocketAddr,
    machine: SocketAddr,
    folder: PathBuf,
}

impl Sandbox {
    /// Starts one with the default world on free ports of the loopback.
    ///
    /// # Errors
    /// A port or a folder that cannot be had.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0, false)
    }

    /// The same with the proxy on a port of choice (0: any), and with every exchange told on stderr if it is to be `loud`.
    ///
    /// # Errors
    /// A port or a folder that cannot be had.
    pub fn start_on(port: u16, loud: bool) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let state = State::of(default_world::make());
        let shared = Arc::new(Shared {
            authority: Authority::new(),
            state: Mutex::new(state),
            journaled: Condvar::new(),
            tunnels: AtomicUsize::new(0),
            loud,
        });
        let bind = |port| {
            let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            listener.set_nonblocking(true)?;
            let _inside = runtime.enter();
            TcpListener::from_std(listener)
        };
        let (proxy, control, machine) = (bind(port)?, bind(0)?, bind(0)?);
        let addresses = (proxy.local_addr()?, control.local_addr()?, machine.local_addr()?);
        runtime.spawn(proxy::run(Arc::clone(&shared), proxy));
        runtime.spawn(control::run(Arc::clone(&shared), control));
        runtime.spawn(proxy::run_beside(Arc::clone(&shared), machine));
        let folder = std::env::temp_dir().join(format!("sandbox-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder)?;
        std::fs::write(folder.join("ca.pem"), shared.authority.pem())?;
        let (proxy, control, machine) = addresses;
        Ok(Self { shared, runtime: Some(runtime), proxy, control, machine, folder })
    }

    /// The file with the certificate that clients have to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The address of the proxy.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy)
    }

    /// The sandbox's own address.
    pub fn control_url(&self) -> String {
        format!("http://{}/_sandbox", self.control)
    }

    /// The exchanges so far.
    pub fn journal(&self) -> Vec<Exchange> {
        self.shared.state().journal.clone()
    }

    /// The exchanges so far, which the journal then forgets: whoever counts many takes them as they come.
    pub fn take_journal(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.state().journal)
    }

    /// Waits until there is such an exchange; false when the limit passes without one.
    pub fn wait_for(&self, limit: Duration, is: impl Fn(&Exchange) -> bool) -> bool {
        let missing = |state: &mut State| !state.journal.iter().any(&is);
        let waited = self.shared.journaled.wait_timeout_while(self.shared.state(), limit, missing);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Waits until all bad weather has struck, which a held back request's has before it is an exchange; false when the limit passes.
    pub fn wait_for_weather(&self, limit: Duration) -> bool {
        let is_to_come = |state: &mut State| state.faults.iter().any(|fault| fault.times > 0);
        let waited = self.shared.journaled.wait_timeout_while(self.shared.state(), limit, is_to_come);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// How often bad weather has still to strike.
    pub fn weather_to_come(&self) -> u32 {
        self.shared.state().faults.iter().map(|fault| fault.times).sum()
    }

    /// Forgets the exchanges so far.
    pub fn clear_journal(&self) {
        self.shared.state().journal.clear();
    }

    /// Every token that was issued, and every assertion that was shown for one: tests look whether one has leaked.
    pub fn tokens(&self) -> Vec<String> {
        self.shared.state().world.tokens.all()
    }

    /// How many tunnels were asked for, those included in which TLS then failed: tries that no journal sees.
    pub fn tunnels(&self) -> usize {
        self.shared.tunnels.load(Ordering::Relaxed)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.shared.state().world.advance(by);
    }

    /// Moves the clock back: a client's is then ahead of it.
    pub fn turn_back(&self, by: Duration) {
        self.shared.state().world.turn_back(by);
    }

    /// Answers open questions otherwise.
    pub fn switches(&self, change: impl FnOnce(&mut Switches)) {
        change(self.shared.state().world.switches_mut());
    }

    /// Puts what a file keeps in the place of what is there: rows, connections, vaults, the clock. A file that is not there keeps nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds something else.
    pub fn read_state(&self, path: &Path) -> io::Result<()> {
        kept::read(&mut self.shared.state().world, path)
    }

    /// Writes what [`Sandbox::read_state`] reads.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_state(&self, path: &Path) -> io::Result<()> {
        kept::write(&self.shared.state().world, path)
    }

    /// Adds bad weather.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.push(fault);
    }

    /// Ends all bad weather.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Lets somebody watch every request from now on, in place of whoever watched before. A request waits while the watcher is told,
    /// and is broken off when he returns false.
    pub fn watch(&self, tell: impl Fn(&Passing, Stage) -> bool + Send + Sync + 'static) {
        self.shared.state().watch = Some(Watch::new(tell));
    }

    /// Nobody watches any more.
    pub fn unwatch(&self) {
        self.shared.state().watch = None;
    }

    /// Looks at the world or changes it, as a person with every right would.
    pub fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.shared.state().world)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("proxy", &self.proxy).field("control", &self.control).finish_non_exhaustive()
    }
}
