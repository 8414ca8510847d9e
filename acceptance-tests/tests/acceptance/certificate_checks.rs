//! What a certificate is fit for, and what the vault lets be read: the answers of a plan and of an apply.

use acceptance_tests::court::{Action, Court, Object, REFERENCE, with};
use serde_json::{Value, json};

fn certificate(court: &Court, name: &str) -> Value {
    with(court.reference(), json!({ "certificate_name": name }))
}

fn made() -> (Court, Object) {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    (court, reference)
}

#[test]
fn what_is_there_and_cannot_be_used_is_an_error_at_plan() {
    let court = Court::new();
    for (name, summary) in [
        ("robot-pem", "The certificate is not in PKCS#12 format"),
        ("robot-not-exportable", "The certificate's private key is not exportable"),
        ("robot-disabled", "The certificate is disabled"),
        ("robot-not-yet-valid", "The certificate is not valid yet"),
        ("robot-expired", "The certificate has expired"),
        ("robot-server-only", "The certificate is not made for client authentication"),
    ] {
        let planned = court.plan(REFERENCE, None, &certificate(&court, name));
        planned.expect_error("certificate_name", summary, &["-target"]);
    }
    let planned = court.plan(REFERENCE, None, &certificate(&court, "robot-expiring"));
    planned.expect_warning("certificate_name", "The certificate expires soon", &["at least 30"]).expect_ok();
    assert_eq!(court.writes(), Vec::<String>::new());
}

/// The headline of the warning that a certificate could not be read.
const UNREAD: &str = "A certificate could not be read";

#[test]
fn what_the_apply_may_still_mend_is_a_warning_at_plan_and_an_error_at_apply() {
    let court = Court::new();
    let missing = certificate(&court, "robot-missing");
    let summary = "There is no certificate robot-missing in the vault kv-robots";
    let planned = court.plan(REFERENCE, None, &missing);
    planned.expect_warning("certificate_name", UNREAD, &[summary, "the apply will fail"]).expect_ok();
    court.create(REFERENCE, &missing).expect_error("certificate_name", summary, &["import the certificate"]);
    assert_eq!(court.writes(), Vec::<String>::new());

    let warned = with(missing, json!({ "requirements": { "on_unreadable": "warn" } }));
    let parts = [summary, "will leave the certificate's attributes null"];
    court.plan(REFERENCE, None, &warned).expect_warning("certificate_name", UNREAD, &parts).expect_ok();
    let created = court.create(REFERENCE, &warned).expect_warning("certificate_name", UNREAD, &[summary]).expect_ok();
    assert_eq!(created["thumbprint"], Value::Null);
    assert_eq!(court.plan(REFERENCE, Some(&created), &warned).expect_ok(), Action::NoOp);
}

#[test]
fn a_certificate_that_has_become_useless_only_warns_where_it_stays() {
    let (court, reference) = made();
    court.replace_certificate("robot", "robot-expired");
    let planned = court.plan(REFERENCE, Some(&reference), &court.reference());
    let planned = planned.expect_warning("certificate_name", "The certificate has expired", &[]).expect_ok();
    assert_eq!(planned, Action::NoOp);
    let described = with(court.reference(), json!({ "description": "still here" }));
    let reference = court.change(&reference, &described).expect_ok();
    court.destroy(&reference).expect_ok();
}

#[test]
fn a_vault_that_cannot_be_read_fails_no_refresh_and_no_destroy() {
    let (court, reference) = made();
    court.forbid_vault();
    let summary = "The vault kv-robots does not let the certificate robot be read";
    let parts = [summary, "stays as it was", "Key Vault Reader"];
    let read = court.refresh(&reference).expect_warning("key_vault_id", UNREAD, &parts).expect_ok();
    assert_eq!(read.expect("it is there")["thumbprint"], reference["thumbprint"]);
    assert_eq!(court.plan(REFERENCE, Some(&reference), &court.reference()).expect_ok(), Action::NoOp);
    court.destroy(&reference).expect_ok();
}
