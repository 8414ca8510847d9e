//! Which rights each operation needs: found by what the sandbox asks for, and tried with each of them taken away.

mod operations;
mod page;
mod principal;
mod pull_request;
mod tried;

use acceptance_tests::court::{Court, REFERENCE, with};
use sandbox::rights::Known;
use sandbox::{CertificatePermission, PowerPlatformRole, RoleAssignment, default_world};
use serde_json::json;

use tried::{ROWS, Without};

#[test]
fn with_just_its_rights_each_operation_is_done_as_quietly_as_by_an_administrator() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|row| Some(format!("{} {:?}, {}: {}", row.of, row.phase, row.operation, row.exact.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_right_that_is_missing_is_an_error_that_names_it_or_a_warning_and_never_silence() {
    let mut silent = Vec::new();
    for row in ROWS.iter() {
        for (right, without) in &row.rights {
            if let Without::Unsaid(said) = without {
                silent.push(format!("{} {:?}, {}, without {}: {said}", row.of, row.phase, row.operation, right.right));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n\n"));
}

/// The page is made afresh where it is another one, so that the next run is green.
#[test]
fn the_page_is_written_from_what_the_sandbox_asked_for() {
    assert!(!page::write(&ROWS), "docs/guides/rights.md was another one, and is written afresh; look at it and commit");
}

#[test]
fn where_dataverse_is_is_told_to_whoever_is_registered_or_reads_power_platform() {
    let administration = "Environments: administration of Power Platform (R)";
    let read = "Power Platform: EnvironmentManagement.Environments.Read (I)";
    for (is_registered, role, asked) in [
        (true, None, vec![administration]),
        (false, Some(PowerPlatformRole::Reader), vec![administration, read]),
        (false, None, vec![administration, read]),
    ] {
        let court = Court::new();
        court.sandbox().with(|world| {
            world.admin_applications.retain(|_| is_registered);
            let give =
                |role| RoleAssignment::in_environment(default_world::CLIENT_OBJECT, role, default_world::ENVIRONMENT);
            world.power_platform_roles = role.map(give).into_iter().collect();
        });
        let planned = court.plan(REFERENCE, None, &court.reference());
        let told = court.demanded().into_iter().map(|one| format!("{}: {} ({})", one.service, one.right, one.known));
        let told: Vec<String> = told.filter(|one| !one.starts_with("Dataverse") && !one.starts_with("Key")).collect();
        assert_eq!(told, asked);
        if is_registered || role.is_some() {
            planned.expect_quiet();
        } else {
            let parts = ["does not have permission to access the path", "Register", "dataverse_url"];
            planned.expect_warning("environment_id", "The environment cannot be looked up", &parts).expect_ok();
        }
    }
}

#[test]
fn who_is_no_user_or_has_no_role_is_told_so() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.sandbox().with(|world| {
        let org = world.org_mut(default_world::ENVIRONMENT);
        let terraform = org.user_of_application(default_world::CLIENT).expect("it is a user");
        assert!(org.take_role(terraform, "System Administrator"));
    });
    let summary = format!("Cannot read the environment variable cto_robot_certificate ({})", reference.attr("id"));
    let parts = ["has not been assigned any roles", "prvReadEnvironmentVariableDefinition", "Give the application"];
    court.refresh(&reference).expect_error("", &summary, &parts);
    court.sandbox().with(|world| {
        let org = world.org_mut(default_world::ENVIRONMENT);
        let terraform = org.user_of_application(default_world::CLIENT).expect("it is a user");
        org.patch("systemusers", terraform, json!({ "isdisabled": true })).expect("it is there");
    });
    let parts =
        ["is not a member of the organization", "Make the application", "an application user of the environment"];
    court.refresh(&reference).expect_error("", &summary, &parts);
}

#[test]
fn a_row_that_is_another_s_asks_for_a_share_or_a_role_that_reaches_further() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let id = reference.attr("id");
    court.sandbox().with(|world| {
        let org = world.org_mut(default_world::ENVIRONMENT);
        let user = |application| org.user_of_application(application).expect("it is a user");
        let (terraform, maker) = (user(default_world::CLIENT), user(default_world::MAKER));
        assert!(org.take_role(terraform, "System Administrator"));
        org.assign_role(terraform, "Environment Maker").expect("there is such a role");
        let id = id.parse().expect("it is an id");
        org.patch("environmentvariabledefinitions", id, json!({ "ownerid": maker })).expect("it is there");
    });
    let summary = format!("Cannot read the environment variable cto_robot_certificate ({id})");
    let parts = ["does not have ReadAccess right(s)", "Share the row with the application", "business unit"];
    court.refresh(&reference).expect_error("", &summary, &parts);
}

#[test]
fn in_a_vault_with_access_policies_the_permission_get_is_enough() {
    let court = Court::new();
    let permit = |permissions: &[CertificatePermission]| {
        court.sandbox().with(|world| {
            let vault = world.vaults.get_mut("kv-policies").expect("it is there");
            vault.permit(default_world::CLIENT_OBJECT, permissions);
            vault.revoke(default_world::CLIENT_OBJECT, "Key Vault Reader");
        });
    };
    permit(&[CertificatePermission::Get]);
    let config = with(court.reference(), json!({ "key_vault_id": court.place().policy_vault_id }));
    let reference = court.create(REFERENCE, &config).expect_quiet();
    let asked = court.demanded();
    assert!(asked.iter().any(|one| one.right == "policy certificates/get" && one.known == Known::Documented));
    assert!(asked.iter().all(|one| !one.right.contains("certificates/read")), "{asked:?}");
    permit(&[]);
    let other = with(config, json!({ "certificate_name": "robot-01" }));
    let parts = [
        "does not have certificates get permission",
        "in a vault with access policies, the certificate permission get",
    ];
    let planned = court.plan(REFERENCE, Some(&reference), &other);
    planned.expect_warning("key_vault_id", "A certificate could not be read", &parts).expect_ok();
}
