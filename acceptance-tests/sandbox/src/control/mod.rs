//! The sandbox's own address, `/_sandbox`, in plain HTTP on the loopback: what a person in the portal, the weather, and time do.
//!
//! | Request | What it does |
//! |---|---|
//! | `GET /_sandbox` | this list |
//! | `GET /_sandbox/journal` | the exchanges so far; with `?writes` without the reads |
//! | `DELETE /_sandbox/journal` | forgets them |
//! | `GET /_sandbox/faults` | the bad weather that is still to come |
//! | `POST /_sandbox/faults` | adds some: `{"method": "GET", "matching": "/credentials", "times": 2, "effect": {"throttle": 3}}` |
//! | `DELETE /_sandbox/faults` | ends all bad weather |
//! | `POST /_sandbox/clock` | moves the clock: `{"advance_seconds": 3600}`; back when it is negative |
//! | `POST /_sandbox/challenges` | wants claims: `{"audience": "https://…", "claims": {"access_token": {…}}, "app_id": "…"}` |
//! | `DELETE /_sandbox/challenges` | wants none any more |
//! | `POST /_sandbox/token-refusals` | refuses the next token requests: `{"code": 53003, "times": 2, "app_id": "…"}` |
//! | `DELETE /_sandbox/token-refusals` | refuses none any more |
//! | `GET /_sandbox/switches` | the answers to open questions |
//! | `PUT /_sandbox/switches` | answers them otherwise; what is left out is answered as at the start |
//! | `GET /_sandbox/rights` | which right each operation of the services asks for |
//! | `GET /_sandbox/cloud` | the cloud that everything is in, and its hosts |
//! | `PUT /_sandbox/cloud` | moves everything into another one: `{"cloud": "china"}`; `public`, `gcc`, `gcchigh`, `dod` |
//! | `POST /_sandbox/crowds` | makes many robots of somebody else: `{"name": "crowd", "count": 1000, "owner": "…"}` |
//! | `GET /_sandbox/rows/<environment>/<table>` | the rows of a table |
//! | `POST /_sandbox/rows/<environment>/<table>` | makes a row |
//! | `PATCH /_sandbox/rows/<environment>/<table>/<id>` | changes a row |
//! | `DELETE /_sandbox/rows/<environment>/<table>/<id>` | deletes a row |
//! | `POST /_sandbox/shares/<environment>/<table>/<id>/<user>` | shares a row |
//! | `DELETE /_sandbox/shares/<environment>/<table>/<id>/<user>` | takes the share back |
//! | `PUT /_sandbox/security-roles/<environment>/<role>` | makes a security role: `{"prvReadcredential": "basic"}`; `local`, `deep`, `global` |
//! | `PUT /_sandbox/security-roles/<environment>/<role>/<user>` | gives it to a user |
//! | `DELETE /_sandbox/security-roles/<environment>/<role>/<user>` | takes it |
//! | `GET /_sandbox/connections/<environment>` | the connections |
//! | `DELETE /_sandbox/connections/<environment>/<id>` | deletes one |
//! | `POST /_sandbox/connections/<environment>/<id>/fail` | breaks one: `{"code": "…", "message": "…"}` |
//! | `POST /_sandbox/connections/<environment>/hide` | so many times the environment is not known there: `{"answers": 3}` |
//! | `PUT /_sandbox/admin-applications/<id>` | registers an application for the administration of Power Platform |
//! | `DELETE /_sandbox/admin-applications/<id>` | takes the registration back |
//! | `POST /_sandbox/power-platform-roles` | gives a role: `{"principal": "…", "role": "reader", "scope": {"environment": "…"}}` |
//! | `DELETE /_sandbox/power-platform-roles` | takes the same role |
//! | `PUT /_sandbox/vaults/<vault>/certificates/<name>` | a new version: `{"user_principal_names": ["robot@contoso.com"], "expires_in_days": 10}` |
//! | `DELETE /_sandbox/vaults/<vault>/certificates/<name>` | deletes a certificate |
//! | `PUT /_sandbox/vaults/<vault>/roles/<principal>/<role>` | gives a role, such as `Key%20Vault%20Secrets%20User` |
//! | `DELETE /_sandbox/vaults/<vault>/roles/<principal>/<role>` | takes a role |
//! | `PUT /_sandbox/vaults/<vault>/policies/<principal>` | what a policy permits to do with certificates: `["get", "list"]` |
//! | `POST /_sandbox/applications/<id>/certificates` | makes a certificate with its key and registers it: `{"expires_in_days": 10}` |
//! | `POST /_sandbox/applications/<id>/trusted-subjects` | the same, and its name and issuer are trusted instead |
//! | `POST /_sandbox/applications/<id>/federated-credentials` | trusts a workload elsewhere: `{"issuer": "https://…", "subject": "…"}` |
//! | `PUT /_sandbox/managed-identities` | the identities of the machine, by client id: `{"system_assigned": null, "user_assigned": ["…"]}` |
//! | `POST /_sandbox/identity-tokens` | the token of a workload elsewhere: `{"issuer": "https://…", "subject": "…", "expires_in_seconds": 60}` |
//!
//! Bad weather is a [`Fault`](crate::Fault), many robots are a [`Crowd`](crate::Crowd), a certificate a [`CertificateSpec`](crate::CertificateSpec), an application's a
//! [`ClientCertificateSpec`](crate::ClientCertificateSpec), and open questions are [`Switches`](crate::Switches).

mod environments;
mod sign_in;
mod vaults;

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::exchange::Response;
use crate::proxy::{Broken, Shared, State, sent};
use crate::rights;
use crate::world::World;

/// Each request that the sandbox's own address knows, and what it does.
pub const VERBS: &[(&str, &str)] = &[
    ("GET /_sandbox", "this list"),
    ("GET /_sandbox/journal", "the exchanges so far; with `?writes` without the reads"),
    ("DELETE /_sandbox/journal", "forgets them"),
    ("GET /_sandbox/faults", "the bad weather that is still to come"),
    (
        "POST /_sandbox/faults",
        r#"adds some: `{"method": "GET", "matching": "/credentials", "times": 2, "effect": {"throttle": 3}}`"#,
    ),
    ("DELETE /_sandbox/faults", "ends all bad weather"),
    ("POST /_sandbox/clock", r#"moves the clock: `{"advance_seconds": 3600}`; back when it is negative"#),
    (
        "POST /_sandbox/challenges",
        r#"wants claims: `{"audience": "https://…", "claims": {"access_token": {…}}, "app_id": "…"}`"#,
    ),
    ("DELETE /_sandbox/challenges", "wants none any more"),
    (
        "POST /_sandbox/token-refusals",
        r#"refuses the next token requests: `{"code": 53003, "times": 2, "app_id": "…"}`"#,
    ),
    ("DELETE /_sandbox/token-refusals", "refuses none any more"),
    ("GET /_sandbox/switches", "the answers to open questions"),
    ("PUT /_sandbox/switches", "answers them otherwise; what is left out is answered as at the start"),
    ("GET /_sandbox/rights", "which right each operation of the services asks for"),
    ("GET /_sandbox/cloud", "the cloud that everything is in, and its hosts"),
    (
        "PUT /_sandbox/cloud",
        r#"moves everything into another one: `{"cloud": "china"}`; `public`, `gcc`, `gcchigh`, `dod`"#,
    ),
    (
        "POST /_sandbox/crowds",
        r#"makes many robots of somebody else: `{"name": "crowd", "count": 1000, "owner": "…"}`"#,
    ),
    ("GET /_sandbox/rows/<environment>/<table>", "the rows of a table"),
    ("POST /_sandbox/rows/<environment>/<table>", "makes a row"),
    ("PATCH /_sandbox/rows/<environment>/<table>/<id>", "changes a row"),
    ("DELETE /_sandbox/rows/<environment>/<table>/<id>", "deletes a row"),
    ("POST /_sandbox/shares/<environment>/<table>/<id>/<user>", "shares a row"),
    ("DELETE /_sandbox/shares/<environment>/<table>/<id>/<user>", "takes the share back"),
    (
        "PUT /_sandbox/security-roles/<environment>/<role>",
        r#"makes a security role: `{"prvReadcredential": "basic"}`; `local`, `deep`, `global`"#,
    ),
    ("PUT /_sandbox/security-roles/<environment>/<role>/<user>", "gives it to a user"),
    ("DELETE /_sandbox/security-roles/<environment>/<role>/<user>", "takes it"),
    ("GET /_sandbox/connections/<environment>", "the connections"),
    ("DELETE /_sandbox/connections/<environment>/<id>", "deletes one"),
    ("POST /_sandbox/connections/<environment>/<id>/fail", r#"breaks one: `{"code": "…", "message": "…"}`"#),
    (
        "POST /_sandbox/connections/<environment>/hide",
        r#"so many times the environment is not known there: `{"answers": 3}`"#,
    ),
    ("PUT /_sandbox/admin-applications/<id>", "registers an application for the administration of Power Platform"),
    ("DELETE /_sandbox/admin-applications/<id>", "takes the registration back"),
    (
        "POST /_sandbox/power-platform-roles",
        r#"gives a role: `{"principal": "…", "role": "reader", "scope": {"environment": "…"}}`"#,
    ),
    ("DELETE /_sandbox/power-platform-roles", "takes the same role"),
    (
        "PUT /_sandbox/vaults/<vault>/certificates/<name>",
        r#"a new version: `{"user_principal_names": ["robot@contoso.com"], "expires_in_days": 10}`"#,
    ),
    ("DELETE /_sandbox/vaults/<vault>/certificates/<name>", "deletes a certificate"),
    ("PUT /_sandbox/vaults/<vault>/roles/<principal>/<role>", "gives a role, such as `Key%20Vault%20Secrets%20User`"),
    ("DELETE /_sandbox/vaults/<vault>/roles/<principal>/<role>", "takes a role"),
    (
        "PUT /_sandbox/vaults/<vault>/policies/<principal>",
        r#"what a policy permits to do with certificates: `["get", "list"]`"#,
    ),
    (
        "POST /_sandbox/applications/<id>/certificates",
        r#"makes a certificate with its key and registers it: `{"expires_in_days": 10}`"#,
    ),
    ("POST /_sandbox/applications/<id>/trusted-subjects", "the same, and its name and issuer are trusted instead"),
    (
        "POST /_sandbox/applications/<id>/federated-credentials",
        r#"trusts a workload elsewhere: `{"issuer": "https://…", "subject": "…"}`"#,
    ),
    (
        "PUT /_sandbox/managed-identities",
        r#"the identities of the machine, by client id: `{"system_assigned": null, "user_assigned": ["…"]}`"#,
    ),
    (
        "POST /_sandbox/identity-tokens",
        r#"the token of a workload elsewhere: `{"issuer": "https://…", "subject": "…", "expires_in_seconds": 60}`"#,
    ),
];

/// Accepts connections until the runtime ends.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| one(Arc::clone(&shared), request));
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn one(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<BoxBody<Bytes, Broken>>, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let path: Vec<String> = head
        .uri
        .path()
        .split('/')
        .skip(1)
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let writes = head.uri.query() == Some("writes");
    let answered = match path.as_slice() {
        ["_sandbox", path @ ..] => {
            answer(&mut shared.state(), &Asked { method: head.method.as_str(), path, body: &body }, writes)
        }
        _ => Err("everything here is below /_sandbox".to_owned()),
    };
    Ok(sent(match answered {
        Ok(value) => Response::json(StatusCode::OK, &value),
        Err(what) => Response::error(StatusCode::BAD_REQUEST, "Sandbox", &what),
    }))
}

/// What is asked of the sandbox itself, below `/_sandbox`.
struct Asked<'a> {
    method: &'a str,
    path: &'a [&'a str],
    body: &'a [u8],
}

impl Asked<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(self.body).map_err(|error| format!("the body does not fit: {error}"))
    }

    fn strange(&self) -> String {
        format!(
            "the sandbox's own address does not know {} /_sandbox/{}; GET /_sandbox lists what it knows",
            self.method,
            self.path.join("/")
        )
    }
}

fn uuid(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| format!("{text} is no GUID"))
}

fn answer(state: &mut State, asked: &Asked<'_>, writes: bool) -> Result<Value, String> {
    match (asked.method, asked.path) {
        ("GET", []) => Ok(VERBS.iter().map(|(verb, what)| json!({"request": verb, "does": what})).collect()),
        ("GET", ["journal"]) => {
            let told = state.journal.iter().filter(|exchange| !writes || exchange.is_write());
            Ok(json!(told.collect::<Vec<_>>()))
        }
        ("DELETE", ["journal"]) => {
            state.journal.clear();
            Ok(Value::Null)
        }
        ("GET", ["faults"]) => {
            Ok(state.faults.iter().filter(|fault| fault.times > 0).map(|fault| json!(fault)).collect())
        }
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(Value::Null)
        }
        ("POST", ["faults"]) => {
            state.faults.push(asked.read()?);
            Ok(Value::Null)
        }
        (_, ["rows" | "shares" | "security-roles", ..]) => environments::organization(&mut state.world, asked),
        (_, ["connections", ..]) => environments::connections(&mut state.world, asked),
        (_, ["admin-applications" | "power-platform-roles", ..]) => {
            environments::administration(&mut state.world, asked)
        }
        (_, ["vaults", ..]) => vaults::answer(&mut state.world, asked),
        (_, ["clock" | "switches" | "cloud" | "rights" | "crowds"]) => whole(&mut state.world, asked),
        _ => sign_in::answer(&mut state.world, asked),
    }
}

/// What is of the whole world.
fn whole(world: &mut World, asked: &Asked<'_>) -> Result<Value, String> {
    match (asked.method, asked.path) {
        ("POST", ["clock"]) => {
            let seconds =
                asked.read::<Value>()?["advance_seconds"].as_i64().ok_or("advance_seconds is no whole number")?;
            let by = std::time::Duration::from_secs(seconds.unsigned_abs());
            if seconds < 0 {
                world.turn_back(by)
            } else {
                world.advance(by)
            }
            Ok(json!({"now": world.now().unix_timestamp()}))
        }
        ("GET", ["switches"]) => Ok(json!(world.switches())),
        ("PUT", ["switches"]) => {
            *world.switches_mut() = asked.read()?;
            Ok(Value::Null)
        }
        ("GET", ["cloud"]) => Ok(json!({"cloud": world.cloud(), "addresses": world.addresses()})),
        ("PUT", ["cloud"]) => {
            let wanted: Value = asked.read()?;
            world.set_cloud(wanted["cloud"].as_str().unwrap_or_default().parse()?);
            Ok(Value::Null)
        }
        ("POST", ["crowds"]) => Ok(json!(world.add_crowd(&asked.read()?)?.len())),
        ("GET", ["rights"]) => Ok(json!(rights::demands())),
        _ => Err(asked.strange()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_request() {
        let rows = VERBS.iter().map(|(verb, what)| format!("//! | `{verb}` | {what} |\n")).collect::<String>();
        assert!(include_str!("mod.rs").contains(&rows), "the table at the top should be:\n{rows}");
    }
}
