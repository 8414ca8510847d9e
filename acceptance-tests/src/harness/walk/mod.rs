//! Walks at random: edits of a configuration, drift in the portal, weather; after each apply the plan is empty and the world is what is
//! declared.
//!
//! A step is one edit, one thing done in the portal, or one stroke of weather. A few steps go into one apply. A walk is one work folder
//! with several robots: alone, under `for_each`, under `count`.

mod drift;
mod edit;
mod model;
mod storm;
mod text;

use std::io;

use super::referee::{self, Existing};
use super::{Asked, Case, Kind, Tally, Verdict, cases, furnished, recovery, secrets};
use crate::outcome::Outcome;
use crate::terraform::Terraform;
use crate::world::World;
use model::Model;

/// How many walks a full run takes: the steps of all are more than 3,000.
const WALKS: usize = 52;

/// How many steps a walk has.
const STEPS: usize = 60;

/// How many steps go into one apply, at most.
const AT_ONCE: usize = 8;

/// The file of what is said once: `import`, `moved` and `removed` blocks.
const ONCE: &str = "once.tf";

/// Runs the wanted walks.
///
/// # Errors
/// No Terraform, no provider or no sandbox to try it with.
pub fn run(asked: &Asked) -> io::Result<Tally> {
    stroll(asked, STEPS)
}

/// The same with as many steps in each.
///
/// # Errors
/// As [`run`].
pub fn stroll(asked: &Asked, steps: usize) -> io::Result<Tally> {
    let terraform = asked.terraform()?;
    let all = (1..=WALKS).map(|number| Case::new(format!("walk-{number:02}"), "random walk", ())).collect();
    let tally = Tally::of("steps").under(terraform.name());
    Ok(cases::run("walk", asked, all, tally, |case| Walk::begin(&terraform, asked.chance(&case.name)).go(steps)))
}

/// A walk that is under way.
struct Walk {
    world: World,
    model: Model,
    before: Existing,
    chance: fastrand::Rng,
}

impl Walk {
    fn begin(terraform: &Terraform, mut chance: fastrand::Rng) -> Walk {
        let started = World::start(terraform.clone());
        let mut world = started.unwrap_or_else(|error| panic!("there is no world to walk in: {error}"));
        let variable = furnished::username_variable(&world);
        furnished::furnish(&mut world, &variable);
        let model = Model { is_hidden: chance.u8(..4) == 0, ..Model::default() };
        if model.is_hidden {
            world.hide_connection_values();
        }
        let before = Existing::in_world(&world);
        Walk { world, model, before, chance }
    }

    /// Takes so many steps, or those until the first fault: what comes after it would tell of it again.
    fn go(mut self, steps: usize) -> Verdict {
        let mut verdict = Verdict { tried: 0, faults: Vec::new() };
        while verdict.tried < steps && verdict.faults.is_empty() {
            let taken = self.apply(&mut verdict);
            let told = format!("step {}, after: {}", verdict.tried, taken.join("; "));
            verdict.faults.iter_mut().for_each(|fault| fault.what = format!("{} ({told})", fault.what));
        }
        secrets::seek(&self.world, &mut verdict);
        verdict
    }

    /// Takes a few steps, applies, and judges. What was done is told.
    fn apply(&mut self, verdict: &mut Verdict) -> Vec<String> {
        let Walk { world, model, before, chance } = self;
        let (mut taken, mut once) = (Vec::new(), String::new());
        let earlier = model.clone();
        for _ in 0..chance.usize(1..=AT_ONCE) {
            let told = match chance.u8(..10) {
                0..6 => edit::take(model, world, chance, &mut once),
                6..9 => drift::take(model, world, chance),
                _ => storm::take(model, world, chance),
            };
            taken.extend(told);
        }
        verdict.tried += taken.len();
        model.settle();
        world.write("main.tf", &text::of(model));
        world.write(ONCE, &once);
        if model.is_stormy {
            // Whatever it says: what counts is what one more apply makes of it.
            let _ = world.apply();
            world.sandbox().clear_faults();
            model.is_stormy = false;
            recovery::recover(world, verdict);
        } else {
            let applied = world.apply();
            verdict.hold(applied.is_ok(), Kind::Unclean, || format!("the apply failed: {applied}"));
            hold_quiet(&earlier, model, &applied, &taken, verdict);
            recovery::hold_clean(world, verdict);
        }
        world.write(ONCE, "");
        let before = before.with(&model.forgotten_ids(), world);
        referee::judge(world, &before, verdict);
        model.hold(world, verdict);
        taken
    }
}

/// Another spelling, an option of the lifecycle and a move change nothing.
fn hold_quiet(earlier: &Model, model: &Model, applied: &Outcome, taken: &[String], verdict: &mut Verdict) {
    let says_the_same = taken.iter().all(|told| edit::SILENT.iter().any(|silent| told.starts_with(silent)));
    if says_the_same && earlier.robots.len() == model.robots.len() {
        let changes: Vec<&String> = applied.changes().iter().filter(|change| !change.starts_with("move ")).collect();
        verdict.hold(changes.is_empty(), Kind::Unclean, || format!("what changes nothing plans {changes:?}"));
    }
}
