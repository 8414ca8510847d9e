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

/// How many requests are logged under these variables, and how many were made.
fn logged(variables: &[(&str, &str)]) -> (usize, usize) {
    let mut world = World::new();
    world.write("main.tf", CHAIN);
    let log = world.folder().join("log");
    world.set("TF_LOG_PATH", &log.display().to_string());
    variables.iter().for_each(|(name, level)| world.set(name, level));
    world.plan().expect_ok();
    let log = std::fs::read_to_string(log).unwrap_or_default();
    (log.matches("Asked a service").count(), world.conversation().len())
}

#[test]
fn the_log_is_what_the_readme_says() {
    let (logged_all, made) = logged(&[("TF_LOG_PROVIDER", "DEBUG")]);
    assert_eq!(logged_all, made, "sign-in and Key Vault are asked too");
    let own = ("TF_LOG_PROVIDER_POWERAUTOMATE", "ERROR");
    assert_eq!(logged(&[("TF_LOG_PROVIDER", "DEBUG"), own]).0, 0, "a level of its own");
    assert_eq!(logged(&[("TF_LOG_PROVIDER_POWERAUTOMATE", "DEBUG")]).0, 0, "Terraform drops it");
}

#[test]
fn the_first_example_of_the_readme_works_as_it_stands() {
    let readme = include_str!("../../../README.md");
    let example = readme.split("```hcl\n").nth(1).and_then(|rest| rest.split("```").next());
    let world = World::bare();
    world.write("main.tf", example.expect("the README begins with an example"));
    world.apply().expect_quiet();
    world.destroy().expect_quiet();
}

#[test]
fn modules_need_no_init_under_an_override() {
    let world = World::new();
    std::fs::create_dir(world.folder().join("robot")).expect("the folder is ours");
    world.write("robot/main.tf", &CHAIN.replace("var.", "local."));
    let place = world.place();
    let locals = format!(
        "terraform {{\n  required_providers {{\n    powerautomate = {{ source = \"cba/powerautomate\" }}\n  }}\n}}\nlocals {{\n  \
         key_vault_id     = \"{}\"\n  machine_group_id = \"{}\"\n}}\n",
        place.key_vault_id, place.machine_group_id
    );
    world.write("robot/locals.tf", &locals);
    world.write("main.tf", "module \"robot\" {\n  source = \"./robot\"\n}\n");
    world.run(&["get"]).expect_ok();
    world.plan().expect_ok();
}

#[test]
fn the_mirror_of_the_home_folder_is_filled_as_the_readme_says() {
    let readme = include_str!("../../../README.md");
    let script = readme.split("```shell\n").find(|block| block.starts_with("mirror=~/")).expect("the README has it");
    let script = script.split("```").next().expect("it ends");
    let mut world = World::new();
    let home = world.folder().join("home");
    let built = acceptance_tests::provider_binary::folder().expect("it is built");
    let built = built.join(acceptance_tests::provider_binary::file_name()).display().to_string();
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let platform = match (system, machine) {
        ("macos", "aarch64") => "darwin_arm64",
        ("macos", _) => "darwin_amd64",
        (_, "aarch64") => "linux_arm64",
        _ => "linux_amd64",
    };
    let script = script
        .replace("target/release/terraform-provider-powerautomate ", &format!("'{built}' "))
        .replace("linux_amd64", platform)
        .replace("registry.terraform.io", world.terraform().registry());
    let filled = Command::new("sh").args(["-ec", &script]).env("HOME", &home).status();
    assert!(filled.is_ok_and(|status| status.success()), "{script}");
    world.unset("TF_CLI_CONFIG_FILE");
    world.set("HOME", &home.display().to_string());
    world.set("CHECKPOINT_DISABLE", "1");
    world.write("main.tf", CHAIN);
    world.run(&["init", "-input=false", "-no-color"]).expect_ok();
    world.plan().expect_quiet();
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

#[test]
fn the_shell_that_plays_in_a_sandbox_knows_its_own_address() {
    let world = World::new();
    let script = world.write_environment().expect("the folder is ours");
    let told = Command::new("sh").args(["-c", ". \"$0\"; printf %s \"$SANDBOX_CONTROL_URL\""]).arg(script).output();
    assert_eq!(String::from_utf8_lossy(&told.expect("a shell runs").stdout), world.control_address());
}
