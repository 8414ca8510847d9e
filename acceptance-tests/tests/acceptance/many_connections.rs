//! Many connections: they are read, made and removed by lists that many share, and never at more than lists are worth.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, Object, with};
use acceptance_tests::world::{self, World};
use expect_test::expect;
use sandbox::{Crowd, Effect, Fault};
use serde_json::{Value, json};

/// As good as never, for an answer.
const NEVER: Effect = Effect::Delay(3_600_000);
const LIST: &str = "/connectivity/connections";

fn numbered(court: &Court, credential: &Object, number: usize) -> Value {
    with(court.connection(credential), json!({ "display_name": format!("Robot {number}") }))
}

/// So many connections of one credential, made by this run.
fn made(court: &Court, count: usize) -> (Object, Vec<Object>) {
    let (_, credential) = court.made_credential();
    let made = |number| court.create(CONNECTION, &numbered(court, &credential, number)).expect_quiet();
    let connections = (0..count).map(made).collect();
    court.forget();
    (credential, connections)
}

/// The same, made by an earlier run.
fn made_before(court: &mut Court, count: usize) -> (Object, Vec<Object>) {
    let made = made(court, count);
    court.next_run();
    court.forget();
    made
}

/// What was asked about connections since this was asked last.
fn asked(court: &Court) -> String {
    let told = court.told();
    told.lines().filter(|line| line.contains(" connectivity /")).map(|line| format!("{}\n", line.trim())).collect()
}

#[track_caller]
fn refresh(court: &Court, connections: &[Object]) {
    for connection in connections {
        let refreshed = court.refresh(connection).expect_quiet().expect("it is there");
        assert_eq!(refreshed.attributes(), connection.attributes());
    }
}

#[test]
fn a_refresh_reads_page_by_page_and_never_more_pages_than_it_pays() {
    let mut court = Court::new();
    let (_, connections) = made_before(&mut court, 9);
    court.switch(|switches| switches.connectivity.page_size = 250);
    refresh(&court, &connections);
    expect![[r#"
        GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        GET connectivity /connections -> 200
    "#]]
    .assert_eq(&asked(&court));
    // In pages of four it is two more at most.
    court.next_run();
    court.forget();
    court.switch(|switches| switches.connectivity.page_size = 4);
    refresh(&court, &connections);
    let told = asked(&court);
    assert!((3..=5).contains(&told.lines().count()), "{told}");
}

#[test]
fn a_list_that_says_less_is_given_up_after_its_first_page() {
    let mut court = Court::new();
    court.switch(|switches| switches.connectivity.lists_values = false);
    let (_, connections) = made_before(&mut court, 6);
    court.switch(|switches| switches.connectivity.page_size = 2);
    refresh(&court, &connections);
    let told = asked(&court);
    let listed = told.lines().filter(|line| line.contains("/connections ") || line.contains("skiptoken")).count();
    // Those that the first pages do not show are looked for until one is seen that says less.
    assert!((1..=3).contains(&listed) && told.lines().count() <= 9, "{told}");
    // What is told nowhere is no less.
    court.hide_connection_values();
    court.next_run();
    court.forget();
    court.switch(|switches| switches.connectivity.page_size = 250);
    refresh(&court, &connections);
    assert_eq!(asked(&court).lines().count(), 2);
}

#[test]
fn what_a_list_does_not_say_of_how_it_is_a_read_says() {
    let mut court = Court::new();
    court.switch(|switches| switches.connectivity.lists_statuses = false);
    let (credential, mut connections) = made_before(&mut court, 4);
    refresh(&court, &connections);
    // Two by themselves, one page, and what it shows with too little, by themselves again.
    assert_eq!(asked(&court).lines().count(), 5);
    for number in 4..8 {
        connections.push(court.create(CONNECTION, &numbered(&court, &credential, number)).expect_quiet());
    }
    assert!(connections.iter().all(|connection| connection.attr("status") == "Connected"));
}

#[test]
fn what_the_list_lacks_is_read_and_what_this_run_has_written_too() {
    let mut court = Court::new();
    let (credential, connections) = made_before(&mut court, 5);
    refresh(&court, &connections[..3]);
    court.remove_connection(&connections[4].attr("id"));
    // It was on the page that is held by now: what a refresh tells is how things were when it began, unless this run writes.
    let changed = court.change(&connections[3], &numbered(&court, &credential, 33)).expect_quiet();
    court.forget();
    let refreshed = court.refresh(&changed).expect_quiet().expect("it is there");
    assert_eq!(refreshed.attr("display_name"), "Robot 33");
    assert_eq!(asked(&court).lines().count(), 1);
    court.next_run();
    refresh(&court, &connections[..3]);
    assert!(court.refresh(&connections[4]).expect_quiet().is_none());
    assert!(asked(&court).contains("-> 404"));
}

#[test]
fn one_that_fails_among_many_says_why() {
    let mut court = Court::new();
    let (_, connections) = made_before(&mut court, 5);
    court.fail_connection(&connections[3].attr("id"));
    refresh(&court, &connections[..3]);
    let failed = court.refresh(&connections[3]).expect_quiet().expect("it is there");
    assert_eq!(failed.attr("status"), "Error");
    assert!(failed.attr("status_detail").contains("The machine refused the certificate"));
    assert_eq!(asked(&court).lines().count(), 2);
    // And one that fails when it is made is told with what it is found by.
    court.let_connections_fail(true);
    let (credential, _) = made_with(&court, &connections);
    let created = court.create(CONNECTION, &numbered(&court, &credential, 7));
    let parts = ["WindowsIdentityIncorrect", "client request id"];
    created.expect_error("", "Cannot create the connection Robot 7", &parts);
}

/// The credential of connections, read by import.
fn made_with(court: &Court, connections: &[Object]) -> (Object, String) {
    let id = connections[0].attr("credential_id");
    let path = format!("{}/{id}", court.place().environment_id);
    (court.import(CREDENTIAL, &path).expect_ok(), id)
}

#[test]
fn a_list_of_others_never_costs_more_than_twice_what_asking_one_by_one_does() {
    let mut court = Court::new();
    let (_, connections) = made_before(&mut court, 3);
    court.sandbox().with(|world| world.add_crowd(&Crowd::of(5_000))).unwrap();
    court.switch(|switches| switches.connectivity.page_size = 250);
    refresh(&court, &connections);
    let told = asked(&court);
    assert!(told.lines().count() <= 6, "{told}");
}

#[test]
fn what_a_list_still_shows_is_in_nobody_s_way() {
    let mut court = Court::new();
    let (credential, connections) = made(&court, 4);
    court.switch(|switches| switches.connectivity.lists_deleted = true);
    for connection in &connections {
        court.destroy(connection).expect_quiet();
    }
    for (number, connection) in connections.iter().enumerate() {
        assert!(court.refresh(connection).expect_quiet().is_none());
        court.create(CONNECTION, &numbered(&court, &credential, number)).expect_quiet();
    }
    // Another run knows nothing of what this one has deleted, and reads what the list shows.
    for connection in court.connections() {
        court.remove_connection(connection["name"].as_str().unwrap());
    }
    court.next_run();
    court.destroy(&credential).expect_quiet();
}

#[test]
fn later_ones_are_made_by_a_list_each_at_most() {
    let court = Court::new();
    let (credential, _) = made(&court, 3);
    court.forget();
    court.create(CONNECTION, &numbered(&court, &credential, 3)).expect_quiet();
    let told = asked(&court).replace(&court.place().machine_group_id, "…");
    let lines: Vec<&str> = told.lines().map(|line| line.split("  ").next().unwrap()).collect();
    // The last one is the refresh of the judge.
    let expected = ["PUT connectivity", "GET connectivity /connections ->", "GET connectivity /connections/"];
    assert!(
        lines.len() <= 3 && lines.iter().zip(expected).all(|(line, expected)| line.starts_with(expected)),
        "{told}"
    );
}

#[test]
fn a_stop_and_the_time_end_the_wait_for_a_list() {
    let court = Court::new();
    let (credential, _) = made(&court, 3);
    court.weather(Fault::next(LIST, NEVER).method("GET"));
    let created = court.stopping(|court| court.create(CONNECTION, &numbered(court, &credential, 3)));
    let left = created.expect_error("", "Interrupted", &["asked to stop"]);
    assert!(left.is_some_and(|left| left.is_tainted()), "it was made");

    let court = Court::new();
    let (credential, _) = made(&court, 3);
    court.weather(Fault::next(LIST, NEVER).method("GET"));
    let hurried = with(numbered(&court, &credential, 3), json!({ "timeouts": { "create": "2s" } }));
    let left = court.create(CONNECTION, &hurried).expect_error("", "The time is up", &["longer than 2 seconds"]);
    assert!(left.is_some_and(|left| left.is_tainted()), "it was made");
}

#[test]
fn a_status_that_stays_on_its_way_is_not_listed_again_and_again() {
    let court = Court::new();
    let (credential, _) = made(&court, 3);
    court.switch(|switches| {
        switches.connectivity.settles_after_ms = 3_600_000;
        switches.connectivity.page_size = 2;
    });
    let hurried = with(numbered(&court, &credential, 3), json!({ "timeouts": { "create": "5s" } }));
    court.create(CONNECTION, &hurried).expect_error("", "Cannot create the connection Robot 3", &["still Connecting"]);
    let lists = court.conversation().iter().filter(|line| line.contains(&format!("{LIST}?"))).count();
    assert_eq!(lists, 2, "{:?}", court.conversation());
}

/// Makes thirty connections, ten at a time, and returns how many requests there were about connections besides the PUTs, and how many of
/// them were pages of lists.
#[track_caller]
fn thirty(page_size: usize) -> (usize, usize) {
    let world = World::new();
    world.switch(|switches| switches.connectivity.page_size = page_size);
    world.write("main.tf", world::CREDENTIAL);
    world.apply().expect_quiet();
    world.write("connections.tf", &world::connections(30));
    world.forget_conversation();
    world.apply_with(&["-parallelism=10"]).expect_quiet();
    assert_eq!(world.connections().len(), 30);
    let told = world.conversation();
    let about: Vec<&String> =
        told.iter().filter(|line| line.contains("/connectivity/") && !line.starts_with("PUT")).collect();
    let pages = about.iter().filter(|line| line.contains(&format!("{LIST}?"))).count();
    world.forget_conversation();
    world.plan_with(&["-parallelism=10"]).expect_quiet().expect_no_changes();
    let told = world.conversation();
    let refreshed = told.iter().filter(|line| line.contains("/connectivity/")).count();
    let all = 30_usize.div_ceil(page_size);
    assert!(refreshed <= 2 + all, "{refreshed} requests for {all} pages: {told:#?}");
    (about.len(), pages)
}

#[test]
fn thirty_at_ten_a_time_share_lists_of_one_page() {
    for page_size in [250, 50] {
        let (requests, pages) = thirty(page_size);
        assert!(requests <= 45 && pages <= 15, "{requests} requests, {pages} of them pages");
    }
}

#[test]
fn thirty_at_ten_a_time_share_lists_of_many_pages() {
    let (requests, pages) = thirty(7);
    assert!(requests <= 75 && pages <= 50, "{requests} requests, {pages} of them pages");
}

#[test]
fn credentials_that_go_together_share_the_lists_of_who_uses_them() {
    let world = World::new();
    let chains = r#"
locals {
  robots = toset([for number in range(16) : "robot_${number}"])
}
resource "powerautomate_cba_credential" "robot" {
  for_each                 = local.robots
  name                     = each.key
  username                 = "robot@contoso.com"
  username_schema_name     = "cto_${each.key}"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}
resource "powerautomate_desktop_flow_connection" "robot" {
  for_each         = local.robots
  display_name     = each.key
  credential_id    = powerautomate_cba_credential.robot[each.key].id
  machine_group_id = var.machine_group_id
}
"#;
    world.write("main.tf", &format!("{}{chains}", world::REFERENCE));
    world.apply_with(&["-parallelism=10"]).expect_quiet();
    world.forget_conversation();
    world
        .run(&["destroy", "-json", "-input=false", "-auto-approve", "-refresh=false", "-parallelism=10"])
        .expect_quiet();
    assert!(world.connections().is_empty());
    let told = world.conversation();
    let about =
        |start: &str| told.iter().filter(|line| line.starts_with(start) && line.contains("/connectivity/")).count();
    assert_eq!(about("DELETE"), 16);
    assert!(about("GET") <= 9, "{told:#?}");
}
