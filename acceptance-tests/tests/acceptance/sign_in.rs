//! Each way to sign in, through a real Terraform, by the variables and arguments that a team already has.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use acceptance_tests::court::{CONNECTION, Court, REFERENCE as REFERENCE_TYPE};
use acceptance_tests::outcome::Outcome;
use acceptance_tests::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use sandbox::{
    ClaimsChallenge, ClientCertificate, ClientCertificateSpec, Exchange, IdentityTokenSpec, TokenRefusal, default_world,
};
use serde_json::json;

/// The certificate reference of one robot: it is planned with the vault, and made with Dataverse.
const REFERENCE: &str = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;
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
fn a_workflow_of_github_signs_in() {
    let mut world = world("use_oidc = true");
    let variables = world.sandbox().workflow_env();
    set(&mut world, &variables);
    expect![[r#"
        GET run-actions-1-azure-eastus.actions.githubusercontent.com /42//idtoken/«id3»/«id4»?audience=api://AzureADTokenExchange -> 200
        token for dataverse -> 200
        token for environments -> 200
        token for vaults -> 200
    "#]].assert_eq(&signs_in(&world));
}

#[test]
fn a_pipeline_of_azure_devops_signs_in() {
    let mut world = world("");
    let variables = world.sandbox().pipeline_env();
    set(&mut world, &variables);
    world.set("ARM_USE_OIDC", "true");
    world.set("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", default_world::SERVICE_CONNECTION);
    expect![[r#"
        POST dev.azure.com /contoso/«id3»/_apis/distributedtask/hubs/build/plans/«id4»/jobs/«id5»/oidctoken?serviceConnectionId=«id6»  {} -> 200
        token for dataverse -> 200
        token for environments -> 200
        token for vaults -> 200
    "#]].assert_eq(&signs_in(&world));

    world.set("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", default_world::UNTRUSTED_SERVICE_CONNECTION);
    let parts = ["AADSTS70", "no federated credential"];
    world.plan().expect_error("resource", "Cannot sign in", &parts);
    world.set("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "5c000000-0000-4000-8000-00000000dead");
    world.plan().expect_error("resource", "Cannot sign in", &["Azure DevOps", "gave no identity token", "404"]);
}

/// An identity token of the cluster that Terraform's application trusts.
fn of_the_cluster(world: &World) -> String {
    let spec = IdentityTokenSpec::new(default_world::CLUSTER_ISSUER, default_world::CLUSTER_SUBJECT);
    world.sandbox().with(|world| world.identity_token(&spec))
}

#[test]
fn a_token_signs_in_and_so_does_one_in_a_file_that_is_written_anew() {
    let mut world = world("use_oidc = true");
    let token = of_the_cluster(&world);
    world.set("ARM_OIDC_TOKEN", &token);
    signs_in(&world);

    world.unset("ARM_OIDC_TOKEN");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity-token");
    world.set("ARM_OIDC_TOKEN_FILE_PATH", &path.display().to_string());
    world.plan().expect_error("provider", "The file of oidc_token_file_path cannot be read", &["identity-token"]);
    let write = |world: &World| fs::write(&path, of_the_cluster(world)).unwrap();
    write(&world);
    signs_in(&world);
    // An hour later the job's own token is another one.
    world.sandbox().advance(Duration::from_secs(7200));
    world.plan().expect_error("resource", "Cannot sign in", &["AADSTS700024", "clock"]);
    write(&world);
    signs_in(&world);
}

#[test]
fn a_pod_of_a_cluster_signs_in_with_what_the_cluster_wrote_for_it() {
    let mut world = world("use_aks_workload_identity = true");
    for (name, value) in [("TENANT_ID", default_world::TENANT), ("CLIENT_ID", default_world::CLIENT)] {
        world.unset(&format!("ARM_{name}"));
        world.set(&format!("AZURE_{name}"), value);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azure-identity-token");
    fs::write(&path, of_the_cluster(&world)).unwrap();
    world.set("AZURE_FEDERATED_TOKEN_FILE", &path.display().to_string());
    signs_in(&world);
    world.write_provider("environment_id = var.environment_id");
    signs_in(&world);
}

#[test]
fn a_virtual_machine_signs_in_past_every_proxy() {
    let mut world = world("use_msi = true");
    world.unset("ARM_CLIENT_ID");
    // Where it is asked lies past the proxy: a way through it would end at the sandbox, which answers for Microsoft's hosts alone.
    let url = world.sandbox().imds_url();
    world.set("ARM_MSI_ENDPOINT", &url);
    ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].iter().for_each(|name| world.set(name, "http://127.0.0.1:9"));
    expect![[r#"
        GET http://169.254.169.254 /metadata/identity/oauth2/token?resource=https://contoso.crm4.dynamics.com -> 200
        GET http://169.254.169.254 /metadata/identity/oauth2/token?resource=https://service.powerapps.com -> 200
        GET http://169.254.169.254 /metadata/identity/oauth2/token?resource=https://vault.azure.net -> 200
    "#]]
    .assert_eq(&signs_in(&world));

    world.set("ARM_CLIENT_ID", "c11e0000-0000-4000-8000-00000000dead");
    world.plan().expect_error("resource", "Cannot sign in", &["Identity not found"]);
}

#[test]
fn a_program_in_app_service_signs_in() {
    let mut world = world("");
    let variables = world.sandbox().app_service_env();
    set(&mut world, &variables);
    world.unset("ARM_CLIENT_ID");
    world.set("ARM_USE_MSI", "true");
    expect![[r#"
        GET http://localhost /msi/token?resource=https://contoso.crm4.dynamics.com -> 200
        GET http://localhost /msi/token?resource=https://service.powerapps.com -> 200
        GET http://localhost /msi/token?resource=https://vault.azure.net -> 200
    "#]]
    .assert_eq(&signs_in(&world));
}

#[test]
fn a_machine_without_an_identity_is_told_soon() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut world = world("use_msi = true");
    world.set("ARM_MSI_ENDPOINT", &format!("http://{}/token", silent.local_addr().unwrap()));
    world.plan().expect_error("resource", "Cannot sign in", &["127.0.0.1"]);
}

/// Stands for `az` and for `azd`: it hands out a token of the sandbox's, and refuses what they would refuse.
const CLI: &str = include_str!("sign_in/cli.py");

/// A world in which this CLI stands in a PATH of its own, signed in as Terraform's application.
fn with_cli(name: &str, lines: &str) -> (World, tempfile::TempDir) {
    let mut world = world(lines);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, CLI).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let all = std::env::var("PATH").unwrap_or_default();
    world.set("PATH", &format!("{}:{all}", folder.path().display()));
    for (name, value) in [
        ("SANDBOX_TENANT", default_world::TENANT),
        ("SANDBOX_CLIENT", default_world::CLIENT),
        ("SANDBOX_SECRET", default_world::SECRET),
    ] {
        world.set(name, value);
    }
    ["ARM_TENANT_ID", "ARM_CLIENT_ID"].iter().for_each(|name| world.unset(name));
    (world, folder)
}

#[test]
fn the_user_of_a_cli_signs_in() {
    for (name, lines, again) in [("az", "", "az login"), ("azd", "use_dev_cli = true", "azd auth login")] {
        let (mut world, _folder) = with_cli(name, lines);
        signs_in(&world);
        world.set("ARM_TENANT_ID", default_world::TENANT);
        signs_in(&world);
        world.set("SANDBOX_SECRET", "");
        world.plan().expect_error("resource", "Cannot sign in", &[again]);
    }
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

    let mut world = self::world("use_msi = true");
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
        (500_011, "az ad sp create --id"),
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

/// For what tokens were asked for after so many of them, sorted.
fn asked_for(world: &World, after: usize) -> Vec<String> {
    let scope = |exchange: &Exchange| Some(exchange.body.as_ref()?["scope"].as_str()?.to_owned());
    let journal = world.sandbox().journal();
    let sign_ins = journal.iter().filter(|exchange| exchange.host.starts_with("login."));
    let mut scopes: Vec<String> = sign_ins.filter_map(scope).skip(after).collect();
    scopes.sort();
    scopes
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

/// The variables that a pipeline of the examples sets for the sign-in: by their names, with what it writes there.
fn of_pipeline(name: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/pipelines").join(name);
    let text = fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let (name, value) = line.trim().split_once(": ")?;
        let is_variable = name.starts_with("ARM_") || name.starts_with("SYSTEM_");
        let value = value.split(" #").next().unwrap_or_default().trim_matches('"');
        is_variable.then(|| (name.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[test]
fn the_pipelines_of_the_examples_sign_in_by_what_they_set() {
    let all = |world: &World| [world.sandbox().workflow_env(), world.sandbox().pipeline_env()].concat();
    let job = |name: &str| if name.starts_with("github") { "ACTIONS_" } else { "SYSTEM_OIDC" };
    for name in ["github-actions.yml", "azure-pipelines.yml"] {
        let mut world = world("");
        ["ARM_TENANT_ID", "ARM_CLIENT_ID"].iter().for_each(|name| world.unset(name));
        let known = all(&world);
        // What the job has by itself, and then what the pipeline sets.
        for (variable, value) in known.iter().filter(|(variable, _)| variable.starts_with(job(name))) {
            world.set(variable, value);
        }
        for (variable, value) in of_pipeline(name) {
            let given = match variable.as_str() {
                "ARM_TENANT_ID" => default_world::TENANT,
                "ARM_CLIENT_ID" => default_world::CLIENT,
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID" => default_world::SERVICE_CONNECTION,
                "SYSTEM_ACCESSTOKEN" => default_world::PIPELINE_TOKEN,
                _ => &value,
            };
            world.set(&variable, given);
        }
        world.write("main.tf", include_str!("../../../examples/quickstart/main.tf"));
        fs::remove_file(world.folder().join("provider.tf")).unwrap();
        fs::remove_file(world.folder().join("variables.tf")).unwrap();
        signs_in(&world);
    }
}
