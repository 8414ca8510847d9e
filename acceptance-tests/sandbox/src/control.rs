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
//! | `POST /_sandbox/applications/<id>/certificates` | makes a certificate with its key and registers it: `{"expires_in_days": 10}` |
//! | `POST /_sandbox/applications/<id>/trusted-subjects` | the same, and its name and issuer are trusted instead |
//! | `POST /_sandbox/applications/<id>/federated-credentials` | trusts a workload elsewhere: `{"issuer": "https://…", "subject": "…"}` |
//! | `PUT /_sandbox/managed-identities` | the identities of the machine, by client id: `{"system_assigned": null, "user_assigned": ["…"]}` |
//! | `POST /_sandbox/identity-tokens` | the token of a workload elsewhere: `{"issuer": "https://…", "subject": "…", "expires_in_seconds": 60}` |
//!
//! Bad weather is a [`Fault`](crate::Fault), a certificate a [`CertificateSpec`], an application's a
//! [`ClientCertificateSpec`](crate::ClientCertificateSpec), and open questions are [`Switches`](crate::Switches).

use std::collections::BTreeMap;
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

use crate::certificate::CertificateSpec;
use crate::connectivity::StatusError;
use crate::dataverse::Depth;
use crate::exchange::Response;
use crate::managed_identity::ManagedIdentities;
use crate::proxy::{Broken, Shared, State, sent};
use crate::rights;

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
    let answered = answer(&mut shared.state(), head.method.as_str(), &path, writes, &body);
    Ok(sent(match answered {
        Ok(value) => Response::json(StatusCode::OK, &value),
        Err(what) => Response::error(StatusCode::BAD_REQUEST, "Sandbox", &what),
    }))
}

fn answer(state: &mut State, method: &str, path: &[&str], writes: bool, body: &[u8]) -> Result<Value, String> {
    let now = state.world.now();
    match (method, path) {
        ("GET", ["_sandbox", "journal"]) => {
            let told = state.journal.iter().filter(|exchange| !writes || exchange.is_write());
            Ok(json!(told.collect::<Vec<_>>()))
        }
        ("DELETE", ["_sandbox", "journal"]) => {
            state.journal.clear();
            Ok(Value::Null)
        }
        ("GET", ["_sandbox"]) => Ok(VERBS.iter().map(|(verb, what)| json!({"request": verb, "does": what})).collect()),
        ("GET", ["_sandbox", "faults"]) => {
            Ok(state.faults.iter().filter(|fault| fault.times > 0).map(|fault| json!(fault)).collect())
        }
        ("DELETE", ["_sandbox", "faults"]) => {
            state.faults.clear();
            Ok(Value::Null)
        }
        ("POST", ["_sandbox", "faults"]) => {
            state.faults.push(read(body)?);
            Ok(Value::Null)
        }
        ("POST", ["_sandbox", "clock"]) => {
            let seconds =
                read::<Value>(body)?["advance_seconds"].as_i64().ok_or("advance_seconds is no whole number")?;
            let by = std::time::Duration::from_secs(seconds.unsigned_abs());
            if seconds < 0 {
                state.world.turn_back(by)
            } else {
                state.world.advance(by)
            }
            Ok(json!({"now": state.world.now().unix_timestamp()}))
        }
        ("GET", ["_sandbox", "switches"]) => Ok(json!(state.world.switches())),
        ("PUT", ["_sandbox", "switches"]) => {
            *state.world.switches_mut() = read(body)?;
            Ok(Value::Null)
        }
        ("POST", ["_sandbox", "challenges"]) => {
            state.world.challenge(read(body)?);
            Ok(Value::Null)
        }
        ("DELETE", ["_sandbox", "challenges"]) => {
            state.world.clear_challenges();
            Ok(Value::Null)
        }
        ("POST", ["_sandbox", "token-refusals"]) => state.world.refuse_tokens(read(body)?).map(|()| Value::Null),
        ("DELETE", ["_sandbox", "token-refusals"]) => {
            state.world.clear_token_refusals();
            Ok(Value::Null)
        }
        ("GET", ["_sandbox", "rights"]) => Ok(json!(rights::demands())),
        ("GET", ["_sandbox", "cloud"]) => {
            Ok(json!({"cloud": state.world.cloud(), "addresses": state.world.addresses()}))
        }
        ("PUT", ["_sandbox", "cloud"]) => {
            let asked: Value = read(body)?;
            state.world.set_cloud(asked["cloud"].as_str().unwrap_or_default().parse()?);
            Ok(Value::Null)
        }
        (_, ["_sandbox", "rows" | "shares" | "security-roles", environment, rest @ ..]) => {
            let org = state.world.environment_mut(environment).and_then(|one| one.dataverse.as_mut());
            let org = org.ok_or_else(|| format!("there is no environment {environment} with Dataverse"))?;
            match (method, path[1], rest) {
                ("GET", "rows", [table]) => org.rows(table).map(Value::from),
                ("POST", "rows", [table]) => Ok(json!({"id": org.insert(table, read(body)?)?})),
                ("PATCH", "rows", [table, id]) => org.patch(table, uuid(id)?, read(body)?).map(|()| Value::Null),
                ("DELETE", "rows", [table, id]) => org.remove(table, uuid(id)?).map(Value::Bool),
                ("POST", "shares", [table, id, user]) => org.share(table, uuid(id)?, uuid(user)?).map(|()| Value::Null),
                ("PUT", "security-roles", [role]) => {
                    let privileges: BTreeMap<String, Depth> = read(body)?;
                    let privileges = privileges.iter().map(|(name, depth)| (name.as_str(), *depth));
                    org.role(role, privileges).map(|()| Value::Null)
                }
                ("PUT", "security-roles", [role, user]) => org.assign_role(uuid(user)?, role).map(|()| Value::Null),
                ("DELETE", "security-roles", [role, user]) => Ok(org.take_role(uuid(user)?, role).into()),
                ("DELETE", "shares", [table, id, user]) => {
                    org.unshare(table, uuid(id)?, uuid(user)?).map(|()| Value::Null)
                }
                _ => Err(strange(method, path)),
            }
        }
        (_, ["_sandbox", "connections", environment, rest @ ..]) => {
            let switches = state.world.switches().connectivity.clone();
            let environment = state.world.environment_mut(environment).ok_or("there is no such environment")?;
            match (method, rest) {
                ("GET", []) => {
                    let all = environment.connections.values();
                    Ok(all.map(|connection| connection.shown(&environment.id, &switches, now)).collect())
                }
                ("DELETE", [id]) => Ok(environment.connections.remove(*id).is_some().into()),
                ("POST", ["hide"]) => {
                    let answers = read::<Value>(body)?["answers"].as_u64().and_then(|answers| answers.try_into().ok());
                    environment.hide_from_connectivity(answers.ok_or("answers is no whole number")?);
                    Ok(Value::Null)
                }
                ("POST", [id, "fail"]) => {
                    let error: StatusError = read(body)?;
                    let connection = environment.connections.get_mut(*id).ok_or("there is no such connection")?;
                    connection.fail(&error.code, &error.message);
                    Ok(Value::Null)
                }
                _ => Err(strange(method, path)),
            }
        }
        ("PUT", ["_sandbox", "admin-applications", id]) => {
            Ok(state.world.admin_applications.insert(id.to_ascii_lowercase()).into())
        }
        ("DELETE", ["_sandbox", "admin-applications", id]) => {
            Ok(state.world.admin_applications.remove(&id.to_ascii_lowercase()).into())
        }
        ("POST", ["_sandbox", "power-platform-roles"]) => {
            Ok(state.world.power_platform_roles.insert(read(body)?).into())
        }
        ("DELETE", ["_sandbox", "power-platform-roles"]) => {
            Ok(state.world.power_platform_roles.remove(&read(body)?).into())
        }
        ("POST", ["_sandbox", "applications", id, what @ ("certificates" | "trusted-subjects")]) => {
            let certificate = state.world.client_certificate(&read(body)?);
            let application = state.world.application_mut(id).ok_or("there is no such application")?;
            match *what {
                "certificates" => application.register(&certificate),
                _ => application.trust_subject_of(&certificate),
            }
            Ok(json!({"key": certificate.key_pem(), "certificates": certificate.chain_pem()}))
        }
        ("POST", ["_sandbox", "applications", id, "federated-credentials"]) => {
            let application = state.world.application_mut(id).ok_or("there is no such application")?;
            application.federated_credentials.push(read(body)?);
            Ok(Value::Null)
        }
        ("PUT", ["_sandbox", "managed-identities"]) => {
            let assigned: ManagedIdentities = read(body)?;
            let header = std::mem::take(&mut state.world.managed_identities.header);
            state.world.managed_identities = ManagedIdentities { header, ..assigned };
            Ok(Value::Null)
        }
        ("POST", ["_sandbox", "identity-tokens"]) => Ok(json!({"token": state.world.identity_token(&read(body)?)})),
        (_, ["_sandbox", "vaults", vault, rest @ ..]) => {
            let vault = state.world.vaults.get_mut(*vault).ok_or("there is no such vault")?;
            match (method, rest) {
                ("PUT", ["certificates", name]) => {
                    let spec: CertificateSpec = read(body)?;
                    Ok(json!({"version": vault.put_certificate(name, spec, now)}))
                }
                ("DELETE", ["certificates", name]) => {
                    Ok(vault.certificates.remove(&name.to_ascii_lowercase()).is_some().into())
                }
                ("PUT", ["roles", principal, role]) => {
                    vault.grant(principal, role);
                    Ok(Value::Null)
                }
                ("DELETE", ["roles", principal, role]) => Ok(vault.revoke(principal, role).into()),
                _ => Err(strange(method, path)),
            }
        }
        _ => Err(strange(method, path)),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body does not fit: {error}"))
}

fn uuid(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| format!("{text} is no GUID"))
}

fn strange(method: &str, path: &[&str]) -> String {
    format!("the sandbox's own address does not know {method} /{}; GET /_sandbox lists what it knows", path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_request() {
        let rows = VERBS.iter().map(|(verb, what)| format!("//! | `{verb}` | {what} |\n")).collect::<String>();
        assert!(include_str!("control.rs").contains(&rows), "the table at the top should be:\n{rows}");
    }
}
