//! What a table and a column say of themselves, and the choices of a column.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/entitymetadata>

use serde_json::{Value, json};
use uuid::Uuid;

use super::tables::{Column, Kind, Ownership, Required, Table};

/// A table, as `EntityMetadata`.
pub(crate) fn of_table(table: &Table) -> Value {
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
        "DisplayName": label(table.label),
        "IsPrivate": false,
        "IsCustomEntity": false,
    })
}

/// A column, as `AttributeMetadata`, and what its type adds.
pub(crate) fn of_column(table: &Table, column: &Column) -> Value {
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
        "SchemaName": column.name,
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

/// The metadata type that a column's choices are read by, and the choices: what only a cast to that type can expand.
pub(crate) fn option_set(table: &Table, column: &Column) -> Option<(&'static str, Value)> {
    let (kind, options): (_, Vec<_>) = match column.kind {
        Kind::Choice(options) => ("PicklistAttributeMetadata", options.iter().map(option).collect()),
        Kind::State(options) => ("StateAttributeMetadata", options.iter().map(option).collect()),
        Kind::Choices(options) => ("MultiSelectPicklistAttributeMetadata", options.iter().map(option).collect()),
        Kind::Status(options) => {
            let with_state = |(value, label, state): &(i64, &str, i64)| {
                let mut option = option(&(*value, label));
                option["State"] = json!(state);
                option
            };
            ("StatusAttributeMetadata", options.iter().map(with_state).collect())
        }
        _ => return None,
    };
    let name = format!("{}_{}", table.logical, column.name);
    let set = json!({
        "MetadataId": metadata_id(&name, "options").to_string(),
        "Name": name,
        "IsGlobal": false,
        "Options": options,
    });
    Some((kind, set))
}

fn option((value, text): &(i64, &str)) -> Value {
    json!({ "Value": value, "Label": label(text), "IsManaged": true })
}

fn label(text: &str) -> Value {
    let label = json!({ "Label": text, "LanguageCode": 1033, "IsManaged": true });
    json!({ "LocalizedLabels": [label], "UserLocalizedLabel": label })
}

/// The same id for the same name, everywhere and always.
pub(crate) fn metadata_id(table: &str, column: &str) -> Uuid {
    let hash =
        [table, ".", column].concat().bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b) // FNV-1a
        });
    uuid::Builder::from_random_bytes(hash.to_be_bytes()).into_uuid()
}
