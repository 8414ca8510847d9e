//! Key Vault's certificates: challenge, rights, versions, and the bundle with its policy.
//!
//! Source: <https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate>; error texts as users report
//! them. That a certificate outside its validity is still told of is inferred.

mod told;

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::certificate::{self, CertificateSpec};
use crate::cloud::Addresses;
use crate::entra::{self, Unaccepted};
use crate::exchange::{Request, Response};
use crate::world::{Caller, World};
use told::Told;

/// The versions before they were dates.
const NUMBERED_VERSIONS: [&str; 3] = ["7.4", "7.5", "7.6"];
/// The roles that let a principal read a certificate without its private key.
const READS_CERTIFICATES: [&str; 4] =
    ["Key Vault Reader", "Key Vault Certificate User", "Key Vault Certificates Officer", "Key Vault Administrator"];
/// The roles that let a principal read secrets.
const READS_SECRETS: [&str; 4] =
    ["Key Vault Secrets User", "Key Vault Secrets Officer", "Key Vault Certificate User", "Key Vault Administrator"];

/// A vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vault {
    /// The name as people write it.
    pub name: String,
    /// The subscription.
    pub subscription_id: String,
    /// The resource group.
    pub resource_group: String,
    /// The tenant that it trusts.
    pub tenant_id: String,
    /// Whether access policies, and not roles, rule the data plane.
    pub access_policies: bool,
    /// The principals that a policy lets read certificates.
    pub policies: BTreeSet<String>,
    /// The roles of principals: object id (or application id) and name of the role.
    pub roles: BTreeSet<(String, String)>,
    /// The certificates by name in lower case, each with its versions, oldest first.
    pub certificates: BTreeMap<String, Vec<Version>>,
}

/// A version of a certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// The certificate's name as people write it.
    pub name: String,
    /// 32 letters and digits.
    pub id: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// What it was made from.
    pub spec: CertificateSpec,
    not_before: OffsetDateTime,
    expires: OffsetDateTime,
    created: OffsetDateTime,
}

impl Vault {
    /// A vault ruled by roles, without any.
    pub fn new(name: &str, subscription_id: &str, tenant_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            subscription_id: subscription_id.to_owned(),
            resource_group: "rg-robots".to_owned(),
            tenant_id: tenant_id.to_owned(),
            access_policies: false,
            policies: BTreeSet::new(),
            roles: BTreeSet::new(),
            certificates: BTreeMap::new(),
        }
    }

    /// The Azure resource id.
    pub fn resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}",
            self.subscription_id, self.resource_group, self.name
        )
    }

    /// Makes a new version of a certificate, and returns its id.
    pub fn put_certificate(&mut self, name: &str, spec: CertificateSpec, now: OffsetDateTime) -> String {
        let (der, not_before, expires) = certificate::make(&spec, name, now);
        let id = Uuid::new_v4().simple().to_string();
        let version = Version { name: name.to_owned(), id: id.clone(), der, spec, not_before, expires, created: now };
        self.certificates.entry(name.to_ascii_lowercase()).or_default().push(version);
        id
    }

    /// Gives a principal a role.
    pub fn grant(&mut self, principal: &str, role: &str) {
        self.roles.insert((principal.to_owned(), role.to_owned()));
    }

    /// Takes a role from a principal, and says whether it had it.
    pub fn revoke(&mut self, principal: &str, role: &str) -> bool {
        self.roles.remove(&(principal.to_owned(), role.to_owned()))
    }

    pub(crate) fn may_read_secrets_by_role(&self, principal: &str) -> bool {
        self.has_role(principal, &READS_SECRETS)
    }

    fn has_role(&self, principal: &str, roles: &[&str]) -> bool {
        self.roles.iter().any(|(holder, role)| holder.eq_ignore_ascii_case(principal) && roles.contains(&role.as_str()))
    }

    fn may_read_certificates(&self, caller: &Caller, issuer: &str) -> Result<(), Response> {
        if self.access_policies {
            if self.policies.contains(&caller.object_id) {
                return Ok(());
            }
            let message = format!(
                "The user, group or application 'appid={};oid={};iss=https://{issuer}/{}/' does not have certificates get permission on \
                 key vault '{};location=westeurope'.",
                caller.app_id, caller.object_id, caller.tenant_id, self.name
            );
            return Err(forbidden(&message, "AccessDenied"));
        }
        if self.has_role(&caller.object_id, &READS_CERTIFICATES) {
            return Ok(());
        }
        let message = format!(
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were \
             changed recently, please observe propagation time.\r\nCaller: appid={};oid={};iss=https://{issuer}/{}/\r\nAction: \
             'Microsoft.KeyVault/vaults/certificates/read'\r\nResource: '{}'\r\nAssignment: (not found)\r\nDecisionReason: \
             'DeniedWithNoValidRBAC'\r\nVault: {};location=westeurope",
            caller.app_id,
            caller.object_id,
            caller.tenant_id,
            self.resource_id().to_lowercase(),
            self.name
        );
        Err(forbidden(&message, "ForbiddenByRbac"))
    }
}

/// The vault that a reference to a secret names, and the secret's name.
pub(crate) fn find_by_reference<'a>(world: &'a World, reference: &'a str) -> Option<(&'a Vault, &'a str)> {
    let lower = reference.to_ascii_lowercase();
    let at = lower.find("/secrets/")?;
    let vault = world.vaults.values().find(|vault| vault.resource_id().to_ascii_lowercase() == lower[..at])?;
    Some((vault, &reference[at + "/secrets/".len()..]))
}

/// Answers a request to a vault that exists.
pub(crate) fn answer(world: &World, vault: &Vault, request: &Request) -> Response {
    let addresses = world.addresses();
    let caller = match entra::verify(world, request, &addresses.vaults_audience()) {
        Ok(caller) if caller.tenant_id == vault.tenant_id => caller,
        Ok(_) => {
            let words = "AKV10032: Invalid issuer. Expected one of the vault's tenant.";
            return unauthorized(words, &challenge(&addresses, vault));
        }
        Err(unaccepted) => {
            let missing = if unaccepted == Unaccepted::Missing { "AKV10000: " } else { "" };
            let words = format!("{missing}{}", unaccepted.words());
            return unauthorized(&words, unaccepted.header(&challenge(&addresses, vault)));
        }
    };
    let told = Told { host: addresses.vault_host(&vault.name) };
    match request.option("api-version") {
        None => {
            let message = "The request URI is missing the api-version query parameter.";
            return Response::error(StatusCode::BAD_REQUEST, "BadParameter", message);
        }
        Some(version) if !is_api_version(version) => {
            let message = format!("The sandbox does not know the api-version {version}.");
            return Response::error(StatusCode::BAD_REQUEST, "BadParameter", &message);
        }
        Some(_) => {}
    }
    if let Some(option) = request.strange_option(&["api-version", "maxresults", "skip", "includePending"]) {
        return Response::unknown(&format!("the query option {option:?} here"));
    }
    let parts: Vec<&str> = request.path.trim_end_matches('/').split('/').skip(1).collect();
    if request.method != Method::GET || parts.first() != Some(&"certificates") {
        return Response::unknown(&format!(
            "{} {} of a vault: certificates are read here, nothing else",
            request.method, request.path
        ));
    }
    if let Err(refused) = vault.may_read_certificates(&caller, addresses.issuer) {
        return refused;
    }
    let versions =
        |name: &str| vault.certificates.get(&name.to_ascii_lowercase()).filter(|versions| !versions.is_empty());
    match parts.as_slice() {
        ["certificates"] => {
            told.page(request, vault.certificates.values().filter_map(|all| all.last()).collect(), false)
        }
        ["certificates", name, "versions"] => match versions(name) {
            Some(all) => told.page(request, all.iter().collect(), true),
            None => missing(name),
        },
        ["certificates", name, "policy"] => match versions(name).and_then(|all| all.last()) {
            Some(version) => Response::json(StatusCode::OK, &told.policy(version)),
            None => missing(name),
        },
        ["certificates", name] => match versions(name).and_then(|all| all.last()) {
            Some(version) => Response::json(StatusCode::OK, &told.bundle(version)),
            None => missing(name),
        },
        ["certificates", name, id] => match versions(name).and_then(|all| all.iter().find(|version| version.id == *id))
        {
            Some(version) => Response::json(StatusCode::OK, &told.bundle(version)),
            None => missing(&format!("{name}/{id}")),
        },
        _ => Response::unknown(&format!("{} of a vault", request.path)),
    }
    .with_header("x-ms-request-id", &Uuid::new_v4().to_string())
}

/// Since 2025 versions are dates, some of them previews; there is a new one every few months.
fn is_api_version(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    NUMBERED_VERSIONS.contains(&version) || Date::parse(date, format_description!("[year]-[month]-[day]")).is_ok()
}

fn challenge(addresses: &Addresses, vault: &Vault) -> String {
    format!(
        "Bearer authorization=\"https://{}/{}\", resource=\"{}\"",
        addresses.authority,
        vault.tenant_id,
        addresses.vaults_audience()
    )
}

fn unauthorized(words: &str, challenge: &str) -> Response {
    Response::error(StatusCode::UNAUTHORIZED, "Unauthorized", words).with_header("www-authenticate", challenge)
}

fn forbidden(message: &str, inner: &str) -> Response {
    let body = json!({"error": {"code": "Forbidden", "message": message, "innererror": {"code": inner}}});
    Response::json(StatusCode::FORBIDDEN, &body)
}

fn missing(name: &str) -> Response {
    let message = format!(
        "A certificate with (name/id) {name} was not found in this key vault. If you recently deleted this certificate you may be able to \
         recover it using the correct recovery command. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    Response::error(StatusCode::NOT_FOUND, "CertificateNotFound", &message)
}
