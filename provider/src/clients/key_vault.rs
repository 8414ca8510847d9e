//! Key Vault's certificates: the public certificate and its policy, never the secret that holds the private key.
//!
//! Over Microsoft's SDK, which finds the token's scope from the vault's own challenge.
//! Source: <https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate>

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use azure_core::http::headers::HeaderName;
use azure_security_keyvault_certificates::{CertificateClient, CertificateClientOptions, models};
use serde_json::Value as Json;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName};
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use super::Error;
use super::cloud::Cloud;
use super::entra::Borrowed;
use super::error::{Refusal, SIGNING_IN};
use super::http::{Http, refusal, sdk_retry};

/// The Azure resource id of a vault. Two that differ in case alone are the same.
#[derive(Debug, Clone)]
pub struct VaultId {
    text: String,
    name: String,
}

impl VaultId {
    /// Reads a resource id.
    ///
    /// # Errors
    /// What is wrong, as a predicate: `must be …`.
    pub fn parse(text: &str) -> Result<VaultId, String> {
        const SHAPE: &str = "/subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.KeyVault/vaults/<name>";
        let wrong = |what: &str| Err(format!("must be the Azure resource id of a key vault, {SHAPE}; {what}"));
        if text.starts_with("https://") {
            return wrong("this is an address");
        }
        let parts: Vec<&str> = text.trim_end_matches('/').split('/').collect();
        let is = |place: usize, word: &str| parts.get(place).is_some_and(|part| part.eq_ignore_ascii_case(word));
        if parts.first() != Some(&"") || !is(1, "subscriptions") {
            return wrong("this is no Azure resource id");
        }
        if parts.get(2).is_none_or(|id| uuid::Uuid::try_parse(id).is_err()) {
            return wrong("its subscription id is no GUID");
        }
        if !is(3, "resourceGroups") || parts.get(4).is_none_or(|group| group.is_empty()) || !is(5, "providers") {
            return wrong("it names no resource group or no provider");
        }
        if !is(6, "Microsoft.KeyVault") || !is(7, "vaults") {
            let kind = parts.get(6..8).map(|kind| kind.join("/")).unwrap_or_default();
            return wrong(&format!("this is of another kind: {kind:?}"));
        }
        if parts.len() > 9 {
            return wrong(&format!("this is something in a vault: {:?}", parts[9..].join("/")));
        }
        let name = parts.get(8).copied().unwrap_or_default();
        let is_name = (3..=24).contains(&name.len())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            && !name.contains("--");
        if !is_name {
            return wrong("a vault's name has 3 to 24 letters, digits and single hyphens");
        }
        Ok(VaultId { text: text.to_owned(), name: name.to_owned() })
    }

    /// The vault's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for VaultId {
    fn eq(&self, other: &VaultId) -> bool {
        self.text.trim_end_matches('/').eq_ignore_ascii_case(other.text.trim_end_matches('/'))
    }
}
impl Eq for VaultId {}
impl Hash for VaultId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.trim_end_matches('/').to_ascii_lowercase().hash(state);
    }
}

/// The public side of a certificate in a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The version, 32 letters and digits.
    pub version: String,
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
    /// In what format the vault keeps it: `application/x-pkcs12` or `application/x-pem-file`.
    pub content_type: Option<String>,
    /// Whether the private key is part of the secret.
    pub exportable: Option<bool>,
    /// The object ids of its extended key usages.
    pub extended_key_usages: Vec<String>,
    /// Whether those usages let a client authenticate: by name, as a smart card, by any usage, or because there is no restriction.
    pub client_authentication: bool,
}

/// Key Vault's data plane.
#[derive(Debug)]
pub struct KeyVault {
    http: Arc<Http>,
    cloud: Cloud,
}

impl KeyVault {
    pub(super) fn new(http: Arc<Http>, cloud: Cloud) -> KeyVault {
        KeyVault { http, cloud }
    }

    pub(super) fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// The current version of a certificate. Needs the right `certificates/get`, and asks for nothing else.
    ///
    /// # Errors
    /// A vault or a certificate that is not there or may not be read, and a vault of another tenant.
    pub async fn certificate(&self, vault: &VaultId, name: &str) -> Result<Certificate, Error> {
        let operation = format!("reading the certificate {name} of the vault {}", vault.name());
        let options = CertificateClientOptions {
            client_options: ClientOptions {
                transport: Some(self.http.transport()?),
                retry: sdk_retry(),
                ..ClientOptions::default()
            },
            ..CertificateClientOptions::default()
        };
        let address = format!("https://{}.{}", vault.name().to_ascii_lowercase(), self.cloud.vault_suffix());
        let credential = Arc::new(Borrowed { http: Arc::clone(&self.http) });
        let client = CertificateClient::new(&address, credential, Some(options))
            .map_err(|error| Error::unexpected(&operation, error.to_string()))?;
        tracing::debug!(vault = vault.name(), certificate = name, "Asking Key Vault");
        let asked = async { client.get_certificate(name, None).await?.into_model() };
        match asked.await {
            Ok(bundle) => certificate(bundle).map_err(|what| Error::unexpected(&operation, what)),
            Err(error) => Err(self.explained(&operation, error).await),
        }
    }

    async fn explained(&self, operation: &str, error: azure_core::Error) -> Error {
        if let Some(inner) = own(&error) {
            return inner;
        }
        let raw = match error.kind() {
            ErrorKind::HttpResponse { raw_response: Some(raw), .. } => raw,
            ErrorKind::Connection => return Error::connection(operation, false, innermost(&error)),
            ErrorKind::Io => return Error::connection(operation, true, innermost(&error)),
            _ => return Error::unexpected(operation, innermost(&error)),
        };
        let status = u16::from(raw.status());
        let header = |name: &'static str| raw.headers().get_optional_string(&HeaderName::from_static(name));
        if status == 401
            && let Some(theirs) = header("www-authenticate").as_deref().and_then(challenged_tenant)
            && let Some(ours) = self.http.caller().await.and_then(|caller| caller.tenant_id)
            && !theirs.eq_ignore_ascii_case(&ours)
        {
            return Error::wrong_tenant(operation, theirs, ours);
        }
        let body = String::from_utf8_lossy(raw.body().as_ref()).into_owned();
        let json: Option<Json> = serde_json::from_str(&body).ok();
        let refused = json.and_then(|json| refusal(&json, status, header("x-ms-request-id")));
        match refused {
            Some(refusal) => Error::refused(operation, refusal),
            None if body.is_empty() => {
                Error::refused(operation, Refusal { status, message: error.to_string(), ..Refusal::default() })
            }
            None => Error::not_the_service(operation, status, &body),
        }
    }
}

/// An error of ours that travelled through the SDK, such as a failed sign-in.
fn own(error: &azure_core::Error) -> Option<Error> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(ours) = inner.downcast_ref::<Error>() {
            let said = ours.to_string();
            let said = said.strip_prefix("signing in: ").unwrap_or(&said).to_owned();
            return Some(if ours.is_unauthorized() {
                Error::sign_in(said)
            } else {
                Error::connection(SIGNING_IN, false, said)
            });
        }
        source = inner.source();
    }
    None
}

fn innermost(error: &azure_core::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}

/// The tenant in a challenge: `Bearer authorization="https://login.microsoftonline.com/<tenant>", …`.
fn challenged_tenant(challenge: &str) -> Option<String> {
    let address = challenge.split("authorization=\"").nth(1)?.split('"').next()?;
    let tenant = address.trim_end_matches('/').rsplit('/').next()?;
    Some(tenant.to_owned())
}

fn certificate(bundle: models::Certificate) -> Result<Certificate, String> {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
    let der = bundle.cer.ok_or("it holds no certificate")?;
    let (_, parsed) =
        X509Certificate::from_der(&der).map_err(|error| format!("its certificate cannot be read: {error}"))?;
    let attributes = bundle.attributes.unwrap_or_default();
    let policy = bundle.policy.unwrap_or_default();
    let usages = parsed.extended_key_usage().ok().flatten().map(|extension| extension.value);
    let client_authentication = usages.is_none_or(|usages| {
        let smart_card = usages.other.iter().any(|oid| oid.to_id_string() == "1.3.6.1.4.1.311.20.2.2");
        usages.client_auth || usages.any || smart_card
    });
    let moment = |moment: ASN1Time| OffsetDateTime::from_unix_timestamp(moment.timestamp());
    let validity = parsed.validity();
    Ok(Certificate {
        version: bundle.id.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned(),
        thumbprint: hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref()),
        thumbprint_sha256: hex(digest(&SHA256, &der).as_ref()),
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        serial_number: hex(parsed.raw_serial()),
        user_principal_names: user_principal_names(&parsed),
        not_before: attributes.not_before.or(moment(validity.not_before).ok()).ok_or("its validity cannot be read")?,
        expires_on: attributes.expires.or(moment(validity.not_after).ok()).ok_or("its validity cannot be read")?,
        enabled: attributes.enabled.unwrap_or(true),
        content_type: policy.secret_properties.and_then(|secret| secret.content_type).or(bundle.content_type),
        exportable: policy.key_properties.and_then(|key| key.exportable),
        extended_key_usages: usages.map(usage_ids).unwrap_or_default(),
        client_authentication,
    })
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

    const GOOD: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-robots";

    #[test]
    fn a_vault_id_is_read_in_any_case() {
        let vault = VaultId::parse(&GOOD.to_uppercase()).unwrap();
        assert_eq!(vault, VaultId::parse(GOOD).unwrap());
        assert_eq!(vault.name(), "KV-ROBOTS");
    }

    #[test]
    fn what_is_no_vault_id_is_explained() {
        let storage = GOOD.replace("KeyVault/vaults", "Storage/storageAccounts");
        let secret = format!("{GOOD}/secrets/robot");
        for (text, what) in [
            ("kv-robots", "no Azure resource id"),
            ("https://kv-robots.vault.azure.net", "an address"),
            ("/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", "no GUID"),
            (storage.as_str(), "Microsoft.Storage/storageAccounts"),
            (secret.as_str(), "something in a vault"),
            (GOOD.strip_suffix("-robots").unwrap(), "3 to 24"),
        ] {
            let error = VaultId::parse(text).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn a_challenge_names_the_tenant() {
        let challenge =
            r#"Bearer authorization="https://login.microsoftonline.com/abc", resource="https://vault.azure.net""#;
        assert_eq!(challenged_tenant(challenge).as_deref(), Some("abc"));
        assert_eq!(challenged_tenant("Basic"), None);
    }

    #[test]
    fn a_user_principal_name_is_inside_explicit_tags() {
        assert_eq!(utf8_inside(b"\xa0\x05\x0c\x03a@b").as_deref(), Some("a@b"));
        assert_eq!(utf8_inside(b"\x0c\x03a@b").as_deref(), Some("a@b"));
        assert_eq!(utf8_inside(b"\xa0\x05\x0c\x09a@b"), None);
    }
}
