//! Signals, the parent process, and panics.

use std::backtrace::Backtrace;
use std::io::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;

/// How often the parent is looked for.
const TICK: Duration = Duration::from_secs(2);

/// The process that this one serves, and must not outlive.
static PARENT: OnceLock<u32> = OnceLock::new();

/// From now on the process serves the one that started it.
pub(super) fn serve_parent() {
    #[cfg(unix)]
    let _ = PARENT.set(std::os::unix::process::parent_id());
}

/// Whether the Terraform that started this plugin is gone. Then nobody hears any more what comes of an operation: whoever is about to
/// write something asks this first, since the news of an end may not have been read yet.
#[must_use]
pub fn is_orphaned() -> bool {
    #[cfg(unix)]
    return PARENT.get().is_some_and(|parent| std::os::unix::process::parent_id() != *parent);
    #[cfg(not(unix))]
    false
}

/// Ends when the process has to: on a termination signal, when the parent is gone, and in a debugger's session on Ctrl-C.
///
/// Otherwise an interrupt is Terraform's affair alone: it reaches the whole process group, and Terraform then asks us to stop.
pub(super) async fn watch(debug: bool, ended: watch::Sender<bool>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::warn!("Signals cannot be watched");
            return std::future::pending().await;
        };
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                _ = interrupt.recv() => {
                    if debug {
                        break;
                    }
                    tracing::debug!("Ignored an interrupt: Terraform asks to stop when it wants so");
                }
                _ = terminate.recv() => break,
                _ = tick.tick() => {
                    if is_orphaned() {
                        tracing::debug!("The parent process is gone");
                        break;
                    }
                }
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = TICK;
        while tokio::signal::ctrl_c().await.is_ok() && !debug {}
    }
    ended.send_replace(true);
}

/// Makes a panic a line that Terraform knows as one: `panic: …`, the place, and the stack.
pub(super) fn hook_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a panic without a message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let stack = Backtrace::force_capture();
        let _ = writeln!(std::io::stderr().lock(), "panic: {message}\n\nat {place}\n{stack}");
    }));
}
