//! A run owner's certificate: it reaches the service, and nothing else ever holds it.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use acceptance_tests::court::{Action, CONNECTION, Court, Object, with};
use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CREDENTIAL, EPHEMERAL, World};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use expect_test::expect;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use sandbox::{Effect, Fault, Notation};
use serde_json::{Value, json};

const ADDRESS: &str = "powerautomate_desktop_flow_connection.robot";
/// The password of a run owner's certificate.
pub(crate) const PASSWORD: &str = "a-password-that-nobody-may-read";

/// What nobody may read of a run owner.
pub(crate) struct Secrets {
    pub(crate) pfx: String,
    private_key: Vec<u8>,
}

/// A run owner's certificate.
pub(crate) fn secrets() -> Secrets {
    Secrets::with(PASSWORD)
}

impl Secrets {
    /// The same with this password.
    pub(crate) fn with(password: &str) -> Secrets {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        let private_key = key.serialize_der();
        let chain = PrivateKeyChain::new(
            "run-owner",
            PrivateKey::from_der(&private_key).unwrap(),
            [Certificate::from_der(certificate.der()).unwrap()],
        );
        let mut store = KeyStore::new();
        store.add_entry("run-owner", KeyStoreEntry::PrivateKeyChain(chain));
        Secrets { pfx: STANDARD.encode(store.writer(password).write().unwrap()), private_key }
    }
}

/// The connection of a configuration, with these expressions for the PFX and its password.
fn connection(run_owner: &str, pfx: &str, password: &str) -> String {
    format!(
        r#"
resource "powerautomate_desktop_flow_connection" "robot" {{
  display_name     = "Robot"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id

  run_owner {{
    client_id                  = "{run_owner}"
    certificate_pfx_wo         = {pfx}
    certificate_pfx_wo_version = "1"
    certificate_password_wo    = {password}
  }}
}}
"#
    )
}

/// A world with a credential that is shared with the run owner.
fn shared() -> World {
    let world = World::new();
    world.write("credential.tf", CREDENTIAL);
    world.apply().expect_quiet();
    let (credential, run_owner) =
        (world.attr("powerautomate_cba_credential.robot", "id"), world.place().run_owner_client_id.clone());
    world.share("credentials", &credential, &run_owner);
    world.forget_conversation();
    world
}

/// Whether this Terraform knows write-only arguments; one that does not gets the refusal that older users get.
fn knows_write_only(world: &World, pfx: &str) -> bool {
    if world.offers(Feature::WriteOnly) {
        return true;
    }
    let run_owner = &world.place().run_owner_client_id;
    world.write("main.tf", &connection(run_owner, &format!("\"{pfx}\""), "null"));
    world.plan().expect_error("certificate_pfx_wo", "certificate_pfx_wo is a write-only argument", &["1.11"]);
    assert_eq!(world.writes(), Vec::<String>::new());
    false
}

/// A connection that the application owns the runs of.
pub(crate) fn owned(court: &Court, credential: &Object, pfx: &str, password: &str) -> Value {
    let owner = json!({
        "client_id": court.place().run_owner_client_id,
        "certificate_pfx_wo": pfx,
        "certificate_pfx_wo_version": "1",
        "certificate_password_wo": password,
    });
    with(court.connection(credential), json!({ "run_owner": owner }))
}

#[test]
fn a_run_owner_is_sent_with_every_put_and_his_presence_replaces() {
    let Secrets { pfx, .. } = secrets();
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.share("credentials", &credential.attr("id"), &court.place().run_owner_client_id);
    let config = owned(&court, &credential, &pfx, PASSWORD);
    let connection = court.create(CONNECTION, &config).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /flowmachinegroups(«Finance»)?select -> 200
          GET dataverse /WhoAmI -> 200
          GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Finance»)'} -> 200
        apply:
          token for connectivity -> 200
          GET connectivity /connections -> 200
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelayRunOwner","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"tokenRunOwnerCert:clientCertificateSecret":{"value":{"password":"(hidden)","pfx":"(hidden)"}},"tokenRunOwnerCert:clientId":{"value":"«id2»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id3»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 201
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]].assert_eq(&court.told());
    let config = with(config, json!({ "display_name": "Renamed" }));
    let renamed = court.change(&connection, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelayRunOwner","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"tokenRunOwnerCert:clientCertificateSecret":{"value":{"password":"(hidden)","pfx":"(hidden)"}},"tokenRunOwnerCert:clientId":{"value":"«id2»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id3»","displayName":"Renamed","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
    "#]].assert_eq(&court.told());
    let mut config = config;
    config["run_owner"]["certificate_pfx_wo_version"] = json!("2");
    let again = court.change(&renamed, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelayRunOwner","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"tokenRunOwnerCert:clientCertificateSecret":{"value":{"password":"(hidden)","pfx":"(hidden)"}},"tokenRunOwnerCert:clientId":{"value":"«id2»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id3»","displayName":"Renamed","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(again.attr("id"), connection.attr("id"));

    let without = with(config, json!({ "run_owner": null }));
    assert_eq!(court.plan(CONNECTION, Some(&again), &without).expect_quiet(), Action::Replace);
    court.forget();
    let plain = court.change(&again, &without).expect_ok();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          DELETE connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id4»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id3»","displayName":"Renamed","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 201
          GET connectivity /connections/«id4»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
        read:
          GET connectivity /connections/«id4»?filter=environment eq '«environment»' -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(plain["run_owner"], Value::Null);
}

#[test]
fn a_wrong_password_and_a_missing_share_are_named() {
    let Secrets { pfx, .. } = secrets();
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let summary = "The run owner's certificate cannot be opened";
    let created = court.create(CONNECTION, &owned(&court, &credential, &pfx, "wrong"));
    created.expect_error("run_owner.certificate_password_wo", summary, &["certificate_password_wo"]);
    assert_eq!(court.writes(), Vec::<String>::new());

    let parts = ["Share the credential \"Robot\"", &court.place().run_owner_client_id];
    let created = court.create(CONNECTION, &owned(&court, &credential, &pfx, PASSWORD));
    created.expect_error("credential_id", "Cannot create the connection Robot", &parts);
}

#[test]
fn a_generated_configuration_asks_for_what_nobody_can_read() {
    let secrets = secrets();
    let mut world = shared();
    if !knows_write_only(&world, &secrets.pfx) || !world.offers(Feature::GeneratedConfiguration) {
        return;
    }
    let run_owner = world.place().run_owner_client_id.clone();
    world.set("TF_VAR_pfx", &secrets.pfx);
    world.set("TF_VAR_password", PASSWORD);
    world.write("secrets.tf", EPHEMERAL);
    world.write("main.tf", &connection(&run_owner, "var.pfx", "var.password"));
    world.apply().expect_quiet();
    let id = format!("{}/{}", world.place().environment_id, world.attr(ADDRESS, "id"));
    world.run(&["state", "rm", ADDRESS]).expect_ok();
    world.write("main.tf", &format!("import {{\n  to = {ADDRESS}\n  id = \"{id}\"\n}}\n"));
    let outcome = world.plan_with(&["-generate-config-out=generated.tf"]);
    let named = outcome.diagnostics.iter().any(|found| found.summary.contains("certificate_pfx_wo"));
    assert!(outcome.code() == Some(1) && named, "{outcome}");
    let written = fs::read_to_string(world.folder().join("generated.tf")).unwrap_or_default();
    assert!(written.contains(&run_owner), "what can be read is written down: {written}");
}

#[test]
fn no_secret_is_in_state_plan_or_log() {
    let secrets = secrets();
    let mut world = shared();
    if !knows_write_only(&world, &secrets.pfx) {
        return;
    }
    let run_owner = world.place().run_owner_client_id.clone();
    let log = world.folder().join("trace.log");
    for (name, value) in [
        ("TF_VAR_pfx", secrets.pfx.as_str()),
        ("TF_VAR_password", PASSWORD),
        ("TF_LOG", "TRACE"),
        ("TF_LOG_PATH", &log.display().to_string()),
    ] {
        world.set(name, value);
    }
    world.write("secrets.tf", EPHEMERAL);
    world.write("main.tf", &connection(&run_owner, "var.pfx", "var.password"));
    world.plan().expect_quiet();
    world.weather(Fault::next("/connections/", Effect::Echo(Notation::Sent)).method("PUT"));
    let refused = world.apply_plan();
    assert!(!refused.is_ok(), "{refused}");
    world.plan().expect_quiet();
    let plan = unzipped(Path::new(&world.plan_file()));
    world.apply_plan().expect_quiet();
    world.destroy().expect_quiet();

    let log = fs::read(&log).unwrap();
    assert!(contains(&log, b"provider.terraform-provider-powerautomate"), "the provider's lines are in the log");
    let places = [
        ("the plan file", plan),
        ("the log", log),
        ("what Terraform prints", refused.raw().as_bytes().to_vec()),
        ("the state", fs::read(world.folder().join("terraform.tfstate")).unwrap()),
        ("the state's backup", fs::read(world.folder().join("terraform.tfstate.backup")).unwrap()),
    ];
    let pfx = secrets.pfx.as_bytes();
    let mut wanted: Vec<(String, Vec<u8>)> = vec![
        ("the PFX".to_owned(), pfx[..60].to_vec()),
        ("a later part of the PFX".to_owned(), pfx[200..260].to_vec()),
        ("the PFX's bytes".to_owned(), STANDARD.decode(pfx).unwrap()[100..140].to_vec()),
        ("the password".to_owned(), PASSWORD.into()),
        ("the password in base64".to_owned(), URL_SAFE_NO_PAD.encode(PASSWORD).into()),
        ("the private key".to_owned(), secrets.private_key[40..80].to_vec()),
        ("the client secret".to_owned(), world.place().client_secret.clone().into()),
    ];
    let tokens = world.sandbox().tokens();
    assert!(tokens.len() > 3, "tokens were issued for several services");
    wanted.extend(tokens.into_iter().map(|token| {
        let signature = token.rsplit('.').next().unwrap_or(&token).to_owned();
        ("a token".to_owned(), signature.into())
    }));
    for (place, text) in &places {
        for (what, needle) in &wanted {
            assert!(!contains(text, needle), "{what} is in {place}");
        }
    }
}

fn unzipped(path: &Path) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut all = Vec::new();
    for number in 0..archive.len() {
        archive.by_index(number).unwrap().read_to_end(&mut all).unwrap();
    }
    assert!(contains(&all, b"powerautomate_desktop_flow_connection"), "the plan is in the archive");
    all
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    assert!(needle.len() >= 20, "a needle that could be anywhere");
    text.windows(needle.len()).any(|part| part == needle)
}
