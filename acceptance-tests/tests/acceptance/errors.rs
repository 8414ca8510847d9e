//! Bad input, one row each: the cause, and the attribute, the summary and the hint of the one error that comes of it. Nothing is written.

use acceptance_tests::world::World;

/// What is wrong, and where it stands.
struct Row {
    cause: &'static str,
    configuration: &'static str,
    attribute: &'static str,
    summary: &'static str,
    parts: &'static [&'static str],
}

const REFERENCE: &str = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;

const CREDENTIAL: &str = r#"
resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  username                 = "robot@contoso.com"
  certificate_reference_id = "00000000-0000-4000-8000-00000000dead"
}
"#;

const CONNECTION: &str = r#"
resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot"
  credential_id    = "00000000-0000-4000-8000-00000000dead"
  machine_group_id = var.machine_group_id
}
"#;

/// Wrong from the configuration alone: the plan refuses. Each is `attribute = value` in place of what the resource says there.
const AT_PLAN: &[(&str, &str, &str, &str, &[&str])] = &[
    (
        "a schema name without prefix",
        REFERENCE,
        "schema_name = \"robot\"",
        "Invalid value for schema_name",
        &["prefix"],
    ),
    (
        "an ARM id of another kind",
        REFERENCE,
        "key_vault_id = \"/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/s\"",
        "Invalid value for key_vault_id",
        &["Microsoft.KeyVault"],
    ),
    (
        "an ARM id that is none",
        REFERENCE,
        "key_vault_id = \"kv-robots\"",
        "Invalid value for key_vault_id",
        &["/subscriptions/"],
    ),
    (
        "a certificate name with a dot",
        REFERENCE,
        "certificate_name = \"robot.pfx\"",
        "Invalid value for certificate_name",
        &["hyphens"],
    ),
    (
        "a wrong GUID",
        CREDENTIAL,
        "certificate_reference_id = \"robot\"",
        "Invalid value for certificate_reference_id",
        &["GUID"],
    ),
    ("an empty name", CREDENTIAL, "name = \"\"", "Invalid value for name", &["empty"]),
    (
        "a credential id that is no GUID",
        CONNECTION,
        "credential_id = \"robot\"",
        "Invalid value for credential_id",
        &["GUID"],
    ),
    (
        "a machine group that is no GUID",
        CONNECTION,
        "machine_group_id = \"Finance\"",
        "Invalid value for machine_group_id",
        &["GUID"],
    ),
];

#[test]
fn what_the_configuration_alone_shows_is_refused_at_plan() {
    let world = World::new();
    for (cause, base, line, summary, parts) in AT_PLAN {
        let (attribute, _) = line.split_once(" = ").expect("a row assigns an attribute");
        let configuration: String = base
            .lines()
            .map(|old| {
                if old.trim_start().split(' ').next() == Some(attribute) {
                    format!("  {line}\n")
                } else {
                    format!("{old}\n")
                }
            })
            .collect();
        assert_ne!(configuration.trim(), base.trim(), "{cause}");
        world.write("main.tf", &configuration);
        world.plan().expect_error(attribute, summary, parts);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn names_that_are_too_long_are_refused_with_their_length() {
    let world = World::new();
    for (base, attribute, old, limit) in [
        (REFERENCE, "schema_name", "\"cto_robot_certificate\"", 100),
        (REFERENCE, "certificate_name", "\"robot\"\n}", 127),
        (CREDENTIAL, "name", "\"Robot\"", 100),
        (CONNECTION, "display_name", "\"Robot\"", 255),
    ] {
        let end = if old.ends_with('}') { "\n}" } else { "" };
        let long = format!("\"cto_{}\"{end}", "x".repeat(limit))
            .replace('_', if attribute == "certificate_name" { "-" } else { "_" });
        world.write("main.tf", &base.replacen(old, &long, 1));
        let length = limit + 4;
        let parts = [&*format!("at most {limit}"), &*format!("{length}")];
        world.plan().expect_error(attribute, &format!("Invalid value for {attribute}"), &parts);
    }
}

/// Wrong when the services are asked: the apply refuses, before anything is written.
const AT_APPLY: &[Row] = &[
    Row {
        cause: "a reference that does not exist",
        configuration: CREDENTIAL,
        attribute: "certificate_reference_id",
        summary: "The certificate reference does not exist",
        parts: &["00000000-0000-4000-8000-00000000dead", "powerautomate_key_vault_certificate_reference"],
    },
    Row {
        cause: "a credential that does not exist",
        configuration: CONNECTION,
        attribute: "credential_id",
        summary: "The credential does not exist",
        parts: &["00000000-0000-4000-8000-00000000dead", "share the credential"],
    },
];

#[test]
fn what_the_services_show_is_refused_before_anything_is_written() {
    let world = World::new();
    for row in AT_APPLY {
        world.write("main.tf", row.configuration);
        let outcome = world.apply();
        assert_eq!(outcome.code(), Some(1), "{}: {outcome}", row.cause);
        outcome.expect_error(row.attribute, row.summary, row.parts);
        assert_eq!(world.writes(), Vec::<String>::new(), "{}", row.cause);
    }
}

#[test]
fn environments_that_cannot_hold_a_credential_are_refused() {
    let world = World::new();
    let without = world.place().environment_without_dataverse_id.clone();
    for (environment, summary, part) in [
        (without.as_str(), "The environment has no Dataverse", "Add Dataverse"),
        (
            "00000000-0000-4000-8000-00000000dead",
            "Cannot look up the environment 00000000-0000-4000-8000-00000000dead",
            "Check the environment id",
        ),
    ] {
        let named = format!("environment_id = \"{environment}\"\n  schema_name ");
        world.write("main.tf", &REFERENCE.replace("schema_name ", &named));
        world.apply().expect_error("environment_id", summary, &[part]);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn vaults_that_cannot_be_used_are_told_apart() {
    let world = World::new();
    let place = world.place().clone();
    let absent = place.key_vault_id.replace("kv-robots", "kv-nowhere");
    let foreign = place.foreign_vault_id.rsplit('/').next().expect("an id has a name").to_owned();
    for (vault, summary) in [
        (&place.foreign_vault_id, format!("The vault {foreign} belongs to another tenant")),
        (&absent, "The vault kv-nowhere cannot be reached".to_owned()),
    ] {
        let warn = "timeouts {\n create = \"2s\"\n }\n}\n";
        let configuration =
            REFERENCE.replace("var.key_vault_id", &format!("\"{vault}\"")).replace("\n}\n", &format!("\n  {warn}"));
        world.write("main.tf", &configuration);
        let outcome = world.apply();
        outcome.expect_error("key_vault_id", &summary, &[]);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn exactly_one_of_username_and_its_variable_is_wanted() {
    let world = World::new();
    let both = CREDENTIAL
        .replace("  username ", "  username_variable_id = \"00000000-0000-4000-8000-00000000dead\"\n  username ");
    world.write("main.tf", &both);
    world.plan().expect_error("username_variable_id", "username_variable_id conflicts with username", &["Keep one"]);
    let none: String =
        CREDENTIAL.lines().filter(|line| !line.contains("username ")).map(|line| format!("{line}\n")).collect();
    world.write("main.tf", &none);
    world.plan().expect_error("resource", "Missing username", &["username_variable_id"]);
}

#[test]
fn a_schema_name_with_an_unknown_prefix_names_the_attribute() {
    let world = World::new();
    world.write("main.tf", &REFERENCE.replace("cto_robot", "zzz_robot"));
    world.apply().expect_error(
        "schema_name",
        "Cannot create the environment variable zzz_robot_certificate",
        &["customization prefix"],
    );
    assert_eq!(world.addresses(), Vec::<String>::new());
}
