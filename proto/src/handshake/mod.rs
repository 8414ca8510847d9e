//! The process as Terraform starts it: a cookie in, one line on stdout, and a socket behind mutual TLS.
//!
//! One apply starts the provider four times, so the order is that of haste: cookie, key, socket, line; only then everything else. The
//! socket's backlog holds the client meanwhile.

mod greeting;
mod incoming;
mod process;
mod schema;
mod services;
mod socket;
mod tls;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::watch;
use tonic::transport::server::Router;

use crate::log;
use crate::wire::plugin::{
    grpc_broker_server::GrpcBrokerServer, grpc_controller_server::GrpcControllerServer,
    grpc_stdio_server::GrpcStdioServer,
};
use crate::wire::tfplugin5::provider_server::{Provider, ProviderServer};

pub use process::is_orphaned;

use greeting::Start;
use socket::Socket;

/// As large a message as the Go providers take.
const MAX_MESSAGE: usize = 256 << 20;
/// How long a connection may outlive the request to shut down.
const GUARD: Duration = Duration::from_millis(50);

/// What a plugin is, for Terraform and for a person who runs it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Plugin {
    /// The binary's name: `terraform-provider-…`.
    pub name: &'static str,
    /// The address in a registry: `registry.terraform.io/…/…`.
    pub address: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The crates whose log lines go to Terraform. Those of libraries may hold what must not be logged, and stay away.
    pub logs: &'static [&'static str],
}

impl Plugin {
    /// A plugin that logs nothing but what is done here.
    pub const fn new(name: &'static str, address: &'static str, about: &'static str, version: &'static str) -> Plugin {
        Plugin { name, address, about, version, logs: &[] }
    }

    /// The same, and the log lines of these crates go to Terraform.
    #[must_use]
    pub const fn logs(mut self, crates: &'static [&'static str]) -> Plugin {
        self.logs = crates;
        self
    }

    /// The provider's short name: what follows `terraform-provider-`.
    pub fn short_name(&self) -> &'static str {
        self.name.strip_prefix("terraform-provider-").unwrap_or(self.name)
    }
}

/// Runs the plugin until Terraform ends it. `service` is made after the handshake.
///
/// With the argument `-debug` it runs for a debugger instead: in plain text, for any number of clients, until Ctrl-C.
pub fn serve<S: Provider>(plugin: &Plugin, service: impl FnOnce() -> S) -> ExitCode {
    let debug = match greeting::start(plugin) {
        Start::Plugin => {
            process::serve_parent();
            false
        }
        Start::Debug => true,
        Start::Said(code) => return code,
    };
    let served = prepare(plugin, debug)
        .inspect_err(|message| {
            if !debug {
                greeting::print_failure(plugin, message);
            }
        })
        .and_then(|ready| run(plugin, debug, ready, service));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{}: {message}", plugin.name);
            ExitCode::FAILURE
        }
    }
}

/// Everything up to the line that Terraform waits for.
fn prepare(plugin: &Plugin, debug: bool) -> Result<(Socket, Option<tls::Identity>), String> {
    let client = if debug { None } else { tls::client_certificate()? };
    let identity = client.map(tls::Identity::new).transpose()?;
    let socket = Socket::bind()?;
    if debug {
        greeting::print_reattach(plugin, &socket)?;
    } else {
        greeting::print_line(&socket, identity.as_ref())?;
    }
    Ok((socket, identity))
}

fn run<S: Provider>(
    plugin: &Plugin,
    debug: bool,
    (socket, identity): (Socket, Option<tls::Identity>),
    service: impl FnOnce() -> S,
) -> Result<(), String> {
    process::hook_panics();
    log::start(plugin.short_name(), plugin.logs);
    let tls = identity.map(tls::Identity::acceptor).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime cannot start: {error}"))?;
    runtime.block_on(async {
        let (ended, end) = watch::channel(false);
        let router = router(service(), ended.clone()).await;
        let incoming = incoming::accept(&socket, tls)?;
        let mut shut_down = end.clone();
        let serving = router.serve_with_incoming_shutdown(incoming, async move {
            let _ = shut_down.wait_for(|ended| *ended).await;
        });
        let watch = process::watch(debug, ended);
        let mut ended = end;
        let guard = async {
            let _ = ended.wait_for(|ended| *ended).await;
            tokio::time::sleep(GUARD).await;
        };
        let sweep = async {
            socket.sweep().await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = sweep => Ok(()),
            served = serving => served.map_err(|error| format!("the socket failed: {error}")),
            () = watch => Ok(()),
            () = guard => Ok(()),
        }
    })?;
    drop(socket);
    // What is still under way must not keep the process: Terraform has gone.
    runtime.shutdown_background();
    Ok(())
}

async fn router<S: Provider>(service: S, ended: watch::Sender<bool>) -> Router {
    let provider =
        ProviderServer::new(service).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE);
    tonic::transport::Server::builder()
        .add_service(schema::Remembering::new(provider))
        .add_service(services::health().await)
        .add_service(GrpcControllerServer::new(services::Controller(ended)))
        .add_service(GrpcStdioServer::new(services::Stdio))
        .add_service(GrpcBrokerServer::new(services::Broker))
}
