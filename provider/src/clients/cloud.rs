//! Microsoft's clouds: where the services of each live, and what a token for them is asked for with. One table, and what a
//! configuration says instead.
//!
//! Sources: Microsoft's own Terraform provider and Agents SDK for the hosts of Power Platform,
//! <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers> for those of vaults,
//! <https://learn.microsoft.com/power-apps/developer/data-platform/discovery-service> for the suffixes of organizations, by the hosts of their
//! discovery, and MSAL for the audiences of identity tokens. Where the sources differ, the manual says what was chosen.

use url::Url;

use super::environment_id::EnvironmentId;

/// Where the services of a cloud live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// Its name.
    pub name: &'static str,
    /// The host that signs in.
    pub sign_in: String,
    /// For whom an identity token is, that is shown in place of a secret.
    token_exchange: &'static str,
    /// The host of the environments API (BAP).
    pub environments: String,
    /// For whom its tokens are.
    pub environments_audience: String,
    /// The host of the Power Platform API.
    pub power_platform: String,
    /// How many letters of an environment's id stand behind the dot in its host there.
    pub last_letters: usize,
    /// What the host of an organization of Dataverse ends with.
    pub dataverse: String,
    /// What follows a vault's name in its host.
    pub vaults: String,
    /// The host of Microsoft Graph.
    pub graph: String,
    /// Whether Microsoft says that credentials are not offered there.
    pub lacks_credentials: bool,
}

/// A row of the table: name, sign-in, environments and their audience, Power Platform, Dataverse, Graph.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const ROWS: [Row; 5] = [
    (
        "public",
        "login.microsoftonline.com",
        "api.bap.microsoft.com",
        "https://service.powerapps.com",
        "api.powerplatform.com",
        ".dynamics.com",
        "graph.microsoft.com",
    ),
    (
        "gcc",
        "login.microsoftonline.com",
        "gov.api.bap.microsoft.us",
        "https://service.powerapps.us",
        "api.gov.powerplatform.microsoft.us",
        ".crm9.dynamics.com",
        "graph.microsoft.com",
    ),
    (
        "gcchigh",
        "login.microsoftonline.us",
        "high.api.bap.microsoft.us",
        "https://high.service.apps.appsplatform.us",
        "api.high.powerplatform.microsoft.us",
        ".crm.microsoftdynamics.us",
        "graph.microsoft.us",
    ),
    (
        "dod",
        "login.microsoftonline.us",
        "api.bap.appsplatform.us",
        "https://service.apps.appsplatform.us",
        "api.appsplatform.us",
        ".crm.appsplatform.us",
        "dod-graph.microsoft.us",
    ),
    (
        "china",
        "login.chinacloudapi.cn",
        "api.bap.partner.microsoftonline.cn",
        "https://service.powerapps.cn",
        "api.powerplatform.partner.microsoftonline.cn",
        ".crm.dynamics.cn",
        "microsoftgraph.chinacloudapi.cn",
    ),
];

/// The names of the clouds.
pub const NAMES: &[&str] = &["public", "gcc", "gcchigh", "dod", "china"];

impl Cloud {
    /// The cloud of this name.
    pub fn named(name: &str) -> Option<Cloud> {
        ROWS.iter().find(|(known, ..)| *known == name).map(Cloud::of)
    }

    /// The public cloud.
    pub fn public() -> Cloud {
        Cloud::of(&ROWS[0])
    }

    fn of(&(name, sign_in, environments, environments_audience, power_platform, dataverse, graph): &Row) -> Cloud {
        // Azure has three clouds, told apart by who signs in.
        let (token_exchange, vaults) = match sign_in {
            "login.microsoftonline.us" => ("api://AzureADTokenExchangeUSGov", "vault.usgovcloudapi.net"),
            "login.chinacloudapi.cn" => ("api://AzureADTokenExchangeChina", "vault.azure.cn"),
            _ => ("api://AzureADTokenExchange", "vault.azure.net"),
        };
        Cloud {
            name,
            sign_in: sign_in.to_owned(),
            token_exchange,
            environments: environments.to_owned(),
            environments_audience: environments_audience.to_owned(),
            power_platform: power_platform.to_owned(),
            last_letters: if name == "public" { 2 } else { 1 },
            dataverse: dataverse.to_owned(),
            vaults: vaults.to_owned(),
            graph: graph.to_owned(),
            lacks_credentials: matches!(name, "gcc" | "gcchigh" | "dod"),
        }
    }

    /// For whom an identity token is, that is shown in place of a secret.
    pub(super) fn token_exchange(&self) -> &'static str {
        self.token_exchange
    }

    /// The token scope of the environments API.
    pub(super) fn environments_scope(&self) -> String {
        format!("{}/.default", self.environments_audience)
    }

    /// Holds that an address is one of Dataverse: https, in a domain of Microsoft's, and nothing besides. Tokens are sent nowhere else.
    ///
    /// # Errors
    /// What is wrong with it, without a user or a password that it may hold.
    pub(super) fn expect_dataverse(&self, url: &Url) -> Result<(), String> {
        let Cloud { name, dataverse, .. } = self;
        let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
        if scheme != "https" || host.len() <= dataverse.len() || !host.ends_with(dataverse) {
            let shown = format!("{scheme}://{host} is no address of Dataverse");
            return Err(match Cloud::named(name).is_some_and(|cloud| cloud.dataverse == *dataverse) {
                true => format!(
                    "{shown} in the cloud {name}, where it begins with https:// and ends with {dataverse}: the provider's cloud says which \
                     one it is, and dataverse_suffix of its endpoints where else Dataverse is"
                ),
                false => format!(
                    "{shown}, which begins with https:// and ends with {dataverse}, as dataverse_suffix of the provider's endpoints says"
                ),
            });
        }
        let wrong = [
            (!url.username().is_empty() || url.password().is_some(), "a user name or a password"),
            (url.port().is_some(), "a port"),
            (url.path() != "/", "a path"),
            (url.query().is_some(), "a query"),
            (url.fragment().is_some(), "a fragment"),
        ];
        let wrong: Vec<&str> = wrong.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "this is no address of Dataverse, which would be https://{host} alone, without {}",
                wrong.join(" and ")
            )),
        }
    }

    /// The token scope of every vault, which each of them names in its challenge.
    pub(super) fn vault_scope(&self) -> String {
        format!("https://{}/.default", self.vaults)
    }

    /// The token scope of the Power Platform API.
    pub(super) fn power_platform_scope(&self) -> String {
        format!("https://{}/.default", self.power_platform)
    }

    /// The host of an environment in the Power Platform API: its id without dashes, in lower case, with a dot before the last letters.
    ///
    /// Source: <https://learn.microsoft.com/power-automate/desktop-flows/alm/alm-connection>
    pub fn environment_host(&self, environment_id: &EnvironmentId) -> String {
        let id = environment_id.letters();
        let (head, tail) = id.split_at(id.len().saturating_sub(self.last_letters));
        format!("{head}.{tail}.environment.{}", self.power_platform)
    }
}

/// The table of the manual: where the services of each cloud live.
#[must_use]
pub fn table() -> String {
    let mut table =
        "| `cloud` | signs in at | environments | Power Platform | letters | Dataverse | vaults | Graph |\n".to_owned();
    table.push_str("|---|---|---|---|---|---|---|---|\n");
    for cloud in ROWS.iter().map(Cloud::of) {
        let Cloud { name, sign_in, environments, power_platform, last_letters, dataverse, vaults, graph, .. } = cloud;
        table.push_str(&format!(
            "| `{name}` | `{sign_in}` | `{environments}` | `{power_platform}` | {last_letters} | `*{dataverse}` | `*.{vaults}` | `{graph}` |\n"
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_dataverse_alone() {
        let is = |cloud: &str, address: &str| {
            Cloud::named(cloud).unwrap().expect_dataverse(&Url::parse(address).unwrap()).is_ok()
        };
        assert!(is("public", "https://contoso.crm4.dynamics.com/"));
        assert!(is("public", "https://contoso.api.crm.dynamics.com:443"));
        for other in [
            "http://contoso.crm4.dynamics.com",
            "ftp://contoso.crm4.dynamics.com",
            "https://contoso.crm4.dynamics.com:8443",
            "https://contoso.crm4.dynamics.com.evil.example",
            "https://contoso.crm.dynamics.cn",
            "https://evildynamics.com",
            "https://dynamics.com",
            "https://.dynamics.com",
            "https://127.0.0.1",
            "https://contoso.crm4.dynamics.com@evil.example",
            "https://me@contoso.crm4.dynamics.com",
        ] {
            assert!(!Url::parse(other).is_ok_and(|_| is("public", other)), "{other}");
        }
        let own = [
            ("gcc", "https://contoso.crm9.dynamics.com"),
            ("gcchigh", "https://contoso.crm.microsoftdynamics.us"),
            ("dod", "https://contoso.crm.appsplatform.us"),
            ("china", "https://contoso.crm.dynamics.cn"),
        ];
        for (cloud, address) in own {
            let clouds: Vec<&str> = own.iter().map(|(cloud, _)| *cloud).filter(|cloud| is(cloud, address)).collect();
            assert_eq!(clouds, [cloud]);
        }
        assert!(!is("gcc", "https://contoso.crm4.dynamics.com"));
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_and_no_password() {
        let told = |cloud: &Cloud, address: &str| cloud.expect_dataverse(&Url::parse(address).unwrap()).unwrap_err();
        let public = Cloud::public();
        for (rest, wrong) in [
            (":8443/", "without a port"),
            ("/main.aspx?appid=7", "without a path and a query"),
            ("/#top", "without a fragment"),
        ] {
            let told = told(&public, &format!("https://contoso.crm4.dynamics.com{rest}"));
            assert!(
                told.contains("would be https://contoso.crm4.dynamics.com alone") && told.ends_with(wrong),
                "{told}"
            );
        }
        for address in
            ["https://me:hunter2@contoso.crm4.dynamics.com", "https://me:hunter2@evil.example", "http://:hunter2@a.b"]
        {
            let told = told(&public, address);
            assert!(!told.contains("hunter2"), "{told}");
        }
        let elsewhere = told(&public, "https://contoso.crm.dynamics.cn");
        assert!(
            elsewhere.contains("in the cloud public") && elsewhere.contains("ends with .dynamics.com"),
            "{elsewhere}"
        );
        let own = Cloud { dataverse: ".crm.dynamics.cn".to_owned(), ..public };
        let own = told(&own, "https://contoso.crm4.dynamics.com");
        assert!(
            own.ends_with("ends with .crm.dynamics.cn, as dataverse_suffix of the provider's endpoints says"),
            "{own}"
        );
    }

    #[test]
    fn an_environment_has_a_host_of_its_own() {
        let host = |cloud: &str, id| Cloud::named(cloud).unwrap().environment_host(&EnvironmentId::parse(id).unwrap());
        assert_eq!(
            host("public", "37520647-DBDF-49fa-ba01-6134c14680c4"),
            "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"
        );
        assert_eq!(
            host("public", "Default-37520647-dbdf-49fa-ba01-6134c14680c4"),
            "default37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"
        );
        assert_eq!(
            host("dod", "37520647-dbdf-49fa-ba01-6134c14680c4"),
            "37520647dbdf49faba016134c14680c.4.environment.api.appsplatform.us"
        );
    }

    #[test]
    fn every_cloud_has_its_name() {
        assert!(NAMES.iter().map(|name| Cloud::named(name).unwrap().name).eq(NAMES.iter().copied()));
        assert_eq!(ROWS.len(), NAMES.len());
        assert_eq!(Cloud::named("Public"), None);
    }
}
