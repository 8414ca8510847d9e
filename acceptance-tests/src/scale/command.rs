//! `cargo run --release -p acceptance-tests -- scale`: measures, says each step as it ends, and prints the table.
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread;

use clap::Args;

use super::contender::{Contender, Peer};
use super::figures::{Figures, Run, Step, Work};
use super::fleet::PARALLELISM;
use super::process::own_processor;
use super::tell::Teller;
use super::{Fleet, page, step, table};
use crate::feature::Feature;
use crate::revision;
use crate::terraform::Terraform;

/// How many chains a module of the largest run holds.
const CHAINS_A_MODULE: usize = 100;
/// Into how many modules the largest `for_each` is taken apart, to show what that brings.
pub(super) const PARTS: usize = 10;
/// Into how many states.
pub(super) const STATES: usize = 4;

/// Measures what many robots cost, beside a provider that answers from memory: requests, time and memory. It takes long.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many chains stand in one `for_each`, one run after the other.
    #[arg(long, value_delimiter = ',', default_value = "10,100,1000")]
    chains: Vec<usize>,
    /// How many modules of a hundred chains the largest run has; 0: there is none.
    #[arg(long, default_value_t = 34)]
    modules: usize,
    /// In how many vaults the certificates are; 1 up to a hundred chains and 20 above when left out.
    #[arg(long)]
    vaults: Option<usize>,
    /// How many certificates there are; 10 up to a hundred chains, and above one for each up to 1000, when left out.
    #[arg(long)]
    certificates: Option<usize>,
    /// Another provider to measure: NAME=BINARY=HCL_FOLDER. The name is its source address; the configuration makes as many chains as
    /// its variable `chains` says.
    #[arg(long = "peer", value_parser = Peer::parse)]
    peers: Vec<Peer>,
    /// Measures the provider alone.
    #[arg(long)]
    alone: bool,
    /// Measures too what taking the largest `for_each` apart brings, in modules and in states.
    #[arg(long)]
    apart: bool,
    /// Keeps the figures, and writes docs/guides/scale.md and its plots if the sources are those of a commit. What was kept before of
    /// other runs stays: sizes can be measured one by one.
    #[arg(long)]
    write: bool,
    /// Tells how many requests of each kind every step has.
    #[arg(long)]
    kinds: bool,
    /// Tells what was said of so many chains.
    #[arg(long, default_value_t = 0)]
    tell: usize,
}

impl Arguments {
    /// What is to be made, one after the other.
    fn fleets(&self) -> Vec<Fleet> {
        let of = |chains: usize| {
            let usual = Fleet::of(chains);
            let certificates = self.certificates.unwrap_or(usual.certificates).clamp(1, chains);
            Fleet { vaults: self.vaults.unwrap_or(usual.vaults).clamp(1, certificates), certificates, ..usual }
        };
        let flat = self.chains.iter().filter(|chains| **chains > 0).map(|chains| of(*chains));
        let modules = (self.modules > 0).then(|| of(self.modules * CHAINS_A_MODULE).in_modules(self.modules));
        flat.chain(modules).collect()
    }

    /// Who makes what, one after the other.
    fn runs(&self) -> Vec<(Contender, Fleet)> {
        let fleets = self.fleets();
        let whole = fleets.iter().filter(|fleet| fleet.modules == 0 && self.apart).max_by_key(|fleet| fleet.chains);
        let apart = whole.into_iter().flat_map(|whole| [whole.in_modules(PARTS), Fleet::of(whole.chains / STATES)]);
        let apart = apart.filter(|fleet| fleet.chains > 0).map(|fleet| (Contender::Memory, fleet));
        let all = fleets.iter().flat_map(|fleet| self.contenders().into_iter().map(|contender| (contender, *fleet)));
        all.chain(apart).collect()
    }

    fn contenders(&self) -> Vec<Contender> {
        let memory = (!self.alone).then_some(Contender::Memory);
        let peers = self.peers.iter().cloned().map(Contender::Peer);
        [Contender::Provider].into_iter().chain(memory).chain(peers).collect()
    }
}

/// Runs it.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let kept = format!("{}/*", page::FOLDER);
    let revision = || revision::clean(&[page::PATH, page::PLOTS[0], page::PLOTS[1], &kept]);
    let begun = revision();
    let figures = match measured(arguments, begun.as_deref().unwrap_or("of no commit")) {
        Ok(figures) => figures,
        Err(error) => {
            println!("scale cannot be run: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("\n{}", table::markdown(&table::rows(&figures)));
    if arguments.write {
        let is_same = begun.and_then(|begun| match revision()? {
            now if now == begun => Ok(()),
            now => Err(format!("the run began at {begun}, and the sources are at {now} by now")),
        });
        let kept = is_same.and_then(|()| page::kept()).and_then(|mut kept| {
            kept.take(figures);
            page::write(&kept)
        });
        match kept {
            Ok(()) => println!("written to {} and {}", page::PATH, page::FOLDER),
            Err(error) => {
                println!("not written to {}: {error}", page::PATH);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn measured(arguments: &Arguments, revision: &str) -> io::Result<Figures> {
    let terraform = Terraform::find()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let under = format!("{}, {build} builds, a machine of {cores} cores", terraform.name());
    println!("{under}, -parallelism={PARALLELISM}");
    let mut figures = Figures { under, runs: Vec::new() };
    for (contender, fleet) in arguments.runs() {
        let run = contend(arguments, &terraform, &fleet, &contender)?;
        figures.runs.push(Run { revision: revision.to_owned(), ..run });
    }
    Ok(figures)
}

/// Lets a contender make a fleet, look at it, and remove it.
fn contend(arguments: &Arguments, terraform: &Terraform, fleet: &Fleet, contender: &Contender) -> io::Result<Run> {
    let vaults = if fleet.vaults == 1 { "one vault".to_owned() } else { format!("{} vaults", fleet.vaults) };
    println!("\n{} · {} · {} certificates in {vaults}", contender.name(), fleet.name(), fleet.certificates);
    let world = contender.world(terraform, fleet)?;
    let mut teller = Teller::of(arguments.tell, &world);
    let mut steps = Vec::new();
    let mut held = None;
    for work in works(terraform, contender) {
        print!("  {:20} ", work.name());
        io::stdout().flush()?;
        let before = own_processor();
        let step = step::run(&world, work, fleet, &mut teller)?;
        println!("{}; sandbox {:.1} s CPU", line(&step), (own_processor() - before).as_secs_f64());
        if arguments.kinds {
            print!("{}", step.requests.by_kind(fleet.chains));
        }
        teller.told().iter().for_each(|line| println!("    {line}"));
        steps.push(step);
        held.get_or_insert_with(|| fleet.held(&world));
    }
    let (contender, revision) = (contender.name().to_owned(), String::new());
    Ok(Run { contender, revision, fleet: *fleet, held: held.unwrap_or_default(), steps })
}

/// What is done, one after the other. What answers from memory has nothing to be found, and a peer's addresses are its own.
fn works(terraform: &Terraform, contender: &Contender) -> Vec<Work> {
    let queries = !terraform.is_tofu() && terraform.version() >= Feature::Query.since_terraform();
    let finds = *contender == Contender::Provider && queries;
    let query = finds.then_some(Work::Query);
    let small = (*contender != Contender::Memory).then_some(Work::PlanOfSmallPages);
    let one = (!matches!(contender, Contender::Peer(_))).then_some(Work::PlanOfOne);
    let looks = small.into_iter().chain([Work::PlanWithoutRefresh]).chain(one).chain(query);
    [Work::Create, Work::Plan].into_iter().chain(looks).chain([Work::Destroy]).collect()
}

/// A step in a line.
fn line(step: &Step) -> String {
    let measured =
        |value: Option<f64>, unit: &str| value.map_or("not measured".to_owned(), |it| format!("{it:.2} {unit}"));
    let found = if step.work == Work::Query { format!("; {} found", step.found) } else { String::new() };
    format!(
        "{:8.2} s; provider {}, {}; {}{found}",
        step.seconds,
        measured(step.processor, "s CPU"),
        measured(step.memory, "MiB"),
        step.requests
    )
}
