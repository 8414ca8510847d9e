//! Reads a certificate from its vault: while Terraform plans, and again before anything is written.
//!
//! What is found is judged by `certificate_check`; here it is decided what of that stops a plan or an apply.

use std::sync::Arc;
use std::time::Duration;

use tfplugin::context::Context;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::plan::Plan;
use tfplugin::value::Value;
use time::OffsetDateTime;

use super::certificate_check::{self, Requirements};
use super::secret_access;
use super::timeouts::Deadline;
use crate::clients::Error;
use crate::clients::key_vault::{Certificate, VaultId};
use crate::provider::Account;

/// How long a vault's 403 is waited out: roles take some minutes to arrive.
const ROLES: Duration = Duration::from_secs(120);

/// The plan-time check of the vault: see [`certificate_check`].
pub(crate) async fn check_while_planning(
    cx: &Context<Account>,
    plan: &mut Plan,
    vault: &VaultId,
    name: &str,
    repointed: bool,
) {
    let requirements = requirements(&plan.planned);
    let read = if repointed {
        cx.clients.certificate(vault, name).await
    } else {
        cx.clients.seen_certificate(vault, name).await
    };
    match read {
        Ok(Ok(certificate)) => {
            for found in certificate_check::judge(vault, name, &certificate, &requirements, OffsetDateTime::now_utc()) {
                plan.tell(if repointed { found } else { found.as_warning() });
            }
        }
        // The refresh has said so already of a reference that stays.
        Ok(Err(_)) if !repointed => {}
        Ok(Err(error)) => {
            let caller = caller(cx, &error).await;
            let unreadable = certificate_check::unreadable(vault, name, &error, &caller);
            plan.tell(if certificate_check::may_be_mended(&error) {
                let then = if requirements.tolerates_unreadable() {
                    "The apply will leave the certificate's attributes null."
                } else {
                    "Unless it is mended by then, the apply will fail."
                };
                Diagnostic { detail: format!("{} {then}", unreadable.detail), ..unreadable.as_warning() }
            } else {
                unreadable
            });
        }
        Err(error) => plan.tell(error),
    }
}

/// The check before anything is written: the same, fresh, and with an error where the plan only warned.
pub(crate) async fn certificate_before_writing(
    cx: &Context<Account>,
    vault: &VaultId,
    name: &str,
    requirements: &Requirements,
    deadline: Deadline,
) -> Result<Option<Arc<Certificate>>, Diagnostic> {
    let roles = deadline.at_most(ROLES);
    let mut wait = Duration::from_millis(500);
    loop {
        let error = match cx.clients.certificate(vault, name).await? {
            Ok(certificate) => {
                let found =
                    certificate_check::judge(vault, name, &certificate, requirements, OffsetDateTime::now_utc());
                return match found.into_iter().find(Diagnostic::is_error) {
                    Some(unusable) => Err(unusable),
                    None => Ok(Some(certificate)),
                };
            }
            Err(error) => error,
        };
        if error.is_forbidden() && !requirements.tolerates_unreadable() && roles.pause(cx, wait).await {
            wait = (wait * 2).min(Duration::from_secs(15));
            continue;
        }
        let caller = caller(cx, &error).await;
        let unreadable = certificate_check::unreadable(vault, name, &error, &caller);
        return if requirements.tolerates_unreadable() && certificate_check::may_be_mended(&error) {
            cx.tell(unreadable.as_warning());
            Ok(None)
        } else {
            Err(unreadable)
        };
    }
}

/// Who has to be given a right, when a right is what is missing.
pub(crate) async fn caller(cx: &Context<Account>, error: &Error) -> String {
    if error.is_forbidden() { secret_access::caller(cx).await } else { String::new() }
}

fn requirements(planned: &Value) -> Requirements {
    let block = planned.at("requirements");
    let number = |name: &str| match block.at(name) {
        Value::Number(number) => (0..=3650).find(|days| *number == (*days).into()),
        _ => None,
    };
    Requirements {
        min_days_remaining: number("min_days_remaining"),
        client_authentication: (*block.at("client_authentication") == Value::Bool(false)).then_some(false),
        on_unreadable: block.at("on_unreadable").as_str().map(str::to_owned),
    }
}
