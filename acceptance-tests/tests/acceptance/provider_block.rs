//! The provider block: who signs in, to which environment, and what is borne while values are not known.

use acceptance_tests::world::World;

const ADDRESS: &str = "powerautomate_key_vault_certificate_reference.robot";

const REFERENCE: &str = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;

/// A world whose provider block holds these lines.
fn world(block: &str) -> World {
    let world = World::new();
    world.write_provider(block);
    world.write("main.tf", REFERENCE);
    world
}

#[test]
fn dataverse_is_found_through_the_environments_api_or_named() {
    let found = world("environment_id = var.environment_id");
    found.apply().expect_quiet();
    assert!(
        found.conversation().iter().any(|line| line.contains("api.bap.microsoft.com")),
        "{:#?}",
        found.conversation()
    );

    let url = found.place().environment_url.clone();
    let named = world(&format!("environment_id = var.environment_id\n  dataverse_url  = \"{url}\""));
    named.apply().expect_quiet();
    assert!(
        !named.conversation().iter().any(|line| line.contains("api.bap.microsoft.com")),
        "{:#?}",
        named.conversation()
    );
}

#[test]
fn who_signs_in_may_stand_in_the_block() {
    let mut world = World::new();
    let place = world.place().clone();
    for name in ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"] {
        world.unset(name);
    }
    world.set("TF_VAR_secret", &place.client_secret);
    let (tenant, client) = (&place.tenant_id, &place.client_id);
    let block = format!(
        "environment_id = var.environment_id\n tenant_id = \"{tenant}\"\n client_id = \"{client}\"\n client_secret = var.secret"
    );
    world.write_provider(&block);
    world.write("secret.tf", "variable \"secret\" {\n sensitive = true\n}\n");
    world.write("main.tf", REFERENCE);
    world.apply().expect_quiet();
}

#[test]
fn what_is_missing_is_named() {
    for (variable, attribute) in
        [("ARM_TENANT_ID", "tenant_id"), ("ARM_CLIENT_ID", "client_id"), ("ARM_CLIENT_SECRET", "client_secret")]
    {
        let mut world = world("environment_id = var.environment_id");
        world.unset(variable);
        world.plan().expect_error("provider", &format!("Missing {attribute}"), &[variable]);
    }
}

#[test]
fn a_wrong_secret_is_told_in_the_service_s_words() {
    let mut world = world("environment_id = var.environment_id");
    world.set("ARM_CLIENT_SECRET", "wrong");
    let outcome = world.apply();
    assert_eq!(outcome.code(), Some(1), "{outcome}");
    assert!(outcome.raw().contains("AADSTS7000215") && outcome.raw().contains("ARM_"), "{outcome}");
}

#[test]
fn a_wrong_certificate_authority_is_tried_a_few_times_and_names_the_variable() {
    let mut world = world("environment_id = var.environment_id");
    let other = World::bare();
    world.set("SSL_CERT_FILE", &other.variable("SSL_CERT_FILE"));
    let outcome = world.apply();
    assert_eq!(outcome.code(), Some(1), "{outcome}");
    assert!(outcome.raw().contains("SSL_CERT_FILE"), "{outcome}");
    // The SDK's own default would try nine times each, for more than a minute.
    let tries = world.sandbox().tunnels();
    assert!((1..=12).contains(&tries), "{tries} tries");

    world.set("SSL_CERT_FILE", "/nonexistent/ca.pem");
    let outcome = world.apply();
    assert!(outcome.raw().contains("/nonexistent/ca.pem"), "{outcome}");
    assert_eq!(world.sandbox().tunnels(), tries, "what cannot be trusted is not tried");
}

#[test]
fn a_provider_without_an_environment_leaves_it_to_the_resources() {
    let world = world("");
    world.plan().expect_error("resource", "Missing environment_id", &["provider block"]);
    world.write("main.tf", &REFERENCE.replace("schema_name ", "environment_id = var.environment_id\n  schema_name "));
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn a_provider_that_comes_to_name_another_environment_is_an_error() {
    let world = world("environment_id = var.environment_id");
    world.apply().expect_quiet();
    world.write_provider(&format!("environment_id = \"{}\"", world.place().other_environment_id));
    world.plan().expect_error("resource", "The provider names another environment", &["Set environment_id"]);
}

#[test]
fn values_that_are_not_known_yet_are_borne_by_a_plan() {
    let world = world("environment_id = terraform_data.environment.output");
    world.write("environment.tf", "resource \"terraform_data\" \"environment\" {\n input = var.environment_id\n}\n");
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}"), "create terraform_data.environment"]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.attr(ADDRESS, "environment_id"), world.place().environment_id);
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn a_secret_that_is_not_known_yet_is_borne_by_a_plan() {
    let mut world = World::new();
    let secret = world.place().client_secret.clone();
    world.set("TF_VAR_secret", &secret);
    world.unset("ARM_CLIENT_SECRET");
    world.write_provider("environment_id = var.environment_id\n  client_secret  = terraform_data.secret.output");
    world.write(
        "secret.tf",
        "variable \"secret\" {}\nresource \"terraform_data\" \"secret\" {\n input = var.secret\n}\n",
    );
    world.write("main.tf", REFERENCE);
    world.plan().expect_quiet();
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
}

/// Stands for `az`: it hands out a token of the sandbox's, for the scope that it is asked for.
const AZ: &str = r#"#!/usr/bin/env python3
import json, os, sys, time, urllib.parse, urllib.request

scope = sys.argv[sys.argv.index("--scope") + 1]
url = "https://login.microsoftonline.com/" + os.environ["SANDBOX_TENANT"] + "/oauth2/v2.0/token"
form = {"grant_type": "client_credentials", "client_id": os.environ["SANDBOX_CLIENT"],
        "client_secret": os.environ["SANDBOX_SECRET"], "scope": scope}
answer = json.load(urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()))
print(json.dumps({"accessToken": answer["access_token"], "expires_on": int(time.time()) + 3600,
                  "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(time.time() + 3600)),
                  "tenant": os.environ["SANDBOX_TENANT"], "tokenType": "Bearer"}))
"#;

#[cfg(unix)]
#[test]
fn the_azure_cli_may_sign_in() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut world = world("environment_id = var.environment_id\nuse_cli = true");
    let place = world.place().clone();
    world.write("az", AZ);
    let az = world.folder().join("az");
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let path = format!("{}:{}", world.folder().display(), std::env::var("PATH").unwrap_or_default());
    world.set("PATH", &path);
    for (name, value) in [
        ("SANDBOX_TENANT", &place.tenant_id),
        ("SANDBOX_CLIENT", &place.client_id),
        ("SANDBOX_SECRET", &place.client_secret),
    ] {
        world.set(name, value);
    }
    for sign_in in ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"] {
        world.unset(sign_in);
    }
    world.apply().expect_quiet();
    world.destroy().expect_quiet();

    world.write("az", "#!/bin/sh\necho 'ERROR: Please run az login to setup account.' >&2\nexit 1\n");
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let outcome = world.apply();
    assert!(outcome.to_string().contains("az login"), "{outcome}");
}
