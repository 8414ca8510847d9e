//! The provider as a process of a real Terraform's: on a port instead of a socket, interrupted, and without TLS.

use std::process::{Command, Stdio};
use std::time::Duration;

use acceptance_tests::world::{CHAIN, World};

#[test]
fn a_port_on_the_loopback_does_as_well_as_a_socket() {
    let mut world = World::new();
    world.write("main.tf", CHAIN);
    world.set("TF_PLUGIN_NETWORK", "tcp");
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    world.destroy().expect_quiet();
}

#[test]
fn plain_text_serves_where_terraform_wants_no_tls() {
    let mut world = World::new();
    world.write("main.tf", CHAIN);
    world.set("TF_DISABLE_PLUGIN_TLS", "1");
    world.apply().expect_quiet();
    world.destroy().expect_quiet();
}

#[test]
fn terraform_shows_why_there_is_no_handshake() {
    let mut world = World::new();
    world.write("main.tf", CHAIN);
    world.set("PLUGIN_UNIX_SOCKET_GROUP", "no-such-group");
    let told = world.plan().to_string();
    assert!(told.contains("terraform-provider-powerautomate: no socket can be made: no group no-such-group"), "{told}");
}

#[test]
fn an_interrupted_apply_remembers_what_exists() {
    let world = World::new();
    world.write("main.tf", CHAIN);
    // An hour: the connection is on its way until somebody loses patience.
    world.switch(|switches| switches.connectivity.settles_after_ms = 3_600_000);
    let variables = world.variables().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let arguments = ["apply", "-input=false", "-auto-approve", "-no-color"];
    let mut command = world.terraform().command(&world.folder(), arguments, variables);
    let terraform = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("Terraform starts");
    let is_put = world.sandbox().wait_for(Duration::from_secs(120), |exchange| exchange.method == "PUT");
    assert!(is_put, "no connection was written: {:?}", world.conversation());
    let interrupted = Command::new("kill").args(["-INT", &terraform.id().to_string()]).status();
    assert!(interrupted.is_ok_and(|status| status.success()));
    let output = terraform.wait_with_output().expect("Terraform ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(told.contains("Interrupted"), "{told}{}", String::from_utf8_lossy(&output.stdout));

    let connection = "powerautomate_desktop_flow_connection.robot";
    assert_eq!(
        world.addresses(),
        [
            "powerautomate_cba_credential.robot".to_owned(),
            format!("{connection} (tainted)"),
            "powerautomate_key_vault_certificate_reference.robot".to_owned(),
        ]
    );
    world.switch(|switches| switches.connectivity.settles_after_ms = 0);
    world.run(&["untaint", connection]).expect_ok();
    world.refresh().expect_ok();
    world.plan().expect_ok().expect_no_changes();
    world.destroy().expect_quiet();
    assert!(world.connections().is_empty());
}
