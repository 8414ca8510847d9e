//! From a host to the service that answers for it.

use http::StatusCode;

use crate::azure_devops;
use crate::cloud::{self, Place};
use crate::connectivity;
use crate::dataverse;
use crate::entra;
use crate::environment_management;
use crate::environments;
use crate::exchange::{Request, Response};
use crate::github_actions;
use crate::issuer;
use crate::key_vault;
use crate::managed_identity;
use crate::world::World;

/// Who answers for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Entra,
    Environments,
    Vault(String),
    Organization(String),
    Environment(String),
    /// The Power Platform API where it is no environment's.
    PowerPlatform,
    /// Where a job of GitHub Actions asks who it is.
    Workflow,
    /// Where a job of Azure DevOps does.
    Pipeline,
    /// Who says it.
    Issuer,
    /// Where a virtual machine asks who it is.
    Machine,
    /// Where a program in App Service does.
    App,
    /// Microsoft's, and not emulated yet.
    Silent(&'static str),
    /// Microsoft's by its name, but nothing of this name exists: nobody could connect to it.
    Nowhere,
    /// Somebody else's.
    Strange,
}

/// Who answers for this host. What another cloud has is not to be found in this one.
pub(crate) fn find(world: &World, host: &str) -> Service {
    let host = host.to_ascii_lowercase();
    if github_actions::is_host(&host) {
        return Service::Workflow;
    }
    if azure_devops::is_host(&host) {
        return Service::Pipeline;
    }
    if issuer::is_host(world, &host) {
        return Service::Issuer;
    }
    if host == managed_identity::IMDS {
        return Service::Machine;
    }
    if host == managed_identity::APP_SERVICE {
        return Service::App;
    }
    match world.addresses().place(&host) {
        Some(place) => at(world, place, &host),
        None if cloud::somewhere(&host).is_some() => Service::Nowhere,
        None => Service::Strange,
    }
}

fn at(world: &World, place: Place<'_>, host: &str) -> Service {
    match place {
        Place::SignIn => Service::Entra,
        Place::Environments => Service::Environments,
        Place::PowerPlatform => Service::PowerPlatform,
        Place::Graph => Service::Silent("Microsoft Graph"),
        Place::ResourceManager => Service::Silent("Azure Resource Manager"),
        Place::Vault(name) if world.vaults.contains_key(name) => Service::Vault(name.to_owned()),
        Place::Vault(_) => Service::Nowhere,
        Place::Environment(name) => {
            let mut environments = world.environments.keys();
            let is = |id: &str| world.letters_apart().any(|letters| cloud::apart(id, letters) == name);
            environments.find(|id| is(id)).map_or(Service::Nowhere, |id| Service::Environment(id.clone()))
        }
        Place::Organization => {
            let mut environments = world.environments.iter();
            let found = environments.find(|(_, one)| one.dataverse.as_ref().is_some_and(|org| org.host == host));
            found.map_or(Service::Nowhere, |(id, _)| Service::Organization(id.clone()))
        }
    }
}

/// Lets a service answer.
pub(crate) fn answer(world: &mut World, service: &Service, request: &Request) -> Response {
    match service {
        Service::Entra => entra::answer(world, request),
        Service::Environments => environments::answer(world, request),
        Service::Vault(name) => match world.vaults.get(name) {
            Some(vault) => key_vault::answer(world, vault, request),
            None => Response::unknown("this vault"),
        },
        Service::Environment(id) => connectivity::answer(world, id, request),
        Service::PowerPlatform => environment_management::answer(world, request),
        Service::Organization(id) => organization(world, id, request),
        Service::Workflow => github_actions::answer(world, request),
        Service::Pipeline => azure_devops::answer(world, request),
        Service::Issuer => issuer::answer(world, request),
        Service::Machine => managed_identity::imds(world, request),
        Service::App => managed_identity::app_service(world, request),
        Service::Silent(name) => Response::unknown(&format!("{name} yet: {} {}", request.method, request.path)),
        Service::Nowhere => {
            Response::error(StatusCode::BAD_GATEWAY, "NameNotResolved", "There is nothing of this name.")
        }
        Service::Strange => {
            let message = format!(
                "The sandbox answers for Microsoft's hosts alone, and nothing leaves it: {} is refused.",
                request.host
            );
            Response::error(StatusCode::FORBIDDEN, "HostRefused", &message)
        }
    }
}

/// The organization that a request asks, and the application that asks it, if its token is accepted there.
pub(crate) fn user_of_organization(world: &World, request: &Request) -> Option<(String, String)> {
    let Service::Organization(id) = find(world, &request.host) else { return None };
    let caller = entra::verify(world, request, &audience(world, &id)).ok()?;
    Some((id, caller.app_id))
}

/// For whom a token has to be that an organization accepts.
fn audience(world: &World, id: &str) -> String {
    let org = world.environments.get(id).and_then(|one| one.dataverse.as_ref());
    org.map(|org| format!("https://{}", org.host)).unwrap_or_default()
}

fn organization(world: &mut World, id: &str, request: &Request) -> Response {
    match entra::verify(world, request, &audience(world, id)) {
        Ok(caller) => dataverse::answer(world, id, &caller, request),
        Err(unaccepted) => {
            let authority = world.addresses().authority;
            let challenge = format!(
                "Bearer authorization_uri=https://{authority}/common/oauth2/authorize, error=\"invalid_token\""
            );
            Response::error(StatusCode::UNAUTHORIZED, "", unaccepted.words())
                .with_header("www-authenticate", unaccepted.header(&challenge))
        }
    }
}
