//! The programs of this crate: the story that `cargo demo` tells, the harness that looks for what is lost, leaked or endless, the times
//! in which it is told that nothing can be reached, and what many robots cost.

mod demo;

use std::process::ExitCode;

use acceptance_tests::harness::command;
use acceptance_tests::{networks, scale};
use clap::{Parser, Subcommand};

/// A real Terraform and the provider in a sandbox. Nothing leaves this machine.
#[derive(Parser)]
#[command(name = "acceptance-tests", version)]
struct Arguments {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand)]
enum Program {
    Demo(demo::Arguments),
    Harness(command::Arguments),
    Networks(networks::Arguments),
    Scale(scale::Arguments),
}

fn main() -> ExitCode {
    // `cargo demo -- --keep` and `cargo demo --keep` are the same: cargo's alias ends with a `--` of its own.
    let words = std::env::args_os().filter(|word| word != "--");
    match Arguments::parse_from(words).program {
        Program::Demo(arguments) => demo::run(&arguments),
        Program::Harness(arguments) => command::run(&arguments),
        Program::Networks(arguments) => networks::run(&arguments),
        Program::Scale(arguments) => scale::run(&arguments),
    }
}
