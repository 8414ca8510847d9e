//! Terraform refreshes and plans as ever before it destroys: an error of that stops the destruction. Each says the way past it, and the
//! way works.

use acceptance_tests::court::{CONNECTION, Court, with};
use acceptance_tests::world::{REFERENCE, World};
use serde_json::json;

const REFERENCE_ADDRESS: &str = "powerautomate_key_vault_certificate_reference.robot";
const CREDENTIAL_ADDRESS: &str = "powerautomate_cba_credential.robot";
const DEFINITIONS: &str = "environmentvariabledefinitions";
const HINT: &str = "To destroy: terraform destroy -refresh=false";

/// What was applied, what happens then, and the error that stops its destruction.
struct Case {
    config: String,
    happens: fn(&World),
    summary: &'static str,
}

fn credential(lines: &str) -> String {
    let credential = r#"
resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
"#;
    format!("{REFERENCE}{credential}{lines}}}\n")
}

#[track_caller]
fn check(Case { config, happens, summary }: Case) {
    let world = World::new();
    world.write("main.tf", &config);
    world.apply().expect_quiet();
    happens(&world);
    let refused = world.destroy();
    let found = refused.diagnostics.iter().find(|found| found.severity == "error" && found.summary == summary);
    let found = found.unwrap_or_else(|| panic!("expected {summary:?} of {refused}"));
    assert!(found.detail.ends_with(HINT), "{refused}");
    world.run(&["destroy", "-refresh=false", "-json", "-input=false", "-auto-approve"]).expect_ok();
    assert_eq!(world.addresses(), Vec::<String>::new(), "{summary}");
    assert!(world.rows_named(DEFINITIONS, "schemaname", "cto_robot_certificate").is_empty(), "{summary}");
}

#[test]
fn a_provider_that_names_another_environment() {
    check(Case {
        config: REFERENCE.to_owned(),
        happens: |world| {
            world.write_provider(&format!("environment_id = \"{}\"", world.place().other_environment_id));
            world.write("main.tf", &REFERENCE.replace("\n}", "\n  display_name = \"Mine\"\n}"));
        },
        summary: "The provider names another environment",
    });
}

#[test]
fn a_missing_object_and_a_provider_without_an_environment() {
    check(Case {
        config: REFERENCE.to_owned(),
        happens: |world| {
            world.remove_row(DEFINITIONS, &world.attr(REFERENCE_ADDRESS, "id"));
            world.write_provider("");
        },
        summary: "Missing environment_id",
    });
}

#[test]
fn a_missing_object_whose_certificate_cannot_be_used_any_more() {
    check(Case {
        config: REFERENCE.to_owned(),
        happens: |world| {
            world.remove_row(DEFINITIONS, &world.attr(REFERENCE_ADDRESS, "id"));
            world.replace_certificate("robot", "robot-expired");
        },
        summary: "The certificate has expired",
    });
}

#[test]
fn a_variable_that_is_of_another_kind_now() {
    check(Case {
        config: REFERENCE.to_owned(),
        happens: |world| world.patch(DEFINITIONS, &world.attr(REFERENCE_ADDRESS, "id"), json!({ "type": 100_000_000 })),
        summary: "The environment variable is no reference to a vault",
    });
}

#[test]
fn a_variable_that_has_several_values() {
    check(Case {
        config: REFERENCE.to_owned(),
        happens: |world| {
            let id = world.attr(REFERENCE_ADDRESS, "id");
            let row = json!({ "schemaname": "cto_second", "value": "x", "environmentvariabledefinitionid": id });
            world.insert("environmentvariablevalues", row);
        },
        summary: "The environment variable has several values",
    });
}

#[test]
fn a_credential_that_is_of_another_kind_now() {
    check(Case {
        config: credential(""),
        happens: |world| {
            world.patch("credentials", &world.attr(CREDENTIAL_ADDRESS, "id"), json!({ "connectiontype": 1 }))
        },
        summary: "The credential does not sign in with a certificate",
    });
}

#[test]
fn a_user_name_that_has_several_values() {
    check(Case {
        config: credential(""),
        happens: |world| {
            let id = world.attr(CREDENTIAL_ADDRESS, "username_variable_id");
            let row = json!({ "schemaname": "cto_second", "value": "x", "environmentvariabledefinitionid": id });
            world.insert("environmentvariablevalues", row);
        },
        summary: "The environment variable has several values",
    });
}

#[test]
fn a_missing_credential_whose_variable_would_have_too_long_a_name() {
    let long = format!("cto_{}", "x".repeat(90));
    let config = credential("  username_schema_name     = \"cto_short\"\n").replace("cto_robot_certificate", &long);
    check(Case {
        config,
        happens: |world| {
            let variable = world.attr(CREDENTIAL_ADDRESS, "username_variable_id");
            world.remove_row("credentials", &world.attr(CREDENTIAL_ADDRESS, "id"));
            world.remove_row(DEFINITIONS, &variable);
            let long = format!("cto_{}", "x".repeat(90));
            world.write("main.tf", &credential("").replace("cto_robot_certificate", &long));
        },
        summary: "The user name's variable needs a name",
    });
}

#[test]
fn a_missing_connection_whose_credential_is_of_another_kind_now() {
    let connection = r#"
resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
"#;
    let world = World::new();
    world.write("main.tf", &format!("{}{connection}", credential("")));
    world.apply().expect_quiet();
    // The connection alone is left to this configuration.
    let id = world.attr(CREDENTIAL_ADDRESS, "id");
    world.run(&["state", "rm", CREDENTIAL_ADDRESS, REFERENCE_ADDRESS]).expect_ok();
    let literal = connection.replace("powerautomate_cba_credential.robot.id", &format!("\"{id}\""));
    world.write("main.tf", &literal);
    world.patch("credentials", &id, json!({ "connectiontype": 1 }));
    world.remove_connection(&world.attr("powerautomate_desktop_flow_connection.robot", "id"));
    let refused = world.destroy();
    let found = refused.diagnostics.iter().find(|found| found.severity == "error").expect("it is refused");
    assert_eq!(found.summary, "The credential does not sign in with a certificate", "{refused}");
    assert!(found.detail.ends_with(HINT), "{refused}");
    world.run(&["destroy", "-refresh=false", "-json", "-input=false", "-auto-approve"]).expect_ok();
    assert_eq!(world.addresses(), Vec::<String>::new());
}

#[test]
fn what_lived_in_an_environment_that_is_gone_is_forgotten_by_the_state_alone() {
    let mut court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let environment_id = court.place().environment_id.clone();
    // What shall move to one that never was can be destroyed where it is.
    let elsewhere = json!({ "environment_id": "00000000-0000-4000-8000-00000000dead" });
    let planned = court.plan(CONNECTION, Some(&connection), &with(court.connection(&credential), elsewhere));
    assert!(planned.to_string().contains(HINT) && !planned.to_string().contains("state rm"), "{planned}");
    planned.expect_refused();

    court.sandbox().with(|world| world.environments.remove(&environment_id)).expect("it was there");
    court.next_run();
    let summary = format!("Cannot look up the environment {environment_id}");
    let parts = ["EnvironmentNotFound", "Check the environment id", "terraform state rm"];
    let expect_way_out = |ruling: String| {
        assert!(ruling.contains(&summary) && !ruling.contains("refresh=false"), "{ruling}");
    };
    for object in [&reference, &credential, &connection] {
        let read = court.refresh(object);
        expect_way_out(read.to_string());
        read.expect_error("environment_id", &summary, &parts);
        let removed = court.destroy(object);
        expect_way_out(removed.to_string());
        assert!(removed.expect_error("environment_id", &summary, &parts).is_some(), "it stays in the state");
    }
}

#[test]
fn terraform_is_told_to_forget_what_lived_in_an_environment_that_is_gone() {
    let world = World::new();
    world.write("main.tf", REFERENCE);
    world.apply().expect_quiet();
    let environment_id = world.place().environment_id.clone();
    world.sandbox().with(|all| all.environments.remove(&environment_id)).expect("it was there");
    world.write("main.tf", &REFERENCE.replace("\n}", "\n  solution_unique_name = \"CtoRobots\"\n}"));
    let ways: [&[&str]; 3] = [
        &["destroy", "-auto-approve", "-json", "-input=false"],
        &["plan", "-refresh=false", "-json", "-input=false"],
        &["destroy", "-refresh=false", "-auto-approve", "-json", "-input=false"],
    ];
    for way in ways {
        let refused = world.run(way);
        let found = refused.diagnostics.iter().find(|found| found.severity == "error").expect("it is refused");
        assert_eq!(found.summary, format!("Cannot look up the environment {environment_id}"), "{refused}");
        assert!(found.detail.contains("terraform state rm") && !found.detail.contains(HINT), "{refused}");
    }
    world.run(&["state", "rm", REFERENCE_ADDRESS]).expect_ok();
    assert_eq!(world.addresses(), Vec::<String>::new());
}
