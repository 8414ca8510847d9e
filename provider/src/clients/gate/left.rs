//! What is left of what a user may ask for in a while, as the service says it, less what was asked for since.
//!
//! The headers are of one web server among several and are no promise: they make requests slower, and never fail one. An answer that says
//! more than the last one is believed at once, and headers that are wrong twice in a row are believed no longer.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// What was asked for counts so long.
const WINDOW: Duration = Duration::from_secs(300);
const REQUESTS: &str = "x-ms-ratelimit-burst-remaining-xrm-requests";
/// Seconds that all requests of the window may still take together: `1,184.25`.
const SECONDS: &str = "x-ms-ratelimit-time-remaining-xrm-requests";

/// With so many left, nobody waits; the last of them are the reserve.
const RESERVE: i64 = 32;
/// The next one is waited for no longer, however little is left: others may have stopped asking meanwhile, and a refusal would tell for how
/// long to wait. With two left, they last for a window.
const LONGEST: Duration = Duration::from_secs(100);
/// Each request that is under way may take so many seconds of the time that is left.
const SLOW: i64 = 5;
/// And for each, so many must be left: somebody else may have as many under way, of which no answer has told yet.
const EACH: i64 = 4;
/// So often in a row may more be answered than was left.
const DOUBTS: u32 = 2;

/// What is left.
#[derive(Debug, Default)]
pub(super) struct Left {
    told: Option<Told>,
    /// When requests of ours ended that count in the window still.
    ended: VecDeque<Instant>,
    /// When the last one began.
    begun: Option<Instant>,
    /// The number of the last one that began though nothing was left, and how often in a row such a one was answered and nothing was left.
    against: Option<u64>,
    doubts: u32,
}

/// What the service has said, as far as it still holds.
#[derive(Debug)]
struct Told {
    requests: i64,
    seconds: i64,
    heard: Instant,
}

impl Told {
    /// How many requests are left: of those that still fit, each is taken to need a second.
    fn left(&self) -> i64 {
        self.requests.min(self.seconds)
    }
}

impl Left {
    /// When the next request may begin, where that is not now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Instant> {
        self.pass_time(now);
        let next = self.begun? + gap(self.told.as_ref()?);
        // One of ours that counts no longer makes room as well.
        let room = self.ended.front().map_or(next, |ended| *ended + WINDOW);
        (now < next).then(|| next.min(room))
    }

    /// How many may be under way, so that they are not too many for what is left, and do not take more time together than that.
    pub(super) fn at_once(&mut self, now: Instant) -> usize {
        self.pass_time(now);
        let bears = |told: &Told| (told.seconds / SLOW).min(told.requests / EACH);
        self.told.as_ref().map_or(usize::MAX, |told| usize::try_from(bears(told)).unwrap_or_default().max(1))
    }

    /// A request begins.
    pub(super) fn begin(&mut self, number: u64, now: Instant) {
        self.begun = Some(now);
        if let Some(told) = &mut self.told {
            if told.left() <= 0 {
                self.against = Some(number);
            }
            told.requests -= 1;
        }
    }

    /// A request is over, however that was.
    pub(super) fn end(&mut self, now: Instant) {
        if self.told.is_some() {
            self.ended.push_back(now);
        }
    }

    /// What the answer to a request says that is no refusal; so many others it may have counted or not.
    pub(super) fn hear(&mut self, number: u64, headers: &HeaderMap, others: u64, now: Instant) {
        let said = |name: &str| headers.get(name)?.to_str().ok()?.replace(',', "").parse::<f64>().ok();
        let whole = |name: &str| said(name).filter(|said| *said >= 0.0).map(|said| said as i64);
        let Some(requests) = whole(REQUESTS) else { return };
        let told = Told { requests, seconds: whole(SECONDS).unwrap_or(i64::MAX), heard: now };
        if told.left() > 0 {
            self.doubts = 0;
        } else if self.against == Some(number) {
            self.doubts += 1;
        }
        let others = i64::try_from(others).unwrap_or(i64::MAX);
        let told = Told { requests: requests.saturating_sub(others), ..told };
        self.told = (self.doubts < DOUBTS).then_some(told);
    }

    /// The service has said otherwise.
    pub(super) fn forget(&mut self) {
        *self = Left { ended: std::mem::take(&mut self.ended), ..Left::default() };
    }

    fn pass_time(&mut self, now: Instant) {
        while self.ended.front().is_some_and(|ended| *ended + WINDOW <= now) {
            self.ended.pop_front();
            if let Some(told) = &mut self.told {
                told.requests = told.requests.saturating_add(1);
            }
        }
        if self.told.as_ref().is_some_and(|told| told.heard + WINDOW <= now) {
            self.told = None;
        }
    }
}

/// How long after the last request the next one may begin. It doubles with every two that are left less, so that what is left lasts for a
/// window in which nothing becomes free, though somebody else may ask as often; and where something does, as much is asked for as that.
fn gap(told: &Told) -> Duration {
    match told.left() {
        ..=0 => LONGEST,
        left @ 1..=RESERVE => WINDOW.div_f64((left as f64 / 2.0).exp2() - 1.0).min(LONGEST),
        _ => Duration::ZERO,
    }
}
