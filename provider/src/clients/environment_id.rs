//! The id of a Power Platform environment: a GUID, or `Default-` and a GUID. It becomes part of host names, so that nothing else is one.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::guid::guid;

/// The id of an environment. Two that differ only in case or dashes are the same; each is shown as it was written, and sent in one spelling.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvironmentId {
    written: String,
    is_default: bool,
    guid: Uuid,
}

impl EnvironmentId {
    /// Reads an environment id.
    ///
    /// # Errors
    /// What is wrong, as a predicate: `must be …`.
    pub fn parse(text: &str) -> Result<EnvironmentId, String> {
        let (is_default, digits) = match text.split_at_checked(8) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("default-") => (true, rest),
            _ => (false, text),
        };
        let what =
            "must be an environment id: a GUID such as 00000000-0000-0000-0000-000000000000, or Default- and a GUID";
        let guid = guid(digits).ok_or(what)?;
        Ok(EnvironmentId { written: text.to_owned(), is_default, guid })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// As services know it.
    pub(crate) fn sent(&self) -> String {
        format!("{}{}", if self.is_default { "Default-" } else { "" }, self.guid)
    }

    /// Its letters and digits in lower case: in this form it stands in hosts.
    pub(crate) fn letters(&self) -> String {
        format!("{}{}", if self.is_default { "default" } else { "" }, self.guid.simple())
    }
}

impl TryFrom<String> for EnvironmentId {
    type Error = String;

    fn try_from(text: String) -> Result<EnvironmentId, String> {
        EnvironmentId::parse(&text).map_err(|what| format!("{text:?} {what}"))
    }
}

impl From<EnvironmentId> for String {
    fn from(id: EnvironmentId) -> String {
        id.written
    }
}

impl fmt::Display for EnvironmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for EnvironmentId {
    fn eq(&self, other: &EnvironmentId) -> bool {
        (self.is_default, self.guid) == (other.is_default, other.guid)
    }
}

impl Eq for EnvironmentId {}

impl Hash for EnvironmentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.is_default, self.guid).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_id_is_a_guid_with_or_without_default() {
        let one = EnvironmentId::parse("AB12cd34-0000-4000-8000-00000000000F").unwrap();
        assert_eq!(one, EnvironmentId::parse("ab12cd34-0000-4000-8000-00000000000f").unwrap());
        assert_eq!(one.to_string(), "AB12cd34-0000-4000-8000-00000000000F", "it is shown as it was written");
        let undashed = EnvironmentId::parse("ab12cd3400004000800000000000000f").unwrap();
        assert_eq!((&one, one.sent()), (&undashed, "ab12cd34-0000-4000-8000-00000000000f".to_owned()));
        let default = EnvironmentId::parse("default-ab12cd3400004000800000000000000f").unwrap();
        assert_eq!(default.sent(), "Default-ab12cd34-0000-4000-8000-00000000000f");
        assert_ne!(default, one);
        assert!(EnvironmentId::parse("Default-00000000-0000-0000-0000-000000000001").is_ok());
        for wrong in [
            "",
            "prod",
            "Default-",
            "Default-x",
            "12345678",
            "evil.example/x",
            "€",
            "{ab12cd34-0000-4000-8000-00000000000f}",
        ] {
            assert!(EnvironmentId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
