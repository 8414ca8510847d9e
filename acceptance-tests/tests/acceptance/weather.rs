//! Bad days: throttling, broken connections, proxies that answer in HTML, roles that are late. Nothing is doubled and nothing is lost.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use acceptance_tests::world::World;
use expect_test::expect;
use sandbox::{Effect, Fault};
use serde_json::{Value, json};

const DEFINITIONS: &str = "environmentvariabledefinitions";
const SUMMARY: &str = "Cannot create the environment variable cto_robot_certificate";

/// A reference that is not waited for as long as for people.
fn hurried(court: &Court) -> Value {
    with(court.reference(), json!({ "timeouts": { "create": "3s" } }))
}

/// A provider that waits so long for roles.
fn patient(role_propagation_timeout: &str) -> Court {
    let mut court = Court::unconfigured(&[]);
    let environment_id = court.place().environment_id.clone();
    let block = json!({ "environment_id": environment_id, "role_propagation_timeout": role_propagation_timeout });
    court.configure(&block).expect_quiet();
    court
}

/// How many variables of that name there are.
fn count(court: &Court) -> usize {
    court.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate").len()
}

/// There is exactly one variable, whatever happened, and nothing is left to do.
#[track_caller]
fn expect_one(court: &Court, reference: &Object) {
    assert_eq!(count(court), 1);
    assert_eq!(court.plan(REFERENCE, Some(reference), &hurried(court)).expect_quiet(), Action::NoOp);
}

#[test]
fn throttling_and_short_outages_are_waited_out() {
    for fault in [
        Fault::next("dynamics.com", Effect::Throttle(1)).times(2),
        Fault::next("login.microsoftonline.com", Effect::Throttle(1)),
        Fault::next("vault.azure.net", Effect::Throttle(1)),
        Fault::next("api.bap.microsoft.com", Effect::Status(503, "ServiceUnavailable".into(), "Busy.".into())),
        Fault::next("dynamics.com", Effect::ResetBefore).method("GET"),
        Fault::next("dynamics.com", Effect::Delay(300)),
    ] {
        let court = Court::new();
        let told = format!("{fault:?}");
        court.weather(fault);
        let created = court.create(REFERENCE, &hurried(&court));
        assert!(created.is_ok(), "{told}: {created}");
        expect_one(&court, &created.expect_ok());
    }
}

#[test]
fn a_write_whose_answer_was_lost_is_settled_in_the_same_call() {
    let court = Court::new();
    court.weather(Fault::next("$batch", Effect::ResetAfter));
    let reference = court.create(REFERENCE, &hurried(&court)).expect_quiet();
    expect![[r#"
        plan:
          GET vault:kv-robots /certificates/robot/ -> 401
          token for vaults -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
          token for environments -> 200
          GET environments /environments/«environment» -> 200
          token for dataverse -> 200
          GET dataverse /publishers?select&filter=customizationprefix eq 'cto' -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
        apply:
          POST dataverse /$batch -> broken off
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    expect_one(&court, &reference);
    court.forget();

    court.weather(Fault::next("$batch", Effect::ResetAfter));
    let credential = court.create(CREDENTIAL, &court.credential(&reference)).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
        apply:
          POST dataverse /$batch -> broken off
          GET dataverse /credentials(«id2»)?select -> 200
        read:
          GET dataverse /credentials(«id2»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    court.weather(Fault::next("/connectivity/connectors/", Effect::ResetAfter).method("PUT"));
    let connection = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /credentials(«id2»)?select -> 200
          GET dataverse /environmentvariabledefinitions(«id3»)?select&expand -> 200
          GET dataverse /flowmachinegroups(«Finance»)?select -> 200
          GET dataverse /WhoAmI -> 200
          GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Finance»)'} -> 200
        apply:
          token for connectivity -> 200
          GET connectivity /connections -> 200
          PUT connectivity /connections/«id4»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> broken off
          PUT connectivity /connections/«id4»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id4»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
        read:
          GET connectivity /connections/«id4»?filter=environment eq '«environment»' -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(court.connections().len(), 1);

    court.destroy(&connection).expect_quiet();
    court.destroy(&credential).expect_quiet();
    court.forget();
    court.weather(Fault::next("$batch", Effect::ResetAfter));
    court.destroy(&reference).expect_quiet();
    expect![[r#"
        apply:
          GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
          POST dataverse /$batch -> broken off
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 404
    "#]].assert_eq(&court.told());
    assert_eq!(count(&court), 0);
}

#[test]
fn a_create_that_never_arrived_is_an_error_and_the_next_one_makes_it() {
    let court = Court::new();
    court.weather(Fault::next("$batch", Effect::ResetBefore));
    let created = court.create(REFERENCE, &hurried(&court));
    let left = created.expect_error("", SUMMARY, &["whether it was carried out is not known", "apply again"]);
    expect![[r#"
        plan:
          GET vault:kv-robots /certificates/robot/ -> 401
          token for vaults -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
          token for environments -> 200
          GET environments /environments/«environment» -> 200
          token for dataverse -> 200
          GET dataverse /publishers?select&filter=customizationprefix eq 'cto' -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
        apply:
          POST dataverse /$batch -> broken off
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 404
    "#]].assert_eq(&court.told());
    // Rows become visible late: that it cannot be seen yet proves nothing. The next refresh settles it.
    let left = left.expect("what may exist is remembered");
    assert!(court.refresh(&left).expect_quiet().is_none());
    let reference = court.create(REFERENCE, &hurried(&court)).expect_quiet();
    expect_one(&court, &reference);
}

#[test]
fn a_page_from_a_proxy_is_called_one() {
    // What may have been carried out is remembered.
    for (host, effect, may_be_there) in [
        ("dynamics.com", Effect::Html(200), true),
        ("dynamics.com", Effect::Html(403), false),
        ("api.bap.microsoft.com", Effect::Html(200), false),
    ] {
        let court = Court::new();
        court.weather(Fault::next(host, effect).times(20));
        let created = court.create(REFERENCE, &hurried(&court));
        let told = created.to_string().to_ascii_lowercase();
        assert!(told.contains("proxy") && told.contains("blocked by the web gateway"), "{created}");
        assert_eq!(created.expect_refused().is_some(), may_be_there);
        assert_eq!(count(&court), 0);
    }
}

#[test]
fn a_page_in_place_of_an_answer_to_a_delete_is_no_proof_that_it_is_gone() {
    let court = Court::new();
    let (_, _, connection) = court.made_chain();
    court.weather(Fault::next("/connectivity/", Effect::Html(200)).method("DELETE"));
    court.destroy(&connection).expect_quiet();
    assert!(court.connections().is_empty());
}

#[test]
fn json_that_breaks_off_is_one_clear_error() {
    let court = Court::new();
    court.weather(Fault::next("dynamics.com", Effect::NotJson).times(20));
    let created = court.create(REFERENCE, &hurried(&court));
    assert_eq!(created.errors(), 1, "{created}");
    created.expect_refused();
    assert_eq!(count(&court), 0);
}

#[test]
fn a_role_that_is_late_is_waited_for() {
    let court = Court::new();
    let refusal = "User is not authorized to read secrets from 'kv-robots' resource.";
    court.weather(Fault::next("$batch", Effect::Status(400, "0x8004801e".into(), refusal.into())));
    court.weather(
        Fault::next("/certificates/", Effect::Status(403, "Forbidden".into(), "Caller is not authorized.".into()))
            .times(2),
    );
    let patient = with(court.reference(), json!({ "timeouts": { "create": "10s" } }));
    court.create(REFERENCE, &patient).expect_ok();
    assert_eq!(count(&court), 1);
}

#[test]
fn a_role_that_never_arrives_is_named_with_its_scope_and_both_principals() {
    let court = patient("2s");
    let place = court.place();
    court.forbid_secrets();
    let parts = [
        "Key Vault Secrets User",
        &place.key_vault_id,
        "00000007-0000-0000-c000-000000000000",
        &place.object_id,
        "The role was waited for, 2 seconds since",
        "role_propagation_timeout",
    ];
    let left = court.create(REFERENCE, &court.reference()).expect_error("key_vault_id", SUMMARY, &parts);
    assert!(left.is_none());
    assert_eq!(count(&court), 0, "nothing is left half done");
    // Who is refused after the wait is over fails at once.
    court.forget();
    let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
    court.create(REFERENCE, &other).expect_error(
        "key_vault_id",
        "Cannot create the environment variable cto_other",
        &[],
    );
    assert_eq!(court.writes().iter().filter(|line| line.contains("$batch")).count(), 1, "{:?}", court.writes());
}

#[test]
fn a_closed_vault_is_waited_for_once_and_the_plan_says_how_long() {
    let court = patient("2s");
    court.forbid_vault();
    let summary = "The vault kv-robots does not let the certificate robot be read";
    let planned = court.plan(REFERENCE, None, &court.reference());
    let parts = [summary, "The apply will wait up to 2s for the role"];
    assert!(planned.expect_warning("key_vault_id", "A certificate could not be read", &parts).is_ok());
    let waited = ["The role was waited for, 2 seconds since"];
    court.create(REFERENCE, &court.reference()).expect_error("key_vault_id", summary, &waited);
    court.forget();
    let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
    court.create(REFERENCE, &other).expect_error("key_vault_id", summary, &waited);
    // Three plans and one apply, and each asks once.
    let asked = court.conversation().iter().filter(|line| line.contains("/certificates/")).count();
    assert!(asked <= 5, "{:?}", court.conversation());
}

#[test]
fn without_patience_a_missing_role_is_an_error_at_once() {
    let court = patient("0s");
    court.forbid_vault();
    let summary = "The vault kv-robots does not let the certificate robot be read";
    court.create(REFERENCE, &court.reference()).expect_error("key_vault_id", summary, &["was not waited for"]);
    let asked = court.conversation().iter().filter(|line| line.contains("/certificates/")).count();
    assert!(asked <= 6, "{:?}", court.conversation());
}

#[test]
fn a_refresh_that_is_refused_or_cannot_find_the_environment_forgets_nothing() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let forbidden = || Effect::Status(403, "0x80040220".into(), "Missing privilege.".into());
    let lost = Effect::Status(404, "EnvironmentNotFound".into(), "No such environment.".into());
    for (object, fault) in [
        (&reference, Fault::next("dynamics.com", forbidden())),
        (&credential, Fault::next("dynamics.com", forbidden())),
        (&connection, Fault::next(".environment.api.", lost)),
    ] {
        court.weather(fault);
        court.refresh(object).expect_refused();
        assert!(court.refresh(object).expect_quiet().is_some());
    }
}

#[test]
fn a_create_whose_outcome_stays_unknown_is_remembered_and_settled_by_the_next_refresh() {
    let world = World::new();
    let address = "powerautomate_key_vault_certificate_reference.robot";
    let text = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"

  timeouts {
    create = "3s"
  }
}
"#;
    world.write("main.tf", text);
    world.weather(Fault::next("$batch", Effect::ResetAfter));
    world.weather(Fault::next("environmentvariabledefinitions(", Effect::ResetBefore).method("GET").times(20));
    let outcome = world.apply();
    assert!(outcome.to_string().contains(SUMMARY), "{outcome}");
    assert_eq!(world.addresses(), [format!("{address} (tainted)")]);
    let minted = world.attr(address, "id");
    world.run(&["untaint", address]).expect_ok();
    world.sandbox().clear_faults();
    world.refresh().expect_ok();
    world.plan().expect_ok().expect_no_changes();
    assert_eq!(world.attr(address, "id"), minted);
    assert_eq!(world.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate").len(), 1);
}
