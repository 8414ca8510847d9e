//! Runs the sandbox for people: prints what a shell needs, and tells every exchange while it runs.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sandbox::{Sandbox, default_world as contoso};

/// A small, strict emulation of Microsoft's endpoints for certificate-based sign-in, behind an HTTPS proxy.
#[derive(Parser)]
struct Arguments {
    /// Also write the variables to this file, for `source`.
    #[arg(long)]
    env_file: Option<PathBuf>,
    /// The port of the proxy; any free one when left out.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The sandbox cannot run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> std::io::Result<()> {
    let sandbox = Sandbox::start_on(arguments.port, true)?;
    let exports = exports(&sandbox);
    println!(
        "The sandbox answers for Microsoft's hosts at the proxy {}; nothing leaves this machine.\n\
         Its own address is {}.\n\n\
         Application   Terraform ({}), administrator\n\
         Environments  Contoso ({}) at https://{}\n\
         \x20             Contoso Test ({}) at https://{}\n\
         \x20             Bare ({}), without Dataverse\n\
         Machine group Finance ({}), Warehouse ({}), Board ({}: not shared)\n\
         Vault         kv-robots: robot, robot-01 … robot-10, and robot-pem, robot-expired, … that cannot be used\n\
         Solution      {} with the prefix cto\n\n\
         In another shell:\n\n{exports}\n\
         Ctrl-C ends it. What is asked:\n",
        sandbox.proxy_url(),
        sandbox.control_url(),
        contoso::CLIENT,
        contoso::ENVIRONMENT,
        contoso::ORG,
        contoso::TEST_ENVIRONMENT,
        contoso::TEST_ORG,
        contoso::BARE_ENVIRONMENT,
        contoso::FINANCE,
        contoso::WAREHOUSE,
        contoso::BOARD,
        contoso::SOLUTION,
    );
    if let Some(path) = &arguments.env_file {
        std::fs::write(path, &exports)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())
}

/// What a shell needs to use the sandbox, and to name what is in it.
fn exports(sandbox: &Sandbox) -> String {
    let vault =
        sandbox.with(|world| world.vaults.get("kv-robots").map(sandbox::Vault::resource_id)).unwrap_or_default();
    let own = [
        ("SANDBOX_CONTROL_URL", sandbox.control_url()),
        ("TF_VAR_environment_id", contoso::ENVIRONMENT.to_owned()),
        ("TF_VAR_dataverse_url", format!("https://{}", contoso::ORG)),
        ("TF_VAR_key_vault_id", vault),
        ("TF_VAR_machine_group_id", contoso::FINANCE.to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    sandbox.env().into_iter().chain(own).map(|(name, value)| format!("export {name}='{value}'\n")).collect()
}
