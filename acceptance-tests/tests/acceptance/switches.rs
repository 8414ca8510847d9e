//! Where Microsoft's documentation leaves open what a service does, the provider must bear every answer: each switch of the sandbox, both ways.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use sandbox::{ChangedTarget, CredentialLookups, SecretRefusal, Switches};
use serde_json::json;

/// The chain comes, is changed in place, plans clean and goes, whatever the answer to this question.
#[track_caller]
fn chain(answer: impl FnOnce(&mut Switches)) {
    let court = Court::new();
    let seeded = court.rows();
    court.switch(answer);
    // That each of them plans clean when it is made or changed is the judge's rule P7.
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let credential = court.create(CREDENTIAL, &court.credential(&reference)).expect_quiet();
    let connection = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    let shouted = with(court.credential(&reference), json!({ "username": "ROBOT@contoso.com" }));
    let credential = court.change(&credential, &shouted).expect_quiet();
    let renamed = with(court.connection(&credential), json!({ "display_name": "Robot of ROBOT@contoso.com" }));
    let connection = court.change(&connection, &renamed).expect_quiet();
    for object in [&connection, &credential, &reference] {
        court.destroy(object).expect_quiet();
    }
    assert_eq!(court.rows(), seeded);
    assert!(court.connections().is_empty());
}

#[test]
fn a_connection_may_be_told_with_and_without_its_credential() {
    for (credential, parameters) in [(true, false), (false, true), (false, false)] {
        chain(|switches| {
            switches.connectivity.returns_credential = credential;
            switches.connectivity.returns_parameters = parameters;
        });
    }
}

#[test]
fn a_connection_may_be_ready_at_once_or_after_a_while() {
    for milliseconds in [0, 900] {
        chain(|switches| switches.connectivity.settles_after_ms = milliseconds);
    }
}

#[test]
fn nothing_rests_on_what_dataverse_may_or_may_not_check() {
    chain(|switches| switches.dataverse.publisher_prefix = false);
    chain(|switches| switches.dataverse.unique_value_schema_names = false);
    chain(|switches| switches.dataverse.change_set_representations = false);
    for answer in [CredentialLookups::Accepted, CredentialLookups::Ignored] {
        chain(|switches| switches.dataverse.credential_lookups = answer);
    }
}

#[test]
fn a_refused_secret_is_recognised_by_whatever_status_and_wherever_it_stands() {
    for refusal in [SecretRefusal::BadRequest, SecretRefusal::Forbidden] {
        for nested in [true, false] {
            let mut court = Court::unconfigured(&[]);
            let environment_id = court.place().environment_id.clone();
            let block = json!({ "environment_id": environment_id, "role_propagation_timeout": "0s" });
            court.configure(&block).expect_quiet();
            court.switch(|switches| {
                switches.dataverse.secret_refusal = refusal;
                switches.dataverse.nested_change_set_failure = nested;
            });
            court.forbid_secrets();
            let summary = "Cannot create the environment variable cto_robot_certificate";
            let created = court.create(REFERENCE, &court.reference());
            let left = created.expect_error("key_vault_id", summary, &["Key Vault Secrets User", "not authorized"]);
            assert!(left.is_none());
        }
    }
}

#[test]
fn a_changed_machine_group_is_honoured_or_its_refusal_is_told() {
    for answer in [ChangedTarget::Honoured, ChangedTarget::Refused, ChangedTarget::Kept] {
        let court = Court::new();
        let (_, credential, connection) = court.made_chain();
        court.switch(|switches| switches.connectivity.changed_target = answer);
        let (old, new) = (&court.place().machine_group_id, &court.place().other_machine_group_id);
        let changed =
            court.change(&connection, &with(court.connection(&credential), json!({ "machine_group_id": new })));
        // What the service kept is what the state says, so that the next plan still shows the difference.
        let left = match answer {
            ChangedTarget::Honoured => Some(changed.expect_quiet()),
            ChangedTarget::Kept => {
                let summary = "The service did not change machine_group_id";
                changed.expect_error("machine_group_id", summary, &["-replace"])
            }
            ChangedTarget::Refused => {
                assert!(changed.to_string().contains("cannot be updated"), "{changed}");
                changed.expect_refused()
            }
        };
        let expected = if answer == ChangedTarget::Honoured { new } else { old };
        assert_eq!(left.expect("it stays in the state").attr("machine_group_id"), *expected);
    }
}
