//! How hosts are reached: through which proxy, whom a connection trusts, and how long each of its steps may take.
//!
//! Proxy and trust come from `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE`, on every system. With the last one set, its authorities take the
//! place of the system's; those of the provider block are trusted beside either.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::tls::Version;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};

use super::careful;
use super::error::{Error, chain};
use super::proxy::{Door, Proxy};
use super::retry::RETRIES;
use super::trace::Run;

/// How long each step of a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Until there is a connection: name, proxy and TLS.
    pub(super) connect: Duration,
    /// In which nothing comes.
    pub(super) read: Duration,
    /// Until the whole answer is there.
    pub(super) total: Duration,
}

/// How long it may take until there is a connection to this very machine.
const MACHINE_CONNECT: Duration = Duration::from_secs(2);
const TIMES: Times =
    Times { connect: Duration::from_secs(10), read: Duration::from_secs(60), total: Duration::from_secs(120) };

/// The way to the services, as it was configured.
#[derive(Debug, Clone)]
pub struct Network {
    /// The run that every request belongs to.
    pub run: Run,
    /// Who is trusted besides.
    pub authorities: Authorities,
    /// How often a request is tried again at the most.
    pub max_retries: u32,
}

impl Default for Network {
    fn default() -> Network {
        Network { run: Run::default(), authorities: Authorities::default(), max_retries: RETRIES }
    }
}

/// The way to the services: what makes the connections, and the address of the proxy that they are made through, for whoever is told that
/// one failed.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) client: reqwest::Client,
    pub(super) proxy: Option<Arc<str>>,
    door: Option<Arc<Door>>,
}

impl Way {
    /// The way that the environment and the provider block name.
    ///
    /// # Errors
    /// One of them names what cannot be used.
    pub(super) fn new(user_agent: &str, network: &Network) -> Result<Way, Error> {
        let proxy = proxy()?;
        let (shown, door) = proxy.as_ref().map(|proxy| (Arc::clone(&proxy.shown), Arc::clone(&proxy.door))).unzip();
        let only = only()?;
        Ok(Way { client: client(user_agent, proxy, (only, network.authorities.clone()), TIMES)?, proxy: shown, door })
    }

    /// The same error, with what the proxy says when it wants a login.
    pub(super) async fn explained(&self, error: Error, host: &str) -> Error {
        match &self.door {
            Some(door) if error.is_proxy_login() => error.demanding(door.demand(host).await),
            _ => error,
        }
    }

    /// The way to who tells the identity of this machine: it is plain HTTP, and past every proxy.
    ///
    /// # Errors
    /// What keeps it from being made.
    pub(super) fn to_machine() -> Result<Way, Error> {
        Ok(Way { client: machine_client()?, proxy: None, door: None })
    }
}

/// Certificate authorities.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Those of a file in PEM format, as it was read.
    ///
    /// # Errors
    /// What is wrong with the file, as a predicate: it cannot be read, holds none, or one that nobody could be held against.
    pub fn of_file(read: io::Result<Vec<u8>>) -> Result<Authorities, String> {
        Authorities::of_pem(&read.map_err(|error| format!("cannot be read: {error}"))?)
    }

    fn of_pem(pem: &[u8]) -> Result<Authorities, String> {
        let certificates: Vec<Certificate> = CertificateDer::pem_slice_iter(pem)
            .enumerate()
            .map(|(before, der)| {
                let unreadable = || format!("holds a certificate that cannot be read: number {} in it", before + 1);
                authority(der).ok_or_else(unreadable)
            })
            .collect::<Result<_, _>>()?;
        match certificates.is_empty() {
            true => Err("holds no certificate in PEM format".to_owned()),
            false => Ok(Authorities(certificates)),
        }
    }
}

fn authority(der: Result<CertificateDer<'_>, pem::Error>) -> Option<Certificate> {
    let der = der.ok()?;
    RootCertStore::empty().add(der.clone()).ok()?;
    Certificate::from_der(&der).ok()
}

/// As many MiB may a file with authorities have: all that a system trusts are a twentieth of it.
const MAX_FILE: u64 = 16;

/// Reads a file with authorities.
///
/// # Errors
/// It cannot be read, or is too long for one.
pub fn file(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    careful::file(path, MAX_FILE).map(|bytes| bytes.to_vec())
}

/// The proxy that the environment names.
///
/// # Errors
/// It names one that cannot be used.
pub(super) fn proxy() -> Result<Option<Proxy>, Error> {
    super::proxy::proxy(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

/// What makes connections to a service on this very machine: they are plain, and past every proxy.
fn machine_client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(MACHINE_CONNECT)
        .timeout(TIMES.connect)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::setup(format!("no HTTP client can be made: {error}")))
}

/// The authorities that take the place of the system's.
fn only() -> Result<Option<Authorities>, Error> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else { return Ok(None) };
    let shown = path.to_string_lossy();
    Authorities::of_file(file(&path))
        .map_err(|what| Error::setup(format!("SSL_CERT_FILE names {shown}, which {what}")))
        .map(Some)
}

/// What makes the connections: one for all services, so that they are used again. `only` are trusted in place of the system's authorities,
/// and `ours` besides.
fn client(
    user_agent: &str,
    proxy: Option<Proxy>,
    (only, Authorities(ours)): (Option<Authorities>, Authorities),
    times: Times,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .user_agent(user_agent)
        .https_only(true)
        .tls_version_min(Version::TLS_1_2)
        .connect_timeout(times.connect)
        .read_timeout(times.read)
        .timeout(times.total)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.way);
    }
    builder = match only {
        Some(Authorities(theirs)) => builder.tls_certs_only(theirs.into_iter().chain(ours)),
        None => builder.tls_certs_merge(ours),
    };
    builder.build().map_err(|error| Error::setup(format!("no HTTPS client can be made: {}", chain(&error).join(": "))))
}

#[cfg(test)]
mod tests;
