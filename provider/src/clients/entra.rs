//! Who signs in. The credentials are Microsoft's own; tokens are kept here, one for each scope, because not every credential keeps its own.
//!
//! ```text
//! Principal -> sign_in -> a credential of Microsoft's -> Token, by scope
//!                 |  certificate, identity_token          what it is given to show
//!                 |  machine                              a connection past proxies
//!                 |  programs                             with an end
//!                 |  refused                              what is said of a refusal
//! ```

mod certificate;
mod codes;
mod identity_token;
mod machine;
mod programs;
mod refused;
mod sign_in;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use azure_core::credentials::TokenCredential;
use azure_core::http::{RawResponse, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::answer::Answer;
use super::challenge::Challenge;
use super::cloud::Cloud;
use super::error::{Error, SIGNING_IN, chain};
use super::in_flight::InFlight;
use super::secret::Secret;
use super::secrets::Secrets;
use super::short;
use codes::Asked;
use sign_in::Making;

pub use certificate::{ClientCertificate, Unreadable};
pub use identity_token::IdentityToken;
pub use sign_in::{Principal, SignIn};

/// A token is not used any more when it has less time left than this.
pub(super) const MARGIN: Duration = Duration::minutes(5);

/// As long as a refusal holds.
const REFUSED: std::time::Duration = std::time::Duration::from_secs(10);

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
    principal: Principal,
    cloud: Arc<Cloud>,
    /// Made anew when the service has refused a token: it keeps its own copies, and has no other way to let go of them.
    credential: Mutex<Option<Arc<dyn TokenCredential>>>,
    tokens: Mutex<HashMap<String, Token>>,
    /// What services ask for beyond, by the scope that they want it for.
    challenges: Mutex<HashMap<String, Challenge>>,
    asked: InFlight<String, Secret>,
    /// The refusals that hold for a moment: a second request would be told the same, and count towards a lock-out.
    refused: Mutex<HashMap<String, (Instant, Error)>>,
    secrets: Arc<Secrets>,
}

impl Entra {
    /// A sign-in that has not been tried yet.
    pub(super) fn new(principal: Principal, cloud: Arc<Cloud>, secrets: Arc<Secrets>) -> Entra {
        if let Some(secret) = principal.sign_in.secret() {
            secrets.remember(secret.reveal());
        }
        let (credential, tokens, challenges) = (Mutex::default(), Mutex::default(), Mutex::default());
        let (asked, refused) = (InFlight::default(), Mutex::default());
        Entra { principal, cloud, credential, tokens, challenges, asked, refused, secrets }
    }

    /// One that is never tried, for the tests of who would be asked with it.
    #[cfg(test)]
    pub(super) fn untried() -> Entra {
        let principal = Principal { tenant_id: None, sign_in: SignIn::Cli, block: None, instead: None };
        Entra::new(principal, Arc::new(Cloud::public()), Arc::default())
    }

    /// What was sent in confidence, by whomever.
    pub(super) fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// Whether tokens are asked for past every proxy.
    pub(super) fn is_past_proxies(&self) -> bool {
        matches!(self.principal.sign_in, SignIn::ManagedIdentity { .. })
    }

    /// A token for `scope`. Ten callers make one request, and wait for nobody who wants one for another scope.
    pub(super) async fn token(
        self: &Arc<Self>,
        scope: &str,
        transport: impl FnOnce() -> Result<Transport, Error>,
    ) -> Result<Secret, Error> {
        if let Some(token) = self.tokens().get(scope)
            && token.expires_on - OffsetDateTime::now_utc() > MARGIN
        {
            return Ok(token.secret.clone());
        }
        if let Some((at, error)) = self.refused().get(scope)
            && at.elapsed() < REFUSED
        {
            return Err(error.clone());
        }
        let (entra, wanted, transport) = (Arc::clone(self), scope.to_owned(), transport()?);
        let ask = move || async move {
            let challenge = entra.challenges().get(&wanted).cloned();
            let credential = entra.credential(transport, challenge.as_ref())?;
            let scopes = [wanted.as_str()];
            let token = credential.get_token(&scopes, None).await;
            let token = token.map_err(|error| {
                let error = entra.explained(&error, &wanted);
                if error.is_unauthorized() {
                    entra.refused().insert(wanted.clone(), (Instant::now(), error.clone()));
                }
                error
            })?;
            let secret = Secret::from(token.token.secret().to_owned());
            entra.secrets.remember(secret.reveal());
            entra.tokens().insert(wanted.clone(), Token { secret: secret.clone(), expires_on: token.expires_on });
            entra.challenges().remove(&wanted);
            Ok(secret)
        };
        self.asked.ask(SIGNING_IN, scope.to_owned(), ask).await
    }

    /// Forgets the token for `scope`, which the service does not accept any more: once for all who were refused with it. Whether this is
    /// the first of them.
    pub(super) fn refuse(&self, scope: &str, refused: &Secret) -> bool {
        let mut tokens = self.tokens();
        let is_first = tokens.get(scope).is_some_and(|token| token.secret == *refused);
        if is_first {
            tokens.remove(scope);
            *self.credential.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        is_first
    }

    /// The same where the service said what the next one has to be asked for with.
    ///
    /// # Errors
    /// This way to sign in cannot ask for it: somebody has to sign in again.
    pub(super) fn challenged(&self, scope: &str, refused: &Secret, challenge: Challenge) -> Result<(), Error> {
        if let Some(again) = self.principal.sign_in.again() {
            let (way, reason) = (self.principal.sign_in.name(), challenge.reason(&self.secrets));
            return Err(Error::sign_in(format!("the token of {way} for {scope} is taken no more: {reason}. {again}")));
        }
        // Whoever is late with an old token challenges nothing: the next one was asked for already.
        let mut challenges = self.challenges();
        if self.refuse(scope, refused) {
            challenges.insert(scope.to_owned(), challenge);
        }
        Ok(())
    }

    /// The error that a service challenges also the token that was asked for with what it wanted.
    pub(super) fn unmet(&self, scope: &str, challenge: &Challenge) -> Error {
        let way = self.principal.sign_in.name();
        Error::sign_in(format!(
            "a new token of {way} for {scope} is not taken either: {}. An administrator of the tenant sees in its sign-in log which policy asks for it.",
            challenge.reason(&self.secrets)
        ))
    }

    /// Who is signed in, from the claims of any token. Tokens are opaque by contract: nothing but messages and a comparison of ids
    /// rests on it.
    pub(super) async fn caller(
        self: &Arc<Self>,
        transport: impl FnOnce() -> Result<Transport, Error>,
    ) -> Option<Caller> {
        let any = self.tokens().values().next().map(|token| token.secret.clone());
        let token = match any {
            Some(token) => token,
            None => self.token(&self.cloud.environments_scope(), transport).await.ok()?,
        };
        claims(token.reveal())
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<String, (Instant, Error)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn challenges(&self) -> MutexGuard<'_, HashMap<String, Challenge>> {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn credential(
        &self,
        transport: Transport,
        challenge: Option<&Challenge>,
    ) -> Result<Arc<dyn TokenCredential>, Error> {
        let (principal, secrets) = (&self.principal, &self.secrets);
        let making = Making { principal, cloud: &self.cloud, transport, secrets, challenge };
        if challenge.is_some() {
            return making.credential();
        }
        let mut kept = self.credential.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(credential) => Ok(Arc::clone(credential)),
            None => Ok(Arc::clone(kept.insert(making.credential()?))),
        }
    }

    /// Why there is no token, and what to do.
    fn explained(&self, error: &azure_core::Error, scope: &str) -> Error {
        // What was lent to the SDK fails by an error of ours.
        let ours = short::own(error);
        // Whoever is let down for a time is told nothing of who signs in.
        let is_passing = |ours: &&Error| ours.said().is_none() || ours.is_throttled() || ours.is_fault_of_theirs();
        if let Some(ours) = ours.as_ref().filter(is_passing) {
            return ours.clone().named(SIGNING_IN);
        }
        let (sign_in, said) = (&self.principal.sign_in, self.said(error, ours.as_ref()));
        let certificate = match sign_in {
            SignIn::Certificate { certificate, .. } if said.starts_with("AADSTS700027") => {
                let (thumbprint, expires) = (certificate.thumbprint(), certificate.expires());
                let word = if expires < OffsetDateTime::now_utc().date() { "expired" } else { "expires" };
                format!(" In the portal its thumbprint is {thumbprint}, and it {word} on {expires}.")
            }
            _ => String::new(),
        };
        let asked = Asked::of(scope, &self.cloud);
        let remedy = codes::remedy(&said, asked).or_else(|| sign_in.remedy(&said));
        let remedy = remedy.map(|remedy| format!("{remedy} ")).unwrap_or_default();
        let by = match self.principal.block {
            Some(block) => format!("Check who signs in by the block {block}."),
            None => "Check who signs in: the provider block, the ARM_* variables, or az login.".to_owned(),
        };
        let instead = self.principal.instead.as_ref().map(|instead| format!("\n\n{instead}")).unwrap_or_default();
        let whom = self.principal.block.map(|block| format!(" the identity of the block {block}")).unwrap_or_default();
        let (giver, said) = (sign_in.giver(), refused::sentence(&said));
        let what = format!("{giver} gave{whom} no token for {scope}: {said}{certificate}");
        Error::remediable_sign_in(what, format!("{remedy}{by}{instead}")).of(ours.as_ref().and_then(Error::trace))
    }

    /// What was said by whoever gives no token, without the SDK's words around it; what begins with a code of Entra's begins with it.
    fn said(&self, error: &azure_core::Error, ours: Option<&Error>) -> String {
        let texts = chain(error).into_iter().map(|text| self.secrets.redact(&text));
        let joined = |all: String, inner: String| if all.contains(&inner) { all } else { format!("{all}: {inner}") };
        let whole = ours.and_then(Error::said).unwrap_or_else(|| texts.reduce(joined).unwrap_or_default());
        refused::line(&whole)
    }
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entra").field("tenant_id", &self.principal.tenant_id).finish_non_exhaustive()
    }
}

/// An answer that the SDK heard.
fn heard(raw: &RawResponse, secrets: &Arc<Secrets>) -> Answer {
    let status = StatusCode::from_u16(u16::from(raw.status())).unwrap_or_default();
    Answer::new(status, HeaderMap::new(), Bytes::copy_from_slice(raw.body().as_ref()), secrets)
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
