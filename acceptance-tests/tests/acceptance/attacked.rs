//! What an attack has found: a 404 that proves nothing, answers that were lost, variables of other people, addresses that lead elsewhere.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use sandbox::{Crafted, Effect, Fault};
use serde_json::json;

use crate::run_owner::{PASSWORD, owned, secrets};

const DEFINITIONS: &str = "environmentvariabledefinitions";

fn status(status: u16, code: &str, message: &str) -> Effect {
    Effect::Status(status, code.into(), message.into())
}

/// Every 404 that is not the service's own word about this very object.
fn false_words() -> Vec<Effect> {
    let other = "Entity 'systemuser' With Id = 11111111-2222-4333-8444-555555555566 Does Not Exist";
    vec![
        Effect::Html(404),
        status(404, "", ""),
        status(404, "0x80060888", "Resource not found for the segment."),
        status(404, "", "Organization not found"),
        status(404, "NotFound", "Nothing here."),
        status(404, "0x80040217", other),
    ]
}

#[test]
fn nothing_is_gone_without_proof() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    for (object, at) in [(&reference, DEFINITIONS), (&credential, "credentials("), (&connection, "/connections/")] {
        for effect in false_words() {
            let told = format!("{at}: {effect:?}");
            court.weather(Fault::next(at, effect).method("GET"));
            assert!(!court.refresh(object).is_ok(), "{told}: a refresh must not forget it");
            assert!(court.refresh(object).expect_ok().is_some(), "{told}");
        }
    }
}

#[test]
fn a_removal_that_was_not_carried_out_is_not_believed() {
    for effect in false_words() {
        let court = Court::new();
        let (_, credential) = court.made_credential();
        let (told, rows) = (format!("{effect:?}"), court.rows());
        court.weather(Fault::next("/credentials", effect).method("GET").times(9));
        assert!(!court.destroy(&credential).is_ok(), "{told}");
        assert_eq!(court.rows(), rows, "{told}: neither the credential nor its variable is touched");
    }
    // A change set that was rolled back, or broke off before anything was done, is tried again.
    for effect in [status(404, "0x80040217", "Entity 'x' With Id = 1 Does Not Exist"), Effect::ResetBefore] {
        let court = Court::new();
        let (_, credential) = court.made_credential();
        court.weather(Fault::next("$batch", effect));
        court.destroy(&credential).expect_quiet();
        assert!(court.rows_named("credentials", "name", "Robot").is_empty());
    }
}

#[test]
fn a_put_whose_answer_was_lost_is_not_forgotten_because_its_repetition_is_refused() {
    for refusal in [
        status(403, "Forbidden", "No."),
        status(401, "Unauthorized", "No."),
        status(400, "BadRequest", "No."),
        status(409, "Conflict", "No."),
        Effect::Html(403),
    ] {
        let court = Court::new();
        let (_, credential) = court.made_credential();
        let told = format!("{refusal:?}");
        court.weather(Fault::next("/connections/", Effect::ResetAfter).method("PUT"));
        court.weather(Fault::next("/connections/", refusal).method("PUT").times(5));
        let created = court.create(CONNECTION, &court.connection(&credential));
        assert!(created.is_ok(), "{told}: what is found under the minted id is ours: {created}");
        assert_eq!(court.connections().len(), 1, "{told}");
    }
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.weather(Fault::next("/connections/", Effect::ResetAfter).method("PUT"));
    court.weather(Fault::next("/connections/", status(403, "Forbidden", "No.")).method("PUT").times(5));
    court.weather(Fault::next("/connections/", status(404, "ConnectionNotFound", "Not yet.")).method("GET"));
    let left = court.create(CONNECTION, &court.connection(&credential)).expect_refused();
    let left = left.expect("what may exist is remembered, though it cannot be seen yet");
    let seen = court.refresh(&left).expect_ok().expect("the next refresh settles it");
    assert_eq!(seen.attr("id"), left.attr("id"));
}

/// A credential that uses another one's variable.
fn sharing(court: &Court, first: &Object, reference: &Object) -> serde_json::Value {
    let theirs = first.attr("username_variable_id");
    let config = with(court.credential(reference), json!({ "name": "Second", "username": null }));
    with(config, json!({ "username_variable_id": theirs }))
}

#[test]
fn a_variable_is_the_credential_s_own_by_its_exact_mark_alone() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    let wiki = format!("See the wiki about the credential {}.", credential.attr("id"));
    court.patch(DEFINITIONS, &variable, json!({ "description": wiki }));
    court.destroy(&credential).expect_ok();
    assert_eq!(court.row(DEFINITIONS, &variable)["description"], wiki, "a company's variable that mentions it stays");
}

#[test]
fn a_shared_variable_goes_with_its_last_user() {
    let court = Court::new();
    let (reference, first) = court.made_credential();
    let variable = first.attr("username_variable_id");
    let second = court.create(CREDENTIAL, &sharing(&court, &first, &reference)).expect_ok();
    let twin = court.create(CREDENTIAL, &sharing(&court, &first, &reference)).expect_refused();
    assert!(twin.is_none(), "the same credential is not made twice");
    let id = second.attr("id");
    court
        .destroy(&first)
        .expect_warning("", "The user name's variable stays", &["cto_robot_certificate_username", "Second", &id])
        .expect_ok();
    assert_eq!(court.row(DEFINITIONS, &variable)["schemaname"], "cto_robot_certificate_username");
    court.destroy(&second).expect_quiet();
    assert!(court.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate_username").is_empty());
}

#[test]
fn a_credential_without_its_row_is_not_wholly_gone() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    court.remove_row("credentials", &credential.attr("id"));
    let left = court.refresh(&credential).expect_ok().expect("its own variable is still there");
    assert_eq!(left.attributes()["certificate_reference_id"], json!(null), "so that the plan replaces it");
    // And whoever lost its state takes up what it has left behind.
    let again = court.create(CREDENTIAL, &court.credential(&reference)).expect_ok();
    assert_eq!(again.attr("username_variable_id"), variable);
    court.destroy(&again).expect_quiet();
    assert!(court.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate_username").is_empty());
}

#[test]
fn an_inactive_variable_is_drift_where_it_is_the_provider_s_own() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    court.patch(DEFINITIONS, &variable, json!({ "statecode": 1, "statuscode": 2 }));
    let drifted = court.refresh(&credential).expect_quiet().expect("it is there");
    assert_eq!(drifted.attributes()["active"], json!(false));
    let mended = court.change(&drifted, &court.credential(&reference)).expect_quiet();
    assert_eq!(court.row(DEFINITIONS, &variable)["statecode"], json!(0));
    assert_eq!(mended.attributes()["active"], json!(true));

    let second = court.create(CREDENTIAL, &sharing(&court, &mended, &reference)).expect_ok();
    court.patch(DEFINITIONS, &variable, json!({ "statecode": 1, "statuscode": 2 }));
    let warned = court.refresh(&second);
    warned.expect_warning("username_variable_id", "The user name's variable is inactive", &["Activate it"]).expect_ok();
}

#[test]
fn a_revoked_token_is_asked_for_anew_once() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    for (host, object) in [("dynamics.com", &credential), ("vault.azure.net", &reference)] {
        court.weather(Fault::next(host, Effect::RevokeTokens));
        court.refresh(object).expect_quiet();
    }
}

#[test]
fn a_solution_s_name_is_no_place_for_headers() {
    let court = Court::new();
    let name = "Robots\r\nMSCRMCallerID: 11111111-2222-4333-8444-555555555566";
    let config = with(court.reference(), json!({ "solution_unique_name": name }));
    court.create(REFERENCE, &config).expect_error(
        "solution_unique_name",
        "Invalid value for solution_unique_name",
        &["letters"],
    );
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn a_token_goes_to_no_other_host() {
    let mut court = Court::new();
    let environment = court.place().environment_id.clone();
    for (address, why) in [
        ("https://evil.example", "no address of Dataverse"),
        ("https://contoso.crm4.dynamics.com:8443", "alone, without a port"),
        ("https://contoso.crm4.dynamics.com.evil.example", "no address of Dataverse"),
    ] {
        court.configure(&json!({ "environment_id": environment, "dataverse_url": address })).expect_ok();
        court.forget();
        let created = court.create(REFERENCE, &court.reference());
        created.expect_error("dataverse_url", "The provider's dataverse_url cannot be used", &[why]);
        assert!(!court.told().contains("token for dataverse"), "{address}: {}", court.told());
    }
}

#[test]
fn another_environment_s_organization_is_noticed_before_anything_is_read_or_written() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let (environment, rows) = (court.place().environment_id.clone(), court.rows());
    let other = court.place().other_environment_id.clone();
    let (ours, theirs) = court.sandbox().with(|world| {
        let address =
            |id: &str| format!("https://{}", world.environment(id).unwrap().dataverse.as_ref().unwrap().host());
        (address(&environment), address(&other))
    });
    court.configure(&json!({ "environment_id": environment, "dataverse_url": theirs })).expect_ok();
    let summary = "The provider's dataverse_url is of another environment";
    for object in [&reference, &credential] {
        let refused = court.refresh(object);
        assert!(!refused.to_string().contains("To destroy"), "a destruction meets it too: {refused}");
        refused.expect_error("dataverse_url", summary, &[&environment, &other]);
        assert!(!court.destroy(object).is_ok());
    }
    assert_eq!(court.rows(), rows);

    court.configure(&json!({ "environment_id": environment, "dataverse_url": ours })).expect_ok();
    court.weather(Fault::next("RetrieveCurrentOrganization", status(403, "0x80040220", "No.")));
    let doubt = "Nobody can tell whose the provider's dataverse_url is";
    court.refresh(&reference).expect_warning("dataverse_url", doubt, &["0x80040220"]).expect_ok();
    court.refresh(&credential).expect_quiet();
}

#[test]
fn a_list_ends_whatever_a_service_says() {
    let court = Court::new();
    let id = court.place().environment_id.replace('-', "");
    let (head, tail) = id.split_at(id.len() - 2);
    let row = json!({ "name": "c", "properties": {
        "apiId": "/providers/Microsoft.PowerApps/apis/shared_uiflow", "displayName": "Robot", "statuses": [],
    } });
    for (rows, expected, said) in [(1_000, 51, "more rows than anybody has"), (1_001, 1, "no more than 1000")] {
        let next =
            format!("https://{head}.{tail}.environment.api.powerplatform.com/connectivity/connections?page={{struck}}");
        let page = json!({ "value": vec![&row; rows], "nextLink": next });
        let ever_new = Effect::Answer(Crafted::new(200, &page.to_string()));
        court.sandbox().clear_faults();
        court.weather(Fault::next("/connectivity/connections", ever_new).times(u32::MAX));
        let before = court.sandbox().journal().len();
        let refused = court.import(CONNECTION, "No Body");
        assert!(refused.to_string().contains(said), "{refused}");
        let journal = court.sandbox().journal();
        let asked = journal[before..].iter().filter(|one| one.target.contains("/connectivity/connections")).count();
        assert_eq!(asked, expected, "{rows} rows on each page");
    }
}

#[test]
fn what_was_written_is_what_was_sent_whatever_the_answer_makes_of_it() {
    let set = "/properties/connectionParametersSet/values/tokenRunOwnerCert:clientId/value";
    for (place, value) in
        [(set, ""), (set, "nobody"), ("/properties/displayName", ""), ("/properties/displayName", "Other")]
    {
        let court = Court::new();
        let (_, credential) = court.made_credential();
        court.share("credentials", &credential.attr("id"), &court.place().run_owner_client_id);
        let altered = Effect::Altered(vec![(place.to_owned(), json!(value))]);
        court.weather(Fault::next("/connections/", altered).times(2));
        let config = owned(&court, &credential, &secrets().pfx, PASSWORD);
        let made = court.create(CONNECTION, &config).expect_ok();
        assert_eq!(made["display_name"], "Robot");
        assert_eq!(made["run_owner"]["client_id"], court.place().run_owner_client_id.as_str());
    }
}

#[test]
fn an_answer_about_another_connection_says_nothing_of_this_one() {
    let court = Court::new();
    let (.., connection) = court.made_chain();
    for name in ["", "b0000000-0000-4000-8000-0000000000b1"] {
        let altered = Effect::Altered(vec![("/name".to_owned(), json!(name))]);
        court.weather(Fault::next("/connections/", altered));
        let summary = format!("Cannot read the connection Robot ({})", connection.attr("id"));
        court.refresh(&connection).expect_error("", &summary, &["about another connection"]);
    }
    court.refresh(&connection).expect_quiet();
}
