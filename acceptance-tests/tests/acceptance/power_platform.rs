//! Who may ask Power Platform, and what it says to those who may not: the connection, and where an environment's Dataverse is.

use std::time::Duration;

use acceptance_tests::court::{CONNECTION, Court, REFERENCE, with};
use expect_test::expect;
use sandbox::{
    ConnectivitySwitches, ForeignConnection, HiddenValues, PowerPlatformRole, RoleAssignment, Unentitled, default_world,
};
use serde_json::{Value, json};

/// What a service does otherwise.
type Switch = fn(&mut ConnectivitySwitches);

/// A court whose application is registered no more, and has this role on its environment.
fn with_role(role: Option<PowerPlatformRole>) -> Court {
    let court = Court::new();
    court.sandbox().with(|world| {
        world.admin_applications.clear();
        world.power_platform_roles.clear();
        let give =
            |role| RoleAssignment::in_environment(default_world::CLIENT_OBJECT, role, default_world::ENVIRONMENT);
        world.power_platform_roles.extend(role.map(give));
    });
    court
}

/// The provider block that names the organization.
fn named(court: &Court) -> Value {
    json!({ "environment_id": court.place().environment_id, "dataverse_url": court.place().environment_url })
}

#[test]
fn a_role_on_the_environment_is_enough_for_all() {
    let court = with_role(Some(PowerPlatformRole::Contributor));
    court.create(REFERENCE, &court.reference()).expect_quiet();
    let asked: Vec<String> = court.conversation().into_iter().filter(|line| line.contains("nvironments/")).collect();
    expect![[r#"
        GET api.bap.microsoft.com /providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/«environment»?api-version=2023-06-01 -> 403
        GET api.powerplatform.com /environmentmanagement/environments/«environment»?api-version=2024-10-01 -> 200"#]].assert_eq(&asked.join("\n"));
    let court = with_role(Some(PowerPlatformRole::Contributor));
    let (.., connection) = court.made_chain();
    court.destroy(&connection).expect_quiet();
}

#[test]
fn who_may_not_ask_where_dataverse_is_is_told_of_both_ways() {
    let court = with_role(None);
    let created = court.create(REFERENCE, &court.reference());
    let told = created.to_string();
    assert!(told.contains("admin management application") && told.contains("dataverse_url"), "{told}");
    created.expect_refused();
}

#[test]
fn a_connection_that_is_refused_for_want_of_a_role_says_that_first_and_nothing_of_shares() {
    for words in [Unentitled::Permissions, Unentitled::Path] {
        for role in [None, Some(PowerPlatformRole::Reader)] {
            let mut court = with_role(role);
            court.sandbox().switches(|switches| switches.connectivity.unentitled = words);
            let block = named(&court);
            court.configure(&block).expect_quiet();
            let (_, credential) = court.made_credential();
            let created = court.create(CONNECTION, &court.connection(&credential));
            let told = created.to_string();
            assert!(told.contains("registered as an admin management application"), "{told}");
            assert!(told.contains("Contributor") && !told.contains("Share the"), "{told}");
            created.expect_refused();
            assert_eq!(court.connections(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_new_environment_is_waited_for_and_one_that_stays_unknown_says_so() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    let hide = |answers| {
        let hide = |world: &mut sandbox::World| {
            let environment = world.environment_mut(default_world::ENVIRONMENT).unwrap();
            environment.hide_from_connectivity(answers);
        };
        court.sandbox().with(hide);
    };
    hide(3);
    let connection = court.create(CONNECTION, &court.connection(&credential)).expect_quiet();
    court.destroy(&connection).expect_quiet();
    hide(1000);
    let config = with(court.connection(&credential), json!({ "timeouts": { "create": "3s" } }));
    let created = court.create(CONNECTION, &config);
    let told = created.to_string();
    assert!(told.contains("does not know the environment") && told.contains("environment_id"), "{told}");
    created.expect_refused();
    assert_eq!(court.connections(), Vec::<String>::new());
}

#[test]
fn the_codes_of_the_service_say_what_to_do() {
    let cases: [(Switch, &str); 3] = [
        (|switches| switches.refuses_plan = true, "premium connector"),
        (|switches| switches.environment_filter = true, "report it to the maintainers"),
        (|switches| switches.hidden_values = HiddenValues::Demanded, "that Microsoft's pages do not ask for"),
    ];
    for (change, hint) in cases {
        let court = Court::new();
        let (_, credential) = court.made_credential();
        court.sandbox().switches(|switches| change(&mut switches.connectivity));
        let created = court.create(CONNECTION, &court.connection(&credential));
        let told = created.to_string();
        assert!(told.contains(hint) && !told.contains("Share the"), "{told}");
        created.expect_refused();
    }

    let court = Court::new();
    let (.., connection) = court.made_chain();
    court.sandbox().switches(|switches| switches.connectivity.foreign_connection = ForeignConnection::Forbidden);
    court.sandbox().with(|world| {
        let environment = world.environment_mut(default_world::ENVIRONMENT).unwrap();
        environment
            .connections
            .values_mut()
            .for_each(|one| one.created_by.object_id = default_world::MAKER_OBJECT.to_owned());
    });
    let refreshed = court.refresh(&connection);
    assert!(refreshed.to_string().contains("somebody else's"), "{refreshed}");
    refreshed.expect_refused();
    court.sandbox().advance(Duration::from_secs(1));
}
