//! Creating and changing rows: what the platform checks besides the shape of the body.
//!
//! `PATCH` is an upsert: whether it may create, and whether it may change, is said by `If-Match` and `If-None-Match`.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/perform-conditional-operations-using-web-api>

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::access::Act;
use super::headers::{Asked, Condition};
use super::privileges::Verb;
use super::refusal::Refusal;
use super::tables::{Kind, Required, Table};
use super::values::{self, Mode};
use super::{Session, query, reply, rules, solutions};

type Values = BTreeMap<&'static str, Value>;

/// `POST /set`.
pub(crate) fn create(
    session: &mut Session<'_>,
    table: &'static Table,
    request: &Request,
    asked: &Asked,
) -> Result<Response, Refusal> {
    if asked.if_match.is_some() || asked.if_none_match.is_some() {
        return Err(Refusal::bad("If-Match and If-None-Match mean nothing on a POST. (The sandbox refuses them.)"));
    }
    let mut values = values::of_body(session, table, &body(table, request)?, Mode::Create)?;
    let id = values.remove(table.id).and_then(|id| Uuid::parse_str(id.as_str()?).ok()).unwrap_or_else(Uuid::new_v4);
    insert(session, table, id, values, asked)?;
    written(session, table, id, request, asked, StatusCode::CREATED)
}

/// `PATCH /set(id)`.
pub(crate) fn upsert(
    session: &mut Session<'_>,
    table: &'static Table,
    id: Uuid,
    request: &Request,
    asked: &Asked,
) -> Result<Response, Refusal> {
    let body = body(table, request)?;
    let Some(row) = session.org.row(table, id) else {
        if asked.if_match.is_some() {
            return Err(Refusal::no_row(table.logical, id));
        }
        let values = values::of_body(session, table, &body, Mode::Upsert(id))?;
        insert(session, table, id, values, asked)?;
        return written(session, table, id, request, asked, StatusCode::CREATED);
    };
    if asked.if_none_match.is_some() {
        return Err(Refusal::duplicate("A record with matching key values already exists."));
    }
    match_version(&row.etag(), asked)?;
    update(session, table, id, &body, asked)?;
    written(session, table, id, request, asked, StatusCode::OK)
}

/// `If-Match` with an ETag.
pub(crate) fn match_version(etag: &str, asked: &Asked) -> Result<(), Refusal> {
    match &asked.if_match {
        Some(Condition::Version(version)) if version != etag => Err(Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        )),
        _ => Ok(()),
    }
}

/// A managed row: its properties decide, and by default they say no.
pub(crate) fn not_managed(session: &Session<'_>, table: &Table, id: Uuid, operation: &str) -> Result<(), Refusal> {
    // A variable's value is what an environment sets for itself, even when it came with a solution.
    let frozen = table.logical != "environmentvariablevalue"
        && session.org.row(table, id).is_some_and(|row| row.value("ismanaged").as_bool() == Some(true));
    if !frozen {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::BAD_REQUEST,
        "0x8004f026",
        format!(
            "The evaluation of the current component(name={}, id={id}) in the current operation ({operation}) failed \
             during managed property evaluation of condition: Managed Property Name: iscustomizableanddeletable; \
             Component Name: {}; Attribute Name: iscustomizable;",
            table.label, table.logical
        ),
    ))
}

fn body(table: &Table, request: &Request) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Refusal::payload(table.set, "An object was expected as the body.")),
        Err(error) => Err(Refusal::payload(table.set, error)),
    }
}

fn written(
    session: &Session<'_>,
    table: &'static Table,
    id: Uuid,
    request: &Request,
    asked: &Asked,
    status: StatusCode,
) -> Result<Response, Refusal> {
    let is_silent = session.is_change_set && !session.switches.change_set_representations;
    if asked.representation && !is_silent {
        return query::representation(session, table, id, request, asked, status);
    }
    if let Some((name, _)) = request.query.first().filter(|_| !asked.representation) {
        let reason = format!("The sandbox does not know the query option '{name}' on a write without representation.");
        return Err(Refusal::bad(reason));
    }
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    reply::header(&mut response, "odata-entityid", &session.address_of(table, id));
    Ok(response)
}

fn insert(
    session: &mut Session<'_>,
    table: &'static Table,
    id: Uuid,
    mut values: Values,
    asked: &Asked,
) -> Result<(), Refusal> {
    session.entitled(Act::Create, table)?;
    if id.is_nil() {
        return Err(Refusal::invalid("Entity Id cannot be an empty GUID."));
    }
    if session.org.row(table, id).is_some() {
        return Err(Refusal::duplicate("A record with matching key values already exists."));
    }
    for column in table.all_columns() {
        let given = values.get(column.name).is_some_and(|value| !value.is_null());
        let made = matches!(column.kind, Kind::Id | Kind::State(_)) || column.name == "ownerid";
        if column.required == Required::System && !given && !made {
            return Err(values::missing(column));
        }
    }
    rules::states(table, id, None, &mut values)?;
    if let Some((lookup, parent)) = table.parent() {
        let target = values.get(lookup).and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
        if let Some(target) = target {
            session.reaches(Verb::Write, parent, target)?;
        }
    }
    if let Some(owner) = owner(&values).filter(|owner| *owner != session.user) {
        may_give(session, table, owner)?;
    }
    rules::names(session, table, id, &values)?;
    rules::secrets(session, table, id, &values)?;
    let solution = asked_solution(session, table, asked)?;
    session.org.add(table, id, values, session.user);
    if table.is_component() {
        let at_home = session.org.default_solution_id;
        solutions::join(session, table, id, solution.unwrap_or(at_home));
    }
    Ok(())
}

fn update(
    session: &mut Session<'_>,
    table: &'static Table,
    id: Uuid,
    body: &Map<String, Value>,
    asked: &Asked,
) -> Result<(), Refusal> {
    session.entitled(Act::Update, table)?;
    session.reaches(Verb::Write, table, id)?;
    not_managed(session, table, id, "Update")?;
    let mut values = values::of_body(session, table, body, Mode::Update(id))?;
    if table
        .all_columns()
        .any(|column| column.is_lookup() && column.name != "ownerid" && is_bound(&values, column.name))
    {
        session.reaches(Verb::Append, table, id)?;
    }
    let held = session.org.row(table, id).and_then(|row| row.link("ownerid"));
    if let Some(owner) = owner(&values).filter(|owner| Some(*owner) != held) {
        may_give(session, table, owner)?;
        session.reaches(Verb::Assign, table, id)?;
    }
    let state = session.org.row(table, id).and_then(|row| row.number("statecode"));
    rules::states(table, id, state, &mut values)?;
    if table.logical == "credential" {
        rules::variables(session, table, id, &mut values)?;
    }
    rules::names(session, table, id, &values)?;
    rules::secrets(session, table, id, &values)?;
    let solution = asked_solution(session, table, asked)?;
    session.org.change(table, id, values, session.user);
    if let Some(solution) = solution {
        solutions::join(session, table, id, solution);
    }
    Ok(())
}

/// The solution that `MSCRM.SolutionUniqueName` names.
fn asked_solution(session: &Session<'_>, table: &'static Table, asked: &Asked) -> Result<Option<Uuid>, Refusal> {
    let Some(wanted) = asked.solution.as_deref() else { return Ok(None) };
    session.entitled(Act::Join, table)?;
    solutions::unmanaged(session, wanted).map(Some)
}

/// Somebody may give a row away, and whoever gets it could read it.
fn may_give(session: &Session<'_>, table: &'static Table, owner: Uuid) -> Result<(), Refusal> {
    session.entitled(Act::Assign, table)?;
    let privilege = table.privilege(Verb::Read);
    if session.org.depth(owner, privilege).is_none() {
        return Err(Refusal::no_owner(owner, privilege, table));
    }
    Ok(())
}

fn owner(values: &Values) -> Option<Uuid> {
    values.get("ownerid").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

fn is_bound(values: &Values, column: &str) -> bool {
    values.get(column).is_some_and(|value| !value.is_null())
}
