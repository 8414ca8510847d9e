//! Networks: what keeps everything from being reached is told in one diagnostic, with its cause, after a bounded number of tries; what passes
//! is not told at all; and the provider block says whom to trust and how often to try.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use acceptance_tests::court::{Court, REFERENCE, with};
use acceptance_tests::networks::{Met, NETWORKS, Network};
use acceptance_tests::proxy::{Proxy, Tunnel};
use acceptance_tests::world::{CHAIN, World};
use sandbox::{Crafted, Effect, Fault};
use serde_json::json;

#[track_caller]
fn check(network: &Network) {
    let Met { told, attempts, .. } = network.meet();
    let (shown, (least, most)) = (told.to_string(), network.attempts);
    assert!((least..=most).contains(&attempts), "{}: {attempts} attempts: {shown}", network.name);
    assert!(!shown.contains("hunter2"), "{shown}");
    let (_, said, _) = told.into_parts();
    assert_eq!(said.len(), 1, "{}: {shown}", network.name);
    let one = &said[0];
    assert_eq!((one.is_error, one.summary.as_str(), one.attribute.as_str()), (true, network.summary, ""), "{shown}");
    assert!(one.detail.contains(network.cause), "{}: {shown}", network.name);
    assert!(one.detail.len() < 700, "it is short: {shown}");
}

#[test]
fn whatever_keeps_everything_from_being_reached_is_explained_in_one_diagnostic() {
    // Those that say nothing are waited for: they are met beside each other.
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..7 {
            scope.spawn(|| {
                while let Some(network) = NETWORKS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(network);
                }
            });
        }
    });
}

#[test]
fn under_terraform_each_object_has_its_diagnostic_and_one_of_them_says_why() {
    let black_hole = Proxy::start(|_, _| Tunnel::Silent);
    let mut world = World::new();
    world.set("HTTPS_PROXY", &format!("http://127.0.0.1:{}", black_hole.port()));
    let one = |name: &str| {
        format!(
            "resource \"powerautomate_key_vault_certificate_reference\" \"{name}\" {{\n  schema_name = \"cto_{name}\"\n  key_vault_id = \
             var.key_vault_id\n  certificate_name = \"{name}\"\n}}\n"
        )
    };
    world.write("main.tf", &["one", "two", "three"].map(one).concat());
    let planned = world.plan();
    assert_eq!(planned.diagnostics.len(), 3, "{planned}");
    assert!(
        planned.diagnostics.iter().all(|told| told.severity == "error" && told.summary == "Cannot sign in"),
        "{planned}"
    );
    let reasons = planned.diagnostics.iter().filter(|told| told.detail.contains("does not answer"));
    assert_eq!(reasons.count(), 1, "{planned}");
    // One certificate, the others at most when that is given up, and one sign-in for all.
    let hosts = black_hole.hosts();
    let sign_ins = hosts.iter().filter(|host| host.contains("login")).count();
    assert!(sign_ins == 1 && (2..=4).contains(&hosts.len()), "{hosts:?}");
}

#[test]
fn what_exists_is_neither_read_nor_removed_in_a_black_hole_and_is_remembered() {
    let is_lost = Arc::new(AtomicBool::new(false));
    let lost = Arc::clone(&is_lost);
    let proxy = Proxy::start(move |_, _| if lost.load(Ordering::Relaxed) { Tunnel::Silent } else { Tunnel::Open });
    let mut court = proxy.court();
    let (_, _, connection) = court.made_chain();
    is_lost.store(true, Ordering::Relaxed);
    court.next_run();
    let before = proxy.hosts().len();
    let cause = ["login.microsoftonline.com does not answer"];
    court.refresh(&connection).expect_error("", "Cannot sign in", &cause);
    // A connection has ten seconds to be made.
    assert_eq!(proxy.hosts().len() - before, 2, "{:?}", proxy.hosts());
    court.next_run();
    let left = court.destroy(&connection).expect_error("", "Cannot sign in", &cause);
    assert!(left.is_some());
}

#[cfg(unix)]
#[test]
fn whoever_the_azure_cli_signs_in_is_told_of_a_black_hole_by_its_hosts() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("the disk is not full");
    let az = folder.path().join("az");
    let token = json!({ "accessToken": "opaque", "expires_on": 4_000_000_000_u32, "expiresOn": "2096-10-02 07:06:40.000000",
                        "tenant": "t", "tokenType": "Bearer" });
    std::fs::write(&az, format!("#!/bin/sh\necho '{token}'\n")).expect("the file is ours");
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let nobody = [("ARM_TENANT_ID", ""), ("ARM_CLIENT_ID", ""), ("ARM_CLIENT_SECRET", ""), ("PATH", path.as_str())];
    let proxy = Proxy::start(|_, _| Tunnel::Silent);
    let mut court = proxy.unconfigured(&nobody);
    court.next_run();
    court.judge_mut().asks_twice = false;
    // Nothing that signs in was asked: of either host only itself is known.
    let planned = court.plan(REFERENCE, None, &court.reference());
    let planned = planned.expect_warning("key_vault_id", "A certificate could not be read", &["does not answer"]);
    planned.expect_warning("environment_id", "The environment cannot be reached", &["does not answer"]).expect_ok();
}

#[test]
fn a_connection_that_ends_once_within_the_tls_handshake_is_made_again() {
    for host in ["kv-robots.vault.azure.net", "login.microsoftonline.com", "contoso.crm4.dynamics.com"] {
        let ended = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ended);
        let proxy = Proxy::start(move |asked, _| {
            let is_first = asked == host && counted.fetch_add(1, Ordering::Relaxed) == 0;
            if is_first { Tunnel::Plain("") } else { Tunnel::Open }
        });
        let court = proxy.court();
        court.create(REFERENCE, &court.reference()).expect_quiet();
        assert!(ended.load(Ordering::Relaxed) > 1, "{host} was tried again");
    }
}

#[test]
fn of_a_question_and_of_a_sign_in_nobody_is_told_that_it_may_have_been_carried_out() {
    let cut =
        |part: &'static str| Proxy::start(move |host, _| if host.contains(part) { Tunnel::Cut } else { Tunnel::Open });
    for host in ["login.", "contoso.crm4", "kv-robots"] {
        let proxy = cut(host);
        let mut court = proxy.unconfigured(&[]);
        let here = json!({ "environment_id": court.place().environment_id, "max_retries": 0 });
        court.configure(&here).expect_quiet();
        court.judge_mut().asks_twice = false;
        let told = match host {
            "contoso.crm4" => court.list(REFERENCE, &json!({})).to_string(),
            _ => court.plan(REFERENCE, None, &court.reference()).to_string(),
        };
        assert!(told.contains("broke after the request was sent"), "{told}");
        assert!(!told.contains("carried out") && !told.contains("what became of it"), "{host}: {told}");
    }
    let court = Court::new();
    court.weather(Fault::next("api.bap", Effect::Status(500, "Broken".into(), "No.".into())).times(99));
    let created = court.create(REFERENCE, &court.reference());
    let parts = ["HTTP 500", "Try it again later"];
    let environment = format!("Cannot look up the environment {}", court.place().environment_id);
    created.expect_error("environment_id", &environment, &parts);
}

#[test]
fn a_vault_that_asks_for_another_one_s_token_is_told_without_advice_that_nobody_can_follow() {
    let court = Court::new();
    let challenge = "Bearer authorization=\"https://login.microsoftonline.com/t\", resource=\"https://evil.example\"";
    let elsewhere = || Crafted::new(401, "").header("www-authenticate", challenge);
    court.weather(Fault::next("kv-robots", Effect::Answer(elsewhere())).times(99));
    let created = court.create(REFERENCE, &court.reference());
    let told = created.to_string();
    assert!(told.contains("'https://evil.example/.default' doesn't match"), "{told}");
    assert!(!told.contains("verify_challenge_resource") && !told.contains("became of it"), "{told}");
    created.expect_refused();
}

/// A plan is told of whoever signs in that he says nothing, though the vault has answered.
#[track_caller]
fn expect_silent_sign_in(mut court: Court, host: &str) {
    let here = json!({ "environment_id": court.place().environment_id });
    court.configure(&here).expect_quiet();
    court.judge_mut().asks_twice = false;
    let planned = court.plan(REFERENCE, None, &court.reference());
    assert!(court.sandbox().journal().iter().any(|one| one.host.starts_with("kv-robots")), "the vault has answered");
    let hint = if host == "127.0.0.1" { "asked for its managed identity" } else { "may reach the host that signs in" };
    planned.expect_error("", "Cannot sign in", &[&format!("{host} does not answer"), hint]);
}

#[test]
fn a_sign_in_that_nobody_answers_is_told_soon_whoever_else_has_answered() {
    let is_sign_in = |host: &str| host.starts_with("login.");
    let proxy = Proxy::start(move |host, _| if is_sign_in(host) { Tunnel::Silent } else { Tunnel::Open });
    let machine = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/token", machine.local_addr().expect("it is bound"));
    let variables =
        [("ARM_CLIENT_ID", ""), ("ARM_CLIENT_SECRET", ""), ("ARM_USE_MSI", "true"), ("ARM_MSI_ENDPOINT", &address)];
    thread::scope(|scope| {
        scope.spawn(|| expect_silent_sign_in(proxy.unconfigured(&[]), "login.microsoftonline.com"));
        scope.spawn(|| expect_silent_sign_in(Court::unconfigured(&variables), "127.0.0.1"));
    });
}

#[test]
fn a_sign_in_that_is_refused_is_not_asked_for_again_by_the_same_question() {
    let mut court = Court::unconfigured(&[("ARM_CLIENT_SECRET", "wrong")]);
    let here = json!({ "environment_id": court.place().environment_id });
    court.configure(&here).expect_quiet();
    court.judge_mut().asks_twice = false;
    court.plan(REFERENCE, None, &court.reference()).expect_error("", "Cannot sign in", &["AADSTS7000215"]);
    let asked = court.sandbox().journal().into_iter().filter(|one| one.host.starts_with("login."));
    assert_eq!(asked.count(), 1);
}

#[test]
fn once_a_host_has_answered_a_slow_one_has_the_time_of_the_operation() {
    let court = Court::new();
    // As long as nothing has answered, this would be too long.
    court.weather(Fault::next("environmentvariabledefinitions", Effect::Delay(13_000)).method("GET"));
    assert_eq!(court.list(REFERENCE, &json!({})).expect_quiet(), Vec::<String>::new());
}

#[test]
fn connections_are_used_again_across_resources() {
    let court = Court::new();
    let _ = court.made_chain();
    let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
    court.create(REFERENCE, &other).expect_quiet();
    let hosts: BTreeSet<String> = court.sandbox().journal().into_iter().map(|exchange| exchange.host).collect();
    assert_eq!(hosts.len(), 5, "{hosts:?}");
    assert_eq!(court.sandbox().tunnels(), hosts.len(), "one connection to each");
}

#[test]
fn a_proxy_gets_the_login_that_its_variable_holds() {
    let proxy = Proxy::start(|_, _| Tunnel::Locked("me:hunter2"));
    let court = proxy.court();
    court.create(REFERENCE, &court.reference()).expect_quiet();
}

#[test]
fn under_terraform_the_block_names_an_authority_beside_the_system_s_and_how_often_to_try() {
    let mut world = World::new();
    let authority = world.sandbox().ca_file().display().to_string();
    world.unset("SSL_CERT_FILE");
    world.write("main.tf", CHAIN);
    let block = |lines: &str| world.write_provider(&format!("environment_id = var.environment_id\n  {lines}"));

    block("");
    let distrusted = world.plan();
    assert!(distrusted.to_string().contains("The connection is not secure"), "{distrusted}");
    block(&format!("ca_certificate_path = \"{authority}\"\n  max_retries = 0"));
    world.apply().expect_quiet();

    let asked = || world.sandbox().journal().iter().filter(|one| one.host.contains("dynamics.com")).count();
    let before = asked();
    world.weather(Fault::next("dynamics.com", Effect::Throttle(0)).times(3));
    let throttled = world.plan();
    assert!(throttled.to_string().contains("HTTP 429") && !throttled.is_ok(), "{throttled}");
    let (once, struck) = (asked() - before, 3 - world.sandbox().weather_to_come());
    assert_eq!(once, usize::try_from(struck).expect("it is small"), "none is tried again");
    world.sandbox().clear_faults();

    block("max_retries = 11");
    world.plan().expect_error("max_retries", "Invalid value for max_retries", &["between 0 and 10"]);
    block("ca_certificate_path = \"/nonexistent/ca.pem\"");
    let what = ["/nonexistent/ca.pem, which cannot be read"];
    world.plan().expect_error("ca_certificate_path", "The certificate authority cannot be read", &what);
    world.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    block("ca_certificate_path = \"broken.pem\"");
    let what = ["broken.pem, which holds a certificate that cannot be read: number 1"];
    world.plan().expect_error("ca_certificate_path", "The certificate authority cannot be read", &what);
}

#[test]
fn a_request_is_tried_again_as_often_as_the_block_says() {
    for (block, tries) in [(json!({}), 5), (json!({ "max_retries": 0 }), 1), (json!({ "max_retries": 2 }), 3)] {
        let mut court = Court::unconfigured(&[]);
        let here = json!({ "environment_id": court.place().environment_id });
        court.configure(&with(here.clone(), block)).expect_quiet();
        court.weather(Fault::next("dynamics.com", Effect::Throttle(0)).times(99));
        court.list(REFERENCE, &json!({})).expect_refused();
        assert_eq!(99 - court.sandbox().weather_to_come(), tries);
        court.sandbox().clear_faults();
        // The sign-in and the vault are tried by the same rule.
        court.configure(&with(here, json!({ "max_retries": 1 }))).expect_quiet();
        court.weather(Fault::next("login.", Effect::Throttle(0)).times(99));
        let listed = court.list(REFERENCE, &json!({}));
        let told = listed.to_string();
        assert!(told.contains("HTTP 429") && told.contains("Wait some minutes"), "{told}");
        assert!(!told.contains("Check who signs in"), "{told}");
        listed.expect_refused();
        assert_eq!(99 - court.sandbox().weather_to_come(), 2);
    }
}
