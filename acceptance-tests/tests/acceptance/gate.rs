//! The gate before an organization: however many objects there are at once, the service is asked for no more than it lets a user ask for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use acceptance_tests::court::{Court, REFERENCE, with};
use acceptance_tests::world::World;
use judge::Instance;
use sandbox::{Crowd, Effect, Fault, Limits, Stage};
use serde_json::json;

/// So many references, which were read once: whoever reads one again asks for it by itself.
fn references(court: &Court, count: u32) -> Vec<Instance> {
    court.sandbox().with(|world| world.add_crowd(&Crowd::of(count))).expect("there is room");
    let environment_id = &court.place().environment_id;
    let import = |number| court.import(REFERENCE, &format!("{environment_id}/cto_crowd_{number:06}")).expect_quiet();
    let references: Vec<Instance> = (1..=count).map(|number| import(number).instance().clone()).collect();
    read(court, &references);
    court.forget();
    references
}

/// Reads them all at once; nothing is said of any.
#[track_caller]
fn read(court: &Court, references: &[Instance]) {
    let said = court.judge().refresh_at_once(references).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(said.concat(), []);
}

/// How often the organization was asked, and how often it has refused.
fn asked(court: &Court) -> (usize, usize) {
    let said = court.conversation();
    let asked = said.iter().filter(|line| line.contains(" contoso.crm4.dynamics.com "));
    (asked.clone().count(), asked.filter(|line| line.ends_with("-> 429")).count())
}

fn limit(court: &Court, limits: Limits) {
    court.switch(|switches| switches.dataverse.limits = Some(limits));
}

#[test]
fn sixty_at_once_are_no_more_than_the_service_bears() {
    let court = Court::new();
    let references = references(&court, 60);
    limit(&court, Limits { at_once: 30, ..Limits::default() });
    court.switch(|switches| switches.latency_milliseconds = 100);
    read(&court, &references);
    assert_eq!(asked(&court), (60, 0));
}

#[test]
fn where_the_service_says_that_little_is_left_it_is_asked_ever_more_slowly_and_never_in_vain() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut court = Court::logged(&log);
    court.next_run();
    let references = references(&court, 14);
    limit(&court, Limits { requests: 30, window_seconds: 3, ..Limits::default() });
    read(&court, &references[..1]);
    read(&court, &references[1..]);
    assert_eq!(asked(&court), (14, 0));
    let told = std::fs::read_to_string(&log).expect("the log is there");
    assert!(told.contains("the service says that little is left"), "nobody was made to wait");
}

#[test]
fn a_refusal_slows_all_and_is_met_by_one() {
    let court = Court::new();
    let references = references(&court, 40);
    const WAIT: Duration = Duration::from_secs(1);
    court.weather(Fault::next("dynamics.com", Effect::Throttle(WAIT.as_secs())));
    // Whoever comes before the service wants to be asked again was under way already when it said so.
    let (begun, early) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let (refused, counted) = (OnceLock::new(), Arc::clone(&early));
    court.sandbox().watch(move |passing, stage| {
        if stage == Stage::Arrived && passing.host.contains("dynamics.com") {
            let first = *refused.get_or_init(|| begun.elapsed());
            counted.fetch_add(usize::from(begun.elapsed() < first + WAIT), Ordering::Relaxed);
        }
        true
    });
    read(&court, &references);
    court.sandbox().unwatch();
    assert_eq!(asked(&court), (41, 1), "who was refused asks again, and nobody else");
    let early = early.load(Ordering::Relaxed);
    assert!(early <= 24, "{early} of 40 had begun");
}

#[test]
fn whose_time_ends_before_the_service_wants_to_be_asked_again_is_told_so_at_once() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    court.weather(Fault::next("$batch", Effect::Throttle(3600)));
    let parts = ["may take 10 minutes", "contoso.crm4.dynamics.com wants no request before ", " UTC", "timeouts"];
    let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
    assert!(court.create(REFERENCE, &other).expect_error("", "The time is up", &parts).is_none(), "it was refused");
    court.forget();
    let parts = ["may take 5 minutes", "contoso.crm4.dynamics.com wants no request before "];
    court.refresh(&reference).expect_error("", "The time is up", &parts);
    let left = court.destroy(&reference).expect_error("", "The time is up", &parts);
    assert!(left.is_some());
    assert_eq!(asked(&court), (0, 0), "it is left alone");
}

#[test]
fn terraform_may_make_sixty_at_once() {
    let world = World::new();
    let sixty = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  count            = 60
  schema_name      = "cto_robot_${count.index}"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;
    world.write("main.tf", sixty);
    world.switch(|switches| {
        switches.latency_milliseconds = 100;
        switches.dataverse.limits = Some(Limits { at_once: 30, ..Limits::default() });
    });
    world.apply_with(&["-parallelism=60"]).expect_quiet();
    let said = world.conversation();
    assert_eq!(said.iter().filter(|line| line.ends_with("-> 429")).count(), 0);
    assert_eq!(said.iter().filter(|line| line.contains("/$batch ")).count(), 60);
}
