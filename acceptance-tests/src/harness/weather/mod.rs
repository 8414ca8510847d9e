//! Every effect at every request, before the judge.
//!
//! ```text
//! scenario (deed, variant) -> prepared once: a world, a state, how many requests it takes -> case: struck at request n by a weather
//!                          -> one more apply, under a clear sky -> referee, secrets, bounds
//! ```
//!
//! A case begins in the world that was kept when its scenario was prepared, and takes a tenth of a second. Second plans are struck too: an
//! apply plans again.

pub(super) mod address;
mod case;
pub(super) mod recovery;
pub(super) mod scenario;
pub(super) mod seat;
mod sky;

use std::io;

use super::{Asked, Case, Tally, cases};
use case::Struck;
use scenario::{Prepared, Scenario};
use seat::Seats;

/// As many cases wait for each that works.
pub(super) const PATIENT: usize = 3;

/// One of so many weathers strikes a read.
const THINNED: usize = 10;

/// Runs the wanted cases.
///
/// # Errors
/// No provider or no sandbox to try it with, and a scenario that does not succeed under a clear sky.
pub fn run(asked: &Asked) -> io::Result<Tally> {
    let mut scenarios = Scenario::all();
    if let Some(only) = &asked.only {
        scenarios.retain(|scenario| only.starts_with(&scenario.to_string()) || scenario.to_string().starts_with(only));
    } else if !asked.full {
        fastrand::Rng::with_seed(asked.seed).shuffle(&mut scenarios);
        scenarios.truncate(asked.count.unwrap_or(usize::MAX).div_ceil(5));
    }
    let prepared = cases::at_once(asked.jobs, &scenarios, |scenario| Prepared::new(*scenario));
    let prepared: Vec<Prepared> = prepared.into_iter().collect::<Result<_, _>>().map_err(io::Error::other)?;
    let asked = Asked { jobs: asked.jobs * PATIENT, ..asked.clone() };
    let seats = Seats::default();
    let is_thinned = asked.only.is_none();
    let all = prepared.iter().enumerate().flat_map(|(turn, prepared)| cases(prepared, is_thinned.then_some(turn)));
    let all = all.collect();
    Ok(cases::run("weather", &asked, all, Tally::of("weathers"), |case| case.what.judge(&seats)))
}

/// Every case of a scenario: every weather at every request. Where that is thinned, a write is still struck by every weather, and a read by
/// each tenth, in turn: what one scenario asks, others ask too.
fn cases(prepared: &Prepared, thinned: Option<usize>) -> Vec<Case<Struck<'_>>> {
    let weathers = sky::weathers();
    let mut all = Vec::new();
    for (number, exchange) in prepared.asked.iter().enumerate() {
        for (place, weather) in weathers.iter().enumerate() {
            let is_due = |turn: usize| exchange.is_write() || (number + place + turn).is_multiple_of(THINNED);
            // To a DELETE, nothing is what the service itself answers: nobody can tell that from the truth.
            let is_told_apart = exchange.method != "DELETE" || !weather.name.starts_with("nothing-20");
            if is_told_apart && thinned.is_none_or(is_due) {
                let name = format!("{}/{}/{}", prepared.scenario, number + 1, weather.name);
                let struck = Struck { prepared, number: number as u32, weather: weather.clone() };
                all.push(Case::new(name, prepared.scenario.row(), struck));
            }
        }
    }
    all
}
