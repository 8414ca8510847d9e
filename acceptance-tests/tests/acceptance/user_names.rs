//! Whose the variable of a credential's user name is: what is told of it, what agrees with it, and what would be lost with it.

use acceptance_tests::court::{Action, CREDENTIAL, Court, Object, REFERENCE, with};
use serde_json::{Value, json};

use crate::cba_credential::username;
use crate::solutions::solutions;

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

/// A text variable that somebody else has made, and its id.
fn shared(court: &Court) -> String {
    let text = json!({
        "schemaname": "cto_shared_user", "displayname": "User", "type": 100_000_000, "defaultvalue": "robot@contoso.com",
    });
    court.insert(DEFINITIONS, text)
}

#[test]
fn whose_the_variable_is_is_told_and_written_down() {
    let court = Court::new();
    let (reference, own) = court.made_credential();
    let theirs = json!({ "username": null, "username_variable_id": shared(&court) });
    let theirs = court.create(CREDENTIAL, &with(court.credential(&reference), theirs)).expect_quiet();
    for (credential, is_own) in [(&own, true), (&theirs, false)] {
        assert_eq!(credential["username_variable_managed"], is_own);
        let id = format!("{}/{}", court.place().environment_id, credential.attr("id"));
        let imported = court.import(CREDENTIAL, &id).expect_ok();
        assert_eq!(imported["username_variable_managed"], is_own);
        let written = court.judge().generate(imported.instance()).unwrap_or_else(|failure| panic!("{failure}"));
        let says = ["username", "username_schema_name", "username_variable_id"].map(|name| !written.at(name).is_null());
        assert_eq!(says, [is_own, is_own, !is_own], "{written:?}");
        let config = serde_json::from_str(&judge::json::to_json(&written)).expect("JSON");
        assert_eq!(court.plan(CREDENTIAL, Some(&imported), &config).expect_quiet(), Action::NoOp);
    }
    // Somebody makes it the company's: it is not the credential's own any more.
    court.patch(DEFINITIONS, &own.attr("username_variable_id"), json!({ "description": "The user of all robots." }));
    let now = court.refresh(&own).expect_quiet().expect("it is there");
    assert_eq!(now["username_variable_managed"], false);
}

#[test]
fn all_that_is_known_of_the_variable_may_be_said_where_it_agrees() {
    let court = Court::new();
    let (reference, own) = court.made_credential();
    let shared = shared(&court);
    let name = "username_schema_name does not agree with username_variable_id";
    let user = "username does not agree with username_variable_id";
    let said = |credential: &Object| {
        let names = ["username", "username_schema_name", "username_variable_id"];
        let said = names.map(|name| (name.to_owned(), credential[name].clone()));
        with(court.credential(&reference), Value::Object(said.into_iter().collect()))
    };
    let theirs = json!({ "username_variable_id": shared, "username_schema_name": "cto_shared_user" });
    let theirs = with(court.credential(&reference), theirs);
    for (wrong, summary, attribute) in [
        (json!({ "username_schema_name": "cto_other" }), name, "username_schema_name"),
        (json!({ "username": "else@contoso.com" }), user, "username"),
    ] {
        let wrong = with(theirs.clone(), wrong);
        let planned = court.plan(CREDENTIAL, None, &wrong);
        // Whoever keeps the variable may still change what it holds, and not what it is called.
        if attribute == "username" {
            let parts = ["Leave one of the two out", "robot@contoso.com", "the apply will fail"];
            planned.expect_warning(attribute, "The user name does not agree with its variable", &parts).expect_ok();
        } else {
            let parts = ["Leave one of the two out", "cto_shared_user", "terraform destroy -refresh=false"];
            planned.expect_error(attribute, summary, &parts);
        }
        // Where the plan does not know the variable yet, the apply holds the two against each other.
        let made = court.apply(CREDENTIAL, None, &wrong, &["username_variable_id"]);
        assert!(made.expect_error(attribute, summary, &["Leave one of the two out"]).is_none(), "nothing was made");
    }
    let theirs = court.create(CREDENTIAL, &theirs).expect_quiet();
    assert_eq!(court.plan(CREDENTIAL, Some(&theirs), &said(&theirs)).expect_quiet(), Action::NoOp);
    let changed = with(said(&theirs), json!({ "username": "else@contoso.com" }));
    court.change(&theirs, &changed).expect_error("username", user, &["robot@contoso.com"]);
    // Somebody has changed it between the plan and the apply.
    court.patch(DEFINITIONS, &shared, json!({ "defaultvalue": "else@contoso.com" }));
    let theirs = court.change(&theirs, &changed).expect_ok();
    assert_eq!(theirs["username"], "else@contoso.com");

    assert_eq!(court.plan(CREDENTIAL, Some(&own), &said(&own)).expect_quiet(), Action::NoOp);
    let renamed = with(said(&own), json!({ "username_schema_name": "cto_other" }));
    court.plan(CREDENTIAL, Some(&own), &renamed).expect_error("username_schema_name", name, &[]);
    // What its own variable holds is changed.
    let changed = with(said(&own), json!({ "username": "ROBOT@contoso.com" }));
    let own = court.change(&own, &changed).expect_quiet();
    assert_eq!(username(&court, &own.attr("username_variable_id")), "ROBOT@contoso.com");
    // But it does not outlive the credential.
    let second = with(court.reference(), json!({ "schema_name": "cto_second" }));
    let second = court.create(REFERENCE, &second).expect_quiet();
    let moved = with(said(&own), json!({ "certificate_reference_id": second["id"] }));
    let summary = "The user name's variable goes with the credential";
    let planned = court.plan(CREDENTIAL, Some(&own), &moved);
    planned.expect_warning("username_variable_id", summary, &["Take username_variable_id out"]).expect_ok();
}

#[test]
fn a_replacement_that_would_leave_nothing_is_an_error_of_its_plan() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    // Somebody made the variable the company's; its name is that which the new one would have.
    court.patch(DEFINITIONS, &credential.attr("username_variable_id"), json!({ "description": "The user of all." }));
    let credential = court.refresh(&credential).expect_quiet().unwrap();
    let renamed = with(court.credential(&reference), json!({ "username": "else@contoso.com" }));
    let (summary, parts) = ("The user name's variable needs another name", ["is not taken", "stays"]);
    court.plan(CREDENTIAL, Some(&credential), &renamed).expect_error("username_schema_name", summary, &parts);
    let elsewhere = with(renamed, json!({ "username_schema_name": "cto_robot_user" }));
    assert_eq!(court.plan(CREDENTIAL, Some(&credential), &elsewhere).expect_ok(), Action::Replace);
    // A reference that is to get the name of another one.
    court.insert(DEFINITIONS, json!({ "schemaname": "cto_theirs", "displayname": "Theirs", "type": 100_000_000 }));
    let taken = with(court.reference(), json!({ "schema_name": "cto_theirs" }));
    let summary = "The environment variable \"cto_theirs\" exists already";
    court.plan(REFERENCE, Some(&reference), &taken).expect_error("schema_name", summary, &["import {"]);
}

#[test]
fn a_user_name_that_another_credential_uses_too_is_an_error_of_the_plan() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    let theirs = json!({ "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "username": variable });
    court.insert("credentials", theirs);
    let renamed = with(court.credential(&reference), json!({ "username": "else@contoso.com" }));
    let (summary, parts) =
        ("The user name cannot be changed here", ["another username_schema_name", "not this credential's alone"]);
    court.plan(CREDENTIAL, Some(&credential), &renamed).expect_error("username", summary, &parts);
    // One that is not known yet may be the same.
    let later = court.plan_not_knowing(CREDENTIAL, Some(&credential), &renamed, &["username"]);
    assert_eq!(later.expect_ok(), Action::Update);
    // An inactive variable is activated all the same: whoever uses it can sign in again.
    court.patch(DEFINITIONS, &variable, json!({ "statecode": 1, "statuscode": 2 }));
    let drifted = court.refresh(&credential).expect_ok().unwrap();
    let mended = court.change(&drifted, &court.credential(&reference)).expect_ok();
    assert_eq!(court.refresh(&mended).expect_quiet().unwrap()["active"], true);
}

#[test]
fn what_is_managed_is_not_replaced() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    court.patch("credentials", &credential.attr("id"), json!({ "ismanaged": true }));
    court.patch(DEFINITIONS, &reference.attr("id"), json!({ "ismanaged": true }));
    let (summary, parts) = ("What is managed cannot be replaced", ["terraform state rm"]);
    let credential = court.refresh(&credential).expect_quiet().unwrap();
    let moved = with(court.credential(&reference), json!({ "username_schema_name": "cto_else" }));
    court.plan(CREDENTIAL, Some(&credential), &moved).expect_error("managed", summary, &parts);
    let reference = court.refresh(&reference).expect_quiet().unwrap();
    let moved = with(court.reference(), json!({ "schema_name": "cto_else" }));
    court.plan(REFERENCE, Some(&reference), &moved).expect_error("managed", summary, &parts);
}

#[test]
fn a_variable_that_is_taken_up_joins_the_solution_and_its_plan_warns_of_nothing() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    court.remove_row("credentials", &credential.attr("id"));
    court.next_run();
    let config = with(court.credential(&reference), json!({ "solution_unique_name": "CtoRobots" }));
    court.plan(CREDENTIAL, None, &config).expect_quiet();
    court.next_run();
    let again = court.create(CREDENTIAL, &config).expect_quiet();
    assert_eq!(again.attr("username_variable_id"), variable);
    assert_eq!(solutions(&court, &json!(variable)), ["CtoRobots"]);
}

#[test]
fn a_variable_that_goes_with_a_credential_of_the_same_name_is_told_where_it_is_named() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    court.next_run();
    court.refresh(&credential).expect_quiet();
    // A tainted object is planned like a new one.
    let named = json!({ "username_variable_id": credential["username_variable_id"], "username": null });
    let planned = court.plan(CREDENTIAL, None, &with(court.credential(&reference), named));
    let summary = "The user name's variable goes with the credential";
    planned.expect_warning("username_variable_id", summary, &["Take username_variable_id out"]).expect_ok();
}

#[test]
fn an_empty_user_name_is_generated_as_the_variable_that_holds_it() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    let value =
        court.rows_of(VALUES, "environmentvariabledefinitionid", &variable)[0]["environmentvariablevalueid"].clone();
    court.patch(VALUES, value.as_str().unwrap(), json!({ "value": "" }));
    let drifted = court.refresh(&credential).expect_ok().unwrap();
    let written = court.judge().generate(drifted.instance()).unwrap();
    assert_eq!(judge::json::to_json(written.at("username")), "null");
    assert_eq!(written.at("username_variable_id").as_str(), Some(variable.as_str()));
}

#[test]
fn two_credentials_on_one_reference_are_told_of_the_schema_name() {
    let court = Court::new();
    let (reference, first) = court.made_credential();
    let second = with(court.credential(&reference), json!({ "name": "Second" }));
    let attribute = "username_schema_name";
    let taken = "The user name variable \"cto_robot_certificate_username\" of the credential \"Robot\" exists already";
    // This run has made the first one.
    let two = ["Two credentials on one certificate reference", "set username_schema_name in one of them"];
    court.create(CREDENTIAL, &second).expect_error(attribute, taken, &two);
    // The first one is in this state.
    court.refresh(&first).expect_quiet();
    let own = "The name is that of an object in this state";
    let mut court = court;
    court.next_run();
    court.refresh(&first).expect_quiet();
    let planned = court.plan(CREDENTIAL, None, &second);
    planned.expect_warning(attribute, own, &[two[1], "moved", "nothing is wrong"]).expect_ok();
    // The first one is somebody else's, or was ours.
    court.next_run();
    court.create(CREDENTIAL, &second).expect_error(attribute, taken, &[two[1], "import {"]);
    // Neither is there yet.
    court.destroy(&first).expect_quiet();
    court.next_run();
    court.plan(CREDENTIAL, None, &court.credential(&reference)).expect_quiet();
    let both = "Two user names have the same username_schema_name";
    court.plan(CREDENTIAL, None, &second).expect_warning(attribute, both, &[two[1]]).expect_ok();
}
