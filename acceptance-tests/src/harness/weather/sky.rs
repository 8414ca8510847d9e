//! The weathers: what happens to a request, and to those that follow it.

use sandbox::{Body, Crafted, Effect, Fault};
use serde_json::{Value, json};

/// What happens from a request on.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    /// Its name: in a case's own, and in what repeats it.
    pub(super) name: &'static str,
    /// Effects, one after the other, each for so many requests.
    effects: Vec<(Effect, u32)>,
}

impl Weather {
    /// The faults that strike from this request on, which is counted from 0.
    pub(super) fn faults(&self, number: u32) -> Vec<Fault> {
        let mut after = number;
        let fault = |(effect, times): &(Effect, u32)| {
            let fault = Fault::next("", effect.clone()).after(after).times(*times);
            after = after.saturating_add(*times);
            fault
        };
        self.effects.iter().map(fault).collect()
    }
}

/// Until the sky is cleared.
const LASTING: u32 = u32::MAX;

/// Every weather.
pub(super) fn weathers() -> Vec<Weather> {
    let single = singles().into_iter().map(|(name, effect)| Weather { name, effects: vec![(effect, 1)] });
    let sequence = sequences().into_iter().map(|(name, effects)| Weather { name, effects });
    single.chain(sequence).collect()
}

fn singles() -> Vec<(&'static str, Effect)> {
    vec![
        ("throttled", Effect::Throttle(0)),
        ("busy", error(503, "ServiceUnavailable")),
        ("failed", error(500, "InternalServerError")),
        ("gateway-page", page(502)),
        ("late", error(504, "GatewayTimeout")),
        ("reset-before", Effect::ResetBefore),
        ("reset-after", Effect::ResetAfter),
        ("reset-during", Effect::ResetDuring),
        ("page", page(200)),
        ("page-403", page(403)),
        ("page-404", page(404)),
        ("no-json", Effect::NotJson),
        ("nothing-200", bare(200, "")),
        ("nothing-204", bare(204, "")),
        ("nothing-404", bare(404, "")),
        ("bad-request", error(400, "BadRequest")),
        ("unauthorized", error(401, "Unauthorized")),
        ("forbidden", error(403, "Forbidden")),
        ("conflict", error(409, "Conflict")),
        ("changed", error(412, "0x80060882")),
        ("gone", error(410, "Gone")),
        ("no-such-path", status(404, "0x80060888", "Resource not found for the segment 'x'.")),
        ("no-such-organization", bare(404, "Organization not found")),
        ("anybody's-404", bare(404, r#"{"error":"not found"}"#)),
        ("no-such-environment", status(404, "EnvironmentNotFound", "The environment could not be found.")),
        ("another-connection-is-gone", other_connection()),
        ("another-row-is-gone", other_row("environmentvariabledefinition")),
        ("another-table's-row-is-gone", other_row("systemuser")),
        ("redirected", redirected(302)),
        ("revoked", Effect::RevokeTokens),
    ]
}

fn sequences() -> Vec<(&'static str, Vec<(Effect, u32)>)> {
    let lost_then = |effect: Effect| vec![(Effect::ResetAfter, 1), (effect, LASTING)];
    let lost_then_once = |effect: Effect| vec![(Effect::ResetAfter, 1), (effect, 1)];
    vec![
        ("busy-for-four", vec![(error(503, "ServiceUnavailable"), 4)]),
        ("busy-for-ever", vec![(error(503, "ServiceUnavailable"), LASTING)]),
        ("throttled-for-ever", vec![(Effect::Throttle(0), LASTING)]),
        ("throttled-then-404", vec![(Effect::Throttle(0), 1), (bare(404, ""), 1)]),
        ("page-for-ever", vec![(page(200), LASTING)]),
        ("page-404-for-ever", vec![(page(404), LASTING)]),
        ("nothing-404-for-ever", vec![(bare(404, ""), LASTING)]),
        ("forbidden-for-ever", vec![(error(403, "Forbidden"), LASTING)]),
        ("revoked-for-ever", vec![(Effect::RevokeTokens, LASTING)]),
        ("lost-twice", vec![(Effect::ResetAfter, 2)]),
        ("lost-then-forbidden", lost_then(error(403, "Forbidden"))),
        ("lost-then-unauthorized", lost_then(error(401, "Unauthorized"))),
        ("lost-then-bad-request", lost_then(error(400, "BadRequest"))),
        ("lost-then-conflict", lost_then_once(error(409, "Conflict"))),
        ("lost-then-throttled", lost_then(Effect::Throttle(0))),
        ("lost-then-busy", lost_then(error(503, "ServiceUnavailable"))),
        ("lost-then-page", lost_then(page(403))),
        ("lost-then-404", lost_then_once(bare(404, ""))),
        ("lost-then-another-row-is-gone", lost_then_once(other_row("systemuser"))),
        ("lost-then-no-json", vec![(Effect::ResetAfter, 1), (Effect::NotJson, 1)]),
        ("lost-then-revoked", lost_then_once(Effect::RevokeTokens)),
    ]
}

/// An answer that asks for no patience: waiting costs nothing here.
fn impatient(status: u16, text: &str) -> Crafted {
    Crafted::new(status, text).header("retry-after", "0")
}

/// An error that is about nothing in particular.
fn error(code: u16, name: &str) -> Effect {
    status(code, name, "The weather is bad.")
}

fn status(status: u16, code: &str, message: &str) -> Effect {
    let body: Value = json!({ "error": { "code": code, "message": message } });
    Effect::Answer(impatient(status, &body.to_string()).header("content-type", "application/json"))
}

/// An answer without an envelope.
fn bare(status: u16, text: &str) -> Effect {
    Effect::Answer(impatient(status, text))
}

/// What a gateway shows to people.
fn page(status: u16) -> Effect {
    let page = "<html><head><title>Gateway</title></head><body><h1>Blocked</h1></body></html>";
    Effect::Answer(impatient(status, page).header("content-type", "text/html"))
}

fn redirected(status: u16) -> Effect {
    let answer = impatient(status, "").header("location", "https://login.evil.example/").body(Body::Empty);
    Effect::Answer(answer)
}

fn other_row(table: &str) -> Effect {
    let message = format!("Entity '{table}' With Id = 11111111-2222-4333-8444-555555555566 Does Not Exist");
    status(404, "0x80040217", &message)
}

fn other_connection() -> Effect {
    let message = "Could not find connection '11111111-2222-4333-8444-555555555566' for API 'shared_uiflow'.";
    status(404, "ConnectionNotFound", message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_weather_strikes_one_request_after_the_other_and_has_a_name_of_its_own() {
        let all = weathers();
        let names: BTreeSet<&str> = all.iter().map(|weather| weather.name).collect();
        assert_eq!(names.len(), all.len());
        let lost = all.iter().find(|weather| weather.name == "lost-then-busy").unwrap();
        let told: Vec<(u32, u32)> = lost.faults(7).iter().map(|fault| (fault.after, fault.times)).collect();
        assert_eq!(told, [(7, 1), (8, LASTING)]);
    }
}
