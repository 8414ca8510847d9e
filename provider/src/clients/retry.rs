//! How often, and after how long, a request is tried again.

use std::time::Duration;

use azure_core::http::{ExponentialRetryOptions, RetryOptions};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often a request is tried at the most.
pub(super) const TRIES: u32 = 5;
/// After how long no further try is begun.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How long to wait after so many tries: what the service asked for, else ever longer.
pub(super) fn backoff(tries: u32, asked: Option<Duration>) -> Duration {
    asked.unwrap_or(Duration::from_millis(250 << tries.min(6))).min(MAX_WAIT)
}

/// Bounded tries for Microsoft's SDKs, whose own default goes on for more than a minute after a wrong authority.
pub(super) fn sdk_retry() -> RetryOptions {
    RetryOptions::exponential(ExponentialRetryOptions {
        max_retries: 3,
        max_total_elapsed: azure_core::time::Duration::seconds(20),
        ..ExponentialRetryOptions::default()
    })
}

/// How long the service wants us to wait: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (0.0..=3600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    }
    let then = time::OffsetDateTime::parse(value, &time::format_description::well_known::Rfc2822).ok()?;
    Some((then - time::OffsetDateTime::now_utc()).try_into().unwrap_or(Duration::ZERO))
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
    }
}
