//! The identity of the machine that this runs on: it is asked in plain HTTP, on the machine itself, and past every proxy.
//!
//! Sources: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>,
//! <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>, which asks for the way past proxies.

use std::sync::Arc;

use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use url::Url;

/// The header of what App Service wants to be shown.
const HEADER: &str = "x-identity-header";

/// Asks at another address than the one that the credential knows.
#[derive(Debug)]
pub(super) struct Elsewhere(pub(super) Url);

#[async_trait::async_trait]
impl Policy for Elsewhere {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let mut url = self.0.clone();
        url.set_query(request.url().query());
        // What App Service wants to be shown is nobody else's.
        let is_own = url.origin() == request.url().origin();
        let mut other = Request::new(url, request.method());
        for (name, value) in request.headers().iter().filter(|(name, _)| is_own || name.as_str() != HEADER) {
            other.insert_header(name.clone(), value.clone());
        }
        next[0].send(ctx, &mut other, &next[1..]).await
    }
}
