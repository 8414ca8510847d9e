//! Where the facts leave open what a service does, the provider must bear every answer: each switch of the sandbox, both ways.

use acceptance_tests::world::World;
use sandbox::{ChangedTarget, CredentialLookups, SecretRefusal, Switches};

const CHAIN: &str = r#"
variable "username" {
  type    = string
  default = "robot@contoso.com"
}

resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
  timeouts { create = "2s" }
}

resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  username                 = var.username
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}

resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot of ${var.username}"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
"#;

/// The chain comes, is changed in place, plans clean and goes, whatever the answer to this question.
#[track_caller]
fn chain(answer: impl FnOnce(&mut Switches)) {
    let world = World::new();
    let seeded = world.rows();
    world.switch(answer);
    world.write("main.tf", CHAIN);
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    world.apply_with(&["-var=username=ROBOT@contoso.com"]).expect_quiet();
    world.plan_with(&["-var=username=ROBOT@contoso.com"]).expect_quiet().expect_no_changes();
    world.destroy().expect_quiet();
    assert_eq!(world.rows(), seeded);
    assert!(world.connections().is_empty());
}

#[test]
fn a_connection_may_be_told_with_and_without_its_credential() {
    for (credential, parameters) in [(true, false), (false, true), (false, false)] {
        chain(|switches| {
            switches.connectivity.returns_credential = credential;
            switches.connectivity.returns_parameters = parameters;
        });
    }
}

#[test]
fn a_connection_may_be_ready_at_once_or_after_a_while() {
    for milliseconds in [0, 900] {
        chain(|switches| switches.connectivity.settles_after_ms = milliseconds);
    }
}

#[test]
fn nothing_rests_on_what_dataverse_may_or_may_not_check() {
    chain(|switches| switches.dataverse.publisher_prefix = false);
    chain(|switches| switches.dataverse.unique_value_schema_names = false);
    for answer in [CredentialLookups::Accepted, CredentialLookups::Ignored] {
        chain(|switches| switches.dataverse.credential_lookups = answer);
    }
}

#[test]
fn a_refused_secret_is_recognised_by_whatever_status_and_wherever_it_stands() {
    for refusal in [SecretRefusal::BadRequest, SecretRefusal::Forbidden] {
        for nested in [true, false] {
            let world = World::new();
            world.switch(|switches| {
                switches.dataverse.secret_refusal = refusal;
                switches.dataverse.nested_change_set_failure = nested;
            });
            world.forbid_secrets();
            world.write("main.tf", CHAIN);
            let summary = "Cannot create the environment variable cto_robot";
            world.apply().expect_error("key_vault_id", summary, &["Key Vault Secrets User", "not authorized"]);
            assert!(world.addresses().is_empty());
        }
    }
}

#[test]
fn a_changed_credential_is_honoured_or_its_refusal_is_told() {
    for answer in [ChangedTarget::Honoured, ChangedTarget::Refused, ChangedTarget::Kept] {
        let world = World::new();
        world.write("main.tf", CHAIN);
        world.apply().expect_quiet();
        world.switch(|switches| switches.connectivity.changed_target = answer);
        world.write("main.tf", &CHAIN.replace("var.machine_group_id", "var.other_machine_group_id"));
        let applied = world.apply();
        match answer {
            ChangedTarget::Honoured => drop(applied.expect_quiet()),
            ChangedTarget::Kept => {
                let summary = "The service did not change machine_group_id";
                applied.expect_error("machine_group_id", summary, &["-replace"]);
            }
            ChangedTarget::Refused => {
                let outcome = applied.to_string();
                assert!(outcome.contains("cannot be updated"), "{outcome}");
            }
        }
        // What the service kept is what the state says, so that the next plan still shows the difference.
        let kept = world.attr("powerautomate_desktop_flow_connection.robot", "machine_group_id");
        let place = world.place();
        let honoured = answer == ChangedTarget::Honoured;
        assert_eq!(kept, if honoured { &place.other_machine_group_id } else { &place.machine_group_id }.as_str());
    }
}
