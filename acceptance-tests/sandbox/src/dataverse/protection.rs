//! Service protection limits: how many requests a user may send to an organization in a while, and at once.
//!
//! A batch counts as one request, as the documentation says. There is one web server here, the limits are counted for each user of each
//! organization, and time is the sandbox's clock.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/api-limits>

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::refusal::{Limit, protected};
use super::reply;
use crate::exchange::Response;

/// How much a user may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests in the window.
    pub requests: usize,
    /// How long the window is.
    pub window_seconds: u32,
    /// How long the requests of a window may take together; a request takes as long as the switch of the latency says.
    pub execution_milliseconds: u32,
    /// Requests at once.
    pub at_once: usize,
    /// Whether a request that is refused counts in the window too: the documentation says that whoever goes on waits longer.
    pub refused_count: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 6000,
            window_seconds: 300,
            execution_milliseconds: 1_200_000,
            at_once: 52,
            refused_count: true,
        }
    }
}

/// What users have asked for lately, by organization and user.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    users: BTreeMap<(String, String), Load>,
}

#[derive(Debug, Default)]
struct Load {
    /// When requests came, and how long each took.
    requests: VecDeque<(OffsetDateTime, Duration)>,
    took: Duration,
    /// Each request that is not answered yet has one of these.
    open: Arc<()>,
}

/// What is left of a user's limits, as the headers say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remaining {
    requests: usize,
    took: Duration,
}

/// A request that is counted as open until this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) remaining: Remaining,
    _open: Arc<()>,
}

impl Protection {
    /// Counts a request that will take so long, or answers it by a refusal.
    pub(crate) fn admit(
        &mut self,
        limits: &Limits,
        user: (String, String),
        now: OffsetDateTime,
        takes: Duration,
    ) -> Result<Admitted, Response> {
        let load = self.users.entry(user).or_default();
        let window = Duration::seconds(limits.window_seconds.into());
        while let Some((_, took)) = load.requests.front().copied().filter(|(at, _)| *at + window <= now) {
            load.requests.pop_front();
            load.took -= took;
        }
        let exceeded = load.exceeded(limits, now);
        if exceeded.is_none() || limits.refused_count {
            let took = if exceeded.is_none() { takes } else { Duration::ZERO };
            load.requests.push_back((now, took));
            load.took += took;
        }
        let remaining = load.remaining(limits);
        match exceeded {
            None => Ok(Admitted { remaining, _open: Arc::clone(&load.open) }),
            Some((limit, seconds)) => {
                let mut refused = protected(limits, limit, seconds);
                remaining.tell(&mut refused);
                Err(refused)
            }
        }
    }
}

impl Load {
    /// The limit that a request now would exceed, and in how many seconds it would not.
    fn exceeded(&self, limits: &Limits, now: OffsetDateTime) -> Option<(Limit, u64)> {
        if Arc::strong_count(&self.open) > limits.at_once {
            return Some((Limit::Concurrency, 1));
        }
        let window = Duration::seconds(limits.window_seconds.into());
        let until = |at: OffsetDateTime| {
            let left = at + window - now;
            let begun = i64::from(left.subsec_nanoseconds() > 0);
            u64::try_from(left.whole_seconds() + begun).unwrap_or_default().max(1)
        };
        if let Some(over) = self.requests.len().checked_sub(limits.requests) {
            let at = self.requests.get(over).map_or(now, |(at, _)| *at);
            return Some((Limit::Requests, until(at)));
        }
        let most = Duration::milliseconds(limits.execution_milliseconds.into());
        let mut left = self.took;
        if left < most {
            return None;
        }
        let enough = self.requests.iter().find(|(_, took)| {
            left -= *took;
            left < most
        });
        Some((Limit::ExecutionTime, until(enough.map_or(now, |(at, _)| *at))))
    }

    fn remaining(&self, limits: &Limits) -> Remaining {
        let most = Duration::milliseconds(limits.execution_milliseconds.into());
        Remaining {
            requests: limits.requests.saturating_sub(self.requests.len()),
            took: (most - self.took).max(Duration::ZERO),
        }
    }
}

impl Remaining {
    /// Says in an answer what is left: requests, and seconds as recordings write them, `1,200.00`.
    pub(crate) fn tell(self, response: &mut Response) {
        let seconds = self.took.whole_seconds();
        let hundredths = self.took.subsec_milliseconds() / 10;
        let whole =
            if seconds < 1000 { seconds.to_string() } else { format!("{},{:03}", seconds / 1000, seconds % 1000) };
        reply::header(response, "x-ms-ratelimit-burst-remaining-xrm-requests", &self.requests.to_string());
        reply::header(response, "x-ms-ratelimit-time-remaining-xrm-requests", &format!("{whole}.{hundredths:02}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-11-24 10:00:00 UTC);

    /// A few limits, and how many seconds after the start a request comes.
    struct Gate {
        protection: Protection,
        limits: Limits,
    }

    impl Gate {
        fn new(limits: Limits) -> Self {
            Self { protection: Protection::default(), limits }
        }

        fn ask(&mut self, user: &str, second: i64) -> Result<Admitted, Response> {
            let user = ("org".to_owned(), user.to_owned());
            self.protection.admit(&self.limits, user, START + Duration::seconds(second), Duration::seconds(1))
        }

        #[track_caller]
        fn check(&mut self, second: i64, expected: &str) {
            let shown = match self.ask("robot", second) {
                Ok(admitted) => {
                    let mut response = Response::empty(http::StatusCode::OK);
                    admitted.remaining.tell(&mut response);
                    let told = |name: &str| response.headers[name].to_str().unwrap().to_owned();
                    let left = told("x-ms-ratelimit-burst-remaining-xrm-requests");
                    format!("{left} {}", told("x-ms-ratelimit-time-remaining-xrm-requests"))
                }
                Err(refused) => {
                    let body: Value = serde_json::from_slice(&refused.body).unwrap();
                    let after = refused.headers["retry-after"].to_str().unwrap();
                    format!("{} {} {after}", refused.status.as_u16(), body["error"]["code"].as_str().unwrap())
                }
            };
            assert_eq!(shown, expected, "after {second} seconds");
        }
    }

    #[test]
    fn a_window_slides() {
        let mut gate = Gate::new(Limits { requests: 3, refused_count: false, ..Limits::default() });
        for (second, expected) in [
            (0, "2 1,199.00"),
            (100, "1 1,198.00"),
            (101, "0 1,197.00"),
            (120, "429 0x80072322 180"),
            (299, "429 0x80072322 1"),
            (300, "0 1,197.00"),
            (301, "429 0x80072322 99"),
            (401, "1 1,198.00"),
        ] {
            gate.check(second, expected);
        }
        assert!(gate.ask("somebody else", 302).is_ok());
    }

    #[test]
    fn who_goes_on_waits_longer() {
        let mut gate = Gate::new(Limits { requests: 2, ..Limits::default() });
        for (second, expected) in [
            (0, "1 1,199.00"),
            (100, "0 1,198.00"),
            (200, "429 0x80072322 100"),
            (300, "429 0x80072322 100"),
            (301, "429 0x80072322 199"),
            (601, "1 1,199.00"),
        ] {
            gate.check(second, expected);
        }
    }

    #[test]
    fn requests_at_once_are_those_that_are_not_answered() {
        let mut gate = Gate::new(Limits::default());
        let mut open: Vec<_> = (0..52).map(|_| gate.ask("robot", 0).unwrap()).collect();
        gate.check(0, "429 0x80072326 1");
        open.pop();
        gate.check(0, "5946 1,147.00");
    }

    #[test]
    fn the_time_that_requests_take_is_limited_too() {
        let mut gate = Gate::new(Limits { execution_milliseconds: 2000, ..Limits::default() });
        gate.check(0, "5999 1.00");
        gate.check(10, "5998 0.00");
        gate.check(20, "429 0x80072321 280");
        gate.check(300, "5997 0.00");
    }
}
