//! Claims challenges: a service takes a token no longer, and wants one that was asked for with these claims.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/claims-challenge>. For applications only Microsoft Graph does this today
//! (<https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation-workload>): that any other
//! service would do it likewise is inferred; that a vault would say it in this form, and name no resource, the tests of Azure's SDK for
//! Python show. What the body says is what Graph says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::world::{Caller, World};

/// What a service wants of a token before it takes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimsChallenge {
    /// For whom the tokens are.
    pub audience: String,
    /// The claims that have to be asked for: `{"access_token": {…}}`.
    pub claims: Value,
    /// Whose tokens; anybody's when left out.
    #[serde(default)]
    pub app_id: Option<String>,
}

impl World {
    /// From now on tokens for this audience are taken only when they were asked for with exactly these claims.
    pub fn challenge(&mut self, challenge: ClaimsChallenge) {
        self.challenges.push(challenge);
    }

    /// Wants no claims any more.
    pub fn clear_challenges(&mut self) {
        self.challenges.clear();
    }

    /// The challenge of an audience that the claims which were asked for do not meet.
    pub(super) fn unmet_challenge(&self, audience: &str, caller: &Caller, asked: &Value) -> Option<&ClaimsChallenge> {
        let (asked, is_capable) = without_capabilities(asked);
        self.challenges.iter().find(|one| {
            one.audience.trim_end_matches('/') == audience
                && one.app_id.as_deref().is_none_or(|id| id.eq_ignore_ascii_case(&caller.app_id))
                && without_capabilities(&one.claims).0 != asked
                && (is_capable || !self.switches().entra.challenges_capable_only)
        })
    }
}

impl ClaimsChallenge {
    /// The header that says so.
    pub(super) fn header(&self, authority: &str) -> String {
        format!(
            "Bearer realm=\"\", authorization_uri=\"https://{authority}/common/oauth2/authorize\", error=\"insufficient_claims\", \
             claims=\"{}\"",
            STANDARD.encode(self.claims.to_string())
        )
    }
}

/// The claims that a token request asks for.
pub(super) fn asked(field: Option<&String>) -> Result<Value, Refusal> {
    let Some(text) = field else { return Ok(Value::Null) };
    let claims = serde_json::from_str::<Map<String, Value>>(text);
    claims.map(Value::Object).map_err(|error| {
        let words = format!("The parameter 'claims' is empty or not valid. (The sandbox: {error}.)");
        Refusal::new("invalid_request", 90_100, words)
    })
}

/// Whether the claims tell that the client understands challenges, and the rest of them.
fn without_capabilities(claims: &Value) -> (Value, bool) {
    let mut rest = claims.clone();
    let mut told = None;
    if let Some(token) = rest.get_mut("access_token").and_then(Value::as_object_mut) {
        told = token.remove("xms_cc");
        if token.is_empty() {
            rest = Value::Null;
        }
    }
    (rest, told.is_some_and(|told| capabilities(&told).any(|one| one.eq_ignore_ascii_case("cp1"))))
}

fn capabilities(told: &Value) -> impl Iterator<Item = &str> {
    told["values"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// What a token tells of the client: that it understands challenges.
pub(super) fn is_capable(claims: &Value) -> bool {
    without_capabilities(claims).1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_capability_may_stand_beside_what_is_asked_for() {
        let challenge = json!({"access_token": {"nbf": {"essential": true, "value": "1"}}});
        let merged = json!({"access_token": {"xms_cc": {"values": ["CP1"]}, "nbf": {"value": "1", "essential": true}}});
        assert_eq!(without_capabilities(&merged), (challenge.clone(), true));
        assert_eq!(without_capabilities(&challenge), (challenge, false));
        assert_eq!(
            without_capabilities(&json!({"access_token": {"xms_cc": {"values": ["cp1"]}}})),
            (Value::Null, true)
        );
    }
}
