//! The id of a Power Platform environment: a GUID, or `Default-` and a GUID. It becomes part of host names, so that nothing else is one.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of an environment. Two that differ only in case or dashes are the same; each is shown as it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvironmentId(String);

impl EnvironmentId {
    /// Reads an environment id.
    ///
    /// # Errors
    /// What is wrong, as a predicate: `must be …`.
    pub fn parse(text: &str) -> Result<EnvironmentId, String> {
        let guid = match text.split_at_checked(8) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("default-") => rest,
            _ => text,
        };
        let what =
            "must be an environment id: a GUID such as 00000000-0000-0000-0000-000000000000, or Default- and a GUID";
        Uuid::try_parse(guid).map(|_| EnvironmentId(text.to_owned())).map_err(|_| what.to_owned())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its letters and digits in lower case: in this form it stands in hosts, and two are compared.
    pub(crate) fn letters(&self) -> String {
        self.0.chars().filter(|letter| *letter != '-').map(|letter| letter.to_ascii_lowercase()).collect()
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
        id.0
    }
}

impl fmt::Display for EnvironmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for EnvironmentId {
    fn eq(&self, other: &EnvironmentId) -> bool {
        self.letters() == other.letters()
    }
}

impl Eq for EnvironmentId {}

impl Hash for EnvironmentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.letters().hash(state);
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
        assert!(EnvironmentId::parse("Default-00000000-0000-0000-0000-000000000001").is_ok());
        for wrong in ["", "prod", "Default-", "Default-x", "12345678", "evil.example/x", "€"] {
            assert!(EnvironmentId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
