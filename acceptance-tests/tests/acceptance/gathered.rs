//! Reads that gather: a refresh of many objects asks for a few of them by themselves, and then for lists.

use std::thread;
use std::time::Duration;

use acceptance_tests::court::{CREDENTIAL, Court, Object, REFERENCE, with};
use acceptance_tests::world::World;
use expect_test::expect;
use sandbox::{Crowd, Effect, Fault};
use serde_json::{Value, json};

/// So many references, made by an earlier run.
fn references(court: &mut Court, count: usize) -> Vec<Object> {
    let made = (0..count).map(|number| {
        let changes = json!({ "schema_name": format!("cto_robot_{number:02}"), "certificate_name": "robot" });
        court.create(REFERENCE, &with(court.reference(), changes)).expect_quiet()
    });
    let made = made.collect();
    court.next_run();
    court.forget();
    made
}

/// The reads of Dataverse since this was asked last.
fn asked(court: &Court) -> String {
    let told = court.told();
    told.lines().filter(|line| line.contains("GET dataverse")).map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn a_refresh_of_many_references_asks_for_a_list() {
    let mut court = Court::new();
    let references = references(&mut court, 5);
    for reference in &references {
        court.refresh(reference).expect_quiet().expect("it is there");
    }
    expect![[r#"
        GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
        GET dataverse /environmentvariabledefinitions?select&expand&filter=type eq 100000005 and secretstore eq 0  prefer: odata.maxpagesize=1000 -> 200
    "#]].assert_eq(&asked(&court));
}

#[test]
fn a_credential_comes_with_its_user_name() {
    let mut court = Court::new();
    let references = references(&mut court, 4);
    let credentials: Vec<Object> = references
        .iter()
        .enumerate()
        .map(|(number, reference)| {
            let changes = json!({ "name": format!("Robot {number}") });
            court.create(CREDENTIAL, &with(court.credential(reference), changes)).expect_quiet()
        })
        .collect();
    court.next_run();
    court.forget();
    for credential in &credentials {
        let refreshed = court.refresh(credential).expect_quiet().expect("it is there");
        assert_eq!(refreshed.attr("username"), "robot@contoso.com");
    }
    expect![[r#"
        GET dataverse /credentials(«id1»)?select&expand -> 200
        GET dataverse /credentials?select&expand&filter=connectiontype eq 5  prefer: odata.maxpagesize=1000 -> 200
    "#]]
    .assert_eq(&asked(&court));
}

#[test]
fn what_a_list_lacks_is_asked_for_before_it_is_called_gone() {
    let mut court = Court::new();
    let references = references(&mut court, 5);
    let gone = references[4].attr("id").to_owned();
    court.remove_row("environmentvariabledefinitions", &gone);
    for reference in &references[..4] {
        court.refresh(reference).expect_quiet().expect("it is there");
    }
    court.forget();
    assert!(court.refresh(&references[4]).expect_quiet().is_none());
    assert!(asked(&court).contains("-> 404"));
}

#[test]
fn a_read_after_a_write_of_ours_is_no_list_s() {
    let mut court = Court::new();
    let references = references(&mut court, 4);
    for reference in &references {
        court.refresh(reference).expect_quiet().expect("it is there");
    }
    let changed = with(court.reference(), json!({ "schema_name": "cto_robot_03", "display_name": "Mine" }));
    court.change(&references[3], &changed).expect_quiet();
    let refreshed = court.refresh(&references[3]).expect_quiet().expect("it is there");
    assert_eq!(refreshed.attr("display_name"), "Mine");
}

#[test]
fn a_list_of_others_never_costs_more_than_twice_what_asking_one_by_one_does() {
    let mut court = Court::new();
    let references = references(&mut court, 3);
    court.sandbox().with(|world| world.add_crowd(&Crowd::of(50_000))).unwrap();
    for reference in &references {
        court.refresh(reference).expect_quiet().expect("it is there");
    }
    let asked = asked(&court);
    assert!(asked.lines().count() <= 6, "{asked}");
}

const ROBOTS: &str = r#"
locals {
  robots = [for number in range(12) : format("%02d", number)]
}
resource "powerautomate_key_vault_certificate_reference" "robot" {
  for_each         = toset(local.robots)
  schema_name      = "cto_robot_${each.key}"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
resource "powerautomate_cba_credential" "robot" {
  for_each                 = toset(local.robots)
  name                     = "Robot ${each.key}"
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot[each.key].id
}
"#;

/// How many requests there were whose line has this in it.
fn count(world: &World, part: &str) -> usize {
    world.conversation().iter().filter(|line| line.contains(part)).count()
}

#[test]
fn what_many_ask_at_the_same_moment_is_answered_for_each_of_them() {
    let world = World::new();
    world.write("main.tf", ROBOTS);
    world.apply().expect_quiet();
    // Twelve names of each kind are looked up twice, and nothing else is: what was written is known.
    let names = count(&world, "filter=schemaname");
    assert!(names <= 30, "{names} times a name was looked up");
    assert_eq!(count(&world, "GET contoso.crm4.dynamics.com /api/data/v9.2/environmentvariabledefinitions("), 0);
    let robot = |kind: &str, key: &str| format!("powerautomate_{kind}.robot[\"{key}\"]");
    let used = world.attr(&robot("key_vault_certificate_reference", "05"), "id");
    let shared = world.attr(&robot("cba_credential", "07"), "username_variable_id");
    let theirs =
        |name: &str| json!({ "name": name, "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000" });
    world.insert("credentials", with(theirs("Theirs"), json!({ "certificate": used })));
    world.insert("credentials", with(theirs("Guest"), json!({ "username": shared })));
    world.forget_conversation();
    let destroyed = world.destroy();
    destroyed.expect_error("", "Cannot delete the environment variable cto_robot_05", &["\"Theirs\""]);
    destroyed.expect_warning("", "The user name's variable stays", &["\"Guest\""]);
    assert_eq!(world.addresses(), [robot("key_vault_certificate_reference", "05")]);
    let left = world.rows();
    let names = |table: &str, column: &str| -> Vec<String> {
        let rows = left[table].as_array().cloned().unwrap_or_default();
        let mut names: Vec<String> = rows.iter().filter_map(|row| row[column].as_str().map(str::to_owned)).collect();
        names.sort();
        names
    };
    assert_eq!(names("credentials", "name"), ["Guest", "Theirs"]);
    let variables = names("environmentvariabledefinitions", "schemaname");
    assert!(variables.iter().any(|name| name == "cto_robot_07_username"), "{variables:?}");
    assert_eq!(variables.iter().filter(|name| name.starts_with("cto_robot_")).count(), 2, "{variables:?}");
    let queries = count(&world, "/credentials?");
    assert!(queries <= 16, "{queries} queries for twelve credentials and twelve references");
}

/// A credential of somebody else's.
fn theirs(name: &str, lookup: Value) -> Value {
    with(json!({ "name": name, "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000" }), lookup)
}

#[test]
fn who_uses_a_variable_is_asked_last() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let variable = credential.attr("username_variable_id");
    court.weather(Fault::next("/connectivity/connections", Effect::Delay(2000)));
    let (sandbox, environment_id) = (court.sandbox(), court.place().environment_id.clone());
    let destroyed = thread::scope(|scope| {
        let guest = theirs("Guest", json!({ "username": variable }));
        scope.spawn(move || {
            assert!(sandbox.wait_for_weather(Duration::from_secs(60)), "the connections are listed");
            sandbox.with(|world| world.org_mut(&environment_id).insert("credentials", guest).map(drop)).unwrap();
        });
        court.destroy(&credential)
    });
    destroyed.expect_warning("", "The user name's variable stays", &["Guest"]).expect_ok();
    assert_eq!(court.rows_named("credentials", "name", "Guest")[0]["_username_value"], variable.as_str());
}

const SHARED: &str = r#"
variable "shared" { type = list(string) }
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
resource "powerautomate_cba_credential" "robot" {
  count                    = 8
  name                     = "Robot ${count.index}"
  username_variable_id     = var.shared[count.index % 2]
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}
"#;

#[test]
fn what_is_too_much_for_a_query_of_several_is_asked_for_each() {
    let world = World::new();
    let variable = |name: &str| {
        let text = json!({ "schemaname": name, "type": 100_000_000, "defaultvalue": "robot@contoso.com" });
        world.insert("environmentvariabledefinitions", text)
    };
    let shared = [variable("cto_a"), variable("cto_b")];
    for id in &shared {
        (0..600).for_each(|_| drop(world.insert("credentials", theirs("Guest", json!({ "username": id })))));
    }
    world.write("main.tf", SHARED);
    world.write("shared.auto.tfvars", &format!("shared = {}", json!(shared)));
    world.apply().expect_ok();
    world.destroy().expect_ok();
}

#[test]
fn whoever_uses_a_row_and_may_not_be_seen_to_keeps_it() {
    let world = World::new();
    world.write("main.tf", ROBOTS.split("resource \"powerautomate_cba_credential").next().expect("the references"));
    world.apply().expect_ok();
    for address in world.addresses() {
        world.insert("credentials", theirs("Theirs", json!({ "certificate": world.attr(&address, "id") })));
    }
    let hidden = Effect::Altered(vec![("/value/*/_certificate_value".to_owned(), Value::Null)]);
    world.weather(Fault::next("/credentials", hidden).times(100).method("GET"));
    assert!(!world.destroy().is_ok());
    assert_eq!(world.addresses().len(), 12);
}
