//! One case: a deed under attack, what it cost, and whether all is well afterwards.

use std::fs;
use std::time::{Duration, Instant};

use judge::{Instance, Said};
use tfplugin::value::Value;

use super::Attacked;
use crate::harness::weather::address::{Address, Told};
use crate::harness::weather::recovery;
use crate::harness::weather::scenario::DEADLINE;
use crate::harness::weather::seat::{Seat, Seats};
use crate::harness::{Kind, Verdict};

/// As many objects as Terraform reads at once.
const AT_ONCE: usize = 10;
/// As much memory as a provider may ever hold, in KiB.
const MEMORY: u64 = 256 << 10;
/// As long as a deed may take: a plan, another one at the apply, the apply, and a reading of what came of it, each with a deadline of its
/// own and ten seconds to learn what became of a write.
const LIMIT: Duration = Duration::from_secs(4 * (DEADLINE + 10));
/// Whom the provider may speak to.
const HOSTS: [&str; 5] = [
    "login.microsoftonline.com",
    ".vault.azure.net",
    "contoso.crm4.dynamics.com",
    ".a1.environment.api.powerplatform.com",
    "api.bap.microsoft.com",
];

impl Attacked<'_> {
    /// Lets it happen, and judges it.
    pub(super) fn judge(&self, seats: &Seats) -> Verdict {
        let happen = |seat: &mut Seat| {
            let mut verdict = Verdict::clean();
            self.happen(seat, &mut verdict);
            verdict
        };
        if self.attack.is_measured { happen(&mut Seat::new()) } else { seats.with(happen) }
    }

    fn happen(&self, seat: &mut Seat, verdict: &mut Verdict) {
        let court = &mut seat.court;
        let mut addresses = self.prepared.begin(court);
        self.attack.faults.iter().for_each(|fault| court.weather(fault.clone()));
        let (begun, mut told) = (Instant::now(), Told::default());
        if self.attack.is_measured {
            match court.judge().refresh_at_once(&ten(&addresses)) {
                Ok(said) => told.said.extend(said.into_iter().flatten()),
                Err(failure) => told.failures.push(failure),
            }
        } else {
            self.prepared.act(court, &mut addresses, &mut told);
        }
        let (took, memory) = (begun.elapsed(), peak(court.judge_mut().plugin().id()));
        court.sandbox().clear_faults();

        verdict.hold(took < LIMIT, Kind::Bounds, || format!("it took {} s", took.as_secs()));
        if let Some(memory) = memory.filter(|_| self.attack.is_measured) {
            verdict.hold(memory <= MEMORY, Kind::Bounds, || format!("it held {} MiB", memory >> 10));
        }
        for exchange in court.sandbox().journal() {
            let is_known = HOSTS.iter().any(|known| exchange.host.ends_with(known));
            verdict.hold(is_known, Kind::Leak, || format!("it spoke to a stranger: {}", exchange.line()));
        }
        if let Some(said) = told.said.iter().find(|said| is_obeyed_by_terminals(said)) {
            verdict.find(Kind::Leak, format!("a terminal would obey {said:?}"));
        }
        recovery::judge(seat, &mut addresses, &self.prepared.before, vec![told], verdict);
    }
}

/// Ten objects to be read at once: each is a question of its own.
fn ten(addresses: &[Address]) -> Vec<Instance> {
    let known = addresses.iter().filter_map(|address| address.current.as_ref());
    let known: Vec<&Instance> = known.map(|object| object.instance()).collect();
    (0..AT_ONCE)
        .map(|number| {
            let mut instance = known[number % known.len()].clone();
            if number >= known.len() {
                instance.state.put("id", Value::text(format!("1d000000-0000-4000-8000-{number:012}")));
                instance.identity = None;
            }
            instance
        })
        .collect()
}

/// The most memory that a process has ever held, in KiB; none on a system that does not tell.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn is_obeyed_by_terminals(said: &Said) -> bool {
    let texts = [&said.summary, &said.detail, &said.attribute];
    texts.iter().any(|text| text.chars().any(|letter| letter.is_control() && letter != '\n'))
}
