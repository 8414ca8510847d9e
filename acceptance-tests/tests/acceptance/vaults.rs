//! Many certificates: what a run asks their vaults.

use acceptance_tests::court::{Action, Court, Object, REFERENCE, with};
use acceptance_tests::world::World as Terraform;
use expect_test::expect;
use judge::Instance;
use sandbox::{CertificatePermission, CertificateSpec, Crowd, Effect, Fault, Vault, World, default_world};
use serde_json::{Value, json};

/// The headline of the warning that a certificate could not be read.
const UNREAD: &str = "A certificate could not be read";

/// What a refresh asks when nothing has changed: the first certificate is read by itself, and the others are on the list.
const UNCHANGED: &str = "\
kv-robots/certificates/robot-01/ -> 401
kv-robots/certificates/robot-01/ -> 200
kv-robots/certificates -> 200
";

/// The configuration of a reference to this certificate of the default vault.
fn config(court: &Court, certificate: &str) -> Value {
    let schema_name = format!("cto_{}", certificate.replace('-', "_"));
    with(court.reference(), json!({ "schema_name": schema_name, "certificate_name": certificate }))
}

/// References to these certificates of the default vault, made by an earlier run.
fn references(court: &mut Court, certificates: &[&str]) -> Vec<Object> {
    let made = certificates.iter().map(|name| court.create(REFERENCE, &config(court, name)).expect_ok());
    let made = made.collect();
    court.next_run();
    court.forget();
    made
}

/// As many references to robots of a vault, known from an earlier run.
fn robots(court: &mut Court, name: &str, vault: &str, count: u32) -> Vec<Object> {
    let crowd = Crowd { name: name.to_owned(), vault: vault.to_owned(), ..Crowd::of(count) };
    let robots = court.sandbox().with(|world| world.add_crowd(&crowd)).expect("they are made");
    let environment_id = court.place().environment_id.clone();
    let imported = robots
        .iter()
        .map(|robot| court.import(REFERENCE, &format!("{environment_id}/{}", robot.certificate)).expect_quiet());
    let imported = imported.collect();
    court.next_run();
    court.forget();
    imported
}

/// Opens one more vault, like the default one.
fn open_vault(world: &mut World, name: &str) {
    let mut vault = Vault::new(name, default_world::SUBSCRIPTION, default_world::TENANT);
    vault.grant(default_world::CLIENT_OBJECT, "Key Vault Reader");
    world.vaults.insert(name.to_owned(), vault);
}

/// Reads them one after the other; nothing is said.
#[track_caller]
fn refresh(court: &Court, references: &[Object]) -> Vec<Object> {
    references.iter().map(|reference| court.refresh(reference).expect_quiet().expect("it is there")).collect()
}

/// Reads all of them at once, as Terraform does; nothing is said.
#[track_caller]
fn refresh_at_once(court: &Court, references: &[Object]) {
    let instances: Vec<Instance> = references.iter().map(|reference| reference.instance().clone()).collect();
    let said = court.judge().refresh_at_once(&instances).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(said.iter().all(Vec::is_empty), "{said:?}");
}

/// What the vaults were asked since this was asked last, and how they answered.
fn asked(court: &Court) -> String {
    let lines = court.conversation().into_iter().filter(|line| line.contains(".vault."));
    let line = |line: String| {
        let (question, status) = line.split_once(" -> ").expect("a line tells the answer");
        let address = question.trim_start_matches("GET ").replacen(".vault.azure.net ", "", 1);
        let token = address.split("skiptoken=").nth(1).and_then(|rest| rest.split('&').next());
        let after = token.map(|token| format!(" after {token}")).unwrap_or_default();
        let path = address.split('?').next().unwrap_or_default();
        format!("{path}{after} -> {status}\n")
    };
    let told = lines.map(line).collect();
    court.forget();
    told
}

fn version_mut<'a>(world: &'a mut World, certificate: &str) -> &'a mut sandbox::Version {
    let vault = world.vaults.get_mut("kv-robots").expect("it is there");
    vault.certificates.get_mut(certificate).and_then(|versions| versions.last_mut()).expect("it is there")
}

#[test]
fn a_vault_challenges_the_first_question_alone() {
    let mut court = Court::new();
    let names: Vec<String> = (1..=8).map(|number| format!("robot-{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let references = references(&mut court, &names);
    refresh_at_once(&court, &references);
    let asked = asked(&court);
    assert_eq!(asked.lines().filter(|line| line.ends_with("401")).count(), 1, "{asked}");
}

#[test]
fn what_a_list_shows_unchanged_is_not_read() {
    let mut court = Court::new();
    let robots = robots(&mut court, "robots", "kv-robots", 60);
    let refreshed = refresh(&court, &robots);
    expect![[r#"
        kv-robots/certificates/robots-000001/ -> 401
        kv-robots/certificates/robots-000001/ -> 200
        kv-robots/certificates -> 200
        kv-robots/certificates after robots-000006 -> 200
        kv-robots/certificates after robots-000031 -> 200
        kv-robots/certificates after robots-000056 -> 200
    "#]]
    .assert_eq(&asked(&court));
    for (before, now) in robots.iter().zip(&refreshed) {
        assert_eq!(before.attributes(), now.attributes());
    }
}

#[test]
fn many_vaults_cost_their_pages_and_a_challenge_each() {
    let mut court = Court::new();
    let names = ["kv-one", "kv-two", "kv-three", "kv-four", "kv-five"];
    court.sandbox().with(|world| names.iter().for_each(|name| open_vault(world, name)));
    let rows: Vec<Vec<Object>> =
        names.iter().map(|name| robots(&mut court, &name.replace("kv-", ""), name, 27)).collect();
    // Ten at a time, each of another vault than the one before, and from the end of its list.
    let mixed: Vec<Object> = (0..27).rev().flat_map(|number| rows.iter().map(move |row| row[number].clone())).collect();
    mixed.chunks(10).for_each(|ten| refresh_at_once(&court, ten));
    let asked = asked(&court);
    let at_most = 2 + names.len() * 2 + names.len();
    assert!(asked.lines().count() <= at_most, "{asked}");
}

#[test]
fn a_list_of_others_never_costs_more_than_twice_what_asking_one_by_one_does() {
    let mut court = Court::new();
    court.sandbox().with(|world| world.add_crowd(&Crowd::of(1_000))).expect("they are made");
    let three = references(&mut court, &["robot-01", "robot-02", "robot-03"]);
    refresh(&court, &three);
    expect![[r#"
        kv-robots/certificates/robot-01/ -> 401
        kv-robots/certificates/robot-01/ -> 200
        kv-robots/certificates -> 200
        kv-robots/certificates after crowd-000025 -> 200
        kv-robots/certificates/robot-02/ -> 200
        kv-robots/certificates after crowd-000050 -> 200
        kv-robots/certificates/robot-03/ -> 200
    "#]]
    .assert_eq(&asked(&court));
}

#[test]
fn references_to_one_certificate_share_a_reading() {
    let mut court = Court::new();
    let made = (0..6).map(|number| {
        let changes = json!({ "schema_name": format!("cto_robot_{number}") });
        court.create(REFERENCE, &with(court.reference(), changes)).expect_quiet()
    });
    let made: Vec<Object> = made.collect();
    let told = asked(&court);
    assert_eq!(told.matches("-> 200").count(), 1, "{told}");
    court.next_run();
    court.forget();
    refresh_at_once(&court, &made);
    expect![[r#"
        kv-robots/certificates/robot/ -> 401
        kv-robots/certificates/robot/ -> 200
    "#]]
    .assert_eq(&asked(&court));
}

#[test]
fn a_rotated_certificate_is_read_among_many() {
    let mut court = Court::new();
    let four = references(&mut court, &["robot-01", "robot-02", "robot-03", "robot-04"]);
    court.rotate_certificate("robot-03");
    let refreshed = refresh(&court, &four);
    expect![[r#"
        kv-robots/certificates/robot-01/ -> 401
        kv-robots/certificates/robot-01/ -> 200
        kv-robots/certificates -> 200
        kv-robots/certificates/robot-03/ -> 200
    "#]]
    .assert_eq(&asked(&court));
    for (number, (before, now)) in four.iter().zip(&refreshed).enumerate() {
        let is_same = number != 2;
        assert_eq!(before["thumbprint"] == now["thumbprint"], is_same);
        assert_eq!(before["certificate_version"] == now["certificate_version"], is_same);
    }
    court.next_run();
    court.forget();
    refresh(&court, &refreshed);
    assert_eq!(asked(&court), UNCHANGED);
    refresh(&court, &refreshed[2..]);
    expect![[r#"
        kv-robots/certificates/robot-03/ -> 200
        kv-robots/certificates/robot-04/ -> 200
    "#]]
    .assert_eq(&asked(&court));
}

#[test]
fn what_makes_a_certificate_unfit_is_told_by_every_plan() {
    let mut court = Court::new();
    let cases = [
        ("robot-03", "robot-pem", "The certificate is not in PKCS#12 format"),
        ("robot-04", "robot-not-exportable", "The certificate's private key is not exportable"),
        ("robot-05", "robot-server-only", "The certificate is not made for client authentication"),
        ("robot-06", "robot-disabled", "The certificate is disabled"),
        ("robot-07", "robot-expired", "The certificate has expired"),
        ("robot-08", "robot-expiring", "The certificate expires soon"),
    ];
    let names: Vec<&str> = ["robot-01", "robot-02"].into_iter().chain(cases.map(|(name, _, _)| name)).collect();
    let made = references(&mut court, &names);
    cases.iter().for_each(|(name, like, _)| court.replace_certificate(name, like));
    // The others are made for another user, of which a refresh warns once.
    let now = made.iter().map(|reference| court.refresh(reference).expect_ok().expect("it is there"));
    let refreshed: Vec<Object> = now.collect();
    court.next_run();
    refresh(&court, &refreshed[..2]);
    court.forget();
    for ((name, _, summary), reference) in cases.iter().zip(&refreshed[2..]) {
        let planned = court.plan(REFERENCE, Some(reference), &config(&court, name));
        assert_eq!(planned.expect_warning("certificate_name", summary, &[]).expect_ok(), Action::NoOp);
    }
    expect![""].assert_eq(&asked(&court));
}

#[test]
fn what_changes_of_the_same_version_is_told_by_the_list() {
    let mut court = Court::new();
    let four = references(&mut court, &["robot-01", "robot-02", "robot-03", "robot-04"]);
    court.sandbox().with(|world| version_mut(world, "robot-03").spec.enabled = false);
    court
        .sandbox()
        .with(|world| world.vaults.get_mut("kv-robots").expect("it is there").certificates.remove("robot-04"));
    refresh(&court, &four[..2]);
    court.forget();
    let planned = court.plan(REFERENCE, Some(&four[2]), &config(&court, "robot-03"));
    planned.expect_warning("certificate_name", "The certificate is disabled", &[]).expect_ok();
    let parts = ["There is no certificate robot-04 in the vault kv-robots", "stays as it was"];
    let read = court.refresh(&four[3]).expect_warning("certificate_name", UNREAD, &parts).expect_ok();
    assert_eq!(read.expect("it is there")["thumbprint"], four[3]["thumbprint"]);
    expect![[r#"
        kv-robots/certificates/robot-04/ -> 404
    "#]]
    .assert_eq(&asked(&court));
}

#[test]
fn without_the_right_to_list_each_is_read_and_nothing_is_said() {
    let mut court = Court::new();
    court.sandbox().with(|world| {
        let now = world.now();
        let vault = world.vaults.get_mut("kv-policies").expect("it is there");
        vault.permit(default_world::CLIENT_OBJECT, &[CertificatePermission::Get]);
        for number in 1..=5 {
            vault.put_certificate(&format!("own-{number}"), CertificateSpec::of_user("robot@contoso.com"), now);
        }
    });
    let vault = court.place().policy_vault_id.clone();
    let made = (1..=5).map(|number| {
        let name = format!("own-{number}");
        let config = with(config(&court, &name), json!({ "key_vault_id": vault }));
        court.create(REFERENCE, &config).expect_quiet()
    });
    let made: Vec<Object> = made.collect();
    court.next_run();
    court.forget();
    refresh(&court, &made);
    expect![[r#"
        kv-policies/certificates/own-1/ -> 401
        kv-policies/certificates/own-1/ -> 200
        kv-policies/certificates -> 403
        kv-policies/certificates/own-2/ -> 200
        kv-policies/certificates/own-3/ -> 200
        kv-policies/certificates/own-4/ -> 200
        kv-policies/certificates/own-5/ -> 200
    "#]]
    .assert_eq(&asked(&court));
}

/// Robots whose refresh meets this weather on the second page of three; what was asked before is not told.
fn met_on_the_second_page(effect: Effect) -> String {
    let mut court = Court::new();
    let robots = robots(&mut court, "robots", "kv-robots", 60);
    refresh(&court, &robots[..3]);
    asked(&court);
    court.weather(Fault::next("kv-robots.vault.azure.net/certificates", effect));
    refresh(&court, &[robots[26].clone(), robots[27].clone(), robots[50].clone()]);
    asked(&court)
}

#[test]
fn a_list_that_breaks_off_is_done_without() {
    let refused = Effect::Status(500, "InternalServerError".to_owned(), "Try again.".to_owned());
    let told = met_on_the_second_page(refused);
    expect![[r#"
        kv-robots/certificates after robots-000006 -> 500
        kv-robots/certificates after robots-000006 -> 200
        kv-robots/certificates after robots-000031 -> 200
    "#]]
    .assert_eq(&told);
    expect![[r#"
        kv-robots/certificates after robots-000006 -> 200
        kv-robots/certificates/robots-000027/ -> 200
        kv-robots/certificates/robots-000028/ -> 200
        kv-robots/certificates/robots-000051/ -> 200
    "#]]
    .assert_eq(&met_on_the_second_page(Effect::NotJson));
}

#[test]
fn a_page_that_comes_twice_or_is_elsewhere_is_no_next_page() {
    let again = |address: &str| Effect::Altered(vec![("/nextLink".to_owned(), json!(address))]);
    let itself = "https://kv-robots.vault.azure.net:443/certificates?api-version=2025-07-01&$skiptoken=robots-000006&maxresults=25";
    expect![[r#"
        kv-robots/certificates after robots-000006 -> 200
        kv-robots/certificates/robots-000051/ -> 200
    "#]]
    .assert_eq(&met_on_the_second_page(again(itself)));
    expect![[r#"
        kv-robots/certificates after robots-000006 -> 200
        kv-robots/certificates/robots-000051/ -> 200
    "#]]
    .assert_eq(&met_on_the_second_page(again("https://kv-robots.vault.azure.net.evil.example/certificates")));
}

#[test]
fn what_changes_between_two_pages_is_read_or_told_by_the_next_run() {
    let mut court = Court::new();
    let robots = robots(&mut court, "robots", "kv-robots", 30);
    refresh(&court, &robots[..3]);
    asked(&court);
    let rotate = |name: &str| court.rotate_certificate(name);
    rotate("robots-000004");
    rotate("robots-000027");
    let refreshed = refresh(&court, &[robots[3].clone(), robots[26].clone()]);
    expect![[r#"
        kv-robots/certificates after robots-000006 -> 200
        kv-robots/certificates/robots-000027/ -> 200
    "#]]
    .assert_eq(&asked(&court));
    assert_eq!(refreshed[0]["thumbprint"], robots[3]["thumbprint"], "it is as the run began");
    assert_ne!(refreshed[1]["thumbprint"], robots[26]["thumbprint"]);
    let now = refresh(&court, &refreshed[..1]);
    assert_ne!(now[0]["thumbprint"], robots[3]["thumbprint"], "whoever asks again wants to know how it is now");
}

#[test]
fn a_state_beside_which_nothing_is_kept_is_completed_once() {
    let mut court = Court::new();
    let four = references(&mut court, &["robot-01", "robot-02", "robot-03", "robot-04"]);
    let bare = four.iter().map(|one| Object::from(Instance { private: Vec::new(), ..one.instance().clone() }));
    let bare: Vec<Object> = bare.collect();
    let completed = refresh(&court, &bare);
    assert_eq!(asked(&court).matches("-> 200").count(), 4);
    court.next_run();
    court.forget();
    refresh(&court, &completed);
    assert_eq!(asked(&court), UNCHANGED);
}

#[test]
fn terraform_hands_on_what_is_kept_beside_the_state() {
    let world = Terraform::new();
    let robots = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  for_each         = toset(["robot-01", "robot-02", "robot-03", "robot-04", "robot-05"])
  schema_name      = "cto_${replace(each.key, "-", "_")}"
  key_vault_id     = var.key_vault_id
  certificate_name = each.key
}
"#;
    let asked = || {
        let count = world.conversation().iter().filter(|line| line.contains(".vault.")).count();
        world.forget_conversation();
        count
    };
    world.write("main.tf", robots);
    world.apply().expect_quiet();
    world.forget_conversation();
    // A challenge, a certificate or two, and the list.
    world.plan().expect_quiet().expect_no_changes();
    assert!((3..=4).contains(&asked()));
    world.plan_with(&["-refresh=false"]).expect_quiet().expect_no_changes();
    assert!((3..=4).contains(&asked()));
    world.rotate_certificate("robot-05");
    world.refresh().expect_quiet();
    assert!((3..=5).contains(&asked()), "the one that was rotated may be one of the first");
    world.plan().expect_quiet().expect_no_changes();
    assert!((3..=4).contains(&asked()));
}

#[test]
fn a_query_asks_no_vault() {
    let mut court = Court::new();
    let references = references(&mut court, &["robot-01", "robot-02", "robot-03"]);
    assert_eq!(court.list_in_full(REFERENCE, &json!({})).expect_quiet(), references.len());
    assert_eq!(asked(&court), "");
}
