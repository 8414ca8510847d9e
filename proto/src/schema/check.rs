//! What a value must satisfy.

use crate::value::{Number, Value};

/// What a single value must satisfy.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Check {
    /// A text of at least `min` and at most `max` characters.
    Length {
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
    },
    /// A whole number between `min` and `max`, both included.
    Between {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A text that passes `test`; `words` completes the sentence "The value must …".
    Pattern {
        /// Whether a text is right.
        test: fn(&str) -> bool,
        /// What it must be, in words.
        words: &'static str,
    },
    /// A GUID, dashed or not.
    Uuid,
    /// An absolute `https` address.
    Url,
    /// A text that `parse` understands; its error is a sentence that says what is wrong.
    Format(fn(&str) -> Result<(), String>),
}

impl Check {
    /// What is wrong, as a predicate: "must be …"; nothing when all is well or the value is not known.
    pub(crate) fn broken_by(&self, value: &Value) -> Option<String> {
        let text = value.as_str();
        match self {
            Check::Length { min, max } => {
                let length = text?.chars().count();
                let words = match (min, max) {
                    (0, max) => format!("must have at most {max} characters and has {length}"),
                    (1, _) if length == 0 => "must not be empty".to_owned(),
                    (1, max) => format!("must have at most {max} characters and has {length}"),
                    (min, max) => format!("must have {min} to {max} characters and has {length}"),
                };
                (length < *min || length > *max).then_some(words)
            }
            Check::Between { min, max } => match value {
                Value::Number(number) if *number < Number::from(*min) || *number > Number::from(*max) => {
                    Some(format!("must be between {min} and {max}"))
                }
                Value::Number(number) if !number.is_integer() => Some("must be a whole number".to_owned()),
                _ => None,
            },
            Check::OneOf(allowed) => {
                let quoted: Vec<String> = allowed.iter().map(|allowed| format!("{allowed:?}")).collect();
                (!allowed.contains(&text?)).then(|| format!("must be one of {}", quoted.join(", ")))
            }
            Check::Pattern { test, words } => (!test(text?)).then(|| format!("must {words}")),
            Check::Uuid => {
                (!is_guid(text?)).then(|| "must be a GUID such as 8f6d5a1c-1111-4222-8333-444455556666".to_owned())
            }
            Check::Url => {
                let right = url::Url::parse(text?).is_ok_and(|url| url.scheme() == "https" && url.has_host());
                (!right).then(|| "must be an absolute address that begins with https://".to_owned())
            }
            Check::Format(parse) => parse(text?).err(),
        }
    }
}

/// Whether a text is a GUID as people write it. Braces and `urn:` are other things to every service.
fn is_guid(text: &str) -> bool {
    matches!(text.len(), 32 | 36) && uuid::Uuid::try_parse(text).is_ok()
}
