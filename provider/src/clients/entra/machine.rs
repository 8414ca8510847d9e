//! The identity of the machine that this runs on: it is asked in plain HTTP, on the machine itself, and past every proxy.
//!
//! Sources: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>,
//! <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service> ("have your HTTP clients bypass web proxies").

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::AccessToken;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use url::Url;

/// Where a virtual machine asks.
pub(super) const METADATA_HOST: &str = "169.254.169.254";
/// How long nothing may answer. The service is on this very machine: where there is none, a connection hangs.
pub(super) const SILENCE: Duration = Duration::from_secs(12);

/// Waits for a token no longer than nothing answers: Azure's own credential tries for more than a minute.
pub(super) async fn heard(
    asked: impl Future<Output = azure_core::Result<AccessToken>>,
) -> azure_core::Result<AccessToken> {
    let silent = || Error::with_message(ErrorKind::Connection, "there was no answer");
    tokio::time::timeout(SILENCE, asked).await.unwrap_or_else(|_| Err(silent()))
}

/// Asks at another address than the one that the credential knows.
#[derive(Debug)]
pub(super) struct Elsewhere(pub(super) Url);

#[async_trait::async_trait]
impl Policy for Elsewhere {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let mut url = self.0.clone();
        url.set_query(request.url().query());
        *request.url_mut() = url;
        next[0].send(ctx, request, &next[1..]).await
    }
}
