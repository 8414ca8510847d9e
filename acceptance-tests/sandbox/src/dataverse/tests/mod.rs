//! Conversations with one organization, by subject.
//!
//! An answer is compared as one line: its status, and then the error's code and message, or the body.

mod batches;
mod expanded;
mod portal;
mod reads;
mod rights;
mod world;
mod writes;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::Uuid;

use crate::exchange::{self, Request, Response};
use crate::world::{Caller, SecretAccess};

use super::{Org, Switches};

const HOST: &str = "contoso.crm4.dynamics.com";
const ADMIN: &str = "aaaaaaaa-0000-0000-0000-000000000001";
const MAKER: &str = "aaaaaaaa-0000-0000-0000-000000000002";
const READER: &str = "aaaaaaaa-0000-0000-0000-000000000003";
/// A secret that everybody may read, and one that nobody may.
const SECRET: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv/secrets/robot";
const FORBIDDEN: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/forbidden/secrets/robot";
const UNREGISTERED: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/unregistered/secrets/robot";

/// The ids that tests give their rows.
const DEFINITION: &str = "dddddddd-0000-0000-0000-000000000001";
const OTHER_DEFINITION: &str = "dddddddd-0000-0000-0000-000000000002";
const VALUE: &str = "eeeeeeee-0000-0000-0000-000000000001";
const CREDENTIAL: &str = "cccccccc-0000-0000-0000-000000000001";
const NOBODY: &str = "ffffffff-0000-0000-0000-00000000000f";

/// An organization with an administrator, a maker and a user without a role, and who speaks.
struct Desk {
    org: Org,
    app_id: &'static str,
    switches: Switches,
}

impl Desk {
    fn new() -> Self {
        let mut org = Org::new(HOST, "eeee", "tttt", datetime!(2026-11-24 10:00:00 UTC));
        org.add_user(ADMIN, NOBODY, "Admin", &["System Administrator"]);
        org.add_user(MAKER, NOBODY, "Maker", &["Environment Maker"]);
        org.add_user(READER, NOBODY, "Reader", &[]);
        let publisher = json!({
            "publisherid": "bbbbbbbb-0000-0000-0000-000000000001",
            "uniquename": "contoso", "friendlyname": "Contoso", "customizationprefix": "cto",
        });
        let publisher = org.insert("publisher", publisher).unwrap().to_string();
        let solution = json!({ "uniquename": "CtoRobots", "friendlyname": "Robots", "publisherid": publisher });
        org.insert("solution", solution).unwrap();
        Self { org, app_id: ADMIN, switches: Switches::default() }
    }

    /// With a text variable, a secret variable that has a value, and a credential of both.
    fn furnished() -> Self {
        let mut desk = Self::new();
        let rows = [
            (
                "environmentvariabledefinition",
                json!({
                    "environmentvariabledefinitionid": DEFINITION, "schemaname": "cto_robot_certificate",
                    "displayname": "Robot certificate", "type": 100_000_005,
                }),
            ),
            (
                "environmentvariabledefinition",
                json!({
                    "environmentvariabledefinitionid": OTHER_DEFINITION, "schemaname": "cto_robot_username",
                    "displayname": "Robot user name",
                }),
            ),
            (
                "environmentvariablevalue",
                json!({
                    "environmentvariablevalueid": VALUE, "schemaname": "cto_robot_certificate", "value": SECRET,
                    "environmentvariabledefinitionid": DEFINITION,
                }),
            ),
            (
                "credential",
                json!({
                    "credentialid": CREDENTIAL, "name": "Robot", "credentialtype": 1, "connectiontype": 5,
                    "certificate": DEFINITION, "username": OTHER_DEFINITION,
                }),
            ),
        ];
        for (table, row) in rows {
            desk.org.insert(table, row).unwrap();
        }
        desk
    }

    fn speaking_as(mut self, app_id: &'static str) -> Self {
        self.app_id = app_id;
        self
    }

    fn caller(&self) -> Caller {
        Caller {
            tenant_id: "tttt".to_owned(),
            app_id: self.app_id.to_owned(),
            object_id: Uuid::nil().to_string(),
            name: "Somebody".to_owned(),
        }
    }

    fn send(&mut self, request: &Request) -> Response {
        let access = |reference: &str| match reference {
            SECRET => SecretAccess::Allowed,
            UNREGISTERED => SecretAccess::ProviderNotRegistered,
            _ => SecretAccess::NotAuthorized,
        };
        let (caller, switches) = (self.caller(), self.switches);
        self.org.answer(&caller, switches, &access, request)
    }

    /// Sends `METHOD address` with the usual headers, more headers (`Name: value`, one a line) and a body.
    fn ask(&mut self, line: &str, headers: &str, body: &str) -> Response {
        let mut request = request(line, headers);
        request.body = Bytes::from(body.to_owned());
        if !body.is_empty() {
            request.headers.insert("content-type", "application/json".parse().unwrap());
        }
        self.send(&request)
    }

    /// The answer as one line must begin with this.
    #[track_caller]
    fn check(&mut self, line: &str, headers: &str, body: &str, expected: &str) {
        let shown = shown(&self.ask(line, headers, body));
        assert!(shown.starts_with(expected), "{line}\n{body}\n  expected {expected}\n  answered {shown}");
    }

    /// The body of a successful read.
    #[track_caller]
    fn read(&mut self, line: &str, headers: &str) -> Value {
        let response = self.ask(line, headers, "");
        assert_eq!(response.status, 200, "{line}: {}", shown(&response));
        serde_json::from_slice(&response.body).unwrap()
    }

    /// One column of all rows that a read of a set returns, joined by commas.
    #[track_caller]
    fn column(&mut self, line: &str, column: &str) -> String {
        let body = self.read(line, "");
        let rows = body["value"].as_array().unwrap().iter();
        rows.map(|row| row[column].as_str().unwrap_or("null").to_owned()).collect::<Vec<_>>().join(",")
    }
}

/// A request with the headers that every request carries.
fn request(line: &str, more: &str) -> Request {
    let (method, address) = line.split_once(' ').unwrap();
    let (path, raw_query) = address.split_once('?').unwrap_or((address, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in [("accept", "application/json"), ("odata-version", "4.0"), ("odata-maxversion", "4.0")] {
        headers.insert(name, value.parse().unwrap());
    }
    for line in more.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        host: HOST.to_owned(),
        path: format!("/api/data/v9.2/{path}"),
        query: exchange::options(raw_query.as_bytes()),
        raw_query: raw_query.to_owned(),
        headers,
        body: Bytes::new(),
    }
}

fn shown(response: &Response) -> String {
    let status = response.status.as_u16();
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    match body.get("error") {
        Some(error) => {
            format!("{status} {} {}", error["code"].as_str().unwrap(), error["message"].as_str().unwrap())
        }
        None => format!("{status} {}", String::from_utf8_lossy(&response.body)),
    }
}
