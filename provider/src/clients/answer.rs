//! An answer: JSON that is read into what is wanted of it, or an error.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, WWW_AUTHENTICATE};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::OwnedSemaphorePermit;

use super::challenge::Challenge;
use super::error::{Error, Page};
use super::refusal::{Refusal, refusal};
use super::secrets::Secrets;
use super::trace::Trace;

/// As much is looked at of what is not the service's.
const PAGE: usize = 16 << 10;

/// What came back. It has no `Debug`: a service may say again what it was told in confidence.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The host that answered.
    pub host: String,
    /// By what the request is found again.
    pub(super) trace: Option<Trace>,
    /// What no error may show of it.
    pub(super) secrets: Arc<Secrets>,
    /// Whether an earlier try of the same write may have been carried out.
    pub(super) uncertain: bool,
    /// Whether this is the success of a write: one that cannot be read is one all the same.
    pub(super) carried_out: bool,
    /// The leave to be large, as long as it lasts.
    pub(super) _leave: Option<Arc<OwnedSemaphorePermit>>,
}

impl Answer {
    /// An answer of which nothing else is known.
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes, secrets: &Arc<Secrets>) -> Answer {
        let (host, secrets) = (String::new(), Arc::clone(secrets));
        Answer { status, headers, body, host, trace: None, secrets, uncertain: false, carried_out: false, _leave: None }
    }

    /// The body, read into what is wanted of it.
    ///
    /// # Errors
    /// The body is no JSON: somebody else answered. Or it is JSON of another shape: the error names the place.
    pub fn read<'a, T: Deserialize<'a>>(&'a self, operation: &str) -> Result<T, Error> {
        let json = &mut serde_json::Deserializer::from_slice(self.json());
        serde_path_to_error::deserialize(json).map_err(|error| {
            let error = match error.inner().is_data() {
                true => Error::unexpected(operation, self.secrets.redact(&error.to_string())),
                false => self.not_json(operation),
            };
            error.of(self.trace.as_ref()).of_read(!self.carried_out).after(self.carried_out)
        })
    }

    /// Holds that it is the service's: it says nothing, or says it in JSON. A page may have come of anything.
    ///
    /// # Errors
    /// Somebody else answered.
    pub(super) fn expect_own(&self, operation: &str) -> Result<(), Error> {
        if self.body.is_empty() { Ok(()) } else { self.read::<IgnoredAny>(operation).map(drop) }
    }

    /// The body without the byte-order mark that some gateways write before what they pass on.
    fn json(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }

    fn not_json(&self, operation: &str) -> Error {
        let beginning = &self.body[..self.body.len().min(PAGE)];
        let page = String::from_utf8_lossy(beginning);
        let location = self.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let location = location.filter(|_| self.status.is_redirection());
        Error::not_the_service(operation, self.status.as_u16(), Page { text: &page, location }, &self.secrets)
    }

    /// The id by which the service's own people find the request.
    pub(super) fn request_id(&self) -> Option<String> {
        const NAMES: [&str; 4] =
            ["x-ms-request-id", "x-ms-service-request-id", "req_id", "x-ms-correlation-request-id"];
        // What merely says ours again is told already.
        let ours = self.trace.as_ref().map(Trace::correlation_id);
        let ids = NAMES.iter().filter_map(|name| self.headers.get(*name)?.to_str().ok());
        ids.map(str::to_owned).find(|id| Some(id.as_str()) != ours)
    }

    /// What the service wants the next token to be asked for with.
    pub(super) fn challenge(&self) -> Option<Challenge> {
        self.headers.get_all(WWW_AUTHENTICATE).iter().find_map(|header| Challenge::of(header.to_str().ok()?))
    }

    /// The error that the answer is; `None` when it is none.
    pub(super) fn error(&self, operation: &str) -> Option<Error> {
        if self.status.is_success() {
            return None;
        }
        Some(self.refused(operation).after(self.uncertain))
    }

    /// The error that it is, be its status what it may.
    pub(super) fn refused(&self, operation: &str) -> Error {
        let status = self.status.as_u16();
        let silent = || Refusal {
            status,
            message: self.status.canonical_reason().unwrap_or("an error without a message").to_owned(),
            request_id: self.request_id(),
            ..Refusal::default()
        };
        let heard = match self.body.is_empty() {
            _ if self.status.is_redirection() => None,
            true => Some(silent()),
            false => refusal(self.json(), status, self.request_id()),
        };
        let error = match heard {
            Some(heard) => Error::refused(operation, Refusal { host: self.host.clone(), ..heard }, &self.secrets),
            None => self.not_json(operation),
        };
        error.of(self.trace.as_ref())
    }
}

/// Whether an answer that begins so is a page, or leads to one: these services answer in JSON or with nothing, and lead nowhere.
pub(super) fn leads_to_a_page(status: StatusCode, kind: Option<&str>) -> bool {
    let is_html = kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    status.is_redirection() || is_html
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderName;

    fn answer(status: StatusCode, body: &'static str) -> Answer {
        Answer::new(status, HeaderMap::new(), Bytes::from_static(body.as_bytes()), &Arc::default())
    }

    #[test]
    fn a_page_in_place_of_an_answer_leaves_only_a_write_s_outcome_open() {
        let read = |carried_out| {
            let answer = Answer { carried_out, ..answer(StatusCode::OK, "<html>") };
            answer.read::<u8>("asking").unwrap_err().outcome_unknown()
        };
        assert_eq!((read(true), read(false)), (true, false));
        let removed = |body| Answer { carried_out: true, ..answer(StatusCode::OK, body) }.expect_own("removing");
        assert!(removed("").is_ok() && removed("{}").is_ok());
        assert!(removed("<html>").unwrap_err().outcome_unknown());
    }

    #[test]
    fn an_answer_that_leads_elsewhere_is_somebody_else_s_and_says_where() {
        let mut led = answer(StatusCode::FOUND, "");
        let told = |led: &Answer| led.error("asking").unwrap().to_string();
        assert!(told(&led).ends_with(
            "not the service's: a proxy or a firewall probably answered in its place. It begins with: nothing"
        ));
        for (location, origin) in
            [("https://portal.example/login?user=me", "https://portal.example"), ("/login", "another page")]
        {
            led.headers.insert(LOCATION, location.parse().unwrap());
            assert!(told(&led).ends_with(&format!(" and leads to {origin}")), "{}", told(&led));
        }
        let kind = |status, kind| leads_to_a_page(status, Some(kind));
        assert!(kind(StatusCode::OK, "Text/HTML; charset=utf-8") && kind(StatusCode::FOUND, "application/json"));
        assert!(!kind(StatusCode::FORBIDDEN, "application/json") && !leads_to_a_page(StatusCode::NO_CONTENT, None));
    }

    #[test]
    fn an_id_that_is_ours_is_not_the_service_s() {
        let trace = crate::clients::trace::Run::named("build 4711").unwrap().request();
        let mut refused = Answer { trace: Some(trace), ..answer(StatusCode::FORBIDDEN, "") };
        let header = HeaderName::from_static("x-ms-correlation-request-id");
        refused.headers.insert(header.clone(), "build 4711".parse().unwrap());
        assert_eq!(refused.request_id(), None);
        refused.headers.insert(header, "theirs".parse().unwrap());
        let ids = refused.error("asking").unwrap().found_by().unwrap();
        assert!(
            ids.starts_with("request id theirs, client request id ") && ids.ends_with(", correlation id build 4711"),
            "{ids}"
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_an_error() {
        let error = answer(StatusCode::BAD_REQUEST, "\u{feff}{\"error\":{\"code\":\"A\",\"message\":\"no\"}}");
        assert_eq!(error.error("asking").unwrap().code(), Some("A"));
    }

    #[test]
    fn what_does_not_fit_is_not_shown_when_it_is_secret() {
        let answer = answer(StatusCode::OK, "\"hunter2hunter2\"");
        answer.secrets.remember("hunter2hunter2");
        let error = answer.read::<u8>("asking").unwrap_err().to_string();
        assert!(error.contains("invalid type") && !error.contains("hunter2"), "{error}");
    }
}
