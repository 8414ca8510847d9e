//! Bad input, one row each: the cause, and the attribute, the summary and the hint of the one error that comes of it. Nothing is written.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use serde_json::{Value, json};

const NOWHERE: &str = "00000000-0000-4000-8000-00000000dead";

/// A configuration of each type that is right by itself.
fn base(court: &Court, kind: &str) -> Value {
    match kind {
        REFERENCE => court.reference(),
        CREDENTIAL => {
            json!({ "name": "Robot", "username": "robot@contoso.com", "certificate_reference_id": NOWHERE })
        }
        _ => {
            let machine_group_id = &court.place().machine_group_id;
            json!({ "display_name": "Robot", "credential_id": NOWHERE, "machine_group_id": machine_group_id })
        }
    }
}

/// Wrong from the configuration alone: the attribute and its value, and a part of the error.
const AT_PLAN: &[(&str, &str, &str, &str)] = &[
    (REFERENCE, "schema_name", "robot", "prefix"),
    (
        REFERENCE,
        "key_vault_id",
        "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/s",
        "Microsoft.KeyVault",
    ),
    (REFERENCE, "key_vault_id", "kv-robots", "/subscriptions/"),
    (REFERENCE, "certificate_name", "robot.pfx", "hyphens"),
    (CREDENTIAL, "certificate_reference_id", "robot", "GUID"),
    (CREDENTIAL, "name", "", "empty"),
    (CONNECTION, "credential_id", "robot", "GUID"),
    (CONNECTION, "machine_group_id", "Finance", "GUID"),
];

#[test]
fn what_the_configuration_alone_shows_is_refused_at_plan() {
    let court = Court::new();
    for (kind, attribute, value, part) in AT_PLAN {
        let config = with(base(&court, kind), json!({ *attribute: value }));
        let summary = format!("Invalid value for {attribute}");
        court.plan(kind, None, &config).expect_error(attribute, &summary, &[part]);
    }
    assert_eq!(court.told(), "", "no service is asked");
}

#[test]
fn names_that_are_too_long_are_refused_with_their_length() {
    let court = Court::new();
    for (kind, attribute, limit) in [
        (REFERENCE, "schema_name", 100),
        (REFERENCE, "certificate_name", 127),
        (CREDENTIAL, "name", 100),
        (CONNECTION, "display_name", 255),
    ] {
        let prefix = if attribute == "certificate_name" { "cto-" } else { "cto_" };
        let config = with(base(&court, kind), json!({ attribute: format!("{prefix}{}", "x".repeat(limit)) }));
        let parts = [format!("at most {limit}"), format!("{}", limit + 4)];
        let summary = format!("Invalid value for {attribute}");
        court.plan(kind, None, &config).expect_error(attribute, &summary, &[&parts[0], &parts[1]]);
    }
}

#[test]
fn what_the_services_show_is_refused_before_anything_is_written() {
    let court = Court::new();
    for (kind, attribute, summary, part) in [
        (
            CREDENTIAL,
            "certificate_reference_id",
            "The certificate reference does not exist",
            "powerautomate_key_vault_certificate_reference",
        ),
        (CONNECTION, "credential_id", "The credential does not exist", "share the credential"),
    ] {
        let created = court.create(kind, &base(&court, kind));
        created.expect_error(attribute, summary, &[NOWHERE, part]);
    }
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn environments_that_cannot_hold_a_credential_are_refused() {
    let court = Court::new();
    let without = court.place().environment_without_dataverse_id.clone();
    let nowhere = format!("Cannot look up the environment {NOWHERE}");
    for (environment, summary, part) in [
        (without.as_str(), "The environment has no Dataverse", "Add Dataverse"),
        (NOWHERE, &nowhere, "Check the environment id"),
    ] {
        let config = with(court.reference(), json!({ "environment_id": environment }));
        court.create(REFERENCE, &config).expect_error("environment_id", summary, &[part]);
    }
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn vaults_that_cannot_be_used_are_told_apart() {
    let court = Court::new();
    let place = court.place();
    let absent = place.key_vault_id.replace("kv-robots", "kv-nowhere");
    let foreign = place.foreign_vault_id.rsplit('/').next().expect("an id has a name");
    for (vault, summary) in [
        (&place.foreign_vault_id, format!("The vault {foreign} belongs to another tenant")),
        (&absent, "The vault kv-nowhere cannot be reached".to_owned()),
    ] {
        let config = with(court.reference(), json!({ "key_vault_id": vault }));
        court.create(REFERENCE, &config).expect_error("key_vault_id", &summary, &[]);
    }
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn username_or_its_variable_is_wanted() {
    let court = Court::new();
    let base = base(&court, CREDENTIAL);
    let none = with(base, json!({ "username": null }));
    court.plan(CREDENTIAL, None, &none).expect_error("username", "Missing username", &["username_variable_id"]);
}

#[test]
fn a_schema_name_with_an_unknown_prefix_names_the_attribute() {
    let court = Court::new();
    let config = with(court.reference(), json!({ "schema_name": "zzz_robot_certificate" }));
    let summary = "Cannot create the environment variable zzz_robot_certificate";
    let left = court.create(REFERENCE, &config).expect_error("schema_name", summary, &["customization prefix"]);
    assert!(left.is_none());
}
