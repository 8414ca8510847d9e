//! Whether a certificate in a vault can sign a robot in.
//!
//! What the same apply may still mend (a missing certificate, a role that is on its way) is a warning while Terraform plans and an
//! error when it applies. What is there but cannot be used is an error for a new reference, and a warning for one that stays:
//! an expired certificate never blocks the rest of a workspace.

use serde::{Deserialize, Serialize};
use tfplugin::diagnostic::Diagnostic;
use time::{Duration, OffsetDateTime};

use crate::clients::Error;
use crate::clients::key_vault::{Certificate, VaultId};
use crate::resources::failure::failed;

/// The block `requirements`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Requirements {
    pub(crate) min_days_remaining: Option<i64>,
    pub(crate) client_authentication: Option<bool>,
    pub(crate) on_unreadable: Option<String>,
}

impl Requirements {
    /// Whether a certificate that cannot be read only warns.
    pub(crate) fn tolerates_unreadable(&self) -> bool {
        self.on_unreadable.as_deref() == Some("warn")
    }
}

/// What a certificate lacks: errors for what makes it unusable, warnings for the rest.
pub(crate) fn judge(
    vault: &VaultId,
    name: &str,
    certificate: &Certificate,
    requirements: &Requirements,
    now: OffsetDateTime,
) -> Vec<Diagnostic> {
    let subject = format!("The certificate {name} in the vault {}", vault.name());
    let target = "If this same apply imports a better one, apply that first with -target.";
    let unusable = |summary: &str, detail: String, hint: &str| {
        Diagnostic::error(summary, format!("{subject} {detail}"))
            .on("certificate_name")
            .hint(format!("{hint} {target}"))
    };
    let mut found = Vec::new();
    if certificate.content_type.as_deref().is_some_and(|content| !content.eq_ignore_ascii_case("application/x-pkcs12"))
    {
        let content = certificate.content_type.as_deref().unwrap_or_default();
        found.push(unusable(
            "The certificate is not in PKCS#12 format",
            format!("has the content type {content}, and Power Automate needs application/x-pkcs12 (PFX, not PEM)."),
            "Import it as a PFX file, or set its policy's content type to PKCS #12 and renew it.",
        ));
    }
    if certificate.exportable == Some(false) {
        found.push(unusable(
            "The certificate's private key is not exportable",
            "keeps its private key inside the vault, so that no machine can sign in with it.".to_owned(),
            "Make a certificate whose policy says that the private key is exportable.",
        ));
    }
    if !certificate.enabled {
        found.push(unusable(
            "The certificate is disabled",
            "is disabled.".to_owned(),
            "Enable its current version in the vault.",
        ));
    }
    if now < certificate.not_before {
        found.push(unusable(
            "The certificate is not valid yet",
            format!("is valid from {} on.", day(certificate.not_before)),
            "Wait until then, or use another certificate.",
        ));
    }
    let remaining = certificate.expires_on - now;
    let wanted = requirements.min_days_remaining.unwrap_or(30);
    if remaining <= Duration::ZERO {
        found.push(unusable(
            "The certificate has expired",
            format!("expired on {}.", day(certificate.expires_on)),
            "Renew it in the vault.",
        ));
    } else if remaining < Duration::days(wanted) {
        let days = remaining.whole_days();
        let detail = format!(
            "{subject} expires on {}, in {days} days; at least {wanted} are wanted.",
            day(certificate.expires_on)
        );
        found.push(
            Diagnostic::warning("The certificate expires soon", detail)
                .on("certificate_name")
                .hint("Renew it in the vault, or lower requirements.min_days_remaining."),
        );
    }
    if requirements.client_authentication.unwrap_or(true) && !certificate.client_authentication {
        found.push(unusable(
            "The certificate is not made for client authentication",
            format!("has the extended key usages {} only.", certificate.extended_key_usages.join(", ")),
            "Issue it with the usage client authentication (1.3.6.1.5.5.7.3.2), or set \
             requirements.client_authentication = false if your tenant accepts it as it is.",
        ));
    }
    found
}

/// Why a certificate could not be read, as an error on the attribute at fault.
pub(crate) fn unreadable(vault: &VaultId, name: &str, error: &Error, caller: &str) -> Diagnostic {
    let vault_name = vault.name();
    if error.is_wrong_tenant() {
        return failed(&format!("The vault {vault_name} belongs to another tenant"), error)
            .on("key_vault_id")
            .hint("Power Automate reads only vaults of its own tenant: use a vault of the tenant that the provider signs in to.");
    }
    if error.is_vault_missing() {
        return failed(&format!("The vault {vault_name} cannot be reached"), error)
            .on("key_vault_id")
            .hint("Check the vault's name in key_vault_id, its firewall, and whether this machine's DNS resolves it.");
    }
    if error.is_not_found() {
        return failed(&format!("There is no certificate {name} in the vault {vault_name}"), error)
            .on("certificate_name")
            .hint("Check the name, import the certificate, or recover it if it was deleted.");
    }
    if error.is_forbidden() {
        return failed(&format!("The vault {vault_name} does not let the certificate {name} be read"), error)
            .on("key_vault_id")
            .hint(format!(
                "Give {caller} the role \"Key Vault Reader\" or \"Key Vault Certificate User\" on {vault} (in a vault with access \
                 policies: the certificate permission get). Roles take some minutes to arrive. To go on without reading it, set \
                 requirements {{ on_unreadable = \"warn\" }}."
            ));
    }
    failed(&format!("The certificate {name} in the vault {vault_name} cannot be read"), error).on("key_vault_id")
}

/// Whether the same apply may still mend what kept a certificate from being read.
pub(crate) fn may_be_mended(error: &Error) -> bool {
    !error.is_wrong_tenant() && !error.is_trust() && !error.is_unauthorized()
}

fn day(moment: OffsetDateTime) -> String {
    let (year, month, day) = moment.to_calendar_date();
    format!("{year}-{:02}-{day:02}", u8::from(month))
}
