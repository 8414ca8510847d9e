//! Cases, what they come to, and how they are run: several at once, each under a name that repeats it.

use std::any::Any;
use std::fmt;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Asked, Tally};

/// Something to try.
#[derive(Debug, Clone)]
pub struct Case<T> {
    /// Its name: with the seed it repeats the case.
    pub name: String,
    /// The row of the table where it counts.
    pub row: String,
    /// What is tried.
    pub what: T,
}

impl<T> Case<T> {
    /// A case of that name, which counts in that row.
    pub fn new(name: impl Into<String>, row: impl Into<String>, what: T) -> Case<T> {
        Case { name: name.into(), row: row.into(), what }
    }
}

/// A kind of fault: a column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something exists that no state knows, after one more apply and the `import` block that it printed.
    Orphan,
    /// Something that is wanted once exists twice.
    Double,
    /// The state says something that is not so.
    Lie,
    /// The plan after an apply is not empty, or there is none.
    Unclean,
    /// A secret stands where it can be read.
    Leak,
    /// More time, memory or requests than what is promised.
    Bounds,
    /// A rule of Terraform's protocol is broken, the provider crashed, or the case could not be judged.
    Rule,
    /// Terraform itself tore its state file: counted, and no fault of the provider's.
    Torn,
}

/// The kinds that every table has.
pub const FAULTS: [Kind; 7] =
    [Kind::Orphan, Kind::Double, Kind::Lie, Kind::Unclean, Kind::Leak, Kind::Bounds, Kind::Rule];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Orphan => "orphan",
            Kind::Double => "double",
            Kind::Lie => "lie in the state",
            Kind::Unclean => "unclean plan",
            Kind::Leak => "leak",
            Kind::Bounds => "breach of bounds",
            Kind::Rule => "broken rule",
            Kind::Torn => "state torn by Terraform",
        })
    }
}

/// A fault that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: Kind,
    /// What was seen, for people.
    pub what: String,
}

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How much was tried: 1, or the steps of a walk.
    pub tried: usize,
    /// What was found.
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// Nothing was found yet.
    #[must_use]
    pub fn clean() -> Verdict {
        Verdict { tried: 1, faults: Vec::new() }
    }

    /// Adds a fault.
    pub fn find(&mut self, kind: Kind, what: impl Into<String>) {
        self.faults.push(Fault { kind, what: what.into() });
    }

    /// Says more of the last fault.
    pub fn find_more(&mut self, what: String) {
        if let Some(fault) = self.faults.last_mut() {
            fault.what = format!("{}\n  {what}", fault.what);
        }
    }

    /// Adds a fault unless something holds.
    pub fn hold(&mut self, holds: bool, kind: Kind, what: impl FnOnce() -> String) {
        if !holds {
            self.find(kind, what());
        }
    }
}

/// Runs the wanted cases, tells each fault on stderr as it is found, and counts. A panic is a broken rule: what panics is the provider's
/// judge, or the harness where it cannot go on.
pub fn run<T: Sync>(
    search: &str,
    asked: &Asked,
    cases: Vec<Case<T>>,
    tally: Tally,
    judge: impl Fn(&Case<T>) -> Verdict + Sync,
) -> Tally {
    let cases = asked.choose(cases);
    let (tally, done) = (Mutex::new(tally), AtomicUsize::new(0));
    let (all, told_every) = (cases.len(), cases.len().div_ceil(20).max(3));
    at_once(asked.jobs, &cases, |case| {
        let judged = panic::catch_unwind(AssertUnwindSafe(|| judge(case)));
        let verdict = judged.unwrap_or_else(|panicked| {
            let mut verdict = Verdict::clean();
            verdict.find(Kind::Rule, said(panicked.as_ref()));
            verdict
        });
        for fault in &verdict.faults {
            tell(&format!("{}: {}: {}", fault.kind, case.name, fault.what));
        }
        if !verdict.faults.is_empty() {
            let again = format!("harness {search} --seed {} --only '{}'", asked.seed, case.name);
            tell(&format!("  again: cargo run -p acceptance-tests -- {again}"));
        }
        tally.lock().unwrap_or_else(PoisonError::into_inner).add(&case.row, &verdict);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(told_every) {
            tell(&format!("{search}: {done} of {all}"));
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Does something with each, several at once; what came of it is in their order.
pub(super) fn at_once<T: Sync, R: Send>(jobs: usize, all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let one_after_the_other = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(number) else { return };
            let result = work(one);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
        }
    };
    thread::scope(|scope| (0..jobs.max(1)).for_each(|_| drop(scope.spawn(one_after_the_other))));
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

fn said(panicked: &(dyn Any + Send)) -> String {
    let text = panicked.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panicked.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}

fn tell(line: &str) {
    // Past the capture of a test's output, and a closed stderr is no reason to stop.
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wanted_case_is_judged_once_and_a_panic_is_a_fault() {
        let cases: Vec<Case<usize>> =
            (0..9).map(|n| Case::new(format!("case/{n}"), format!("row {}", n % 2), n)).collect();
        let asked = Asked { full: true, ..Asked::sample(1, 1) };
        let tally = run("kill", &asked, cases, Tally::of("cases"), |case| {
            assert_ne!(case.what, 3, "the third");
            let mut verdict = Verdict::clean();
            verdict.hold(case.what != 4, Kind::Orphan, || "the fourth".to_owned());
            verdict
        });
        assert_eq!(tally.tried(), 9);
        assert_eq!((tally.count(Kind::Orphan), tally.count(Kind::Rule), tally.count(Kind::Leak)), (1, 1, 0));
        assert!(!tally.is_clean());
    }
}
