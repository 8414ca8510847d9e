//! What an application shows in place of a secret: a JWT that somebody signed for it. Whose signature counts is for others to say.
//!
//! Sources: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>, the codes and texts from public issues
//! (AzureAD/microsoft-authentication-library-for-dotnet 4951, azure-sdk-for-net 29007, panva/openid-client 348).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::refusal::Refusal;

/// How far a clock may be wrong.
const LEEWAY: Duration = Duration::minutes(5);

/// The algorithms that Entra takes: those with RSA keys.
const ALGORITHMS: [(&str, Algorithm); 6] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
];

/// An assertion that was read, and of which nothing is believed yet.
#[derive(Debug)]
pub(super) struct Assertion {
    pub(super) header: Header,
    pub(super) claims: Claims,
    algorithm: Algorithm,
    signed: String,
    signature: String,
}

/// What its header says of the key.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    alg: String,
    pub(super) x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    pub(super) x5t_s256: Option<String>,
    pub(super) x5c: Option<Value>,
}

/// What it says of itself. A list of audiences is not taken; MSAL for Python sends fractions of a second.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: String,
    exp: f64,
    #[serde(default)]
    nbf: f64,
    pub(super) jti: Option<String>,
}

impl Assertion {
    /// Takes it apart.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(Refusal::malformed("It does not have three parts."));
        };
        let header: Header = part(header).ok_or_else(|| Refusal::malformed("Its header cannot be read."))?;
        let known = ALGORITHMS.into_iter().find(|(name, _)| *name == header.alg);
        let Some((_, algorithm)) = known else {
            return Err(Refusal::strange_algorithm(&header.alg));
        };
        let claims: Claims = part(claims).ok_or_else(|| Refusal::malformed("Its claims cannot be read."))?;
        let signed = text[..text.len() - signature.len() - 1].to_owned();
        Ok(Self { header, claims, algorithm, signed, signature: signature.to_owned() })
    }

    /// Whether it holds at this time.
    pub(super) fn is_timely(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        let (from, until) = (instant(self.claims.nbf), instant(self.claims.exp));
        if from - LEEWAY <= now && now < until + LEEWAY {
            return Ok(());
        }
        let shown = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
        let words = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion \
             {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            shown(now),
            shown(from),
            shown(until)
        );
        Err(Refusal::client(700_024, words))
    }

    /// Whether this key made its signature.
    pub(super) fn is_signed_by(&self, key: &DecodingKey) -> bool {
        jsonwebtoken::crypto::verify(&self.signature, self.signed.as_bytes(), key, self.algorithm).unwrap_or(false)
    }
}

fn instant(seconds: f64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// What of an assertion may stand in the journal: how it is signed, and what its header names the key by.
pub(super) fn journaled(text: &str) -> Value {
    let mut parts = text.split('.').map(|text| part::<Map<String, Value>>(text).unwrap_or_default());
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let names: Vec<&String> = header.keys().filter(|name| name.starts_with("x5")).collect();
    json!({"alg": header.get("alg"), "iss": claims.get("iss"), "key": names})
}
