//! Each way to sign in, through a real Terraform, by the variables and arguments that a team already has.

mod certificates;
mod machines;
mod programs;
mod tokens;
mod workloads;

use std::fs;
use std::path::Path;

use acceptance_tests::outcome::Outcome;
// A certificate reference is planned with the vault, and made with Dataverse.
use acceptance_tests::world::{REFERENCE, World};
use sandbox::{ClientCertificate, ClientCertificateSpec, default_world};

const SECRET: &str = "ARM_CLIENT_SECRET";

/// A world in which nobody is signed in by a secret, with these lines in the provider block; the provider logs all that it ever does.
fn world(lines: &str) -> World {
    let mut world = World::new();
    world.unset(SECRET);
    world.set("TF_LOG_PROVIDER", "TRACE");
    let log = world.folder().join("provider.log").display().to_string();
    world.set("TF_LOG_PATH", &log);
    world.write_provider(&format!("environment_id = var.environment_id\n  {lines}"));
    world.write("main.tf", REFERENCE);
    world
}

fn set(world: &mut World, variables: &[(String, String)]) {
    variables.iter().for_each(|(name, value)| world.set(name, value));
}

/// Applies and destroys, and says what was shown to whom for a token, each thing once.
#[track_caller]
fn signs_in(world: &World) -> String {
    world.plan().expect_quiet();
    world.apply_plan().expect_quiet();
    let said = world.sorted_conversation();
    expect_no_secret(world, world.destroy().expect_quiet());
    said.lines()
        .filter(|line| line.contains("token") || line.contains("identity"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// What nobody may read, besides tokens.
const SECRETS: [&str; 6] = [
    default_world::SECRET,
    default_world::MAKER_SECRET,
    default_world::WORKFLOW_TOKEN,
    default_world::PIPELINE_TOKEN,
    default_world::IDENTITY_HEADER,
    PASSWORD,
];

/// The password of a client certificate.
const PASSWORD: &str = "a-password-of-the-client-certificate";

/// No secret of the sandbox's, nor a token, an assertion or a key, is in an outcome, a log, a plan or a state.
#[track_caller]
fn expect_no_secret(world: &World, outcome: &Outcome) {
    let tokens = world.sandbox().tokens();
    assert!(!tokens.is_empty(), "nobody signed in");
    let (mut texts, mut has_log) = (vec![outcome.raw().to_owned()], false);
    for file in fs::read_dir(world.folder()).unwrap().flatten() {
        has_log |= file.file_name() == "provider.log";
        // What the test itself has written there to sign in with.
        if file.file_name() != "client.pem" {
            texts.push(String::from_utf8_lossy(&fs::read(file.path()).unwrap_or_default()).into_owned());
        }
    }
    assert!(has_log && texts.iter().any(|text| text.contains("Asked a service")), "nothing was logged");
    let key = fs::read_to_string(world.folder().join("client.pem")).unwrap_or_default();
    let key = key.lines().nth(1).unwrap_or("-----");
    // Header and claims of a token are no secret; what makes it one is its signature.
    let signatures = tokens.iter().map(|token| token.rsplit('.').next().unwrap_or(token));
    for secret in SECRETS.into_iter().chain([key]).chain(signatures).filter(|secret| !secret.starts_with("---")) {
        assert!(texts.iter().all(|text| !text.contains(secret)), "{secret:.12}… is told");
    }
}

/// A certificate that Terraform's application knows, and how it knows it.
fn certificate(
    world: &World,
    register: impl FnOnce(&mut sandbox::Application, &ClientCertificate),
) -> ClientCertificate {
    world.sandbox().with(|world| {
        let certificate = world.client_certificate(&ClientCertificateSpec::default());
        register(world.application_mut(default_world::CLIENT).unwrap(), &certificate);
        certificate
    })
}

fn write_pem(folder: &Path, certificate: &ClientCertificate) -> String {
    let path = folder.join("client.pem");
    fs::write(&path, format!("{}{}", certificate.key_pem(), certificate.chain_pem())).unwrap();
    path.display().to_string()
}

#[test]
fn nobody_at_all_is_told_of_every_way() {
    let mut world = world("");
    ["ARM_TENANT_ID", "ARM_CLIENT_ID"].iter().for_each(|name| world.unset(name));
    let folder = tempfile::tempdir().unwrap();
    world.set("PATH", &folder.path().display().to_string());
    let parts = ["az", "not found", "client secret: neither client_secret", "ARM_USE_OIDC", "use_msi"];
    world.plan().expect_error("resource", "Cannot sign in", &parts);
}

#[test]
fn vaults_may_be_read_by_somebody_else_than_who_writes() {
    let mut world = world(
        "key_vault {\n    client_id = \"c11e0000-0000-4000-8000-000000000002\"\n    client_secret = var.vault_secret\n  }",
    );
    world.write("secret.tf", "variable \"vault_secret\" {\n  type = string\n  sensitive = true\n}\n");
    world.set("TF_VAR_vault_secret", default_world::MAKER_SECRET);
    world.set(SECRET, default_world::SECRET);
    world.plan().expect_warning("key_vault_id", "A certificate could not be read", &[default_world::MAKER_OBJECT]);
    world.sandbox().with(|world| {
        let vault = world.vaults.get_mut("kv-robots").unwrap();
        vault.grant(default_world::MAKER_OBJECT, "Key Vault Reader");
    });
    signs_in(&world);
}
