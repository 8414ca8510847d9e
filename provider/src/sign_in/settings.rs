//! The settings of the sign-in: the arguments of the provider block, and the variables that stand in for them.
//!
//! Two families of variables are known: that of the Azure providers (`ARM_`) and that of Microsoft's SDKs (`AZURE_`). One is taken whole,
//! the first of which anything is set. Mixed, they would sign in half as one principal and half as another. What a job is given to ask who it
//! is belongs to neither.

use tfplugin::{Attribute, Check, Type};
use url::Url;

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The argument of the provider block.
    pub(crate) argument: &'static str,
    /// The variables of the first family: the first that is set counts.
    pub(crate) arm: &'static [&'static str],
    /// That of the second, where it has one.
    pub(crate) azure: Option<&'static str>,
    /// That of a job of GitHub Actions.
    pub(crate) github: Option<&'static str>,
    /// That of a job of Azure DevOps.
    pub(crate) azure_devops: Option<&'static str>,
    /// Whether it says where this runs, and not who signs in.
    pub(crate) is_surrounding: bool,
    /// What it is, as an argument.
    pub(crate) attribute: Attribute,
}

impl Setting {
    /// A text.
    pub(super) const fn text(
        argument: &'static str,
        arm: &'static [&'static str],
        description: &'static str,
    ) -> Setting {
        Setting::of(argument, arm, Attribute::optional(argument, &Type::String, description))
    }

    const fn switch(argument: &'static str, arm: &'static [&'static str], description: &'static str) -> Setting {
        Setting::of(argument, arm, Attribute::optional(argument, &Type::Bool, description))
    }

    const fn of(argument: &'static str, arm: &'static [&'static str], attribute: Attribute) -> Setting {
        let (azure, github, azure_devops, is_surrounding) = (None, None, None, false);
        Setting { argument, arm, azure, github, azure_devops, is_surrounding, attribute }
    }

    /// The same with this variable of the second family.
    pub(super) const fn azure(mut self, variable: &'static str) -> Setting {
        self.azure = Some(variable);
        self
    }

    const fn of_a_job(mut self, github: &'static str, azure_devops: &'static str) -> Setting {
        (self.github, self.azure_devops) = (Some(github), Some(azure_devops));
        self
    }

    const fn surrounding(mut self) -> Setting {
        self.is_surrounding = true;
        self
    }

    /// The same, of which this must hold.
    pub(super) const fn check(mut self, checks: &'static [Check]) -> Setting {
        self.attribute = self.attribute.check(checks);
        self
    }

    const fn sensitive(mut self) -> Setting {
        self.attribute = self.attribute.sensitive();
        self
    }
}

/// The tenant to sign in to.
pub(crate) const TENANT_ID: Setting = Setting::text(
    "tenant_id",
    &["ARM_TENANT_ID"],
    "The Microsoft Entra tenant to sign in to, by its id or a domain, 1 to 255 characters.",
)
.surrounding()
.azure("AZURE_TENANT_ID")
.check(&[Check::Length { min: 1, max: 255 }]);
/// The application that signs in.
pub(crate) const CLIENT_ID: Setting = Setting::text(
    "client_id",
    &["ARM_CLIENT_ID"],
    "The application (client) id, a GUID, of the service principal to sign in as; with `use_msi`, that of the identity that is assigned to \
     the machine.",
)
.azure("AZURE_CLIENT_ID")
.check(&[Check::Uuid]);
/// A file that holds the application's id.
pub(crate) const CLIENT_ID_FILE: Setting = Setting::text(
    "client_id_file_path",
    &["ARM_CLIENT_ID_FILE_PATH"],
    "The path of a file that holds the client id, instead of `client_id`.",
);
/// Its certificate.
pub(crate) const CERTIFICATE: Setting = Setting::text(
    "client_certificate",
    &["ARM_CLIENT_CERTIFICATE"],
    "A certificate of the service principal with its private key, in base64 (`filebase64`): a PFX (PKCS#12), or PEM. The key is RSA; Entra \
     takes no other. The value of a plain variable becomes part of every plan file: prefer the environment variable, or an ephemeral variable.",
)
.sensitive();
/// A file that holds it.
pub(crate) const CERTIFICATE_FILE: Setting = Setting::text(
    "client_certificate_path",
    &["ARM_CLIENT_CERTIFICATE_PATH"],
    "The path of a file that holds the certificate with its private key, a PFX (PKCS#12) or PEM, instead of `client_certificate`.",
)
.azure("AZURE_CLIENT_CERTIFICATE_PATH");
/// What opens it.
pub(crate) const CERTIFICATE_PASSWORD: Setting = Setting::text(
    "client_certificate_password",
    &["ARM_CLIENT_CERTIFICATE_PASSWORD"],
    "The password of the PFX. When it is left out, the password is empty.",
)
.azure("AZURE_CLIENT_CERTIFICATE_PASSWORD")
.sensitive();
/// Its secret.
pub(crate) const SECRET: Setting = Setting::text(
    "client_secret",
    &["ARM_CLIENT_SECRET"],
    "The secret of the service principal, 1 to 1,000 characters. The value of a plain variable becomes part of every plan file: prefer the \
     environment variable, or an ephemeral variable.",
)
.azure("AZURE_CLIENT_SECRET")
.sensitive()
.check(&[Check::Length { min: 1, max: 1000 }]);
/// A file that holds the secret.
pub(crate) const SECRET_FILE: Setting = Setting::text(
    "client_secret_file_path",
    &["ARM_CLIENT_SECRET_FILE_PATH"],
    "The path of a file that holds the client secret, instead of `client_secret`. It is read whenever Terraform configures the provider.",
);
/// Whether an identity token signs in.
pub(crate) const USE_OIDC: Setting = Setting::switch(
    "use_oidc",
    &["ARM_USE_OIDC"],
    "Sign in with an identity token (OpenID Connect), which a federated credential of the service principal trusts: `oidc_token`, else \
     `oidc_token_file_path`, else one that the job asks for. Defaults to false.",
);
/// The token.
pub(crate) const OIDC_TOKEN: Setting = Setting::text(
    "oidc_token",
    &["ARM_OIDC_TOKEN"],
    "The identity token itself. It may not outlast a long apply: a file that is written anew does.",
)
.surrounding()
.sensitive();
/// A file that holds it.
pub(crate) const OIDC_TOKEN_FILE: Setting = Setting::text(
    "oidc_token_file_path",
    &["ARM_OIDC_TOKEN_FILE_PATH"],
    "The path of a file that holds the identity token. It is read again for every sign-in.",
)
.surrounding()
.azure("AZURE_FEDERATED_TOKEN_FILE");
/// Where a job asks for one.
pub(crate) const OIDC_REQUEST_URL: Setting = Setting::text(
    "oidc_request_url",
    &["ARM_OIDC_REQUEST_URL"],
    "Where a job of GitHub Actions or Azure DevOps asks for an identity token, an address that begins with `https://`. The job knows it.",
)
.surrounding()
.of_a_job("ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI")
.check(&[Check::Url]);
/// What it shows there.
pub(crate) const OIDC_REQUEST_TOKEN: Setting = Setting::text(
    "oidc_request_token",
    &["ARM_OIDC_REQUEST_TOKEN"],
    "What the job shows there. GitHub Actions gives it to a job with the permission `id-token: write`; a step of Azure DevOps gets it by \
     `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` in its `env`.",
)
.surrounding()
.of_a_job("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
.sensitive();
/// For whom a pipeline speaks.
pub(crate) const SERVICE_CONNECTION: Setting = Setting::text(
    "ado_pipeline_service_connection_id",
    &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
    "The id of the service connection of Azure DevOps that the job speaks for. With it, the job is one of Azure DevOps; without it, one of \
     GitHub Actions.",
)
.surrounding();
/// Whether a pod of a cluster signs in.
pub(crate) const USE_AKS: Setting = Setting::switch(
    "use_aks_workload_identity",
    &["ARM_USE_AKS_WORKLOAD_IDENTITY"],
    "Sign in with the identity token that Azure Kubernetes Service writes for the pod: tenant, client id and the token's file come from the pod's \
     `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, unless the provider block says them. Defaults to false.",
);
/// Whether the machine signs in.
pub(crate) const USE_MSI: Setting = Setting::switch(
    "use_msi",
    &["ARM_USE_MSI"],
    "Sign in as a managed identity: the machine's own, or the one that `client_id` names. App Service and virtual machines (IMDS) are known; the \
     latter are asked past every proxy. Defaults to false.",
);
/// Where the machine is asked.
pub(crate) const MSI_ENDPOINT: Setting = Setting::text(
    "msi_endpoint",
    &["ARM_MSI_ENDPOINT"],
    "Where the managed identity is asked for tokens, instead of where Azure says: of a virtual machine that is \
     `http://169.254.169.254/metadata/identity/oauth2/token`.",
)
.surrounding()
.check(&[Check::Format(is_endpoint)]);
/// Whether the user of the Azure CLI signs in.
pub(crate) const USE_CLI: Setting = Setting::switch(
    "use_cli",
    &["ARM_USE_CLI"],
    "Sign in as the user of the Azure CLI (`az login`). When it is left out, the Azure CLI is used if no other way to sign in is chosen, and no \
     `client_id` is given.",
);
/// Whether the user of the Azure Developer CLI signs in.
pub(crate) const USE_DEV_CLI: Setting = Setting::switch(
    "use_dev_cli",
    &["ARM_USE_DEV_CLI"],
    "Sign in as the user of the Azure Developer CLI (`azd auth login`). Defaults to false.",
);

fn is_endpoint(text: &str) -> Result<(), String> {
    let is_right = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    is_right.then_some(()).ok_or_else(|| format!("must be an address such as {IMDS}"))
}

const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Every setting, in the order of the manual.
pub(crate) const SETTINGS: [&Setting; 19] = [
    &TENANT_ID,
    &CLIENT_ID,
    &CLIENT_ID_FILE,
    &CERTIFICATE,
    &CERTIFICATE_FILE,
    &CERTIFICATE_PASSWORD,
    &SECRET,
    &SECRET_FILE,
    &USE_OIDC,
    &OIDC_TOKEN,
    &OIDC_TOKEN_FILE,
    &OIDC_REQUEST_URL,
    &OIDC_REQUEST_TOKEN,
    &SERVICE_CONNECTION,
    &USE_AKS,
    &USE_MSI,
    &MSI_ENDPOINT,
    &USE_CLI,
    &USE_DEV_CLI,
];

/// The arguments of a block, with those of the sign-in after its own.
macro_rules! with_sign_in {
    ($($own:expr),* $(,)?) => {{
        use $crate::sign_in::settings::*;
        &[
            $($own,)*
            TENANT_ID.attribute,
            CLIENT_ID.attribute,
            CLIENT_ID_FILE.attribute,
            CERTIFICATE.attribute,
            CERTIFICATE_FILE.attribute,
            CERTIFICATE_PASSWORD.attribute,
            SECRET.attribute,
            SECRET_FILE.attribute,
            USE_OIDC.attribute,
            OIDC_TOKEN.attribute,
            OIDC_TOKEN_FILE.attribute,
            OIDC_REQUEST_URL.attribute,
            OIDC_REQUEST_TOKEN.attribute,
            SERVICE_CONNECTION.attribute,
            USE_AKS.attribute,
            USE_MSI.attribute,
            MSI_ENDPOINT.attribute,
            USE_CLI.attribute,
            USE_DEV_CLI.attribute,
        ]
    }};
}
pub(crate) use with_sign_in;

/// The table of the manual: each setting, and what stands in for it.
pub(super) fn table(cloud: &Setting) -> String {
    let mut table = "| Argument | Variable | else | in a job |\n|---|---|---|---|\n".to_owned();
    for Setting { argument, arm, azure, github, azure_devops, .. } in SETTINGS.into_iter().chain([cloud]) {
        let all = |names: &mut dyn Iterator<Item = &&str>| {
            names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        let (arm, azure) = (all(&mut arm.iter()), all(&mut azure.iter()));
        let job = all(&mut github.iter().chain(azure_devops));
        table.push_str(&format!("| `{argument}` | {arm} | {azure} | {job} |\n"));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_belongs_to_its_family() {
        let (arm, azure) = (SETTINGS.iter().flat_map(|one| one.arm), SETTINGS.iter().flat_map(|one| &one.azure));
        assert!(arm.clone().all(|name| name.starts_with("ARM_")));
        assert!(azure.clone().all(|name| name.starts_with("AZURE_")));
        assert!(SETTINGS.iter().all(|one| one.argument == one.attribute.name && !one.arm.is_empty()));
    }
}
