//! Key Vault's certificates: the public certificate and its policy, never the secret that holds the private key.
//!
//! Over Microsoft's SDK, which finds the token's scope from the vault's own challenge.
//! Source: <https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate>

pub(crate) mod certificate;
mod vault_id;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use azure_core::http::headers::{HeaderName, WWW_AUTHENTICATE};
use azure_security_keyvault_certificates::{CertificateClient, CertificateClientOptions};
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderName as HttpName;

use super::answer::Answer;
use super::borrowed::Borrowed;
use super::challenge::Challenge;
use super::cloud::Cloud;
use super::error::{Error, chain};
use super::http::Http;
use super::in_flight::InFlight;
use super::retry::sdk_retry;
use super::short;

pub use certificate::Certificate;
pub use vault_id::VaultId;

const REQUEST_ID: &str = "x-ms-request-id";

/// A certificate by its vault and its name.
type Key = (VaultId, String);

/// Key Vault's data plane.
pub struct KeyVault {
    http: Arc<Http>,
    cloud: Arc<Cloud>,
    /// One for each vault: a client asks its vault once whose token it wants.
    vaults: Mutex<HashMap<VaultId, Arc<CertificateClient>>>,
    reads: InFlight<Key, Arc<Certificate>>,
    seen: Mutex<HashMap<Key, Arc<Certificate>>>,
}

impl KeyVault {
    /// The vaults of a cloud.
    pub(super) fn new(http: Arc<Http>, cloud: Arc<Cloud>) -> KeyVault {
        let (vaults, reads, seen) = (Mutex::default(), InFlight::default(), Mutex::default());
        KeyVault { http, cloud, vaults, reads, seen }
    }

    /// The current version of a certificate. Needs the right `certificates/get`, and asks for nothing else.
    ///
    /// # Errors
    /// A vault or a certificate that is not there or may not be read, and a vault of another tenant.
    pub async fn certificate(&self, vault: &VaultId, name: &str) -> Result<Arc<Certificate>, Error> {
        let operation = format!("reading the certificate {name} of the vault {}", vault.name());
        let key = (vault.clone(), name.to_ascii_lowercase());
        let (client, scope) = (self.vault(&operation, vault)?, self.cloud.vault_scope());
        let asking = || {
            let (client, http) = (Arc::clone(&client), Arc::clone(&self.http));
            let (name, scope, reading) = (name.to_owned(), scope.clone(), operation.clone());
            let read = move || async move { read(&client, (&http, &scope), &reading, &name).await };
            self.reads.ask(&operation, key.clone(), read)
        };
        let contact = self.http.contact();
        let mut asked = contact.within_half(&operation, asking()).await;
        // It is asked without a token first. As long as nothing has answered, whatever is out of reach may be everything: the sign-in tells.
        let is_lost = |error: &Error| error.is_unreachable() || error.is_not_the_service();
        if !contact.has_answered() && asked.as_ref().is_err_and(is_lost) {
            self.http.token(&scope).await?;
            asked = contact.within(&operation, asking()).await;
        }
        let certificate = asked?;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&certificate));
        Ok(certificate)
    }

    /// A certificate as it was seen last, else as it is now: a plan after a refresh need not ask twice.
    ///
    /// # Errors
    /// As [`KeyVault::certificate`].
    pub async fn seen(&self, vault: &VaultId, name: &str) -> Result<Arc<Certificate>, Error> {
        let key = (vault.clone(), name.to_ascii_lowercase());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        match seen {
            Some(certificate) => Ok(certificate),
            None => self.certificate(vault, name).await,
        }
    }

    fn vault(&self, operation: &str, vault: &VaultId) -> Result<Arc<CertificateClient>, Error> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = vaults.get(vault) {
            return Ok(Arc::clone(client));
        }
        let options = CertificateClientOptions {
            client_options: ClientOptions {
                transport: Some(self.http.transport()?),
                retry: sdk_retry(),
                ..ClientOptions::default()
            },
            ..CertificateClientOptions::default()
        };
        let address = format!("https://{}.{}", vault.name().to_ascii_lowercase(), self.cloud.vaults);
        let credential = Arc::new(Borrowed { http: Arc::clone(&self.http), scope: self.cloud.vault_scope() });
        let client = CertificateClient::new(&address, credential, Some(options))
            .map_err(|error| Error::unsendable(operation, error))?;
        let client = Arc::new(client);
        vaults.insert(vault.clone(), Arc::clone(&client));
        Ok(client)
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVault").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

async fn read(
    client: &CertificateClient,
    (http, scope): (&Arc<Http>, &str),
    operation: &str,
    name: &str,
) -> Result<Arc<Certificate>, Error> {
    let ask = || async {
        let answer = client.get_certificate(name, None).await?;
        let trace = short::asked(answer.headers());
        answer.into_model().map(|bundle| (bundle, trace))
    };
    let (bundle, trace) = match ask().await {
        Ok(bundle) => bundle,
        Err(first) => {
            let error = explained(http, operation, &first).await;
            let Some(401) = error.status() else { return Err(error) };
            let Ok(token) = http.token(scope).await else { return Err(error) };
            // The token may have been revoked, which its own time does not tell.
            http.renew(scope, &token, challenge(&first)).map_err(|unmet| unmet.of(error.trace()))?;
            match ask().await {
                Ok(bundle) => bundle,
                Err(second) => {
                    let error = explained(http, operation, &second).await;
                    return Err(match challenge(&second) {
                        Some(challenge) => http.entra().unmet(scope, &challenge).of(error.trace()),
                        None => error,
                    });
                }
            }
        }
    };
    let read = certificate::certificate(bundle).map(Arc::new);
    read.map_err(|what| Error::unexpected(operation, what).of(trace.as_ref()))
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
