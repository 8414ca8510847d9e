//! A service's own error, in the one envelope that all these services share.

use std::fmt;

use serde_json::Value as Json;

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

/// Reads the envelope that all these services share: `error` with `code`, `message`, and nested `details` or `innererror`.
pub(super) fn refusal(json: &Json, status: u16, request_id: Option<String>) -> Option<Refusal> {
    let error = json.get("error")?;
    let text = |json: &Json, name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut refusal = match error {
        // Entra's own shape.
        Json::String(code) => {
            Refusal { code: code.clone(), message: text(json, "error_description"), ..Refusal::default() }
        }
        error => Refusal { code: text(error, "code"), message: text(error, "message"), ..Refusal::default() },
    };
    (refusal.status, refusal.request_id) = (status, request_id);
    let mut inside: Vec<&Json> = vec![error];
    while let Some(outer) = inside.pop() {
        let nested = outer.get("details").and_then(Json::as_array).into_iter().flatten();
        for inner in nested.chain(outer.get("innererror").filter(|inner| inner.is_object())) {
            refusal.details.push((text(inner, "code"), text(inner, "message")));
            inside.push(inner);
        }
    }
    refusal.details.retain(|(code, message)| !code.is_empty() || !message.is_empty());
    Some(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_errors_are_all_kept() {
        let json = json!({"error": {"code": "ApiHubsRequestFailed", "message": "outer", "details": [
            {"code": "A", "message": "inner", "details": [{"code": "403", "message": "innermost"}]}]}});
        let refusal = refusal(&json, 400, None).unwrap();
        assert_eq!(refusal.to_string(), "HTTP 400 ApiHubsRequestFailed: outer (A: inner) (403: innermost)");
    }
}
