//! Every request can be found again: it bears the id of its run and one of its own, a refusal is told with both, and each write stands in
//! the log with the address of its object, so that an auditor can follow a change from a pipeline to a row.

use std::collections::BTreeSet;

use acceptance_tests::court::{CONNECTION, Court, REFERENCE};
use acceptance_tests::world::{CHAIN, World};
use sandbox::{Effect, Exchange, Fault};
use serde_json::json;

const RUN: &str = "x-ms-correlation-request-id";
const REQUEST: &str = "x-ms-client-request-id";
const SIGN_IN: &str = "client-request-id";
const OURS: &str = "0b5e4711-0000-4000-8000-000000004711";
const VARIABLE: &str = "ARM_CORRELATION_REQUEST_ID";

/// What every request says of the run, and that no two say the same of themselves.
#[track_caller]
fn runs(journal: &[Exchange]) -> BTreeSet<&str> {
    let own: BTreeSet<&str> = journal.iter().filter_map(|one| one.id(REQUEST)).collect();
    assert_eq!(own.len(), journal.len(), "each request has an id of its own");
    journal.iter().map(|one| one.id(RUN).expect("each request is of a run")).collect()
}

#[test]
fn a_run_has_the_id_that_the_pipeline_gives_it_at_every_service_else_one_for_each_process() {
    let mut court = Court::unconfigured(&[(VARIABLE, OURS)]);
    court.next_run();
    let _ = court.made_chain();
    let journal = court.sandbox().journal();
    assert_eq!(runs(&journal), BTreeSet::from([OURS]));
    for service in ["login.", ".vault.", "api.bap.", "dynamics.com", ".environment.api."] {
        assert!(journal.iter().any(|one| one.host.contains(service)), "{service} was asked");
    }
    // What a sign-in's log calls the correlation id.
    let sign_ins = journal.iter().filter(|one| one.host.starts_with("login."));
    assert!(sign_ins.into_iter().all(|one| one.id(SIGN_IN) == Some(OURS)));

    let mut courts = [Court::unconfigured(&[]), Court::unconfigured(&[])];
    let runs = courts.each_mut().map(|court| {
        // A second Configure is of the same process.
        court.next_run();
        court.create(REFERENCE, &court.reference()).expect_quiet();
        court.next_run();
        court.list(REFERENCE, &json!({})).expect_quiet();
        let journal = court.sandbox().journal();
        let runs = runs(&journal);
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.into_iter().next().map(str::to_owned)
    });
    assert_ne!(runs[0], runs[1]);
}

#[test]
fn a_run_that_no_header_can_name_is_an_error_at_once() {
    let mut court = Court::unconfigured(&[(VARIABLE, "a\nb")]);
    let block = json!({ "environment_id": court.place().environment_id });
    court.configure(&block).expect_error("", "ARM_CORRELATION_REQUEST_ID cannot be sent", &["printable ASCII"]);
    assert_eq!(court.sandbox().tunnels(), 0);
}

/// The error of an import while a service answers like this, and the last request to it.
#[track_caller]
fn refused(court: &Court, host: &str, effect: Effect) -> (String, Exchange) {
    court.weather(Fault::next(host, effect).times(9));
    let id = format!("{}/cto_robot_certificate", court.place().environment_id);
    let told = court.import(REFERENCE, &id);
    court.sandbox().clear_faults();
    let journal = court.sandbox().journal();
    let last = journal.iter().rfind(|one| one.host.contains(host)).expect("it was asked").clone();
    let shown = told.to_string();
    told.expect_refused();
    (shown, last)
}

#[test]
fn what_a_service_refuses_is_told_with_the_ids_of_the_request() {
    let status = |status, code: &str| Effect::Status(status, code.to_owned(), "No.".to_owned());
    for (host, effect) in [
        ("dynamics.com", status(403, "0x80040220")),
        ("dynamics.com", status(500, "0x80040216")),
        ("dynamics.com", Effect::Html(403)),
        ("dynamics.com", Effect::NotJson),
        ("dynamics.com", Effect::Throttle(0)),
        // Where it refuses, another service is asked.
        ("api.bap.", status(400, "BadRequest")),
    ] {
        let mut court = Court::unconfigured(&[(VARIABLE, OURS)]);
        court.next_run();
        let (told, last) = refused(&court, host, effect);
        let ids = format!("client request id {}, correlation id {OURS})", last.id(REQUEST).expect("it has one"));
        assert!(told.contains(&ids), "{ids} is not in {told}");
    }
}

#[test]
fn a_refused_sign_in_and_a_refused_vault_are_told_with_the_ids_of_the_request() {
    let mut court = Court::unconfigured(&[(VARIABLE, OURS), ("ARM_CLIENT_SECRET", "wrong")]);
    court.next_run();
    let told = court.list(REFERENCE, &json!({}));
    let journal = court.sandbox().journal();
    let sign_in = journal.iter().rfind(|one| one.host.starts_with("login.")).expect("it was tried");
    let ids = format!("client request id {}, correlation id {OURS})", sign_in.id(REQUEST).expect("it has one"));
    assert!(told.to_string().contains(&ids), "{ids} is not in {told}");
    told.expect_refused();

    let mut court = Court::unconfigured(&[(VARIABLE, OURS)]);
    court.next_run();
    court.weather(Fault::next(".vault.", Effect::Status(403, "Forbidden".to_owned(), "No.".to_owned())).times(9));
    let told = court.plan(REFERENCE, None, &court.reference());
    let ids = format!("correlation id {OURS})");
    told.expect_warning("key_vault_id", "A certificate could not be read", &["client request id ", &ids]).expect_ok();
}

#[test]
fn a_connection_that_the_service_calls_failed_is_told_with_the_ids_of_the_request() {
    let mut court = Court::unconfigured(&[(VARIABLE, OURS)]);
    court.next_run();
    let (_, credential) = court.made_credential();
    let status = json!([{ "status": "Error", "error": { "code": "Unauthorized", "message": "No." } }]);
    let changes = vec![("/properties/statuses".to_owned(), status)];
    court.weather(Fault::next("/connectivity/connectors/", Effect::Altered(changes)).method("GET").times(99));
    let refused = court.create(CONNECTION, &court.connection(&credential));
    let told = refused.to_string();
    let last = court.sandbox().journal().iter().rfind(|one| one.target.contains("/connections/")).cloned();
    let id = last.as_ref().and_then(|last| last.id(REQUEST)).expect("it was asked for");
    assert!(told.contains(&format!("(client request id {id}, correlation id {OURS})")), "{id} is not in {told}");
    refused.expect_refused();
}

/// What the log tells of writes: the method and the address of each, and that it was this run's.
fn logged(log: &str) -> Vec<String> {
    let field = |line: &str, name: &str| {
        let value = line.split(&format!(" {name}=")).nth(1).unwrap_or_default();
        value.trim_start_matches('"').split(['"', ' ', '\n']).next().unwrap_or_default().to_owned()
    };
    let told = log.lines().filter(|line| line.contains("[INFO]") && line.contains("Wrote to a service"));
    let told = told.inspect(|line| assert_eq!(field(line, "correlation_id"), OURS, "{line}"));
    told.map(|line| {
        let ids =
            [field(line, "method"), field(line, "address"), field(line, "status"), field(line, "client_request_id")];
        ids.join(" ")
    })
    .collect()
}

/// The same as the services have it.
fn written(journal: &[Exchange]) -> Vec<String> {
    let mut written = Vec::new();
    for one in journal.iter().filter(|one| one.is_write()) {
        let (status, id) = (one.status.unwrap_or_default(), one.id(REQUEST).unwrap_or_default());
        if one.parts.is_empty() {
            let path = one.target.split('?').next().unwrap_or_default();
            written.push(format!("{} https://{}{path} {status} {id}", one.method, one.host));
        }
        for part in &one.parts {
            // A row that was made is told by the id in its body, in a column that is named as its table.
            let path = part.target.split('?').next().unwrap_or_default();
            let body = part.body.clone().unwrap_or_default();
            let set = path.rsplit('/').next().unwrap_or_default();
            let made = body[format!("{}id", set.trim_end_matches('s'))].as_str().map(|id| format!("({id})"));
            let row = made.unwrap_or_default();
            written.push(format!("{} https://{}{path}{row} {status} {id}", part.method, one.host));
        }
    }
    written
}

#[test]
fn an_auditor_finds_every_write_in_the_log_with_its_row_and_its_run_and_no_secret() {
    let mut world = World::new();
    world.set(VARIABLE, OURS);
    world.set("TF_LOG", "INFO");
    let log = world.folder().join("log");
    world.set("TF_LOG_PATH", &log.display().to_string());
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    world.write("main.tf", &CHAIN.replace("display_name     = \"Robot\"", "display_name     = \"Other\""));
    world.apply().expect_quiet();
    world.destroy().expect_quiet();

    let log = std::fs::read_to_string(log).expect("Terraform logs");
    let (mut told, mut done) = (logged(&log), written(&world.sandbox().journal()));
    assert!(["POST", "PUT", "DELETE"].iter().all(|method| done.iter().any(|one| one.starts_with(method))), "{done:#?}");
    told.sort();
    done.sort();
    assert_eq!(told, done);
    assert!(!log.contains(&world.place().client_secret) && !log.contains("eyJ"), "neither a secret nor a token");
}

#[test]
fn a_write_that_is_lost_on_its_way_back_stands_in_the_log_with_its_row() {
    let folder = tempfile::tempdir().expect("the disk is not full");
    let log = folder.path().join("log");
    let mut court = Court::logged(&log);
    court.next_run();
    let (_, credential) = court.made_credential();
    court.weather(Fault::next("/connectivity/connectors/", Effect::ResetAfter).method("PUT"));
    let connection = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    let log = std::fs::read_to_string(log).expect("the provider logs");
    let address = format!("/connections/{}", connection.attr("id"));
    let told: Vec<&str> =
        log.lines().filter(|line| line.contains("Wrote to a service") && line.contains(&address)).collect();
    assert!(told[0].contains("heard nothing of it") && told[1].contains("\"status\":20"), "{told:#?}");
    let ids: BTreeSet<&str> =
        told.iter().filter_map(|line| line.split("\"client_request_id\":\"").nth(1)?.split('"').next()).collect();
    assert_eq!((told.len(), ids.len()), (2, 2), "each try has an id of its own: {told:#?}");
}
