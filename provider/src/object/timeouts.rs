//! How long an operation may take: the block `timeouts`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tfplugin::{Attribute, Check, NestedBlock, Type};
use tokio::time::Instant;

use super::verb::Verb;

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
    "How long an operation may take, as a duration such as `90s`, `10m` or `1h30m`. Changing only this writes nothing.",
)
.attributes(&[
    Attribute::optional("create", &Type::String, "For creation. Defaults to `10m`, at most `24h`.").check(CHECK),
    Attribute::optional("read", &Type::String, "For a refresh. Defaults to `5m`, at most `24h`.").check(CHECK),
    Attribute::optional("update", &Type::String, "For a change in place. Defaults to `10m`, at most `24h`.")
        .check(CHECK),
    Attribute::optional("delete", &Type::String, "For removal. Defaults to `5m`, at most `24h`.").check(CHECK),
]);

/// When an operation must give up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// The moment.
    pub(crate) at: Instant,
    pub(super) allowed: Duration,
}

impl Deadline {
    /// When an operation must be done, by what is configured or else by the defaults that the block's sentences state.
    pub(crate) fn of(verb: Verb, timeouts: Option<&Timeouts>) -> Deadline {
        let configured = timeouts.and_then(|timeouts| match verb {
            Verb::Create => timeouts.create.as_deref(),
            Verb::Change => timeouts.update.as_deref(),
            Verb::Delete => timeouts.delete.as_deref(),
            Verb::Read | Verb::LookUp | Verb::List | Verb::Plan => timeouts.read.as_deref(),
        });
        let default = if matches!(verb, Verb::Create | Verb::Change) { "10m" } else { "5m" };
        Deadline::after(configured, default)
    }

    /// So long from now, unless something else is configured.
    pub(crate) fn after(configured: Option<&str>, default: &str) -> Deadline {
        let configured = configured.and_then(|text| duration(text).ok());
        let allowed = configured.or_else(|| duration(default).ok()).expect("a default is a duration");
        Deadline { at: Instant::now() + allowed, allowed }
    }

    /// How long to wait for the next try, at most so long; nothing when there is no time left for one.
    pub(super) fn pause(self, at_most: Duration) -> Option<Duration> {
        let pause = at_most.min(self.last_try().saturating_duration_since(Instant::now()));
        (!pause.is_zero()).then_some(pause)
    }

    /// When the last try has to begin: it keeps a tenth of the time for its answer.
    pub(crate) fn last_try(self) -> Instant {
        self.at - (self.allowed / 10).min(Duration::from_secs(10))
    }

    /// How long the operation was allowed to take, in words.
    pub(crate) fn allowed(&self) -> String {
        in_words(self.allowed)
    }
}

/// So long, in words.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        1 => "1 second".to_owned(),
        120.. if seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}

/// So long, as users write it.
pub(crate) fn spelled(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

/// What is wrong with a duration.
pub(crate) fn is_duration(text: &str) -> std::result::Result<(), String> {
    duration(text).map(drop)
}

/// What is wrong with a duration that may also be none at all: `0s`.
pub(crate) fn is_patience(text: &str) -> std::result::Result<(), String> {
    patience(text).map(drop)
}

/// Reads a duration that may also be none at all.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn patience(text: &str) -> std::result::Result<Duration, String> {
    if text == "0s" { Ok(Duration::ZERO) } else { duration(text) }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Reads Go's spelling of a duration, as Terraform's users write it.
fn duration(text: &str) -> std::result::Result<Duration, String> {
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
        let part = number.checked_mul(seconds).map(Duration::from_secs);
        total = part
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= DAY)
            .ok_or("must be at most a day")?;
        rest = &rest[unit..];
    }
    if total.is_zero() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_terraform_s_users_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1h1m1s", 3661), ("24h", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["10m", "1h30m", "1h1m1s", "24h", "59s"] {
            assert_eq!(duration(text).map(spelled), Ok(text.to_owned()));
        }
        assert_eq!((patience("0s"), patience("2m")), (Ok(Duration::ZERO), Ok(Duration::from_secs(120))));
        for text in ["", "10", "m", "10x", "-5m", "0s", "99999999999999999999s", "24h24h24h", "24h1s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_sentences_state_the_defaults() {
        let allowed = |verb| Deadline::of(verb, None).allowed;
        let verbs =
            [("create", Verb::Create), ("read", Verb::Read), ("update", Verb::Change), ("delete", Verb::Delete)];
        for ((name, verb), attribute) in verbs.into_iter().zip(TIMEOUTS.block.attributes) {
            let stated = attribute.description.split('`').nth(1).expect("the default is stated");
            assert_eq!((attribute.name, duration(stated)), (name, Ok(allowed(verb))));
        }
    }
}
