//! Whether a certificate in a vault can sign a robot in.

use time::{Duration, OffsetDateTime};

use super::finding::{Finding, Outcome};
use crate::clients::key_vault::{Certificate, VaultId};

/// Microsoft's page about what the certificate must be.
const CREDENTIALS: &str = "https://learn.microsoft.com/power-automate/desktop-flows/create-AzureKeyVault-credential";
/// Microsoft's page about a certificate's policy and attributes.
const CERTIFICATES: &str = "https://learn.microsoft.com/azure/key-vault/certificates/about-certificates";
/// Microsoft's page about how a certificate names its user.
const USER_NAMES: &str = "https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids";

/// What a certificate must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirements {
    /// For how many days it must still be valid, lest it be looked after.
    pub(crate) min_days_remaining: i64,
    /// Whether its extended key usages must allow client authentication.
    pub(crate) client_authentication: bool,
    /// Whom it must name.
    pub(crate) user_principal_name: Option<String>,
}

impl Requirements {
    /// What is required where nothing else is said.
    pub(crate) const DEFAULT: Requirements =
        Requirements { min_days_remaining: 30, client_authentication: true, user_principal_name: None };
    /// Nothing is required.
    pub(crate) const NONE: Requirements =
        Requirements { min_days_remaining: 0, client_authentication: false, user_principal_name: None };
}

/// Judges a certificate at a moment: one finding for each check, whatever came of it.
pub(crate) fn judge(
    vault: &VaultId,
    name: &str,
    certificate: &Certificate,
    requirements: &Requirements,
    now: OffsetDateTime,
) -> Vec<Finding> {
    let subject = format!("The certificate {name} in the vault {}", vault.name());
    let finding = |check, page, found: Found| {
        let fine = (Outcome::Pass, "The certificate is as it must be", String::new(), "");
        let (outcome, title, what, remedy) = found.unwrap_or(fine);
        Finding { check, outcome, title, what: format!("{subject} {what}").trim_end().to_owned(), remedy, page }
    };
    let named = requirements.user_principal_name.as_deref().map(|user| names(name, certificate, user));
    let findings = [
        finding("format", CREDENTIALS, format(certificate)),
        finding("exportable", CREDENTIALS, exportable(certificate)),
        finding("enabled", CERTIFICATES, enabled(certificate)),
        finding("begun", CERTIFICATES, begun(certificate, now)),
        finding("expiry", CERTIFICATES, expiry(certificate, requirements, now)),
        finding("usage", CREDENTIALS, usage(certificate, requirements)),
    ];
    findings.into_iter().chain(named).collect()
}

/// What a check finds: the outcome, the headline, what is so, and what to do.
type Found = Option<(Outcome, &'static str, String, &'static str)>;

fn not_said(what: &str) -> Found {
    let remedy = "Look at the certificate's policy in the vault.";
    Some((Outcome::Unknown, "The vault does not say all of the certificate", format!("has no {what}."), remedy))
}

fn format(certificate: &Certificate) -> Found {
    let Some(content) = certificate.content_type.as_deref() else {
        return not_said("format");
    };
    (!content.eq_ignore_ascii_case("application/x-pkcs12")).then(|| {
        (
            Outcome::Fail,
            "The certificate is not in PKCS#12 format",
            format!("has the content type {content}, and Power Automate needs application/x-pkcs12 (PFX, not PEM)."),
            "Import it as a PFX file, or set its policy's content type to PKCS #12 and renew it.",
        )
    })
}

fn exportable(certificate: &Certificate) -> Found {
    let Some(exportable) = certificate.exportable else { return not_said("key policy") };
    (!exportable).then(|| {
        (
            Outcome::Fail,
            "The certificate's private key is not exportable",
            "keeps its private key inside the vault, so that no machine can sign in with it.".to_owned(),
            "Make a certificate whose policy says that the private key is exportable.",
        )
    })
}

fn enabled(certificate: &Certificate) -> Found {
    (!certificate.enabled).then(|| {
        let remedy = "Enable its current version in the vault.";
        (Outcome::Fail, "The certificate is disabled", "is disabled.".to_owned(), remedy)
    })
}

fn begun(certificate: &Certificate, now: OffsetDateTime) -> Found {
    (now < certificate.not_before).then(|| {
        (
            Outcome::Fail,
            "The certificate is not valid yet",
            format!("is valid from {} on.", day(certificate.not_before)),
            "Wait until then, or use another certificate.",
        )
    })
}

fn expiry(certificate: &Certificate, requirements: &Requirements, now: OffsetDateTime) -> Found {
    let (remaining, wanted) = (certificate.expires_on - now, requirements.min_days_remaining);
    let expiry = day(certificate.expires_on);
    if remaining <= Duration::ZERO {
        let what = format!("expired on {expiry}.");
        return Some((Outcome::Fail, "The certificate has expired", what, "Renew it in the vault."));
    }
    (remaining < Duration::days(wanted)).then(|| {
        let days = remaining.whole_days();
        (
            Outcome::Warn,
            "The certificate expires soon",
            format!("expires on {expiry}, in {days} days; at least {wanted} are wanted."),
            "Renew it in the vault, or lower requirements.min_days_remaining.",
        )
    })
}

fn usage(certificate: &Certificate, requirements: &Requirements) -> Found {
    (requirements.client_authentication && !certificate.client_authentication).then(|| {
        (
            Outcome::Fail,
            "The certificate is not made for client authentication",
            format!("has the extended key usages {} only.", certificate.extended_key_usages.join(", ")),
            "Issue it with the usage client authentication (1.3.6.1.5.5.7.3.2), or set \
             requirements.client_authentication = false if your tenant accepts it as it is.",
        )
    })
}

/// Whether the certificate names the user who is to sign in with it.
pub(crate) fn names(name: &str, certificate: &Certificate, username: &str) -> Finding {
    let names = &certificate.user_principal_names;
    let is_named = names.iter().any(|named| named.eq_ignore_ascii_case(username));
    let named = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Finding {
        check: "user_name",
        outcome: if is_named { Outcome::Pass } else { Outcome::Warn },
        title: if is_named { "The certificate names the user" } else { "The certificate does not name the user" },
        what: format!(
            "The user principal names in the certificate {name} are: {named}. The user name is {username:?}."
        ),
        remedy: "Use the certificate of that user, or make sure that the tenant maps the certificate to the user in another way \
                 (certificateUserIds).",
        page: USER_NAMES,
    }
}

fn day(moment: OffsetDateTime) -> String {
    let (year, month, day) = moment.to_calendar_date();
    format!("{year}-{:02}-{day:02}", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-06-15 12:00 UTC);

    fn good() -> Certificate {
        Certificate {
            version: "0123456789abcdef0123456789abcdef".to_owned(),
            pem: String::new(),
            thumbprint: "AB".to_owned(),
            thumbprint_sha256: "CD".to_owned(),
            subject: "CN=robot".to_owned(),
            issuer: "CN=authority".to_owned(),
            serial_number: "01".to_owned(),
            user_principal_names: vec!["robot@contoso.com".to_owned()],
            not_before: datetime!(2026-01-01 0:00 UTC),
            expires_on: datetime!(2027-01-01 0:00 UTC),
            enabled: true,
            created: None,
            content_type: Some("application/x-pkcs12".to_owned()),
            exportable: Some(true),
            extended_key_usages: vec!["1.3.6.1.5.5.7.3.2".to_owned()],
            client_authentication: true,
        }
    }

    /// What is not as it must be, a line each.
    fn judged(certificate: &Certificate, requirements: &Requirements) -> Vec<String> {
        let vault = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv";
        let vault = VaultId::parse(&format!("{vault}-robots")).unwrap();
        let findings = judge(&vault, "robot", certificate, requirements, NOW);
        let told = |finding: &Finding| {
            let what = finding.what.strip_prefix("The certificate robot in the vault kv-robots");
            format!("{:?} {}:{}", finding.outcome, finding.check, what.unwrap_or(&finding.what))
        };
        assert!(findings.iter().all(|finding| finding.page.starts_with("https://learn.microsoft.com/")));
        findings.iter().filter(|finding| finding.outcome != Outcome::Pass).map(told).collect()
    }

    #[test]
    fn each_check_finds_what_makes_a_certificate_unfit() {
        let usual = Requirements::DEFAULT;
        type Case = (&'static str, fn(&mut Certificate), &'static [&'static str]);
        let cases: [Case; 11] = [
            ("a good one", |_| {}, &[]),
            (
                "PEM",
                |one| one.content_type = Some("application/x-pem-file".to_owned()),
                &[
                    "Fail format: has the content type application/x-pem-file, and Power Automate needs application/x-pkcs12 (PFX, not PEM).",
                ],
            ),
            ("a format that is not said", |one| one.content_type = None, &["Unknown format: has no format."]),
            (
                "a key that stays",
                |one| one.exportable = Some(false),
                &["Fail exportable: keeps its private key inside the vault, so that no machine can sign in with it."],
            ),
            (
                "a key of which nothing is said",
                |one| one.exportable = None,
                &["Unknown exportable: has no key policy."],
            ),
            ("disabled", |one| one.enabled = false, &["Fail enabled: is disabled."]),
            (
                "not valid yet",
                |one| one.not_before = datetime!(2026-06-16 0:00 UTC),
                &["Fail begun: is valid from 2026-06-16 on."],
            ),
            ("expired", |one| one.expires_on = NOW, &["Fail expiry: expired on 2026-06-15."]),
            (
                "about to expire",
                |one| one.expires_on = datetime!(2026-07-15 11:59 UTC),
                &["Warn expiry: expires on 2026-07-15, in 29 days; at least 30 are wanted."],
            ),
            ("just long enough", |one| one.expires_on = datetime!(2026-07-15 12:00 UTC), &[]),
            (
                "for servers",
                |one| {
                    one.client_authentication = false;
                    one.extended_key_usages = vec!["1.3.6.1.5.5.7.3.1".to_owned()];
                },
                &["Fail usage: has the extended key usages 1.3.6.1.5.5.7.3.1 only."],
            ),
        ];
        for (case, change, expected) in cases {
            let mut certificate = good();
            change(&mut certificate);
            assert_eq!(judged(&certificate, &usual), expected, "{case}");
        }
    }

    #[test]
    fn requirements_can_be_lowered() {
        let mut certificate = good();
        certificate.client_authentication = false;
        certificate.expires_on = datetime!(2026-06-20 0:00 UTC);
        assert_eq!(judged(&certificate, &Requirements::NONE), [""; 0]);
    }

    #[test]
    fn a_user_may_be_required() {
        let required =
            |user: &str| Requirements { user_principal_name: Some(user.to_owned()), ..Requirements::DEFAULT };
        assert_eq!(judged(&good(), &required("Robot@Contoso.com")), [""; 0]);
        let expected = "Warn user_name:The user principal names in the certificate robot are: robot@contoso.com. The user name is \
                        \"else@contoso.com\".";
        assert_eq!(judged(&good(), &required("else@contoso.com")), [expected]);
    }

    #[test]
    fn a_certificate_names_its_user_in_any_case() {
        assert_eq!(names("robot", &good(), "ROBOT@contoso.com").outcome, Outcome::Pass);
        let other = names("robot", &good(), "else@contoso.com");
        assert_eq!(other.outcome, Outcome::Warn);
        assert!(other.what.contains("robot@contoso.com") && other.what.contains("else@contoso.com"), "{}", other.what);
        let nameless = Certificate { user_principal_names: Vec::new(), ..good() };
        assert!(names("robot", &nameless, "x").what.contains("are: none."));
    }
}
