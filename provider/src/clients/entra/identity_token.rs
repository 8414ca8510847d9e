//! What somebody else says of a workload, which an application trusts: an identity token, of a job, of a pipeline, of an account of a
//! cluster.
//!
//! Microsoft's credential for Azure DevOps takes its address from one variable and from nowhere else, and the one for clusters keeps a file
//! for ten minutes: so both are asked here as a job of GitHub is, each time anew. Sources:
//! <https://docs.github.com/actions/reference/security/oidc>,
//! <https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>,
//! <https://learn.microsoft.com/azure/aks/workload-identity-overview>.

use std::fmt;
use std::sync::Arc;

use azure_core::error::{Error as SdkError, ErrorKind};
use azure_core::http::headers::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderName};
use azure_core::http::{
    ClientMethodOptions, ClientOptions, Method, Pipeline, PipelineSendOptions, Request, StatusCode,
};
use azure_identity::ClientAssertion;
use serde::Deserialize;
use url::Url;

use super::{heard, refused};
use crate::clients::careful;
use crate::clients::error::{Error, SIGNING_IN};
use crate::clients::secret::Secret;
use crate::clients::secrets::Secrets;
use crate::clients::short;
use crate::clients::trace::Trace;

/// Where an identity token comes from.
#[derive(Clone)]
pub enum IdentityToken {
    /// It was given.
    Given(Secret),
    /// It is in a file, which somebody else writes anew before it expires.
    File(String),
    /// A job of GitHub Actions asks for it.
    GitHub {
        /// Where to ask.
        url: Url,
        /// With what.
        token: Secret,
    },
    /// A job of Azure DevOps asks for it.
    AzureDevOps {
        /// Where to ask.
        url: Url,
        /// With what.
        token: Secret,
        /// The service connection that the job speaks for.
        service_connection_id: String,
    },
}

impl IdentityToken {
    /// What is known from the beginning, and nobody may read.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match self {
            IdentityToken::Given(token)
            | IdentityToken::GitHub { token, .. }
            | IdentityToken::AzureDevOps { token, .. } => Some(token),
            IdentityToken::File(_) => None,
        }
    }
}

/// An identity token as it is when it is shown.
pub(super) struct Shown {
    pub(super) source: IdentityToken,
    /// For whom a token is asked.
    pub(super) audience: &'static str,
    pub(super) options: ClientOptions,
    pub(super) secrets: Arc<Secrets>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Shown {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let token = self.token().await.map_err(|error| SdkError::new(ErrorKind::Credential, error))?;
        self.secrets.remember(token.reveal());
        // The SDK keeps a copy that is not wiped.
        Ok(token.reveal().to_owned())
    }
}

impl Shown {
    async fn token(&self) -> Result<Secret, Error> {
        match &self.source {
            IdentityToken::Given(token) => Ok(token.clone()),
            IdentityToken::File(path) => {
                let path_shown = careful::shown(path);
                let unread = |what: &dyn fmt::Display| {
                    Error::sign_in(format!(
                        "The file {path_shown} is to hold an identity token, and cannot be read: {what}."
                    ))
                };
                let bytes = careful::file(path, careful::SECRET).map_err(|error| unread(&error))?;
                let token = Secret::of_file(&bytes).map_err(|what| unread(&what))?;
                match token.reveal() {
                    "" => Err(Error::sign_in(format!(
                        "The file {path_shown} is to hold an identity token, and is empty."
                    ))),
                    _ => Ok(token),
                }
            }
            IdentityToken::GitHub { url, token } => {
                #[derive(Deserialize)]
                struct Answer {
                    value: Secret,
                }
                // The address has a query of its own.
                let mut url = url.clone();
                lacking(&mut url, &[("audience", self.audience)]);
                let hint = "GitHub gives a token to a job that has `permissions: id-token: write`, while the job runs.";
                let answer: Answer = self.ask(Request::new(url, Method::Get), token, ("GitHub Actions", hint)).await?;
                Ok(answer.value)
            }
            IdentityToken::AzureDevOps { url, token, service_connection_id } => {
                #[derive(Deserialize)]
                struct Answer {
                    #[serde(rename = "oidcToken")]
                    value: Secret,
                }
                let mut url = url.clone();
                lacking(&mut url, &[("api-version", "7.1"), ("serviceConnectionId", service_connection_id)]);
                let mut request = Request::new(url, Method::Post);
                request.insert_header(CONTENT_LENGTH, "0");
                // Else who may not is led to a page where people sign in.
                request.insert_header(HeaderName::from_static("x-tfs-fedauthredirect"), "Suppress");
                let hint = "Check ado_pipeline_service_connection_id, that the pipeline may use that service connection, that a task of the \
                            same stage names it, such as AzureCLI@2 in azureSubscription, and that the step has SYSTEM_ACCESSTOKEN: \
                            $(System.AccessToken) in its env.";
                let answer: Answer = self.ask(request, token, ("Azure DevOps", hint)).await?;
                Ok(answer.value)
            }
        }
    }

    async fn ask<T: for<'a> Deserialize<'a>>(
        &self,
        mut request: Request,
        token: &Secret,
        (who, hint): (&str, &str),
    ) -> Result<T, Error> {
        request.insert_header(AUTHORIZATION, format!("Bearer {}", token.reveal()));
        request.insert_header(ACCEPT, "application/json");
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let pipeline = Pipeline::new(None, None, self.options.clone(), Vec::new(), Vec::new(), None);
        let send = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let answer = pipeline.send(&Default::default(), &mut request, Some(send)).await;
        let gave_none = |what: &str, trace: Option<&Trace>| {
            let what = refused::sentence(&self.secrets.redact(what));
            Error::sign_in(format!("{who} ({host}) gave no identity token: {what} {hint}")).of(trace)
        };
        let answer = answer.map_err(|error| match short::own(&error) {
            Some(ours) if ours.is_not_the_service() => gave_none(&ours.what(), ours.trace()),
            Some(ours) => ours.named(SIGNING_IN),
            None => Error::sign_in(format!("{who} ({host}) cannot be asked: {error}.")),
        })?;
        if answer.status() == StatusCode::Ok
            && let Ok(read) = serde_json::from_slice(answer.body())
        {
            return Ok(read);
        }
        let trace = short::asked(answer.headers());
        // What comes with a success may be a token, under another name.
        let said = match sentence_in(answer.body()) {
            Some(said) => said,
            None if answer.status().is_success() => {
                format!("the answer (HTTP {}) holds none where one is to be", answer.status())
            }
            None => heard(&answer, &self.secrets).refused(who).what(),
        };
        Err(gave_none(&said, trace.as_ref()))
    }
}

/// What Azure DevOps says in place of a token: words, which no token has.
fn sentence_in(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Said {
        value: String,
    }
    let Said { value } = serde_json::from_slice(body).ok()?;
    value.trim().contains(' ').then_some(value)
}

/// Adds to a query what is not in it.
fn lacking(url: &mut Url, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        if !url.query_pairs().any(|(known, _)| known == *name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_what_it_has() {
        let mut url = Url::parse("https://x/?audience=mine").unwrap();
        lacking(&mut url, &[("audience", "theirs"), ("a", "b")]);
        assert_eq!(url.query(), Some("audience=mine&a=b"));
    }

    #[test]
    fn words_are_no_token() {
        assert_eq!(sentence_in(br#"{"count":1,"value":"There is none."}"#).as_deref(), Some("There is none."));
        assert_eq!(sentence_in(br#"{"value":"eyJhbGciOi.e30.sig"}"#), None);
    }
}
