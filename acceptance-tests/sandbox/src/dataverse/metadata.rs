//! `EntityDefinitions` of the tables that the sandbox knows, their attributes, and the choices of an attribute.
//!
//! Choices are seen only through a cast: `…/Attributes(LogicalName='x')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$expand=OptionSet`.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-metadata-web-api>

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::catalog::TABLES;
use super::metadata_shape::{metadata_id, of_column, of_table, option_set};
use super::refusal::Refusal;
use super::tables::{Column, Table};
use super::{Session, metadata_filter, options, reply};

const TYPES: &str = "Microsoft.Dynamics.CRM.";

/// What an address of metadata means; an attribute's type is one that it is cast to.
pub(crate) enum Address {
    Tables,
    Table(&'static Table),
    Columns(&'static Table, Option<String>),
    Column(&'static Table, &'static Column, Option<String>),
}

/// What follows `EntityDefinitions` in an address.
pub(crate) fn address(rest: &str) -> Result<Address, Refusal> {
    let Some((key, rest)) = keyed(rest) else {
        return if rest.is_empty() { Ok(Address::Tables) } else { Err(Refusal::no_segment(rest)) };
    };
    let table = TABLES.iter().find(|table| is(key, table.logical, metadata_id(table.logical, "")));
    let table = table.ok_or_else(|| missing("entity", key))?;
    if rest.is_empty() {
        return Ok(Address::Table(table));
    }
    let rest = rest.strip_prefix("/Attributes").ok_or_else(|| Refusal::no_segment(rest))?;
    let (column, rest) = match keyed(rest) {
        Some((key, rest)) => {
            let column =
                table.all_columns().find(|column| is(key, column.name, metadata_id(table.logical, column.name)));
            (Some(column.ok_or_else(|| missing("attribute", key))?), rest)
        }
        None => (None, rest),
    };
    let cast = match rest.strip_prefix('/') {
        None if rest.is_empty() => None,
        Some(cast) if cast.starts_with(TYPES) && !cast.contains('/') => Some(cast[TYPES.len()..].to_owned()),
        _ => return Err(Refusal::no_segment(rest)),
    };
    Ok(match column {
        Some(column) => Address::Column(table, column, cast),
        None => Address::Columns(table, cast),
    })
}

/// A key in parentheses, and what follows it.
fn keyed(rest: &str) -> Option<(&str, &str)> {
    rest.strip_prefix('(')?.split_once(')')
}

fn is(key: &str, logical: &str, id: Uuid) -> bool {
    match key.strip_prefix("LogicalName='").and_then(|name| name.strip_suffix('\'')) {
        Some(name) => name == logical,
        None => Uuid::parse_str(key).is_ok_and(|key| key == id),
    }
}

fn missing(what: &str, key: &str) -> Refusal {
    let name = key.strip_prefix("LogicalName=").unwrap_or(key);
    let reason = format!("Could not find an {what} with name {name}. (The sandbox does not know it.)");
    Refusal::new(StatusCode::NOT_FOUND, "0x80060888", reason)
}

/// Answers a read of metadata.
pub(crate) fn read(session: &Session<'_>, address: &Address, request: &Request) -> Result<Response, Refusal> {
    let asked = Asked::of(request)?;
    let root = format!("https://{}/api/data/v9.2/$metadata#EntityDefinitions", session.org.host);
    match address {
        Address::Tables => asked.many(&root, TABLES.iter().map(of_table), "EntityMetadata"),
        Address::Table(table) => asked.one(&format!("{root}/$entity"), of_table(table), "EntityMetadata"),
        Address::Columns(table, cast) => {
            let context = format!("{root}('{}')/Attributes", table.logical);
            let columns = table.all_columns().filter_map(|column| as_type(table, column, cast.as_deref()));
            asked.many(&context, columns, cast.as_deref().unwrap_or("AttributeMetadata"))
        }
        Address::Column(table, column, cast) => {
            let context = format!("{root}('{}')/Attributes/$entity", table.logical);
            let of = cast.as_deref().unwrap_or("AttributeMetadata");
            let object = as_type(table, column, cast.as_deref()).ok_or_else(|| missing(of, column.name))?;
            asked.one(&context, object, of)
        }
    }
}

/// A column as one of its type, with its choices if it has any; none if it is of another type.
fn as_type(table: &Table, column: &Column, cast: Option<&str>) -> Option<Value> {
    let mut object = of_column(table, column);
    let Some(cast) = cast else { return Some(object) };
    match option_set(table, column) {
        Some((kind, options)) if kind == cast => {
            object["OptionSet"] = options;
            object["GlobalOptionSet"] = Value::Null;
        }
        Some(_) => return None,
        None if format!("{}AttributeMetadata", object["AttributeType"].as_str()?) != cast => return None,
        None => {}
    }
    Some(object)
}

/// The query options of a read of metadata.
#[derive(Default)]
struct Asked<'a> {
    select: Option<Vec<&'a str>>,
    filter: Option<&'a str>,
    expand: Vec<Expand>,
}

/// A navigation to read along, with what is selected of it.
struct Expand {
    navigation: String,
    select: Option<Vec<String>>,
}

impl<'a> Asked<'a> {
    fn of(request: &'a Request) -> Result<Self, Refusal> {
        let mut asked = Self::default();
        for (name, value) in &request.query {
            match name.as_str() {
                "$select" => asked.select = Some(value.split(',').map(str::trim).collect()),
                "$filter" => asked.filter = Some(value),
                "$expand" => asked.expand = expand(value)?,
                _ => return Err(Refusal::unknown(&format!("the query option '{name}' of metadata"))),
            }
        }
        Ok(asked)
    }

    fn many(&self, context: &str, all: impl Iterator<Item = Value>, of: &str) -> Result<Response, Refusal> {
        let mut value = Vec::new();
        for object in all {
            if self.filter.map_or(Ok(true), |filter| metadata_filter::holds(filter, &object, of))? {
                value.push(Value::Object(self.chosen(object, of)?));
            }
        }
        Ok(reply::json(StatusCode::OK, &json!({ "@odata.context": context, "value": value })))
    }

    fn one(&self, context: &str, object: Value, of: &str) -> Result<Response, Refusal> {
        if self.filter.is_some() {
            return Err(Refusal::bad("The query option '$filter' belongs to a collection."));
        }
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(context));
        body.extend(self.chosen(object, of)?);
        Ok(reply::json(StatusCode::OK, &Value::Object(body)))
    }

    /// The properties that are selected, and the navigations that are expanded.
    fn chosen(&self, object: Value, of: &str) -> Result<Map<String, Value>, Refusal> {
        let Value::Object(mut all) = object else { return Ok(Map::new()) };
        let mut expanded = Map::new();
        for navigation in ["OptionSet", "GlobalOptionSet"] {
            let value = all.remove(navigation);
            let Some(expand) = self.expand.iter().find(|expand| expand.navigation == navigation) else { continue };
            let value = value.ok_or_else(|| Refusal::no_property(navigation, of))?;
            expanded.insert(navigation.to_owned(), selected(value, expand.select.as_deref(), "OptionSetMetadata")?);
        }
        let select = self.select.as_deref();
        let all = selected(Value::Object(all), select, of)?;
        Ok(all.as_object().cloned().unwrap_or_default().into_iter().chain(expanded).collect())
    }
}

fn selected<T: AsRef<str>>(all: Value, select: Option<&[T]>, of: &str) -> Result<Value, Refusal> {
    let (Value::Object(all), Some(select)) = (&all, select) else { return Ok(all) };
    if let Some(unknown) = select.iter().find(|name| !all.contains_key(name.as_ref())) {
        return Err(Refusal::no_property(unknown.as_ref(), of));
    }
    let wanted = |name: &str| name == "MetadataId" || select.iter().any(|chosen| chosen.as_ref() == name);
    Ok(all.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn expand(value: &str) -> Result<Vec<Expand>, Refusal> {
    let navigations = options::outside_parentheses(value, ',').into_iter().map(|item| {
        let (name, select) = match item.split_once('(') {
            None => (item.as_str(), None),
            Some((name, rest)) => {
                let select = rest.strip_suffix(')').and_then(|option| option.strip_prefix("$select="));
                let select = select.ok_or_else(|| Refusal::unknown(&format!("'{item}' in an $expand of metadata")))?;
                (name, Some(select.split(',').map(|name| name.trim().to_owned()).collect()))
            }
        };
        if ["OptionSet", "GlobalOptionSet"].contains(&name) {
            return Ok(Expand { navigation: name.to_owned(), select });
        }
        Err(Refusal::unknown(&format!("the navigation '{name}' of metadata")))
    });
    navigations.collect()
}
