//! Who signs in as the machine: a virtual machine, a program in App Service.

use std::net::TcpListener;

use expect_test::expect;
use sandbox::{Effect, Fault};

use super::*;

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

#[test]
fn what_is_no_machine_of_azure_s_is_asked_as_often_as_the_block_says() {
    for status in [404, 410, 500] {
        let mut world = world("use_msi = true\n  max_retries = 1");
        let url = world.sandbox().imds_url();
        world.unset("ARM_CLIENT_ID");
        world.set("ARM_MSI_ENDPOINT", &url);
        let answer = Effect::Status(status, "not_found".to_owned(), "There is none".to_owned());
        world.sandbox().fault(Fault::next("/metadata/", answer).times(99));
        world.plan().expect_error("resource", "Cannot sign in", &["There is none"]);
        let asked =
            world.sandbox().journal().iter().filter(|exchange| exchange.target.starts_with("/metadata/")).count();
        assert!((2..=4).contains(&asked), "{asked}");
    }
}
