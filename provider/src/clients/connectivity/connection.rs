//! A connection as the service tells of it, and what its statuses mean.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::request::WITH_RUN_OWNER;
use crate::clients::careful::{at_most, fitting};
use crate::clients::secrets::Secrets;
use crate::clients::trace::Trace;

/// A connection as the service tells of it. What it does not tell is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The id: the service calls it the name.
    pub id: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// How it is.
    pub statuses: Vec<Status>,
    /// The credential.
    pub credential_id: Option<Uuid>,
    /// The expression that names the user.
    pub username: Option<String>,
    /// The machine group.
    pub machine_group_id: Option<Uuid>,
    /// The name of the set of its parameters.
    pub parameter_set: Option<String>,
    /// The application that owns runs.
    pub run_owner_client_id: Option<String>,
    /// The object id of whoever made it.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_on: Option<OffsetDateTime>,
    /// By what the request is found again that this is the answer to; none of one that came in a list.
    pub trace: Option<Trace>,
}

/// Which parts of a connection were told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told([bool; 8]);

impl Told {
    /// What either tells.
    pub(super) fn and(self, other: Told) -> Told {
        Told(std::array::from_fn(|part| self.0[part] || other.0[part]))
    }

    /// Whether all of this is told, and possibly more.
    pub(super) fn holds(self, other: Told) -> bool {
        self.and(other) == self
    }
}

/// One status of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// `Connected`, `Error`, …
    pub status: String,
    /// What it is about.
    pub target: Option<String>,
    /// Why it is not connected.
    pub error: Option<StatusError>,
}

/// Why a connection does not work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatusError {
    /// The service's code.
    #[serde(default)]
    pub code: String,
    /// The service's words.
    #[serde(default)]
    pub message: String,
}

/// The status of a connection that works.
pub const CONNECTED: &str = "Connected";

/// Whether a status says that the connection has failed, which time alone does not mend.
pub fn is_failure(status: &str) -> bool {
    ["error", "unauthenticated"].iter().any(|failure| status.eq_ignore_ascii_case(failure))
}

impl Status {
    fn is_connected(&self) -> bool {
        self.status.eq_ignore_ascii_case(CONNECTED)
    }

    fn is_failed(&self) -> bool {
        is_failure(&self.status) || self.error.is_some()
    }

    /// The word for it; an error inside outweighs what stands outside.
    fn word(&self) -> &str {
        if self.is_failed() && !is_failure(&self.status) { "Error" } else { &self.status }
    }
}

impl Connection {
    /// The one word for all statuses: that of the first that has failed, else of the first that is not connected yet, else
    /// `Connected`. `Unknown` when the service says nothing.
    pub fn status(&self) -> &str {
        let failed = self.statuses.iter().find(|status| status.is_failed());
        let first = failed.or_else(|| self.statuses.iter().find(|status| !status.is_connected()));
        first.or(self.statuses.first()).map_or("Unknown", Status::word)
    }

    /// Whether the service says that it has failed, which time alone does not mend. A service that says nothing does not say that.
    pub fn is_failed(&self) -> bool {
        self.statuses.iter().any(Status::is_failed)
    }

    /// Whether time will still tell: it has not failed, and is not connected.
    pub fn is_on_its_way(&self) -> bool {
        !self.is_failed() && self.statuses.iter().any(|status| !status.is_connected())
    }

    /// Which parts of it were told.
    pub(super) fn told(&self) -> Told {
        let has_run_owner = self.parameter_set.as_ref().is_some_and(|set| set == WITH_RUN_OWNER);
        Told([
            self.display_name.is_some(),
            !self.statuses.is_empty(),
            self.credential_id.is_some(),
            self.username.is_some(),
            self.machine_group_id.is_some(),
            self.parameter_set.is_some() && (!has_run_owner || self.run_owner_client_id.is_some()),
            self.created_by.is_some(),
            self.created_on.is_some(),
        ])
    }

    /// The connection, with what was said of it before where nothing is said now.
    #[must_use]
    pub(super) fn or(self, before: Connection) -> Connection {
        Connection {
            id: self.id,
            display_name: self.display_name.or(before.display_name),
            statuses: self.statuses,
            credential_id: self.credential_id.or(before.credential_id),
            username: self.username.or(before.username),
            machine_group_id: self.machine_group_id.or(before.machine_group_id),
            parameter_set: self.parameter_set.or(before.parameter_set),
            run_owner_client_id: self.run_owner_client_id.or(before.run_owner_client_id),
            created_by: self.created_by.or(before.created_by),
            created_on: self.created_on.or(before.created_on),
            trace: self.trace,
        }
    }

    /// Why it does not work, if the service gives a reason.
    pub fn reason(&self) -> Option<String> {
        self.statuses.iter().any(|status| status.error.is_some()).then(|| self.failure())
    }

    /// Why it does not work, in the service's words; without a reason, how it is.
    pub fn failure(&self) -> String {
        let words = |status: &Status| match &status.error {
            Some(error) if error.code.is_empty() => format!("{}: {}", status.status, error.message),
            Some(error) => format!("{} ({}): {}", status.status, error.code, error.message),
            None => status.status.clone(),
        };
        let unwell = self.statuses.iter().filter(|status| status.is_failed() || !status.is_connected());
        unwell.map(words).collect::<Vec<_>>().join("; ")
    }
}

impl Status {
    /// The same without secrets; the words that something rests on are none.
    fn redacted(self, secrets: &Secrets) -> Status {
        let is_word = self.is_connected() || is_failure(&self.status);
        let error = self.error.map(|StatusError { code, message }| StatusError {
            code: secrets.redact(&code),
            message: secrets.redact(&message),
        });
        Status { status: if is_word { self.status } else { secrets.redact(&self.status) }, error, ..self }
    }
}

/// A connection on the wire.
#[derive(Deserialize)]
pub(super) struct Wire {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    display_name: Option<String>,
    #[serde(deserialize_with = "at_most::<_, _, 100>", default)]
    statuses: Vec<Status>,
    credential_id: Option<String>,
    #[serde(deserialize_with = "fitting", default)]
    connection_parameters_set: Option<Parameters>,
    #[serde(deserialize_with = "fitting", default)]
    created_by: Option<Maker>,
    created_time: Option<String>,
}

#[derive(Deserialize)]
struct Parameters {
    name: Option<String>,
    #[serde(deserialize_with = "fitting", default)]
    values: Option<Values>,
}

/// The values that are no secret.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Values {
    #[serde(deserialize_with = "fitting")]
    username: Option<Value>,
    #[serde(rename = "targetId", deserialize_with = "fitting")]
    target_id: Option<Value>,
    #[serde(rename = "tokenRunOwnerCert:clientId", deserialize_with = "fitting")]
    client_id: Option<Value>,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

#[derive(Deserialize)]
struct Maker {
    id: String,
}

impl Wire {
    /// What it tells; a status may say again what was told in confidence.
    pub(super) fn read(self, secrets: &Secrets) -> Connection {
        let Wire { name, properties } = self;
        let (parameter_set, values) =
            properties.connection_parameters_set.map(|set| (set.name, set.values)).unwrap_or_default();
        let values = values.unwrap_or_default();
        // An empty text tells nothing.
        let text = |value: Option<Value>| value.map(|value| value.value).filter(|text| !text.is_empty());
        Connection {
            id: name,
            parameter_set,
            username: text(values.username),
            machine_group_id: text(values.target_id).and_then(|id| id.parse().ok()),
            run_owner_client_id: text(values.client_id),
            display_name: properties.display_name.filter(|name| !name.is_empty()),
            statuses: properties.statuses.into_iter().map(|status| status.redacted(secrets)).collect(),
            credential_id: properties.credential_id.and_then(|id| id.parse().ok()),
            created_by: properties.created_by.map(|maker| maker.id),
            created_on: properties.created_time.and_then(|time| OffsetDateTime::parse(&time, &Rfc3339).ok()),
            trace: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[track_caller]
    fn check(statuses: Json, status: &str, is_failed: bool, is_on_its_way: bool) -> Connection {
        let wire = json!({"name": "c", "properties": {"statuses": statuses}}).to_string();
        let wire: Wire = serde_json::from_str(&wire).unwrap();
        let read = wire.read(&Secrets::default());
        assert_eq!((read.status(), read.is_failed(), read.is_on_its_way()), (status, is_failed, is_on_its_way));
        assert_eq!(is_failure(read.status()), is_failed, "the word alone tells as much");
        read
    }

    #[test]
    fn a_status_tells_whether_a_connection_works() {
        check(json!([{"status": "Connected"}]), "Connected", false, false);
        check(json!([{"status": "connected"}, {"status": "Connecting"}]), "Connecting", false, true);
        check(json!([]), "Unknown", false, false);
        check(json!([{"status": "Connecting"}, {"status": "Unauthenticated"}]), "Unauthenticated", true, false);
        let failed =
            check(json!([{"status": "Error", "error": {"code": "401", "message": "no"}}]), "Error", true, false);
        assert_eq!(failed.failure(), "Error (401): no");
        assert_eq!(failed.reason(), Some(failed.failure()));
        let failed = check(json!([{"status": "Error"}]), "Error", true, false);
        assert_eq!((failed.failure(), failed.reason()), ("Error".to_owned(), None));
        let failed = check(json!([{"status": "Connected", "error": {"message": "no"}}]), "Error", true, false);
        assert_eq!(failed.failure(), "Connected: no");
    }
}
