//! One thing, written in several ways: the plan keeps what was there, and the services are told in theirs.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::harness::secrets;
use serde_json::{Value, json};

fn undashed(id: &Value) -> String {
    id.as_str().expect("an id").replace('-', "")
}

#[test]
fn a_chain_is_made_with_ids_without_dashes() {
    let court = Court::new();
    let place = court.place();
    let environment = json!({ "environment_id": undashed(&json!(place.environment_id)) });
    let slash = json!({ "key_vault_id": format!("{}/", place.key_vault_id) });
    let config = with(with(court.reference(), environment.clone()), slash);
    let reference = court.create(REFERENCE, &config).expect_quiet();
    let certificate = json!({ "certificate_reference_id": undashed(&reference["id"]) });
    let config = with(with(court.credential(&reference), environment.clone()), certificate);
    let credential = court.create(CREDENTIAL, &config).expect_quiet();
    let config = with(court.connection(&credential), environment);
    let parts = json!({
        "credential_id": undashed(&credential["id"]), "machine_group_id": undashed(&json!(place.machine_group_id)),
    });
    let connection = court.create(CONNECTION, &with(config, parts)).expect_quiet();
    // Dashed again, and without the slash: nothing is to be done.
    for (kind, object, config) in [
        (REFERENCE, &reference, court.reference()),
        (CREDENTIAL, &credential, court.credential(&reference)),
        (CONNECTION, &connection, court.connection(&credential)),
    ] {
        let config = with(config, json!({ "environment_id": place.environment_id }));
        assert_eq!(court.plan(kind, Some(object), &config).expect_quiet(), Action::NoOp, "{kind}");
    }
}

#[test]
fn a_run_owner_is_named_to_the_service_in_its_own_spelling() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    // Whoever made the credential may use it: nothing has to be shared.
    let owner = json!({
        "client_id": undashed(&json!(court.place().client_id)).to_uppercase(),
        "certificate_pfx_wo": secrets::pfx(),
        "certificate_pfx_wo_version": "1",
        "certificate_password_wo": secrets::PASSWORD,
    });
    let config = with(court.connection(&credential), json!({ "run_owner": owner }));
    court.create(CONNECTION, &config).expect_quiet();
    let values = court.connections()[0]["properties"]["connectionParametersSet"]["values"].clone();
    assert_eq!(values["tokenRunOwnerCert:clientId"]["value"], court.place().client_id);
}

#[test]
fn what_no_service_understands_is_no_id() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    for spelt in [|id: &str| format!("{{{id}}}"), |id: &str| format!("urn:uuid:{id}")] {
        let place = court.place();
        let (reference, credential) = (spelt(&reference.attr("id")), spelt(&credential.attr("id")));
        let environment = json!({ "environment_id": spelt(&place.environment_id) });
        for (kind, config, attribute) in [
            (REFERENCE, with(court.reference(), environment), "environment_id"),
            (
                CREDENTIAL,
                json!({ "name": "Robot", "username": "a", "certificate_reference_id": reference }),
                "certificate_reference_id",
            ),
            (
                CONNECTION,
                json!({ "display_name": "Robot", "credential_id": credential, "machine_group_id": place.machine_group_id }),
                "credential_id",
            ),
        ] {
            let summary = format!("Invalid value for {attribute}");
            court.plan(kind, None, &config).expect_error(attribute, &summary, &["GUID"]);
        }
    }
}
