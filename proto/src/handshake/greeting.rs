//! What is said before anybody is served: to Terraform one line, to a person what this is.

use std::env;
use std::io::Write as _;
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Plugin;
use super::socket::Socket;
use super::tls::Identity;

/// The name and the value by which a plugin knows that Terraform started it. They are no secret.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The one version of the protocol that is spoken here. Should the client speak others alone, it sees this and says so.
const PROTOCOL: u32 = 5;

/// How the process was started.
pub(super) enum Start {
    /// By Terraform.
    Plugin,
    /// By a person who wants to attach a debugger.
    Debug,
    /// By a person, who has been told all there is to say.
    Said(ExitCode),
}

pub(super) fn start(plugin: &Plugin) -> Start {
    let Plugin { name, address, about, version, .. } = plugin;
    let argument = env::args().nth(1);
    match argument.as_deref() {
        Some("-debug" | "--debug") => return Start::Debug,
        Some("-version" | "--version" | "-V") => {
            say(std::io::stdout(), &format!("{name} {version}"));
            return Start::Said(ExitCode::SUCCESS);
        }
        _ => {}
    }
    if env::var(COOKIE.0).is_ok_and(|value| value == COOKIE.1) {
        return Start::Plugin;
    }
    let short = plugin.short_name();
    let source = address.split_once('/').map_or(*address, |(_, source)| source);
    let text = format!(
        "{name} {version}: {about}\n\n\
         This binary is a plugin: Terraform or OpenTofu starts it, not a person. Name it in a configuration:\n\n\
         \x20 terraform {{\n    required_providers {{\n      {short} = {{ source = \"{source}\" }}\n    }}\n  }}\n\n\
         and, to use this very file instead of one from a registry, in ~/.terraformrc:\n\n\
         \x20 provider_installation {{\n    dev_overrides {{ \"{source}\" = \"<the folder of this file>\" }}\n    direct {{}}\n  }}\n\n\
         Arguments: -version prints the version, -debug serves a debugger's Terraform and prints how to attach it."
    );
    let asked = matches!(argument.as_deref(), Some("-help" | "--help" | "-h"));
    say(std::io::stderr(), &text);
    Start::Said(if asked { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say(mut to: impl std::io::Write, text: &str) {
    // Nobody may be listening; then there is nobody to tell.
    let _ = writeln!(to, "{text}");
}

/// The handshake: the only line that ever goes to stdout, but for the reason why there is none.
pub(super) fn print_line(socket: &Socket, identity: Option<&Identity>) -> Result<(), String> {
    let certificate = identity.map(|identity| STANDARD_NO_PAD.encode(identity.certificate())).unwrap_or_default();
    let line = format!("1|{PROTOCOL}|{}|{}|grpc|{certificate}\n", socket.network(), socket.address());
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(line.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("stdout is closed: {error}"))
}

/// Why there is no handshake, in the place of it: Terraform shows the line that it did not expect, and nothing of stderr. A bar would
/// make it look like the handshake of another version.
pub(super) fn print_failure(plugin: &Plugin, message: &str) {
    let line = message.replace(['\n', '\r'], " ").replace('|', "/");
    say(std::io::stdout(), &format!("{}: {line}", plugin.name));
}

/// How to attach to a debugged plugin, for every common shell.
pub(super) fn print_reattach(plugin: &Plugin, socket: &Socket) -> Result<(), String> {
    let reattach = serde_json::json!({
        plugin.address: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": socket.network(), "String": socket.address() },
        }
    });
    let quoted = reattach.to_string().replace('\'', "'\\''");
    let text = format!(
        "{} {} is being debugged. Let Terraform attach to it by setting this variable:\n\n\
         \x20 bash, zsh:   export TF_REATTACH_PROVIDERS='{quoted}'\n\
         \x20 PowerShell:  $env:TF_REATTACH_PROVIDERS='{quoted}'\n\
         \x20 cmd:         set \"TF_REATTACH_PROVIDERS={reattach}\"\n\n\
         Ctrl-C ends it.",
        plugin.name, plugin.version
    );
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| format!("stdout is closed: {error}"))
}
