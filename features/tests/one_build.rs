//! After `cargo test --workspace`, no command builds a crate of the registry a second time, because it builds it with the same features.
//!
//! Other systems have other dependencies: there it may be twice.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::process::Command;

/// The crates of a selection of packages, each with the features that it is built with.
fn crates(selection: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.args(["tree", "--locked", "--prefix", "none", "--no-dedupe", "--format", "{p} {f}"]).args(selection);
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("cargo's tree is text");
    lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[track_caller]
fn check(selection: &[&str], all: &BTreeSet<String>) {
    let missing: Vec<_> = crates(selection).difference(all).cloned().collect();
    assert!(
        missing.is_empty(),
        "{selection:?} builds these with fewer features than the workspace does; features/Cargo.toml lacks the rest: {missing:#?}"
    );
}

#[test]
fn each_command_builds_with_the_features_of_the_workspace() {
    let all = crates(&["--workspace", "--edges", "normal,build,dev"]);
    for program in ["provider", "sandbox", "acceptance-tests"] {
        check(&["--package", program, "--edges", "normal,build"], &all);
    }
}
