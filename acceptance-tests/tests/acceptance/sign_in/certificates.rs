//! Who signs in with a client certificate.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

use super::*;

#[test]
fn a_certificate_signs_in_as_pem_and_as_pfx() {
    let mut world = world("");
    let certificate = certificate(&world, sandbox::Application::register);
    let path = write_pem(&world.folder(), &certificate);
    world.set("ARM_CLIENT_CERTIFICATE_PATH", &path);
    expect![[r#"
        token for dataverse -> 200
        token for environments -> 200
        token for vaults -> 200
    "#]]
    .assert_eq(&signs_in(&world));

    let key = PrivateKey::from_der(certificate.key_der().secret_pkcs8_der()).unwrap();
    let chain = certificate.chain().iter().map(|der| Certificate::from_der(der).unwrap());
    let chain = PrivateKeyChain::new("terraform", key, chain);
    let mut store = KeyStore::new();
    store.add_entry("terraform", KeyStoreEntry::PrivateKeyChain(chain));
    world.unset("ARM_CLIENT_CERTIFICATE_PATH");
    world.set("ARM_CLIENT_CERTIFICATE", &STANDARD.encode(store.writer(PASSWORD).write().unwrap()));
    world.set("ARM_CLIENT_CERTIFICATE_PASSWORD", "wrong");
    let refused = world.plan();
    assert!(!refused.to_string().contains("wrong"), "{refused}");
    refused.expect_error("provider", "The client certificate cannot be used", &["client_certificate_password"]);
    world.set("ARM_CLIENT_CERTIFICATE_PASSWORD", PASSWORD);
    signs_in(&world);
}

#[test]
fn a_certificate_is_trusted_by_the_name_and_the_issuer_of_its_chain() {
    let world = world("client_certificate_path = \"client.pem\"");
    let certificate = certificate(&world, sandbox::Application::trust_subject_of);
    write_pem(&world.folder(), &certificate);
    signs_in(&world);
}

#[test]
fn a_clock_that_is_wrong_by_ten_minutes_signs_in() {
    let turn: [fn(&mut sandbox::World); 2] =
        [|world| world.advance(Duration::from_secs(600)), |world| world.turn_back(Duration::from_secs(600))];
    for turn in turn {
        let mut world = world("");
        let certificate = certificate(&world, sandbox::Application::register);
        world.sandbox().with(turn);
        let path = write_pem(&world.folder(), &certificate);
        world.set("ARM_CLIENT_CERTIFICATE_PATH", &path);
        signs_in(&world);
    }
}
