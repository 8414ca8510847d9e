//! The provider block: who signs in, to which environment, and what is borne while values are not known.

use acceptance_tests::court::{Court, REFERENCE, with};
use acceptance_tests::world::World;
use expect_test::expect;
use sandbox::default_world;
use serde_json::{Value, json};

/// The variables of a sign-in, empty.
const NOBODY: [(&str, &str); 3] = [("ARM_TENANT_ID", ""), ("ARM_CLIENT_ID", ""), ("ARM_CLIENT_SECRET", "")];

/// A provider that was started with these variables, and has this block beside its environment.
#[track_caller]
fn configured(variables: &[(&str, &str)], block: Value) -> Court {
    let mut court = Court::unconfigured(variables);
    let block = with(json!({ "environment_id": court.place().environment_id }), block);
    court.configure(&block).expect_quiet();
    court
}

#[test]
fn dataverse_may_be_named_and_is_not_looked_up_then() {
    let court = configured(&[], json!({ "dataverse_url": format!("https://{}", default_world::ORG) }));
    court.create(REFERENCE, &court.reference()).expect_quiet();
    expect![[r#"
        plan:
          GET vault:kv-robots /certificates/robot/ -> 401
          token for vaults -> 200
          GET vault:kv-robots /certificates/robot/ -> 200
          token for dataverse -> 200
          GET dataverse /RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default') -> 200
          GET dataverse /publishers?select&filter=customizationprefix eq 'cto' -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"displayname":"cto_robot_certificate","environmentvariabledefinitionid":"«id1»","schemaname":"cto_robot_certificate","secretstore":0,"type":100000005} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id1»)","environmentvariablevalueid":"«id2»","schemaname":"cto_robot_certificate","value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
        read:
          GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_that_names_its_variable_and_no_password() {
    for wrong in ["http://[bad", "ftp://proxy.example.com", "socks5://me:hunter2@proxy.example.com:1080"] {
        for variables in [[("HTTPS_PROXY", wrong), ("https_proxy", "")], [("HTTPS_PROXY", ""), ("https_proxy", wrong)]]
        {
            let mut court = Court::unconfigured(&variables);
            let block = json!({ "environment_id": court.place().environment_id });
            let name = if variables[0].1.is_empty() { "https_proxy" } else { "HTTPS_PROXY" };
            let refused = court.configure(&block);
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
            refused.expect_error("", "The provider can reach nothing", &[name]);
            assert_eq!((court.sandbox().tunnels(), court.conversation()), (0, Vec::new()));
        }
    }
}

#[test]
fn what_would_have_the_proxy_ignored_does_not() {
    // Where this variable is set, what reads the proxy's variables for other programs takes itself for a web server's script.
    let court = configured(&[("REQUEST_METHOD", "GET")], json!({}));
    court.create(REFERENCE, &court.reference()).expect_quiet();
}

#[test]
fn an_address_of_dataverse_that_cannot_work_is_an_error_at_once() {
    for address in ["http://contoso.crm4.dynamics.com", "ftp://contoso.crm4.dynamics.com", "contoso.crm4.dynamics.com"]
    {
        let mut court = Court::unconfigured(&[]);
        let block = json!({ "environment_id": court.place().environment_id, "dataverse_url": address });
        court.configure(&block).expect_error("dataverse_url", "Invalid value for dataverse_url", &["https://"]);
        assert_eq!(court.conversation(), Vec::<String>::new());
    }
}

#[test]
fn who_signs_in_may_stand_in_the_block() {
    let mut court = Court::unconfigured(&NOBODY);
    let place = court.place();
    let block = json!({
        "environment_id": place.environment_id,
        "tenant_id": place.tenant_id,
        "client_id": place.client_id,
        "client_secret": place.client_secret,
    });
    court.configure(&block).expect_quiet();
    court.create(REFERENCE, &court.reference()).expect_quiet();
}

#[test]
fn what_is_missing_is_named() {
    for (variable, attribute, summary) in [
        ("ARM_TENANT_ID", "tenant_id", "Missing tenant_id"),
        ("ARM_CLIENT_ID", "client_id", "Missing client_id"),
        ("ARM_CLIENT_SECRET", "client_id", "No way to sign in"),
    ] {
        let mut court = Court::unconfigured(&[(variable, "")]);
        let block = json!({ "environment_id": court.place().environment_id });
        court.configure(&block).expect_error(attribute, summary, &[variable]);
    }
}

#[test]
fn the_variables_of_the_sdks_sign_in_where_none_of_the_first_family_is_set() {
    let known = Court::unconfigured(&[]);
    let place = known.place().clone();
    let azure = [
        ("AZURE_TENANT_ID", place.tenant_id.as_str()),
        ("AZURE_CLIENT_ID", place.client_id.as_str()),
        ("AZURE_CLIENT_SECRET", place.client_secret.as_str()),
    ];
    let court = configured(&[&NOBODY[..], &azure].concat(), json!({}));
    court.create(REFERENCE, &court.reference()).expect_quiet();
}

#[test]
fn a_secret_in_a_file_signs_in_and_no_variable_leads_it_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let known = Court::unconfigured(&[]);
    let path = folder.path().join("secret").display().to_string();
    std::fs::write(&path, format!("{}\n", known.place().client_secret)).unwrap();
    let variables = [
        ("ARM_CLIENT_SECRET", ""),
        ("ARM_CLIENT_SECRET_FILE_PATH", &path),
        ("AZURE_AUTHORITY_HOST", "https://evil.example"),
    ];
    let court = configured(&variables, json!({}));
    court.create(REFERENCE, &court.reference()).expect_quiet();
    assert!(court.conversation().iter().all(|line| !line.contains("evil.example")));
}

#[test]
fn what_would_sign_in_otherwise_is_an_error_of_no_argument() {
    for (variables, summary) in [
        (vec![("ARM_USE_CLI", "no")], "ARM_USE_CLI is neither true nor false"),
        (vec![("ARM_CLIENT_SECRET", ""), ("ARM_USE_OIDC", "true")], "No way to sign in"),
        (vec![("ARM_ENVIRONMENT", "usgovernment")], "ARM_ENVIRONMENT names another cloud"),
    ] {
        let mut court = Court::unconfigured(&variables);
        let block = json!({ "environment_id": court.place().environment_id });
        court.configure(&block).expect_error("", summary, &[]);
        assert_eq!(court.sandbox().tunnels(), 0);
    }
}

#[test]
fn a_wrong_secret_is_told_in_the_service_s_words() {
    let court = configured(&[("ARM_CLIENT_SECRET", "wrong")], json!({}));
    let created = court.create(REFERENCE, &court.reference());
    let told = created.to_string();
    assert!(told.contains("AADSTS7000215") && told.contains("ARM_"), "{told}");
    created.expect_refused();
}

#[test]
fn a_wrong_certificate_authority_is_tried_a_few_times_and_names_the_variable() {
    let other = Court::unconfigured(&[]);
    let authority = other.sandbox().ca_file().display().to_string();
    let court = configured(&[("SSL_CERT_FILE", &authority)], json!({}));
    let imported = court.import(REFERENCE, "cto_robot_certificate");
    assert!(imported.to_string().contains("SSL_CERT_FILE"), "{imported}");
    imported.expect_refused();
    // The SDK's own default would try nine times each, for more than a minute.
    let tries = court.sandbox().tunnels();
    assert!((1..=6).contains(&tries), "{tries} tries");

    let court = configured(&[("SSL_CERT_FILE", "/nonexistent/ca.pem")], json!({}));
    let imported = court.import(REFERENCE, "cto_robot_certificate");
    assert!(imported.to_string().contains("/nonexistent/ca.pem"), "{imported}");
    imported.expect_refused();
    assert_eq!(court.sandbox().tunnels(), 0, "what cannot be trusted is not tried");
}

#[test]
fn a_provider_without_an_environment_leaves_it_to_the_resources() {
    let mut court = Court::unconfigured(&[]);
    court.configure(&json!({})).expect_quiet();
    let config = court.reference();
    court.plan(REFERENCE, None, &config).expect_error("environment_id", "Missing environment_id", &["provider block"]);
    let config = with(config, json!({ "environment_id": court.place().environment_id }));
    court.create(REFERENCE, &config).expect_quiet();
}

#[test]
fn a_provider_that_comes_to_name_another_environment_is_an_error_where_something_would_be_written() {
    let mut court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let other = json!({ "environment_id": court.place().other_environment_id });
    court.configure(&other).expect_quiet();
    let changed = with(court.reference(), json!({ "display_name": "Mine" }));
    let planned = court.plan(REFERENCE, Some(&reference), &changed);
    let summary = "The provider names another environment";
    planned.expect_error("environment_id", summary, &["Set environment_id"]);
}

#[test]
fn values_that_are_not_known_yet_are_borne_by_a_plan() {
    let mut world = World::new();
    let secret = world.place().client_secret.clone();
    world.set("TF_VAR_secret", &secret);
    world.unset("ARM_CLIENT_SECRET");
    world.write_provider(
        "environment_id = terraform_data.later[\"environment\"].output\n  client_secret  = terraform_data.later[\"secret\"].output",
    );
    let later = r#"
variable "secret" {
  type = string
}
resource "terraform_data" "later" {
  for_each = { environment = var.environment_id, secret = var.secret }
  input    = each.value
}
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;
    world.write("main.tf", later);
    let address = "powerautomate_key_vault_certificate_reference.robot";
    let later = ["environment", "secret"].map(|key| format!("create terraform_data.later[\"{key}\"]"));
    world.plan().expect_quiet().expect_changes(&[&format!("create {address}"), &later[0], &later[1]]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.attr(address, "environment_id"), world.place().environment_id);
    world.plan().expect_quiet().expect_no_changes();
}
