//! Reads: one row or many, with the query options.
//!
//! A page's end is remembered in `$skiptoken` of `@odata.nextLink`, which also repeats the query; the page size does not
//! travel in it, but must be preferred again, as the documentation says.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview>

use std::cmp::Ordering;
use std::collections::BTreeMap;

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::access::Act;
use super::headers::{Asked, Condition};
use super::options::{Query, Way, parse, shape};
use super::privileges::Verb;
use super::refusal::Refusal;
use super::row::{Row, read};
use super::tables::{Collection, Table};
use super::{ROOT, Session, reply};

const PAGE: usize = 5000;

/// `GET /set(id)`.
pub(crate) fn one(
    session: &Session<'_>,
    table: &'static Table,
    id: Uuid,
    request: &Request,
    asked: &Asked,
) -> Result<Response, Refusal> {
    let query = parse(table, &request.query, &["$select", "$expand"])?;
    entitled(session, table, &query)?;
    let row = session.org.visible_row(table, id).ok_or_else(|| Refusal::no_row(table.logical, id))?;
    session.reaches(Verb::Read, table, id)?;
    if asked.if_none_match == Some(Condition::Version(row.etag())) {
        let mut response = reply::empty(StatusCode::NOT_MODIFIED);
        reply::header(&mut response, "etag", &row.etag());
        return Ok(response);
    }
    Ok(whole(session, table, id, row, &query, asked, StatusCode::OK))
}

/// The row that a write made or changed, for `Prefer: return=representation`.
pub(crate) fn representation(
    session: &Session<'_>,
    table: &'static Table,
    id: Uuid,
    request: &Request,
    asked: &Asked,
    status: StatusCode,
) -> Result<Response, Refusal> {
    let query = parse(table, &request.query, &["$select", "$expand"])?;
    let row = session.org.row(table, id).ok_or_else(|| Refusal::no_row(table.logical, id))?;
    Ok(whole(session, table, id, row, &query, asked, status))
}

/// `GET /set`, or `GET /set(id)/collection` for the rows that point at one.
pub(crate) fn many(
    session: &Session<'_>,
    table: &'static Table,
    of: Option<(&'static Collection, Uuid)>,
    request: &Request,
    asked: &Asked,
) -> Result<Response, Refusal> {
    const KNOWN: &[&str] = &["$select", "$expand", "$filter", "$orderby", "$top", "$count", "$skiptoken"];
    let query = parse(table, &request.query, KNOWN)?;
    entitled(session, table, &query)?;
    let mut rows = found(session, table, &query);
    if let Some((collection, id)) = of {
        rows.retain(|(_, row)| row.link(collection.column) == Some(id));
    }
    let total = rows.len();
    let page = match query.top {
        Some(top) => top,
        None if of.is_some() => asked.page_size.unwrap_or(session.switches.expanded_page_size),
        None => asked.page_size.unwrap_or(PAGE),
    };
    let shown: Vec<_> = rows.into_iter().skip(query.skip).take(page).collect();
    let end = query.skip + shown.len();
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(context(session, table, &query, false)));
    if query.count {
        body.insert("@odata.count".to_owned(), json!(total.min(PAGE)));
    }
    let related = related(session, &query);
    let values: Vec<_> = shown
        .into_iter()
        .map(|(id, row)| Value::Object(object(session, table, id, row, &query, &related, asked)))
        .collect();
    body.insert("value".to_owned(), json!(values));
    if query.top.is_none() && end < total {
        body.insert("@odata.nextLink".to_owned(), json!(next_link(session, &request.path, &request.query, end)));
    }
    let mut response = reply::json(StatusCode::OK, &Value::Object(body));
    applied(&mut response, asked);
    Ok(response)
}

fn whole(
    session: &Session<'_>,
    table: &'static Table,
    id: Uuid,
    row: &Row,
    query: &Query,
    asked: &Asked,
    status: StatusCode,
) -> Response {
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(context(session, table, query, true)));
    body.extend(object(session, table, id, row, query, &related(session, query), asked));
    let mut response = reply::json(status, &Value::Object(body));
    reply::header(&mut response, "etag", &row.etag());
    applied(&mut response, asked);
    response
}

fn applied(response: &mut Response, asked: &Asked) {
    if !asked.preferences.is_empty() {
        reply::header(response, "preference-applied", &asked.preferences.join(","));
    }
}

/// For each collection that is read along: the rows that point at a row, found once for all rows of the answer.
type Related<'a> = BTreeMap<&'static str, BTreeMap<Uuid, Vec<(Uuid, &'a Row)>>>;

fn related<'a>(session: &'a Session<'_>, query: &Query) -> Related<'a> {
    let mut related = Related::new();
    for expand in &query.expand {
        let Way::From(collection) = expand.way else { continue };
        let by_target = related.entry(expand.nav).or_default();
        for (id, row) in found(session, expand.table, &expand.query) {
            if let Some(target) = row.link(collection.column) {
                by_target.entry(target).or_default().push((id, row));
            }
        }
    }
    related
}

fn object(
    session: &Session<'_>,
    table: &'static Table,
    id: Uuid,
    row: &Row,
    query: &Query,
    related: &Related<'_>,
    asked: &Asked,
) -> Map<String, Value> {
    let org = &*session.org;
    let mut object = read(org, table, id, row, query.select.as_deref(), &asked.annotations);
    for expand in &query.expand {
        let part = |id, row| {
            let select = expand.query.select.as_deref();
            Value::Object(read(org, expand.table, id, row, select, &asked.annotations))
        };
        let value = match expand.way {
            Way::To(lookup) => row
                .link(lookup.name)
                .filter(|target| org.may(session.user, Verb::Read, expand.table, *target))
                .and_then(|target| Some(part(target, org.visible_row(expand.table, target)?)))
                .unwrap_or(Value::Null),
            Way::From(_) => {
                let all = related.get(expand.nav).and_then(|rows| rows.get(&id)).map(Vec::as_slice).unwrap_or_default();
                let size = expand.query.top.unwrap_or(session.switches.expanded_page_size);
                if expand.query.top.is_none() && all.len() > size {
                    let path = format!("{ROOT}{}({id})/{}", table.set, expand.nav);
                    let next = next_link(session, &path, &expand.options, size);
                    object.insert(format!("{}@odata.nextLink", expand.nav), json!(next));
                }
                all.iter().take(size).map(|(id, row)| part(*id, row)).collect()
            }
        };
        object.insert(expand.nav.to_owned(), value);
    }
    object
}

/// Fails without the privilege to read a table, or one whose rows are read along.
fn entitled(session: &Session<'_>, table: &'static Table, query: &Query) -> Result<(), Refusal> {
    let along = query.expand.iter().map(|expand| expand.table);
    std::iter::once(table).chain(along).try_for_each(|table| session.entitled(Act::Read, table))
}

/// The rows that the user may read and the query wants, in its order.
fn found<'a>(session: &'a Session<'_>, table: &'static Table, query: &Query) -> Vec<(Uuid, &'a Row)> {
    let org = &*session.org;
    let mut rows: Vec<_> = org
        .all(table)
        .filter(|(id, row)| {
            org.may(session.user, Verb::Read, table, *id)
                && org.shows(row)
                && query.filter.as_ref().is_none_or(|filter| filter.holds(org, *id, row))
        })
        .collect();
    // Rows come by id, so that equal ones keep an order from page to page.
    rows.sort_by(|(_, one), (_, other)| {
        query.order.iter().fold(Ordering::Equal, |order, (column, descending)| {
            let next = in_order(one.value(column.name), other.value(column.name));
            order.then(if *descending { next.reverse() } else { next })
        })
    });
    rows
}

/// Null comes first, as in Dataverse.
fn in_order(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::String(one), Value::String(other)) => one.to_lowercase().cmp(&other.to_lowercase()),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
    }
}

fn next_link(session: &Session<'_>, path: &str, query: &[(String, String)], end: usize) -> String {
    let token = format!("<cookie pagenumber=\"{end}\" istracking=\"False\" />");
    let options = query.iter().filter(|(name, _)| name != "$skiptoken");
    let skip = ("$skiptoken".to_owned(), token);
    let options =
        options.chain([&skip]).map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    let options: Vec<_> = options.collect();
    format!("https://{}{path}?{}", session.org.host, options.join("&"))
}

fn context(session: &Session<'_>, table: &Table, query: &Query, single: bool) -> String {
    let entity = if single { "/$entity" } else { "" };
    let shape = shape(query);
    let shape = if shape.is_empty() { shape } else { format!("({shape})") };
    format!("https://{}/api/data/v9.2/$metadata#{}{shape}{entity}", session.org.host, table.set)
}
