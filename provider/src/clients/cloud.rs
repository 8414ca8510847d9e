//! Where the services live. The public cloud alone is offered: credentials are documented as unavailable in the others.

use url::Url;

use super::environment_id::EnvironmentId;

/// One of Microsoft's clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
}

impl Cloud {
    /// The host that signs in.
    pub(super) fn sign_in_host(self) -> &'static str {
        match self {
            Cloud::Public => "login.microsoftonline.com",
        }
    }

    /// For whom an identity token is, that is shown in place of a secret.
    ///
    /// Source: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust>
    pub(super) fn token_exchange(self) -> &'static str {
        match self {
            Cloud::Public => "api://AzureADTokenExchange",
        }
    }

    /// The host of the environments API (BAP).
    pub(super) fn environments_host(self) -> &'static str {
        match self {
            Cloud::Public => "api.bap.microsoft.com",
        }
    }

    /// The token scope of the environments API.
    pub(super) fn environments_scope(self) -> &'static str {
        match self {
            Cloud::Public => "https://service.powerapps.com/.default",
        }
    }

    /// Whether an address is one of Dataverse: https, on its own port, in a domain of Microsoft's. Tokens are sent nowhere else.
    pub(super) fn is_dataverse(self, url: &Url) -> bool {
        let domain = match self {
            Cloud::Public => ".dynamics.com",
        };
        url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(|host| host.ends_with(domain))
    }

    /// What follows a vault's name in its host.
    pub(super) fn vault_suffix(self) -> &'static str {
        match self {
            Cloud::Public => "vault.azure.net",
        }
    }

    /// The token scope of every vault, which each of them names in its challenge.
    pub(super) fn vault_scope(self) -> &'static str {
        match self {
            Cloud::Public => "https://vault.azure.net/.default",
        }
    }

    /// The host and the token scope of the Power Platform API.
    pub(super) fn power_platform(self) -> (&'static str, &'static str) {
        match self {
            Cloud::Public => ("api.powerplatform.com", "https://api.powerplatform.com/.default"),
        }
    }

    /// The host of an environment in the Power Platform API: its id without dashes, in lower case, with a dot before the last letters.
    ///
    /// Source: <https://learn.microsoft.com/power-automate/desktop-flows/alm/alm-connection>
    pub fn environment_host(self, environment_id: &EnvironmentId) -> String {
        match self {
            Cloud::Public => environment_host(environment_id, self.power_platform().0, 2),
        }
    }
}

/// The host of an environment below an API's host, with a dot before the last letters of its id.
pub(crate) fn environment_host(environment_id: &EnvironmentId, api_host: &str, last_letters: usize) -> String {
    let id = environment_id.letters();
    let (head, tail) = id.split_at(id.len().saturating_sub(last_letters));
    format!("{head}.{tail}.environment.{api_host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_dataverse_alone() {
        let is = |address: &str| Cloud::Public.is_dataverse(&Url::parse(address).unwrap());
        assert!(is("https://contoso.crm4.dynamics.com/") && is("https://contoso.api.crm.dynamics.com:443"));
        for other in [
            "http://contoso.crm4.dynamics.com",
            "ftp://contoso.crm4.dynamics.com",
            "https://contoso.crm4.dynamics.com:8443",
            "https://contoso.crm4.dynamics.com.evil.example",
            "https://evildynamics.com",
            "https://dynamics.com",
            "https://127.0.0.1",
        ] {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn an_environment_has_a_host_of_its_own() {
        let host = |id| Cloud::Public.environment_host(&EnvironmentId::parse(id).unwrap());
        assert_eq!(
            host("37520647-DBDF-49fa-ba01-6134c14680c4"),
            "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"
        );
        assert_eq!(
            host("Default-37520647-dbdf-49fa-ba01-6134c14680c4"),
            "default37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"
        );
    }
}
