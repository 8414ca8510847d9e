//! An application proves itself by the key of its certificate: one that is registered, or one whose name and issuer it trusts.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>. What becomes of `x5c` is not documented: a
//! chain that is no chain is refused, because nobody means to send one.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use time::OffsetDateTime;
use x509_parser::oid_registry::{OID_PKCS1_RSAENCRYPTION, OID_PKCS1_SHA256WITHRSA, OID_SIG_ECDSA_WITH_SHA256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::assertion::{Assertion, Header};
use super::refusal::Refusal;
use crate::application::{Application, TrustedSubject};

/// Believes an assertion that the key of a certificate of the application signed, or says why not.
pub(super) fn prove(
    application: &Application,
    assertion: &Assertion,
    audiences: &[String],
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    if claims.sub != claims.iss {
        return Err(Refusal::client(50_048, "Subject must match the issuer claim in the client assertion."));
    }
    if !claims.iss.eq_ignore_ascii_case(&application.caller.app_id) {
        let words = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(Refusal::client(700_021, words));
    }
    if !audiences.contains(&claims.aud) {
        let words = "Client assertion audience claim does not match Realm issuer. Review the documentation at \
                     https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";
        return Err(Refusal::client(700_023, words));
    }
    if claims.jti.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::malformed("The claim 'jti' is missing."));
    }
    assertion.is_timely(now)?;
    let chain = chain(&assertion.header)?;
    let der = signer(application, &assertion.header, chain.as_deref(), now)?;
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| not_found(application, &assertion.header))?;
    let key = certificate.public_key();
    if key.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
        let words = "Invalid JWT token. Unsupported key for the signing algorithm.";
        return Err(Refusal::new("invalid_request", 5_002_730, words));
    }
    if !assertion.is_signed_by(&DecodingKey::from_rsa_der(&key.subject_public_key.data)) {
        let why = "The provided signature value did not match the expected signature value.";
        return Err(unsigned(application, &assertion.header, why));
    }
    Ok(())
}

/// The certificates of the header, leaf first.
fn chain(header: &Header) -> Result<Option<Vec<Vec<u8>>>, Refusal> {
    let Some(sent) = &header.x5c else { return Ok(None) };
    let read = |one: &Value| {
        let der = STANDARD.decode(one.as_str()?).ok()?;
        let whole = X509Certificate::from_der(&der).is_ok_and(|(rest, _)| rest.is_empty());
        whole.then_some(der)
    };
    let chain: Option<Vec<Vec<u8>>> = sent.as_array().and_then(|all| all.iter().map(read).collect());
    let well_formed = |chain: &Vec<Vec<u8>>| !chain.is_empty() && chain.windows(2).all(|two| issued(&two[0], &two[1]));
    chain.filter(well_formed).map(Some).ok_or_else(|| {
        Refusal::malformed(
            "Its 'x5c' is no chain of certificates: base64 of DER, the own one first, each issued by the next.",
        )
    })
}

/// The certificate whose key has to have signed.
fn signer<'a>(
    application: &'a Application,
    header: &Header,
    chain: Option<&'a [Vec<u8>]>,
    now: OffsetDateTime,
) -> Result<&'a [u8], Refusal> {
    let is_named = header.x5t.is_some() || header.x5t_s256.is_some();
    if !is_named && chain.is_none() {
        return Err(Refusal::malformed("No certificate thumbprint specified in token header."));
    }
    let registered = application.certificates.iter().find(|der| is_named && names(header, der));
    if let Some(der) = registered {
        return if is_valid(der, now) {
            Ok(der)
        } else {
            Err(unsigned(application, header, "The key used is expired."))
        };
    }
    let trusted = |chain: &&[Vec<u8>]| {
        let mut subjects = application.trusted_subjects.iter();
        names(header, &chain[0]) && subjects.any(|subject| leads_to(chain, subject, now))
    };
    let leaf = chain.filter(trusted).map(|chain| chain[0].as_slice());
    leaf.ok_or_else(|| not_found(application, header))
}

/// Whether the thumbprints of the header, as many as there are, are those of a certificate.
fn names(header: &Header, der: &[u8]) -> bool {
    let is = |sent: &Option<String>, algorithm: &'static Algorithm| {
        sent.as_ref().is_none_or(|sent| thumbprint(sent) == digest(algorithm, der).as_ref())
    };
    is(&header.x5t, &SHA1_FOR_LEGACY_USE_ONLY) && is(&header.x5t_s256, &SHA256)
}

/// The bytes of a thumbprint; MSAL for Python pads it.
fn thumbprint(sent: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(sent.trim_end_matches('=')).unwrap_or_default()
}

/// Whether a chain is that of a subject: by the common name, and by the authority that issued its end, or is it.
fn leads_to(chain: &[Vec<u8>], subject: &TrustedSubject, now: OffsetDateTime) -> bool {
    let name = X509Certificate::from_der(&chain[0]).ok().and_then(|(_, leaf)| {
        let name = leaf.subject().iter_common_name().next()?.as_str().ok()?;
        Some(name == subject.common_name)
    });
    let ends = chain.last().is_some_and(|last| *last == subject.authority || issued(last, &subject.authority));
    name == Some(true) && ends && chain.iter().all(|der| is_valid(der, now))
}

fn is_valid(der: &[u8], now: OffsetDateTime) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, one)| {
        let (from, until) = (one.validity().not_before.timestamp(), one.validity().not_after.timestamp());
        (from..until).contains(&now.unix_timestamp())
    })
}

/// Whether the one certificate was issued by the other: by name, and by a signature of one of two kinds.
fn issued(der: &[u8], by: &[u8]) -> bool {
    let (Ok((_, one)), Ok((_, by))) = (X509Certificate::from_der(der), X509Certificate::from_der(by)) else {
        return false;
    };
    let algorithms: [(_, &dyn VerificationAlgorithm); 2] =
        [(OID_PKCS1_SHA256WITHRSA, &RSA_PKCS1_2048_8192_SHA256), (OID_SIG_ECDSA_WITH_SHA256, &ECDSA_P256_SHA256_ASN1)];
    let algorithm = algorithms.into_iter().find(|(oid, _)| *oid == one.signature_algorithm.algorithm);
    algorithm.is_some_and(|(_, algorithm)| {
        let key = UnparsedPublicKey::new(algorithm, &*by.public_key().subject_public_key.data);
        one.issuer().as_raw() == by.subject().as_raw()
            && key.verify(one.tbs_certificate.as_ref(), &one.signature_value.data).is_ok()
    })
}

fn not_found(application: &Application, header: &Header) -> Refusal {
    let what = "The certificate with identifier used to sign the client assertion is not registered on application.";
    refused(application, header, what, "The key was not found.")
}

fn unsigned(application: &Application, header: &Header, why: &str) -> Refusal {
    refused(application, header, "Client assertion contains an invalid signature.", why)
}

fn refused(application: &Application, header: &Header, what: &str, why: &str) -> Refusal {
    let sent = header.x5t.as_ref().or(header.x5t_s256.as_ref());
    let thumbprint = sent.map(|sent| thumbprint(sent)).unwrap_or_default();
    let thumbprint: String = thumbprint.iter().map(|byte| format!("{byte:02X}")).collect();
    let words = format!(
        "{what} [Reason - {why}, Thumbprint of key used by client: '{thumbprint}', Please visit the Azure Portal, Graph Explorer or \
         directly use MS Graph to see configured keys for app Id '{}'.]",
        application.caller.app_id
    );
    Refusal::client(700_027, words)
}
