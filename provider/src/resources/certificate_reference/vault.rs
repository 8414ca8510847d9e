//! Reads a certificate from its vault: while Terraform plans, before anything is written, and at a refresh.
//!
//! What the same apply may still mend (a missing certificate, a role that is on its way) is a warning while Terraform plans and an
//! error when it applies. What is there but cannot be used is an error for a new reference, and a warning for one that stays: an
//! expired certificate never blocks the rest of a workspace.

use std::collections::BTreeSet;
use std::sync::Arc;

use tfplugin::{Context, Diagnostic, Known, Plan};
use time::OffsetDateTime;
use uuid::Uuid;

use super::kept::keep;
use super::requirements::{Block, Rigour, required, rigour, tolerates_unreadable};
use crate::account::roles::Right;
use crate::account::{Account, who};
use crate::checks::certificate::{Requirements, judge};
use crate::checks::finding::{Finding, Outcome};
use crate::clients::entra::Caller;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::clients::key_vault::{Certificate, Kept, VaultId};
use crate::failure::failed;
use crate::object::{Fault, Operation, SecretReference, UNLESS_MENDED, in_words, spelled};

/// The headline of a warning that a certificate could not be read.
const UNREADABLE: &str = "A certificate could not be read";

/// Who tells in a plan that a certificate cannot be read.
const PLAN: &str = "the plan";

/// Looks at the certificate while Terraform plans. Of a reference that stays as it is, the refresh has seen it already, and of a new one
/// the apply takes what its second plan has seen.
pub(super) async fn check_while_planning(
    cx: &Context<Account>,
    plan: &mut Plan,
    reference: &SecretReference,
    kept: Option<&Kept>,
    (requirements, is_new): (&Known<Block>, bool),
) -> Result<(), Diagnostic> {
    let (key_vault, vault, name) = (cx.clients.key_vault()?, &reference.vault, reference.certificate.as_str());
    let seen = match kept {
        Some(kept) => key_vault.recognized((vault, name), kept).await,
        None if is_new => key_vault.lately(vault, name).await,
        None => key_vault.seen(vault, name).await,
    };
    match seen {
        Ok(certificate) => {
            // What is not known yet demands nothing here: the apply judges by all of it.
            let required = match requirements {
                Known::Unknown => Requirements::NONE,
                known => required(known.known()),
            };
            let rigour = if is_new { rigour(requirements.known()) } else { Rigour::Staying };
            unfit(reference, &certificate, &required, rigour).into_iter().for_each(|unfit| plan.tell(unfit));
        }
        Err(error) if error.is_own() => return Err(unreadable(cx, reference, &error).await),
        // Of a reference that stays the refresh has said so already, where there was one.
        Err(error) if !is_new => {
            if reference.falls_to(&cx.clients, PLAN) {
                plan.tell(unreadable(cx, reference, &error).await.as_warning(UNREADABLE));
            }
        }
        Err(error) => {
            reference.falls_to(&cx.clients, PLAN);
            let unreadable = unreadable(cx, reference, &error).await;
            plan.tell(if may_be_mended(&error) {
                let patience = cx.clients.roles().patience();
                let then = if tolerates_unreadable(requirements.known()) {
                    "The apply will leave the certificate's attributes null.".to_owned()
                } else if error.is_forbidden() && !patience.is_zero() {
                    format!(
                        "The apply will wait up to {} for the role (role_propagation_timeout of the provider), and fail if it does not arrive.",
                        spelled(patience)
                    )
                } else {
                    UNLESS_MENDED.to_owned()
                };
                unreadable.as_warning(UNREADABLE).also(then)
            } else {
                unreadable
            });
        }
    }
    Ok(())
}

/// The check before anything is written: the same, and with an error where the plan only warned; what could not be read is read again.
/// Nothing comes back of a certificate that cannot be read and need not be.
pub(super) async fn read_before_writing(
    op: &Operation<'_>,
    reference: &SecretReference,
    requirements: Option<&Block>,
) -> Result<Option<Arc<Certificate>>, Fault> {
    let (vault, name) = (&reference.vault, reference.certificate.as_str());
    let tolerated = tolerates_unreadable(requirements);
    let key_vault = op.cx.clients.key_vault()?;
    let read = || key_vault.seen(vault, name);
    let read = match tolerated {
        true => read().await,
        false => op.cx.clients.roles().ask((Right::Certificates, vault), op.deadline.last_try(), read).await,
    };
    let error = match read {
        Ok(certificate) => {
            let unfit = unfit(reference, &certificate, &required(requirements), rigour(requirements));
            return match unfit.into_iter().find(Diagnostic::is_error) {
                Some(unusable) => Err(unusable.into()),
                None => {
                    keep(op.cx, &certificate);
                    Ok(Some(certificate))
                }
            };
        }
        Err(error) if error.is_stopped() => return Err(error.into()),
        Err(error) => error,
    };
    let unreadable = unreadable(op.cx, reference, &error).await;
    if tolerated && may_be_mended(&error) {
        op.cx.tell(unreadable.as_warning(UNREADABLE));
        return Ok(None);
    }
    if !error.is_forbidden() {
        return Err(unreadable.into());
    }
    Err(unreadable.also(after_waiting(op.cx, Right::Certificates, reference)).into())
}

/// How long a role was waited for, in a sentence.
pub(super) fn after_waiting(cx: &Context<Account>, right: Right, reference: &SecretReference) -> String {
    let waited = cx.clients.roles().waited(right, &reference.vault);
    match cx.clients.roles().patience().is_zero() {
        true => "The role was not waited for, because role_propagation_timeout is 0s.".to_owned(),
        false => format!(
            "The role was waited for, {} since it was missed first (role_propagation_timeout of the provider).",
            in_words(waited)
        ),
    }
}

/// The certificate at the refresh of the reference with this id in its environment. One that cannot be read is told, and what was known of
/// it stays.
pub(super) async fn refresh(
    cx: &Context<Account>,
    reference: &SecretReference,
    who: (EnvironmentId, Uuid),
    kept: Option<&Kept>,
) -> Result<Option<Arc<Certificate>>, Fault> {
    match cx.clients.key_vault()?.refreshed((&reference.vault, &reference.certificate), who, kept).await {
        Ok(certificate) => {
            keep(cx, &certificate);
            Ok(Some(certificate))
        }
        Err(error) if error.is_own() => Err(unreadable(cx, reference, &error).await.into()),
        Err(error) => {
            reference.falls_to(&cx.clients, "the refresh");
            let unreadable = unreadable(cx, reference, &error).await.as_warning(UNREADABLE);
            cx.tell(unreadable.also("What was known of the certificate stays as it was."));
            Ok(None)
        }
    }
}

/// Tells of a rotation that changed whom the certificate names.
pub(super) fn compare_names(
    cx: &Context<Account>,
    reference: &SecretReference,
    before: &[String],
    certificate: &Certificate,
) {
    let now = &certificate.user_principal_names;
    if !names_others(before, now) {
        return;
    }
    let named = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    let detail = format!(
        "The certificate {} in the vault {} was rotated. It named {}, and names {} now.",
        reference.certificate,
        reference.vault.name(),
        named(before),
        named(now)
    );
    cx.tell(Diagnostic::warning("The certificate names other users than before", detail).hint(
        "Check that the credentials that use it sign in the users whom it names, or that the tenant maps it to them in another way \
         (certificateUserIds).",
    ));
}

/// Whether the names are others, in whatever order and case.
fn names_others(before: &[String], now: &[String]) -> bool {
    let plain = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>();
    plain(before) != plain(now)
}

/// What makes a certificate unfit: errors for what cannot work, and warnings for what should be looked at, as far as the rigour goes.
fn unfit(
    reference: &SecretReference,
    certificate: &Certificate,
    required: &Requirements,
    rigour: Rigour,
) -> Vec<Diagnostic> {
    let now = OffsetDateTime::now_utc();
    let findings = judge(&reference.vault, &reference.certificate, certificate, required, now);
    findings.into_iter().filter_map(|finding| diagnostic(finding, rigour)).collect()
}

fn diagnostic(finding: Finding, rigour: Rigour) -> Option<Diagnostic> {
    let Finding { check, outcome, title, what, remedy, page } = finding;
    tracing::trace!(check, outcome = ?outcome, page, "Judged a certificate");
    let diagnostic = match outcome {
        Outcome::Pass | Outcome::Unknown => return None,
        Outcome::Warn if rigour < Rigour::Severe => Diagnostic::warning(title, what).hint(remedy),
        Outcome::Fail if rigour == Rigour::Staying => Diagnostic::warning(title, what).hint(remedy),
        Outcome::Warn | Outcome::Fail => Diagnostic::error(title, what)
            .hint(format!("{remedy} If this same apply imports a better one, apply that first with -target.")),
    };
    Some(diagnostic.on("certificate_name"))
}

/// Why a certificate could not be read, as an error on the attribute at fault.
async fn unreadable(cx: &Context<Account>, reference: &SecretReference, error: &Error) -> Diagnostic {
    let SecretReference { vault, certificate: name } = reference;
    let vault_name = vault.name();
    if error.is_wrong_tenant() {
        return failed(&format!("The vault {vault_name} belongs to another tenant"), error).on("key_vault_id").hint(
            "Power Automate reads only vaults of its own tenant: use a vault of the tenant that the provider signs in to.",
        );
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
    if error.is_walled() {
        return failed(&format!("The firewall of the vault {vault_name} does not let this machine in"), error)
            .on("key_vault_id")
            .hint(
                "Let this machine's address in (the vault's Networking), or run where the vault's private endpoint is reached. No role helps. To \
                 go on without reading the certificate, set requirements { on_unreadable = \"warn\" }.",
            );
    }
    if error.is_forbidden() {
        let reader = cx.clients.vault_caller().await;
        let caller = who(reader.as_ref());
        return failed(&format!("The vault {vault_name} does not let the certificate {name} be read"), error)
            .on("key_vault_id")
            .hint(format!(
                "Give {caller} the role \"Key Vault Reader\" on the vault (or \"Key Vault Certificate User\"; in a vault with access \
                 policies, the certificate permission get):\n\n{}\n\nRoles take some minutes to arrive. To go on without reading it, set \
                 requirements {{ on_unreadable = \"warn\" }}.",
                assignment(reader.as_ref(), "Key Vault Reader", vault)
            ));
    }
    failed(&format!("The certificate {name} in the vault {vault_name} cannot be read"), error).on("key_vault_id")
}

/// The command that gives a principal a role on a vault, as a paragraph: Terraform breaks no line that begins with spaces.
pub(super) fn assignment(caller: Option<&Caller>, role: &str, vault: &VaultId) -> String {
    let (id, kind) = match caller {
        Some(Caller { object_id, name: Some(_), .. }) => (object_id.as_str(), "User"),
        Some(Caller { object_id, .. }) => (object_id.as_str(), "ServicePrincipal"),
        None => ("OBJECT_ID", "ServicePrincipal"),
    };
    format!(
        "  az role assignment create --role \"{role}\" --assignee-object-id {id} --assignee-principal-type {kind} --scope {}",
        vault.bare()
    )
}

/// Whether the same apply may still mend what kept a certificate from being read.
fn may_be_mended(error: &Error) -> bool {
    !error.is_wrong_tenant() && !error.is_own() && !error.is_unauthorized()
}
