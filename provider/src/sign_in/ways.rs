//! The ways to sign in, in the order in which they are considered: what chooses each, and what it takes.

use std::sync::Arc;

use super::Refusal;
use super::given::Given;
use super::settings::{
    CERTIFICATE, CERTIFICATE_FILE, MSI_ENDPOINT, OIDC_REQUEST_TOKEN, OIDC_REQUEST_URL, OIDC_TOKEN, OIDC_TOKEN_FILE,
    SECRET, SECRET_FILE, SERVICE_CONNECTION, Setting, USE_AKS, USE_CLI, USE_DEV_CLI, USE_MSI, USE_OIDC,
};
use super::sources::Sources;
use super::variables::Family;
use crate::clients::entra::{IdentityToken, SignIn};
use crate::clients::secret::Secret;

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Certificate,
    Secret,
    Oidc,
    ManagedIdentity,
    Cli,
    DeveloperCli,
}

/// All of them, in the order of the Azure providers.
pub(super) const WAYS: [Way; 6] =
    [Way::Certificate, Way::Secret, Way::Oidc, Way::ManagedIdentity, Way::Cli, Way::DeveloperCli];

impl Way {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Way::Certificate => "client certificate",
            Way::Secret => "client secret",
            Way::Oidc => "OpenID Connect",
            Way::ManagedIdentity => "managed identity",
            Way::Cli => "Azure CLI",
            Way::DeveloperCli => "Azure Developer CLI",
        }
    }

    /// The settings that choose it.
    fn settings(self) -> &'static [&'static Setting] {
        match self {
            Way::Certificate => &[&CERTIFICATE_FILE, &CERTIFICATE],
            Way::Secret => &[&SECRET, &SECRET_FILE],
            Way::Oidc => &[&USE_OIDC, &USE_AKS],
            Way::ManagedIdentity => &[&USE_MSI],
            Way::Cli => &[&USE_CLI],
            Way::DeveloperCli => &[&USE_DEV_CLI],
        }
    }

    /// Whether it is chosen by what proves who signs in, and not by a switch. Two proofs contradict each other; of several switches the
    /// first that can be taken counts, as where a pipeline and people share a configuration.
    pub(super) fn is_proof(self) -> bool {
        matches!(self, Way::Certificate | Way::Secret)
    }

    /// Whether a block chooses it.
    pub(super) fn is_given(self, given: &Given) -> bool {
        self.settings().iter().any(|setting| is_on(given, setting))
    }

    /// The setting by which a block does.
    pub(super) fn given_by(self, given: &Given) -> &'static Setting {
        let by = self.settings().iter().find(|setting| is_on(given, setting));
        by.unwrap_or(&self.settings()[0])
    }

    /// Whether variables choose it.
    pub(super) fn is_set(self, sources: &Sources<'_>) -> Result<bool, Refusal> {
        if sources.block.is_some() {
            return Ok(false);
        }
        if self.is_proof() {
            return Ok(self.settings().iter().any(|setting| sources.variable(setting).is_some()));
        }
        for setting in self.settings() {
            if sources.switch(setting)? == Some(true) {
                return Ok(true);
            }
        }
        // Microsoft's SDKs have no switch: where a cluster has written a token, a pod signs in with it.
        let is_sdk = sources.variables.family == Family::Azure && sources.given.switch(&USE_OIDC) != Some(false);
        Ok(self == Way::Oidc && is_sdk && sources.variable(&OIDC_TOKEN_FILE).is_some())
    }

    /// How it signs in; else why it is passed over.
    ///
    /// # Errors
    /// It is begun and cannot be finished.
    pub(super) fn take(self, sources: &Sources<'_>) -> Result<Result<SignIn, String>, Refusal> {
        Ok(Ok(match self {
            Way::Certificate => {
                let why = "A client certificate is given, and it signs in only together with a client id and a tenant.";
                let client_id = sources.expect_client_id(why)?;
                SignIn::Certificate { client_id, certificate: Arc::new(sources.certificate()?) }
            }
            Way::Secret => {
                let why = "A client secret is given, and it signs in only together with a client id and a tenant.";
                let client_id = sources.expect_client_id(why)?;
                let secret = sources.text_or_file(&SECRET, &SECRET_FILE)?.unwrap_or_default();
                SignIn::Secret { client_id, secret }
            }
            Way::Oidc => {
                let is_pod = sources.switch(&USE_AKS)? == Some(true);
                let sources = if is_pod { sources.of_a_pod()? } else { *sources };
                let identity_token = match identity_token(&sources, is_pod)? {
                    Ok(identity_token) => identity_token,
                    Err(lacks) => return Ok(Err(lacks)),
                };
                let why = "An identity token signs in only together with a client id and a tenant.";
                SignIn::Federated { client_id: sources.expect_client_id(why)?, identity_token }
            }
            Way::ManagedIdentity => {
                let endpoint = sources.text(&MSI_ENDPOINT);
                let endpoint =
                    endpoint.map(|text| sources.url(&MSI_ENDPOINT, text.reveal(), &["http", "https"])).transpose()?;
                let header = sources.variables.of_a_place("IDENTITY_HEADER").map(Secret::from);
                SignIn::ManagedIdentity { client_id: sources.client_id()?, endpoint, header }
            }
            Way::Cli => SignIn::Cli,
            Way::DeveloperCli => SignIn::DeveloperCli,
        }))
    }

    /// The variable that would choose it.
    fn variable(self, sources: &Sources<'_>) -> Option<&'static str> {
        let is_said = |setting: &&&Setting| match self.is_proof() {
            true => sources.variable(setting).is_some(),
            false => sources.variables.switch(setting).is_ok_and(|on| on == Some(true)),
        };
        let said = self.settings().iter().find(is_said).filter(|_| sources.block.is_none());
        said.and_then(|setting| sources.variables.name(setting))
    }

    /// Why it was not chosen, and what would choose it.
    fn lacks(self, sources: &Sources<'_>) -> String {
        if let Some(variable) = self.variable(sources) {
            return format!("{variable} is set, and goes for nothing where the provider block chooses a way");
        }
        let by: Vec<&str> = self.settings().iter().map(|setting| setting.argument).collect();
        if self.is_proof() {
            return format!("neither {} is given", by.join(" nor "));
        }
        let is_off = self.settings().iter().any(|setting| sources.switch(setting).is_ok_and(|on| on == Some(false)));
        format!("{} is {}", by.join(" or "), if is_off { "false" } else { "not true" })
    }
}

/// Each way that was not taken in a line of its own, with what it lacks; what was chosen and passed over says why.
pub(super) fn list(sources: &Sources<'_>, passed: &[(Way, String)], taken: Option<Way>) -> String {
    let line = |way: Way| {
        let passed = passed.iter().find(|(one, _)| *one == way).map(|(_, why)| why.clone());
        let names = way
            .settings()
            .iter()
            .filter_map(|setting| sources.variables.name(setting).or(setting.arm.first().copied()));
        let names: Vec<&str> = names.filter(|_| sources.block.is_none()).collect();
        let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        let why = passed.unwrap_or_else(|| match way.variable(sources) {
            Some(_) => way.lacks(sources),
            None => format!("{}{names}", way.lacks(sources)),
        });
        format!("  - {}: {why}", way.name())
    };
    WAYS.into_iter().filter(|way| Some(*way) != taken).map(line).collect::<Vec<_>>().join("\n")
}

/// The ways that were chosen before this one, and why they were not taken.
pub(super) fn passed_over(passed: &[(Way, String)]) -> Option<String> {
    let lines: Vec<String> = passed.iter().map(|(way, why)| format!("  - {}: {why}", way.name())).collect();
    (!lines.is_empty()).then(|| format!("Chosen before it, and passed over:\n{}", lines.join("\n")))
}

fn is_on(given: &Given, setting: &Setting) -> bool {
    given.text(setting).is_some() || given.switch(setting) == Some(true)
}

/// Whether the file that a cluster wrote is for the pod that runs jobs, and not for the job that chose OpenID Connect: the job has been given
/// where to ask for its own.
fn is_job_on_a_cluster(sources: &Sources<'_>) -> bool {
    let is_chosen = sources.given.switch(&USE_OIDC) == Some(true) && sources.given.text(&OIDC_TOKEN_FILE).is_none();
    let is_job = |name: Option<&'static str>| name.is_some_and(|name| sources.variables.of_a_place(name).is_some());
    let has =
        |job: fn(&Setting) -> Option<&'static str>| is_job(job(&OIDC_REQUEST_URL)) && is_job(job(&OIDC_REQUEST_TOKEN));
    let is_given_a_way = has(|setting| setting.github) || has(|setting| setting.azure_devops);
    is_chosen && sources.variables.family == Family::Azure && is_given_a_way
}

/// Where the identity token comes from; else what is lacking.
fn identity_token(sources: &Sources<'_>, is_pod: bool) -> Result<Result<IdentityToken, String>, Refusal> {
    let (text, mut path) = sources.either(&OIDC_TOKEN, &OIDC_TOKEN_FILE);
    if !is_pod && is_job_on_a_cluster(sources) {
        path = None;
    }
    // Read once for what is wrong with it, and then whenever it is shown.
    let text = if path.is_some() { sources.text_or_file(&OIDC_TOKEN, &OIDC_TOKEN_FILE)? } else { text };
    match (path, text) {
        (Some(path), _) => return Ok(Ok(IdentityToken::File(path))),
        (None, Some(token)) => return Ok(Ok(IdentityToken::Given(token))),
        // What else a job on the same machine is given is somebody else's.
        (None, None) if is_pod => {
            let lacks = "use_aks_workload_identity is chosen, and AZURE_FEDERATED_TOKEN_FILE is not set: is the pod labelled \
                         azure.workload.identity/use: \"true\", and does it have the service account?";
            return Ok(Err(lacks.to_owned()));
        }
        (None, None) => {}
    }
    let service_connection_id = sources.text(&SERVICE_CONNECTION).map(|id| id.reveal().to_owned());
    let asked = |setting: &Setting| {
        let job = if service_connection_id.is_some() { setting.azure_devops } else { setting.github };
        sources.text(setting).or_else(|| sources.variables.of_a_place(job?).map(Secret::from))
    };
    let (url, token) = (asked(&OIDC_REQUEST_URL), asked(&OIDC_REQUEST_TOKEN));
    let (Some(url), Some(token)) = (&url, token) else {
        let job = match (&service_connection_id, url) {
            (Some(_), Some(_)) => {
                "the job may not ask for one: map SYSTEM_ACCESSTOKEN: $(System.AccessToken) in the step's env (oidc_request_token)"
            }
            (Some(_), None) => {
                "ado_pipeline_service_connection_id is set, but this is no job of Azure DevOps (SYSTEM_OIDCREQUESTURI)"
            }
            (None, _) => {
                "this is no job of GitHub Actions with `permissions: id-token: write` (ACTIONS_ID_TOKEN_REQUEST_URL, \
                 ACTIONS_ID_TOKEN_REQUEST_TOKEN), and in Azure DevOps ado_pipeline_service_connection_id is missing"
            }
        };
        return Ok(Err(format!(
            "it is chosen, but there is no identity token: neither oidc_token nor oidc_token_file_path is given; {job}"
        )));
    };
    let url = sources.url(&OIDC_REQUEST_URL, url.reveal(), &["https"])?;
    Ok(Ok(match service_connection_id {
        Some(service_connection_id) => IdentityToken::AzureDevOps { url, token, service_connection_id },
        None => IdentityToken::GitHub { url, token },
    }))
}
