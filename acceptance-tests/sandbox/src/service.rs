//! From a host to the service that answers for it.

use http::StatusCode;

use crate::azure_devops;
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

/// The sign-in hosts of all clouds.
const SIGN_IN: [&str; 3] = ["login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn"];
const ENVIRONMENTS: [&str; 5] = [
    "api.bap.microsoft.com",
    "gov.api.bap.microsoft.us",
    "high.api.bap.microsoft.us",
    "api.bap.appsplatform.us",
    "api.bap.partner.microsoftonline.cn",
];
const VAULTS: [&str; 3] = [".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net"];
const POWER_PLATFORM: [&str; 5] = [
    ".environment.api.powerplatform.com",
    ".environment.api.gov.powerplatform.microsoft.us",
    ".environment.api.high.powerplatform.microsoft.us",
    ".environment.api.appsplatform.us",
    ".environment.api.powerplatform.partner.microsoftonline.cn",
];
const SILENT: [(&str, &str); 6] = [
    ("graph.microsoft.com", "Microsoft Graph"),
    ("graph.microsoft.us", "Microsoft Graph"),
    ("microsoftgraph.chinacloudapi.cn", "Microsoft Graph"),
    ("management.azure.com", "Azure Resource Manager"),
    ("management.usgovcloudapi.net", "Azure Resource Manager"),
    ("management.chinacloudapi.cn", "Azure Resource Manager"),
];

/// Who answers for this host.
pub(crate) fn find(world: &World, host: &str) -> Service {
    let host = host.to_ascii_lowercase();
    if SIGN_IN.contains(&host.as_str()) {
        return Service::Entra;
    }
    if ENVIRONMENTS.contains(&host.as_str()) {
        return Service::Environments;
    }
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
    if let Some((_, name)) = SILENT.iter().find(|(known, _)| *known == host) {
        return Service::Silent(name);
    }
    if let Some(name) = VAULTS.iter().find_map(|suffix| host.strip_suffix(suffix)) {
        return if world.vaults.contains_key(name) { Service::Vault(name.to_owned()) } else { Service::Nowhere };
    }
    if host == "api.powerplatform.com" {
        return Service::PowerPlatform;
    }
    if let Some(name) = POWER_PLATFORM.iter().find_map(|suffix| host.strip_suffix(suffix)) {
        let id = name.replace('.', "");
        let known = world.environments.keys().find(|known| known.replace('-', "") == id);
        return known.map_or(Service::Nowhere, |id| Service::Environment(id.clone()));
    }
    let parts: Vec<&str> = host.split('.').collect();
    if host.ends_with(".dynamics.com") && parts.len() == 4 && parts[1].starts_with("crm") {
        let mut environments = world.environments.iter();
        let found = environments.find(|(_, one)| one.dataverse.as_ref().is_some_and(|org| org.host == host));
        return found.map_or(Service::Nowhere, |(id, _)| Service::Organization(id.clone()));
    }
    Service::Strange
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

fn organization(world: &mut World, id: &str, request: &Request) -> Response {
    let audience =
        world.environments.get(id).and_then(|one| one.dataverse.as_ref()).map(|org| format!("https://{}", org.host));
    match entra::verify(world, request, &audience.unwrap_or_default()) {
        Ok(caller) => dataverse::answer(world, id, &caller, request),
        Err(unaccepted) => Response::error(StatusCode::UNAUTHORIZED, "", unaccepted.words()).with_header(
            "www-authenticate",
            "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize, error=\"invalid_token\"",
        ),
    }
}
