//! Deleting a row, and what goes with it.
//!
//! A variable takes its value rows along (cascade), but a credential that points at it stays, with an empty lookup
//! (RemoveLink): the service does not warn.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/environmentvariabledefinition>

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::access::Act;
use super::catalog::TABLES;
use super::headers::Asked;
use super::privileges::Verb;
use super::refusal::Refusal;
use super::tables::{Kind, Ownership, Table};
use super::{Org, Session, reply, write};

/// `DELETE /set(id)`.
pub(crate) fn delete(
    session: &mut Session<'_>,
    table: &'static Table,
    id: Uuid,
    request: &Request,
    asked: &Asked,
) -> Result<Response, Refusal> {
    if let Some((name, _)) = request.query.first() {
        return Err(Refusal::bad(format!("The sandbox does not know the query option '{name}' on a delete.")));
    }
    session.entitled(Act::Delete, table)?;
    let row = session.org.row(table, id).ok_or_else(|| Refusal::no_row(table.logical, id))?;
    write::match_version(&row.etag(), asked)?;
    session.reaches(Verb::Delete, table, id)?;
    write::not_managed(session, table, id, "Delete")?;
    erase(session.org, table, id);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Takes a row away, with the rows that live in it and the links to it.
pub(crate) fn erase(org: &mut Org, table: &'static Table, id: Uuid) {
    org.erase_row(table, id);
    for other in TABLES {
        for column in other.all_columns() {
            if !matches!(column.kind, Kind::Lookup { to, .. } if to.contains(&table.logical)) || !column.create {
                continue;
            }
            for linked in org.linked(other, column.name, id) {
                if other.ownership == Ownership::Parent(column.name) {
                    erase(org, other, linked);
                } else {
                    let by = org.system_user_id;
                    org.change(other, linked, BTreeMap::from([(column.name, Value::Null)]), by);
                }
            }
        }
    }
    let components = Table::known("solutioncomponent");
    for component in org.linked(components, "objectid", id) {
        org.erase_row(components, component);
    }
}
