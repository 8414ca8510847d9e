//! `certificate_user_id`: what has to stand in a user's `certificateUserIds` for a certificate to sign that user in.
//!
//! Microsoft's page says by example alone how names, serial numbers and hashes are written; what is chosen here stands in the
//! function's description.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tfplugin::cty::Type;
use tfplugin::function::{Fault, Function, Parameter};
use tfplugin::value::Value;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::Pem;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::clients::key_vault::certificate::user_principal_names;

const BINDINGS: [&str; 7] =
    ["PrincipalName", "RFC822Name", "IssuerAndSubject", "Subject", "SKI", "SHA1PublicKey", "IssuerAndSerialNumber"];

/// The function `certificate_user_id`.
pub(super) const FUNCTION: Function = Function::new(
    "certificate_user_id",
    "Says what to put in a user's certificateUserIds for a certificate",
    "Makes the value that a Microsoft Entra user needs in `certificateUserIds` so that the certificate signs that user in. \
        Which of the bindings a tenant accepts is set in its policy of certificate-based authentication.\n\n\
        | binding | value |\n| --- | --- |\n\
        | `PrincipalName` | `X509:<PN>` and the first user principal name among the subject alternative names |\n\
        | `RFC822Name` | `X509:<RFC822>` and the first mail address among the subject alternative names |\n\
        | `IssuerAndSubject` | `X509:<I>` issuer `<S>` subject |\n\
        | `Subject` | `X509:<S>` and the subject |\n\
        | `SKI` | `X509:<SKI>` and the subject key identifier; a certificate without one is an error |\n\
        | `SHA1PublicKey` | `X509:<SHA1-PUKEY>` and the SHA-1 of the public key |\n\
        | `IssuerAndSerialNumber` | `X509:<I>` issuer `<SR>` serial number |\n\n\
        Microsoft gives examples and no rules for the details. What is chosen here, and was not verified against a tenant: names are \
        written in the order in which the certificate holds them (`DC=com,DC=contoso,CN=robot`), with Windows' short names of the \
        attributes and its quotes around special characters; key identifier, hash and serial number are lower-case hexadecimal digits; \
        the serial number is in the certificate's own order of bytes, as `certutil -dump` shows it, not reversed; the hash is taken of the \
        bits of the public key alone. A value has at most 1,024 characters.\n\n\
        Source: [Map to the certificateUserIds attribute](https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids).",
    &Type::String,
    call,
)
.parameters(&[
        Parameter::new(
            "certificate_pem",
            &Type::String,
            "The certificate in PEM. Of several the first is taken. A private key is not needed, and not wanted. Null, as of a certificate \
             that could not be read, gives null.",
        )
        .null(),
        Parameter::new("binding", &Type::String, "The binding, spelled as in the table above."),
    ]);

fn call(arguments: &[Value]) -> Result<Value, Fault> {
    let [pem, binding] = arguments else { unreachable!("the server counts the arguments") };
    if pem.is_null() {
        return Ok(Value::Null);
    }
    let (pem, binding) = (pem.as_str().unwrap_or_default(), binding.as_str().unwrap_or_default());
    let wrong = |text: String| Fault::argument(0, text);
    let pem = certificate_block(pem).map_err(wrong)?;
    let certificate =
        pem.parse_x509().map_err(|error| wrong(format!("The PEM block holds no X.509 certificate: {error}.")))?;
    let value = match binding {
        "PrincipalName" => format!("X509:<PN>{}", principal_name(&certificate).map_err(wrong)?),
        "RFC822Name" => format!("X509:<RFC822>{}", mail(&certificate).map_err(wrong)?),
        "IssuerAndSubject" => format!(
            "X509:<I>{}<S>{}",
            name(certificate.issuer(), "issuer").map_err(wrong)?,
            name(certificate.subject(), "subject").map_err(wrong)?
        ),
        "Subject" => format!("X509:<S>{}", name(certificate.subject(), "subject").map_err(wrong)?),
        "SKI" => format!("X509:<SKI>{}", key_identifier(&certificate).map_err(wrong)?),
        "SHA1PublicKey" => {
            let key = &certificate.public_key().subject_public_key.data;
            format!("X509:<SHA1-PUKEY>{}", hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, key).as_ref()))
        }
        "IssuerAndSerialNumber" => {
            let issuer = name(certificate.issuer(), "issuer").map_err(wrong)?;
            format!("X509:<I>{issuer}<SR>{}", hex(certificate.raw_serial()))
        }
        other => {
            let text = format!("There is no binding {other:?}. The bindings are {}.", BINDINGS.join(", "));
            return Err(Fault::argument(1, text));
        }
    };
    if value.chars().count() > 1024 {
        let text = format!("The value would have {} characters, and at most 1,024 are allowed.", value.chars().count());
        return Err(wrong(text));
    }
    Ok(value.into())
}

/// The first certificate among the PEM blocks.
fn certificate_block(text: &str) -> Result<Pem, String> {
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(text.as_bytes()) {
        let block = block.map_err(|error| format!("It is no PEM: {error}."))?;
        if block.label == "CERTIFICATE" {
            return Ok(block);
        }
        found.push(block.label);
    }
    if found.is_empty() {
        return Err(
            "It is no PEM: there is no line -----BEGIN CERTIFICATE-----. DER and PFX must be converted.".to_owned()
        );
    }
    Err(format!("It holds no certificate, but: {}.", found.join(", ")))
}

fn principal_name(certificate: &X509Certificate<'_>) -> Result<String, String> {
    let mut names = user_principal_names(certificate).into_iter();
    names
        .next()
        .ok_or_else(|| "The certificate has no user principal name among its subject alternative names.".to_owned())
}

fn mail(certificate: &X509Certificate<'_>) -> Result<String, String> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let mails = names.iter().flat_map(|names| &names.value.general_names);
    let mut mails = mails.filter_map(|name| match name {
        GeneralName::RFC822Name(mail) => Some((*mail).to_owned()),
        _ => None,
    });
    mails.next().ok_or_else(|| "The certificate has no mail address among its subject alternative names.".to_owned())
}

fn key_identifier(certificate: &X509Certificate<'_>) -> Result<String, String> {
    let mut identifiers = certificate.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(hex(identifier.0)),
        _ => None,
    });
    identifiers.next().ok_or_else(|| "The certificate has no subject key identifier.".to_owned())
}

/// A name in the certificate's own order.
fn name(name: &X509Name<'_>, whose: &str) -> Result<String, String> {
    let mut parts = Vec::new();
    for attributes in name.iter_rdn() {
        let one = attributes.iter().map(attribute).collect::<Result<Vec<_>, _>>()?;
        parts.push(one.join(" + "));
    }
    if parts.is_empty() { Err(format!("The certificate's {whose} is empty.")) } else { Ok(parts.join(",")) }
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Result<String, String> {
    let oid = attribute.attr_type().to_id_string();
    let key = match oid.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "1.2.840.113549.1.9.1" => "E",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => &format!("OID.{oid}"),
    };
    let value =
        attribute.as_str().map_err(|error| format!("The attribute {key} of a name cannot be read: {error}."))?;
    let is_special = |letter: char| ",+=\"\n\r<>#;".contains(letter);
    let quoted = value.is_empty() || value.contains(is_special) || value.trim() != value;
    Ok(if quoted { format!("{key}=\"{}\"", value.replace('"', "\"\"")) } else { format!("{key}={value}") })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        CertificateParams, DistinguishedName, DnType, KeyIdMethod, KeyPair, OtherNameValue, SanType, SerialNumber,
    };

    fn certificate() -> (String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let dc = DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 25]);
        params.distinguished_name.push(dc, "contoso");
        params.distinguished_name.push(DnType::OrganizationName, "Contoso, Ltd.");
        params.distinguished_name.push(DnType::CommonName, "robot");
        params.subject_alt_names = vec![SanType::Rfc822Name("robot@contoso.com".try_into().unwrap())];
        params.serial_number = Some(SerialNumber::from_slice(&[0x12, 0x00, 0xab]));
        (params.self_signed(&key).unwrap().pem(), key)
    }

    #[track_caller]
    fn check(pem: &str, binding: &str, expected: Result<&str, (usize, &str)>) {
        match (call(&[pem.into(), binding.into()]), expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value.as_str(), Some(expected)),
            (Err(fault), Err((place, words))) => {
                assert_eq!(fault.argument, Some(place));
                assert!(fault.text.contains(words), "{}", fault.text);
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_binding_has_its_value() {
        let (pem, key) = certificate();
        const NAME: &str = "DC=contoso,O=\"Contoso, Ltd.\",CN=robot";
        check(&pem, "RFC822Name", Ok("X509:<RFC822>robot@contoso.com"));
        check(&pem, "Subject", Ok(&format!("X509:<S>{NAME}")));
        check(&pem, "IssuerAndSubject", Ok(&format!("X509:<I>{NAME}<S>{NAME}")));
        check(&pem, "IssuerAndSerialNumber", Ok(&format!("X509:<I>{NAME}<SR>1200ab")));
        let hash = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, rcgen::PublicKeyData::der_bytes(&key)).as_ref());
        check(&pem, "SHA1PublicKey", Ok(&format!("X509:<SHA1-PUKEY>{hash}")));
        check(&pem, "PrincipalName", Err((0, "no user principal name")));
        check(&pem, "SKI", Err((0, "no subject key identifier")));
    }

    #[test]
    fn a_smart_card_s_names_and_key_are_read_from_its_extensions() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        let upn = OtherNameValue::Utf8String("robot@contoso.com".to_owned());
        params.subject_alt_names = vec![SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3], upn))];
        // This library gives key identifiers to authorities alone.
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_identifier_method = KeyIdMethod::PreSpecified(vec![0xab, 0x01, 0xff]);
        let pem = params.self_signed(&key).unwrap().pem();
        check(&pem, "PrincipalName", Ok("X509:<PN>robot@contoso.com"));
        check(&pem, "SKI", Ok("X509:<SKI>ab01ff"));
        // A chain's first certificate counts, whatever stands before and after it.
        let (other, other_key) = certificate();
        check(&format!("{}{pem}{other}", other_key.serialize_pem()), "SKI", Ok("X509:<SKI>ab01ff"));
    }

    #[test]
    fn no_certificate_has_no_user() {
        assert!(call(&[Value::Null, "Subject".into()]).is_ok_and(|value| value.is_null()));
        assert!(FUNCTION.parameters[0].null, "Terraform refuses null for the others");
    }

    #[test]
    fn what_is_wrong_is_said_of_the_argument() {
        let (pem, key) = certificate();
        check(&pem, "principalname", Err((1, "There is no binding \"principalname\"")));
        check("", "Subject", Err((0, "It is no PEM")));
        check("MIIB", "Subject", Err((0, "It is no PEM")));
        check(&key.serialize_pem(), "Subject", Err((0, "no certificate, but: PRIVATE KEY")));
        check(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "SKI",
            Err((0, "no X.509 certificate")),
        );
    }
}
