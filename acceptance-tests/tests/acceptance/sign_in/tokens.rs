//! Tokens: how often they are asked for, when they are no good any more, and why none is given.

use std::time::Duration;

use acceptance_tests::court::{CONNECTION, Court, REFERENCE as REFERENCE_TYPE};
use sandbox::{ClaimsChallenge, Exchange, TokenRefusal};
use serde_json::json;

use super::programs::with_cli;
use super::*;

/// What a service wants that takes no token from before now.
fn want_claims(world: &World, audience: &str) {
    let claims = json!({ "access_token": { "nbf": { "essential": true, "value": "1764428400" } } });
    let challenge = ClaimsChallenge { audience: audience.to_owned(), claims, app_id: None };
    world.sandbox().with(|world| world.challenge(challenge));
}

const REASON: &str = "no token from before 2025-11-29T15:00:00Z";

#[test]
fn a_service_that_wants_other_claims_gets_a_token_that_was_asked_for_with_them() {
    let by_secret = |world: &mut World| world.set(SECRET, default_world::SECRET);
    let by_certificate = |world: &mut World| {
        let certificate = certificate(world, sandbox::Application::register);
        let path = write_pem(&world.folder(), &certificate);
        world.set("ARM_CLIENT_CERTIFICATE_PATH", &path);
    };
    let by_workflow = |world: &mut World| {
        let variables = world.sandbox().workflow_env();
        set(world, &variables);
        world.set("ARM_USE_OIDC", "true");
    };
    let ways: [fn(&mut World); 3] = [by_secret, by_certificate, by_workflow];
    for sign_in in ways {
        let mut world = world("");
        sign_in(&mut world);
        want_claims(&world, &format!("https://{}", default_world::ORG));
        want_claims(&world, "https://vault.azure.net");
        want_claims(&world, "https://service.powerapps.com");
        signs_in(&world);
    }
}

#[test]
fn who_cannot_ask_for_claims_is_told_to_sign_in_again_and_why() {
    let (world, _folder) = with_cli("az", "");
    want_claims(&world, &format!("https://{}", default_world::ORG));
    world.plan().expect_error("resource", "Cannot sign in", &[REASON, "az logout", "Azure CLI"]);

    let mut world = super::world("use_msi = true");
    let url = world.sandbox().imds_url();
    world.unset("ARM_CLIENT_ID");
    world.set("ARM_MSI_ENDPOINT", &url);
    want_claims(&world, "https://vault.azure.net");
    world.plan().expect_error("resource", "Cannot sign in", &[REASON, "started anew"]);
}

#[test]
fn every_code_by_which_a_tenant_refuses_says_what_to_do() {
    for (code, remedy) in [
        (7_000_215, "the secret's value, and not its id"),
        (7_000_222, "make a new one"),
        (700_016, "check client_id and tenant_id"),
        (90_002, "check tenant_id"),
        (700_024, "check the clock"),
        (700_027, "upload its public part"),
        (70_021, "no federated credential"),
        (700_213, "no federated credential"),
        (53_003, "sign-in log of the tenant"),
        (65_001, "lacks consent"),
        (500_011, "check tenant_id and `cloud`"),
        (5_002_738, "whose key is RSA"),
        (50_173, "sign in again"),
    ] {
        let mut court = Court::new();
        let refusal = TokenRefusal { code, times: 9, app_id: None };
        court.sandbox().with(|world| world.refuse_tokens(refusal)).unwrap();
        court.next_run();
        let planned = court.plan(REFERENCE_TYPE, None, &court.reference());
        planned.expect_error("", "Cannot sign in", &[&format!("AADSTS{code}"), remedy]);
    }
}

#[test]
fn a_token_that_expires_in_the_middle_of_a_run_is_another_one_then() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    // Longer than a token lives; and then the service does not take one any more before that.
    court.sandbox().advance(Duration::from_secs(5400));
    let connection = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    court.sandbox().advance(Duration::from_secs(5400));
    court.destroy(&connection).expect_quiet();
    court.destroy(&credential).expect_quiet();
    court.destroy(&reference).expect_quiet();
}

#[test]
fn a_token_is_asked_for_once_for_each_audience_however_many_ask() {
    let mut world = world("");
    world.set(SECRET, default_world::SECRET);
    let many = REFERENCE
        .replace("robot\" {", "robot\" {\n  count = 30")
        .replace("certificate\"\n", "certificate_${count.index}\"\n");
    world.write("main.tf", &many);
    let audiences = ["https://contoso.crm4.dynamics.com", "https://service.powerapps.com", "https://vault.azure.net"];
    let scopes = audiences.map(|audience| format!("{audience}/.default"));
    // The plan is one Configure, and the apply of it another one.
    world.plan_with(&["-parallelism=30"]).expect_quiet();
    assert_eq!(asked_for(&world, 0), scopes);
    world.apply_plan().expect_quiet();
    assert_eq!(asked_for(&world, 3), scopes);
}

#[test]
fn a_refusal_is_not_asked_for_again_by_everybody() {
    let mut world = world("");
    world.set(SECRET, "wrong");
    let many = REFERENCE
        .replace("robot\" {", "robot\" {\n  count = 30")
        .replace("certificate\"\n", "certificate_${count.index}\"\n");
    world.write("main.tf", &many);
    let refused = world.plan_with(&["-parallelism=30"]);
    assert!(refused.code() == Some(1) && refused.raw().contains("AADSTS7000215"), "{refused}");
    let mut asked = asked_for(&world, 0);
    let count = asked.len();
    asked.dedup();
    assert_eq!(asked.len(), count, "{asked:?}");
}

/// For what tokens were asked for after so many of them, sorted.
fn asked_for(world: &World, after: usize) -> Vec<String> {
    let scope = |exchange: &Exchange| Some(exchange.body.as_ref()?["scope"].as_str()?.to_owned());
    let journal = world.sandbox().journal();
    let sign_ins = journal.iter().filter(|exchange| exchange.host.starts_with("login."));
    let mut scopes: Vec<String> = sign_ins.filter_map(scope).skip(after).collect();
    scopes.sort();
    scopes
}
