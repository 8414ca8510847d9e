//! The rows of an organization's tables, and which of them hold a GUID or a name.
//!
//! A write costs what it changes, however many rows there are: what fails is taken back row by row, and who points at a row, or has a
//! name, is known without a look at all the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::catalog::TABLES;
use super::row::Row;
use super::tables::{Kind, Table};

/// All rows, by table and id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    tables: BTreeMap<&'static str, BTreeMap<Uuid, Arc<Row>>>,
    /// For a table's column: what is held, and by which row.
    links: BTreeMap<(&'static str, &'static str), BTreeSet<(Uuid, Uuid)>>,
    names: BTreeMap<(&'static str, &'static str), BTreeSet<(String, Uuid)>>,
    /// The version of the row that was changed last.
    pub(super) version: u64,
    attempt: Option<Attempt>,
}

/// What there was before: the version, and the rows that were changed since.
#[derive(Clone, Debug)]
struct Attempt {
    version: u64,
    rows: Vec<(&'static str, Uuid, Option<Arc<Row>>)>,
}

/// The columns of a table by which its rows are found.
struct Keys {
    links: Vec<&'static str>,
    names: Vec<&'static str>,
}

/// The keys of a table: whatever may point at another row, its name, and what is unique.
fn keys(table: &str) -> Option<&'static Keys> {
    static KEYS: OnceLock<BTreeMap<&str, Keys>> = OnceLock::new();
    let of = |table: &Table| {
        let links =
            table.all_columns().filter(|one| one.create && matches!(one.kind, Kind::Lookup { .. } | Kind::Guid));
        let names = table.all_columns().filter(|one| one.unique.is_some() || one.name == table.name);
        Keys { links: links.map(|one| one.name).collect(), names: names.map(|one| one.name).collect() }
    };
    KEYS.get_or_init(|| TABLES.iter().map(|table| (table.logical, of(table))).collect()).get(table)
}

impl Store {
    /// Without rows; the first change makes the version after this one.
    pub(crate) fn at(version: u64) -> Self {
        Self { version, ..Self::default() }
    }

    /// A row.
    pub(crate) fn row(&self, table: &str, id: Uuid) -> Option<&Arc<Row>> {
        self.tables.get(table)?.get(&id)
    }

    /// The rows of a table, by id.
    pub(crate) fn rows(&self, table: &str) -> impl Iterator<Item = (Uuid, &Row)> {
        self.tables.get(table).into_iter().flatten().map(|(id, row)| (*id, row.as_ref()))
    }

    /// The tables that have rows.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'static str> {
        self.tables.keys().copied()
    }

    /// The rows of a table in whose column this GUID stands, by id; none when such a column is no key.
    pub(crate) fn linked(&self, table: &Table, column: &str, target: Uuid) -> Option<impl Iterator<Item = Uuid>> {
        let column = keys(table.logical)?.links.iter().find(|one| **one == column)?;
        let held = self.links.get(&(table.logical, *column));
        Some(
            held.into_iter()
                .flat_map(move |held| held.range((target, Uuid::nil())..=(target, Uuid::max())))
                .map(|pair| pair.1),
        )
    }

    /// The rows of a table in whose column this text stands, in any case, by id; none when such a column is no key.
    pub(crate) fn named(&self, table: &Table, column: &str, name: &str) -> Option<impl Iterator<Item = Uuid>> {
        let column = keys(table.logical)?.names.iter().find(|one| **one == column)?;
        let name = name.to_lowercase();
        let range = (name.clone(), Uuid::nil())..=(name, Uuid::max());
        let held = self.names.get(&(table.logical, *column));
        Some(held.into_iter().flat_map(move |held| held.range(range.clone())).map(|pair| pair.1))
    }

    /// Puts a row in the place of the one with its id, or takes that away.
    pub(crate) fn set(&mut self, table: &'static str, id: Uuid, row: Option<Arc<Row>>) {
        let rows = self.tables.entry(table).or_default();
        let before = match &row {
            Some(row) => rows.insert(id, Arc::clone(row)),
            None => rows.remove(&id),
        };
        if let Some(keys) = keys(table) {
            for column in &keys.links {
                let held = |row: &Option<Arc<Row>>| row.as_ref().and_then(|row| row.link(column));
                replace(&mut self.links, (table, column), id, held(&before), held(&row));
            }
            for column in &keys.names {
                let held = |row: &Option<Arc<Row>>| row.as_ref().and_then(|row| Some(row.text(column)?.to_lowercase()));
                replace(&mut self.names, (table, column), id, held(&before), held(&row));
            }
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.rows.push((table, id, before));
        }
    }

    /// From now on everything can be taken back.
    pub(crate) fn begin(&mut self) {
        self.attempt = Some(Attempt { version: self.version, rows: Vec::new() });
    }

    /// What was done since then stays.
    pub(crate) fn keep(&mut self) {
        self.attempt = None;
    }

    /// What was done since then is taken back.
    pub(crate) fn take_back(&mut self) {
        let Some(attempt) = self.attempt.take() else { return };
        for (table, id, row) in attempt.rows.into_iter().rev() {
            self.set(table, id, row);
        }
        self.version = attempt.version;
    }
}

fn replace<T: Ord>(
    held: &mut BTreeMap<(&'static str, &'static str), BTreeSet<(T, Uuid)>>,
    column: (&'static str, &'static str),
    id: Uuid,
    before: Option<T>,
    after: Option<T>,
) {
    if before == after {
        return;
    }
    let held = held.entry(column).or_default();
    if let Some(before) = before {
        held.remove(&(before, id));
    }
    if let Some(after) = after {
        held.insert((after, id));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const VALUES: &str = "environmentvariablevalue";

    fn row(name: &str, of: Uuid) -> Option<Arc<Row>> {
        let values: BTreeMap<&str, Value> =
            [("schemaname", json!(name)), ("environmentvariabledefinitionid", json!(of.to_string()))].into();
        Some(Arc::new(Row { values, ..Row::default() }))
    }

    #[track_caller]
    fn check(store: &Store, name: &str, of: Uuid, expected: &[u128]) {
        let table = Table::known(VALUES);
        let linked: Vec<Uuid> = store.linked(table, "environmentvariabledefinitionid", of).unwrap().collect();
        let named: Vec<Uuid> = store.named(table, "schemaname", name).unwrap().collect();
        let expected: Vec<Uuid> = expected.iter().copied().map(Uuid::from_u128).collect();
        assert_eq!((&linked, &named), (&expected, &expected));
    }

    #[test]
    fn a_row_is_found_by_what_it_holds_now() {
        let (mut store, one, other) = (Store::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        store.set(VALUES, Uuid::from_u128(20), row("cto_A", one));
        store.set(VALUES, Uuid::from_u128(10), row("CTO_a", one));
        check(&store, "cto_a", one, &[10, 20]);
        store.begin();
        store.set(VALUES, Uuid::from_u128(10), row("cto_b", other));
        store.set(VALUES, Uuid::from_u128(20), None);
        store.set(VALUES, Uuid::from_u128(30), row("cto_b", other));
        check(&store, "cto_a", one, &[]);
        check(&store, "cto_b", other, &[10, 30]);
        store.take_back();
        check(&store, "cto_a", one, &[10, 20]);
        check(&store, "cto_b", other, &[]);
        assert!(store.linked(Table::known(VALUES), "createdby", one).is_none(), "that is no key");
    }
}
