//! Words that help: who lacks what, how it is given, and where the fault is.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::world::{CHAIN, World};
use sandbox::{Effect, Fault};
use serde_json::json;

const SUMMARY: &str = "Cannot create the environment variable cto_robot_certificate";
const DATAVERSE: &str = "00000007-0000-0000-c000-000000000000";
const NOWHERE: &str = "00000000-0000-4000-8000-00000000dead";

/// A provider that waits for no role.
fn impatient() -> Court {
    let mut court = Court::unconfigured(&[]);
    let block = json!({ "environment_id": court.place().environment_id, "role_propagation_timeout": "0s" });
    court.configure(&block).expect_quiet();
    court
}

fn forbidden() -> Effect {
    Effect::Status(403, "0x80040220".into(), "Missing privilege.".into())
}

/// The command that gives the signed-in principal a role on the vault.
fn assignment(court: &Court, role: &str) -> String {
    let place = court.place();
    format!(
        "\n\n  az role assignment create --role \"{role}\" --assignee-object-id {} --assignee-principal-type ServicePrincipal --scope {}\n\n",
        place.object_id, place.key_vault_id
    )
}

#[test]
fn a_role_to_be_given_comes_with_the_command_that_gives_it() {
    let court = impatient();
    court.forbid_secrets();
    let role = "Key Vault Secrets User";
    let theirs = format!(
        "\n\n  az role assignment create --role \"{role}\" --assignee {DATAVERSE} --scope {}\n\n",
        court.place().key_vault_id
    );
    let refused = court.create(REFERENCE, &court.reference());
    refused.expect_error("key_vault_id", SUMMARY, &[&assignment(&court, role), &theirs]);

    let court = impatient();
    court.forbid_vault();
    let summary = "The vault kv-robots does not let the certificate robot be read";
    let refused = court.create(REFERENCE, &court.reference());
    refused.expect_error("key_vault_id", summary, &[&assignment(&court, "Key Vault Reader")]);
}

#[test]
fn terraform_shows_a_command_in_one_line() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    world.forbid_vault();
    let warned = world.run(&["plan", "-no-color", "-input=false"]);
    let place = world.place();
    let command = format!(
        "  az role assignment create --role \"Key Vault Reader\" --assignee-object-id {} --assignee-principal-type ServicePrincipal --scope {}\n",
        place.object_id, place.key_vault_id
    );
    assert!(warned.raw().contains(&command), "{}", warned.raw());
}

#[test]
fn a_wrong_resource_group_is_not_answered_with_a_role() {
    let court = impatient();
    let vault = court.place().key_vault_id.replace("rg-robots", "rg-other");
    let created = court.create(REFERENCE, &with(court.reference(), json!({ "key_vault_id": vault })));
    let told = created.to_string();
    let at = |words: &str| told.find(words).unwrap_or_else(|| panic!("{words:?} is not in {told}"));
    assert!(at("Compare key_vault_id with the vault's own id") < at("Key Vault Secrets User"), "{told}");
    let parts = [
        "\n\n  az keyvault show --name kv-robots --query id\n\n",
        "resource group rg-other",
        "\n\n  az provider register",
    ];
    created.expect_error("key_vault_id", SUMMARY, &parts);
}

#[test]
fn a_lesser_identity_is_told_what_it_may_not_read_and_who_it_is() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let principal = court.place().object_id.clone();
    court.weather(Fault::next("environmentvariabledefinitions", forbidden()).method("GET"));
    let summary = format!("Cannot read the environment variable cto_robot_certificate ({})", reference.attr("id"));
    court.refresh(&reference).expect_error("", &summary, &["Missing privilege", "Give the application", &principal]);
    court.weather(Fault::next("credentials", forbidden()).method("GET"));
    let summary = format!("Cannot read the credential Robot ({})", credential.attr("id"));
    court.refresh(&credential).expect_error("", &summary, &["Missing privilege", &principal]);
    // What the plan itself reads.
    court.destroy(&credential).expect_quiet();
    court.next_run();
    let id = reference.attr("id");
    court.weather(Fault::next(&format!("environmentvariabledefinitions({id})"), forbidden()).method("GET"));
    let summary = format!("Cannot read the environment variable {id}");
    let planned = court.plan(CREDENTIAL, None, &court.credential(&reference));
    planned.expect_error("certificate_reference_id", &summary, &["Missing privilege", &principal]);
}

#[test]
fn an_owner_that_does_not_exist_is_on_its_attribute() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let owned = json!({ "owner_id": NOWHERE });
    let other = with(with(court.reference(), json!({ "schema_name": "cto_other" })), owned.clone());
    let credential_config = with(court.credential(&reference), owned.clone());
    for refused in [
        court.create(REFERENCE, &other),
        court.change(&reference, &with(court.reference(), owned)),
        court.change(&credential, &credential_config),
    ] {
        assert!(refused.to_string().contains("on: owner_id"), "{refused}");
        refused.expect_refused();
    }
}

#[test]
fn a_change_that_was_made_and_does_not_connect_says_so_under_the_new_name() {
    let court = Court::new();
    let (_, credential, connection) = court.made_chain();
    court.let_connections_fail(true);
    let renamed = with(court.connection(&credential), json!({ "display_name": "Renamed" }));
    let summary = "The connection Renamed is changed, and not connected";
    let left = court.change(&connection, &renamed).expect_error("", summary, &["The machine refused the certificate"]);
    assert_eq!(left.expect("it stays").attr("display_name"), "Renamed");
}

#[test]
fn a_refusal_of_the_power_platform_api_says_first_who_may_call_it() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let refusal = Effect::Status(403, "Forbidden".into(), "Not allowed.".into());
    for (method, times) in [("GET", 1), ("PUT", 1)] {
        court.weather(Fault::next("/connectivity/", refusal.clone()).method(method).times(times));
        let created = court.create(CONNECTION, &court.connection(&credential));
        let first = "\n\nThe Power Platform API serves a service principal only when it is registered";
        let parts = [first, "Power Platform role", &court.place().object_id];
        created.expect_error("", "Cannot create the connection Robot", &parts);
        court.sandbox().clear_faults();
    }
}

#[test]
fn where_nothing_is_written_a_provider_may_name_another_environment() {
    let mut court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let other = json!({ "environment_id": court.place().other_environment_id });
    court.configure(&other).expect_quiet();
    let configs = [court.reference(), court.credential(&reference), court.connection(&credential)];
    for ((kind, object), config) in
        [(REFERENCE, &reference), (CREDENTIAL, &credential), (CONNECTION, &connection)].into_iter().zip(configs).rev()
    {
        let summary = "The provider names another environment";
        let planned = court.plan(kind, Some(object), &config);
        assert_eq!(planned.expect_warning("environment_id", summary, &[]).expect_ok(), Action::NoOp);
        let hurried = with(config.clone(), json!({ "timeouts": { "read": "1m" } }));
        court.plan(kind, Some(object), &hurried).expect_warning("environment_id", summary, &[]).expect_ok();
        let name = if kind == CREDENTIAL { "name" } else { "display_name" };
        let renamed = with(config, json!({ name: "Renamed" }));
        let hint = ["Set environment_id", "To destroy: terraform destroy -refresh=false"];
        court.plan(kind, Some(object), &renamed).expect_error("environment_id", summary, &hint);
        court.destroy(object).expect_ok();
    }
}

#[test]
fn terraform_folds_the_warnings_of_many_objects() {
    let world = World::new();
    let one = |number: u8| {
        format!(
            "resource \"powerautomate_key_vault_certificate_reference\" \"robot_{number}\" {{\n  schema_name      = \"cto_{number}\"\n  \
             key_vault_id     = var.key_vault_id\n  certificate_name = \"missing-{number}\"\n}}\n"
        )
    };
    world.write("main.tf", &(0..4).map(one).collect::<String>());
    let warned = world.run(&["plan", "-no-color", "-input=false"]);
    let told = warned.raw();
    assert_eq!(told.matches("Warning: A certificate could not be read").count(), 1, "{told}");
    assert!(told.contains("3 more similar warnings"), "{told}");
}
