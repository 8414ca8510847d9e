//! Reads: one row or many, with the query options.
//!
//! A page's end is remembered in `$skiptoken` of `@odata.nextLink`, which also repeats the query; the page size does not
//! travel in it, but must be preferred again, as the documentation says.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview>

use std::cmp::Ordering;

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::access::Act;
use super::expanded::Reader;
use super::headers::{Asked, Condition};
use super::options::{Query, parse, shape};
use super::privileges::{Depth, Verb};
use super::refusal::Refusal;
use super::row::Row;
use super::tables::{Collection, Table};
use super::{Session, reply};

/// A count says no more than this.
const LARGEST_COUNT: usize = 5000;

/// `GET /set(id)`.
pub(crate) fn one(
    session: &Session<'_>,
    table: &'static Table,
    id: Uuid,
    request: &Request,
    asked: &Asked,
) -> Result<Response, Refusal> {
    let query = understood(session, table, request, &["$select", "$expand"])?;
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
    let query = understood(session, table, request, &["$select", "$expand"])?;
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
    let query = understood(session, table, request, KNOWN)?;
    entitled(session, table, &query)?;
    let rows = found(session, table, &query, of);
    let total = rows.len();
    let most = if of.is_some() { session.switches.expanded_page_size } else { session.switches.page_size };
    // Where a page size is preferred, $top is ignored.
    let top = query.top.filter(|_| asked.page_size.is_none());
    let page = top.or(asked.page_size).map_or(most, |wanted| wanted.min(most));
    let shown: Vec<_> = rows.into_iter().skip(query.skip).take(page).collect();
    let end = query.skip + shown.len();
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(context(session, table, &query, false)));
    if query.count {
        body.insert("@odata.count".to_owned(), json!(total.min(LARGEST_COUNT)));
    }
    let reader = Reader::new(session, &query, asked);
    let values: Vec<_> =
        shown.into_iter().map(|(id, row)| Value::Object(reader.object(table, id, row, &query))).collect();
    body.insert("value".to_owned(), json!(values));
    if top.is_none() && end < total {
        body.insert("@odata.nextLink".to_owned(), json!(next_link(session, &request.path, &request.query, Some(end))));
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
    body.extend(Reader::new(session, query, asked).object(table, id, row, query));
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

/// What a read asks for, where it may be asked for together.
fn understood(
    session: &Session<'_>,
    table: &'static Table,
    request: &Request,
    known: &[&str],
) -> Result<Query, Refusal> {
    let query = parse(table, &request.query, known)?;
    match query.nested_collection() {
        Some(nav) if !session.switches.nested_collections => Err(Refusal::bad(format!(
            "The navigation property '{nav}' cannot be expanded. Only many-to-one relationships are supported for nested expansion."
        ))),
        _ => Ok(query),
    }
}

/// Fails without the privilege to read a table, or one whose rows are read along.
fn entitled(session: &Session<'_>, table: &'static Table, query: &Query) -> Result<(), Refusal> {
    session.entitled(Act::Read, table)?;
    query.expand.iter().try_for_each(|expand| entitled(session, expand.table, &expand.query))
}

/// The rows that the user may read and the query wants, in its order; of all, or of those that point at a row.
pub(super) fn found<'a>(
    session: &'a Session<'_>,
    table: &'static Table,
    query: &Query,
    of: Option<(&'static Collection, Uuid)>,
) -> Vec<(Uuid, &'a Row)> {
    let org = &*session.org;
    let Some(depth) = org.depth(session.user, table.privilege(Verb::Read)) else { return Vec::new() };
    let wanted = |(id, row): &(Uuid, &Row)| {
        (depth > Depth::Basic || org.holds(session.user, Verb::Read, table, *id))
            && org.shows(row)
            && of.is_none_or(|(collection, target)| row.link(collection.column) == Some(target))
            && query.filter.as_ref().is_none_or(|filter| filter.holds(org, *id, row))
    };
    let at_most = match of {
        Some((collection, target)) => Some(org.linked(table, collection.column, target).into_iter().collect()),
        None => query.filter.as_ref().and_then(|filter| filter.at_most(org, table)),
    };
    // Rows come by id, so that equal ones keep an order from page to page.
    let mut rows: Vec<_> = match at_most {
        Some(ids) => ids.into_iter().filter_map(|id| Some((id, org.row(table, id)?))).filter(wanted).collect(),
        None => org.all(table).filter(wanted).collect(),
    };
    if query.order.is_empty() {
        return rows;
    }
    let key = |row: &Row| {
        let keys = query.order.iter().map(|(column, _)| match row.value(column.name) {
            Value::String(text) => Value::String(text.to_lowercase()),
            other => other.clone(),
        });
        keys.collect::<Vec<_>>()
    };
    let mut keyed: Vec<_> = rows.drain(..).map(|(id, row)| (key(row), id, row)).collect();
    keyed.sort_by(|(one, ..), (other, ..)| {
        let pairs = one.iter().zip(other).zip(&query.order);
        pairs.fold(Ordering::Equal, |order, ((one, other), (_, descending))| {
            let next = in_order(one, other);
            order.then(if *descending { next.reverse() } else { next })
        })
    });
    keyed.into_iter().map(|(_, id, row)| (id, row)).collect()
}

/// Null comes first, as in Dataverse; texts are in lower case already.
fn in_order(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
    }
}

/// The address of the rows after so many, or of the same rows.
pub(super) fn next_link(session: &Session<'_>, path: &str, query: &[(String, String)], end: Option<usize>) -> String {
    let token = |end| format!("<cookie pagenumber=\"{end}\" istracking=\"False\" />");
    let skip = end.map(|end| ("$skiptoken".to_owned(), token(end)));
    let options = query.iter().filter(|(name, _)| name != "$skiptoken");
    let options =
        options.chain(&skip).map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    let options: Vec<_> = options.collect();
    format!("https://{}{path}?{}", session.org.host, options.join("&"))
}

fn context(session: &Session<'_>, table: &Table, query: &Query, single: bool) -> String {
    let entity = if single { "/$entity" } else { "" };
    let shape = shape(query);
    let shape = if shape.is_empty() { shape } else { format!("({shape})") };
    format!("https://{}/api/data/v9.2/$metadata#{}{shape}{entity}", session.org.host, table.set)
}
