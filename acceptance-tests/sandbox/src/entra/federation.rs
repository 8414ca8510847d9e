//! An application proves itself by the identity token of a workload that it trusts: by issuer, subject and audience.
//!
//! Source: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>; the codes and texts from public issues
//! (Azure/login 482 and 517, Azure/azure-workload-identity 642 and 1200,
//! external-secrets/external-secrets 2783). Everything is compared with regard to case:
//! <https://learn.microsoft.com/entra/identity-platform/reference-breaking-changes>.

use super::assertion::{Assertion, Claims};
use super::refusal::Refusal;
use crate::application::{Application, FederatedCredential};
use crate::issuer;
use crate::world::{Caller, World};

/// Believes an identity token of whom the application trusts, or says why not.
pub(super) fn prove(world: &World, application: &Application, assertion: &Assertion) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    if application.federated_credentials.is_empty() {
        let Caller { app_id, name, .. } = &application.caller;
        let words = format!("The client '{app_id}'({name}) has no configured federated identity credentials.");
        return Err(Refusal::client(70_025, words));
    }
    if let Some((code, what)) = mismatch(&application.federated_credentials, claims) {
        return Err(if world.switches().entra.names_federated_claim {
            no_match(code, &format!(" {what}"))
        } else {
            no_match_at_all(&claims.iss, &claims.sub, &claims.aud)
        });
    }
    if !world.issuers.contains(&claims.iss) {
        return Err(Refusal::new("invalid_request", 50_166, "Request to External OIDC endpoint failed."));
    }
    assertion.is_timely(world.now())?;
    if !assertion.is_signed_by(&issuer::verifying_key()) {
        let words = "Client assertion contains an invalid signature. [Reason - The key was not found.]";
        return Err(Refusal::client(700_027, words));
    }
    Ok(())
}

/// The first claim that no credential has, of those that have what is before it.
fn mismatch(credentials: &[FederatedCredential], claims: &Claims) -> Option<(u64, String)> {
    let of_issuer = || credentials.iter().filter(|one| one.issuer == claims.iss);
    let of_subject = || of_issuer().filter(|one| one.subject == claims.sub);
    if of_issuer().next().is_none() {
        return Some((700_211, format!("issuer '{}'", claims.iss)));
    }
    if of_subject().next().is_none() {
        let in_another_case = of_issuer().any(|one| one.subject.eq_ignore_ascii_case(&claims.sub));
        let code = if in_another_case { 7_002_138 } else { 700_213 };
        return Some((code, format!("subject '{}'", claims.sub)));
    }
    if !of_subject().any(|one| one.audience == claims.aud) {
        return Some((700_212, format!("audience '{}'", claims.aud)));
    }
    None
}

/// What is shown is of nobody who is trusted.
pub(super) fn no_match(code: u64, what: &str) -> Refusal {
    let words = format!(
        "No matching federated identity record found for presented assertion{what}. Check your federated identity credential Subject, \
         Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    );
    Refusal::client(code, words)
}

/// The same in the words of before, which name all that is shown.
pub(super) fn no_match_at_all(issuer: &str, subject: &str, audience: &str) -> Refusal {
    let words = format!(
        "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. Assertion Subject: \
         '{subject}'. Assertion Audience: '{audience}'. https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation"
    );
    Refusal::client(70_021, words)
}
