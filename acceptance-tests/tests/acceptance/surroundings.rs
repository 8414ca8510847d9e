//! One's own surroundings: a proxy that is dead, closed or wants a login, an authority that is not there, a sign-in that fails. They are
//! errors at once. A single other host that cannot be reached is a warning of the plan, and an error of the apply.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::proxy::{Proxy, Tunnel};
use sandbox::{Effect, Fault, default_world};
use serde_json::json;

const PROXY: &str = "The proxy cannot be used";
const SIGN_IN: &str = "Cannot sign in";

/// A plan is refused once, on no attribute, and no password is told.
#[track_caller]
fn expect_at_once(court: &Court, summary: &str, parts: &[&str]) {
    let planned = court.plan(REFERENCE, None, &court.reference());
    assert!(!planned.to_string().contains("hunter2"), "{planned}");
    planned.expect_error("", summary, parts);
}

#[test]
fn a_dead_proxy_is_named_as_the_proxy() {
    let gone = Proxy::dead();
    let what = format!("the proxy http://127.0.0.1:{} (of HTTPS_PROXY) cannot be reached", gone.port());
    expect_at_once(&gone.court(), PROXY, &[&what, "NO_PROXY"]);
}

#[test]
fn a_proxy_that_wants_a_login_is_an_error_at_once() {
    let proxy = Proxy::start(|_, _| Tunnel::Answered("407 Proxy Authentication Required"));
    let parts = ["wants a user name and a password", "http://user:password@"];
    expect_at_once(&proxy.court(), PROXY, &parts);
}

#[test]
fn a_sign_in_host_that_cannot_be_reached_is_an_error_at_once() {
    let is_sign_in = |host: &str| host.starts_with("login.");
    let proxy = Proxy::start(move |host, _| match is_sign_in(host) {
        true => Tunnel::Answered("503 Service Unavailable"),
        false => Tunnel::Open,
    });
    let what = "makes no connection to login.microsoftonline.com: it cannot resolve that name, or not reach it";
    expect_at_once(&proxy.court(), SIGN_IN, &[what]);
}

#[test]
fn an_authority_that_is_not_there_is_an_error_at_once() {
    let mut court = Court::unconfigured(&[("SSL_CERT_FILE", "/nonexistent/ca.pem")]);
    let block = json!({ "environment_id": court.place().environment_id });
    court.configure(&block).expect_quiet();
    expect_at_once(&court, "The provider can reach nothing", &["/nonexistent/ca.pem"]);
    assert_eq!(court.sandbox().tunnels(), 0);

    let other = Court::unconfigured(&[]);
    let mut court = Court::unconfigured(&[("SSL_CERT_FILE", &other.sandbox().ca_file().display().to_string())]);
    court.configure(&block).expect_quiet();
    expect_at_once(&court, "The connection is not secure", &["SSL_CERT_FILE"]);
}

#[test]
fn a_single_host_that_cannot_be_reached_is_a_warning_of_the_plan_and_an_error_of_the_apply() {
    for (closed, attribute, warning) in [
        ("kv-robots.vault.azure.net", "key_vault_id", "A certificate could not be read"),
        ("api.bap.microsoft.com", "environment_id", "The environment cannot be reached"),
    ] {
        let proxy = Proxy::start(move |host, _| match host == closed {
            true => Tunnel::Answered("502 Bad Gateway"),
            false => Tunnel::Open,
        });
        let mut court = proxy.court();
        // Each question is tried for some seconds.
        court.judge_mut().asks_twice = false;
        let what = format!("makes no connection to {closed}: it cannot resolve that name");
        court.plan(REFERENCE, None, &court.reference()).expect_warning(attribute, warning, &[&what]).expect_ok();
        // What an apply makes of a vault, errors.rs has.
        if attribute == "environment_id" {
            let created = court.create(REFERENCE, &court.reference());
            assert!(created.to_string().contains("Cannot look up the environment"), "{created}");
            created.expect_refused();
        }
        assert_eq!(court.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_cut_connection_is_none_that_is_not_trusted_and_a_read_is_tried_again() {
    let cuts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&cuts);
    let proxy =
        Proxy::start(move |host, _| match host == default_world::ORG && counted.fetch_add(1, Ordering::Relaxed) < 2 {
            true => Tunnel::Cut,
            false => Tunnel::Open,
        });
    let court = proxy.court();
    assert_eq!(court.list(REFERENCE, &json!({})).expect_quiet(), Vec::<String>::new());
    assert!(cuts.load(Ordering::Relaxed) > 2, "it was tried again");

    let proxy = Proxy::start(|host, _| if host == default_world::ORG { Tunnel::Cut } else { Tunnel::Open });
    let listed = proxy.court().list(REFERENCE, &json!({}));
    let told = listed.to_string();
    assert!(told.contains("broke") && !told.contains("not trusted") && !told.contains("SSL_CERT_FILE"), "{told}");
    listed.expect_refused();
}

#[test]
fn a_sign_in_that_fails_is_told_in_full_once_after_each_configure() {
    let mut court = Court::unconfigured(&[("ARM_CLIENT_SECRET", "wrong")]);
    let block = json!({ "environment_id": court.place().environment_id });
    for _ in 0..2 {
        court.configure(&block).expect_quiet();
        let told = court.plan(REFERENCE, None, &court.reference());
        // Entra's text and ours are two paragraphs.
        told.expect_error("", SIGN_IN, &["AADSTS7000215", "\n\nThe client secret is wrong", "ARM_*"]);
        let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
        let second = court.plan(REFERENCE, None, &other);
        assert!(!second.to_string().contains("AADSTS"), "{second}");
        second.expect_error("", SIGN_IN, &["Another message of this name says why."]);
        let machine_group_id = &court.place().machine_group_id;
        let nowhere = "00000000-0000-4000-8000-00000000dead";
        let connection = json!({ "display_name": "R", "credential_id": nowhere, "machine_group_id": machine_group_id });
        court.plan(CONNECTION, None, &connection).expect_error("", SIGN_IN, &["says why"]);
        let credential = json!({ "name": "R", "username": "r@c", "certificate_reference_id": nowhere });
        court.plan(CREDENTIAL, None, &credential).expect_error("", SIGN_IN, &["says why"]);
    }
}

#[test]
fn a_page_from_a_proxy_says_what_to_do() {
    let court = Court::new();
    court.weather(Fault::next("dynamics.com", Effect::Html(403)).times(20));
    let parts = ["a proxy or a firewall", "Blocked by the web gateway", "let this machine reach", "NO_PROXY"];
    court.create(REFERENCE, &court.reference()).expect_error(
        "",
        "Cannot create the environment variable cto_robot_certificate",
        &parts,
    );
}
