//! Key Vault's certificates: challenge, rights, versions, and the bundle with its policy.
//!
//! Source: <https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate>; error texts as users report
//! them. That a certificate outside its validity is still told of is inferred.

pub(crate) mod rights;
mod switches;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::certificate::{self, CertificateSpec};
use crate::cloud::Addresses;
use crate::crowd::Crowd;
use crate::entra::{self, Unaccepted};
use crate::exchange::{Request, Response};
use crate::rights::Known;
use crate::world::World;
use rights::Act;
use told::Told;

pub use rights::CertificatePermission;
pub use switches::Switches;

/// The versions before they were dates.
const NUMBERED_VERSIONS: [&str; 3] = ["7.4", "7.5", "7.6"];

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
    /// What policies permit principals, by object id, to do with certificates.
    pub policies: BTreeMap<String, BTreeSet<CertificatePermission>>,
    /// The roles of principals: object id (or application id) and name of the role.
    pub roles: BTreeSet<(String, String)>,
    /// The data actions that roles of one's own give principals: the object id, and the action.
    #[serde(default)]
    pub data_actions: BTreeSet<(String, String)>,
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
            policies: BTreeMap::new(),
            roles: BTreeSet::new(),
            data_actions: BTreeSet::new(),
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
}

impl Vault {
    /// Makes the certificates of a crowd, each a first version or another one.
    pub(crate) fn put_certificates(&mut self, crowd: &Crowd, now: OffsetDateTime) {
        let spec = |name: &str| CertificateSpec::of_user(&format!("{name}@contoso.com"));
        let pattern = crowd.certificate(0);
        let mold = certificate::Mold::new(&spec(&pattern), &pattern, now);
        let (not_before, expires) = (mold.not_before, mold.expires);
        for name in crowd.numbers().map(|number| crowd.certificate(number)) {
            let (id, der, spec) = (Uuid::new_v4().simple().to_string(), mold.cast(&name), spec(&name));
            let versions = self.certificates.entry(name.clone()).or_default();
            versions.push(Version { name, id, der, spec, not_before, expires, created: now });
        }
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
    let told = Told { host: addresses.vault_host(&vault.name), switches: world.switches().key_vault };
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
    if let Some(option) = request.strange_option(&["api-version", "maxresults", "$skiptoken", "includePending"]) {
        return Response::unknown(&format!("the query option {option:?} here"));
    }
    let parts: Vec<&str> = request.path.trim_end_matches('/').split('/').skip(1).collect();
    if request.method != Method::GET || parts.first() != Some(&"certificates") {
        return Response::unknown(&format!(
            "{} {} of a vault: certificates are read here, nothing else",
            request.method, request.path
        ));
    }
    let act = if matches!(parts.as_slice(), [_] | [_, _, "versions"]) { Act::List } else { Act::Get };
    let answered = match vault.check(&caller, act, addresses.issuer) {
        Ok(()) => read(vault, &told, request, &parts),
        Err(refused) => refused,
    };
    answered.demanding("Key Vault", vault.asks(act), Known::Documented)
}

/// What is read, by the parts of its path.
fn read(vault: &Vault, told: &Told, request: &Request, parts: &[&str]) -> Response {
    let versions =
        |name: &str| vault.certificates.get(&name.to_ascii_lowercase()).filter(|versions| !versions.is_empty());
    let after = request.option("$skiptoken");
    match parts {
        ["certificates"] => {
            let rest =
                vault.certificates.range::<str, _>((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
            told.page(request, rest.filter_map(|(name, all)| Some((name.as_str(), all.last()?))), false)
        }
        ["certificates", name, "versions"] => match versions(name) {
            Some(all) => {
                let passed = after.and_then(|id| all.iter().position(|version| version.id == id));
                let rest = all.iter().skip(passed.map_or(0, |passed| passed + 1));
                told.page(request, rest.map(|version| (version.id.as_str(), version)), true)
            }
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

fn missing(name: &str) -> Response {
    let message = format!(
        "A certificate with (name/id) {name} was not found in this key vault. If you recently deleted this certificate you may be able to \
         recover it using the correct recovery command. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    Response::error(StatusCode::NOT_FOUND, "CertificateNotFound", &message)
}
