//! One vault, asked over Microsoft's SDK.
//!
//! Whoever asks it first is challenged to say whose token it wants, and everybody who asks before the answer would be too: so the first
//! question goes alone.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use azure_core::http::headers::{HeaderName, WWW_AUTHENTICATE};
use azure_core::http::pager::{PagerContinuation, PagerOptions};
use azure_security_keyvault_certificates::models::{
    CertificateClientListCertificatePropertiesOptions, ListCertificatePropertiesResult,
};
use azure_security_keyvault_certificates::{CertificateClient, CertificateClientOptions};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use reqwest::StatusCode;
use reqwest::header::HeaderName as HttpName;
use tokio::sync::Mutex;
use url::Url;

use super::certificate::{self, Certificate};
use crate::clients::answer::Answer;
use crate::clients::borrowed::Borrowed;
use crate::clients::challenge::Challenge;
use crate::clients::error::{Error, chain};
use crate::clients::http::Http;
use crate::clients::retry::sdk_retry;
use crate::clients::short;

const REQUEST_ID: &str = "x-ms-request-id";

/// A vault's certificates.
pub(super) struct Vault {
    client: CertificateClient,
    http: Arc<Http>,
    scope: String,
    address: Url,
    /// Held by whoever asks first.
    first: Mutex<()>,
    /// Whether the first question is over, however it ended.
    was_asked: AtomicBool,
}

impl Vault {
    /// The vault at this address; no connection is made yet.
    ///
    /// # Errors
    /// It cannot be asked.
    pub(super) fn new(operation: &str, address: &str, (http, scope): (&Arc<Http>, String)) -> Result<Vault, Error> {
        let options = CertificateClientOptions {
            client_options: ClientOptions {
                transport: Some(http.transport()?),
                retry: sdk_retry(),
                ..ClientOptions::default()
            },
            ..CertificateClientOptions::default()
        };
        let credential = Arc::new(Borrowed { http: Arc::clone(http), scope: scope.clone() });
        let client = CertificateClient::new(address, credential, Some(options))
            .map_err(|error| Error::unsendable(operation, error))?;
        let mut address = client.endpoint().clone();
        address.set_path("/certificates");
        let (first, was_asked) = (Mutex::default(), AtomicBool::new(false));
        Ok(Vault { client, http: Arc::clone(http), scope, address, first, was_asked })
    }

    /// The current version of a certificate. Needs the right `certificates/get`.
    ///
    /// # Errors
    /// A vault or a certificate that is not there or may not be read, and a vault of another tenant.
    pub(super) async fn certificate(&self, operation: &str, name: &str) -> Result<Certificate, Error> {
        let question = || async {
            let answer = self.client.get_certificate(name, None).await?;
            let trace = short::asked(answer.headers());
            answer.into_model().map(|bundle| (bundle, trace))
        };
        let (bundle, trace) = self.ask(operation, question).await?;
        certificate::certificate(bundle).map_err(|what| Error::unexpected(operation, what).of(trace.as_ref()))
    }

    /// A page of the list of certificates, the first one or that at an address. Needs the right `certificates/list`.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    pub(super) async fn page(
        &self,
        operation: &str,
        address: Option<Url>,
    ) -> Result<ListCertificatePropertiesResult, Error> {
        let question = || async {
            let continuation = address.clone().map(PagerContinuation::Link);
            let method_options = PagerOptions { continuation, ..PagerOptions::default() };
            let options = CertificateClientListCertificatePropertiesOptions { method_options, ..Default::default() };
            // One page of its own: the address of the next is looked at before a token goes there.
            let mut pages = self.client.list_certificate_properties(Some(options))?.into_pages();
            pages.try_next().await?.map(|page| page.into_model()).transpose()
        };
        let page = self.ask(operation, question).await?;
        page.ok_or_else(|| Error::unexpected(operation, "there is no page"))
    }

    /// The address of the list.
    pub(super) fn address(&self) -> &Url {
        &self.address
    }

    /// Asks, once more with a new token where the old one is not taken any longer.
    async fn ask<T, F>(&self, operation: &str, question: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = azure_core::Result<T>>,
    {
        let first = match self.in_turn(question()).await {
            Ok(answer) => return Ok(answer),
            Err(first) => first,
        };
        let (http, scope) = (&self.http, &self.scope);
        let error = explained(http, operation, &first).await;
        let Some(401) = error.status() else { return Err(error) };
        let Ok(token) = http.token(scope).await else { return Err(error) };
        // The token may have been revoked, which its own time does not tell.
        http.renew(scope, &token, challenge(&first)).map_err(|unmet| unmet.of(error.trace()))?;
        match question().await {
            Ok(answer) => Ok(answer),
            Err(second) => {
                let error = explained(http, operation, &second).await;
                Err(match challenge(&second) {
                    Some(challenge) => http.entra().unmet(scope, &challenge).of(error.trace()),
                    None => error,
                })
            }
        }
    }

    /// The first question goes alone, the others when it is over.
    async fn in_turn<T>(&self, question: impl Future<Output = T>) -> T {
        let turn = match self.was_asked.load(Ordering::Acquire) {
            true => None,
            false => Some(self.first.lock().await),
        };
        let turn = turn.filter(|_| !self.was_asked.load(Ordering::Acquire));
        let answer = question.await;
        self.was_asked.store(true, Ordering::Release);
        drop(turn);
        answer
    }
}

async fn explained(http: &Arc<Http>, operation: &str, error: &azure_core::Error) -> Error {
    if let Some(ours) = short::own(error) {
        return ours.asking(operation);
    }
    let raw = match error.kind() {
        ErrorKind::HttpResponse { raw_response: Some(raw), .. } => raw,
        _ => {
            let innermost = chain(error).pop().unwrap_or_default();
            // Then it advises to switch that off, which nobody here can.
            let said = innermost.split(" Set verify_challenge_resource").next().unwrap_or_default();
            return Error::unexpected(operation, http.secrets().redact(said));
        }
    };
    let status = u16::from(raw.status());
    let header = |name: &'static str| raw.headers().get_optional_string(&HeaderName::from_static(name));
    if status == 401
        && let Some(theirs) = header("www-authenticate").as_deref().and_then(challenged_tenant)
        && let Some(ours) = http.caller().await.and_then(|caller| caller.tenant_id)
        && !theirs.eq_ignore_ascii_case(&ours)
    {
        let wrong = Error::wrong_tenant(operation, http.secrets().redact(&theirs), ours);
        return wrong.of(short::asked(raw.headers()).as_ref());
    }
    let id = header(REQUEST_ID).and_then(|id| id.parse().ok());
    let headers = id.map(|id| (HttpName::from_static(REQUEST_ID), id)).into_iter().collect();
    let body = Bytes::copy_from_slice(raw.body().as_ref());
    let answer = Answer::new(StatusCode::from_u16(status).unwrap_or_default(), headers, body, http.secrets());
    Answer { trace: short::asked(raw.headers()), ..answer }.refused(operation).of_read(true)
}

/// What a vault wants the next token to be asked for with.
fn challenge(error: &azure_core::Error) -> Option<Challenge> {
    let ErrorKind::HttpResponse { raw_response: Some(raw), .. } = error.kind() else { return None };
    Challenge::of(&raw.headers().get_optional_string(&WWW_AUTHENTICATE)?)
}

/// The tenant in a challenge: `Bearer authorization="https://login.microsoftonline.com/<tenant>", …`.
fn challenged_tenant(challenge: &str) -> Option<String> {
    let address = challenge.split("authorization=\"").nth(1)?.split('"').next()?;
    let tenant = address.trim_end_matches('/').rsplit('/').next()?;
    Some(tenant.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_the_tenant() {
        let challenge =
            r#"Bearer authorization="https://login.microsoftonline.com/abc", resource="https://vault.azure.net""#;
        assert_eq!(challenged_tenant(challenge).as_deref(), Some("abc"));
        assert_eq!(challenged_tenant("Basic"), None);
    }
}
