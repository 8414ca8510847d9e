//! `powerautomate_desktop_flow_connection`: what each operation says to the services, and the connections that come of it.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use acceptance_tests::world::{CHAIN, World};
use expect_test::expect;
use serde_json::{Value, json};

/// A court with a second credential for the same certificate.
fn with_second(court: &Court, reference: &Object) -> Object {
    let changes = json!({ "name": "Second", "username_schema_name": "cto_second_username" });
    let second = court.create(CREDENTIAL, &with(court.credential(reference), changes)).expect_quiet();
    court.forget();
    second
}

#[test]
fn it_is_put_settles_is_read_and_goes() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let connection = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /flowmachinegroups(«Finance»)?select -> 200
          GET dataverse /WhoAmI -> 200
          GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Finance»)'} -> 200
        apply:
          token for connectivity -> 200
          GET connectivity /connections -> 200
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 201
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(connection.attr("status"), "Connected");
    assert_eq!(connection.attr("environment_id"), court.place().environment_id);
    assert_eq!(connection["run_owner"], Value::Null);
    assert_eq!(court.connections().len(), 1);

    court.refresh(&connection).expect_quiet().expect("it is there");
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]]
    .assert_eq(&court.told());
    court.destroy(&connection).expect_quiet();
    expect![[r#"
        apply:
          DELETE connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]]
    .assert_eq(&court.told());
    assert!(court.connections().is_empty());
}

#[test]
fn everything_is_changed_in_place() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let second = with_second(&court, &reference);
    let config = with(court.connection(&credential), json!({ "display_name": "Renamed" }));
    let changed = court.change(&connection, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Renamed","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
    "#]].assert_eq(&court.told());
    let config = with(config, json!({ "credential_id": second["id"] }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_second_username\")"}}},"credentialId":"«id3»","displayName":"Renamed","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
    "#]].assert_eq(&court.told());
    let config = with(config, json!({ "machine_group_id": court.place().other_machine_group_id }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        plan:
          GET dataverse /flowmachinegroups(«Warehouse»)?select -> 200
          GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Warehouse»)'} -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Warehouse»"},"username":{"value":"@environmentVariables(\"cto_second_username\")"}}},"credentialId":"«id3»","displayName":"Renamed","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
    "#]].assert_eq(&court.told());
    let config = with(config, json!({ "timeouts": { "create": "1m" } }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]]
    .assert_eq(&court.told());
    let shouted = with(config, json!({ "environment_id": court.place().environment_id.to_uppercase() }));
    assert_eq!(court.plan(CONNECTION, Some(&changed), &shouted).expect_quiet(), Action::NoOp);
    assert_eq!(changed.attr("id"), connection.attr("id"));
}

#[test]
fn another_environment_replaces() {
    let court = Court::new();
    let (_, credential, connection) = court.made_chain();
    let elsewhere = |config: Value| with(config, json!({ "environment_id": court.place().other_environment_id }));
    let behind = elsewhere(court.connection(&credential));
    let planned = court.plan(CONNECTION, Some(&connection), &behind);
    planned.expect_error("credential_id", "The credential does not exist", &["in this environment"]);
    let reference = court.create(REFERENCE, &elsewhere(court.reference())).expect_quiet();
    let credential = court.create(CREDENTIAL, &elsewhere(court.credential(&reference))).expect_quiet();
    let elsewhere = elsewhere(court.connection(&credential));
    assert_eq!(court.plan(CONNECTION, Some(&connection), &elsewhere).expect_ok(), Action::Replace);
}

#[test]
fn a_create_that_fails_is_tainted_and_an_update_that_fails_is_saved() {
    let world = World::new();
    let address = "powerautomate_desktop_flow_connection.robot";
    world.write("main.tf", CHAIN);
    world.let_connections_fail(true);
    world.apply().expect_error("resource", "Cannot create the connection Robot", &["Error"]);
    assert!(world.addresses().contains(&format!("{address} (tainted)")), "{:?}", world.addresses());

    world.let_connections_fail(false);
    world.plan().expect_quiet().expect_changes(&[&format!("replace {address}")]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.connections().len(), 1);

    world.let_connections_fail(true);
    world.write("main.tf", &CHAIN.replace("display_name     = \"Robot\"", "display_name     = \"Renamed\""));
    world.apply().expect_error("resource", "The connection Renamed is changed, and not connected", &["Error"]);
    assert_eq!(world.attr(address, "display_name"), "Renamed");
    assert_eq!(world.attr(address, "status"), "Error");
    world.let_connections_fail(false);
    let planned = world.plan();
    planned.expect_warning("resource", "The connection has failed", &["The machine refused the certificate."]);
    planned.expect_changes(&[&format!("update {address}")]);
    world.apply_plan().expect_ok();
    assert_eq!(world.attr(address, "status"), "Connected");
}

#[test]
fn a_service_that_keeps_the_old_credential_is_caught() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let second = with_second(&court, &reference);
    court.keep_old_connection_values();
    let config = with(court.connection(&credential), json!({ "credential_id": second["id"] }));
    let summary = "The service did not change credential_id";
    let left = court.change(&connection, &config).expect_error("credential_id", summary, &["-replace"]);
    assert_eq!(left.expect("it stays")["credential_id"], credential["id"]);
}

#[test]
fn nothing_is_taken_over() {
    let mut court = Court::new();
    let (_, credential, connection) = court.made_chain();
    court.next_run();
    let summary = "The connection \"Robot\" with this credential and machine group exists already";
    let block = format!("id = \"{}/{}\"", court.place().environment_id, connection.attr("id"));
    let created = court.create(CONNECTION, &court.connection(&credential));
    created.expect_error("display_name", summary, &["import {", &block]);
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn what_is_not_shared_or_of_another_kind_is_refused_by_name() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let config = court.connection(&credential);
    let unshared = json!({ "machine_group_id": court.place().unshared_machine_group_id });
    let created = court.create(CONNECTION, &with(config.clone(), unshared));
    created.expect_error("machine_group_id", "Cannot create the connection Robot", &["Share the machine group"]);
    court.forget();

    let password = json!({ "name": "Password", "credentialtype": 1, "connectiontype": 1, "usagetype": "280920000" });
    let theirs = court.insert("credentials", password);
    let created = court.create(CONNECTION, &with(config, json!({ "credential_id": theirs })));
    let summary = "The credential does not sign in with a certificate";
    created.expect_error("credential_id", summary, &["\"Password\""]);
    assert_eq!(court.writes(), Vec::<String>::new());
}

/// Whether a connection that the service does not know any more is believed to be gone, by a refresh and by a delete.
#[track_caller]
fn gone(court: &Court, connection: &Object, is_gone: bool, why: &str) {
    let id = connection.attr("id");
    court.remove_connection(&id);
    if is_gone {
        assert!(court.refresh(connection).expect_quiet().is_none());
        court.destroy(connection).expect_quiet();
        return;
    }
    let refreshed = court.refresh(connection);
    let parts = [&id, why, "terraform state rm"];
    let kept = refreshed.expect_warning("", "The connection cannot be seen", &parts).expect_ok().expect("it is kept");
    assert_eq!(kept.attributes(), connection.attributes());
    let left = court.destroy(connection).expect_error("", "Cannot delete the connection Robot", &parts);
    assert!(left.is_some(), "and a delete does not believe it either");
}

#[test]
fn one_that_cannot_be_seen_is_gone_only_if_we_have_made_it() {
    let mut court = Court::new();
    let (_, credential, connection) = court.made_chain();
    gone(&court, &connection, true, "");

    let theirs = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    court.sandbox().with(|world| {
        let environment = world.environment_mut(&court.place().environment_id).expect("it is there");
        let connection = environment.connections.get_mut(&theirs.attr("id")).expect("it was made");
        let maker = "b0000000-0000-4000-8000-0000000000b1".to_owned();
        connection.shared_with.insert(std::mem::replace(&mut connection.created_by.object_id, maker));
    });
    let theirs = court.refresh(&theirs).expect_quiet().expect("it is shared");
    gone(&court, &theirs, false, "is signed in as");

    // Where no maker is known, there is nobody to compare: the service's word counts.
    court.switch(|switches| switches.connectivity.names_maker = false);
    let nobody = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    assert_eq!(nobody["created_by"], Value::Null);
    gone(&court, &nobody, true, "");

    court.switch(|switches| switches.connectivity.names_maker = true);
    let ours = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    court.switch(|switches| switches.entra.names_principal = false);
    court.next_run();
    gone(&court, &ours, false, "does not say as whom");
}

#[test]
fn why_a_connection_has_failed_is_known_until_it_is_connected() {
    let court = Court::new();
    let (_, credential, connection) = court.made_chain();
    assert_eq!(connection["status_detail"], Value::Null);
    court.fail_connection(&connection.attr("id"));
    let failed = court.refresh(&connection).expect_quiet().expect("it is there");
    let reason = "Error (WindowsIdentityIncorrect): The machine refused the certificate.";
    assert_eq!((failed.attr("status"), failed.attr("status_detail")), ("Error".to_owned(), reason.to_owned()));
    let config = court.connection(&credential);
    let planned = court.plan(CONNECTION, Some(&connection), &config);
    planned.expect_warning("status", "The connection has failed", &[reason]).expect_ok();
    let mended = court.change(&failed, &config).expect_ok();
    assert_eq!((mended.attr("status"), &mended["status_detail"]), ("Connected".to_owned(), &Value::Null));
    court.plan(CONNECTION, Some(&mended), &config).expect_quiet();
}

#[test]
fn what_may_change_and_does_not_leaves_the_status_as_it_is() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let second = with_second(&court, &reference);
    court.switch(|switches| switches.connectivity.settles_after_ms = 3_600_000);
    let config = with(court.connection(&credential), json!({ "timeouts": { "update": "2s" } }));
    let renamed = with(config.clone(), json!({ "display_name": "Renamed" }));
    let left = court.change(&connection, &renamed).expect_refused().expect("it stays");
    assert_eq!(left.attr("status"), "Connecting");
    let same = court.apply(CONNECTION, Some(&left), &renamed, &["credential_id"]).expect_ok();
    assert_eq!(same.attr("status"), "Connecting");
    court.switch(|switches| switches.connectivity.settles_after_ms = 0);
    let other = with(renamed, json!({ "credential_id": second["id"] }));
    let changed = court.apply(CONNECTION, Some(&same), &other, &["credential_id"]).expect_ok();
    assert_eq!((changed.attr("status"), &changed["status_detail"]), ("Connected".to_owned(), &Value::Null));
    // One that has failed is written again, whatever comes of what is not known.
    court.fail_connection(&changed.attr("id"));
    let failed = court.refresh(&changed).expect_quiet().expect("it is there");
    let mended = court.apply(CONNECTION, Some(&failed), &other, &["credential_id"]).expect_ok();
    assert_eq!(mended.attr("status"), "Connected");
}
