//! Who signs in. The credential is Microsoft's own; tokens are kept here, one for each scope, because not every credential keeps its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::cloud::Cloud;
use super::error::{Error, SIGNING_IN, chain};
use super::in_flight::InFlight;
use super::retry::sdk_retry;
use super::secret::Secret;
use super::secrets::Secrets;

/// Who signs in.
pub enum SignIn {
    /// A service principal with a secret.
    ClientSecret {
        /// The application's id.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// The user of the Azure CLI.
    Cli,
}

/// A token is not used any more when it has less time left than this.
pub(super) const MARGIN: Duration = Duration::minutes(5);

/// Who is signed in, by the claims of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The object id of the user or service principal.
    pub object_id: String,
    /// The application's id, of a service principal.
    pub app_id: Option<String>,
    /// The user's name.
    pub name: Option<String>,
    /// The tenant.
    pub tenant_id: Option<String>,
}

struct Token {
    secret: Secret,
    expires_on: OffsetDateTime,
}

/// The principal that signs in.
pub struct Entra {
    tenant_id: Option<String>,
    sign_in: SignIn,
    cloud: Cloud,
    /// Made anew when the service has refused a token: it keeps its own copies, and has no other way to let go of them.
    credential: Mutex<Option<Arc<dyn TokenCredential>>>,
    tokens: Mutex<HashMap<String, Token>>,
    asked: InFlight<String, Secret>,
    secrets: Arc<Secrets>,
}

impl Entra {
    /// A sign-in that has not been tried yet.
    pub(super) fn new(tenant_id: Option<String>, sign_in: SignIn, cloud: Cloud) -> Entra {
        let (credential, tokens, asked) = (Mutex::default(), Mutex::default(), InFlight::default());
        let secrets = Arc::<Secrets>::default();
        if let SignIn::ClientSecret { secret, .. } = &sign_in {
            secrets.remember(secret.reveal());
        }
        Entra { tenant_id, sign_in, cloud, credential, tokens, asked, secrets }
    }

    /// What was sent in confidence, by whomever.
    pub(super) fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// A token for `scope`. Ten callers make one request, and wait for nobody who wants one for another scope.
    pub(super) async fn token(self: &Arc<Self>, scope: &str, transport: Transport) -> Result<Secret, Error> {
        if let Some(token) = self.tokens().get(scope)
            && token.expires_on - OffsetDateTime::now_utc() > MARGIN
        {
            return Ok(token.secret.clone());
        }
        let (entra, wanted) = (Arc::clone(self), scope.to_owned());
        let ask = move || async move {
            let credential = entra.credential(transport)?;
            let token = credential
                .get_token(&[&wanted], None)
                .await
                .map_err(|error| explained(&error, (&wanted, entra.cloud.sign_in_host()), &entra.secrets))?;
            let secret = Secret::from(token.token.secret().to_owned());
            entra.secrets.remember(secret.reveal());
            entra.tokens().insert(wanted, Token { secret: secret.clone(), expires_on: token.expires_on });
            Ok(secret)
        };
        self.asked.ask(SIGNING_IN, scope.to_owned(), ask).await
    }

    /// Forgets the token for `scope`, which the service does not accept any more: once for all who were refused with it.
    pub(super) fn refuse(&self, scope: &str, refused: &Secret) {
        let mut tokens = self.tokens();
        if tokens.get(scope).is_some_and(|token| token.secret == *refused) {
            tokens.remove(scope);
            *self.credential.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Who is signed in, from the claims of any token. Tokens are opaque by contract: nothing but messages and a comparison of ids
    /// rests on it.
    pub(super) async fn caller(self: &Arc<Self>, transport: Transport) -> Option<Caller> {
        let any = self.tokens().values().next().map(|token| token.secret.clone());
        let token = match any {
            Some(token) => token,
            None => self.token(self.cloud.environments_scope(), transport).await.ok()?,
        };
        claims(token.reveal())
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn credential(&self, transport: Transport) -> Result<Arc<dyn TokenCredential>, Error> {
        let mut kept = self.credential.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credential) = &*kept {
            return Ok(Arc::clone(credential));
        }
        let failed = |error: azure_core::Error| Error::sign_in(error.to_string());
        let credential: Arc<dyn TokenCredential> = match &self.sign_in {
            SignIn::ClientSecret { client_id, secret } => {
                // Else the SDK would follow AZURE_AUTHORITY_HOST, and send the secret there.
                let cloud = Some(Arc::new(CloudConfiguration::AzurePublic));
                let (transport, retry) = (Some(transport), sdk_retry());
                let client_options = ClientOptions { transport, retry, cloud, ..ClientOptions::default() };
                let options = ClientSecretCredentialOptions { client_options };
                let tenant_id = self.tenant_id.as_deref().unwrap_or_default();
                // The SDK keeps a copy that is not wiped, of the secret as of each token that it hands out.
                let secret = secret.reveal().to_owned().into();
                ClientSecretCredential::new(tenant_id, client_id.clone(), secret, Some(options)).map_err(failed)?
            }
            SignIn::Cli => {
                let options = AzureCliCredentialOptions {
                    tenant_id: self.tenant_id.clone(),
                    ..AzureCliCredentialOptions::default()
                };
                AzureCliCredential::new(Some(options)).map_err(failed)?
            }
        };
        Ok(Arc::clone(kept.insert(credential)))
    }
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entra").field("tenant_id", &self.tenant_id).finish_non_exhaustive()
    }
}

/// Entra's own words, without the SDK's wrapping.
fn explained(error: &azure_core::Error, (scope, host): (&str, &str), secrets: &Secrets) -> Error {
    use azure_core::error::ErrorKind;
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let is_connection = |error: &azure_core::Error| matches!(error.kind(), ErrorKind::Connection | ErrorKind::Io);
    let chain: Vec<String> = chain(error).iter().map(|text| secrets.redact(text)).collect();
    if causes.filter_map(|cause| cause.downcast_ref()).any(is_connection) {
        return Error::connection(SIGNING_IN, host, false, &chain);
    }
    let text =
        chain.into_iter().reduce(|all, inner| if all.contains(&inner) { all } else { format!("{all}: {inner}") });
    let text = text.unwrap_or_default();
    let said = text.find("AADSTS").map_or(&*text, |at| text[at..].lines().next().unwrap_or_default()).trim();
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    let hint = match said.split(':').next().unwrap_or_default() {
        "AADSTS7000215" => " The client secret is wrong: is it the secret's value, and not its id?",
        "AADSTS7000222" => " The client secret has expired: make a new one.",
        "AADSTS700016" => " The tenant has no such application: check client_id and tenant_id.",
        "AADSTS90002" => " There is no such tenant: check tenant_id.",
        _ => "",
    };
    Error::sign_in(format!("Microsoft Entra gave no token for {scope}: {said}{end}{hint}"))
}

fn claims(token: &str) -> Option<Caller> {
    #[derive(Deserialize)]
    struct Claims {
        oid: String,
        appid: Option<String>,
        azp: Option<String>,
        upn: Option<String>,
        unique_name: Option<String>,
        tid: Option<String>,
    }
    let payload = token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
    Some(Caller {
        object_id: claims.oid,
        app_id: claims.appid.or(claims.azp),
        name: claims.upn.or(claims.unique_name),
        tenant_id: claims.tid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_from_a_token_and_from_nothing_else() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"oid":"1","appid":"2","tid":"3"}"#);
        let caller = claims(&format!("e30.{payload}.sig")).unwrap();
        assert_eq!((caller.object_id.as_str(), caller.app_id.as_deref()), ("1", Some("2")));
        assert_eq!(claims("opaque"), None);
        assert_eq!(claims("a.b.c"), None);
    }
}
