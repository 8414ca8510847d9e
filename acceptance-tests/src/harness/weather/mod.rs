//! Every effect at every request, before the judge.
//!
//! ```text
//! scenario (deed, variant) -> prepared once: a world, a state, how many requests it takes -> case: struck at request n by a weather
//!                          -> one more apply, under a clear sky -> referee, secrets, bounds
//! ```
//!
//! A case begins in the world that was kept when its scenario was prepared, and takes a tenth of a second. Second plans are struck too: an
//! apply plans again.

mod address;
mod case;
mod scenario;
mod sky;

use std::io;

use super::{Asked, Case, Tally, cases};
use case::Struck;
use scenario::{Prepared, Scenario};

/// As many cases wait for each that works.
const PATIENT: usize = 3;

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
    let courts = case::Courts::default();
    let all = prepared.iter().flat_map(cases).collect();
    Ok(cases::run("weather", &asked, all, Tally::of("weathers"), |case| case.what.judge(&courts)))
}

/// Every case of a scenario.
fn cases(prepared: &Prepared) -> Vec<Case<Struck<'_>>> {
    let weathers = sky::weathers();
    let at = (0..prepared.requests).flat_map(|number| weathers.iter().map(move |weather| (number, weather)));
    at.map(|(number, weather)| {
        let name = format!("{}/{}/{}", prepared.scenario, number + 1, weather.name);
        let struck = Struck { prepared, number, weather: weather.clone() };
        Case::new(name, prepared.scenario.row(), struck)
    })
    .collect()
}
