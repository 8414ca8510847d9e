//! An author's operation, and all that the user is told of it.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::context::Context;
use crate::diagnostic::Diagnostic;

/// Does what an author wrote: what came of it, if anything did, and what was told. An error or a panic is told first; neither
/// takes away what was told or [kept](Context::keep) before it. Nothing is done with values that have not the form they must have.
pub(super) async fn ask<C, T>(
    rpc: &str,
    cx: &Context<C>,
    work: impl Future<Output = Result<T, Diagnostic>>,
) -> (Option<T>, Vec<Diagnostic>) {
    if !cx.malformed.is_empty() {
        return (None, cx.malformed.clone());
    }
    let (came, error) = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(came)) => (Some(came), None),
        Ok(Err(error)) => (None, Some(error)),
        Err(_) => (None, Some(panicked(rpc))),
    };
    (came, cx.once(error.into_iter().chain(cx.told()).collect()))
}

/// What is told of a panic.
pub(super) fn panicked(rpc: &str) -> Diagnostic {
    let detail = format!("The provider panicked in {rpc}. The log holds the place and the stack.");
    Diagnostic::error("The provider has a bug", detail)
        .hint("Please report it, with the log of a run under TF_LOG=TRACE.")
}
