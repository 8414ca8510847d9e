//! A service's error as a diagnostic: what failed, why in the service's words, and what to do.
//!
//! What concerns everything has a headline of its own, whatever failed by it, and is told in full once.

use std::error::Error as _;

use tfplugin::diagnostic::Diagnostic;

use crate::clients::connectivity;
use crate::clients::error::Error;

/// The diagnostic of an error; `summary` says what failed.
pub(crate) fn failed(summary: &str, error: &Error) -> Diagnostic {
    let mut detail = sentence(&error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        detail = format!("{detail} {}", sentence(&cause.to_string()));
        source = cause.source();
    }
    if let Some(ids) = error.found_by() {
        detail = format!("{detail} ({ids})");
    }
    let diagnostic = match own(error) {
        Some(headline) => Diagnostic::error(headline, detail).of_everything(),
        None => Diagnostic::error(summary, detail),
    };
    match error.remedy().or_else(|| hint(error)) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// The headline of what concerns everything.
fn own(error: &Error) -> Option<&'static str> {
    if !error.is_own() {
        None
    } else if error.is_proxy() || error.is_proxy_login() {
        Some("The proxy cannot be used")
    } else if error.is_trust() {
        Some("The connection is not secure")
    } else if error.is_sign_in() {
        Some("Cannot sign in")
    } else {
        Some("The provider can reach nothing")
    }
}

/// A cause as a sentence of its own.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

fn hint(error: &Error) -> Option<&'static str> {
    if let Some(remedy) = connectivity::remedy(error) {
        Some(remedy)
    } else if error.is_setup() {
        Some(
            "Correct what is named there. The network is named by the variables HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE, and by the provider's \
             ca_certificate_path.",
        )
    } else if error.is_trust() {
        Some(
            "If a proxy inspects TLS here, name a PEM file with its certificate authority in ca_certificate_path, or in SSL_CERT_FILE, whose \
             authorities alone are trusted then; else check the clock and HTTPS_PROXY.",
        )
    } else if error.is_proxy() {
        Some(
            "Check the address in that variable, and whether the proxy is there; NO_PROXY names the hosts that need none.",
        )
    } else if error.is_proxy_login() {
        Some(
            "Write the user name and the password into that variable: http://user:password@proxy.example.com:8080. A proxy that offers no Basic \
             login, and only Negotiate or NTLM, needs a local one in between that logs in.",
        )
    } else if error.is_not_the_service() {
        Some(
            "Where a network wants people to sign in, do so in a browser. Else ask whoever runs the proxy or the firewall to let this machine \
             reach the service's host, or name another way in HTTPS_PROXY and NO_PROXY.",
        )
    } else if error.is_unreachable() && !error.outcome_unknown() {
        Some("Check the name, this machine's DNS and firewall, and HTTPS_PROXY and NO_PROXY.")
    } else if error.is_throttled() {
        Some("Wait some minutes, or let Terraform ask for less at once with -parallelism=5.")
    } else if error.is_fault_of_theirs() && !error.outcome_unknown() {
        Some("Try it again later: the service has a fault of its own, and its support finds the request by its ids.")
    } else if error.is_no_machine() {
        Some(
            "There a machine of Azure is asked for its managed identity, past every proxy, as use_msi or ARM_USE_MSI wants it: if this is no \
             such machine, choose another way to sign in. msi_endpoint or ARM_MSI_ENDPOINT name another address.",
        )
    } else if error.is_sign_in() && !error.is_unauthorized() {
        Some("Check whether this machine may reach the host that signs in, and HTTPS_PROXY and NO_PROXY.")
    } else if error.is_sign_in() {
        // What to do stands in the message.
        None
    } else if error.is_unauthorized() {
        Some("Check who signs in: the provider block, the ARM_* variables, or az login.")
    } else if error.outcome_unknown() {
        Some("Run terraform apply again: the next refresh finds out what became of it.")
    } else if error.is_forbidden() {
        Some("Give the signed-in principal the right that the message names, or sign in as another one.")
    } else {
        None
    }
}
