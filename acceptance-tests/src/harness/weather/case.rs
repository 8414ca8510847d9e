//! One case: a deed that the weather strikes, one more apply under a clear sky, and what came of it.

use std::time::{Duration, Instant};

use super::address::{Address, Told};
use super::recovery;
use super::scenario::{DEADLINE, Prepared};
use super::seat::{Seat, Seats};
use super::sky::Weather;
use crate::court::Court;
use crate::harness::{Kind, Verdict, referee};

/// As long as a deed may take: a plan, another one at the apply, the apply, and a reading of what came of it, each with a deadline of its
/// own and ten seconds to learn what became of a write.
const LIMIT: Duration = Duration::from_secs(4 * (DEADLINE + 10));

/// As often as a request is tried, and the questions that find out what became of it.
const TRIES: usize = 8;

/// Where a scenario is struck, and by what.
pub(super) struct Struck<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) number: u32,
    pub(super) weather: Weather,
}

impl Struck<'_> {
    /// Lets it happen, and judges it.
    pub(super) fn judge(&self, seats: &Seats) -> Verdict {
        seats.with(|seat| {
            let mut verdict = Verdict::clean();
            self.happen(seat, &mut verdict);
            verdict
        })
    }

    fn happen(&self, seat: &mut Seat, verdict: &mut Verdict) {
        let court = &mut seat.court;
        let mut addresses = self.prepared.begin(court);
        self.weather.faults(self.number).into_iter().for_each(|fault| court.weather(fault));
        let (begun, mut told) = (Instant::now(), Told::default());
        let tells = self.prepared.act(court, &mut addresses, &mut told);
        let (took, asked) = (begun.elapsed(), court.sandbox().journal().len());
        court.sandbox().clear_faults();

        verdict.hold(took < LIMIT, Kind::Bounds, || format!("it took {} s", took.as_secs()));
        let allowed = self.prepared.asked.len() * TRIES;
        verdict.hold(asked <= allowed, Kind::Bounds, || format!("{asked} requests were sent, not {allowed}"));
        if told.is_ok() {
            self.hold_at_once(court, &addresses, &tells, verdict);
        }
        recovery::judge(seat, &mut addresses, &self.prepared.before, vec![told], verdict);
    }

    /// What was told without an error is so, at once.
    fn hold_at_once(&self, court: &Court, addresses: &[Address], tells: &[String], verdict: &mut Verdict) {
        let stated: Vec<_> = addresses.iter().flat_map(Address::stated).collect();
        let mut at_once = Verdict::clean();
        referee::hold(court, &stated, &self.prepared.before, &mut at_once);
        let untrue = at_once.faults.into_iter().filter(|fault| fault.kind != Kind::Unclean);
        untrue.for_each(|fault| verdict.find(Kind::Lie, format!("without an error: {}", fault.what)));
        verdict.hold(self.prepared.is_true(tells), Kind::Lie, || format!("without an error it tells {tells:?}"));
    }
}
