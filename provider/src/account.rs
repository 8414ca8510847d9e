//! Who is signed in, and where: what every resource works with once the provider is configured.
//!
//! Terraform may configure a provider while values are not known yet. Then a creation still plans; what needs the missing value
//! fails there, naming the attribute.

pub(crate) mod met;
pub(crate) mod roles;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tfplugin::{Diagnostic, Known};
use tokio::sync::OnceCell;
use url::Url;

use crate::clients::Clients;
use crate::clients::connectivity::{self, Connectivity};
use crate::clients::dataverse::Dataverse;
use crate::clients::entra::Caller;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::environments::Environment;
use crate::clients::error::Error;
use crate::clients::key_vault::KeyVault;
use crate::clients::under_way::UnderWay;
use crate::failure::failed;
use met::Met;
use roles::Roles;

/// Who is signed in, and to which environment. It lives from one configuration of the provider to the next.
pub struct Account {
    /// The clients; else the argument of the provider block that is not known yet.
    clients: Result<Clients, &'static str>,
    environment_id: Known<EnvironmentId>,
    dataverse_url: Known<Url>,
    /// Whether the organization at `dataverse_url` is that of the environment: it is asked once.
    verified: OnceCell<Result<(), Diagnostic>>,
    /// What is waited for, once for all objects.
    roles: Roles,
    met: Met,
    under_way: Arc<UnderWay>,
    /// What nobody was told yet.
    unsaid: Mutex<Vec<Diagnostic>>,
    /// What concerns many objects, and which of them tells of it.
    tellers: Mutex<HashMap<String, String>>,
}

/// Why an environment's tables cannot be asked.
pub(crate) struct Missing {
    /// What it comes from.
    pub(crate) why: Why,
    /// The error of whoever needs them.
    pub(crate) told: Diagnostic,
}

/// What it comes from that an environment's tables cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The service does not know the environment.
    Gone,
    /// No apply brings it about: the configured address is another's, or none.
    Never,
    /// The signed-in principal may not look it up.
    NoRight,
    /// It has no Dataverse.
    NoDataverse,
    /// The provider block will say where it is, and does not yet.
    NotYet,
    /// What is at fault is on this side.
    Own,
    /// A host cannot be reached, which the same apply may still mend.
    Unreachable,
    /// Something else, which says nothing of the environment.
    Other,
}

impl Missing {
    fn new(error: &Error, told: Diagnostic) -> Missing {
        let why = match (error.is_own(), error.is_unreachable()) {
            (true, _) => Why::Own,
            (_, true) => Why::Unreachable,
            _ => Why::Other,
        };
        Missing { why, told }
    }
}

impl From<Diagnostic> for Missing {
    fn from(told: Diagnostic) -> Missing {
        Missing { why: Why::Other, told }
    }
}

impl Account {
    /// The account with these clients, for which an argument may still be missing.
    pub(crate) fn new(
        clients: Result<Clients, &'static str>,
        environment_id: Known<EnvironmentId>,
        dataverse_url: Known<Url>,
        roles: Roles,
    ) -> Account {
        let (verified, met, unsaid, tellers) = (OnceCell::new(), Met::default(), Mutex::default(), Mutex::default());
        let under_way = Arc::default();
        Account { clients, environment_id, dataverse_url, verified, roles, met, under_way, unsaid, tellers }
    }

    /// The waits for roles that were assigned a moment ago.
    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// What was met since the provider was configured.
    pub(crate) fn met(&self) -> &Met {
        &self.met
    }

    /// The operations that are under way.
    pub(crate) fn under_way(&self) -> &Arc<UnderWay> {
        &self.under_way
    }

    /// The provider's own environment.
    pub(crate) fn environment_id(&self) -> &Known<EnvironmentId> {
        &self.environment_id
    }

    /// Whether the services can be asked while Terraform plans.
    pub fn is_known(&self) -> bool {
        self.clients.is_ok()
    }

    /// The Dataverse organization of an environment.
    ///
    /// # Errors
    /// An environment that is not there, may not be read, or has no Dataverse.
    pub(crate) async fn organization(&self, environment_id: &EnvironmentId) -> Result<Arc<Dataverse>, Missing> {
        let looked_up = async |clients: &Clients| clients.environments().environment(environment_id).await;
        self.organization_of(environment_id, looked_up).await
    }

    /// The same for a plan, which asks for each environment once.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn seen_organization(&self, environment_id: &EnvironmentId) -> Result<Arc<Dataverse>, Missing> {
        let looked_up = async |clients: &Clients| clients.environments().seen(environment_id).await;
        self.organization_of(environment_id, looked_up).await
    }

    /// The error that the service does not know an environment, when that is its own word.
    pub(crate) async fn proven_gone(&self, environment_id: &EnvironmentId) -> Option<Diagnostic> {
        let asked = self.clients.as_ref().ok()?.environments().environment(environment_id).await;
        asked.err().filter(Error::proves_no_environment).map(|error| not_looked_up(environment_id, &error))
    }

    async fn organization_of(
        &self,
        environment_id: &EnvironmentId,
        looked_up: impl AsyncFnOnce(&Clients) -> Result<Environment, Error>,
    ) -> Result<Arc<Dataverse>, Missing> {
        let clients = self.clients()?;
        let is_own = self.environment_id.known() == Some(environment_id);
        match &self.dataverse_url {
            Known::Known(url) if is_own => {
                let elsewhere = |error: &Error| {
                    let told = failed("The provider's dataverse_url cannot be used", error);
                    told.on("dataverse_url").inevitable()
                };
                let never = |told| Missing { why: Why::Never, told };
                let organization = clients.dataverse(url).map_err(|error| never(elsewhere(&error)))?;
                let verify = || self.verify(&organization, url, environment_id);
                let verified = self.verified.get_or_try_init(verify).await;
                let verified = verified.map_err(|error| Missing::new(&error, elsewhere(&error)))?;
                return verified.clone().map(|()| organization).map_err(never);
            }
            Known::Unknown if is_own => return Err(Missing { why: Why::NotYet, told: unknown_organization() }),
            _ => {}
        }
        let environment = looked_up(clients).await.map_err(|error| {
            let told = not_looked_up(environment_id, &error);
            if error.proves_no_environment() {
                Missing { why: Why::Gone, told }
            } else if error.is_forbidden() && !error.is_own() {
                let hint = "Register the service principal as an admin management application of Power Platform, or give it a role on the \
                            environment: Reader, or Contributor where it makes connections. Without a connection, dataverse_url in the \
                            provider block spares the question.";
                Missing { why: Why::NoRight, told: told.hint(hint) }
            } else {
                Missing::new(&error, told)
            }
        })?;
        let url = environment.dataverse_url.ok_or_else(|| {
            let detail =
                format!("The environment {environment_id} has no Dataverse database, where credentials are kept.");
            let told = Diagnostic::error("The environment has no Dataverse", detail).on("environment_id").hint(
                "Add Dataverse to the environment in the Power Platform admin center, or name another environment.",
            );
            Missing { why: Why::NoDataverse, told }
        })?;
        let elsewhere = |error| failed("The environment's Dataverse cannot be used", &error).on("environment_id");
        clients.dataverse(&url).map_err(|error| elsewhere(error).into())
    }

    /// Whether it falls to this object to tell of what concerns many: to the one that asks first, however often it does.
    pub(crate) fn falls_to(&self, matter: String, object: &str) -> bool {
        let mut tellers = self.tellers.lock().unwrap_or_else(PoisonError::into_inner);
        tellers.entry(matter).or_insert_with(|| object.to_owned()) == object
    }

    /// Holds the organization at a configured address against the environment that it is said to be of, before anything of it is
    /// read into a state or written.
    ///
    /// # Errors
    /// It was not asked, or not to the end: whoever comes next asks.
    async fn verify(
        &self,
        organization: &Dataverse,
        url: &Url,
        own: &EnvironmentId,
    ) -> Result<Result<(), Diagnostic>, Error> {
        match organization.environment_id().await {
            Ok(theirs) if theirs == *own => Ok(Ok(())),
            Ok(theirs) => {
                let detail = format!(
                    "The organization at {url} is that of the environment {theirs}, and environment_id names {own}."
                );
                Ok(Err(Diagnostic::error("The provider's dataverse_url is of another environment", detail)
                    .on("dataverse_url")
                    .hint("Give the address of that environment's organization, or leave dataverse_url out.")
                    .inevitable()))
            }
            Err(error) if error.is_stopped() || error.is_overdue() || error.is_own() => Err(error),
            Err(error) => {
                let doubt = "Nobody can tell whose the provider's dataverse_url is";
                let doubt = failed(doubt, &error).as_warning(doubt);
                self.unsaid.lock().unwrap_or_else(PoisonError::into_inner).push(doubt.on("dataverse_url"));
                Ok(Ok(()))
            }
        }
    }

    /// What nobody was told yet, to be told now.
    pub(crate) fn unsaid(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.unsaid.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The connections of an environment.
    ///
    /// # Errors
    /// A value of the provider block that only the apply will know.
    pub(crate) fn connectivity(&self, environment_id: &EnvironmentId) -> Result<Arc<Connectivity>, Diagnostic> {
        Ok(self.clients()?.connectivity(environment_id))
    }

    /// The certificates of Key Vault.
    ///
    /// # Errors
    /// A value of the provider block that only the apply will know.
    pub(crate) fn key_vault(&self) -> Result<&KeyVault, Diagnostic> {
        Ok(self.clients()?.key_vault())
    }

    /// Who is signed in, as far as a token tells.
    pub(crate) async fn caller(&self) -> Option<Caller> {
        self.clients.as_ref().ok()?.caller().await
    }

    /// Who reads vaults, as far as a token tells.
    pub(crate) async fn vault_caller(&self) -> Option<Caller> {
        self.clients.as_ref().ok()?.vault_caller().await
    }

    /// Who is signed in, in words.
    pub(crate) async fn caller_in_words(&self) -> String {
        who(self.caller().await.as_ref())
    }

    /// What to do about a right that is missing: who lacks it, and, of the Power Platform API, who may call it at all.
    ///
    /// Source: <https://learn.microsoft.com/power-platform/admin/programmability-authentication-v2>
    pub(crate) async fn forbidden(&self, error: &Error) -> Option<String> {
        // What the service's own codes mean is known better.
        if !error.is_forbidden() || connectivity::remedy(error).is_some() {
            return None;
        }
        let caller = self.caller_in_words().await;
        if error.is_no_member() {
            return Some(format!(
                "Make {caller} an application user of the environment, with a security role: in the Power Platform admin center, in the \
                 environment's settings, under Users + permissions."
            ));
        }
        if error.is_out_of_reach() {
            return Some(format!(
                "Share the row with {caller}, or give it a security role whose privilege has an access level that reaches other people's \
                 rows, such as business unit."
            ));
        }
        Some(match error.is_power_platform() {
            true => format!(
                "The Power Platform API serves a service principal only when it is registered as an admin management application, or has \
                 a Power Platform role (preview) such as Contributor on the environment; dataverse_url does not stand in for that, nor do \
                 shares. Register {caller}, or give it the role: the provider's page, under Rights, has both in HCL."
            ),
            false => format!("Give {caller} the right that the message names, or sign in as another principal."),
        })
    }

    /// The same diagnostic, with what to do about a right that is missing.
    pub(crate) async fn with_right(&self, diagnostic: Diagnostic, error: &Error) -> Diagnostic {
        match self.forbidden(error).await {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }

    fn clients(&self) -> Result<&Clients, Diagnostic> {
        self.clients.as_ref().map_err(|attribute| {
            let detail = format!("The provider's {attribute} is not known yet, and this step has to sign in.");
            Diagnostic::error(format!("The provider's {attribute} is not known"), detail).hint(format!(
                "Give the provider block a {attribute} that is known when Terraform plans, or apply what it comes from first with \
                 -target."
            ))
        })
    }
}

/// The error of an environment that cannot be looked up.
fn not_looked_up(environment_id: &EnvironmentId, error: &Error) -> Diagnostic {
    let told = failed(&format!("Cannot look up the environment {environment_id}"), error).on("environment_id");
    match error.proves_no_environment() {
        true => told
            .hint("Check the environment id: the Power Platform admin center shows it in the environment's details."),
        false => told,
    }
}

fn unknown_organization() -> Diagnostic {
    Diagnostic::error(
        "The provider's dataverse_url is not known",
        "The provider's dataverse_url is not known yet, and this step has to ask Dataverse.",
    )
    .hint("Give the provider block a dataverse_url that is known when Terraform plans.")
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("environment_id", &self.environment_id).finish_non_exhaustive()
    }
}

/// A principal in words.
pub(crate) fn who(caller: Option<&Caller>) -> String {
    let Some(Caller { object_id, name, app_id, .. }) = caller else { return "the signed-in principal".to_owned() };
    match (name, app_id) {
        (Some(name), _) => format!("{name} (object id {object_id})"),
        (None, Some(app_id)) => format!("the application {app_id} (object id {object_id})"),
        (None, None) => format!("the signed-in principal (object id {object_id})"),
    }
}
