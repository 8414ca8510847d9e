//! The whole world around an organization: its clock, its switches, and its vaults.

use serde_json::json;

use super::super::SecretRefusal;
use super::*;
use crate::default_world::{self, BARE_ENVIRONMENT, CLIENT, ENVIRONMENT, SUBSCRIPTION};
use crate::world::{DATAVERSE_APPLICATION, World};

const READS_SECRETS: &str = "Key Vault Secrets User";

#[track_caller]
fn check(world: &mut World, line: &str, body: &str, expected: &str) {
    let caller = world.applications[CLIENT].caller.clone();
    let mut request = request(line, "Content-Type: application/json");
    request.body = Bytes::from(body.to_owned());
    let shown = shown(&super::super::answer(world, ENVIRONMENT, &caller, &request));
    assert!(shown.starts_with(expected), "{line}\n{body}\n  expected {expected}\n  answered {shown}");
}

#[test]
fn the_vaults_roles_decide_who_writes_a_secret() {
    let mut world = default_world::make();
    let secret = format!("{}/secrets/robot", world.vaults["kv-robots"].resource_id());
    let closed = format!("{}/secrets/robot", world.vaults["kv-closed"].resource_id());
    let definition = json!({
        "environmentvariabledefinitionid": DEFINITION, "schemaname": "cto_robot", "type": 100_000_005,
    });
    check(&mut world, "POST environmentvariabledefinitions", &definition.to_string(), "204");
    let value = |reference: &str| {
        let bind = format!("/environmentvariabledefinitions({DEFINITION})");
        json!({ "schemaname": "cto_robot", "value": reference, "EnvironmentVariableDefinitionId@odata.bind": bind })
            .to_string()
    };
    let line = format!("PATCH environmentvariablevalues({VALUE})");
    check(&mut world, &line, &value(&closed), "400 0x8004801e User is not authorized to read secrets from");
    world.switches_mut().dataverse.secret_refusal = SecretRefusal::Forbidden;
    check(&mut world, &line, &value(&closed), "403 0x8004801e");
    check(&mut world, &line, &value(&secret), "204");
    // Dataverse itself needs the role too.
    world.vaults.get_mut("kv-robots").unwrap().revoke(DATAVERSE_APPLICATION, READS_SECRETS);
    check(&mut world, &line, &value(&secret), "403 0x8004801e User is not authorized");
    world.unregistered_subscriptions.insert(SUBSCRIPTION.to_owned());
    check(&mut world, &line, &value(&secret), "403 0x8004801e Could not verify the user permission");
}

#[test]
fn the_worlds_clock_stamps_rows() {
    let mut world = default_world::make();
    world.advance(std::time::Duration::from_secs(400 * 24 * 60 * 60));
    check(&mut world, "POST credentials", r#"{"name":"R"}"#, "204");
    let later = super::super::reply::date_time(world.now() - time::Duration::days(1));
    let rows = world.org_mut(ENVIRONMENT).rows("credential").unwrap();
    assert!(rows[0]["createdon"].as_str().unwrap() > later.as_str(), "{}", rows[0]);
}

#[test]
fn strangers_and_environments_without_dataverse() {
    let mut world = default_world::make();
    let caller = world.applications[CLIENT].caller.clone();
    let stranger = Caller { app_id: NOBODY.to_owned(), object_id: NOBODY.to_owned(), ..caller.clone() };
    let elsewhere = Caller { tenant_id: NOBODY.to_owned(), ..caller.clone() };
    for (caller, environment, expected) in [
        (&caller, ENVIRONMENT, "200"),
        (&stranger, ENVIRONMENT, "403 0x80072560"),
        (&elsewhere, ENVIRONMENT, "403 0x80072560"),
        (&caller, BARE_ENVIRONMENT, "404"),
    ] {
        let answer = super::super::answer(&mut world, environment, caller, &request("GET WhoAmI", ""));
        assert!(shown(&answer).starts_with(expected), "{}", shown(&answer));
    }
}
