//! A service's own error, in the one envelope that all these services share.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::careful::at_most;

/// A service's own error. It has no `Debug`: what a service says may be what it was told in confidence.
#[derive(Clone, Default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// What is nested inside, outermost first.
    pub(super) details: Vec<(String, String)>,
    pub(super) request_id: Option<String>,
    /// The host that answered.
    pub(super) host: String,
}

impl Refusal {
    /// Whether these words are in what it says, whatever the case.
    pub(super) fn says(&self, words: &str) -> bool {
        let all = std::iter::once(&self.message).chain(self.details.iter().map(|(_, message)| message));
        all.into_iter().any(|message| message.to_ascii_lowercase().contains(words))
    }

    /// The same with every text of the service changed.
    pub(super) fn map(&self, change: impl Fn(&str) -> String) -> Refusal {
        Refusal {
            status: self.status,
            code: change(&self.code),
            message: change(&self.message),
            details: self.details.iter().map(|(code, message)| (change(code), change(message))).collect(),
            request_id: self.request_id.as_deref().map(change),
            host: self.host.clone(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        // Whose word it is that something is not there decides what it is worth.
        if self.status == 404 && !self.host.is_empty() {
            write!(f, " from {}", self.host)?;
        }
        let mut said = vec![self.message.as_str()];
        write!(f, ": {}", self.message)?;
        for (code, message) in &self.details {
            if !said.contains(&message.as_str()) {
                let colon = if code.is_empty() || message.is_empty() { "" } else { ": " };
                write!(f, " ({code}{colon}{message})")?;
                said.push(message);
            }
        }
        Ok(())
    }
}

/// As much is kept of what is nested, whatever a service says.
const MAX_DETAILS: usize = 100;
/// As long as an error may be.
const MAX_ERROR: usize = 1 << 20;

/// The envelope that all these services share; gateways before them write without it.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error_description: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

/// What an error says. A part of another shape says nothing.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Told<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
    #[serde(borrow)]
    innererror: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Details<'a>(#[serde(borrow, deserialize_with = "at_most::<_, _, MAX_DETAILS>")] Vec<&'a RawValue>);

fn read<'a, T: Deserialize<'a>>(json: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(json?.get()).ok()
}

/// Reads an error: `error` with `code`, `message`, and nested `details` or `innererror`. What is nested is read one level after the
/// other, so that its depth costs nothing.
pub(super) fn refusal(body: &[u8], status: u16, request_id: Option<String>) -> Option<Refusal> {
    if body.len() > MAX_ERROR {
        return None;
    }
    let whole: &RawValue = serde_json::from_slice(body).ok()?;
    let envelope: Envelope<'_> = serde_json::from_str(whole.get()).ok()?;
    let mut refusal = Refusal { status, request_id, ..Refusal::default() };
    let error = match envelope.error {
        Some(error) => error,
        None => read::<String>(envelope.message).map(|_| whole)?,
    };
    // Entra's own shape; what follows the first line are its ids.
    if let Some(code) = read(Some(error)) {
        let description: String = read(envelope.error_description).unwrap_or_default();
        let message = description.lines().next().unwrap_or_default().trim().to_owned();
        return Some(Refusal { code, message, ..refusal });
    }
    let mut inside = vec![error];
    let mut is_outermost = true;
    while let Some(told) = inside.pop() {
        let told: Told<'_> = read(Some(told)).unwrap_or_default();
        let said = (read(told.code).unwrap_or_default(), read(told.message).unwrap_or_default());
        match is_outermost {
            true => (refusal.code, refusal.message) = said,
            false => refusal.details.push(said),
        }
        is_outermost = false;
        if refusal.details.len() == MAX_DETAILS {
            break;
        }
        let details = read(told.details).map(|Details(details)| details);
        inside.extend(told.innererror.into_iter().chain(details.into_iter().flatten().rev()));
    }
    refusal.details.retain(|(code, message)| !code.is_empty() || !message.is_empty());
    Some(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<&str>) {
        let refusal = refusal(body.as_bytes(), 400, None);
        assert_eq!(refusal.map(|refusal| refusal.to_string()).as_deref(), expected, "{body:.80}");
    }

    #[test]
    fn nested_errors_are_all_kept() {
        check(
            r#"{"error": {"code": "ApiHubsRequestFailed", "message": "outer", "details": [
                {"code": "A", "message": "inner", "details": [{"code": "403", "message": "innermost"}]}, {"code": "B"}],
                "innererror": {"message": "more"}}}"#,
            Some("HTTP 400 ApiHubsRequestFailed: outer (A: inner) (403: innermost) (B) (more)"),
        );
        check(
            r#"{"error": "invalid_client", "error_description": "no\r\nTrace ID: 7"}"#,
            Some("HTTP 400 invalid_client: no"),
        );
    }

    #[test]
    fn what_is_of_another_shape_says_nothing() {
        check(r#"{"error": {"code": 7, "message": null, "details": {}, "innererror": []}}"#, Some("HTTP 400: "));
        check(r#"{"error": 7}"#, Some("HTTP 400: "));
        check(r#"{"statusCode": 401, "message": "no"}"#, Some("HTTP 400: no"));
        check(
            r#"{"code": "Forbidden", "message": "no", "innererror": {"code": "A", "message": "inner"}}"#,
            Some("HTTP 400 Forbidden: no (A: inner)"),
        );
        check(r#"{"message": 7}"#, None);
        check("{}", None);
        check("[]", None);
        check("<html>", None);
    }

    #[test]
    fn neither_depth_nor_number_nor_length_costs_more_than_it_is_worth() {
        let depth =
            |levels: usize| format!("{{\"error\":{}{}}}", "{\"innererror\":".repeat(levels), "}".repeat(levels));
        check(&depth(60_000).replace(":}", ":{}}"), Some("HTTP 400: "));
        let many = format!("{{\"error\":{{\"details\":[{}{{}}]}}}}", "{\"code\":\"A\"},".repeat(99));
        assert_eq!(refusal(many.as_bytes(), 400, None).unwrap().details.len(), 99);
        check(&format!("{{\"error\":\"{}\"}}", "a".repeat(MAX_ERROR)), None);
    }
}
