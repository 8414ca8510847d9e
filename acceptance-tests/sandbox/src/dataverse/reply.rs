//! What every answer of the Web API has in common: its headers, and how its dates are written.

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use time::OffsetDateTime;

use crate::exchange::Response;

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::json(status, body);
    header(&mut response, "content-type", "application/json; odata.metadata=minimal");
    header(&mut response, "odata-version", "4.0");
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::empty(status);
    header(&mut response, "odata-version", "4.0");
    response
}

/// Sets one header; a value that no header can hold is left out.
pub(crate) fn header(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers.insert(HeaderName::from_static(name), value);
    }
}

/// A point in time as Dataverse writes it: UTC, whole seconds.
pub(crate) fn date_time(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// How Dataverse spells a header inside a batch, where `http`'s lower-case names would be seen.
pub(crate) fn spelled(name: &HeaderName) -> String {
    match name.as_str() {
        "odata-entityid" => "OData-EntityId".to_owned(),
        "odata-version" => "OData-Version".to_owned(),
        "etag" => "ETag".to_owned(),
        other => other
            .split('-')
            .map(|word| {
                let mut letters = word.chars();
                letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
            })
            .collect::<Vec<_>>()
            .join("-"),
    }
}
