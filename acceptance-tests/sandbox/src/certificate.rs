//! Certificates of every kind that a robot's vault may hold, made on the spot: real X.509 under a small authority.

use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, OtherNameValue, SanType, SerialNumber,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// What a certificate is like.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateSpec {
    /// The common name; the certificate's name in the vault when left out.
    pub common_name: Option<String>,
    /// The user principal names among the subject alternative names.
    pub user_principal_names: Vec<String>,
    /// In how many days it becomes valid; negative is in the past.
    pub valid_in_days: i64,
    /// In how many days it expires; negative is in the past.
    pub expires_in_days: i64,
    /// Whether its usages let a client authenticate; otherwise only a server.
    pub client_authentication: bool,
    /// Whether the vault gives it out.
    pub enabled: bool,
    /// Whether the private key is part of the secret.
    pub exportable: bool,
    /// PEM instead of PKCS#12.
    pub pem: bool,
}

impl Default for CertificateSpec {
    fn default() -> Self {
        Self {
            common_name: None,
            user_principal_names: Vec::new(),
            valid_in_days: -30,
            expires_in_days: 365,
            client_authentication: true,
            enabled: true,
            exportable: true,
            pem: false,
        }
    }
}

impl CertificateSpec {
    /// A good certificate for this user.
    pub fn of_user(user_principal_name: &str) -> Self {
        Self { user_principal_names: vec![user_principal_name.to_owned()], ..Self::default() }
    }
}

/// One key for all: nobody here ever proves its possession.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate().expect("a P-256 key can be made"))
}

/// Makes a certificate, as DER, with its validity.
pub(crate) fn make(
    spec: &CertificateSpec,
    name: &str,
    now: OffsetDateTime,
) -> (Vec<u8>, OffsetDateTime, OffsetDateTime) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name = named("Contoso Robots CA");
    let issuer = Issuer::new(authority, key());

    let mut params = CertificateParams::default();
    params.serial_number = Some(serial_number());
    params.distinguished_name = named(spec.common_name.as_deref().unwrap_or(name));
    (params.not_before, params.not_after) =
        (now + Duration::days(spec.valid_in_days), now + Duration::days(spec.expires_in_days));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if spec.client_authentication {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    let upn = |name: &String| {
        SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3], OtherNameValue::Utf8String(name.clone())))
    };
    params.subject_alt_names = spec.user_principal_names.iter().map(upn).collect();
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(key(), &issuer).expect("the parameters are those of a certificate");
    (certificate.der().to_vec(), params.not_before, params.not_after)
}

/// A certificate of which many are cast: with other names of the same length, and serial numbers of their own. Their signature is still
/// the first one's, at which nobody here looks.
pub(crate) struct Mold {
    der: Vec<u8>,
    /// Where the name stands, and where the serial number.
    names: Vec<usize>,
    serial: usize,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) expires: OffsetDateTime,
}

impl Mold {
    /// The mold for what a specification asks for under this name.
    pub(crate) fn new(spec: &CertificateSpec, name: &str, now: OffsetDateTime) -> Self {
        let (der, not_before, expires) = make(spec, name, now);
        let (_, parsed) = X509Certificate::from_der(&der).expect("a certificate that was just made is one");
        let places = |wanted: &[u8]| -> Vec<usize> {
            let windows = der.windows(wanted.len()).enumerate();
            windows.filter(|(_, bytes)| *bytes == wanted).map(|(place, _)| place).collect()
        };
        let serial = places(parsed.raw_serial())[0];
        Self { names: places(name.as_bytes()), serial, der, not_before, expires }
    }

    /// A certificate under another name, which is as long.
    pub(crate) fn cast(&self, name: &str) -> Vec<u8> {
        let mut der = self.der.clone();
        for place in &self.names {
            der[*place..][..name.len()].copy_from_slice(name.as_bytes());
        }
        let serial = serial_number().to_bytes();
        der[self.serial..][..serial.len()].copy_from_slice(&serial);
        der
    }
}

/// A serial number of its own: whoever keeps certificates by issuer and number would take two for one. It is positive.
pub(crate) fn serial_number() -> SerialNumber {
    let mut bytes = Uuid::new_v4().into_bytes();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Contoso");
    name.push(DnType::CommonName, common_name);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_certificate_has_a_serial_number_of_its_own() {
        let now = OffsetDateTime::now_utc();
        let number = || {
            let (der, _, _) = make(&CertificateSpec::default(), "robot", now);
            let (_, certificate) = X509Certificate::from_der(&der).expect("a certificate");
            certificate.raw_serial().to_vec()
        };
        let (one, other) = (number(), number());
        assert_ne!(one, other);
        assert!(one.len() == 16 && one[0] & 0x80 == 0, "positive: {one:?}");
    }
}
