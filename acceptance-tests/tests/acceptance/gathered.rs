//! Reads that gather: a refresh of many objects asks for a few of them by themselves, and then for lists.

use acceptance_tests::court::{CREDENTIAL, Court, Object, REFERENCE, with};
use expect_test::expect;
use sandbox::Crowd;
use serde_json::json;

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
        GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
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
        GET dataverse /credentials(«id1»)?select -> 200
        GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        GET dataverse /credentials(«id3»)?select -> 200
        GET dataverse /environmentvariabledefinitions(«id4»)?select&expand -> 200
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
