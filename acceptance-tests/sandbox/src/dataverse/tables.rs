//! What a table is: its names, its columns and what may be done with each.
//!
//! The metadata in `catalog` is the only place that knows a column by name for reading, writing, filtering and for
//! `EntityDefinitions`: what it does not list is refused by name everywhere.

use super::catalog::TABLES;

/// A table of Dataverse.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) logical: &'static str,
    pub(crate) schema: &'static str,
    pub(crate) set: &'static str,
    pub(crate) label: &'static str,
    /// How its privileges spell it; the rows of another table's may be meant.
    pub(crate) privileges: &'static str,
    /// The primary key's column.
    pub(crate) id: &'static str,
    /// The primary name's column.
    pub(crate) name: &'static str,
    pub(crate) ownership: Ownership,
    /// May rows be written through the Web API?
    pub(crate) writable: bool,
    /// Groups of columns; most tables share some groups.
    pub(crate) columns: &'static [&'static [Column]],
    pub(crate) collections: &'static [Collection],
    pub(crate) object_type_code: u32,
}

/// Who decides about the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Each row has an owner, and may be shared.
    User,
    /// Whoever may do something with the row in this lookup may do it with this row.
    Parent(&'static str),
    /// Everybody reads it.
    Organization,
}

/// A navigation from a row to the rows that point at it.
#[derive(Debug)]
pub(crate) struct Collection {
    pub(crate) nav: &'static str,
    pub(crate) table: &'static str,
    /// The lookup, in the other table, that points here.
    pub(crate) column: &'static str,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) create: bool,
    pub(crate) update: bool,
    pub(crate) required: Required,
    pub(crate) default: Fallback,
    pub(crate) unique: Option<Unique>,
}

/// What a column that names its row asks of a name, besides that no other row of the table has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unique {
    /// It begins with the customization prefix of a publisher.
    Prefixed,
    /// Nothing more; whether it is unique at all is a switch.
    Perhaps,
}

/// How much a column wants a value. Only `System` is enforced by the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Required {
    No,
    Application,
    System,
}

/// What a column holds when a create does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fallback {
    Null,
    Number(i64),
    Flag(bool),
    Text(&'static str),
}

/// An option of a choice: its value and its label.
pub(crate) type Choice = (i64, &'static str);

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A row's own GUID.
    Id,
    /// Another GUID that is no lookup.
    Guid,
    Text(usize),
    Memo(usize),
    Integer,
    Big,
    Flag,
    Choice(&'static [Choice]),
    State(&'static [Choice]),
    /// Options with the state that each belongs to.
    Status(&'static [(i64, &'static str, i64)]),
    Choices(&'static [Choice]),
    DateTime,
    /// A boolean that a managed solution may have frozen.
    Managed,
    Lookup {
        nav: &'static str,
        to: &'static [&'static str],
    },
}

impl Table {
    /// The table whose entity set this is; names are case-sensitive.
    pub(crate) fn of_set(set: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.set == set)
    }

    /// The table with this logical name.
    pub(crate) fn of_logical(logical: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.logical == logical)
    }

    /// The table that the catalog certainly holds.
    pub(crate) fn known(logical: &str) -> &'static Self {
        Self::of_logical(logical).expect("lookups and collections of the catalog name tables of the catalog")
    }

    /// The lookup that leads to the row which this table's rows belong to, and the table of that.
    pub(crate) fn parent(&self) -> Option<(&'static str, &'static Self)> {
        let Ownership::Parent(lookup) = self.ownership else { return None };
        match self.column(lookup).map(|column| column.kind) {
            Some(Kind::Lookup { to: [logical], .. }) => Some((lookup, Self::known(logical))),
            _ => unreachable!("the catalog's child tables name a lookup of theirs that leads to one table"),
        }
    }

    /// Whether its rows may be part of a solution.
    pub(crate) fn is_component(&self) -> bool {
        self.column("componentstate").is_some()
    }

    pub(crate) fn all_columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().flat_map(|group| group.iter())
    }

    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.all_columns().find(|column| column.name == name)
    }

    /// The column that a read or a filter calls by this name: `_x_value` for lookups, else the logical name.
    pub(crate) fn readable(&self, property: &str) -> Option<&'static Column> {
        let lookup = property.strip_prefix('_').and_then(|rest| rest.strip_suffix("_value"));
        match lookup {
            Some(name) => self.column(name).filter(|column| column.is_lookup()),
            None => self.column(property).filter(|column| !column.is_lookup()),
        }
    }

    /// The lookup with this navigation property, whose case counts.
    pub(crate) fn navigation(&self, nav: &str) -> Option<&'static Column> {
        self.all_columns().find(|column| matches!(column.kind, Kind::Lookup { nav: name, .. } if name == nav))
    }

    pub(crate) fn collection(&self, nav: &str) -> Option<&'static Collection> {
        self.collections.iter().find(|collection| collection.nav == nav)
    }
}

impl Column {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, create: true, update: true, required: Required::No, default: Fallback::Null, unique: None }
    }

    pub(crate) const fn id(name: &'static str) -> Self {
        Self { update: false, required: Required::System, ..Self::new(name, Kind::Id) }
    }

    pub(crate) const fn guid(name: &'static str) -> Self {
        Self::new(name, Kind::Guid)
    }

    pub(crate) const fn text(name: &'static str, longest: usize) -> Self {
        Self::new(name, Kind::Text(longest))
    }

    pub(crate) const fn memo(name: &'static str, longest: usize) -> Self {
        Self::new(name, Kind::Memo(longest))
    }

    pub(crate) const fn integer(name: &'static str) -> Self {
        Self::new(name, Kind::Integer)
    }

    pub(crate) const fn flag(name: &'static str, default: bool) -> Self {
        Self { default: Fallback::Flag(default), ..Self::new(name, Kind::Flag) }
    }

    pub(crate) const fn date_time(name: &'static str) -> Self {
        Self::new(name, Kind::DateTime)
    }

    pub(crate) const fn choice(name: &'static str, options: &'static [Choice]) -> Self {
        Self::new(name, Kind::Choice(options))
    }

    pub(crate) const fn of_kind(name: &'static str, kind: Kind) -> Self {
        Self::new(name, kind)
    }

    /// A lookup whose navigation property is spelled like its logical name.
    pub(crate) const fn lookup(name: &'static str, to: &'static [&'static str]) -> Self {
        Self::navigated(name, name, to)
    }

    /// A lookup whose navigation property is spelled otherwise.
    pub(crate) const fn navigated(name: &'static str, nav: &'static str, to: &'static [&'static str]) -> Self {
        Self::new(name, Kind::Lookup { nav, to })
    }

    pub(crate) const fn read_only(self) -> Self {
        Self { create: false, update: false, ..self }
    }

    pub(crate) const fn create_only(self) -> Self {
        Self { update: false, ..self }
    }

    pub(crate) const fn required(self, required: Required) -> Self {
        Self { required, ..self }
    }

    pub(crate) const fn default(self, default: Fallback) -> Self {
        Self { default, ..self }
    }

    pub(crate) const fn unique(self, unique: Unique) -> Self {
        Self { unique: Some(unique), ..self }
    }

    pub(crate) fn is_lookup(&self) -> bool {
        matches!(self.kind, Kind::Lookup { .. })
    }

    /// The name of the property that reads return.
    pub(crate) fn property(&self) -> String {
        if self.is_lookup() { format!("_{}_value", self.name) } else { self.name.to_owned() }
    }

    /// The label of an option.
    pub(crate) fn label(&self, value: i64) -> Option<&'static str> {
        match self.kind {
            Kind::Choice(options) | Kind::State(options) | Kind::Choices(options) => {
                options.iter().find(|(option, _)| *option == value).map(|(_, label)| *label)
            }
            Kind::Status(options) => options.iter().find(|(option, _, _)| *option == value).map(|(_, label, _)| *label),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lookups_lead_to_tables() {
        for table in TABLES {
            let mut names: Vec<_> = table.all_columns().map(|column| column.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{} names a column twice", table.logical);
            assert!(matches!(table.column(table.id).map(|c| c.kind), Some(Kind::Id)), "{} has no key", table.logical);
            assert!(table.column(table.name).is_some(), "{} has no name", table.logical);
            assert_eq!(table.parent().is_some(), matches!(table.ownership, Ownership::Parent(_)), "{}", table.logical);
            for collection in table.collections {
                let other = Table::known(collection.table);
                assert!(other.column(collection.column).is_some_and(Column::is_lookup), "{}", collection.nav);
            }
        }
    }

    #[test]
    fn a_lookup_is_read_by_its_value_property_only() {
        let credentials = Table::known("credential");
        assert!(credentials.readable("_certificate_value").is_some());
        assert!(credentials.readable("certificate").is_none());
        assert!(credentials.readable("_name_value").is_none());
        assert!(credentials.readable("name").is_some());
    }
}
