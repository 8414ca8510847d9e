//! The functions, as a configuration calls them, and their examples.

use acceptance_tests::feature::Feature;
use acceptance_tests::world::World;
use provider::PowerAutomate;
use serde_json::Value as Json;
use tfplugin::provider::Provider as _;

use super::manual::{example, shown};

fn certificate() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "robot");
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x12, 0xab]));
    params.self_signed(&key).unwrap().pem()
}

/// What the output of each function's example is, and how it is called.
const EXAMPLES: [(&str, &str, &str); 4] = [
    ("certificate_user_id", "certificate_user_id", "X509:<PN>robot@contoso.com"),
    ("environment_host", "host", "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"),
    ("parse_connection_id", "connection", "3f1c7d0e5b6a4c2f9e8d7c6b5a493827"),
    ("parse_key_vault_certificate_id", "certificate_name", "robot"),
];

#[test]
fn the_examples_of_the_manual_say_what_they_promise() {
    let world = shown();
    for function in PowerAutomate.functions() {
        world.write(&format!("{}.tf", function.name), &example(&format!("functions/{}/function.tf", function.name)));
    }
    let outcome = world.apply();
    if !world.offers(Feature::Functions) {
        assert_eq!(outcome.code(), Some(1), "a version without functions says so: {outcome}");
        return;
    }
    outcome.expect_quiet();
    let outputs = world.json(&["output", "-json"]);
    for function in PowerAutomate.functions() {
        let known = EXAMPLES.iter().find(|(name, ..)| *name == function.name);
        let (name, output, expected) = known.unwrap_or_else(|| panic!("{} has no expected result", function.name));
        assert_eq!(outputs[*output]["value"], *expected, "{name}");
    }
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn a_certificate_that_could_not_be_read_has_no_user_and_stops_nothing() {
    let world = World::new();
    if !world.offers(Feature::Functions) {
        return;
    }
    world.write(
        "main.tf",
        r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "missing"

  requirements {
    on_unreadable = "warn"
  }
}
"#,
    );
    world.write("user.tf", &example("functions/certificate_user_id/function.tf"));
    world.apply().expect_ok();
    assert_eq!(world.json(&["output", "-json"])["certificate_user_id"]["value"], Json::Null);
    world.destroy().expect_ok();
}

#[test]
fn an_error_sits_on_the_argument() {
    let calls = [
        ("certificate_user_id(\"MIIB\", \"Subject\")", "It is no PEM", "\"certificate_pem\""),
        ("certificate_user_id(file(\"robot.pem\"), \"subject\")", "There is no binding \"subject\"", "\"binding\""),
        ("environment_host(\"prod\", \"public\")", "must be an environment id", "\"environment_id\""),
        ("parse_connection_id(\"x\")", "does not begin with", "\"id\""),
        ("parse_key_vault_certificate_id(\"https://kv.vault.azure.net/\")", "no kind of object", "\"id\""),
    ];
    let world = World::new();
    world.write("robot.pem", &certificate());
    let output = |(number, (call, ..)): (usize, &(&str, &str, &str))| {
        format!("output \"x{number}\" {{\n  value = provider::powerautomate::{call}\n}}\n")
    };
    world.write("main.tf", &calls.iter().enumerate().map(output).collect::<String>());
    let outcome = world.plan();
    assert_eq!(outcome.code(), Some(1), "{outcome}");
    if !world.offers(Feature::Functions) {
        return;
    }
    for (call, what, parameter) in calls {
        let is_it = |detail: &str| detail.contains(what) && detail.contains(parameter);
        let found = outcome.diagnostics.iter().find(|found| found.severity == "error" && is_it(&found.detail));
        let found = found.unwrap_or_else(|| panic!("{call}: {outcome}"));
        assert_eq!(found.summary, "Invalid function argument", "{outcome}");
        let ends_well = found.detail.ends_with('.') && !found.detail.contains("..");
        assert!(ends_well, "one full stop, which is Terraform's: {}", found.detail);
    }
}
