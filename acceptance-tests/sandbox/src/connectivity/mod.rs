//! Connections of `shared_uiflow` in the Power Platform API.
//!
//! Source: <https://learn.microsoft.com/power-automate/desktop-flows/how-to/set-runowner-desktopflowconnection>. That a connection
//! is on its way for a moment, and how long, is inferred; so is the set `azureRelay` with a credential.

mod body;
mod connection;
mod switches;
mod unseen;

use std::collections::BTreeSet;
use std::ops::Bound;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::entra;
use crate::exchange::{Request, Response};
use crate::power_platform::Right;
use crate::rights::{Known, Noted};
use crate::world::{Caller, Environment, World};

pub use connection::{Connection, StatusError};
pub use switches::{ChangedTarget, ForeignConnection, HiddenValues, Switches};
pub(crate) use unseen::Unseen;

const SERVICE: &str = "Power Platform";

/// Answers a request to the environment with this id.
pub(crate) fn answer(world: &mut World, environment_id: &str, request: &Request) -> Response {
    let caller = match entra::verify(world, request, &world.addresses().power_platform_audience()) {
        Ok(caller) => caller,
        Err(unaccepted) => return entra::unauthorized(&unaccepted),
    };
    let right = if writes(&request.method) { Right::WriteConnections } else { Right::ReadConnections };
    let known = world.environment(environment_id).filter(|known| known.tenant_id == caller.tenant_id);
    let answered = match world.entitles(&caller, right, known) {
        true => entitled(world, environment_id, caller, request),
        false => world.unentitled(&caller, right, request),
    };
    answered.demanding(SERVICE, right.permission(), Known::Inferred)
}

/// Answers whoever may ask.
fn entitled(world: &mut World, environment_id: &str, caller: Caller, request: &Request) -> Response {
    let (now, switches) = (world.now(), world.switches().connectivity.clone());
    let known = world.environment_mut(environment_id).filter(|known| known.tenant_id == caller.tenant_id);
    let seen = known.and_then(|known| (!known.unseen.meets(now)).then_some(known));
    let Some(environment) = seen else {
        let message =
            format!("The environment '{environment_id}' could not be found in the tenant '{}'.", caller.tenant_id);
        return Response::error(StatusCode::NOT_FOUND, "ServiceToServiceEnvironmentNotFound", &message);
    };
    let mut session = Session { environment, caller, switches, now, rights: Noted::default() };
    let mut response = session.answer(request).unwrap_or_else(|refused| refused);
    response.rights = session.rights.take();
    response
}

struct Session<'a> {
    environment: &'a mut Environment,
    caller: Caller,
    switches: Switches,
    now: OffsetDateTime,
    /// What was to be shared.
    rights: Noted,
}

impl Session<'_> {
    fn answer(&mut self, request: &Request) -> Result<Response, Response> {
        if request.option("api-version") != Some("1") {
            return Err(failed(StatusCode::BAD_REQUEST, "InvalidApiVersion", "The api-version must be 1."));
        }
        if let Some(option) = request.strange_option(&["api-version", "$filter", "$skiptoken"]) {
            return Err(Response::unknown(&format!("the query option {option:?} here")));
        }
        let filter = format!("environment eq '{}'", self.environment.id);
        match request.option("$filter") {
            None if self.switches.environment_filter => {
                let message = "The environment filter must be set.";
                return Err(failed(StatusCode::BAD_REQUEST, "MissingEnvironmentFilter", message));
            }
            Some(asked) if !asked.eq_ignore_ascii_case(&filter) => {
                return Err(failed(
                    StatusCode::BAD_REQUEST,
                    "InvalidFilter",
                    &format!("The $filter must be: {filter}"),
                ));
            }
            _ => {}
        }
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["connectivity", "connections"]) => self.list(request),
            (_, ["connectivity", "connectors", connector, "connections", _]) if *connector != "shared_uiflow" => {
                Err(Response::unknown(&format!("the connector {connector}")))
            }
            ("PUT", ["connectivity", "connectors", _, "connections", id]) => self.put(id, request),
            ("GET", ["connectivity", "connectors", _, "connections", id]) => {
                let connection = self.visible(id)?;
                Ok(Response::json(StatusCode::OK, &self.shown(connection)))
            }
            ("DELETE", ["connectivity", "connectors", _, "connections", id]) => {
                let id = self.visible(id)?.id.clone();
                self.environment.deleted_connections.extend(self.environment.connections.remove(&id));
                Ok(Response::empty(StatusCode::OK))
            }
            (method, _) => Err(Response::unknown(&format!("{method} {} of the Power Platform API", request.path))),
        }
    }

    fn shown(&self, connection: &Connection) -> Value {
        connection.shown(&self.environment.id, &self.switches, self.now)
    }

    fn sees(&self, connection: &Connection) -> bool {
        connection.created_by.object_id == self.caller.object_id
            || connection.shared_with.contains(&self.caller.object_id)
    }

    fn visible(&self, id: &str) -> Result<&Connection, Response> {
        match self.environment.connections.get(id) {
            Some(known) if self.sees(known) => Ok(known),
            Some(_) if self.switches.foreign_connection == ForeignConnection::Forbidden => Err(self.no_access(id)),
            _ => {
                let message = format!("Could not find connection '{id}' for API 'shared_uiflow'.");
                Err(failed(StatusCode::NOT_FOUND, "ConnectionNotFound", &message))
            }
        }
    }

    /// The words are those of pnp/cli-microsoft365, which has recorded them.
    fn no_access(&self, id: &str) -> Response {
        let message = format!(
            "The caller with object id '{}' does not have permission for connection '{id}' under Api 'shared_uiflow'.",
            self.caller.object_id
        );
        failed(StatusCode::FORBIDDEN, "ConnectionAuthorizationFailed", &message)
    }

    /// A page begins after the connection that its token names: what is made or deleted meanwhile moves nothing.
    fn list(&self, request: &Request) -> Result<Response, Response> {
        let after = request.option("$skiptoken").unwrap_or_default();
        let deleted = self.environment.deleted_connections.iter().filter(|_| self.switches.lists_deleted);
        let size = self.switches.page_size.max(1);
        let living = self.environment.connections.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let living = living.map(|(_, connection)| connection).filter(|one| self.sees(one)).take(size + 1);
        let deleted = deleted.filter(|one| self.sees(one) && one.id.as_str() > after);
        let mut all: Vec<&Connection> = living.chain(deleted).collect();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        let says = self.switches.lists_values;
        let switches = Switches {
            returns_credential: says && self.switches.returns_credential,
            returns_parameters: says && self.switches.returns_parameters,
            ..self.switches.clone()
        };
        let (page, rest) = all.split_at(all.len().min(size));
        let shown = page.iter().map(|connection| {
            let mut shown = connection.shown(&self.environment.id, &switches, self.now);
            if !self.switches.lists_statuses {
                shown["properties"]["statuses"] = Value::Null;
            }
            shown
        });
        let mut body = json!({ "value": shown.collect::<Vec<_>>() });
        if let (Some(last), false) = (page.last(), rest.is_empty()) {
            let filter =
                request.option("$filter").map(|_| format!("&$filter=environment eq '{}'", self.environment.id));
            let filter = filter.unwrap_or_default().replace(' ', "%20");
            let page = format!("{}?api-version=1{filter}&$skiptoken={}", request.path, last.id);
            body["nextLink"] = format!("https://{}{page}", request.host).into();
        }
        Ok(Response::json(StatusCode::OK, &body))
    }

    fn put(&mut self, id: &str, request: &Request) -> Result<Response, Response> {
        if Uuid::try_parse(id).is_err() {
            return Err(failed(
                StatusCode::BAD_REQUEST,
                "InvalidConnectionId",
                "The connection id must be a valid GUID.",
            ));
        }
        if self.switches.refuses_plan {
            let message = format!(
                "The user '{}' does not have a service plan adequate for the non-Standard connection.",
                self.caller.object_id
            );
            return Err(failed(StatusCode::FORBIDDEN, "InvalidUserPlan", &message));
        }
        let body: Value = serde_json::from_slice(&request.body).map_err(|error| {
            failed(StatusCode::BAD_REQUEST, "InvalidRequestContent", &format!("The body is no JSON: {error}"))
        })?;
        let wanted = self.read(&body)?;
        let existing = self.environment.connections.get(id);
        if existing.is_some_and(|existing| !self.sees(existing)) {
            return Err(self.no_access(id));
        }
        let created = existing.is_none();
        let mut connection = Connection {
            id: id.to_owned(),
            created_by: self.caller.clone(),
            shared_with: BTreeSet::new(),
            error: self.switches.settles_to_error.clone(),
            created: self.now,
            modified: self.now,
            settles: self.now + Duration::milliseconds(self.switches.settles_after_ms),
            ..wanted
        };
        if let Some(existing) = existing {
            let moved = existing.credential_id != connection.credential_id
                || existing.values.get("targetId") != connection.values.get("targetId");
            match self.switches.changed_target {
                ChangedTarget::Refused if moved => {
                    let message = "The credentials and the target of an existing connection cannot be updated.";
                    return Err(failed(StatusCode::BAD_REQUEST, "ConnectionUpdateNotSupported", message));
                }
                ChangedTarget::Kept => {
                    connection.credential_id = existing.credential_id;
                    connection.values.clone_from(&existing.values);
                }
                _ => {}
            }
            if existing.set != connection.set {
                let message = "The run owner of a connection can be replaced, and neither added nor removed.";
                return Err(failed(StatusCode::BAD_REQUEST, "ConnectionUpdateNotSupported", message));
            }
            connection.created = existing.created;
            connection.created_by = existing.created_by.clone();
            connection.shared_with.clone_from(&existing.shared_with);
        }
        let shown = self.shown(&connection);
        self.environment.connections.insert(id.to_owned(), connection);
        Ok(Response::json(if created { StatusCode::CREATED } else { StatusCode::OK }, &shown))
    }
}

fn invalid(what: &str) -> Response {
    nested(StatusCode::BAD_REQUEST, "InvalidConnectionParameters", &format!("The connection is invalid: {what}."))
}

fn failed(status: StatusCode, code: &str, message: &str) -> Response {
    Response::error(status, code, message)
}

/// The envelope of this API, with what went wrong nested inside.
fn nested(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"error": {
        "code": "ApiHubsRequestFailed",
        "message": "Request to Azure Resource Manager failed with error: see the details.",
        "details": [{"code": code, "message": message, "details": [{"code": status.as_u16().to_string(), "message": message}]}],
    }});
    Response::json(status, &body)
}

/// What is secret in a body does not reach the journal.
pub(crate) fn redact(body: &mut Value) {
    if let Some(secret) =
        body.pointer_mut("/properties/connectionParametersSet/values/tokenRunOwnerCert:clientCertificateSecret/value")
    {
        *secret = json!({"pfx": "(hidden)", "password": "(hidden)"});
    }
    if let Some(password) = body.pointer_mut("/properties/connectionParametersSet/values/password/value")
        && *password != json!("none")
    {
        *password = json!("(hidden)");
    }
}

/// Whether a method changes anything.
pub(crate) fn writes(method: &Method) -> bool {
    method != Method::GET && method != Method::HEAD
}
