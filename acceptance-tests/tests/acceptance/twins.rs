//! Connections that are the same, which no server keeps apart: looked for before one is made, and again after.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, Object, with};
use expect_test::expect;
use sandbox::{Effect, Fault};
use serde_json::{Value, json};

const EXISTS: &str = "The connection \"Robot\" with this credential and machine group exists already";
const TWIN: &str = "There is another such connection";

/// A chain, and what another connection with a credential of its own is to be.
fn with_second(court: &Court) -> (Object, Object, Value) {
    let (reference, credential, connection) = court.made_chain();
    let second = json!({ "name": "Second", "username_schema_name": "cto_second" });
    let second = court.create(CREDENTIAL, &with(court.credential(&reference), second)).expect_quiet();
    (credential, connection, court.connection(&second))
}

fn named(config: Value, display_name: &str) -> Value {
    with(config, json!({ "display_name": display_name }))
}

#[test]
fn two_connections_are_told_apart_by_whatever_the_service_says() {
    // What the list does not say is read by id.
    for lists_values in [true, false] {
        let court = Court::new();
        court.switch(|switches| switches.connectivity.lists_values = lists_values);
        let (credential, connection, second) = with_second(&court);
        court.create(CONNECTION, &second).expect_quiet();
        let created = court.create(CONNECTION, &court.connection(&credential));
        let refusal = created.to_string();
        created.expect_error("display_name", EXISTS, &[&connection.attr("id")]);
        assert!(!refusal.contains("does not say"), "{refusal}");
    }
    // What nobody says cannot tell them apart.
    let court = Court::new();
    court.hide_connection_values();
    let (_, connection, second) = with_second(&court);
    let unsaid = "does not say its credential, machine group, user name, run owner";
    let parts = [&connection.attr("id"), unsaid, "another display_name"];
    court.create(CONNECTION, &second).expect_error("display_name", EXISTS, &parts);
    court.create(CONNECTION, &named(second.clone(), "Second")).expect_quiet();
    // One that is gone by now is in nobody's way, be it listed or not.
    court.remove_connection(&connection.attr("id"));
    court.create(CONNECTION, &second).expect_ok();
}

#[test]
fn of_two_that_are_made_at_once_the_later_one_goes() {
    let court = Court::new();
    let (credential, connection, _) = with_second(&court);
    let theirs = court.twin_connection(&connection.attr("id"), "Twin", -60);
    court.forget();
    let created = court.create(CONNECTION, &named(court.connection(&credential), "Twin"));
    let summary = EXISTS.replace("Robot", "Twin");
    let block = format!("id = \"{}/{theirs}\"", court.place().environment_id);
    let left = created.expect_error("display_name", &summary, &["was deleted again", "import {", &block]);
    assert!(left.is_none(), "it is not there any more");
    expect![[r#"
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Twin","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 201
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
          GET connectivity /connections/«id3»?filter=environment eq '«environment»' -> 200
          DELETE connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]]
    .assert_eq(&court.told());
    assert_eq!(court.connections().len(), 2, "{:?}", court.connections());

    // What could not be deleted is remembered.
    let theirs = court.twin_connection(&connection.attr("id"), "Stuck", -60);
    let refused = Effect::Status(403, "Forbidden".into(), "It may not be deleted.".into());
    court.weather(Fault::next("/shared_uiflow/connections/", refused).method("DELETE"));
    let created = court.create(CONNECTION, &named(court.connection(&credential), "Stuck"));
    let left = created.expect_error("", "Cannot create the connection Stuck", &[&theirs, "may not be deleted"]);
    assert!(left.expect("it is still there").is_tainted());

    // The earlier one stays, and is warned of the other.
    let theirs = court.twin_connection(&connection.attr("id"), "Triplet", 3600);
    let created = court.create(CONNECTION, &named(court.connection(&credential), "Triplet"));
    let created = created.expect_warning("display_name", TWIN, &[&theirs, "Nothing was deleted"]).expect_ok();
    assert_eq!(created.attr("status"), "Connected");
    assert_eq!(court.connections().len(), 6);
}

#[test]
fn what_cannot_be_told_apart_for_certain_is_warned_of_and_stays() {
    let court = Court::new();
    let (credential, connection, _) = with_second(&court);
    court.hide_connection_values();
    let theirs = court.twin_connection(&connection.attr("id"), "Twin", -60);
    let created = court.create(CONNECTION, &named(court.connection(&credential), "Twin"));
    let parts = [&theirs, "does not say the credential, machine group, user name, run owner", "another display_name"];
    created.expect_warning("display_name", TWIN, &parts).expect_ok();
    assert_eq!(court.connections().len(), 3);
}

#[test]
fn a_change_that_arrives_at_the_same_is_warned_of() {
    let court = Court::new();
    let (credential, connection, _) = with_second(&court);
    let theirs = court.twin_connection(&connection.attr("id"), "Twin", -60);
    let changed = court.change(&connection, &named(court.connection(&credential), "Twin"));
    changed.expect_warning("display_name", TWIN, &[&theirs, "Nothing was deleted"]).expect_ok();
    assert_eq!(court.connections().len(), 2);
}

#[test]
fn a_list_of_before_takes_nothing_back() {
    let court = Court::new();
    let (_, credential, connection) = court.made_chain();
    court.switch(|switches| switches.connectivity.lists_deleted = true);
    court.destroy(&connection).expect_quiet();
    let again = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    assert_ne!(again.attr("id"), connection.attr("id"));
    // Nor does a list that is refused: what was made is there.
    court.weather(Fault::next(
        "/connectivity/connections",
        Effect::Status(404, "EnvironmentNotFound".into(), "No.".into()),
    ));
    let created = court.create(CONNECTION, &named(court.connection(&credential), "Second"));
    let doubt = "Nobody can tell whether there is another such connection";
    created.expect_warning("", doubt, &["EnvironmentNotFound"]).expect_ok();
    assert_eq!(court.connections().len(), 2);
}

#[test]
fn two_of_one_configuration_are_told_of_each_other_and_not_to_import() {
    let court = Court::new();
    let (_, credential, _) = court.made_chain();
    let config = court.connection(&credential);
    // This run has made the other one.
    let two = ["Two connections of this configuration", "display_name of its own"];
    let refused = court.create(CONNECTION, &config);
    assert!(!refused.to_string().contains("import {"), "{refused}");
    let summary = "The connection \"Robot\" with this credential and machine group exists already";
    refused.expect_error("display_name", summary, &two);
    // Neither is there yet.
    let other = with(config, json!({ "display_name": "Other" }));
    court.plan(CONNECTION, None, &other).expect_quiet();
    court
        .plan(CONNECTION, None, &other)
        .expect_warning("display_name", "Two connections are the same", &two)
        .expect_ok();
}
