//! Mutual TLS that authenticates: the client is whoever holds the very certificate that it announced, and nobody else.
//!
//! Terraform's certificate is its own authority with a P-521 key, which the usual verifiers either refuse or wave through unasked. So it
//! is compared byte by byte, and its holder proves the key in the handshake.

use std::env;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::DigitallySignedStruct;
use rustls::DistinguishedName as Issuer;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{Error, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

/// The certificate that the client announced; none when it wants no TLS.
pub(super) fn client_certificate() -> Result<Option<CertificateDer<'static>>, String> {
    let Some(pem) = env::var_os("PLUGIN_CLIENT_CERT").filter(|pem| !pem.is_empty()) else { return Ok(None) };
    let pem = pem.to_string_lossy();
    CertificateDer::from_pem_slice(pem.as_bytes())
        .map(|der| Some(der.into_owned()))
        .map_err(|error| format!("PLUGIN_CLIENT_CERT holds no certificate: {error}"))
}

/// Our own key and certificate, and the client that they are for.
pub(super) struct Identity {
    client: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    pub(super) fn new(client: CertificateDer<'static>) -> Result<Identity, String> {
        let made = || {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(["localhost".to_owned()])?;
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, "localhost");
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            let certificate = params.self_signed(&key)?;
            Ok::<_, rcgen::Error>((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der())))
        };
        let (certificate, key) = made().map_err(|error| format!("no certificate can be made: {error}"))?;
        Ok(Identity { client, certificate, key })
    }

    /// What the client shall trust, in DER.
    pub(super) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub(super) fn acceptor(self) -> Result<TlsAcceptor, String> {
        let provider = Arc::new(local());
        let verifier = Pinned { client: self.client, provider: Arc::clone(&provider) };
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_client_cert_verifier(Arc::new(verifier)))
            .and_then(|builder| builder.with_single_cert(vec![self.certificate], self.key.into()));
        let mut config = config.map_err(|error| format!("TLS cannot be set up: {error}"))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // One client, one connection: nothing is ever resumed.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// On a socket of this machine a post-quantum key exchange guards nothing and costs half a millisecond.
fn local() -> CryptoProvider {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519};
    CryptoProvider { kx_groups: vec![X25519, SECP256R1, SECP384R1], ..aws_lc_rs::default_provider() }
}

#[derive(Debug)]
struct Pinned {
    client: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[Issuer] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *end_entity == self.client {
            return Ok(ClientCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
