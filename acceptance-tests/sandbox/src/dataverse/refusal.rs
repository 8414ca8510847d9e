//! The errors of the Web API: status, code and message in the envelope that Dataverse uses.
//!
//! Where a text is not from a document or a report it says so by the words "the sandbox".
//! Envelope and statuses:
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors>.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::exchange::Response;

use super::privileges::{Privilege, Verb};
use super::protection::Limits;
use super::reply;
use super::tables::Table;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// 400 with the code that most errors in a query or payload carry.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "0x80060888", message)
    }

    /// 400 for a body that the OData reader does not accept.
    pub(crate) fn payload(set: &str, reason: impl std::fmt::Display) -> Self {
        let message = format!(
            "Error identified in Payload provided by the user for Entity :'{set}'.  ----> InnerException : \
             Microsoft.OData.ODataException: {reason}"
        );
        Self::new(StatusCode::BAD_REQUEST, "0x80048d19", message)
    }

    /// 400 for an argument that the platform does not accept.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "0x80040203", message)
    }

    /// 404 for a row that is not there.
    pub(crate) fn no_row(logical: &str, id: Uuid) -> Self {
        Self::new(StatusCode::NOT_FOUND, "0x80040217", format!("Entity '{logical}' With Id = {id} Does Not Exist"))
    }

    /// 404 for a table, function or action that is not there, or that is not emulated.
    pub(crate) fn no_segment(segment: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "0x8006088a",
            format!("Resource not found for the segment '{segment}'. (The sandbox does not know '{segment}'.)"),
        )
    }

    /// 501 for what the service knows and the sandbox does not emulate.
    pub(crate) fn unknown(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotEmulated", format!("The sandbox does not know {what}."))
    }

    /// 400 for a column that a table does not have.
    pub(crate) fn no_property(name: &str, logical: &str) -> Self {
        Self::bad(format!("Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{logical}'."))
    }

    /// 412 for a row with this key.
    pub(crate) fn duplicate(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "0x80040237", message)
    }

    /// 403 for a privilege that does not reach the row.
    pub(crate) fn no_access(user: Uuid, verb: Verb, table: &Table, id: Uuid) -> Self {
        let message = format!(
            "Principal with id {user} does not have {verb:?}Access right(s) for record with id {id} of entity {}.",
            table.label
        );
        Self::new(StatusCode::FORBIDDEN, "0x80048306", message)
    }

    /// 403 for a privilege that no role of the user gives; how many roles there are, and privileges in them, is told along.
    pub(crate) fn no_privilege(user: Uuid, held: (usize, usize), privilege: Privilege, table: &Table) -> Self {
        let (roles, privileges) = held;
        let message = format!(
            "Principal user (Id={user}, type=8, roleCount={roles}, privilegeCount={privileges}, accessMode=0), is missing {privilege} \
             privilege (Id={}) on OTC={} for entity '{}' (LocalizedName='{}'). context.Caller={user}",
            privilege.id(),
            table.object_type_code,
            table.logical,
            table.label
        );
        Self::new(StatusCode::FORBIDDEN, "0x80040220", message)
    }

    /// 403 for a user who has no role at all.
    pub(crate) fn no_role(user: Uuid, privilege: Privilege) -> Self {
        let message = format!(
            "RetrievePrivilegeForUser: The user with id {user} has not been assigned any roles. They need a role with the {privilege} \
             privilege."
        );
        Self::new(StatusCode::FORBIDDEN, "0x80042f09", message)
    }

    /// 403 for an owner to be who could not even read the row.
    pub(crate) fn no_owner(owner: Uuid, privilege: Privilege, table: &Table) -> Self {
        let message = format!(
            "Read Privilege Check For Owner failed with exception: Principal user (Id={owner}, type=8) is missing {privilege} privilege \
             (Id={}) on OTC={} for entity '{}'",
            privilege.id(),
            table.object_type_code,
            table.logical
        );
        Self::new(StatusCode::FORBIDDEN, "0x80040220", message)
    }

    pub(crate) fn into_response(self) -> Response {
        reply::json(self.status, &json!({ "error": { "code": self.code, "message": self.message } }))
    }
}

/// Which of the three service protection limits was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Requests in 300 seconds.
    Requests,
    /// Combined execution time in 300 seconds.
    ExecutionTime,
    /// Requests at once.
    Concurrency,
}

/// The answer of a Dataverse that protects itself: 429 with `Retry-After` in seconds.
///
/// <https://learn.microsoft.com/power-apps/developer/data-platform/api-limits>
pub(crate) fn throttled(limit: Limit, retry_after_seconds: u64) -> Response {
    protected(&Limits::default(), limit, retry_after_seconds)
}

/// The same where the limits are these.
pub(crate) fn protected(limits: &Limits, limit: Limit, retry_after_seconds: u64) -> Response {
    let Limits { requests, window_seconds, execution_milliseconds, at_once, .. } = limits;
    let (code, message) = match limit {
        Limit::Requests => (
            "0x80072322",
            format!(
                "Number of requests exceeded the limit of {requests} over time window of {window_seconds} seconds."
            ),
        ),
        Limit::ExecutionTime => (
            "0x80072321",
            format!(
                "Combined execution time of incoming requests exceeded limit of {execution_milliseconds} milliseconds over time \
                 window of {window_seconds} seconds. Decrease number of concurrent requests or reduce the duration of requests and try \
                 again later."
            ),
        ),
        Limit::Concurrency => ("0x80072326", format!("Number of concurrent requests exceeded the limit of {at_once}.")),
    };
    let mut response = Refusal::new(StatusCode::TOO_MANY_REQUESTS, code, message).into_response();
    reply::header(&mut response, "retry-after", &retry_after_seconds.to_string());
    response
}
