//! The whole chain in each of Microsoft's clouds: who signs in where, and that no token goes to the hosts of another one.

use acceptance_tests::court::{Court, REFERENCE};
use acceptance_tests::world::{CHAIN, World};
use sandbox::{Cloud, CloudSwitches, Effect, Fault, GccHighApi, default_world};
use serde_json::json;

/// A world in a cloud, with these lines in the provider block, and a chain in its configuration.
fn world(cloud: Cloud, lines: &str) -> World {
    let world = World::new();
    world.sandbox().with(|world| world.set_cloud(cloud));
    world.write_provider(&format!("environment_id = var.environment_id\n  {lines}"));
    world.write("main.tf", CHAIN);
    world
}

/// Applies the chain and takes it back, and says which hosts were asked.
#[track_caller]
fn hosts(world: &World) -> Vec<String> {
    let applied = world.apply();
    assert!(applied.is_ok(), "{applied}");
    let destroyed = world.destroy();
    assert!(destroyed.is_ok(), "{destroyed}");
    let mut hosts: Vec<String> = world.sandbox().journal().into_iter().map(|exchange| exchange.host).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

#[test]
fn the_chain_is_made_and_taken_back_in_each_cloud() {
    for cloud in Cloud::ALL {
        let world = world(cloud, &format!("cloud = \"{}\"", cloud.name()));
        let addresses = cloud.addresses(&CloudSwitches::default());
        let hosts = hosts(&world);
        let mut expected = vec![
            addresses.authority.to_owned(),
            addresses.environments.to_owned(),
            addresses.organization_host("contoso"),
            addresses.vault_host("kv-robots"),
            addresses.environment_host(default_world::ENVIRONMENT),
        ];
        expected.sort();
        assert_eq!(hosts, expected, "{cloud}");
    }
}

#[test]
fn variables_say_which_cloud_where_they_can() {
    let mut in_china = world(Cloud::China, "");
    in_china.set("ARM_ENVIRONMENT", "china");
    assert!(hosts(&in_china).iter().all(|host| host.ends_with(".cn")));

    let mut world = world(Cloud::GccHigh, "");
    world.set("ARM_ENVIRONMENT", "usgovernment");
    let parts = ["gcc, gcchigh, dod", "Set cloud in the provider block"];
    world.plan().expect_error("provider", "ARM_ENVIRONMENT names another cloud", &parts);
    assert_eq!(world.sandbox().tunnels(), 0);
}

#[test]
fn where_sources_disagree_the_block_names_the_hosts() {
    let world = world(
        Cloud::GccHigh,
        "cloud = \"gcchigh\"\n  endpoints {\n    power_platform_host = \"api.appsplatform.us\"\n    environment_letters = 2\n  }",
    );
    world.sandbox().switches(|switches| {
        switches.clouds.gcc_high_api = GccHighApi::AppsPlatform;
        switches.clouds.two_letters_everywhere = true;
    });
    let hosts = hosts(&world);
    assert!(hosts.iter().any(|host| host.ends_with(".a1.environment.api.appsplatform.us")), "{hosts:?}");
}

#[test]
fn a_cloud_of_the_us_government_is_warned_of_once_and_says_where_that_is_written() {
    for (cloud, warns) in [("public", false), ("china", false), ("gcc", true), ("gcchigh", true), ("dod", true)] {
        let mut court = Court::unconfigured(&[]);
        let block = json!({ "environment_id": court.place().environment_id, "cloud": cloud });
        let configured = court.configure(&block);
        match warns {
            true => {
                let summary = "Credentials are said not to be offered in this cloud";
                let page = "https://learn.microsoft.com/power-automate/desktop-flows/create-azurekeyvault-credential";
                configured.expect_warning("cloud", summary, &[page]).expect_ok();
            }
            false => configured.expect_quiet(),
        }
        assert_eq!(court.sandbox().tunnels(), 0);
    }
}

#[test]
fn no_token_is_asked_for_an_address_of_another_cloud_whoever_names_it() {
    // The configuration does.
    let mut court = Court::unconfigured(&[]);
    let elsewhere = "https://contoso.crm.dynamics.cn";
    let block = json!({ "environment_id": court.place().environment_id, "dataverse_url": elsewhere });
    court.configure(&block).expect_quiet();
    let planned = court.plan(REFERENCE, None, &court.reference());
    planned.expect_error("dataverse_url", "The provider's dataverse_url cannot be used", &["ends with .dynamics.com"]);

    // A service does.
    let court = Court::new();
    let named = vec![("/properties/linkedEnvironmentMetadata/instanceUrl".to_owned(), json!(elsewhere))];
    court.weather(Fault::next("api.bap.", Effect::Altered(named)).times(9));
    let created = court.create(REFERENCE, &court.reference());
    assert!(
        created.to_string().contains("https://contoso.crm.dynamics.cn is no address of Dataverse in the cloud public"),
        "{created}"
    );
    created.expect_refused();
    for line in court.conversation() {
        assert!(!line.contains("dynamics"), "{line}");
    }
}

#[test]
fn an_address_that_holds_more_than_a_host_is_refused_where_it_is_named_and_without_its_password() {
    let host = "contoso.crm4.dynamics.com";
    let alone = format!("https://{host} alone, without a ");
    for (address, what) in [
        (format!("https://me:hunter2hunter2@{host}"), "user name or a password"),
        (format!("https://{host}:8443"), "port"),
        (format!("https://{host}/main.aspx?appid=7"), "path and a query"),
    ] {
        let mut court = Court::unconfigured(&[]);
        let here = json!({ "environment_id": court.place().environment_id, "dataverse_url": address });
        court.configure(&here).expect_quiet();
        let planned = court.plan(REFERENCE, None, &court.reference());
        assert!(!planned.to_string().contains("hunter2"), "{planned}");
        let parts = [&*format!("{alone}{what}")];
        planned.expect_error("dataverse_url", "The provider's dataverse_url cannot be used", &parts);

        let court = Court::new();
        let named = vec![("/properties/linkedEnvironmentMetadata/instanceUrl".to_owned(), json!(address))];
        court.weather(Fault::next("api.bap.", Effect::Altered(named)).times(9));
        let created = court.create(REFERENCE, &court.reference());
        assert!(!created.to_string().contains("hunter2"), "{created}");
        created.expect_error("environment_id", "The environment's Dataverse cannot be used", &parts);
    }
    let mut court = Court::unconfigured(&[]);
    let here =
        json!({ "environment_id": court.place().environment_id, "dataverse_url": "http://me:hunter2@a.example" });
    let refused = court.configure(&here);
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    refused.expect_refused();
}

#[test]
fn a_suffix_that_is_not_the_environment_s_is_named_as_the_cause_when_it_is_planned() {
    let mut court = Court::unconfigured(&[]);
    let suffix = json!({ "dataverse_suffix": "crm.dynamics.cn" });
    let here = json!({ "environment_id": court.place().environment_id, "endpoints": suffix });
    court.configure(&here).expect_quiet();
    let planned = court.plan(REFERENCE, None, &court.reference());
    let parts =
        ["ends with .crm.dynamics.cn, as dataverse_suffix of the provider's endpoints says", "the apply will fail"];
    planned.expect_warning("environment_id", "The environment cannot be looked up", &parts).expect_ok();
}
