//! Always bounded: an operation ends with its time or when Terraform asks it to stop, and nothing is asked after that.

use std::process::Command;
use std::time::Duration;

use acceptance_tests::court::{CONNECTION, Court, Object, REFERENCE, Ruling, with};
use acceptance_tests::world::{self, CREDENTIAL, World};
use sandbox::{Effect, Fault};
use serde_json::{Value, json};

/// As good as never, for an answer.
const NEVER: Effect = Effect::Delay(3_600_000);
const DEFINITIONS: &str = "environmentvariabledefinitions";
const CONNECTIONS: &str = "/connectivity/connectors/";

fn hurried(config: Value) -> Value {
    let second = "1s";
    with(config, json!({ "timeouts": { "create": second, "read": second, "update": second, "delete": second } }))
}

/// The journal holds nothing of a host: whatever was begun there is held back, and nothing was asked in its place.
#[track_caller]
fn expect_unanswered(court: &Court, asked: &str, at_most: u32) {
    assert!(!court.conversation().iter().any(|line| line.starts_with(asked)), "{:?}", court.conversation());
    let begun = 100 - court.sandbox().weather_to_come();
    assert!((1..=at_most).contains(&begun), "{begun} requests were begun");
}

#[test]
fn a_create_whose_service_never_answers_ends_in_its_time() {
    let court = Court::new();
    court.weather(Fault::next("dynamics.com", NEVER).method("POST").times(100));
    let refused = court.create(REFERENCE, &hurried(court.reference()));
    assert!(refused.to_string().contains("whether it was carried out is not known"), "{refused}");
    assert!(refused.expect_refused().is_some(), "what may be there is remembered");
    expect_unanswered(&court, "POST contoso.crm4.dynamics.com", 1);
}

#[test]
fn a_plan_whose_vault_never_answers_ends_in_its_time_with_a_warning() {
    let court = Court::new();
    court.weather(Fault::next("vault.azure.net", NEVER).times(100));
    let planned = court.plan(REFERENCE, None, &hurried(court.reference()));
    let warned = ["The certificate robot in the vault kv-robots cannot be read", "1 second"];
    assert!(planned.expect_warning("key_vault_id", "A certificate could not be read", &warned).is_ok());
    // The judge plans twice.
    expect_unanswered(&court, "GET kv-robots.vault.azure.net", 2);
}

#[test]
fn a_refresh_and_a_removal_end_in_their_time() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &hurried(court.reference())).expect_ok();
    court.forget();
    court.weather(Fault::next("dynamics.com", NEVER).times(100));
    court.refresh(&reference).expect_error("", "The time is up", &["longer than 1 second"]);
    let left = court.destroy(&reference).expect_error("", "The time is up", &["longer than 1 second"]);
    assert!(left.is_some(), "what may be there is remembered");
    expect_unanswered(&court, "GET contoso.crm4.dynamics.com", 2);
}

#[test]
fn a_put_that_is_not_answered_in_time_is_returned_under_its_id() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.weather(Fault::next(CONNECTIONS, NEVER).method("PUT"));
    let created = court.create(CONNECTION, &hurried(court.connection(&credential)));
    let left = created.expect_refused().expect("what may exist is remembered");
    assert!(left.is_tainted() && left["id"].is_string(), "{:?}", left.attributes());
    let looked = court.sandbox().journal().iter().filter(|one| one.target.contains(&left.attr("id"))).count();
    assert_eq!(looked, 1, "the one settling read, and no second PUT: {:?}", court.conversation());
}

/// An operation is asked to stop while a request is held back: it ends at once, and nothing else is asked.
#[track_caller]
fn expect_interrupted<T>(court: &Court, held: Fault, work: impl FnOnce(&Court) -> Ruling<T>) {
    court.forget();
    let matching = held.matching.clone();
    court.weather(held);
    let ruling = court.stopping(work);
    assert!(ruling.to_string().contains("asked to stop"), "{ruling}");
    ruling.expect_refused();
    let said = court.conversation();
    assert!(said.iter().all(|line| !line.contains(&matching)), "{said:?}");
    court.sandbox().clear_faults();
}

#[test]
fn whoever_is_asked_to_stop_waits_for_no_answer_and_asks_nothing_more() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let get = |matching: &str| Fault::next(matching, NEVER).method("GET");
    expect_interrupted(&court, get(DEFINITIONS), |court| court.refresh(&reference));
    expect_interrupted(&court, get("/connectivity/"), |court| court.destroy(&credential));
    expect_interrupted(&court, get(CONNECTIONS), |court| court.refresh(&connection));
    let place = court.place().environment_id.clone();
    let by_name = format!("{place}/cto_robot_certificate");
    expect_interrupted(&court, get(DEFINITIONS), |court| court.import(REFERENCE, &by_name));
    expect_interrupted(&court, get("/connectivity/"), |court| court.list(CONNECTION, &json!({})));
    let id = json!({ "connection_id": connection["id"] });
    expect_interrupted(&court, get(CONNECTIONS), |court| court.invoke("powerautomate_verify_connection", &id));
}

#[test]
fn a_stop_ends_the_wait_for_another_try() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    court.weather(Fault::next(DEFINITIONS, Effect::Throttle(50)).method("GET"));
    court.stopping(|court| court.refresh(&reference)).expect_error("", "Interrupted", &["asked to stop"]);
    let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
    court.weather(Fault::next("$batch", Effect::Throttle(50)));
    let refused = court.stopping(|court| court.create(REFERENCE, &other)).expect_error("", "Interrupted", &[]);
    assert!(refused.is_none(), "the service has refused it, and it was not tried again");
    assert_eq!(court.writes().len(), 1, "{:?}", court.writes());
}

#[test]
fn a_stop_while_a_token_is_asked_for_begins_no_request() {
    let court = Court::new();
    court.weather(Fault::next("login.microsoftonline.com", NEVER));
    let by_name = format!("{}/cto_robot_certificate", court.place().environment_id);
    let ruling = court.stopping(|court| court.import(REFERENCE, &by_name));
    assert!(ruling.to_string().contains("asked to stop"), "{ruling}");
    ruling.expect_refused();
    assert_eq!(court.conversation(), Vec::<String>::new());
}

#[test]
fn a_write_that_is_under_way_is_finished_and_nothing_is_asked_after_it() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.weather(Fault::next(CONNECTIONS, Effect::Delay(1500)).method("PUT"));
    let created = court.stopping(|court| court.create(CONNECTION, &court.connection(&credential)));
    let left = created.expect_error("", "Interrupted", &["asked to stop"]).expect("it exists");
    assert_eq!(court.connections().len(), 1);
    let asked: Vec<String> = court
        .sandbox()
        .journal()
        .iter()
        .filter(|one| one.target.contains(&left.attr("id")))
        .map(|one| one.method.clone())
        .collect();
    assert_eq!(asked, ["PUT"], "no poll follows");
    let read = court.refresh(&left).expect_quiet().expect("the next refresh finds it");
    assert_eq!(read.attr("id"), left.attr("id"));
}

#[test]
fn a_stop_ends_the_wait_for_a_connection() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.sandbox().switches(|switches| switches.connectivity.settles_after_ms = 3_600_000);
    // The second reading is held back; the list before the PUT is the first of these requests.
    let reading = format!("{CONNECTIONS}shared_uiflow/connections/");
    court.weather(Fault::next(&reading, Effect::Delay(0)).method("GET"));
    court.weather(Fault::next(&reading, NEVER).method("GET"));
    let created = court.stopping(|court| court.create(CONNECTION, &court.connection(&credential)));
    let left: Option<Object> = created.expect_error("", "Interrupted", &["asked to stop"]);
    assert!(left.is_some_and(|left| left.is_tainted()));
}

#[test]
fn ten_connections_at_once_share_one_cycle_of_tries() {
    let world = World::new();
    world.write("main.tf", CREDENTIAL);
    world.apply().expect_quiet();
    world.write("connections.tf", &world::connections(10));
    world.forget_conversation();
    let busy = Effect::Status(503, "ServiceUnavailable".into(), "Busy.".into());
    world.weather(Fault::next("/connectivity/", busy).method("GET").times(100));
    let outcome = world.apply();
    let refused = outcome.to_string().matches("Cannot create the connection Robot").count();
    assert!(refused >= 10, "{outcome}");
    // Ten one after the other would be fifty.
    let listed = world.conversation().iter().filter(|line| line.contains("/connectivity/")).count();
    assert_eq!(listed, 5, "{:?}", world.conversation());
}

#[test]
fn no_write_begins_once_the_parent_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut court = Court::below_a_shell(folder.path());
    court.weather(Fault::next("$batch", Effect::Throttle(1)).times(100));
    let shell = court.judge_mut().plugin().id().to_string();
    std::thread::scope(|scope| {
        let (sandbox, shell) = (court.sandbox(), &shell);
        scope.spawn(move || {
            assert!(sandbox.wait_for(Duration::from_secs(60), |exchange| exchange.target.contains("$batch")));
            let killed = Command::new("kill").args(["-KILL", shell]).status();
            assert!(killed.is_ok_and(|status| status.success()));
        });
        assert!(!court.create(REFERENCE, &court.reference()).is_ok());
    });
    // The pipe is closed when the provider has ended, too.
    court.judge_mut().plugin().stderr();
    assert_eq!(court.writes().len(), 1, "{:?}", court.writes());
}
