//! The public side of a certificate: what its vault says of it, and what stands in it.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use azure_security_keyvault_certificates::models;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

/// The public side of a certificate in a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The version, 32 letters and digits.
    pub version: String,
    /// The certificate in PEM, without its private key.
    pub pem: String,
    /// SHA-1 of the certificate, in upper-case hexadecimal digits.
    pub thumbprint: String,
    /// SHA-256 of the certificate, in upper-case hexadecimal digits.
    pub thumbprint_sha256: String,
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The serial number, in hexadecimal digits.
    pub serial_number: String,
    /// The user principal names among the subject alternative names.
    pub user_principal_names: Vec<String>,
    /// When it becomes valid.
    pub not_before: OffsetDateTime,
    /// When it expires.
    pub expires_on: OffsetDateTime,
    /// Whether the vault gives it out.
    pub enabled: bool,
    /// When the version was made.
    pub created: Option<OffsetDateTime>,
    /// In what format the vault keeps it: `application/x-pkcs12` or `application/x-pem-file`.
    pub content_type: Option<String>,
    /// Whether the private key is part of the secret.
    pub exportable: Option<bool>,
    /// The object ids of its extended key usages.
    pub extended_key_usages: Vec<String>,
    /// Whether those usages let a client authenticate: by name, as a smart card, by any usage, or because there is no restriction.
    pub client_authentication: bool,
}

/// What is known of a certificate from an earlier run. A list that shows it tells the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The version.
    pub version: String,
    /// The certificate in PEM.
    pub pem: String,
    /// In what format the vault kept it.
    pub content_type: Option<String>,
    /// Whether the private key was part of the secret.
    pub exportable: Option<bool>,
    /// When the version was made.
    pub created: Option<OffsetDateTime>,
}

/// What a list tells of the current version of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// SHA-1 of the certificate.
    pub(super) thumbprint: Vec<u8>,
    pub(super) enabled: bool,
    pub(super) not_before: Option<OffsetDateTime>,
    pub(super) expires_on: Option<OffsetDateTime>,
    /// When the version was made.
    pub(super) created: Option<OffsetDateTime>,
}

impl Kept {
    /// The certificate as it is now, if it is the one that a list shows.
    pub(super) fn as_listed(&self, listed: &Listed) -> Option<Certificate> {
        let (_, pem) = parse_x509_pem(self.pem.as_bytes()).ok()?;
        // Another version may have the very same certificate.
        let is_another = self.created.zip(listed.created).is_some_and(|(then, now)| then != now);
        if is_another || sha1(&pem.contents) != listed.thumbprint {
            return None;
        }
        let said = Said {
            version: self.version.clone(),
            enabled: listed.enabled,
            validity: (listed.not_before, listed.expires_on),
            created: listed.created.or(self.created),
            content_type: self.content_type.clone(),
            exportable: self.exportable,
        };
        said.of(&pem.contents).ok()
    }
}

/// What a vault says of a version, besides the certificate itself.
struct Said {
    version: String,
    enabled: bool,
    validity: (Option<OffsetDateTime>, Option<OffsetDateTime>),
    created: Option<OffsetDateTime>,
    content_type: Option<String>,
    exportable: Option<bool>,
}

/// What the service tells of a certificate, read.
pub(super) fn certificate(bundle: models::Certificate) -> Result<Certificate, String> {
    let der = bundle.cer.ok_or("it holds no certificate")?;
    let attributes = bundle.attributes.unwrap_or_default();
    let policy = bundle.policy.unwrap_or_default();
    let said = Said {
        version: bundle.id.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned(),
        enabled: attributes.enabled.unwrap_or(true),
        validity: (attributes.not_before, attributes.expires),
        created: attributes.created,
        content_type: policy.secret_properties.and_then(|secret| secret.content_type).or(bundle.content_type),
        exportable: policy.key_properties.and_then(|key| key.exportable),
    };
    said.of(&der)
}

impl Said {
    /// A certificate of which this was said.
    fn of(self, der: &[u8]) -> Result<Certificate, String> {
        let (_, parsed) =
            X509Certificate::from_der(der).map_err(|error| format!("its certificate cannot be read: {error}"))?;
        let usages = parsed.extended_key_usage().ok().flatten().map(|extension| extension.value);
        let client_authentication = usages.is_none_or(|usages| {
            let smart_card = usages.other.iter().any(|oid| oid.to_id_string() == "1.3.6.1.4.1.311.20.2.2");
            usages.client_auth || usages.any || smart_card
        });
        let moment = |moment: ASN1Time| OffsetDateTime::from_unix_timestamp(moment.timestamp());
        let (validity, unread) = (parsed.validity(), "its validity cannot be read");
        let (not_before, expires_on) = self.validity;
        Ok(Certificate {
            version: self.version,
            pem: pem(der),
            thumbprint: hex(&sha1(der)),
            thumbprint_sha256: hex(digest(&SHA256, der).as_ref()),
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            serial_number: hex(parsed.raw_serial()),
            user_principal_names: user_principal_names(&parsed),
            not_before: not_before.or(moment(validity.not_before).ok()).ok_or(unread)?,
            expires_on: expires_on.or(moment(validity.not_after).ok()).ok_or(unread)?,
            enabled: self.enabled,
            created: self.created,
            content_type: self.content_type,
            exportable: self.exportable,
            extended_key_usages: usages.map(usage_ids).unwrap_or_default(),
            client_authentication,
        })
    }
}

fn sha1(der: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().to_vec()
}

/// RFC 7468: base64 in lines of 64 letters.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
    format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", lines.collect::<String>())
}

fn usage_ids(usages: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let named = [
        (usages.any, "2.5.29.37.0"),
        (usages.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usages.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usages.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usages.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usages.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usages.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let named = named.into_iter().filter(|(is, _)| *is).map(|(_, id)| id.to_owned());
    named.chain(usages.other.iter().map(|oid| oid.to_id_string())).collect()
}

/// The `otherName`s of the type *user principal name*, whose value is a UTF-8 string in an explicit tag.
pub(crate) fn user_principal_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    const UPN: &str = "1.3.6.1.4.1.311.20.2.3";
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let upn = |name: &GeneralName<'_>| match name {
        GeneralName::OtherName(oid, value) if oid.to_id_string() == UPN => utf8_inside(value),
        _ => None,
    };
    names.value.general_names.iter().filter_map(upn).collect()
}

/// The string inside explicit tags, of which parsers leave one or none in place.
fn utf8_inside(der: &[u8]) -> Option<String> {
    let (tag, rest) = der.split_first()?;
    let (length, content) = rest.split_first()?;
    let (length, content) = match length {
        0x81 => content.split_first().map(|(length, content)| (usize::from(*length), content))?,
        short if *short < 0x80 => (usize::from(*short), content),
        _ => return None,
    };
    let content = content.get(..length)?;
    match tag {
        0xa0 => utf8_inside(content),
        0x0c => String::from_utf8(content.to_vec()).ok(),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_known_again_by_its_thumbprint_and_by_when_it_was_made() {
        let text = include_str!("../../../tests/certificates/pkcs1.pem");
        let pem = text[text.find("-----BEGIN CERTIFICATE").expect("it holds one")..].to_owned();
        let moment = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
        let (_, der) = parse_x509_pem(pem.as_bytes()).expect("it is PEM");
        let exportable = Some(false);
        let kept = Kept { version: "v1".to_owned(), pem, content_type: None, exportable, created: moment(7) };
        let (not_before, expires_on) = (moment(1), moment(2));
        let thumbprint = sha1(&der.contents);
        let listed = Listed { thumbprint, enabled: false, not_before, expires_on, created: moment(7) };

        let told = kept.as_listed(&listed).expect("it is the one that is listed");
        assert_eq!((told.version.as_str(), told.exportable, told.enabled), ("v1", Some(false), false));
        assert_eq!((Some(told.not_before), Some(told.expires_on)), (moment(1), moment(2)));
        assert_eq!(kept.as_listed(&Listed { created: moment(8), ..listed.clone() }), None);
        assert!(kept.as_listed(&Listed { created: None, ..listed.clone() }).is_some(), "nothing is said of it");
        assert_eq!(kept.as_listed(&Listed { thumbprint: vec![1], ..listed }), None);
    }

    #[test]
    fn a_user_principal_name_is_inside_explicit_tags() {
        assert_eq!(utf8_inside(b"\xa0\x05\x0c\x03a@b").as_deref(), Some("a@b"));
        assert_eq!(utf8_inside(b"\x0c\x03a@b").as_deref(), Some("a@b"));
        assert_eq!(utf8_inside(b"\xa0\x05\x0c\x09a@b"), None);
    }
}
