//! What comes of which arguments and variables.

use super::settings::*;
use super::*;
use crate::clients::entra::IdentityToken;

const VAULTS: &str = "vaults by ";

fn told(principal: &Principal) -> String {
    let tenant = principal.tenant_id.as_deref().unwrap_or_default();
    match &principal.sign_in {
        SignIn::Cli => "the Azure CLI".to_owned(),
        SignIn::DeveloperCli => "the Azure Developer CLI".to_owned(),
        SignIn::Secret { client_id, .. } => format!("{client_id} in {tenant}"),
        SignIn::Certificate { client_id, .. } => format!("{client_id} in {tenant} by a certificate"),
        SignIn::ManagedIdentity { client_id, endpoint, .. } => {
            let at = endpoint.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
            format!("the machine {}{at}", client_id.as_deref().unwrap_or("itself"))
        }
        SignIn::Federated { client_id, identity_token } => {
            let by = match identity_token {
                IdentityToken::Given(_) => "a token".to_owned(),
                IdentityToken::File(path) => path.clone(),
                IdentityToken::GitHub { url, .. } => format!("GitHub at {url}"),
                IdentityToken::AzureDevOps { url, service_connection_id, .. } => {
                    format!("Azure DevOps at {url} for {service_connection_id}")
                }
            };
            format!("{client_id} in {tenant} by {by}")
        }
    }
}

fn chosen(given: &Given, key_vault: Option<&Given>, variables: &[(&str, &str)]) -> Result<Settings, Refusal> {
    let mut block = given.as_block();
    block.put(KEY_VAULT, key_vault.map_or(Value::Null, Given::as_block));
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    let file = |path: &str| match path {
        "id" => Ok(Zeroizing::new(b"from-a-file\n".to_vec())),
        "secret" | "token" => Ok(Zeroizing::new(b"s".to_vec())),
        "nothing" => Ok(Zeroizing::new(b"\n".to_vec())),
        "rsa.pem" => Ok(Zeroizing::new(pem(&rcgen::PKCS_RSA_SHA256))),
        "elliptic.pem" => Ok(Zeroizing::new(pem(&rcgen::PKCS_ECDSA_P256_SHA256))),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let chosen = choose(&block, String::new(), Surroundings { variable: &variable, file: &file })?;
    Ok(chosen.expect("all is known"))
}

fn pem(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    format!("{}{}", key.serialize_pem(), certificate.pem()).into_bytes()
}

/// What comes of these arguments and variables: how it signs in, or the argument or the variable at fault.
#[track_caller]
fn check(given: Given, variables: &[(&str, &str)], expected: &str) {
    assert_eq!(said(chosen(&given, None, variables).map(|settings| settings.principal)), expected);
}

/// The same of the block that says who reads vaults.
#[track_caller]
fn check_vaults(given: Given, key_vault: Given, variables: &[(&str, &str)], expected: &str) {
    let chosen = chosen(&given, Some(&key_vault), variables);
    let said = said(chosen.map(|settings| settings.key_vault.expect("the block is there")));
    assert_eq!(format!("{VAULTS}{said}"), format!("{VAULTS}{expected}"));
}

fn said(chosen: Result<Principal, Refusal>) -> String {
    match chosen {
        Ok(principal) => told(&principal),
        Err(Refusal { argument, block, what, .. }) => {
            let path: String = block.into_iter().chain(argument).map(|step| format!("{step}: ")).collect();
            format!("{path}{what}")
        }
    }
}

fn nothing() -> Given {
    Given::default()
}

fn secret() -> Given {
    nothing().with(&SECRET, "s")
}

const ALL: [(&str, &str); 3] = [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c"), ("ARM_CLIENT_SECRET", "s")];
const NO_WAY: &str = "No way to sign in";

#[test]
fn what_is_given_goes_before_what_the_environment_says() {
    check(nothing(), &[], "the Azure CLI");
    check(nothing(), &ALL, "c in t");
    check(nothing().with(&CLIENT_ID, "mine"), &ALL, "mine in t");
    check(nothing().switched(&USE_CLI, true), &ALL, "the Azure CLI");
    check(nothing(), &[("ARM_USE_CLI", "true")], "the Azure CLI");
    check(nothing(), &[&ALL[..], &[("ARM_USE_CLI", "true")]].concat(), "c in t");
    check(nothing(), &ALL[..2], &format!("client_id: {NO_WAY}"));
    check(nothing().switched(&USE_CLI, false), &[], NO_WAY);
    check(secret(), &ALL[..1], "client_id: Missing client_id");
    check(secret(), &ALL[1..2], "tenant_id: Missing tenant_id");
    check(secret().switched(&USE_CLI, true).switched(&USE_OIDC, true), &ALL, "c in t");
    check(
        secret().with(&CERTIFICATE_FILE, "rsa.pem"),
        &ALL,
        "client_secret: client_secret conflicts with client_certificate_path",
    );
}

#[test]
fn one_family_of_variables_is_taken_whole() {
    let azure = [("AZURE_TENANT_ID", "at"), ("AZURE_CLIENT_ID", "ac"), ("AZURE_CLIENT_SECRET", "as")];
    check(nothing(), &azure, "ac in at");
    check(nothing(), &[&ALL[..], &azure].concat(), "c in t");
    check(nothing(), &[&ALL[..2], &azure].concat(), &format!("client_id: {NO_WAY}"));
    check(secret(), &[&ALL[1..2], &azure].concat(), "tenant_id: Missing tenant_id");
    check(nothing(), &[&[("ARM_SUBSCRIPTION_ID", "none of ours")], &azure[..]].concat(), "ac in at");
}

#[test]
fn a_switch_is_read_and_what_is_none_is_named() {
    check(nothing(), &[("ARM_USE_CLI", "0")], NO_WAY);
    check(nothing(), &[("ARM_USE_CLI", "T")], "the Azure CLI");
    check(nothing(), &[("ARM_USE_CLI", "no")], "ARM_USE_CLI is neither true nor false");
    check(nothing(), &[("ARM_USE_MSI", "on")], "ARM_USE_MSI is neither true nor false");
    check(nothing().switched(&USE_CLI, true), &[("ARM_USE_CLI", "no")], "the Azure CLI");
}

#[test]
fn a_file_may_hold_what_is_not_to_be_seen() {
    let path =
        |id: &str, secret: &str| nothing().with(&TENANT_ID, "t").with(&CLIENT_ID_FILE, id).with(&SECRET_FILE, secret);
    check(path("id", "secret"), &[], "from-a-file in t");
    check(path("id", "secret"), &ALL, "from-a-file in t");
    check(path("id", "none"), &[], "client_secret_file_path: The file of client_secret_file_path cannot be read");
    check(path("nothing", "secret"), &[], "client_id_file_path: The file of client_id_file_path is empty");
    let both = path("id", "secret").with(&CLIENT_ID, "c");
    check(both, &[], "client_id_file_path: client_id and client_id_file_path do not agree");
    let variables =
        [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID_FILE_PATH", "id"), ("ARM_CLIENT_SECRET_FILE_PATH", "secret")];
    check(nothing(), &variables, "from-a-file in t");
    check(secret(), &[("ARM_CLIENT_SECRET_FILE_PATH", "none"), ALL[0], ALL[1]], "c in t");
}

#[test]
fn a_certificate_signs_in_when_its_key_is_rsa() {
    let by = |path: &str| nothing().with(&CERTIFICATE_FILE, path);
    check(by("rsa.pem"), &ALL, "c in t by a certificate");
    check(nothing(), &[("ARM_CLIENT_CERTIFICATE_PATH", "rsa.pem"), ALL[0], ALL[1], ALL[2]], "c in t by a certificate");
    let azure = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_CERTIFICATE_PATH", "rsa.pem")];
    check(nothing(), &azure, "c in t by a certificate");
    check(by("elliptic.pem"), &ALL, "client_certificate_path: The client certificate cannot be used");
    check(by("secret"), &ALL, "client_certificate_path: The client certificate cannot be used");
    check(by("none"), &ALL, "client_certificate_path: The file of client_certificate_path cannot be read");
    check(by("rsa.pem"), &ALL[..1], "client_id: Missing client_id");
    let value = |text: &str| nothing().with(&CERTIFICATE, text);
    check(value("###"), &ALL, "client_certificate: The client certificate cannot be read");
    check(value("c2VjcmV0"), &ALL, "client_certificate: The client certificate cannot be used");
    let both = value("c2VjcmV0").with(&CERTIFICATE_FILE, "rsa.pem");
    check(both, &ALL, "client_certificate_path: client_certificate conflicts with client_certificate_path");
}

#[test]
fn an_identity_token_comes_from_where_the_job_has_it() {
    let oidc = || nothing().switched(&USE_OIDC, true);
    let who = &ALL[..2];
    let github = [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github/?a=b"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r")];
    let azure_devops = [("SYSTEM_OIDCREQUESTURI", "https://devops/"), ("SYSTEM_ACCESSTOKEN", "r")];
    let jobs = [who, &github, &azure_devops].concat();
    check(oidc(), &jobs, "c in t by GitHub at https://github/?a=b");
    check(oidc().with(&SERVICE_CONNECTION, "5"), &jobs, "c in t by Azure DevOps at https://devops/ for 5");
    let connection = [&jobs[..], &[("ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "6")]].concat();
    check(oidc(), &connection, "c in t by Azure DevOps at https://devops/ for 6");
    let own = [&jobs[..], &[("ARM_OIDC_REQUEST_URL", "https://own/")]].concat();
    check(oidc(), &own, "c in t by GitHub at https://own/");
    check(nothing(), &[&jobs[..], &[("ARM_USE_OIDC", "true")]].concat(), "c in t by GitHub at https://github/?a=b");
    check(nothing(), &jobs, &format!("client_id: {NO_WAY}"));
    check(oidc(), who, NO_WAY);
    check(oidc().switched(&USE_CLI, true), who, "the Azure CLI");
    check(oidc().with(&OIDC_TOKEN, "x"), &jobs, "c in t by a token");
    check(oidc().with(&OIDC_TOKEN_FILE, "token"), &jobs, "c in t by token");
    check(
        nothing(),
        &[who, &[("ARM_USE_OIDC", "1"), ("ARM_OIDC_TOKEN_FILE_PATH", "token")]].concat(),
        "c in t by token",
    );
    check(
        oidc().with(&OIDC_TOKEN_FILE, "none"),
        &jobs,
        "oidc_token_file_path: The file of oidc_token_file_path cannot be read",
    );
    let plain = [who, &[("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github/"), github[1]]].concat();
    check(oidc(), &plain, "oidc_request_url: Invalid value for oidc_request_url");
    check(oidc(), &jobs[1..], "tenant_id: Missing tenant_id");
}

#[test]
fn a_pod_signs_in_with_what_its_cluster_wrote() {
    let pod = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_FEDERATED_TOKEN_FILE", "token")];
    check(nothing(), &pod, "c in t by token");
    let aks = [&pod[..], &[("ARM_USE_AKS_WORKLOAD_IDENTITY", "true")]].concat();
    check(nothing(), &aks, "c in t by token");
    check(nothing().switched(&USE_AKS, true).with(&CLIENT_ID, "mine"), &pod, "mine in t by token");
    let same = [&aks[..], &[("ARM_CLIENT_ID", "C"), ("ARM_SUBSCRIPTION_ID", "s")]].concat();
    check(nothing(), &same, "c in t by token");
    let other = [&aks[..], &[("ARM_CLIENT_ID", "other")]].concat();
    check(nothing(), &other, "use_aks_workload_identity: ARM_CLIENT_ID and AZURE_CLIENT_ID do not agree");
    check(nothing().switched(&USE_OIDC, false), &pod, &format!("client_id: {NO_WAY}"));
}

#[test]
fn a_machine_signs_in_as_itself_or_as_what_is_assigned_to_it() {
    let msi = || nothing().switched(&USE_MSI, true);
    check(msi(), &[], "the machine itself");
    check(msi(), &ALL[1..2], "the machine c");
    check(
        nothing(),
        &[("ARM_USE_MSI", "true"), ("ARM_MSI_ENDPOINT", "http://here/x")],
        "the machine itself at http://here/x",
    );
    check(msi().with(&MSI_ENDPOINT, "ftp://here"), &[], "msi_endpoint: Invalid value for msi_endpoint");
    check(nothing().switched(&USE_DEV_CLI, true), &ALL, "the Azure Developer CLI");
}

#[test]
fn whoever_reads_vaults_is_said_in_a_block_and_by_no_variable() {
    let second = || nothing().with(&CLIENT_ID, "v").with(&SECRET, "s");
    check_vaults(nothing(), second(), &ALL, "v in t");
    check_vaults(nothing(), second().with(&TENANT_ID, "u"), &ALL, "v in u");
    check_vaults(nothing(), nothing().switched(&USE_CLI, true), &ALL, "the Azure CLI");
    check_vaults(nothing(), nothing().switched(&USE_MSI, true), &ALL, "the machine itself");
    check_vaults(nothing(), secret(), &ALL, "key_vault: client_id: Missing client_id");
    check_vaults(nothing(), nothing(), &ALL, &format!("key_vault: {NO_WAY} for the block key_vault"));
    check_vaults(
        nothing(),
        nothing().with(&CLIENT_ID, "v"),
        &ALL,
        &format!("key_vault: client_id: {NO_WAY} for the block key_vault"),
    );
    let job = [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github/"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r")];
    let by_job = nothing().switched(&USE_OIDC, true).with(&CLIENT_ID, "v");
    check_vaults(nothing(), by_job, &[&ALL[..], &job].concat(), "v in t by GitHub at https://github/");
}

#[test]
fn when_no_way_can_be_taken_each_says_what_it_lacks() {
    let given = nothing().switched(&USE_OIDC, true).switched(&USE_CLI, false);
    let refusal = chosen(&given, None, &[("ARM_TENANT_ID", "t")]).err().unwrap();
    expect_test::expect![[r#"
        These are the ways, and why none of them was taken:
          - client certificate: neither client_certificate_path nor client_certificate is given (ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE)
          - client secret: neither client_secret nor client_secret_file_path is given (ARM_CLIENT_SECRET, ARM_CLIENT_SECRET_FILE_PATH)
          - OpenID Connect: it is chosen, but there is no identity token: neither oidc_token nor oidc_token_file_path is given; this is no job of GitHub Actions with `permissions: id-token: write` (ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN), and in Azure DevOps ado_pipeline_service_connection_id is missing
          - managed identity: use_msi is not true (ARM_USE_MSI)
          - Azure CLI: use_cli is false (ARM_USE_CLI)
          - Azure Developer CLI: use_dev_cli is not true (ARM_USE_DEV_CLI)"#]]
    .assert_eq(&refusal.why);
    let chosen = chosen(&nothing(), None, &[]).unwrap();
    let instead = chosen.principal.instead.unwrap();
    assert!(instead.contains("client secret: neither") && instead.lines().count() == 6, "{instead}");
}

#[test]
fn what_would_be_somebody_else_is_an_error_that_names_it() {
    let password = [("AZURE_USERNAME", "me"), ("AZURE_PASSWORD", "p"), ("AZURE_CLIENT_ID", "c")];
    check(nothing(), &password, "AZURE_USERNAME asks for what is not offered");
    check(nothing(), &[&ALL[..], &password].concat(), "c in t");
    check(nothing().switched(&USE_CLI, true), &password, "the Azure CLI");
}

#[test]
fn what_a_pipeline_leaves_around_a_value_is_not_of_it() {
    let told = [("ARM_TENANT_ID", "t\r\n"), ("ARM_CLIENT_ID", " c\n"), ("ARM_CLIENT_SECRET", "s\n")];
    check(nothing(), &told, "c in t");
    let secret = chosen(&nothing(), None, &told).unwrap().principal.sign_in;
    assert!(matches!(&secret, SignIn::Secret { secret, .. } if secret.reveal() == "s"));
    check(nothing(), &[ALL[0], ALL[1], ("ARM_CLIENT_SECRET", "\n")], &format!("client_id: {NO_WAY}"));
    check(nothing(), &[&ALL[1..], &[("ARM_TENANT_ID", "$(tenantId)")]].concat(), "ARM_TENANT_ID was not filled in");
    check(nothing(), &[&ALL[1..], &[("ARM_TENANT_ID", "a/b?c")]].concat(), "tenant_id: Invalid value for tenant_id");
    check(nothing(), &[ALL[0], ALL[2], ("ARM_CLIENT_ID", "a b")], "client_id: Invalid value for client_id");
}

#[test]
fn an_empty_text_is_none() {
    let empty = [&SECRET_FILE, &CERTIFICATE, &CERTIFICATE_FILE, &CLIENT_ID_FILE, &OIDC_TOKEN, &SERVICE_CONNECTION];
    let given = empty.into_iter().fold(nothing(), |given, setting| given.with(setting, ""));
    check(given, &ALL, "c in t");
}

#[test]
fn what_may_be_a_secret_in_another_place_is_not_shown() {
    const SECRET_TEXT: &str = "my-very-secret-value-123";
    let swapped =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", SECRET_TEXT), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "https://github/")];
    for (given, variables) in [
        (nothing().with(&SECRET_FILE, SECRET_TEXT), &ALL[..2]),
        (nothing().with(&CERTIFICATE_FILE, SECRET_TEXT), &ALL[..2]),
        (nothing(), &[("ARM_USE_OIDC", SECRET_TEXT)][..]),
        (nothing().switched(&USE_OIDC, true), &swapped[..]),
        (nothing().with(&TENANT_ID, &format!("{SECRET_TEXT}~")), &ALL[1..]),
    ] {
        let Refusal { what, why, remedy, .. } = chosen(&given, None, variables).err().unwrap();
        assert!(![what, why, remedy].concat().contains(SECRET_TEXT), "{variables:?}");
    }
}

#[test]
fn what_is_set_and_not_read_is_told() {
    let azure = [("AZURE_CLIENT_ID", "ac"), ("AZURE_CLIENT_SECRET", "as"), ("ARM_ENVIRONMENT", "public")];
    let instead = chosen(&nothing(), None, &azure).unwrap().principal.instead.unwrap();
    assert!(instead.ends_with(
        "Set, and not read because ARM_ENVIRONMENT is: AZURE_CLIENT_ID, AZURE_CLIENT_SECRET. Set all by variables of one family."
    ), "{instead}");
    let oidc = nothing().switched(&USE_OIDC, true);
    let refusal = chosen(&oidc, None, &ALL).err().unwrap();
    assert!(refusal.why.contains("client secret: ARM_CLIENT_SECRET is set, and goes for nothing"), "{}", refusal.why);
    let passed = [&ALL[..2], &[("ARM_USE_OIDC", "true"), ("ARM_USE_CLI", "true")]].concat();
    let instead = chosen(&nothing(), None, &passed).unwrap().principal.instead.unwrap();
    assert!(instead.starts_with("Chosen before it, and passed over:\n  - OpenID Connect: "), "{instead}");
}

#[test]
fn a_pod_without_its_token_is_no_job() {
    let job = [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github/"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r")];
    let aks = nothing().switched(&USE_AKS, true);
    check(aks, &[&ALL[..2], &job].concat(), NO_WAY);
}

#[test]
fn a_job_on_a_cluster_shows_its_own_token_and_not_that_of_the_pod_it_runs_in() {
    let job = [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github/"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r")];
    let pod = [("AZURE_TENANT_ID", "at"), ("AZURE_CLIENT_ID", "ac"), ("AZURE_FEDERATED_TOKEN_FILE", "token")];
    let oidc = || nothing().switched(&USE_OIDC, true).with(&CLIENT_ID, "c").with(&TENANT_ID, "t");
    check(oidc(), &[&pod[..], &job].concat(), "c in t by GitHub at https://github/");
    check(oidc(), &pod, "c in t by token");
    check(nothing(), &[&pod[..], &job].concat(), "ac in at by token");
}

#[test]
fn a_machine_that_is_not_who_a_variable_names_is_doubted() {
    let put_aside = |given: Given, variables: &[(&str, &str)]| chosen(&given, None, variables).unwrap().put_aside;
    let named = [("AZURE_CLIENT_ID", "ac"), ("ARM_USE_MSI", "true")];
    assert_eq!(put_aside(nothing(), &named), Some("AZURE_CLIENT_ID"));
    assert_eq!(put_aside(nothing(), &[&named[..], &ALL[1..2]].concat()), None);
    assert_eq!(put_aside(nothing().switched(&USE_MSI, true), &named[..1]), None);
}
