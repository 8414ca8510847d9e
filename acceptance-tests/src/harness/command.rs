//! `cargo run -p acceptance-tests -- harness …`: runs a search, prints its table, and fails on any fault.
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::{Asked, Tally, hostile, kill, page, walk, weather};
use crate::revision;

/// Looks for what is lost, doubled, leaked or endless: prints a table, and fails on any fault.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What is tried.
    search: Search,
    #[command(flatten)]
    asked: Asked,
}

/// A search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Search {
    /// The provider or Terraform is killed at a request: before it, after it was done, after its answer.
    Kill,
    /// Requests are struck by every kind of weather.
    Weather,
    /// Random edits, drift and weather, under Terraform.
    Walk,
    /// Services answer what would harm.
    Hostile,
}

impl Search {
    /// Its name, as it is typed.
    fn name(self) -> &'static str {
        match self {
            Search::Kill => "kill",
            Search::Weather => "weather",
            Search::Walk => "walk",
            Search::Hostile => "hostile",
        }
    }

    fn run(self, asked: &Asked) -> io::Result<Tally> {
        match self {
            Search::Kill => kill::run(asked),
            Search::Weather => weather::run(asked),
            Search::Walk => walk::run(asked),
            Search::Hostile => hostile::run(asked),
        }
    }
}

/// Runs it.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let (search, asked, begun) = (arguments.search, &arguments.asked, Instant::now());
    let revision = revision::clean(&[page::PATH]);
    let tally = match search.run(asked) {
        Ok(tally) => tally,
        Err(error) => {
            println!("{} cannot be run: {error}", search.name());
            return ExitCode::FAILURE;
        }
    };
    let took = begun.elapsed();
    println!("{tally}\n{}, seed {}, {:.0} s", tally.summary(), asked.seed, took.as_secs_f64());
    if asked.full {
        let written = revision.and_then(|revision| page::write(search.name(), asked, &tally, took, &revision));
        match written {
            Ok(()) => println!("written to {}", page::PATH),
            Err(error) => println!("not written to {}: {error}", page::PATH),
        }
    }
    if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
