//! `cargo demo`: the story of a certificate-based sign-in, told with a real Terraform against the sandbox.
//!
//! Every sentence that says that something holds stands behind a check: when it does not hold, the demo fails.

mod story;
mod terminal;

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clap::Args;
use terminal::Terminal;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

/// Declares, changes, repairs and destroys a certificate-based sign-in with a real Terraform.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Leave the sandbox and the work folder to play in, until Enter or Ctrl-C.
    #[arg(long)]
    keep: bool,
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Tells the story.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let terminal = Terminal::new();
    end_gently();
    match story::tell(terminal, arguments.keep) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if INTERRUPTED.load(Ordering::SeqCst) => {
            terminal.fails("interrupted; everything that the demo made is gone");
            ExitCode::from(130)
        }
        Err(what) => {
            terminal.fails(&what.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C ends Terraform, which the story then sees to have failed: so that what it made is cleaned up. So does whoever asks the
/// process to end.
fn end_gently() {
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        if runtime.block_on(asked_to_end()).is_ok() {
            INTERRUPTED.store(true, Ordering::SeqCst);
        }
    });
}

#[cfg(unix)]
async fn asked_to_end() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Whether the user pressed Ctrl-C.
fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
