//! Bad days: throttling, broken connections, proxies that answer in HTML, roles that are late. Nothing is doubled and nothing is lost.

use acceptance_tests::world::World;
use sandbox::{Effect, Fault};

const REFERENCE: &str = "powerautomate_key_vault_certificate_reference.robot";
const CONNECTION: &str = "powerautomate_desktop_flow_connection.robot";
const DEFINITIONS: &str = "environmentvariabledefinitions";

const CHAIN: &str = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"

  timeouts {
    create = "4s"
  }
}
"#;

const REST: &str = r#"
resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}
resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot on Finance"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
"#;

fn world() -> World {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world
}

/// There is exactly one variable, whatever happened.
#[track_caller]
fn expect_one(world: &World) {
    assert_eq!(world.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate").len(), 1);
    world.plan().expect_quiet().expect_no_changes();
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
        Fault::next("dynamics.com", Effect::RevokeTokens),
    ] {
        let world = world();
        let told = format!("{fault:?}");
        world.weather(fault);
        let outcome = world.apply();
        assert!(outcome.is_ok(), "{told}: {outcome}");
        expect_one(&world);
    }
}

#[test]
fn a_create_whose_answer_was_lost_is_settled_in_the_same_call() {
    let world = world();
    world.weather(Fault::next("$batch", Effect::ResetAfter));
    world.apply().expect_quiet();
    expect_one(&world);

    world.write("rest.tf", REST);
    world.weather(Fault::next("$batch", Effect::ResetAfter));
    world.weather(Fault::next("/connectivity/connectors/", Effect::ResetAfter).method("PUT"));
    world.apply().expect_quiet();
    expect_one(&world);
    assert_eq!(world.connections().len(), 1);
}

#[test]
fn a_create_that_never_arrived_is_an_error_and_the_next_apply_makes_it() {
    let world = world();
    world.weather(Fault::next("$batch", Effect::ResetBefore));
    let outcome = world.apply();
    if !outcome.is_ok() {
        outcome.expect_error("resource", "Cannot create the environment variable cto_robot_certificate", &[]);
        assert_eq!(world.addresses(), Vec::<String>::new());
        world.apply().expect_quiet();
    }
    expect_one(&world);
}

#[test]
fn a_delete_whose_answer_was_lost_is_no_error() {
    let world = world();
    world.apply().expect_quiet();
    world.weather(Fault::next("$batch", Effect::ResetAfter));
    world.destroy().expect_quiet();
    assert!(world.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate").is_empty());
}

#[test]
fn a_page_from_a_proxy_is_called_one() {
    for (host, effect) in [
        ("dynamics.com", Effect::Html(200)),
        ("dynamics.com", Effect::Html(403)),
        ("api.bap.microsoft.com", Effect::Html(200)),
    ] {
        let world = world();
        world.weather(Fault::next(host, effect).times(20));
        let outcome = world.apply();
        assert_eq!(outcome.code(), Some(1), "{outcome}");
        let told = outcome.raw().to_ascii_lowercase();
        assert!(told.contains("proxy") && told.contains("blocked by the web gateway"), "{outcome}");
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

#[test]
fn json_that_breaks_off_is_one_clear_error() {
    let world = world();
    world.weather(Fault::next("dynamics.com", Effect::NotJson).times(20));
    let outcome = world.apply();
    assert_eq!(outcome.code(), Some(1), "{outcome}");
    assert_eq!(outcome.diagnostics.iter().filter(|found| found.severity == "error").count(), 1, "{outcome}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_role_that_is_late_is_waited_for() {
    let world = world();
    let refusal = "User is not authorized to read secrets from 'kv-robots' resource.";
    world.weather(Fault::next("$batch", Effect::Status(400, "0x8004801e".into(), refusal.into())));
    world.weather(
        Fault::next("/certificates/", Effect::Status(403, "Forbidden".into(), "Caller is not authorized.".into()))
            .times(2),
    );
    world.apply().expect_ok();
    expect_one(&world);
}

#[test]
fn a_role_that_never_arrives_is_named_with_its_scope_and_both_principals() {
    let world = world();
    let place = world.place().clone();
    world.forbid_secrets();
    let parts = [
        "Key Vault Secrets User",
        &place.key_vault_id,
        "00000007-0000-0000-c000-000000000000",
        &place.object_id,
        "4 seconds",
    ];
    world.apply().expect_error("key_vault_id", "Cannot create the environment variable cto_robot_certificate", &parts);
    assert!(
        world.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate").is_empty(),
        "nothing is left half done"
    );
    assert_eq!(world.addresses(), Vec::<String>::new());
}

#[test]
fn a_refresh_that_is_refused_or_cannot_find_the_environment_forgets_nothing() {
    let world = world();
    world.write("rest.tf", REST);
    world.apply().expect_quiet();
    for fault in [
        Fault::next("dynamics.com", Effect::Status(403, "0x80040220".into(), "Missing privilege.".into())),
        Fault::next(
            ".environment.api.",
            Effect::Status(404, "EnvironmentNotFound".into(), "No such environment.".into()),
        ),
    ] {
        world.weather(fault);
        let outcome = world.plan();
        assert_eq!(outcome.code(), Some(1), "{outcome}");
        assert!(
            world.addresses().contains(&REFERENCE.to_owned()) && world.addresses().contains(&CONNECTION.to_owned())
        );
        world.plan().expect_quiet().expect_no_changes();
    }
}

#[test]
fn a_create_whose_outcome_stays_unknown_is_remembered_and_settled_by_the_next_refresh() {
    let world = world();
    world.weather(Fault::next("$batch", Effect::ResetAfter));
    world.weather(Fault::next("environmentvariabledefinitions(", Effect::ResetBefore).method("GET").times(20));
    let summary = "Cannot create the environment variable cto_robot_certificate";
    let outcome = world.apply();
    assert!(outcome.to_string().contains(summary), "{outcome}");
    assert_eq!(world.addresses(), [format!("{REFERENCE} (tainted)")]);
    let minted = world.attr(REFERENCE, "id");
    world.run(&["untaint", REFERENCE]).expect_ok();
    world.sandbox().clear_faults();
    world.refresh().expect_ok();
    world.plan().expect_ok().expect_no_changes();
    assert_eq!(world.attr(REFERENCE, "id"), minted);
    expect_one(&world);
}
