//! Random edits, drift and weather under Terraform.

use std::io;

use super::{Asked, Case, Tally, Verdict, cases};

/// Runs the wanted cases.
///
/// # Errors
/// No provider or no sandbox to try it with.
pub fn run(asked: &Asked) -> io::Result<Tally> {
    let all: Vec<Case<()>> = Vec::new();
    Ok(cases::run("walk", asked, all, Tally::of("steps"), |_| Verdict::clean()))
}
