//! What belongs to a solution, and how rows that exist come to belong to one.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/addsolutioncomponent>

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::access::Act;
use super::catalog::TABLES;
use super::privileges::Verb;
use super::refusal::Refusal;
use super::tables::Table;
use super::{ROOT, Session, reply};

/// The unmanaged solution with this unique name.
pub(crate) fn unmanaged(session: &Session<'_>, wanted: &str) -> Result<Uuid, Refusal> {
    let found = session
        .org
        .all(Table::known("solution"))
        .find(|(_, row)| row.text("uniquename").is_some_and(|name| name.eq_ignore_ascii_case(wanted)));
    match found {
        Some((_, row)) if row.value("ismanaged").as_bool() == Some(true) => {
            Err(Refusal::invalid(format!("The solution {wanted} is managed: components cannot be added to it.")))
        }
        Some((id, _)) => Ok(id),
        None => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "0x80048403",
            format!("The solution with unique name {wanted} does not exist."),
        )),
    }
}

/// Remembers that a row belongs to a solution, and returns the row that says so.
pub(crate) fn join(session: &mut Session<'_>, table: &Table, id: Uuid, solution: Uuid) -> Uuid {
    let components = Table::known("solutioncomponent");
    let of = |component: &Uuid| session.org.row(components, *component).and_then(|row| row.link("solutionid"));
    let mut there = session.org.linked(components, "objectid", id).into_iter();
    if let Some(component) = there.find(|component| of(component) == Some(solution)) {
        return component;
    }
    let values = BTreeMap::from([
        ("solutionid", json!(solution.to_string())),
        ("objectid", json!(id.to_string())),
        ("componenttype", json!(table.object_type_code)),
    ]);
    let component = Uuid::new_v4();
    session.org.add(components, component, values, session.user);
    component
}

/// The parameters of `AddSolutionComponent`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Added {
    component_id: Uuid,
    component_type: u32,
    solution_unique_name: String,
    add_required_components: bool,
}

/// `POST AddSolutionComponent`: a row that exists belongs to one more solution. That it does already is no error.
pub(crate) fn add(session: &mut Session<'_>, request: &Request) -> Result<Response, Refusal> {
    let added: Added =
        serde_json::from_slice(&request.body).map_err(|error| Refusal::payload("AddSolutionComponent", error))?;
    if added.add_required_components {
        return Err(Refusal::unknown("AddRequiredComponents of AddSolutionComponent"));
    }
    let kind = TABLES.iter().find(|table| table.is_component() && table.object_type_code == added.component_type);
    let kind = kind.ok_or_else(|| {
        Refusal::invalid(format!("Solution component type {} is not supported.", added.component_type))
    })?;
    session.entitled(Act::Join, kind)?;
    if session.org.row(kind, added.component_id).is_none() {
        return Err(Refusal::no_row(kind.logical, added.component_id));
    }
    session.reaches(Verb::Read, kind, added.component_id)?;
    let solution = unmanaged(session, &added.solution_unique_name)?;
    let component = join(session, kind, added.component_id, solution);
    let context =
        format!("https://{}{ROOT}$metadata#Microsoft.Dynamics.CRM.AddSolutionComponentResponse", session.org.host);
    Ok(reply::json(StatusCode::OK, &json!({ "@odata.context": context, "id": component.to_string() })))
}
