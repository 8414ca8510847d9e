//! `EntityDefinitions(LogicalName='…')` of the tables that the sandbox knows, and their attributes.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-metadata-web-api>

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::exchange::{Request, Response};

use super::refusal::Refusal;
use super::tables::{Column, Kind, Ownership, Required, Table};
use super::{Session, reply};

/// `GET EntityDefinitions(LogicalName='…')`.
pub(crate) fn definition(session: &Session<'_>, table: &Table, request: &Request) -> Result<Response, Refusal> {
    let select = selected(request)?;
    let context = format!("https://{}/api/data/v9.2/$metadata#EntityDefinitions/$entity", session.org.host);
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(context));
    body.extend(chosen(of_table(table), select.as_deref(), "EntityMetadata")?);
    Ok(reply::json(StatusCode::OK, &Value::Object(body)))
}

/// `GET EntityDefinitions(LogicalName='…')/Attributes`.
pub(crate) fn attributes(session: &Session<'_>, table: &Table, request: &Request) -> Result<Response, Refusal> {
    let select = selected(request)?;
    let context = format!(
        "https://{}/api/data/v9.2/$metadata#EntityDefinitions('{}')/Attributes",
        session.org.host, table.logical
    );
    let attributes =
        table.all_columns().map(|column| chosen(of_column(table, column), select.as_deref(), "AttributeMetadata"));
    let attributes = attributes.collect::<Result<Vec<_>, _>>()?;
    Ok(reply::json(StatusCode::OK, &json!({ "@odata.context": context, "value": attributes })))
}

fn selected(request: &Request) -> Result<Option<Vec<String>>, Refusal> {
    let mut select = None;
    for (name, value) in &request.query {
        if name != "$select" {
            return Err(Refusal::bad(format!("The sandbox does not know the query option '{name}' here.")));
        }
        select = Some(value.split(',').map(|name| name.trim().to_owned()).collect());
    }
    Ok(select)
}

fn chosen(all: Value, select: Option<&[String]>, of: &str) -> Result<Map<String, Value>, Refusal> {
    let Value::Object(all) = all else { return Ok(Map::new()) };
    let Some(select) = select else { return Ok(all) };
    if let Some(unknown) = select.iter().find(|name| !all.contains_key(*name)) {
        return Err(Refusal::no_property(unknown, of));
    }
    let wanted = |name: &String| select.contains(name) || name == "MetadataId" || name.starts_with('@');
    Ok(all.into_iter().filter(|(name, _)| wanted(name)).collect())
}

fn of_table(table: &Table) -> Value {
    let ownership = if table.ownership == Ownership::User { "UserOwned" } else { "None" };
    json!({
        "MetadataId": metadata_id(table.logical, "").to_string(),
        "LogicalName": table.logical,
        "SchemaName": table.schema,
        "EntitySetName": table.set,
        "LogicalCollectionName": table.set,
        "PrimaryIdAttribute": table.id,
        "PrimaryNameAttribute": table.name,
        "OwnershipType": ownership,
        "ObjectTypeCode": table.object_type_code,
        "IsOptimisticConcurrencyEnabled": true,
        "TableType": "Standard",
    })
}

fn of_column(table: &Table, column: &Column) -> Value {
    let (kind, longest) = match column.kind {
        Kind::Id | Kind::Guid => ("Uniqueidentifier", None),
        Kind::Text(longest) => ("String", Some(longest)),
        Kind::Memo(longest) => ("Memo", Some(longest)),
        Kind::Integer => ("Integer", None),
        Kind::Big => ("BigInt", None),
        Kind::Flag => ("Boolean", None),
        Kind::Choice(_) => ("Picklist", None),
        Kind::State(_) => ("State", None),
        Kind::Status(_) => ("Status", None),
        Kind::Choices(_) => ("Virtual", None), // so a multiple choice calls itself; its type's name says which
        Kind::DateTime => ("DateTime", None),
        Kind::Managed => ("ManagedProperty", None),
        Kind::Lookup { .. } if column.name == "ownerid" => ("Owner", None),
        Kind::Lookup { .. } => ("Lookup", None),
    };
    let required = match column.required {
        Required::No => "None",
        Required::Application => "ApplicationRequired",
        Required::System => "SystemRequired",
    };
    let mut attribute = json!({
        "MetadataId": metadata_id(table.logical, column.name).to_string(),
        "LogicalName": column.name,
        "EntityLogicalName": table.logical,
        "AttributeType": kind,
        "RequiredLevel": { "Value": required, "CanBeChanged": false },
        "IsValidForRead": true,
        "IsValidForCreate": column.create,
        "IsValidForUpdate": column.update,
        "IsPrimaryId": column.name == table.id,
        "IsPrimaryName": column.name == table.name,
    });
    if let Some(longest) = longest {
        attribute["MaxLength"] = json!(longest);
    }
    attribute
}

/// The same id for the same name, everywhere and always.
fn metadata_id(table: &str, column: &str) -> Uuid {
    let hash =
        [table, ".", column].concat().bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b) // FNV-1a
        });
    uuid::Builder::from_random_bytes(hash.to_be_bytes()).into_uuid()
}
