//! The certificate authority that clients are told to trust, and a leaf for every host that it is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::ServerSessionMemoryCache;
use time::{Duration, OffsetDateTime};

use crate::certificate::serial_number;

/// An authority of one sandbox.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
    pem: String,
    configs: Mutex<HashMap<String, Arc<ServerConfig>>>,
    sessions: Arc<ServerSessionMemoryCache>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let own = KeyPair::generate().expect("a P-256 key can be made");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name = named("Sandbox CA, trusted by nobody else");
        (params.not_before, params.not_after) = validity();
        let certificate = params.self_signed(&own).expect("the parameters are those of an authority");
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, own),
            key: KeyPair::generate().expect("a P-256 key can be made"),
            configs: Mutex::default(),
            sessions: ServerSessionMemoryCache::new(1024),
        }
    }

    /// The certificate that clients have to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// How TLS for this host is served.
    pub(crate) fn config(&self, host: &str) -> Arc<ServerConfig> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(configs.entry(host.to_owned()).or_insert_with(|| self.mint(host)))
    }

    fn mint(&self, host: &str) -> Arc<ServerConfig> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(serial_number());
        params.distinguished_name = named("Sandbox");
        let name = match host.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => {
                SanType::DnsName(host.to_owned().try_into().unwrap_or_else(|_| "invalid".try_into().expect("a name")))
            }
        };
        params.subject_alt_names = vec![name];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity();
        let leaf = params.signed_by(&self.key, &self.issuer).expect("the parameters are those of a server");
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key.into())
            .expect("the key fits the certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.session_storage = Arc::clone(&self.sessions) as Arc<_>;
        Arc::new(config)
    }
}

/// From yesterday on: a client's clock may be behind.
fn validity() -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now - Duration::days(1), now + Duration::days(90))
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
