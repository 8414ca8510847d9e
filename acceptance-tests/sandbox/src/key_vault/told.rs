//! How a vault tells of its certificates: the bundle, its policy, and lists of them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Switches, Version};
use crate::exchange::{Request, Response};

/// A vault that tells, by its host in this cloud.
pub(super) struct Told {
    pub(super) host: String,
    pub(super) switches: Switches,
}

/// The most that a page may be asked to hold.
const LARGEST_PAGE: usize = 25;

impl Told {
    /// A page of a list, of which these are the versions from here on, each with the token by which it is found again.
    pub(super) fn page<'a>(
        &self,
        request: &Request,
        rest: impl Iterator<Item = (&'a str, &'a Version)>,
        versioned: bool,
    ) -> Response {
        let asked = request.option("maxresults").map_or(Some(LARGEST_PAGE), |text| text.parse().ok());
        let Some(max) = asked.filter(|max| (1..=LARGEST_PAGE).contains(max)) else {
            let message = "maxresults must be a number from 1 to 25.";
            return Response::error(StatusCode::BAD_REQUEST, "BadParameter", message);
        };
        let item = |version: &Version| {
            let id = if versioned { self.identifier(version) } else { self.unversioned(version) };
            json!({"id": id, "x5t": thumbprint(version), "attributes": attributes(version), "subject": ""})
        };
        let mut rest = rest.peekable();
        let page: Vec<_> = rest.by_ref().take(max.min(self.switches.page_size).max(1)).collect();
        let more = rest.peek().is_some();
        let next = page.last().filter(|_| more).map(|(token, _)| {
            let version = request.option("api-version").unwrap_or_default();
            let port = if self.switches.next_link_port { ":443" } else { "" };
            let (host, path) = (&request.host, &request.path);
            format!("https://{host}{port}{path}?api-version={version}&$skiptoken={token}&maxresults={max}")
        });
        let items: Vec<Value> = page.into_iter().map(|(_, version)| item(version)).collect();
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
