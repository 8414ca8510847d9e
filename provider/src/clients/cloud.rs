//! Where the services live. The public cloud alone is offered: credentials are documented as unavailable in the others.

use super::environment_id::EnvironmentId;

/// One of Microsoft's clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
}

impl Cloud {
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

    /// What follows a vault's name in its host.
    pub(super) fn vault_suffix(self) -> &'static str {
        match self {
            Cloud::Public => "vault.azure.net",
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
