//! What a person does in the portal, to make rows and drift.
//!
//! No token is asked for and no right is checked, only that columns exist and values have their column's type.

use serde_json::Value;
use uuid::Uuid;

use super::privileges::Verb;
use super::tables::Table;
use super::{Org, delete, values};

impl Org {
    /// Makes a row. The table is named by its logical name or its entity set; lookups by their logical name, their
    /// `_x_value` or a bind. What is left out gets the table's defaults, a new id and the platform as owner.
    ///
    /// # Errors
    /// A text that names the column or table that does not fit, or the id that is taken.
    pub fn insert(&mut self, table: &str, row: Value) -> Result<Uuid, String> {
        let table = named(table)?;
        let mut values = values::of_portal(table, row)?;
        let id = match values.remove(table.id) {
            Some(id) => id.as_str().and_then(|id| Uuid::parse_str(id).ok()).ok_or("the primary key is no GUID")?,
            None => Uuid::new_v4(),
        };
        if self.row(table, id).is_some() {
            return Err(format!("a {} with the id {id} is there already", table.logical));
        }
        let by = self.system_user_id;
        self.add(table, id, values, by);
        Ok(id)
    }

    /// Makes a row of columns that the table certainly has, in their types, and returns its id.
    pub(crate) fn add_row<const N: usize>(
        &mut self,
        table: &str,
        values: [(&'static str, Value); N],
        by: Uuid,
    ) -> Uuid {
        let id = Uuid::new_v4();
        self.add(Table::known(table), id, values.into(), by);
        id
    }

    /// Changes columns of a row.
    ///
    /// # Errors
    /// A text that names the column, table or id that does not fit.
    pub fn patch(&mut self, table: &str, id: Uuid, changes: Value) -> Result<(), String> {
        let table = named(table)?;
        if self.row(table, id).is_none() {
            return Err(format!("there is no {} with the id {id}", table.logical));
        }
        let values = values::of_portal(table, changes)?;
        let by = self.system_user_id;
        self.change(table, id, values, by);
        Ok(())
    }

    /// Deletes a row with what goes with it, as the service does; tells whether it was there.
    ///
    /// # Errors
    /// A text that names the table that is not known.
    pub fn remove(&mut self, table: &str, id: Uuid) -> Result<bool, String> {
        let table = named(table)?;
        let there = self.row(table, id).is_some();
        delete::erase(self, table, id);
        Ok(there)
    }

    /// All rows of a table as a read without `$select` returns them, in the order of their ids.
    ///
    /// # Errors
    /// A text that names no table.
    pub fn rows(&self, table: &str) -> Result<Vec<Value>, String> {
        let table = named(table)?;
        Ok(self.all(table).map(|(id, row)| Value::Object(self.shown(table, id, row))).collect())
    }

    /// Lets a user read a row and let others point at it, as *User* in the portal does: which rights that are exactly is inferred. Only
    /// this row, while the portal also shares the variables of a credential.
    ///
    /// # Errors
    /// A text that names what is not there.
    pub fn share(&mut self, table: &str, id: Uuid, user: Uuid) -> Result<(), String> {
        self.share_rights(table, id, user, &[Verb::Read, Verb::AppendTo])
    }

    /// Lets a user do just this with a row, in place of what was shared before.
    ///
    /// # Errors
    /// A text that names what is not there.
    pub fn share_rights(&mut self, table: &str, id: Uuid, user: Uuid, rights: &[Verb]) -> Result<(), String> {
        let table = named(table)?;
        let rights = rights.iter().copied().collect();
        self.edit(table, id, |row| row.shared_with.insert(user, rights))
            .map(|_| ())
            .ok_or_else(|| format!("there is no {} with the id {id}", table.logical))
    }

    /// Takes a share back.
    ///
    /// # Errors
    /// A text that names what is not there.
    pub fn unshare(&mut self, table: &str, id: Uuid, user: Uuid) -> Result<(), String> {
        let table = named(table)?;
        self.edit(table, id, |row| row.shared_with.remove(&user))
            .map(|_| ())
            .ok_or_else(|| format!("there is no {} with the id {id}", table.logical))
    }
}

/// A table by its logical name or its entity set.
pub(crate) fn named(table: &str) -> Result<&'static Table, String> {
    Table::of_logical(table)
        .or_else(|| Table::of_set(table))
        .ok_or_else(|| format!("the sandbox does not know the table '{table}'"))
}
