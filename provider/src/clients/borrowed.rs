//! Our tokens in the hands of Microsoft's SDKs: one sign-in serves all services.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use time::OffsetDateTime;

use super::entra::MARGIN;
use super::error::Error;
use super::http::Http;

/// Hands our tokens to Microsoft's SDKs.
pub(super) struct Borrowed {
    pub(super) http: Arc<Http>,
    /// For what alone a token is given, whatever a service asks for.
    pub(super) scope: String,
}

impl fmt::Debug for Borrowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Borrowed")
    }
}

#[async_trait::async_trait]
impl TokenCredential for Borrowed {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let token = match scopes {
            [scope] if *scope == self.scope => self.http.token(scope).await,
            other => {
                Err(Error::unexpected("signing in to a vault", format!("it asks for a token for {}", other.join(", "))))
            }
        };
        let token = token.map_err(|error| azure_core::Error::new(ErrorKind::Credential, error))?;
        // The SDK's own copy, which it does not wipe.
        let token = token.reveal().to_owned().into();
        Ok(AccessToken { token, expires_on: OffsetDateTime::now_utc() + MARGIN })
    }
}
