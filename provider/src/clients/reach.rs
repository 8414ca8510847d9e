//! How hosts are reached: through which proxy, whom a connection trusts, and how long each of its steps may take.
//!
//! Proxy and trust come from `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE`, on every system. With the last one set, its authorities take the
//! place of the system's; those of the provider block are trusted beside either.

use std::time::Duration;

use reqwest::Certificate;
use reqwest::tls::Version;

use super::error::Error;
use super::proxy::Proxy;
use super::trace::Run;

/// How long it may take until there is a connection: name, proxy and TLS.
const CONNECT: Duration = Duration::from_secs(10);
/// The same where the other side is this very machine, or not there.
const MACHINE_CONNECT: Duration = Duration::from_secs(2);
/// How long nothing may come.
const READ: Duration = Duration::from_secs(60);
/// How long a whole answer may take.
const TOTAL: Duration = Duration::from_secs(120);

/// The way to the services, as it was configured.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The run that every request belongs to.
    pub run: Run,
    /// Who is trusted besides.
    pub authorities: Authorities,
}

/// Certificate authorities.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Those of a file in PEM format; none when it holds no certificate.
    pub fn of_pem(pem: &[u8]) -> Option<Authorities> {
        let certificates = Certificate::from_pem_bundle(pem).unwrap_or_default();
        (!certificates.is_empty()).then_some(Authorities(certificates))
    }
}

/// The proxy that the environment names.
///
/// # Errors
/// It names one that cannot be used.
pub(super) fn proxy() -> Result<Option<Proxy>, Error> {
    super::proxy::proxy(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

/// What makes connections to a service on this very machine: they are plain, and past every proxy.
///
/// # Errors
/// What keeps it from being made.
pub(super) fn machine_client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(MACHINE_CONNECT)
        .timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::setup(format!("no HTTP client can be made: {error}")))
}

/// What makes the connections: one for all services, so that they are used again.
///
/// # Errors
/// What `SSL_CERT_FILE` names is not there, or is nothing of the kind.
pub(super) fn client(
    user_agent: &str,
    proxy: Option<Proxy>,
    Authorities(ours): Authorities,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .user_agent(user_agent)
        .https_only(true)
        .tls_version_min(Version::TLS_1_2)
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .timeout(TOTAL)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.way);
    }
    builder = match std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        Some(path) => {
            let shown = path.to_string_lossy();
            let pem = std::fs::read(&path)
                .map_err(|error| Error::setup(format!("SSL_CERT_FILE names {shown}, which cannot be read: {error}")))?;
            let Authorities(theirs) = Authorities::of_pem(&pem).ok_or_else(|| {
                Error::setup(format!("SSL_CERT_FILE names {shown}, which holds no certificate in PEM format"))
            })?;
            builder.tls_certs_only(theirs.into_iter().chain(ours))
        }
        None => builder.tls_certs_merge(ours),
    };
    builder.build().map_err(|error| Error::setup(format!("no HTTPS client can be made: {error}")))
}
