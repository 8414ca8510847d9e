//! Kills the provider or Terraform at a request: before it is carried out, when it was done and not answered, and after its answer.
//!
//! A first run of each scenario that nobody kills counts its requests. A write is then struck at every moment, for either victim; a
//! read, which changes nothing wherever it breaks, at one moment for one victim, in turn. After the kill somebody applies once more.

mod chain;
mod scenario;
mod strike;

use std::io;

use super::{Asked, Case, Kind, Tally, Verdict, cases, recovery, referee, secrets};
use scenario::{Prepared, Scenario};
use strike::{MOMENTS, Strike, VICTIMS};

/// As many cases run for each that is asked for: half of the time Terraform waits.
const PATIENT: usize = 2;

/// A case: where it strikes.
struct Kill<'a> {
    prepared: &'a Prepared,
    strike: Strike,
}

/// Runs the wanted cases.
///
/// # Errors
/// No Terraform, no provider or no sandbox to try it with.
pub fn run(asked: &Asked) -> io::Result<Tally> {
    let terraform = asked.terraform()?;
    let mut scenarios = Scenario::all(&terraform);
    if let Some(only) = &asked.only {
        scenarios.retain(|scenario| only.starts_with(&scenario.to_string()) || scenario.to_string().starts_with(only));
    } else if !asked.full {
        fastrand::Rng::with_seed(asked.seed).shuffle(&mut scenarios);
        scenarios.truncate(asked.count.unwrap_or(usize::MAX).div_ceil(3));
    }
    let asked = &Asked { jobs: asked.jobs * PATIENT, ..asked.clone() };
    let prepared = cases::at_once(asked.jobs, &scenarios, |scenario| Prepared::new(*scenario, &terraform));
    let prepared: Vec<Prepared> = prepared.into_iter().collect::<io::Result<_>>()?;
    let all = prepared.iter().flat_map(strikes).collect();
    let tally = Tally::of("kills").under(terraform.name()).with(Kind::Torn);
    Ok(cases::run("kill", asked, all, tally, |case| judge(case, asked)))
}

/// Every case of a scenario.
fn strikes(prepared: &Prepared) -> Vec<Case<Kill<'_>>> {
    let mut all = Vec::new();
    for (number, is_write) in (1..).zip(&prepared.writes) {
        let every = MOMENTS.iter().flat_map(|moment| VICTIMS.iter().map(move |victim| (*moment, *victim)));
        let turn = number % (MOMENTS.len() * VICTIMS.len());
        let wanted = every.enumerate().filter(|(place, _)| *is_write || *place == turn);
        all.extend(wanted.map(|(_, (moment, victim))| {
            let strike = Strike { number, moment, victim };
            let name = format!("{}/{number}/{moment}/{victim}", prepared.scenario);
            Case::new(name, prepared.scenario.row(), Kill { prepared, strike })
        }));
    }
    all
}

fn judge(case: &Case<Kill<'_>>, asked: &Asked) -> Verdict {
    let Kill { prepared, strike } = &case.what;
    let mut verdict = Verdict::clean();
    let mut world = prepared.world();
    let mut chance = asked.chance(&case.name);
    if chance.u8(..4) == 0 {
        let log = world.folder().join("trace.log").display().to_string();
        world.set("TF_LOG", "TRACE");
        world.set("TF_LOG_PATH", &log);
    }
    let had_state = !world.state_text().is_empty();
    let struck = strike.run(&world, &prepared.scenario.command(), &mut chance);
    // Another order of what is asked at once may need fewer requests.
    if !struck.is_dead {
        verdict.tried = 0;
    }
    verdict.faults.extend(struck.faults);
    if recovery::is_torn(&world, had_state) {
        verdict.find(Kind::Torn, "the state file is cut off");
        return verdict;
    }
    world.sandbox().unwatch();
    prepared.scenario.declare_after(&world);
    recovery::recover(&world, &mut verdict);
    referee::judge(&world, &prepared.before, &mut verdict);
    let wanted = prepared.scenario.addresses();
    verdict.hold(world.addresses() == wanted, Kind::Unclean, || {
        format!("the state holds {:?} and should hold {wanted:?}", world.addresses())
    });
    secrets::seek(&world, &mut verdict);
    verdict
}
