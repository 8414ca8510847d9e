//! A run owner's certificate: it reaches the service, and nothing else ever holds it.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::{CREDENTIAL, World};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use serde_json::json;

const ADDRESS: &str = "powerautomate_desktop_flow_connection.robot";
const PASSWORD: &str = "a-password-that-nobody-may-read";

const EPHEMERAL: &str = r#"
variable "pfx" {
  type      = string
  ephemeral = true
}
variable "password" {
  type      = string
  ephemeral = true
}
"#;

struct Secrets {
    pfx: String,
    private_key: Vec<u8>,
}

fn secrets() -> Secrets {
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
    Secrets { pfx: STANDARD.encode(store.writer(PASSWORD).write().unwrap()), private_key }
}

fn connection(display_name: &str, owner: &str) -> String {
    format!(
        r#"
resource "powerautomate_desktop_flow_connection" "robot" {{
  display_name     = "{display_name}"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
  {owner}
}}
"#
    )
}

fn owner(client_id: &str, version: u32, pfx: &str, password: &str) -> String {
    format!(
        "run_owner {{\n    client_id = \"{client_id}\"\n    certificate_pfx_wo = {pfx}\n    certificate_pfx_wo_version = \"{version}\"\n    \
         certificate_password_wo = {password}\n  }}"
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
    world.write("main.tf", &connection("Robot", &owner(run_owner, 1, &format!("\"{pfx}\""), "null")));
    world.plan().expect_error("certificate_pfx_wo", "certificate_pfx_wo is a write-only argument", &["1.11"]);
    assert_eq!(world.writes(), Vec::<String>::new());
    false
}

#[test]
fn a_run_owner_is_sent_with_every_put_and_his_presence_replaces() {
    let secrets = secrets();
    let mut world = shared();
    if !knows_write_only(&world, &secrets.pfx) {
        return;
    }
    let run_owner = world.place().run_owner_client_id.clone();
    world.set("TF_VAR_pfx", &secrets.pfx);
    world.set("TF_VAR_password", PASSWORD);
    world.write("secrets.tf", EPHEMERAL);
    let with = |name: &str, version| connection(name, &owner(&run_owner, version, "var.pfx", "var.password"));

    world.write("main.tf", &with("Robot", 1));
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    let id = world.attr(ADDRESS, "id");

    for (configuration, what) in [(with("Renamed", 1), "a new name"), (with("Renamed", 2), "a new version")] {
        world.forget_conversation();
        world.write("main.tf", &configuration);
        world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
        world.apply_plan().expect_quiet();
        let writes = world.writes();
        assert_eq!(writes.len(), 1, "{what}: {writes:#?}");
        assert!(writes[0].contains("azureRelayRunOwner") && writes[0].contains("(hidden)"), "{what}: {writes:#?}");
        world.plan().expect_quiet().expect_no_changes();
    }
    assert_eq!(world.attr(ADDRESS, "id"), id);

    world.write("main.tf", &connection("Renamed", ""));
    world.plan().expect_quiet().expect_changes(&[&format!("replace {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.attribute(ADDRESS, "run_owner"), json!(null));
    world.plan().expect_quiet().expect_no_changes();
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
    world.write("main.tf", &connection("Robot", &owner(&run_owner, 1, "var.pfx", "var.password")));
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
fn a_wrong_password_and_a_missing_share_are_named() {
    let secrets = secrets();
    let mut world = World::new();
    world.write("credential.tf", CREDENTIAL);
    world.apply().expect_quiet();
    world.forget_conversation();
    if !knows_write_only(&world, &secrets.pfx) {
        return;
    }
    let run_owner = world.place().run_owner_client_id.clone();
    world.set("TF_VAR_pfx", &secrets.pfx);
    world.set("TF_VAR_password", "wrong");
    world.write("secrets.tf", EPHEMERAL);
    world.write("main.tf", &connection("Robot", &owner(&run_owner, 1, "var.pfx", "var.password")));
    let summary = "The run owner's certificate cannot be opened";
    world.apply().expect_error("certificate_password_wo", summary, &["certificate_password_wo"]);
    assert_eq!(world.writes(), Vec::<String>::new());

    world.set("TF_VAR_password", PASSWORD);
    world.apply().expect_error(
        "credential_id",
        "Cannot create the connection Robot",
        &["Share the credential \"Robot\"", &run_owner],
    );
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
    world.write("main.tf", &connection("Robot", &owner(&run_owner, 1, "var.pfx", "var.password")));
    world.plan().expect_quiet();
    let plan = unzipped(Path::new(&world.plan_file()));
    world.apply_plan().expect_quiet();
    world.destroy().expect_quiet();

    let log = fs::read(&log).unwrap();
    assert!(contains(&log, b"provider.terraform-provider-powerautomate"), "the provider's lines are in the log");
    let places = [
        ("the plan file", plan),
        ("the log", log),
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
