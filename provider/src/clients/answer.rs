//! An answer: JSON that is read into what is wanted of it, or an error.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::error::Error;
use super::refusal::{Refusal, refusal};

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The host that answered.
    pub host: String,
    /// Whether an earlier try of the same write may have been carried out.
    pub(super) uncertain: bool,
    /// Whether this is the success of a write: one that cannot be read is one all the same.
    pub(super) carried_out: bool,
}

impl Answer {
    /// The body, read into what is wanted of it.
    ///
    /// # Errors
    /// The body is no JSON: somebody else answered. Or it is JSON of another shape: the error names the place.
    pub fn read<T: DeserializeOwned>(&self, operation: &str) -> Result<T, Error> {
        // Some gateways write a byte-order mark before what they pass on.
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        let json = &mut serde_json::Deserializer::from_slice(body);
        serde_path_to_error::deserialize(json).map_err(|error| {
            let error = match error.inner().is_data() {
                true => Error::unexpected(operation, error.to_string()),
                false => self.not_json(operation),
            };
            error.after(self.carried_out)
        })
    }

    fn not_json(&self, operation: &str) -> Error {
        Error::not_the_service(operation, self.status.as_u16(), &String::from_utf8_lossy(&self.body))
    }

    /// The id by which the service's own people find the request.
    pub(super) fn request_id(&self) -> Option<String> {
        const NAMES: [&str; 4] =
            ["x-ms-request-id", "x-ms-service-request-id", "req_id", "x-ms-correlation-request-id"];
        NAMES.iter().find_map(|name| self.headers.get(*name)?.to_str().ok().map(str::to_owned))
    }

    /// The error that the answer is; `None` when it is none.
    pub(super) fn error(&self, operation: &str) -> Option<Error> {
        if self.status.is_success() {
            return None;
        }
        Some(self.refused(operation).after(self.uncertain))
    }

    fn refused(&self, operation: &str) -> Error {
        let Ok(json) = serde_json::from_slice::<Json>(&self.body) else {
            if self.body.is_empty() {
                let refusal = Refusal {
                    status: self.status.as_u16(),
                    message: self.status.canonical_reason().unwrap_or("an error without a message").to_owned(),
                    request_id: self.request_id(),
                    host: self.host.clone(),
                    ..Refusal::default()
                };
                return Error::refused(operation, refusal);
            }
            return self.not_json(operation);
        };
        match refusal(&json, self.status.as_u16(), self.request_id()) {
            Some(refusal) => Error::refused(operation, Refusal { host: self.host.clone(), ..refusal }),
            None => self.not_json(operation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_place_of_an_answer_leaves_only_a_write_s_outcome_open() {
        let read = |carried_out| {
            let (headers, body) = (HeaderMap::new(), Bytes::from_static(b"<html>"));
            let (host, uncertain) = ("a".to_owned(), false);
            let answer = Answer { status: StatusCode::OK, headers, body, host, uncertain, carried_out };
            answer.read::<Json>("asking").unwrap_err().outcome_unknown()
        };
        assert_eq!((read(true), read(false)), (true, false));
    }
}
