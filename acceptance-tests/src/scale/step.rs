//! One command of Terraform, watched while it runs: what it asks is counted and forgotten, so that nothing grows with the fleet.

use std::fs::{self, File};
use std::io;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use super::configuration;
use super::figures::{Step, Work};
use super::fleet::{CONNECTIONS_A_PAGE, FEW_CONNECTIONS_A_PAGE, Fleet, PARALLELISM};
use super::process::Watched;
use super::requests::Requests;
use super::tell::Teller;
use crate::world::World;

/// How often it is looked at what runs.
const LOOK: Duration = Duration::from_millis(20);

/// How long the limits of the services remember: every step begins with all that is allowed.
const WINDOW: Duration = Duration::from_secs(300);

/// The words of a command that failed, as far as they are told.
const LAST_WORDS: usize = 4000;

impl Work {
    /// Terraform's arguments.
    fn arguments(self, fleet: &Fleet) -> Vec<String> {
        let parallelism = format!("-parallelism={PARALLELISM}");
        let target = format!("-target={}", configuration::first_connection(fleet));
        let plan = ["plan", "-input=false", "-detailed-exitcode", &parallelism];
        let words: Vec<&str> = match self {
            Work::Create => vec!["apply", "-input=false", "-auto-approve", &parallelism],
            Work::Plan | Work::PlanOfSmallPages => plan.to_vec(),
            Work::PlanWithoutRefresh => [&plan[..], &["-refresh=false"]].concat(),
            Work::PlanOfOne => [&plan[..], &[target.as_str()]].concat(),
            Work::Query => vec!["query", "-json"],
            Work::Destroy => vec!["destroy", "-input=false", "-auto-approve", &parallelism],
        };
        words.into_iter().map(str::to_owned).collect()
    }
}

/// Runs one command to its end.
///
/// # Errors
/// A command that cannot be run, or that failed: with the end of what it said.
pub(crate) fn run(world: &World, work: Work, fleet: &Fleet, teller: &mut Teller) -> io::Result<Step> {
    world.sandbox().advance(WINDOW);
    let few = work == Work::PlanOfSmallPages;
    let size = if few { FEW_CONNECTIONS_A_PAGE } else { CONNECTIONS_A_PAGE };
    world.switch(|switches| switches.connectivity.page_size = size);
    world.sandbox().take_journal();
    let said = world.folder().join("said.txt");
    let variables = world.variables().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut command = world.terraform().command(&world.folder(), work.arguments(fleet), variables);
    let out = File::create(&said)?;
    command.env("TF_CLI_ARGS", "-no-color").stderr(out.try_clone()?).stdout(out);

    let begun = Instant::now();
    let mut child = command.spawn()?;
    let (mut watched, mut requests) = (Watched::children_of(child.id()), Requests::default());
    let status = loop {
        let ended = child.try_wait()?;
        watched.look();
        // Whatever was asked is in the journal when Terraform ends.
        let exchanges = world.sandbox().take_journal();
        requests.count(&exchanges);
        teller.hear(&exchanges, world);
        match ended {
            Some(status) => break status,
            None => thread::sleep(LOOK),
        }
    };
    let took = begun.elapsed();
    let said = fs::read_to_string(&said)?;
    check(work, status, &said)?;
    let usage = watched.usage();
    Ok(Step {
        work,
        requests,
        seconds: took.as_secs_f64(),
        processor: usage.map(|usage| usage.processor.as_secs_f64()),
        memory: usage.map(|usage| usage.memory as f64 / 1024.0),
        found: said.lines().filter(|line| line.contains("\"list_resource_found\"")).count(),
    })
}

/// A plan ends with 2 when it found a change: none is expected.
fn check(work: Work, status: ExitStatus, said: &str) -> io::Result<()> {
    if status.success() {
        return Ok(());
    }
    let from = said.char_indices().rev().nth(LAST_WORDS).map_or(0, |(at, _)| at);
    Err(io::Error::other(format!("{} ended with {status}:\n{}", work.name(), &said[from..])))
}
