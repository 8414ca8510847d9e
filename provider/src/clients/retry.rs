//! How often, and after how long, a request is tried again.

use std::time::Duration;

use azure_core::http::RetryOptions;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

/// After how long no further try is begun, also where a service asks for a later one: but for the [gate](super::gate), which keeps
/// everybody from asking until then.
const PATIENCE: Duration = Duration::from_secs(120);
const MAX_WAIT: Duration = Duration::from_secs(60);
/// No service is left alone for longer, whatever it says: no operation may take longer.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How often a request is tried again at the most, unless somebody says otherwise.
pub const RETRIES: u32 = 4;

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries {
    begun: Instant,
    made: u32,
    retries: u32,
    patience: Duration,
}

impl Tries {
    /// The first of them is made now, and followed by so many at the most.
    pub(super) fn begin(retries: u32) -> Tries {
        Tries { begun: Instant::now(), made: 0, retries, patience: PATIENCE }
    }

    /// The same of which none is begun after so long, unless the service asks for its time: nobody else knows when it can be asked again.
    pub(super) fn within(self, patience: Duration) -> Tries {
        Tries { patience, ..self }
    }

    /// So long was waited for others: that is held against no request.
    pub(super) fn put_off(&mut self, waited: Duration) {
        self.begun += waited;
    }

    /// Whether there is a next one after another one was refused; the gate knows how long to wait for it.
    pub(super) fn another(&mut self) -> bool {
        self.made += 1;
        self.made <= self.retries
    }

    /// How long to wait for the next one after another one has failed, and the service has perhaps asked for a time; nothing when there is
    /// none.
    pub(super) fn again(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let is_another = self.another();
        let wait = backoff(self.made, asked);
        let patience = if asked.is_some() { PATIENCE } else { self.patience };
        let wait = (is_another && self.begun.elapsed() + wait <= patience).then_some(wait)?;
        tracing::debug!(tries = self.made, wait_ms = wait.as_millis() as u64, "Trying again");
        Some(wait)
    }
}

/// How long to wait after so many tries: what the service asked for, else ever longer.
fn backoff(tries: u32, asked: Option<Duration>) -> Duration {
    asked.unwrap_or(Duration::from_millis(250 << tries.min(6))).min(MAX_WAIT)
}

/// Microsoft's SDKs try nothing again: the connection that they are lent does.
pub(super) fn sdk_retry() -> RetryOptions {
    RetryOptions::none()
}

/// How long the service wants us to wait: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    asked_for(headers.get(RETRY_AFTER)?.to_str().ok()?)
}

/// The same of the header's text.
pub(super) fn asked_for(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).map_or(DAY, |asked| asked.min(DAY)));
    }
    let then = time::OffsetDateTime::parse(value, &time::format_description::well_known::Rfc2822).ok()?;
    Some((then - time::OffsetDateTime::now_utc()).try_into().map_or(Duration::ZERO, |asked: Duration| asked.min(DAY)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn a_service_may_say_how_long_to_wait() {
        let wait = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            retry_after(&headers)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("Mon, 01 Jan 2001 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
        for more_than_a_day in ["86401", "1e300", "inf", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(wait(more_than_a_day), Some(DAY));
        }
    }

    #[test]
    fn tries_end_with_their_number_and_with_the_time() {
        let waits = |retries, patience| {
            let mut tries = Tries::begin(retries).within(Duration::from_secs(patience));
            let waits: Vec<u128> = std::iter::from_fn(|| tries.again(None)).map(|wait| wait.as_millis()).collect();
            waits
        };
        assert_eq!(waits(RETRIES, 120), [500, 1000, 2000, 4000]);
        assert_eq!(waits(0, 120), []);
        // The waits themselves are not waited for here.
        assert_eq!(waits(10, 5), [500, 1000, 2000, 4000]);
        assert_eq!(Tries::begin(1).again(Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(Tries::begin(1).within(Duration::from_secs(5)).again(seconds(30)), seconds(30), "its own wish");
        let begun = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        let of_before = || Tries { begun, ..Tries::begin(1) };
        assert_eq!(of_before().again(seconds(30)), None, "two minutes are the end");
        let mut put_off = of_before();
        put_off.put_off(Duration::from_secs(11));
        assert_eq!(put_off.again(seconds(30)), seconds(30), "what was waited for others does not count");
        let mut refused = of_before();
        assert_eq!([refused.another(), refused.another()], [true, false]);
    }
}
