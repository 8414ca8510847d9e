//! The provider's process: Terraform starts it, several times per apply.

use std::process::ExitCode;

use provider::PowerAutomate;
use tfplugin::handshake::{Plugin, serve};
use tfplugin::server::Server;

fn main() -> ExitCode {
    let plugin = Plugin::new(
        "terraform-provider-powerautomate",
        "registry.terraform.io/cba/powerautomate",
        "Certificate-based sign-in of Power Automate desktop flows, as code.",
        env!("CARGO_PKG_VERSION"),
    )
    .logs(&["provider"]);
    serve(&plugin, || Server::new(PowerAutomate))
}
