//! One organization: its rows, its users, and who may do what.
//!
//! Its rows are in a [`Store`], which can take back what a request did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::world::Caller;

use super::catalog::TABLES;
use super::portal::named;
use super::privileges::{Role, predefined};
use super::reply;
use super::row::{Annotations, Row, read};
use super::store::Store;
use super::tables::{Column, Fallback, Kind, Ownership, Table};

/// A Dataverse organization: its tables' rows, its users and their roles.
#[derive(Clone, Debug)]
pub struct Org {
    pub(crate) host: String,
    pub(super) tenant_id: String,
    pub(super) environment_id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) business_unit_id: Uuid,
    /// The user that stands for the platform and for people in the portal.
    pub(crate) system_user_id: Uuid,
    pub(crate) default_solution_id: Uuid,
    /// When the last request came, as the sandbox's clock has it.
    pub(crate) now: OffsetDateTime,
    /// The security roles of users, by name.
    pub(super) roles: BTreeMap<Uuid, BTreeSet<String>>,
    /// The security roles that there are.
    pub(super) defined: Arc<BTreeMap<String, Role>>,
    pub(super) store: Store,
    hidden_for: Option<Duration>,
}

impl Org {
    /// An organization with its default publisher and solution, and no users but the platform's own.
    pub fn new(host: &str, environment_id: &str, tenant_id: &str, now: OffsetDateTime) -> Self {
        let seed = environment_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
        });
        let fixed = |kind: u16| Uuid::from_fields(0x0da7_a000, kind, 0x4000, &(seed | 1 << 63).to_be_bytes());
        let mut org = Self {
            host: host.to_owned(),
            tenant_id: tenant_id.to_owned(),
            environment_id: environment_id.to_owned(),
            organization_id: fixed(1),
            business_unit_id: fixed(2),
            system_user_id: fixed(3),
            default_solution_id: Uuid::from_u128(0xfd14_0aaf_4df4_11dd_bd17_0019_b931_2238),
            now,
            roles: BTreeMap::new(),
            defined: Arc::new(predefined()),
            store: Store::at(1_000_000),
            hidden_for: None,
        };
        org.seed(fixed(4));
        org
    }

    /// The host under which it is served.
    pub fn host(&self) -> &str {
        &self.host
    }

    fn seed(&mut self, default_publisher: Uuid) {
        let rows = [
            ("systemuser", json!({ "systemuserid": self.system_user_id.to_string(), "fullname": "SYSTEM" })),
            (
                "publisher",
                json!({
                    "publisherid": default_publisher.to_string(),
                    "uniquename": format!("DefaultPublisher{}", self.host.split('.').next().unwrap_or_default()),
                    "friendlyname": "Default Publisher",
                    "customizationprefix": "new",
                    "customizationoptionvalueprefix": 10_000,
                }),
            ),
            (
                "solution",
                json!({
                    "solutionid": self.default_solution_id.to_string(),
                    "uniquename": "Default",
                    "friendlyname": "Default Solution",
                    "publisherid": default_publisher.to_string(),
                }),
            ),
        ];
        for (table, row) in rows {
            self.insert(table, row).expect("the seeded rows have the shape of their tables");
        }
        for table in TABLES.iter().filter(|table| table.is_component()) {
            let row = json!({
                "name": table.schema,
                "primaryentityname": table.logical,
                "solutioncomponenttype": table.object_type_code,
            });
            self.insert("solutioncomponentdefinition", row).expect("a definition has the shape of its table");
        }
    }

    /// Makes a user of an application (or of a person, when there is no application id), and returns its id.
    pub fn add_user(&mut self, app_id: &str, object_id: &str, name: &str, roles: &[&str]) -> Uuid {
        let row = json!({
            "fullname": name,
            "applicationid": Uuid::parse_str(app_id).ok().map(|id| id.to_string()),
            "azureactivedirectoryobjectid": Uuid::parse_str(object_id).ok().map(|id| id.to_string()),
        });
        let id = self.insert("systemuser", row).expect("a user's row has the shape of its table");
        self.roles.insert(id, roles.iter().map(|role| (*role).to_owned()).collect());
        id
    }

    /// The user of an application, for sharing with it.
    pub fn user_of_application(&self, app_id: &str) -> Option<Uuid> {
        self.all(Table::known("systemuser"))
            .find(|(_, row)| row.text("applicationid").is_some_and(|held| held.eq_ignore_ascii_case(app_id)))
            .map(|(id, _)| id)
    }

    /// The user that a token's application or object is here. A token of another tenant is nobody.
    pub(crate) fn user_of(&self, caller: &Caller) -> Option<Uuid> {
        if !caller.tenant_id.eq_ignore_ascii_case(&self.tenant_id) {
            return None;
        }
        let is = |row: &Row, column: &str, id: &str| row.text(column).is_some_and(|held| held.eq_ignore_ascii_case(id));
        self.all(Table::known("systemuser"))
            .find(|(_, row)| {
                let enabled = row.value("isdisabled").as_bool() != Some(true);
                enabled
                    && (is(row, "applicationid", &caller.app_id)
                        || is(row, "azureactivedirectoryobjectid", &caller.object_id))
            })
            .map(|(id, _)| id)
    }

    /// Is the row the user's own, or shared with it? A role does not count: connections ask this.
    pub fn may_use(&self, user: Uuid, table: &str, id: Uuid) -> bool {
        let row = named(table).ok().and_then(|table| self.row(table, id));
        row.is_some_and(|row| row.link("ownerid") == Some(user) || row.shared_with.contains_key(&user))
    }

    /// Is there a machine group with this id?
    pub fn machine_group_exists(&self, id: Uuid) -> bool {
        self.row(Table::known("flowmachinegroup"), id).is_some()
    }

    /// A credential as a read returns it.
    pub fn credential(&self, id: Uuid) -> Option<Value> {
        let table = Table::known("credential");
        self.row(table, id).map(|row| Value::Object(self.shown(table, id, row)))
    }

    /// The schema name of a variable.
    pub fn definition_schema_name(&self, id: Uuid) -> Option<String> {
        self.row(Table::known("environmentvariabledefinition"), id)?.text("schemaname").map(str::to_owned)
    }

    /// From now on new rows stay invisible to reads for this long (`None`: not at all).
    pub fn hide_new_rows_for(&mut self, time: Option<Duration>) {
        self.hidden_for = time;
    }

    pub(crate) fn shown(&self, table: &'static Table, id: Uuid, row: &Row) -> Map<String, Value> {
        read(self, table, id, row, None, &Annotations::default())
    }

    pub(crate) fn row(&self, table: &Table, id: Uuid) -> Option<&Row> {
        self.store.row(table.logical, id).map(AsRef::as_ref)
    }

    /// A row as reads see it: not while it is hidden.
    pub(crate) fn visible_row(&self, table: &Table, id: Uuid) -> Option<&Row> {
        self.row(table, id).filter(|row| self.shows(row))
    }

    pub(crate) fn shows(&self, row: &Row) -> bool {
        row.visible_from.is_none_or(|from| from <= self.now)
    }

    pub(crate) fn all(&self, table: &Table) -> impl Iterator<Item = (Uuid, &Row)> {
        self.store.rows(table.logical)
    }

    /// Puts a row into a table, with defaults, owner and stamps.
    pub(crate) fn add(&mut self, table: &'static Table, id: Uuid, mut values: BTreeMap<&'static str, Value>, by: Uuid) {
        for column in table.all_columns() {
            let fallback = match column.default {
                Fallback::Null => continue,
                Fallback::Number(number) => json!(number),
                Fallback::Flag(flag) => json!(flag),
                Fallback::Text(text) => json!(text),
            };
            values.entry(column.name).or_insert(fallback);
        }
        let (now, maker) = (json!(reply::date_time(self.now)), json!(by.to_string()));
        values.insert("createdon", now.clone());
        values.insert("modifiedon", now);
        values.insert("createdby", maker.clone());
        values.insert("modifiedby", maker);
        if table.ownership == Ownership::User {
            let owner = values.entry("ownerid").or_insert(json!(by.to_string())).clone();
            values.insert("owninguser", owner);
            values.insert("owningbusinessunit", json!(self.business_unit_id.to_string()));
        }
        if table.is_component() {
            values.insert("componentidunique", json!(Uuid::new_v4().to_string()));
            values.insert("overwritetime", json!("1900-01-01T00:00:00Z"));
            values.entry("solutionid").or_insert(json!(self.default_solution_id.to_string()));
        }
        let visible_from = self.hidden_for.map(|time| self.now + time);
        self.store.version += 1;
        let row = Row { values, visible_from, version: self.store.version, ..Row::default() };
        self.store.set(table.logical, id, Some(Arc::new(row)));
    }

    /// Sets values of a row, and what follows from them: owner, stamps, version.
    pub(crate) fn change(&mut self, table: &Table, id: Uuid, values: BTreeMap<&'static str, Value>, by: Uuid) {
        self.store.version += 1;
        let (version, now) = (self.store.version, json!(reply::date_time(self.now)));
        self.edit(table, id, |row| {
            if let Some(owner) = values.get("ownerid") {
                row.values.insert("owninguser", owner.clone());
            }
            row.values.extend(values);
            row.values.insert("modifiedon", now);
            row.values.insert("modifiedby", json!(by.to_string()));
            row.version = version;
        });
    }

    pub(crate) fn erase_row(&mut self, table: &Table, id: Uuid) {
        self.store.set(table.logical, id, None);
    }

    pub(crate) fn edit<T>(&mut self, table: &Table, id: Uuid, change: impl FnOnce(&mut Row) -> T) -> Option<T> {
        let mut row = Arc::clone(self.store.row(table.logical, id)?);
        let done = change(Arc::make_mut(&mut row));
        self.store.set(table.logical, id, Some(row));
        Some(done)
    }

    /// The rows of a table that have this name, in any case, in a column that is a key.
    pub(crate) fn named(&self, table: &Table, column: &str, name: &str) -> Vec<Uuid> {
        self.store.named(table, column, name).into_iter().flatten().collect()
    }

    /// The rows of a table whose lookup, or other GUID, is this one.
    pub(crate) fn linked(&self, table: &Table, column: &str, target: Uuid) -> Vec<Uuid> {
        let found = self.store.linked(table, column, target);
        found.map_or_else(
            || self.all(table).filter(|(_, row)| row.link(column) == Some(target)).map(|(id, _)| id).collect(),
            Iterator::collect,
        )
    }

    /// The table that a lookup's row is in, and the row's primary name.
    pub(crate) fn table_of_lookup(&self, column: &Column, target: Uuid) -> Option<(&'static str, Option<String>)> {
        let Kind::Lookup { to, .. } = column.kind else { return None };
        let logical = to.first()?;
        let table = Table::of_logical(logical);
        let name = table.and_then(|table| self.row(table, target)?.text(table.name).map(str::to_owned));
        Some((logical, name))
    }
}
