//! A service's error as a diagnostic: what failed, why in the service's words, and what to do.

use std::error::Error as _;

use tfplugin::diagnostic::Diagnostic;

use crate::clients::error::Error;

/// The diagnostic of an error; `summary` says what failed.
pub(crate) fn failed(summary: &str, error: &Error) -> Diagnostic {
    let mut detail = sentence(&error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        detail = format!("{detail} {}", sentence(&cause.to_string()));
        source = cause.source();
    }
    if let Some(request_id) = error.request_id().filter(|id| !detail.contains(*id)) {
        detail = format!("{detail} (request id {request_id})");
    }
    let diagnostic = Diagnostic::error(summary, detail);
    match hint(error) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
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
    if error.is_trust() {
        Some(
            "If a proxy inspects TLS here, set SSL_CERT_FILE to a PEM file with its certificate authority; \
             else check the clock and HTTPS_PROXY.",
        )
    } else if error.is_unauthorized() {
        Some(
            "Check who signs in: tenant_id, client_id and client_secret of the provider block, the ARM_* variables, or az login.",
        )
    } else if error.is_throttled() {
        Some("Wait some minutes, or let Terraform ask for less at once with -parallelism=5.")
    } else if error.outcome_unknown() {
        Some("Run terraform apply again: the next refresh finds out what became of it.")
    } else if error.is_forbidden() {
        Some("Give the signed-in principal the right that the message names, or sign in as another one.")
    } else {
        None
    }
}
