//! From the JSON of a request to the values of a row: which property means which column, and what it may hold.
//!
//! A lookup is written by its navigation property (`certificate@odata.bind`), whose case counts, and read by another
//! name (`_certificate_value`); writing the second is an error of its own.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Session;
use super::access::Act;
use super::privileges::Verb;
use super::refusal::Refusal;
use super::tables::{Column, Kind, Required, Table};

/// What a write does with the row, since columns differ in what they allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Create,
    /// The row with this id exists.
    Update(Uuid),
    /// The row with this id is to be created by a `PATCH`.
    Upsert(Uuid),
}

/// The values that a body sets.
pub(crate) fn of_body(
    session: &Session<'_>,
    table: &'static Table,
    body: &Map<String, Value>,
    mode: Mode,
) -> Result<BTreeMap<&'static str, Value>, Refusal> {
    let mut values = BTreeMap::new();
    for (property, value) in body {
        if let Some((name, annotation)) = property.split_once('@') {
            match (name, annotation) {
                ("", "odata.type") => of_type(table, value)?,
                (_, "odata.bind") => {
                    let (column, value) = bound(session, table, name, value)?;
                    writable(table, column, mode)?;
                    values.insert(column.name, value);
                }
                _ => {
                    let reason = format!("The annotation '{property}' is not one that the sandbox knows.");
                    return Err(Refusal::payload(table.set, reason));
                }
            }
            continue;
        }
        let column = plain(table, property)?;
        if matches!(column.kind, Kind::Id) {
            let id = shape(column, value).map_err(|reason| Refusal::payload(table.set, reason))?;
            match mode {
                Mode::Create => drop(values.insert(column.name, id)),
                Mode::Update(known) | Mode::Upsert(known) if id == json!(known.to_string()) => {}
                Mode::Update(known) | Mode::Upsert(known) => {
                    let reason = format!("The id {id} in the body is not the id {known} in the address.");
                    return Err(Refusal::payload(table.set, reason));
                }
            }
            continue;
        }
        writable(table, column, mode)?;
        // Dataverse keeps no empty text: it reads back as null.
        let empty = matches!(column.kind, Kind::Text(_) | Kind::Memo(_)) && value.as_str() == Some("");
        if value.is_null() || empty {
            if column.required == Required::System {
                return Err(missing(column));
            }
            values.insert(column.name, Value::Null);
            continue;
        }
        let value = shape(column, value).map_err(|reason| Refusal::payload(table.set, reason))?;
        within(table, column, &value)?;
        values.insert(column.name, value);
    }
    Ok(values)
}

/// The values of a row that a person or a test makes: any column, in its type, with no limits.
pub(crate) fn of_portal(table: &'static Table, row: Value) -> Result<BTreeMap<&'static str, Value>, String> {
    let Value::Object(row) = row else { return Err("a row is an object".to_owned()) };
    let mut values = BTreeMap::new();
    for (property, value) in row {
        let unknown = || format!("the table {} has no column '{property}'", table.logical);
        let (column, value) = match property.strip_suffix("@odata.bind") {
            Some(nav) => {
                let id = value.as_str().and_then(|text| Some(address_of_row(text)?.1));
                (table.navigation(nav).ok_or_else(unknown)?, id.map_or(Value::Null, |id| json!(id.to_string())))
            }
            None if property.starts_with('@') => continue, // what `Org::rows` returned may be given back
            None => (table.column(&property).or_else(|| table.readable(&property)).ok_or_else(unknown)?, value),
        };
        let value = if value.is_null() { value } else { shape(column, &value)? };
        values.insert(column.name, value);
    }
    Ok(values)
}

fn of_type(table: &Table, value: &Value) -> Result<(), Refusal> {
    let named = value.as_str().unwrap_or_default().trim_start_matches('#');
    if named == format!("Microsoft.Dynamics.CRM.{}", table.logical) {
        return Ok(());
    }
    Err(Refusal::payload(table.set, format!("The type {value} is not the type of the rows of '{}'.", table.set)))
}

fn plain(table: &'static Table, property: &str) -> Result<&'static Column, Refusal> {
    if property.starts_with('_') && property.ends_with("_value") && table.readable(property).is_some() {
        return Err(Refusal::bad(
            "CRM do not support direct update of Entity Reference properties. Use Navigation properties instead.",
        ));
    }
    if table.navigation(property).is_some() || table.collection(property).is_some() {
        return Err(Refusal::payload(
            table.set,
            format!("The sandbox does not make or change related rows through the navigation property '{property}'."),
        ));
    }
    table.column(property).filter(|column| !column.is_lookup()).ok_or_else(|| {
        let reason =
            format!("Invalid property '{property}' was found in entity 'Microsoft.Dynamics.CRM.{}'.", table.logical);
        Refusal::payload(table.set, reason)
    })
}

fn writable(table: &Table, column: &Column, mode: Mode) -> Result<(), Refusal> {
    let allowed = match mode {
        Mode::Create | Mode::Upsert(_) => column.create,
        Mode::Update(_) => column.update,
    };
    if allowed {
        return Ok(());
    }
    let verb = if matches!(mode, Mode::Update(_)) { "update" } else { "create" };
    Err(Refusal::payload(
        table.set,
        format!("The property '{}' is not valid for {verb}. (Inferred: the sandbox refuses it by name.)", column.name),
    ))
}

/// A column that must have a value has none.
pub(crate) fn missing(column: &Column) -> Refusal {
    Refusal::invalid(format!("Attribute '{}' cannot be NULL.", column.name))
}

/// The lookup that a bind sets, and the GUID it sets.
fn bound(
    session: &Session<'_>,
    table: &'static Table,
    nav: &str,
    value: &Value,
) -> Result<(&'static Column, Value), Refusal> {
    let Some(column) = table.navigation(nav) else {
        let reason = format!(
            "An undeclared property '{nav}' which only has property annotations in the payload but no property value \
             was found in the payload. In OData, only declared navigation properties and declared named streams can \
             be represented as properties without values."
        );
        return Err(Refusal::payload(table.set, reason));
    };
    if value.is_null() {
        return if column.required == Required::System { Err(missing(column)) } else { Ok((column, Value::Null)) };
    }
    let reference = value.as_str().unwrap_or_default();
    let resolved = match reference.strip_prefix('$') {
        Some(content_id) => session.referenced(content_id)?,
        None => reference.to_owned(),
    };
    let prefix = format!("https://{}/api/data/v9.2/", session.org.host);
    let short = resolved.strip_prefix(&prefix).or_else(|| resolved.strip_prefix("/api/data/v9.2/"));
    let Some((set, id)) = address_of_row(short.unwrap_or(&resolved)) else {
        return Err(Refusal::payload(
            table.set,
            format!(
                "The supplied reference link -- {reference} -- is invalid. Expecting a reference link of the form \
                 /entityset(key)."
            ),
        ));
    };
    let other = Table::of_set(set).ok_or_else(|| Refusal::no_segment(set))?;
    let Kind::Lookup { to, .. } = column.kind else { return Err(Refusal::no_segment(nav)) };
    if !to.contains(&other.logical) {
        let reason = format!("The navigation property '{nav}' cannot point at a row of '{set}'.");
        return Err(Refusal::payload(table.set, reason));
    }
    if session.org.row(other, id).is_none() {
        return Err(Refusal::no_row(other.logical, id));
    }
    if column.name == "ownerid" {
        return Ok((column, json!(id.to_string())));
    }
    session.entitled(Act::Bind(column), table)?;
    session.reaches(Verb::Read, other, id)?;
    session.reaches(Verb::AppendTo, other, id)?;
    Ok((column, json!(id.to_string())))
}

/// `/set(guid)` or `set(guid)`.
pub(crate) fn address_of_row(text: &str) -> Option<(&str, Uuid)> {
    let (set, key) = text.strip_prefix('/').unwrap_or(text).strip_suffix(')')?.split_once('(')?;
    let dashed = key.len() == 36;
    Uuid::parse_str(key).ok().filter(|_| dashed).map(|id| (set, id))
}

/// A JSON value in the type of its column.
pub(crate) fn shape(column: &Column, value: &Value) -> Result<Value, String> {
    let (wanted, shaped) = match column.kind {
        Kind::Id | Kind::Guid | Kind::Lookup { .. } => {
            let id = value.as_str().filter(|text| text.len() == 36).and_then(|text| Uuid::parse_str(text).ok());
            ("Edm.Guid", id.map(|id| json!(id.to_string())))
        }
        Kind::Text(_) | Kind::Memo(_) | Kind::Choices(_) => ("Edm.String", value.as_str().map(|text| json!(text))),
        Kind::Integer | Kind::Big | Kind::Choice(_) | Kind::State(_) | Kind::Status(_) => {
            ("Edm.Int32", value.as_i64().map(|number| json!(number)))
        }
        Kind::Flag => ("Edm.Boolean", value.as_bool().map(|flag| json!(flag))),
        Kind::DateTime => {
            let format = &time::format_description::well_known::Rfc3339;
            let at = value.as_str().and_then(|text| time::OffsetDateTime::parse(text, format).ok());
            ("Edm.DateTimeOffset", at.map(|at| json!(super::reply::date_time(at))))
        }
        Kind::Managed => {
            let flag = value.get("Value").unwrap_or(value).as_bool();
            ("Microsoft.Dynamics.CRM.BooleanManagedProperty", flag.map(|flag| json!(flag)))
        }
    };
    shaped.ok_or_else(|| {
        format!(
            "Cannot convert a value '{value}' of the property '{}' to the expected target type '{wanted}'.",
            column.name
        )
    })
}

/// Lengths and options.
fn within(table: &Table, column: &Column, value: &Value) -> Result<(), Refusal> {
    match column.kind {
        Kind::Text(longest) | Kind::Memo(longest) => {
            let length = value.as_str().unwrap_or_default().encode_utf16().count();
            if length > longest {
                return Err(Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "0x80044331",
                    format!(
                        "A validation error occurred.  The length of the '{}' attribute of the '{}' entity exceeded \
                         the maximum allowed length of '{longest}'.",
                        column.name, table.logical
                    ),
                ));
            }
        }
        Kind::Choice(_) | Kind::State(_) | Kind::Status(_) => option(table, column, value.as_i64())?,
        Kind::Choices(_) => {
            for part in value.as_str().unwrap_or_default().split(',') {
                option(table, column, part.parse().ok())?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn option(table: &Table, column: &Column, value: Option<i64>) -> Result<(), Refusal> {
    if value.is_some_and(|value| column.label(value).is_some()) {
        return Ok(());
    }
    let shown = value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let accepted: Vec<_> = match column.kind {
        Kind::Choice(options) | Kind::State(options) | Kind::Choices(options) => {
            options.iter().map(|(value, _)| value.to_string()).collect()
        }
        Kind::Status(options) => options.iter().map(|(value, _, _)| value.to_string()).collect(),
        _ => Vec::new(),
    };
    Err(Refusal::new(
        StatusCode::BAD_REQUEST,
        "0x8004431a",
        format!(
            "A validation error occurred. The value {} of '{}' on record of type '{}' is outside the valid range. \
             Accepted Values: {}",
            shown,
            column.name,
            table.logical,
            accepted.join(",")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, set: Option<&str>) {
        assert_eq!(address_of_row(text).map(|(set, _)| set), set, "{text}");
    }

    #[test]
    fn a_row_is_addressed_by_its_set_and_its_dashed_guid() {
        check("/credentials(11111111-1111-1111-1111-111111111111)", Some("credentials"));
        check("credentials(11111111-1111-1111-1111-111111111111)", Some("credentials"));
        check("credentials(11111111111111111111111111111111)", None);
        check("credentials('11111111-1111-1111-1111-111111111111')", None);
        check("credentials()", None);
        check("credentials", None);
        check("", None);
    }
}
