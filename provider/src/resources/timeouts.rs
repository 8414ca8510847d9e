//! How long an operation may take: the block `timeouts`.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::schema::{Attribute, Check, NestedBlock};
use tokio::time::Instant;

use crate::provider::Account;

/// The block as it is configured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Timeouts {
    create: Option<String>,
    read: Option<String>,
    update: Option<String>,
    delete: Option<String>,
}

const CHECK: &[Check] = &[Check::Format(is_duration)];

/// The block with its defaults, the same for every resource.
pub(crate) const TIMEOUTS: NestedBlock = NestedBlock::single(
    "timeouts",
    "How long an operation may take, as a duration such as `90s`, `10m` or `1h30m`. Changing only this writes \
     nothing.",
)
.attributes(&[
    Attribute::optional("create", &Type::String, "For creation. Defaults to `10m`.").check(CHECK),
    Attribute::optional("read", &Type::String, "For a refresh. Defaults to `5m`.").check(CHECK),
    Attribute::optional("update", &Type::String, "For a change in place. Defaults to `10m`.").check(CHECK),
    Attribute::optional("delete", &Type::String, "For removal. Defaults to `5m`.").check(CHECK),
]);

/// When an operation must give up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// The moment.
    pub(crate) at: Instant,
    allowed: Duration,
}

impl Deadline {
    fn after(text: Option<&String>, default: u64) -> Deadline {
        let configured = text.and_then(|text| duration(text).ok());
        let allowed = configured.unwrap_or(Duration::from_secs(default));
        Deadline { at: Instant::now() + allowed, allowed }
    }

    /// The same, but at most `limit` from now.
    pub(crate) fn at_most(self, limit: Duration) -> Deadline {
        let at = self.at.min(Instant::now() + limit);
        Deadline { at, ..self }
    }

    /// Waits for the next try; false when there is no time left for one, or the user asked to stop.
    pub(crate) async fn pause(&self, cx: &Context<Account>, duration: Duration) -> bool {
        let left = self.at.saturating_duration_since(Instant::now());
        !left.is_zero() && cx.pause(duration.min(left)).await.is_ok()
    }

    /// Carries out an operation that has nothing to clean up, and gives up on it in time.
    pub(crate) async fn limit<T>(
        self,
        operation: &str,
        work: impl Future<Output = Result<T, Diagnostic>>,
    ) -> Result<T, Diagnostic> {
        tokio::time::timeout_at(self.at, work).await.unwrap_or_else(|_| {
            let detail = format!("{operation} took longer than {}.", self.allowed());
            Err(Diagnostic::error("The time is up", detail)
                .hint("Raise the timeouts of the resource, or apply again later."))
        })
    }

    /// How long the operation was allowed to take, in words.
    pub(crate) fn allowed(&self) -> String {
        let seconds = self.allowed.as_secs();
        if seconds >= 120 && seconds.is_multiple_of(60) {
            format!("{} minutes", seconds / 60)
        } else {
            format!("{seconds} seconds")
        }
    }
}

/// The deadline of a creation.
pub(crate) fn create(timeouts: Option<&Timeouts>) -> Deadline {
    Deadline::after(timeouts.and_then(|timeouts| timeouts.create.as_ref()), 600)
}

/// The deadline of a change.
pub(crate) fn update(timeouts: Option<&Timeouts>) -> Deadline {
    Deadline::after(timeouts.and_then(|timeouts| timeouts.update.as_ref()), 600)
}

/// The deadline of a refresh.
pub(crate) fn read(timeouts: Option<&Timeouts>) -> Deadline {
    Deadline::after(timeouts.and_then(|timeouts| timeouts.read.as_ref()), 300)
}

/// The deadline of an action.
pub(crate) fn action(timeout: Option<&String>) -> Deadline {
    Deadline::after(timeout, 300)
}

/// The deadline of a removal.
pub(crate) fn delete(timeouts: Option<&Timeouts>) -> Deadline {
    Deadline::after(timeouts.and_then(|timeouts| timeouts.delete.as_ref()), 300)
}

pub(crate) fn is_duration(text: &str) -> Result<(), String> {
    duration(text).map(drop)
}

/// Reads Go's spelling of a duration, as Terraform's users write it.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || r#"must be a duration such as "90s", "10m" or "1h30m""#.to_owned();
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let (seconds, unit) = match rest.as_bytes() {
            [b'h', ..] => (3600, 1),
            [b'm', ..] => (60, 1),
            [b's', ..] => (1, 1),
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(seconds).filter(|seconds| *seconds <= 86_400).ok_or("must be at most a day")?;
        total += Duration::from_secs(part);
        rest = &rest[unit..];
    }
    if total.is_zero() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_terraform_s_users_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1h1m1s", 3661)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "10x", "-5m", "0s", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
