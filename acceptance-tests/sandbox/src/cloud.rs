//! Microsoft's clouds: the hosts of each, and for whom a token has to be.
//!
//! | | Where it is said |
//! |---|---|
//! | Power Platform, and for whom its tokens are | constants of microsoft/terraform-provider-power-platform |
//! | GCC High's Power Platform API | it says `api.appsplatform.us` there, and `api.high.powerplatform.microsoft.us` in microsoft/Agents-for-js: [`GccHighApi`] |
//! | hosts of environments | microsoft/Agents-for-js: the last two letters of an id stand apart in the public cloud, the last one elsewhere; Microsoft's provider has two everywhere: [`Switches::two_letters_everywhere`] |
//! | Dataverse | <https://learn.microsoft.com/power-apps/developer/data-platform/discovery-service>, by the hosts of discovery |
//! | vaults | <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates>; for whom their tokens are is inferred |
//! | sign-in | <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>; names that mean the same as MSAL knows them |
//! | for whom the tokens of other issuers are | <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity> |
//!
//! GCC lives in the public cloud's Azure: sign-in, vaults and Azure Resource Manager are the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// The one that everybody knows.
    #[default]
    Public,
    /// The community of the government of the United States.
    Gcc,
    /// The same, sealed off.
    GccHigh,
    /// Their Department of Defense.
    Dod,
    /// China's, which 21Vianet runs.
    China,
}

/// What is open about clouds, and the answers in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Where GCC High's Power Platform API is.
    pub gcc_high_api: GccHighApi,
    /// Whether the host of an environment may have two letters apart in other clouds than the public one, too.
    pub two_letters_everywhere: bool,
}

/// Where GCC High's Power Platform API is: sources contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GccHighApi {
    /// At `api.high.powerplatform.microsoft.us`.
    #[default]
    HighPowerPlatform,
    /// At `api.appsplatform.us`, as the one of the Department of Defense.
    AppsPlatform,
}

/// The hosts of a cloud. For whom a token is, is the address of the host, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Where one signs in.
    pub authority: &'static str,
    /// The names that mean the same, the one that the cloud calls itself by first.
    pub authority_names: &'static [&'static str],
    /// Who issues the older tokens.
    pub issuer: &'static str,
    /// For whom the token of another issuer is that is exchanged.
    pub token_exchange: &'static str,
    /// The environments API.
    pub environments: &'static str,
    /// For whom its tokens are.
    pub environments_audience: &'static str,
    /// The Power Platform API.
    pub power_platform: &'static str,
    /// How many letters of its id stand apart in the host of an environment.
    pub letters_apart: usize,
    /// What the hosts of Dataverse's organizations end with; in the public cloud those in Europe.
    pub dataverse: &'static str,
    /// What the hosts of vaults end with.
    pub vaults: &'static str,
    /// Microsoft Graph.
    pub graph: &'static str,
    /// Azure Resource Manager.
    pub resource_manager: &'static str,
}

/// What a host of a cloud is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    SignIn,
    Environments,
    PowerPlatform,
    /// What stands before `.environment` in the host of an environment.
    Environment(&'a str),
    Organization,
    Vault(&'a str),
    Graph,
    ResourceManager,
}

const PUBLIC: Addresses = Addresses {
    authority: "login.microsoftonline.com",
    authority_names: &["login.microsoftonline.com"],
    issuer: "sts.windows.net",
    token_exchange: "api://AzureADTokenExchange",
    environments: "api.bap.microsoft.com",
    environments_audience: "https://service.powerapps.com",
    power_platform: "api.powerplatform.com",
    letters_apart: 2,
    dataverse: ".crm4.dynamics.com",
    vaults: ".vault.azure.net",
    graph: "graph.microsoft.com",
    resource_manager: "management.azure.com",
};

const GCC: Addresses = Addresses {
    environments: "gov.api.bap.microsoft.us",
    environments_audience: "https://service.powerapps.us",
    power_platform: "api.gov.powerplatform.microsoft.us",
    letters_apart: 1,
    dataverse: ".crm9.dynamics.com",
    ..PUBLIC
};

const GCC_HIGH: Addresses = Addresses {
    authority: "login.microsoftonline.us",
    authority_names: &["login.microsoftonline.us", "login.usgovcloudapi.net"],
    token_exchange: "api://AzureADTokenExchangeUSGov",
    environments: "high.api.bap.microsoft.us",
    environments_audience: "https://high.service.apps.appsplatform.us",
    power_platform: "api.high.powerplatform.microsoft.us",
    letters_apart: 1,
    dataverse: ".crm.microsoftdynamics.us",
    vaults: ".vault.usgovcloudapi.net",
    graph: "graph.microsoft.us",
    resource_manager: "management.usgovcloudapi.net",
    ..PUBLIC
};

const DOD: Addresses = Addresses {
    environments: "api.bap.appsplatform.us",
    environments_audience: "https://service.apps.appsplatform.us",
    power_platform: "api.appsplatform.us",
    dataverse: ".crm.appsplatform.us",
    graph: "dod-graph.microsoft.us",
    ..GCC_HIGH
};

const CHINA: Addresses = Addresses {
    authority: "login.chinacloudapi.cn",
    authority_names: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    issuer: "sts.chinacloudapi.cn",
    token_exchange: "api://AzureADTokenExchangeChina",
    environments: "api.bap.partner.microsoftonline.cn",
    environments_audience: "https://service.powerapps.cn",
    power_platform: "api.powerplatform.partner.microsoftonline.cn",
    letters_apart: 1,
    dataverse: ".crm.dynamics.cn",
    vaults: ".vault.azure.cn",
    graph: "microsoftgraph.chinacloudapi.cn",
    resource_manager: "management.chinacloudapi.cn",
};

impl Cloud {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Public, Self::Gcc, Self::GccHigh, Self::Dod, Self::China];

    /// Its hosts.
    pub fn addresses(self, switches: &Switches) -> Addresses {
        match self {
            Self::Public => PUBLIC,
            Self::Gcc => GCC,
            Self::GccHigh => match switches.gcc_high_api {
                GccHighApi::HighPowerPlatform => GCC_HIGH,
                GccHighApi::AppsPlatform => Addresses { power_platform: DOD.power_platform, ..GCC_HIGH },
            },
            Self::Dod => DOD,
            Self::China => CHINA,
        }
    }

    /// Its name as people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Gcc => "gcc",
            Self::GccHigh => "gcchigh",
            Self::Dod => "dod",
            Self::China => "china",
        }
    }

    /// What azurerm and its like call the Azure that it lives in.
    pub fn azure(self) -> &'static str {
        match self {
            Self::Public | Self::Gcc => "public",
            Self::GccHigh | Self::Dod => "usgovernment",
            Self::China => "china",
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Cloud {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|cloud| cloud.name() == name);
        known.ok_or_else(|| format!("there is no cloud {name:?}: {}", Self::ALL.map(Self::name).join(", ")))
    }
}

impl Addresses {
    /// For whom the tokens of the Power Platform API are.
    pub fn power_platform_audience(&self) -> String {
        format!("https://{}", self.power_platform)
    }

    /// For whom the tokens of vaults are.
    pub fn vaults_audience(&self) -> String {
        format!("https://{}", self.vaults.trim_start_matches('.'))
    }

    /// The host of a vault.
    pub fn vault_host(&self, name: &str) -> String {
        format!("{}{}", name.to_ascii_lowercase(), self.vaults)
    }

    /// The host of an organization that begins so.
    pub fn organization_host(&self, name: &str) -> String {
        format!("{name}{}", self.dataverse)
    }

    /// The host of the environment with this id.
    pub fn environment_host(&self, id: &str) -> String {
        format!("{}.environment.{}", apart(id, self.letters_apart), self.power_platform)
    }

    /// What a host is, if it is one of this cloud.
    pub(crate) fn place<'a>(&self, host: &'a str) -> Option<Place<'a>> {
        if self.authority_names.contains(&host) {
            return Some(Place::SignIn);
        }
        for (known, place) in [
            (self.environments, Place::Environments),
            (self.power_platform, Place::PowerPlatform),
            (self.graph, Place::Graph),
            (self.resource_manager, Place::ResourceManager),
        ] {
            if host == known {
                return Some(place);
            }
        }
        if let Some(name) = host.strip_suffix(self.vaults) {
            return Some(Place::Vault(name));
        }
        let name = host.strip_suffix(self.power_platform).and_then(|rest| rest.strip_suffix(".environment."));
        name.map(Place::Environment).or_else(|| self.is_organization(host).then_some(Place::Organization))
    }

    fn is_organization(&self, host: &str) -> bool {
        let Some((name, rest)) = host.split_once('.') else { return false };
        let region = || rest.strip_suffix(".dynamics.com").and_then(|rest| rest.strip_prefix("crm"));
        let in_public =
            || region().is_some_and(|number| number != "9" && number.bytes().all(|letter| letter.is_ascii_digit()));
        let here = self.dataverse.strip_prefix('.') == Some(rest);
        !name.is_empty() && (here || self.dataverse == PUBLIC.dataverse && in_public())
    }
}

/// The id of an environment in a host: in lower case and without dashes, the last letters apart.
pub(crate) fn apart(id: &str, letters: usize) -> String {
    let id = id.to_ascii_lowercase().replace('-', "");
    let (first, last) = id.split_at(id.len().saturating_sub(letters));
    format!("{first}.{last}")
}

/// What a host is in any cloud.
pub(crate) fn somewhere(host: &str) -> Option<Place<'_>> {
    [PUBLIC, GCC, GCC_HIGH, DOD, CHINA].iter().find_map(|cloud| cloud.place(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cloud: Cloud, host: &str, expected: Option<Place<'_>>) {
        assert_eq!(cloud.addresses(&Switches::default()).place(host), expected, "{host} in {cloud}");
    }

    #[test]
    fn a_host_is_one_of_its_own_cloud() {
        check(Cloud::Public, "contoso.crm4.dynamics.com", Some(Place::Organization));
        check(Cloud::Public, "contoso.crm.dynamics.com", Some(Place::Organization));
        check(Cloud::Public, "contoso.crm9.dynamics.com", None);
        check(Cloud::Public, "contoso.crmx.dynamics.com", None);
        check(Cloud::Gcc, "contoso.crm9.dynamics.com", Some(Place::Organization));
        check(Cloud::Gcc, "contoso.crm4.dynamics.com", None);
        check(Cloud::Gcc, "login.microsoftonline.com", Some(Place::SignIn));
        check(Cloud::GccHigh, "contoso.crm.microsoftdynamics.us", Some(Place::Organization));
        check(Cloud::GccHigh, "api.appsplatform.us", None);
        check(Cloud::Dod, "e0.0.environment.api.appsplatform.us", Some(Place::Environment("e0.0")));
        check(Cloud::China, "kv.vault.azure.cn", Some(Place::Vault("kv")));
        check(Cloud::China, "kv.vault.azure.net", None);
        check(Cloud::China, "login.partner.microsoftonline.cn", Some(Place::SignIn));
    }

    #[test]
    fn the_host_of_an_environment_sets_its_last_letters_apart() {
        let host = |cloud: Cloud| cloud.addresses(&Switches::default()).environment_host("Default-0a-1B");
        assert_eq!(host(Cloud::Public), "default0a.1b.environment.api.powerplatform.com");
        assert_eq!(host(Cloud::China), "default0a1.b.environment.api.powerplatform.partner.microsoftonline.cn");
        let high = Switches { gcc_high_api: GccHighApi::AppsPlatform, ..Switches::default() };
        assert_eq!(Cloud::GccHigh.addresses(&high).environment_host("0a1b"), "0a1.b.environment.api.appsplatform.us");
    }

    #[test]
    fn a_cloud_is_named_as_it_is_written() {
        for cloud in Cloud::ALL {
            assert_eq!((cloud.name().parse(), serde_json::json!(cloud)), (Ok(cloud), serde_json::json!(cloud.name())));
        }
        assert!("mars".parse::<Cloud>().unwrap_err().contains("gcchigh"));
    }
}
