//! Who tells others what a workload outside of Azure is: the issuers of identity tokens, all with one key.
//!
//! Source: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use jsonwebtoken::DecodingKey;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData as _, SigningKey as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::RSAPublicKey;

use crate::exchange::{Request, Response};
use crate::world::World;

/// What an identity token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityTokenSpec {
    /// Who issues it.
    pub issuer: String,
    /// Whom it is about.
    pub subject: String,
    /// For whom it is.
    #[serde(default = "token_exchange")]
    pub audience: String,
    /// In how many seconds it begins to hold; negative is in the past.
    #[serde(default = "ten_minutes_ago")]
    pub valid_in_seconds: i64,
    /// In how many seconds it expires; negative is in the past.
    #[serde(default = "in_ten_minutes")]
    pub expires_in_seconds: i64,
}

impl IdentityTokenSpec {
    /// A good one, to be exchanged for one of Entra's.
    pub fn new(issuer: &str, subject: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: token_exchange(),
            valid_in_seconds: ten_minutes_ago(),
            expires_in_seconds: in_ten_minutes(),
        }
    }
}

/// The audience that Entra's documentation asks for.
pub(crate) fn token_exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

fn ten_minutes_ago() -> i64 {
    -600
}

fn in_ten_minutes() -> i64 {
    600
}

/// Made when it is asked for: making an RSA key takes a while.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate_for(&PKCS_RSA_SHA256).expect("an RSA key can be made"))
}

/// The key by which the signatures of all issuers are verified.
pub(crate) fn verifying_key() -> DecodingKey {
    DecodingKey::from_rsa_der(key().der_bytes())
}

/// Issues an identity token, with what its issuer says beyond the specified.
pub(crate) fn issue(world: &mut World, spec: &IdentityTokenSpec, more: Value) -> String {
    let now = world.now().unix_timestamp();
    let mut claims = json!({
        "jti": Uuid::new_v4().to_string(),
        "iss": spec.issuer,
        "sub": spec.subject,
        "aud": spec.audience,
        "iat": now,
        "nbf": now + spec.valid_in_seconds,
        "exp": now + spec.expires_in_seconds,
    });
    if let (Value::Object(claims), Value::Object(more)) = (&mut claims, more) {
        claims.extend(more);
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "kid": "sandbox", "typ": "JWT"})), part(&claims));
    let signature = key().sign(signed.as_bytes()).expect("an RSA key signs");
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    world.tokens.keep(&token);
    token
}

/// Whether an issuer of the world is at this host.
pub(crate) fn is_host(world: &World, host: &str) -> bool {
    world.issuers.iter().filter_map(|issuer| Url::parse(issuer).ok()).any(|url| url.host_str() == Some(host))
}

/// Answers a request to an issuer: what it is, and its key.
pub(crate) fn answer(world: &World, request: &Request) -> Response {
    let address = format!("https://{}{}", request.host, request.path);
    let below = |issuer: &str| address.strip_prefix(issuer.trim_end_matches('/'));
    let found = world.issuers.iter().find_map(|issuer| Some((issuer, below(issuer)?)));
    match (&request.method, found) {
        (&Method::GET, Some((issuer, "/.well-known/openid-configuration"))) => {
            let body = json!({
                "issuer": issuer,
                "jwks_uri": format!("{}/.well-known/jwks", issuer.trim_end_matches('/')),
                "subject_types_supported": ["public", "pairwise"],
                "response_types_supported": ["id_token"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            Response::json(StatusCode::OK, &body)
        }
        (&Method::GET, Some((_, "/.well-known/jwks"))) => {
            let (_, public) = RSAPublicKey::from_der(key().der_bytes()).expect("it is an RSA key");
            let modulus = public.modulus.strip_prefix(&[0]).unwrap_or(public.modulus);
            let encode = |bytes| URL_SAFE_NO_PAD.encode::<&[u8]>(bytes);
            let (n, e) = (encode(modulus), encode(public.exponent));
            let key = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "sandbox", "n": n, "e": e});
            Response::json(StatusCode::OK, &json!({"keys": [key]}))
        }
        _ => Response::unknown(&format!("{} {} of an issuer of identity tokens", request.method, request.path)),
    }
}
