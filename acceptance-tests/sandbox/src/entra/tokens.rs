//! The tokens that were issued, and what each of them opens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PublicKeyData as _};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::challenge;
use crate::exchange::{Request, Response};
use crate::world::{Caller, World};

/// How long a token holds.
pub(crate) const LIFETIME: Duration = Duration::hours(1);

/// The tokens that were issued, and the key that signs them.
#[derive(Clone)]
pub(crate) struct Tokens {
    key: Arc<KeyPair>,
    issued: BTreeMap<String, Issued>,
    assertions: BTreeSet<String>,
}

#[derive(Clone)]
struct Issued {
    /// Where it was issued: GCC signs in at the public cloud's.
    authority: &'static str,
    caller: Caller,
    audience: String,
    /// The claims that it was asked for with.
    asked: Value,
    expires: OffsetDateTime,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens", self.issued.len())
    }
}

impl Tokens {
    pub(crate) fn new() -> Self {
        let key = Arc::new(KeyPair::generate().expect("a P-256 key can be made"));
        Self { key, issued: BTreeMap::new(), assertions: BTreeSet::new() }
    }

    /// Every token that was issued, by others too, and every assertion that was shown for one.
    pub(crate) fn all(&self) -> Vec<String> {
        self.issued.keys().chain(&self.assertions).cloned().collect()
    }

    /// Keeps an assertion in mind, which is as secret as a token.
    pub(crate) fn keep(&mut self, assertion: &str) {
        self.assertions.insert(assertion.to_owned());
    }

    /// From now on no token is accepted that was issued before.
    pub(crate) fn revoke_all(&mut self) {
        for issued in self.issued.values_mut() {
            issued.expires = OffsetDateTime::UNIX_EPOCH;
        }
    }

    /// The key that signs them, as OpenID publishes it.
    pub(super) fn keys(&self) -> Value {
        use base64::Engine as _;
        let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let point = self.key.der_bytes();
        let (x, y) = point[point.len() - 64..].split_at(32);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "kid": "sandbox", "x": encode(x), "y": encode(y)}]})
    }
}

/// What an application has proved itself by, as a token tells it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Proof {
    Secret,
    Assertion,
}

/// Issues a token for an audience.
pub(super) fn issue(world: &mut World, caller: &Caller, proof: Proof, audience: &str, asked: Value) -> String {
    let now = world.now();
    let mut claims = json!({
        "aud": audience,
        "iss": format!("https://{}/{}/", world.addresses().issuer, caller.tenant_id),
        "iat": now.unix_timestamp(),
        "nbf": now.unix_timestamp(),
        "exp": (now + LIFETIME).unix_timestamp(),
        "appid": caller.app_id,
        "appidacr": match proof {
            Proof::Secret => "1",
            Proof::Assertion => "2",
        },
        "idtyp": "app",
        "oid": caller.object_id,
        "sub": caller.object_id,
        "tid": caller.tenant_id,
        "uti": Uuid::new_v4().simple().to_string(),
        "ver": "1.0",
    });
    if !world.switches().entra.names_principal {
        claims.as_object_mut().expect("claims are an object").remove("oid");
    }
    if challenge::is_capable(&asked) {
        claims["xms_cc"] = json!(["cp1"]);
    }
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("sandbox".to_owned());
    let key = EncodingKey::from_ec_der(world.tokens.key.serialized_der());
    let token = jsonwebtoken::encode(&header, &claims, &key).expect("claims can be signed");
    let authority = world.addresses().authority;
    let issued =
        Issued { authority, caller: caller.clone(), audience: audience.to_owned(), asked, expires: now + LIFETIME };
    world.tokens.issued.insert(token.clone(), issued);
    token
}

/// Why a bearer token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unaccepted {
    Missing,
    Unknown,
    Expired,
    Audience,
    /// It is one no longer, and this header says which one is wanted.
    Challenged(String),
}

impl Unaccepted {
    /// The header of a claims challenge, or what a service says of any other token.
    pub(crate) fn header<'a>(&'a self, otherwise: &'a str) -> &'a str {
        match self {
            Self::Challenged(header) => header,
            _ => otherwise,
        }
    }

    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Missing => "Request is missing a Bearer or PoP token.",
            Self::Unknown => "The token was not issued here: its signature cannot be verified.",
            Self::Expired => "The token has expired, or was revoked.",
            Self::Audience => "The token was issued for another audience.",
            Self::Challenged(_) => {
                "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
                 TokenIssuedBeforeRevocationTimestamp"
            }
        }
    }
}

/// Whom a request's token speaks for, if it is good for this audience.
pub(crate) fn verify(world: &World, request: &Request, audience: &str) -> Result<Caller, Unaccepted> {
    let issued = world.tokens.issued.get(request.bearer().ok_or(Unaccepted::Missing)?);
    let here = world.addresses().authority;
    let issued = issued.filter(|issued| issued.authority == here).ok_or(Unaccepted::Unknown)?;
    if issued.expires <= world.now() {
        return Err(Unaccepted::Expired);
    }
    if issued.audience.trim_end_matches('/') != audience {
        return Err(Unaccepted::Audience);
    }
    match world.unmet_challenge(audience, &issued.caller, &issued.asked) {
        Some(challenge) => Err(Unaccepted::Challenged(challenge.header(here))),
        None => Ok(issued.caller.clone()),
    }
}

/// The answer of Power Platform's services to a token that is not accepted.
pub(crate) fn unauthorized(unaccepted: &Unaccepted) -> Response {
    let response = Response::error(StatusCode::UNAUTHORIZED, "AuthenticationFailed", unaccepted.words());
    match unaccepted.header("") {
        "" => response,
        header => response.with_header("www-authenticate", header),
    }
}
