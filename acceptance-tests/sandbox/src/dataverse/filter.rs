//! A condition over rows, and whether a row meets it.
//!
//! Text compares without regard to case, as in Dataverse; a comparison with null is `eq` or `ne` and nothing else.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows>

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::Org;
use super::row::Row;
use super::tables::{Column, Kind, Table};

/// A condition over the rows of one table.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare(Path, Operator, Literal),
    Text(TextTest, Path, String),
    /// One of the options of a multiple choice is among these.
    ContainValues(Path, Vec<String>),
    /// The value is one of these.
    In(Path, Among),
}

/// A column of the table itself or of a row that a lookup of it points at.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) through: Option<(&'static Column, &'static Table)>,
    pub(crate) column: &'static Column,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Text(String),
    Guid(Uuid),
    Number(f64),
    Flag(bool),
    /// Kept as text: what Dataverse writes sorts as it reads.
    DateTime(String),
}

/// What a value is to be among, as may be many.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Among {
    Guids(BTreeSet<Uuid>),
    /// In lower case.
    Texts(BTreeSet<String>),
    Others(Vec<Literal>),
}

impl Filter {
    /// The rows that can meet it at most, where that is known without a look at each; none, and any may.
    pub(crate) fn at_most(&self, org: &Org, table: &'static Table) -> Option<BTreeSet<Uuid>> {
        match self {
            Self::All(all) => all.iter().find_map(|one| one.at_most(org, table)),
            Self::Any(any) => {
                let all: Option<Vec<_>> = any.iter().map(|one| one.at_most(org, table)).collect();
                Some(all?.into_iter().flatten().collect())
            }
            Self::Compare(path, Operator::Eq, Literal::Guid(id)) => path.rows_with(org, table, &[*id].into()),
            Self::Compare(path, Operator::Eq, Literal::Text(name)) => {
                path.rows_named(org, table, std::iter::once(name.as_str()))
            }
            Self::In(path, Among::Guids(ids)) => path.rows_with(org, table, ids),
            Self::In(path, Among::Texts(names)) => path.rows_named(org, table, names.iter().map(String::as_str)),
            _ => None,
        }
    }

    pub(crate) fn holds(&self, org: &Org, id: Uuid, row: &Row) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(org, id, row)),
            Self::Any(any) => any.iter().any(|one| one.holds(org, id, row)),
            Self::Not(one) => !one.holds(org, id, row),
            Self::Compare(path, Operator::Eq, Literal::Guid(wanted)) => path.guid(org, id, row) == Some(*wanted),
            Self::Compare(path, operator, literal) => compare(&path.value(org, id, row), *operator, literal),
            Self::Text(test, path, needle) => {
                let value = path.value(org, id, row);
                let (text, needle) = (value.as_str().unwrap_or_default().to_lowercase(), needle.to_lowercase());
                !value.is_null()
                    && match test {
                        TextTest::StartsWith => text.starts_with(&needle),
                        TextTest::EndsWith => text.ends_with(&needle),
                        TextTest::Contains => text.contains(&needle),
                    }
            }
            Self::ContainValues(path, options) => path
                .value(org, id, row)
                .as_str()
                .is_some_and(|held| held.split(',').any(|one| options.iter().any(|option| option == one))),
            Self::In(path, Among::Guids(ids)) => path.guid(org, id, row).is_some_and(|held| ids.contains(&held)),
            Self::In(path, Among::Texts(names)) => {
                path.value(org, id, row).as_str().is_some_and(|held| names.contains(&held.to_lowercase()))
            }
            Self::In(path, Among::Others(literals)) => {
                let value = path.value(org, id, row);
                literals.iter().any(|literal| compare(&value, Operator::Eq, literal))
            }
        }
    }
}

impl Path {
    fn guid(&self, org: &Org, id: Uuid, row: &Row) -> Option<Uuid> {
        match (self.through, self.column.kind) {
            (None, Kind::Id) => Some(id),
            (None, _) => row.link(self.column.name),
            _ => self.value(org, id, row).as_str().and_then(|held| Uuid::parse_str(held).ok()),
        }
    }

    fn rows_with(&self, org: &Org, table: &'static Table, ids: &BTreeSet<Uuid>) -> Option<BTreeSet<Uuid>> {
        match (self.through, self.column.kind) {
            (Some(_), _) => None,
            (None, Kind::Id) => Some(ids.clone()),
            (None, _) => {
                let found = ids.iter().map(|id| org.store.linked(table, self.column.name, *id));
                Some(found.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
            }
        }
    }

    fn rows_named<'a>(
        &self,
        org: &Org,
        table: &'static Table,
        names: impl Iterator<Item = &'a str>,
    ) -> Option<BTreeSet<Uuid>> {
        if self.through.is_some() {
            return None;
        }
        let found = names.map(|name| org.store.named(table, self.column.name, name));
        Some(found.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    }

    fn value<'a>(&self, org: &'a Org, id: Uuid, row: &'a Row) -> Cow<'a, Value> {
        match self.through {
            None => cell(self.column, id, row),
            Some((lookup, table)) => row
                .link(lookup.name)
                .and_then(|target| Some(cell(self.column, target, org.row(table, target)?)))
                .unwrap_or(Cow::Owned(Value::Null)),
        }
    }
}

fn cell<'a>(column: &Column, id: Uuid, row: &'a Row) -> Cow<'a, Value> {
    match column.kind {
        Kind::Id => Cow::Owned(Value::String(id.to_string())),
        Kind::Big => Cow::Owned(Value::from(row.version)),
        _ => Cow::Borrowed(row.value(column.name)),
    }
}

fn compare(value: &Value, operator: Operator, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::String(held), Literal::Text(wanted)) => Some(held.to_lowercase().cmp(&wanted.to_lowercase())),
        (Value::String(held), Literal::Guid(wanted)) => Uuid::parse_str(held).ok().map(|held| held.cmp(wanted)),
        (Value::String(held), Literal::DateTime(wanted)) => Some(held.as_str().cmp(wanted.as_str())),
        (Value::Number(held), Literal::Number(wanted)) => held.as_f64().and_then(|held| held.partial_cmp(wanted)),
        (Value::Bool(held), Literal::Flag(wanted)) => Some(held.cmp(wanted)),
        _ => None,
    };
    match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}
