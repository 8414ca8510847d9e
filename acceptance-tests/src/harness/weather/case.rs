//! One case: a deed that the weather strikes, one more apply under a clear sky, and what came of it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::address::{Address, Told};
use super::scenario::{Prepared, configure};
use super::sky::Weather;
use crate::court::{Action, Court};
use crate::harness::secrets::Secrets;
use crate::harness::{Kind, Verdict, referee};

/// As long as a deed may take: two operations with their deadlines, and for each ten seconds to learn what became of a write.
const LIMIT: Duration = Duration::from_secs(2 * (20 + 10));

/// As often as a request is tried, and the questions that find out what became of it.
const TRIES: usize = 8;

/// Where a scenario is struck, and by what.
pub(super) struct Struck<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) number: u32,
    pub(super) weather: Weather,
}

/// Courts that begin anew with each case.
#[derive(Default)]
pub(super) struct Courts(Mutex<Vec<Seat>>);

/// A court, and the log of its provider.
struct Seat {
    court: Court,
    log: NamedTempFile,
    read: u64,
}

impl Seat {
    fn new() -> Seat {
        let log = NamedTempFile::new().expect("a log can be written");
        Seat { court: Court::logged(log.path()), log, read: 0 }
    }

    /// What was logged since this was asked last.
    fn logged(&mut self) -> String {
        let mut text = Vec::new();
        let mut log = File::open(self.log.path()).expect("the log is there");
        log.seek(SeekFrom::Start(self.read)).expect("it only grows");
        log.read_to_end(&mut text).expect("the log can be read");
        self.read += text.len() as u64;
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Struck<'_> {
    /// Lets it happen, and judges it.
    pub(super) fn judge(&self, courts: &Courts) -> Verdict {
        let free = || courts.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = free().pop();
        let mut seat = taken.unwrap_or_else(Seat::new);
        let mut verdict = Verdict::clean();
        self.happen(&mut seat, &mut verdict);
        // What a fault has left in a provider is no other case's business.
        if verdict.faults.is_empty() {
            free().push(seat);
        }
        verdict
    }

    fn happen(&self, seat: &mut Seat, verdict: &mut Verdict) {
        let court = &mut seat.court;
        court.judge_mut().asks_twice = false;
        let mut addresses = self.prepared.begin(court);
        self.weather.faults(self.number).into_iter().for_each(|fault| court.weather(fault));
        let (begun, mut told) = (Instant::now(), Told::default());
        let tells = self.prepared.act(court, &mut addresses, &mut told);
        let (took, asked) = (begun.elapsed(), court.sandbox().journal().len());
        court.sandbox().clear_faults();

        verdict.hold(took < LIMIT, Kind::Bounds, || format!("it took {} s", took.as_secs()));
        let allowed = self.prepared.requests as usize * TRIES;
        verdict.hold(asked <= allowed, Kind::Bounds, || format!("{asked} requests were sent, not {allowed}"));
        let mut all_told = vec![told];
        if all_told[0].is_ok() {
            self.hold_at_once(court, &addresses, &tells, verdict);
        }
        recover(court, &mut addresses, &mut all_told, verdict);
        let stated: Vec<_> = addresses.iter().flat_map(Address::stated).collect();
        referee::hold(court, &stated, &self.prepared.before, verdict);
        for told in &all_told {
            if let Some(rule) = told.broken_rule() {
                verdict.find(Kind::Rule, rule);
            }
        }
        seek_secrets(seat, &addresses, &all_told, verdict);
        if !verdict.faults.is_empty() {
            let lines: Vec<String> = all_told.iter().flat_map(|told| &told.said).map(said).collect();
            let conversation = seat.court.conversation().join("\n    ");
            verdict.find_more(format!("said:\n    {}\n  asked:\n    {conversation}", lines.join("\n    ")));
        }
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

/// What a user does: applies once more, pastes the `import` block that an error printed, and plans.
fn recover(court: &mut Court, addresses: &mut [Address], all_told: &mut Vec<Told>, verdict: &mut Verdict) {
    configure(court);
    for address in addresses.iter_mut() {
        let mut told = Told::default();
        address.apply(court, &mut told);
        if let (Some(id), None) = (told.printed_import(), &address.current) {
            all_told.push(std::mem::take(&mut told));
            address.import = Some(id);
            address.apply(court, &mut told);
        }
        if let Some(failure) = told.failures.first() {
            verdict.find(Kind::Unclean, format!("one more apply of the {}: {failure}", address.kind));
        }
        all_told.push(told);
    }
    configure(court);
    for address in addresses.iter() {
        let Some(config) = &address.config else { continue };
        let mut told = Told::default();
        let (action, _) = told.hear(court.plan(address.kind, address.current.as_ref(), config));
        verdict.hold(action == Some(Action::NoOp), Kind::Unclean, || {
            format!("the plan of the {} is to {action:?} {:?}", address.kind, told.failures.first())
        });
        all_told.push(told);
    }
}

fn seek_secrets(seat: &mut Seat, addresses: &[Address], all_told: &[Told], verdict: &mut Verdict) {
    let secrets = Secrets::of(&seat.court);
    let log = seat.logged();
    let lines: String = all_told.iter().flat_map(|told| &told.said).map(said).collect();
    let states = addresses.iter().flat_map(Address::stated).map(|stated| stated.attributes.to_string());
    let private = addresses.iter().filter_map(|address| address.current.as_ref());
    let private = private.map(|object| String::from_utf8_lossy(&object.instance().private).into_owned());
    for (place, text) in
        [("the log", log), ("what it said", lines), ("the state", states.chain(private).collect::<String>())]
    {
        for what in secrets.within(&text) {
            verdict.find(Kind::Leak, format!("{what} is in {place}"));
        }
    }
}

fn said(said: &judge::Said) -> String {
    let severity = if said.is_error { "error" } else { "warning" };
    format!("{severity} on {:?}: {}: {}", said.attribute, said.summary, said.detail)
}
