//! A row, and how a read returns it.
//!
//! A lookup is kept as the GUID it points at and read as `_x_value`; a row's version is its ETag.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Org;
use super::privileges::Verb;
use super::tables::{Column, Kind, Table};

/// The values of one row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// By logical name; what is absent is null.
    pub(crate) values: BTreeMap<&'static str, Value>,
    pub(crate) version: u64,
    /// What users may do with the row besides its owner.
    pub(crate) shared_with: BTreeMap<Uuid, BTreeSet<Verb>>,
    /// Until then reads do not see the row (a fault, see `Org::hide_new_rows_for`).
    pub(crate) visible_from: Option<OffsetDateTime>,
}

impl Row {
    pub(crate) fn value(&self, column: &str) -> &Value {
        self.values.get(column).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.value(column).as_str()
    }

    pub(crate) fn number(&self, column: &str) -> Option<i64> {
        self.value(column).as_i64()
    }

    /// The row that a lookup points at.
    pub(crate) fn link(&self, column: &str) -> Option<Uuid> {
        self.text(column).and_then(|id| Uuid::parse_str(id).ok())
    }

    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

/// Which annotations a read carries besides the values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotations {
    patterns: Vec<String>,
}

impl Annotations {
    /// The names or patterns of `odata.include-annotations`, e.g. `*` or `OData.Community.Display.V1.FormattedValue`.
    pub(crate) fn asked(patterns: &str) -> Self {
        Self { patterns: patterns.split(',').map(|pattern| pattern.trim().to_owned()).collect() }
    }

    fn wants(&self, annotation: &str) -> bool {
        self.patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => annotation.starts_with(start),
            None => annotation == pattern,
        })
    }
}

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const LOOKUP_TABLE: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
const LOOKUP_NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";

/// The JSON of a row: the selected columns (all, when none is selected), always with ETag and primary key.
pub(crate) fn read(
    org: &Org,
    table: &'static Table,
    id: Uuid,
    row: &Row,
    selected: Option<&[&'static Column]>,
    annotations: &Annotations,
) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("@odata.etag".to_owned(), json!(row.etag()));
    for column in table.all_columns() {
        let wanted = selected.is_none_or(|some| some.iter().any(|chosen| chosen.name == column.name));
        if wanted || column.name == table.id {
            property(&mut object, org, id, row, column, annotations);
        }
    }
    object
}

fn property(
    object: &mut Map<String, Value>,
    org: &Org,
    id: Uuid,
    row: &Row,
    column: &Column,
    annotations: &Annotations,
) {
    let name = column.property();
    let value = match column.kind {
        Kind::Id => json!(id.to_string()),
        Kind::Big => json!(row.version),
        Kind::Managed => json!({
            "Value": row.value(column.name).as_bool().unwrap_or(true),
            "CanBeChanged": true,
            "ManagedPropertyLogicalName": "iscustomizableanddeletable",
        }),
        _ => row.value(column.name).clone(),
    };
    if let Kind::Lookup { nav, .. } = column.kind {
        if !annotations.patterns.is_empty()
            && let Some(target) = row.link(column.name)
        {
            let label = org.table_of_lookup(column, target);
            if annotations.wants(LOOKUP_NAVIGATION) && column.create {
                object.insert(format!("{name}@{LOOKUP_NAVIGATION}"), json!(nav));
            }
            if let Some((logical, _)) = &label
                && annotations.wants(LOOKUP_TABLE)
            {
                object.insert(format!("{name}@{LOOKUP_TABLE}"), json!(logical));
            }
            if let Some((_, Some(shown))) = &label
                && annotations.wants(FORMATTED)
            {
                object.insert(format!("{name}@{FORMATTED}"), json!(shown));
            }
        }
    } else if annotations.wants(FORMATTED)
        && let Some(shown) = formatted(column, &value)
    {
        object.insert(format!("{name}@{FORMATTED}"), json!(shown));
    }
    object.insert(name, value);
}

fn formatted(column: &Column, value: &Value) -> Option<String> {
    match column.kind {
        Kind::Choice(_) | Kind::State(_) | Kind::Status(_) => column.label(value.as_i64()?).map(str::to_owned),
        Kind::Choices(_) => {
            let labels = value.as_str()?.split(',').filter_map(|option| column.label(option.parse().ok()?));
            Some(labels.collect::<Vec<_>>().join("; "))
        }
        Kind::Flag => Some(if value.as_bool()? { "Yes" } else { "No" }.to_owned()),
        Kind::Integer | Kind::Big => Some(thousands(value.as_i64()?)),
        Kind::DateTime => {
            let text = value.as_str()?;
            let (year, rest) = text.split_once('-')?;
            let (month, rest) = rest.split_once('-')?;
            let (day, clock) = rest.split_once('T')?;
            Some(format!("{month}/{day}/{year} {}", clock.get(..5)?))
        }
        _ => None,
    }
}

fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if number < 0 { format!("-{shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: &str, annotation: &str, wanted: bool) {
        assert_eq!(Annotations::asked(asked).wants(annotation), wanted, "{asked} {annotation}");
    }

    #[test]
    fn annotations_are_asked_for_by_name_or_pattern() {
        check("*", FORMATTED, true);
        check("OData.Community.Display.V1.FormattedValue", FORMATTED, true);
        check("Microsoft.Dynamics.CRM.*", FORMATTED, false);
        check("Microsoft.Dynamics.CRM.*", LOOKUP_TABLE, true);
        check("OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname", LOOKUP_TABLE, true);
    }

    #[test]
    fn numbers_are_shown_with_commas() {
        for (number, shown) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(thousands(number), shown);
        }
    }
}
