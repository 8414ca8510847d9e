//! The rows of an organization as a file keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Org;
use super::portal::named;
use super::privileges::{Depth, Role, Verb};
use super::row::Row;
use super::store::Store;

/// All that changes in an organization.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    version: u64,
    roles: BTreeMap<Uuid, BTreeSet<String>>,
    /// The security roles, each with its privileges by name.
    defined: BTreeMap<String, BTreeMap<String, Depth>>,
    tables: BTreeMap<String, BTreeMap<Uuid, Kept>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u64,
    values: BTreeMap<String, Value>,
    shared_with: BTreeMap<Uuid, BTreeSet<Verb>>,
}

impl Org {
    /// The rows as they are now.
    pub(crate) fn kept(&self) -> Rows {
        let keep = |row: &Row| Kept {
            version: row.version,
            values: row.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            shared_with: row.shared_with.clone(),
        };
        let rows = |table| self.store.rows(table).map(|(id, row)| (id, keep(row))).collect();
        let tables = self.store.tables().map(|table| (table.to_owned(), rows(table)));
        let named = |role: &Role| role.iter().map(|(privilege, depth)| (privilege.to_string(), *depth)).collect();
        let defined = self.defined.iter().map(|(name, role)| (name.clone(), named(role)));
        Rows {
            version: self.store.version,
            roles: self.roles.clone(),
            defined: defined.collect(),
            tables: tables.collect(),
        }
    }

    /// Puts kept rows in the place of those that are there.
    ///
    /// # Errors
    /// A text that names the table, column or privilege that is not known.
    pub(crate) fn restore(&mut self, kept: Rows) -> Result<(), String> {
        let mut store = Store::at(kept.version);
        for (name, rows) in kept.tables {
            let table = named(&name)?;
            for (id, kept) in rows {
                let values = kept.values.into_iter().map(|(name, value)| {
                    let column =
                        table.column(&name).ok_or_else(|| format!("{} has no column {name}", table.logical))?;
                    Ok((column.name, value))
                });
                let values = values.collect::<Result<_, String>>()?;
                let row = Row { values, version: kept.version, shared_with: kept.shared_with, visible_from: None };
                store.set(table.logical, id, Some(Arc::new(row)));
            }
        }
        for (name, role) in &kept.defined {
            self.role(name, role.iter().map(|(privilege, depth)| (privilege.as_str(), *depth)))?;
        }
        (self.roles, self.store) = (kept.roles, store);
        Ok(())
    }
}
