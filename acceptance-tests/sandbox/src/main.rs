//! Runs the sandbox for people: prints what a shell needs, and tells every exchange while it runs.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sandbox::control::VERBS;
use sandbox::{Cloud, Sandbox, default_world as contoso};

/// A small, strict emulation of Microsoft's endpoints for certificate-based sign-in, behind an HTTPS proxy.
#[derive(Parser)]
struct Arguments {
    /// Also write the variables to this file, for `source`.
    #[arg(long)]
    env_file: Option<PathBuf>,
    /// Read rows, connections and certificates from this file, if it is there, and write them to it at the end.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The port of the proxy; any free one when left out.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The cloud that everything is in: public, gcc, gcchigh, dod or china.
    #[arg(long, env = "SANDBOX_CLOUD", default_value_t)]
    cloud: Cloud,
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ending = {
        let _inside = runtime.enter();
        ending()?
    };
    let sandbox = Sandbox::start_on(arguments.port, true)?;
    sandbox.with(|world| world.set_cloud(arguments.cloud));
    if let Some(path) = &arguments.state {
        sandbox.read_state(path)?;
    }
    let exports = exports(&sandbox);
    println!(
        "The sandbox answers for Microsoft's hosts at the proxy {}; nothing leaves this machine.\n\
         Its own address is {}; what it knows:\n\n{}\n\
         Application   Terraform ({}), administrator\n\
         Environments  Contoso ({}) at https://{}\n\
         \x20             Contoso Test ({}) at https://{}\n\
         \x20             Bare ({}), without Dataverse\n\
         Machine group Finance ({}), Warehouse ({}), Board ({}: not shared)\n\
         Vault         kv-robots: robot, robot-01 … robot-10; that cannot be used: robot-pem, robot-not-exportable,\n\
         \x20             robot-disabled, robot-expired, robot-not-yet-valid, robot-server-only\n\
         Solution      {} with the prefix cto\n\n\
         What a job of GitHub Actions, one of Azure DevOps for the service connection {}, and a program in App Service have as well:\n\n\
         {}\n\
         The address of IMDS, for those who take one: {}\n\n\
         In another shell:\n\n{exports}\n\
         For Terraform, after `cargo build -p provider`, in ~/.terraformrc or the file that TF_CLI_CONFIG_FILE names:\n\n{}\n\
         Ctrl-C ends it. What is asked:\n",
        sandbox.proxy_url(),
        sandbox.control_url(),
        verbs(),
        contoso::CLIENT,
        contoso::ENVIRONMENT,
        contoso::org(arguments.cloud),
        contoso::TEST_ENVIRONMENT,
        contoso::test_org(arguments.cloud),
        contoso::BARE_ENVIRONMENT,
        contoso::FINANCE,
        contoso::WAREHOUSE,
        contoso::BOARD,
        contoso::SOLUTION,
        contoso::SERVICE_CONNECTION,
        indented([sandbox.workflow_env(), sandbox.pipeline_env(), sandbox.app_service_env()].concat()),
        sandbox.imds_url(),
        dev_overrides()?,
    );
    if let Some(path) = &arguments.env_file {
        std::fs::write(path, &exports)?;
    }
    runtime.block_on(ending);
    arguments.state.as_deref().map_or(Ok(()), |path| sandbox.write_state(path))
}

/// Somebody at the keyboard, or a program, wants it to end. From the call on, not from the first poll: whoever has read what is printed
/// may end it at once.
#[cfg(unix)]
fn ending() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn ending() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn verbs() -> String {
    let widest = VERBS.iter().map(|(verb, _)| verb.len()).max().unwrap_or_default();
    VERBS.iter().map(|(verb, what)| format!("  {verb:widest$}  {what}\n")).collect()
}

fn indented(variables: Vec<(String, String)>) -> String {
    variables.into_iter().map(|(name, value)| format!("  {name}='{value}'\n")).collect()
}

/// Where Terraform finds the provider: cargo puts its programs beside each other.
fn dev_overrides() -> std::io::Result<String> {
    let program = std::env::current_exe()?;
    let folder = program.parent().unwrap_or(&program).display().to_string().replace('\\', "/");
    Ok(format!(
        "provider_installation {{\n  dev_overrides {{ \"cba/powerautomate\" = \"{folder}\" }}\n  direct {{}}\n}}\n"
    ))
}

/// What a shell needs to use the sandbox, and to name what is in it.
fn exports(sandbox: &Sandbox) -> String {
    let vault =
        sandbox.with(|world| world.vaults.get("kv-robots").map(sandbox::Vault::resource_id)).unwrap_or_default();
    let own = [
        ("SANDBOX_CONTROL_URL", sandbox.control_url()),
        // What Azure's SDKs read by default.
        ("AZURE_TENANT_ID", contoso::TENANT.to_owned()),
        ("AZURE_CLIENT_ID", contoso::CLIENT.to_owned()),
        ("AZURE_CLIENT_SECRET", contoso::SECRET.to_owned()),
        ("TF_VAR_environment_id", contoso::ENVIRONMENT.to_owned()),
        ("TF_VAR_dataverse_url", format!("https://{}", contoso::org(sandbox.with(|world| world.cloud())))),
        ("TF_VAR_key_vault_id", vault),
        ("TF_VAR_machine_group_id", contoso::FINANCE.to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    sandbox
        .env()
        .into_iter()
        .chain(own)
        .chain(sandbox.cloud_env())
        .map(|(name, value)| format!("export {name}='{value}'\n"))
        .collect()
}
