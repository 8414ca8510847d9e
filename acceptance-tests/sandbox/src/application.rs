//! An application of a tenant, and everything by which it can prove who it is.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::certificate::serial_number;
use crate::issuer::token_exchange;
use crate::world::Caller;

/// An application of a tenant, with its service principal.
#[derive(Clone, Debug)]
pub struct Application {
    /// Whom its tokens speak for.
    pub caller: Caller,
    /// Its secret; without one it cannot sign in with any.
    pub secret: Option<String>,
    /// When its secret expires, if it does.
    pub secret_expires: Option<OffsetDateTime>,
    /// The certificates that are registered with it, as DER.
    pub certificates: Vec<Vec<u8>>,
    /// The subjects whose certificates it trusts by their name and issuer, whatever their keys.
    pub trusted_subjects: Vec<TrustedSubject>,
    /// The workloads elsewhere whose identity tokens it trusts.
    pub federated_credentials: Vec<FederatedCredential>,
}

impl Application {
    /// An application that cannot prove anything yet.
    pub fn new(caller: Caller) -> Self {
        Self {
            caller,
            secret: None,
            secret_expires: None,
            certificates: Vec::new(),
            trusted_subjects: Vec::new(),
            federated_credentials: Vec::new(),
        }
    }

    /// Registers a certificate with it.
    pub fn register(&mut self, certificate: &ClientCertificate) {
        self.certificates.push(certificate.chain[0].clone());
    }

    /// Lets it trust, from now on, whatever the authority of this certificate issues to the same name.
    pub fn trust_subject_of(&mut self, certificate: &ClientCertificate) {
        let (common_name, authority) = (certificate.common_name.clone(), certificate.authority.clone());
        self.trusted_subjects.push(TrustedSubject { common_name, authority });
    }
}

/// A subject whose certificates are trusted by name and issuer.
#[derive(Clone, Debug)]
pub struct TrustedSubject {
    /// Its common name.
    pub common_name: String,
    /// The certificate of the authority at the end of the chain, as DER.
    pub authority: Vec<u8>,
}

/// A workload elsewhere whose identity tokens are trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// Who issues the tokens.
    pub issuer: String,
    /// Whom they are about.
    pub subject: String,
    /// For whom they are.
    #[serde(default = "token_exchange")]
    pub audience: String,
}

impl FederatedCredential {
    /// With the audience that Entra's documentation asks for.
    pub fn new(issuer: &str, subject: &str) -> Self {
        Self { issuer: issuer.to_owned(), subject: subject.to_owned(), audience: token_exchange() }
    }
}

/// What a certificate with which an application signs in is like.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientCertificateSpec {
    /// The common name.
    pub common_name: String,
    /// In how many days it becomes valid; negative is in the past.
    pub valid_in_days: i64,
    /// In how many days it expires; negative is in the past.
    pub expires_in_days: i64,
    /// A key on P-256 instead of an RSA key of 2048 bits: Entra takes none.
    pub elliptic: bool,
}

impl Default for ClientCertificateSpec {
    fn default() -> Self {
        Self {
            common_name: "terraform.contoso.com".to_owned(),
            valid_in_days: -1,
            expires_in_days: 90,
            elliptic: false,
        }
    }
}

/// A certificate with its key, below an authority and another one in between.
#[derive(Debug)]
pub struct ClientCertificate {
    common_name: String,
    key: KeyPair,
    chain: Vec<Vec<u8>>,
    pem: String,
    authority: Vec<u8>,
}

impl ClientCertificate {
    /// Makes one, with a key of its own.
    pub fn new(spec: &ClientCertificateSpec, now: OffsetDateTime) -> Self {
        let made = "the parameters are those of a certificate";
        let between = (now - Duration::days(3650), now + Duration::days(3650));
        let own = || KeyPair::generate().expect("a P-256 key can be made");
        let root = parameters("Contoso Root CA", between, true);
        let root_key = own();
        let authority = root.self_signed(&root_key).expect(made);
        let intermediate = parameters("Contoso Issuing CA", between, true);
        let intermediate_key = own();
        let root = Issuer::new(root, root_key);
        let issuing = intermediate.signed_by(&intermediate_key, &root).expect(made);
        let validity = (now + Duration::days(spec.valid_in_days), now + Duration::days(spec.expires_in_days));
        let algorithm = if spec.elliptic { &PKCS_ECDSA_P256_SHA256 } else { &PKCS_RSA_SHA256 };
        let key = KeyPair::generate_for(algorithm).expect("both kinds of keys can be made");
        let leaf = parameters(&spec.common_name, validity, false);
        let leaf = leaf.signed_by(&key, &Issuer::new(intermediate, intermediate_key)).expect(made);
        Self {
            common_name: spec.common_name.clone(),
            key,
            pem: format!("{}{}", leaf.pem(), issuing.pem()),
            chain: vec![leaf.der().to_vec(), issuing.der().to_vec()],
            authority: authority.der().to_vec(),
        }
    }

    /// The certificate and the one that issued it, as DER, leaf first; the authority at the end is not among them.
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The same as PEM.
    pub fn chain_pem(&self) -> &str {
        &self.pem
    }

    /// Its private key as PKCS#8 in DER.
    pub fn key_der(&self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der())
    }

    /// Its private key as PKCS#8 in PEM.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

fn parameters(common_name: &str, validity: (OffsetDateTime, OffsetDateTime), issues: bool) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.serial_number = Some(serial_number());
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    (params.not_before, params.not_after) = validity;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if issues {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    }
    params
}
