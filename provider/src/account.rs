//! Who is signed in, and where: what every resource works with once the provider is configured.
//!
//! Terraform may configure a provider while values are not known yet. Then a creation still plans; what needs the missing value
//! fails there, naming the attribute.

pub(crate) mod met;
pub(crate) mod roles;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tfplugin::{Diagnostic, Known, Plan};
use tokio::sync::OnceCell;
use url::Url;

use crate::clients::Clients;
use crate::clients::connectivity::Connectivity;
use crate::clients::dataverse::Dataverse;
use crate::clients::entra::Caller;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::clients::key_vault::KeyVault;
use crate::failure::failed;
use met::Met;
use roles::Roles;

/// Why an organization cannot be asked, as an error of the apply. Terraform's plan makes less of some of it.
#[derive(Debug)]
pub(crate) enum Unasked {
    /// What is at fault is on this side: an error at once.
    Own(Diagnostic),
    /// A host cannot be reached, which the same apply may still mend.
    Unreachable(Diagnostic),
    /// Anything else: the apply is the first to need the organization.
    Other(Diagnostic),
}

impl Unasked {
    fn new(error: &Error, diagnostic: Diagnostic) -> Unasked {
        match (error.is_own(), error.is_unreachable()) {
            (true, _) => Unasked::Own(diagnostic),
            (_, true) => Unasked::Unreachable(diagnostic),
            _ => Unasked::Other(diagnostic),
        }
    }

    /// What a plan makes of it.
    ///
    /// # Errors
    /// What no apply mends.
    pub(crate) fn bear(self, plan: &mut Plan) -> Result<(), Diagnostic> {
        match self {
            Unasked::Own(error) => return Err(error),
            Unasked::Unreachable(error) => plan.tell(error.as_warning("The environment cannot be reached")),
            Unasked::Other(_) => {}
        }
        Ok(())
    }
}

impl From<Diagnostic> for Unasked {
    fn from(diagnostic: Diagnostic) -> Unasked {
        Unasked::Other(diagnostic)
    }
}

impl From<Unasked> for Diagnostic {
    fn from(unasked: Unasked) -> Diagnostic {
        match unasked {
            Unasked::Own(error) | Unasked::Unreachable(error) | Unasked::Other(error) => error,
        }
    }
}

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
    /// What nobody was told yet.
    unsaid: Mutex<Vec<Diagnostic>>,
}

impl Account {
    /// The account with these clients, for which an argument may still be missing.
    pub(crate) fn new(
        clients: Result<Clients, &'static str>,
        environment_id: Known<EnvironmentId>,
        dataverse_url: Known<Url>,
        roles: Roles,
    ) -> Account {
        let (verified, met, unsaid) = (OnceCell::new(), Met::default(), Mutex::default());
        Account { clients, environment_id, dataverse_url, verified, roles, met, unsaid }
    }

    /// The waits for roles that were assigned a moment ago.
    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// What was met since the provider was configured.
    pub(crate) fn met(&self) -> &Met {
        &self.met
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
    pub(crate) async fn organization(&self, environment_id: &EnvironmentId) -> Result<Arc<Dataverse>, Unasked> {
        let clients = self.clients()?;
        let is_own = self.environment_id.known() == Some(environment_id);
        match &self.dataverse_url {
            Known::Known(url) if is_own => {
                let elsewhere = |error: &Error| {
                    let diagnostic = failed("The provider's dataverse_url cannot be used", error);
                    Unasked::new(error, diagnostic.on("dataverse_url").inevitable())
                };
                let organization = clients.dataverse(url).map_err(|error| elsewhere(&error))?;
                let verify = || self.verify(&organization, url, environment_id);
                let verified = self.verified.get_or_try_init(verify).await.map_err(|error| elsewhere(&error))?;
                return verified.clone().map(|()| organization).map_err(Unasked::Other);
            }
            Known::Unknown if is_own => return Err(unknown_organization().into()),
            _ => {}
        }
        let environment = clients.environments().environment(environment_id).await.map_err(|error| {
            let diagnostic = failed(&format!("Cannot look up the environment {environment_id}"), &error).on("environment_id");
            let diagnostic = if error.is_not_found() {
                diagnostic.hint("Check the environment id: the Power Platform admin center shows it in the environment's details.")
            } else if error.is_forbidden() {
                diagnostic.hint(
                    "Register the service principal as an admin management application of Power Platform, or set dataverse_url in \
                     the provider block so that the environments API need not be asked.",
                )
            } else {
                diagnostic
            };
            Unasked::new(&error, diagnostic)
        })?;
        let url = environment.dataverse_url.ok_or_else(|| {
            let detail =
                format!("The environment {environment_id} has no Dataverse database, where credentials are kept.");
            Diagnostic::error("The environment has no Dataverse", detail).on("environment_id").hint(
                "Add Dataverse to the environment in the Power Platform admin center, or name another environment.",
            )
        })?;
        let elsewhere = |error| failed("The environment's Dataverse cannot be used", &error).on("environment_id");
        Ok(clients.dataverse(&url).map_err(elsewhere)?)
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

    /// Who is signed in, in words.
    pub(crate) async fn caller_in_words(&self) -> String {
        match self.caller().await {
            Some(caller) => match (caller.name, caller.app_id) {
                (Some(name), _) => format!("{name} (object id {})", caller.object_id),
                (None, Some(app_id)) => format!("the application {app_id} (object id {})", caller.object_id),
                (None, None) => format!("the signed-in principal (object id {})", caller.object_id),
            },
            None => "the signed-in principal".to_owned(),
        }
    }

    /// What to do about a right that is missing: who lacks it, and, of the Power Platform API, who may call it at all.
    ///
    /// Source: <https://learn.microsoft.com/power-platform/admin/programmability-authentication-v2>
    pub(crate) async fn forbidden(&self, error: &Error) -> Option<String> {
        if !error.is_forbidden() {
            return None;
        }
        let caller = self.caller_in_words().await;
        Some(match error.is_power_platform() {
            true => format!(
                "The Power Platform API serves a service principal only when it is registered as an admin management application, or has \
                 a Power Platform role (preview) such as Contributor on the environment; dataverse_url does not stand in for that. Register \
                 {caller}, or give it the role."
            ),
            false => format!("Give {caller} the right that the message names, or sign in as another principal."),
        })
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
