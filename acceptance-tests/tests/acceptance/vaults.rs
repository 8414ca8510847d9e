//! Many certificates: what a run asks their vaults.

use acceptance_tests::court::{Court, Object, REFERENCE, with};
use judge::Instance;
use serde_json::json;

/// References to so many certificates of the default vault, made by an earlier run.
fn references(court: &mut Court, certificates: &[&str]) -> Vec<Object> {
    let made = certificates.iter().enumerate().map(|(number, name)| {
        let changes = json!({ "schema_name": format!("cto_robot_{number:03}"), "certificate_name": name });
        court.create(REFERENCE, &with(court.reference(), changes)).expect_ok()
    });
    let made = made.collect();
    court.next_run();
    court.forget();
    made
}

/// Reads all of them at once, as Terraform does. Nothing is said.
#[track_caller]
fn refresh_at_once(court: &Court, references: &[Object]) {
    let instances: Vec<Instance> = references.iter().map(|reference| reference.instance().clone()).collect();
    let said = court.judge().refresh_at_once(&instances).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(said.iter().all(Vec::is_empty), "{said:?}");
}

/// What the vaults were asked since it was forgotten last.
fn asked(court: &Court) -> Vec<String> {
    court.conversation().into_iter().filter(|line| line.contains(".vault.")).collect()
}

#[test]
fn a_vault_challenges_the_first_question_alone() {
    let mut court = Court::new();
    let names: Vec<String> = (1..=8).map(|number| format!("robot-{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let references = references(&mut court, &names);
    refresh_at_once(&court, &references);
    let challenged = asked(&court).into_iter().filter(|line| line.ends_with("401")).count();
    assert_eq!(challenged, 1, "{:#?}", asked(&court));
}
