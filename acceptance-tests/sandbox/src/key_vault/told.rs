//! How a vault tells of its certificates: the bundle, its policy, and lists of them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use super::Version;
use crate::exchange::{Request, Response};

/// A vault that tells, by its host in this cloud.
pub(super) struct Told {
    pub(super) host: String,
}

impl Told {
    pub(super) fn page(&self, request: &Request, all: Vec<&Version>, versioned: bool) -> Response {
        let number = |name: &str, default: usize| request.option(name).map_or(Some(default), |text| text.parse().ok());
        let (Some(max), Some(skip)) = (number("maxresults", 25), number("skip", 0)) else {
            return Response::error(
                StatusCode::BAD_REQUEST,
                "BadParameter",
                "maxresults must be a number from 1 to 25.",
            );
        };
        if !(1..=25).contains(&max) {
            return Response::error(
                StatusCode::BAD_REQUEST,
                "BadParameter",
                "maxresults must be a number from 1 to 25.",
            );
        }
        let item = |version: &&Version| {
            let id = if versioned { self.identifier(version) } else { self.unversioned(version) };
            json!({"id": id, "x5t": thumbprint(version), "attributes": attributes(version), "subject": ""})
        };
        let items: Vec<Value> = all.iter().skip(skip).take(max).map(item).collect();
        let next = (skip + max < all.len()).then(|| {
            let version = request.option("api-version").unwrap_or_default();
            format!(
                "https://{}{}?api-version={version}&maxresults={max}&skip={}",
                request.host,
                request.path,
                skip + max
            )
        });
        Response::json(StatusCode::OK, &json!({"value": items, "nextLink": next}))
    }

    fn unversioned(&self, version: &Version) -> String {
        format!("https://{}/certificates/{}", self.host, version.name)
    }

    fn identifier(&self, version: &Version) -> String {
        format!("{}/{}", self.unversioned(version), version.id)
    }

    pub(super) fn policy(&self, version: &Version) -> Value {
        let mut usages = vec!["1.3.6.1.5.5.7.3.1"];
        if version.spec.client_authentication {
            usages.push("1.3.6.1.5.5.7.3.2");
        }
        json!({
            "id": format!("{}/policy", self.unversioned(version)),
            "key_props": {"exportable": version.spec.exportable, "kty": "EC", "key_size": 256, "reuse_key": false, "crv": "P-256"},
            "secret_props": {"contentType": content_type(version)},
            "x509_props": {
                "subject": format!("O=Contoso, CN={}", version.spec.common_name.as_deref().unwrap_or(&version.name)),
                "sans": {"upns": version.spec.user_principal_names},
                "ekus": usages,
                "key_usage": ["digitalSignature", "keyEncipherment"],
                "validity_months": 12,
            },
            "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}}],
            "issuer": {"name": "Unknown"},
            "attributes": {"enabled": true, "created": version.created.unix_timestamp(), "updated": version.created.unix_timestamp()},
        })
    }

    pub(super) fn bundle(&self, version: &Version) -> Value {
        let id = self.identifier(version);
        json!({
            "id": id,
            "kid": id.replace("/certificates/", "/keys/"),
            "sid": id.replace("/certificates/", "/secrets/"),
            "x5t": thumbprint(version),
            "cer": STANDARD.encode(&version.der),
            "contentType": content_type(version),
            "attributes": attributes(version),
            "tags": {},
            "policy": self.policy(version),
        })
    }
}

fn thumbprint(version: &Version) -> String {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &version.der))
}

fn attributes(version: &Version) -> Value {
    json!({
        "enabled": version.spec.enabled,
        "nbf": version.not_before.unix_timestamp(),
        "exp": version.expires.unix_timestamp(),
        "created": version.created.unix_timestamp(),
        "updated": version.created.unix_timestamp(),
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": 90,
    })
}

fn content_type(version: &Version) -> &'static str {
    if version.spec.pem { "application/x-pem-file" } else { "application/x-pkcs12" }
}
