//! What a client's surroundings have to be so that it finds the sandbox, and what they would be where a job or a machine signs in.

use crate::cloud::Cloud;
use crate::managed_identity::{APP_SERVICE_PATH, IMDS_PATH};
use crate::{Sandbox, default_world};

impl Sandbox {
    /// The variables that point a client at this sandbox, and let it sign in as the application *Terraform*.
    pub fn env(&self) -> Vec<(String, String)> {
        let secret = [
            ("ARM_TENANT_ID", default_world::TENANT),
            ("ARM_CLIENT_ID", default_world::CLIENT),
            ("ARM_CLIENT_SECRET", default_world::SECRET),
        ];
        self.network_env().into_iter().chain(owned(secret)).collect()
    }

    /// Those of them that say nothing of who signs in; an empty value must be set too, since an inherited `NO_PROXY` would lead past
    /// the sandbox.
    pub fn network_env(&self) -> Vec<(String, String)> {
        let proxy = self.proxy_url();
        let ca = self.ca_file().display().to_string();
        owned([
            ("HTTPS_PROXY", proxy.as_str()),
            ("https_proxy", &proxy),
            ("NO_PROXY", ""),
            ("no_proxy", ""),
            ("SSL_CERT_FILE", &ca),
            ("REQUESTS_CA_BUNDLE", &ca),
            ("CURL_CA_BUNDLE", &ca),
            ("NODE_EXTRA_CA_CERTS", &ca),
            ("CHECKPOINT_DISABLE", "1"),
        ])
    }

    /// The variables by which Azure's SDKs, azurerm and Microsoft's own provider for Power Platform learn of another cloud than the public
    /// one.
    pub fn cloud_env(&self) -> Vec<(String, String)> {
        let (cloud, addresses) = self.with(|world| (world.cloud(), world.addresses()));
        if cloud == Cloud::Public {
            return Vec::new();
        }
        owned([
            ("AZURE_AUTHORITY_HOST", format!("https://{}/", addresses.authority).as_str()),
            ("ARM_ENVIRONMENT", cloud.azure()),
            ("POWER_PLATFORM_CLOUD", cloud.name()),
        ])
    }

    /// The variables that a job of GitHub Actions has.
    pub fn workflow_env(&self) -> Vec<(String, String)> {
        let workflow = self.with(|world| world.workflow.clone());
        owned([
            ("ACTIONS_ID_TOKEN_REQUEST_URL", workflow.request_url().as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &workflow.request_token),
        ])
    }

    /// The variables that a job of Azure DevOps has.
    pub fn pipeline_env(&self) -> Vec<(String, String)> {
        let pipeline = self.with(|world| world.pipeline.clone());
        let url = pipeline.request_url();
        owned([("SYSTEM_OIDCREQUESTURI", url.as_str()), ("SYSTEM_ACCESSTOKEN", &pipeline.access_token)])
    }

    /// The variables that a program in App Service has.
    pub fn app_service_env(&self) -> Vec<(String, String)> {
        let endpoint = format!("http://{}{APP_SERVICE_PATH}", self.machine);
        let header = self.with(|world| world.managed_identities.header.clone());
        owned([("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", &header)])
    }

    /// Where a virtual machine would ask who it is: IMDS, for those who let its address be given. It is no proxy's.
    pub fn imds_url(&self) -> String {
        format!("http://{}{IMDS_PATH}", self.machine)
    }
}

fn owned<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_says_nothing_of_who_signs_in() {
        let sandbox = Sandbox::start().expect("free ports");
        let (all, network) = (sandbox.env(), sandbox.network_env());
        let who: Vec<&str> = all.iter().filter(|one| !network.contains(one)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(who, ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"]);
        let others = [sandbox.workflow_env(), sandbox.pipeline_env(), sandbox.app_service_env()].concat();
        let asks = |url: &&str| url.starts_with("http") && !url.starts_with(&sandbox.proxy_url());
        assert_eq!(others.iter().map(|(_, value)| value.as_str()).filter(asks).count(), 3, "{others:?}");
    }
}
