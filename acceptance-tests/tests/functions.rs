//! The functions, as a configuration calls them, and their examples.

use std::fs;
use std::path::Path;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::World;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/functions").join(name).join("function.tf");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn certificate() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "robot");
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x12, 0xab]));
    params.self_signed(&key).unwrap().pem()
}

#[test]
fn the_examples_of_the_manual_say_what_they_promise() {
    let world = World::new();
    let offered = world.offers(Feature::Functions);
    let examples = [
        ("certificate_user_id", "certificate_user_id", "X509:<I>CN=robot<SR>12ab"),
        ("parse_key_vault_certificate_id", "certificate_name", "robot"),
        ("environment_host", "host", "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"),
        ("parse_connection_id", "connection", "3f1c7d0e5b6a4c2f9e8d7c6b5a493827"),
    ];
    world.write("robot.pem", &certificate());
    for (name, output, expected) in examples {
        world.write("main.tf", &example(name));
        let outcome = world.apply();
        if !offered {
            assert_eq!(outcome.code(), Some(1), "a version without functions says so: {outcome}");
            continue;
        }
        outcome.expect_quiet();
        assert_eq!(world.json(&["output", "-json"])[output]["value"], expected, "{name}");
        world.plan().expect_quiet().expect_no_changes();
    }
}

#[test]
fn an_error_sits_on_the_argument() {
    let world = World::new();
    if !world.offers(Feature::Functions) {
        return;
    }
    let calls = [
        ("certificate_user_id(\"MIIB\", \"Subject\")", "It is no PEM", "\"certificate_pem\""),
        ("certificate_user_id(file(\"robot.pem\"), \"subject\")", "There is no binding \"subject\"", "\"binding\""),
        ("environment_host(\"prod\", \"public\")", "must be an environment id", "\"environment_id\""),
        ("parse_connection_id(\"x\")", "does not begin with", "\"id\""),
        ("parse_key_vault_certificate_id(\"https://kv.vault.azure.net/\")", "no kind of object", "\"id\""),
    ];
    world.write("robot.pem", &certificate());
    for (call, what, parameter) in calls {
        world.write("main.tf", &format!("output \"x\" {{\n  value = provider::powerautomate::{call}\n}}\n"));
        let outcome = world.plan();
        let error = outcome.diagnostics.iter().find(|found| found.severity == "error");
        let Some(error) = error else { panic!("expected an error of {outcome}") };
        assert!(error.detail.contains(what), "{outcome}");
        assert!(error.detail.contains(parameter), "{outcome}");
        assert_eq!(error.summary, "Invalid function argument", "{outcome}");
    }
}
