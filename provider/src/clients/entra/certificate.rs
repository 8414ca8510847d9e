//! The certificate that an application signs in with, out of a PFX or of PEM, and what it says in the application's name.
//!
//! Microsoft's credential for certificates needs OpenSSL and sends a chain that is none, so that the assertion is made here and handed
//! to the one for assertions. Sources: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>, RFC 7515.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use azure_core::error::{Error as SdkError, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p12_keystore::Pkcs12Archive;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

use crate::clients::secret::{MARK, Secret};
use crate::clients::secrets::Secrets;

/// An assertion holds so long before and after it is made: a clock may be wrong by ten minutes, and Entra allows for five of its own.
const EITHER_WAY: Duration = Duration::from_secs(15 * 60);

/// A certificate with its RSA key, and those above it.
pub struct ClientCertificate {
    key: KeyPair,
    /// As DER, leaf first, each issued by the next.
    chain: Vec<Vec<u8>>,
    not_after: OffsetDateTime,
}

/// Why nothing can be signed with what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The password does not open it.
    Password,
    /// It is neither a PFX nor PEM.
    Form(String),
    /// The key is locked with a password.
    Locked,
    /// There is no private key in it.
    NoKey,
    /// The key is none of RSA.
    Algorithm,
    /// There is no certificate of the key in it.
    NoCertificate,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Password => f.write_str("The password does not open it"),
            Unreadable::Form(what) => write!(f, "It is neither a PFX (PKCS#12) nor PEM: {what}"),
            Unreadable::Locked => f.write_str("Its private key is locked with a password, which is read of a PFX only"),
            Unreadable::NoKey => f.write_str("There is no private key in it"),
            Unreadable::Algorithm => f.write_str(
                "Its private key is no RSA key of 2,048 bits or more, and Microsoft Entra takes no other (AADSTS5002738)",
            ),
            Unreadable::NoCertificate => f.write_str("There is no certificate in it that belongs to its private key"),
        }
    }
}

impl ClientCertificate {
    /// A certificate out of the bytes of a file.
    ///
    /// # Errors
    /// Why nothing can be signed with it.
    pub fn read(bytes: &[u8], password: &Secret) -> Result<ClientCertificate, Unreadable> {
        let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let is_pem = bytes.windows(11).any(|window| window == b"-----BEGIN ");
        let (keys, certificates) = if is_pem { of_pem(bytes)? } else { of_pfx(bytes, password)? };
        let of_key = |key: KeyPair| {
            let (der, not_after) = certificates.iter().find_map(|der| {
                let (_, certificate) = parse_x509_certificate(der).ok()?;
                let is_of_key = *certificate.public_key().subject_public_key.data == *key.public_key().as_ref();
                is_of_key.then(|| (der, certificate.validity().not_after.to_datetime()))
            })?;
            Some(ClientCertificate { chain: chain(der, &certificates), key, not_after })
        };
        keys.into_iter().find_map(of_key).ok_or(Unreadable::NoCertificate)
    }

    /// What Entra knows it by, as the portal shows it.
    pub(super) fn thumbprint(&self) -> String {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.chain[0]).as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// The day on which it expires.
    pub(super) fn expires(&self) -> time::Date {
        self.not_after.date()
    }

    /// What an application says of itself to a token endpoint.
    fn assertion(&self, client_id: &str, audience: &str, now: OffsetDateTime) -> Result<String, String> {
        let header = json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.chain[0])),
            "x5c": self.chain.iter().map(|der| STANDARD.encode(der)).collect::<Vec<_>>(),
        });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4(),
            "nbf": (now - EITHER_WAY).unix_timestamp(),
            "exp": (now + EITHER_WAY).unix_timestamp(),
        });
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| "the assertion cannot be signed with the client certificate's key".to_owned())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("thumbprint", &self.thumbprint()).finish_non_exhaustive()
    }
}

/// RSA keys and certificates, in any order.
type Read = (Vec<KeyPair>, Vec<Vec<u8>>);

fn of_pem(bytes: &[u8]) -> Result<Read, Unreadable> {
    // A key of the old form says so in a line of its own, with which its text is no base64.
    let is_locked = || String::from_utf8_lossy(bytes).contains("ENCRYPTED");
    let unless_locked = |other: Unreadable| if is_locked() { Unreadable::Locked } else { other };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = certificates.map_err(|error| unless_locked(Unreadable::Form(error.to_string())))?;
    let ders: Vec<_> = PrivateKeyDer::pem_slice_iter(bytes).filter_map(Result::ok).collect();
    if ders.is_empty() {
        return Err(unless_locked(Unreadable::NoKey));
    }
    let read = |der: PrivateKeyDer<'_>| match der {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()).ok(),
        _ => None,
    };
    let keys = of_rsa(ders.into_iter().filter_map(read))?;
    Ok((keys, certificates.iter().map(|certificate| certificate.to_vec()).collect()))
}

/// What the library makes of it while it looks is not ours to wipe.
fn of_pfx(bytes: &[u8], password: &Secret) -> Result<Read, Unreadable> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password.reveal()).map_err(|error| {
        let what = error.to_string();
        // The integrity of a PFX is what its password is tried on.
        let is_password = ["mac", "password", "padding"].iter().any(|word| what.to_ascii_lowercase().contains(word));
        if is_password { Unreadable::Password } else { Unreadable::Form(what) }
    })?;
    let certificates: Vec<Vec<u8>> = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect();
    if archive.keys.is_empty() {
        return Err(Unreadable::NoKey);
    }
    let ders = archive.keys.iter().map(|bag| Zeroizing::new(bag.key.as_der().to_vec()));
    Ok((of_rsa(ders.filter_map(|der| KeyPair::from_pkcs8(&der).ok()))?, certificates))
}

fn of_rsa(keys: impl Iterator<Item = KeyPair>) -> Result<Vec<KeyPair>, Unreadable> {
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() { Err(Unreadable::Algorithm) } else { Ok(keys) }
}

/// The leaf, whoever issued it, and so on.
fn chain(leaf: &[u8], certificates: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf.to_vec()];
    while let Some((_, last)) = chain.last().and_then(|der| parse_x509_certificate(der).ok()) {
        let issues = |der: &&Vec<u8>| {
            let certificate = parse_x509_certificate(der).map(|(_, certificate)| certificate);
            certificate.is_ok_and(|certificate| certificate.subject().as_raw() == last.issuer().as_raw())
        };
        match certificates.iter().find(issues) {
            // An authority at the end issued itself, and a circle has no end.
            Some(issuer) if !chain.contains(issuer) => chain.push(issuer.clone()),
            _ => break,
        }
    }
    chain
}

/// A certificate speaking for an application to a token endpoint.
pub(super) struct Signed {
    pub(super) certificate: Arc<ClientCertificate>,
    pub(super) client_id: String,
    pub(super) token_endpoint: String,
    pub(super) secrets: Arc<Secrets>,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Signed {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = OffsetDateTime::now_utc();
        let assertion = self.certificate.assertion(&self.client_id, &self.token_endpoint, now);
        let assertion = assertion.map_err(|what| SdkError::with_message(ErrorKind::Credential, what))?;
        self.secrets.remember(&assertion);
        Ok(assertion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../../../tests/certificates/", $name))
        };
    }

    #[track_caller]
    fn check(bytes: &[u8], password: &str, expected: Result<(), Unreadable>) {
        let read = ClientCertificate::read(bytes, &Secret::from(password.to_owned()));
        assert_eq!(read.map(drop), expected);
    }

    #[test]
    fn a_pfx_is_opened_whatever_it_is_locked_with() {
        check(fixture!("modern.pfx"), "correct", Ok(()));
        check(fixture!("legacy.pfx"), "correct", Ok(()));
        check(fixture!("empty.pfx"), "", Ok(()));
        check(fixture!("legacy-empty.pfx"), "", Ok(()));
        for (bytes, password) in [
            (&fixture!("modern.pfx")[..], "wrong"),
            (fixture!("legacy.pfx"), "wrong"),
            (fixture!("modern.pfx"), ""),
            (fixture!("legacy-empty.pfx"), "correct"),
        ] {
            check(bytes, password, Err(Unreadable::Password));
        }
        let cut = ClientCertificate::read(&fixture!("modern.pfx")[..2000], &Secret::default());
        assert!(matches!(cut, Err(Unreadable::Form(_))), "{cut:?}");
    }

    #[test]
    fn a_pem_holds_an_rsa_key_that_is_open() {
        check(fixture!("pkcs1.pem"), "", Ok(()));
        check(fixture!("locked.pem"), "", Err(Unreadable::Locked));
        let (key, other) =
            (rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(), rcgen::KeyPair::generate().unwrap());
        let pem = |key: &rcgen::KeyPair| rcgen::CertificateParams::default().self_signed(key).unwrap().pem();
        check(format!("{}{}", pem(&key), key.serialize_pem()).as_bytes(), "", Ok(()));
        check(format!("{}{}", pem(&other), key.serialize_pem()).as_bytes(), "", Err(Unreadable::NoCertificate));
        check(format!("{}{}", pem(&other), other.serialize_pem()).as_bytes(), "", Err(Unreadable::Algorithm));
        check(pem(&key).as_bytes(), "", Err(Unreadable::NoKey));
        // Which of the keys is the certificate's, the certificate says.
        check(format!("{}{}{}", other.serialize_pem(), pem(&key), key.serialize_pem()).as_bytes(), "", Ok(()));
        check(format!("\u{feff}{}{}", key.serialize_pem(), pem(&key)).as_bytes(), "", Ok(()));
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        check(format!("{}{old}", pem(&key)).as_bytes(), "", Err(Unreadable::Locked));
    }

    #[test]
    fn an_assertion_says_which_certificate_signed_it_and_who_issued_that() {
        let issuer_key = rcgen::KeyPair::generate().unwrap();
        let named = |name: &str| {
            let mut params = rcgen::CertificateParams::default();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params
        };
        let mut authority = named("authority");
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = authority.self_signed(&issuer_key).unwrap();
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let leaf = named("leaf").signed_by(&key, &rcgen::Issuer::new(authority, issuer_key)).unwrap();
        let pem = format!("{}{}{}", root.pem(), key.serialize_pem(), leaf.pem());
        let certificate = ClientCertificate::read(pem.as_bytes(), &Secret::default()).unwrap();

        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let assertion = certificate.assertion("c", "https://login/t/oauth2/v2.0/token", now).unwrap();
        let parts: Vec<&str> = assertion.split('.').collect();
        let read = |part: &str| -> serde_json::Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let header = read(parts[0]);
        assert_eq!(header["x5c"], json!([STANDARD.encode(leaf.der()), STANDARD.encode(root.der())]));
        assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(digest(&SHA256, leaf.der())));
        let claims = read(parts[1]);
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&json!("c"), &json!("c"), &json!("https://login/t/oauth2/v2.0/token"))
        );
        assert_eq!((&claims["nbf"], &claims["exp"]), (&json!(1_799_999_100), &json!(1_800_000_900)));
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, certificate.key.public_key().as_ref());
        let signed = format!("{}.{}", parts[0], parts[1]);
        assert!(public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).is_ok());
    }
}
