//! What a service asks for when it takes a token no more that is not expired: a new one that was asked for with these claims.
//!
//! Azure's own options cannot carry claims: they are put into the request for a token as it passes. Source:
//! <https://learn.microsoft.com/entra/identity-platform/claims-challenge>.

use std::sync::Arc;

use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Body, Context, Request};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::GeneralPurpose;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::secret::LENIENT;
use super::secrets::Secrets;

/// As many letters of a reason are shown.
const MAX_REASON: usize = 300;

/// What a service asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// As JSON.
    claims: String,
}

impl Challenge {
    /// The challenge in a `WWW-Authenticate`, if there is one.
    pub(super) fn of(header: &str) -> Option<Challenge> {
        let parameter = |name: &str| {
            let is_begun =
                |at: &usize| !header[..*at].ends_with(|letter: char| letter.is_alphanumeric() || "_-".contains(letter));
            let beginning = format!("{name}=\"");
            let (at, _) = header.match_indices(&beginning).find(|(at, _)| is_begun(at))?;
            header[at + beginning.len()..].split('"').next()
        };
        if parameter("error") != Some("insufficient_claims") {
            return None;
        }
        let encoded = parameter("claims")?;
        let decoded = [alphabet::STANDARD, alphabet::URL_SAFE]
            .iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(encoded).ok())?;
        let claims = String::from_utf8(decoded).ok()?;
        serde_json::from_str::<serde_json::Value>(&claims).ok()?.is_object().then_some(Challenge { claims })
    }

    /// Why the token is taken no more, as far as the claims tell, in a line that shows no secret.
    pub(super) fn reason(&self, secrets: &Secrets) -> String {
        let reason = secrets.redact(&self.told());
        let line: Vec<&str> = reason.split_whitespace().collect();
        line.join(" ").chars().take(MAX_REASON).collect()
    }

    fn told(&self) -> String {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Claims {
            access_token: Wanted,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wanted {
            nbf: Option<One>,
            acrs: Option<One>,
            xms_rp_ipaddr: Option<One>,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct One {
            value: serde_json::Value,
        }
        let Claims { access_token: Wanted { nbf, acrs, xms_rp_ipaddr } } =
            serde_json::from_str(&self.claims).unwrap_or_default();
        let text = |one: One| match one.value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        if let Some(acrs) = acrs {
            return format!("Conditional Access asks for the authentication context {}", text(acrs));
        }
        if let Some(address) = xms_rp_ipaddr {
            return format!("Conditional Access does not take a token from the address {}", text(address));
        }
        if let Some(nbf) = nbf.map(text) {
            let since = nbf.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
            let since = since.and_then(|since| since.format(&Rfc3339).ok()).unwrap_or(nbf);
            return format!(
                "no token from before {since} is taken any more, as after a change of the account or of a policy"
            );
        }
        format!("the service asks for the claims {}", self.claims)
    }

    /// The same as a policy of a request for a token.
    pub(super) fn policy(&self) -> Arc<dyn Policy> {
        Arc::new(Asking(self.claims.clone()))
    }
}

/// Adds claims to a request for a token.
#[derive(Debug)]
struct Asking(String);

#[async_trait::async_trait]
impl Policy for Asking {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if let Body::Bytes(form) = request.body() {
            let claims = url::form_urlencoded::Serializer::new(String::new()).append_pair("claims", &self.0).finish();
            let form = [form.as_ref(), b"&", claims.as_bytes()].concat();
            request.set_body(form);
        }
        next[0].send(ctx, request, &next[1..]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why a token is taken no more that is challenged with these claims, in this alphabet.
    #[track_caller]
    fn check(claims: &str, expected: &str) {
        use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
        for encoded in [STANDARD.encode(claims), STANDARD_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode(claims)] {
            let header = format!(
                r#"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="{encoded}""#
            );
            let challenge = Challenge::of(&header).unwrap_or_else(|| panic!("no challenge: {header}"));
            assert_eq!((challenge.claims.as_str(), challenge.told().as_str()), (claims, expected));
        }
    }

    #[test]
    fn a_challenge_is_read_and_says_why() {
        check(
            r#"{"access_token":{"nbf":{"essential":true,"value":"1764428400"}}}"#,
            "no token from before 2025-11-29T15:00:00Z is taken any more, as after a change of the account or of a policy",
        );
        check(
            r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#,
            "Conditional Access asks for the authentication context c1",
        );
        check(r#"{"id_token":{"a?>":null}}"#, r#"the service asks for the claims {"id_token":{"a?>":null}}"#);
    }

    #[test]
    fn a_reason_shows_no_secret_and_is_a_line() {
        let secrets = Secrets::default();
        secrets.remember("hunter2hunter2");
        let reason = |value: &str| {
            let claims = serde_json::json!({ "access_token": { "acrs": { "value": value } } }).to_string();
            Challenge { claims }.reason(&secrets)
        };
        assert!(!reason("hunter2hunter2").contains("hunter2"));
        assert_eq!(reason("a\n b"), "Conditional Access asks for the authentication context a b");
        assert_eq!(reason(&"z".repeat(3000)).len(), MAX_REASON);
    }

    #[test]
    fn a_parameter_is_known_by_its_whole_name() {
        let header = r#"Bearer xclaims="!!!", error="insufficient_claims", claims="e30=""#;
        assert!(Challenge::of(header).is_some());
    }

    #[test]
    fn what_is_no_challenge_is_none() {
        for header in [
            r#"Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token""#,
            r#"Bearer error="insufficient_claims""#,
            r#"Bearer error="insufficient_claims", claims="!!!""#,
            r#"Bearer error="insufficient_claims", claims="W10=""#,
            r#"Bearer error="invalid_token", claims="e30=""#,
        ] {
            assert_eq!(Challenge::of(header), None, "{header}");
        }
    }
}
