//! A table of Dataverse: the struct of a row *is* the wire, so that what nobody reads is not selected.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_aux::serde_introspection::serde_introspect;
use uuid::Uuid;

/// As many rows as a page has of a list that is shown: the first are there while the next are on their way.
const SHOWN: u32 = 100;
/// As many as a page has from which single rows are served.
const GATHERED: u32 = 1_000;

/// A table whose rows can be read. The columns that are asked for are the fields of the struct.
pub trait Table: DeserializeOwned + Send + 'static {
    /// The entity set: what stands in addresses.
    const SET: &'static str;
    /// The table's own name: what stands in the service's messages.
    const LOGICAL: &'static str;
    /// What a row is called in messages.
    const ROW: &'static str;
    /// The column that holds the name by which people know a row.
    const NAME: &'static str;
    /// The child table that comes along.
    const EXPAND: Option<Expand> = None;

    /// A child that comes along.
    type Child: DeserializeOwned + Send + 'static;

    /// The id of the row.
    fn id(&self) -> Uuid;

    /// What a read of the table selects.
    fn selection() -> Vec<(&'static str, String)> {
        let mut query = vec![("$select", columns::<Self>(Self::EXPAND.map(|expand| expand.property)))];
        if let Some(Expand { property, columns }) = Self::EXPAND {
            query.push(("$expand", format!("{property}($select={})", columns())));
        }
        query
    }

    /// The children that came along.
    fn children(&mut self) -> Option<Children<'_, Self::Child>> {
        None
    }
}

/// The children that came along with a row.
#[derive(Debug)]
pub struct Children<'a, C> {
    /// Those that are there.
    pub there: &'a mut Vec<C>,
    /// The address of the next ones, if there are more.
    pub next: &'a mut Option<String>,
}

/// A child table that comes along with a row.
#[derive(Debug, Clone, Copy)]
pub struct Expand {
    /// The navigation property; the field of the row that holds the children is named for it.
    pub property: &'static str,
    /// The columns of a child.
    pub columns: fn() -> String,
}

/// The columns of a row, or of a child, as `$select` takes them.
pub(super) fn columns<'de, R: Deserialize<'de>>(expanded: Option<&str>) -> String {
    // An annotation comes by itself.
    let is_column = |name: &&str| Some(*name) != expanded && !name.contains('@');
    let columns = serde_introspect::<R>().iter().copied().filter(is_column);
    columns.collect::<Vec<_>>().join(",")
}

/// Which rows of a table are on a list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What is looked for, in words: `listing the credentials`.
    pub(super) operation: String,
    /// The condition, as `$filter` takes it.
    pub(super) condition: String,
    /// The column by which the list is ordered.
    pub(super) order: Option<&'static str>,
    /// As many rows as a page has; as many as the service gives, if nothing is said.
    pub(super) page: Option<u32>,
}

/// How a list is narrowed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Narrowing<'a> {
    /// To those whose name begins so.
    pub name_prefix: Option<&'a str>,
    /// To those that did not come with a managed solution.
    pub unmanaged_only: bool,
}

impl Filter {
    /// The rows of a kind, ordered by their names.
    pub(super) fn list<T: Table>(kind: &str, narrowing: Narrowing<'_>) -> Filter {
        let mut condition = kind.to_owned();
        if let Some(prefix) = narrowing.name_prefix {
            condition.push_str(&format!(" and startswith({},{})", T::NAME, quoted(prefix)));
        }
        if narrowing.unmanaged_only {
            condition.push_str(" and ismanaged eq false");
        }
        Filter { operation: format!("listing the {}s", T::ROW), condition, order: Some(T::NAME), page: Some(SHOWN) }
    }

    /// The rows of a kind, in pages as large as they get.
    pub(super) fn gathered<T: Table>(kind: &str) -> Filter {
        let operation = format!("listing the {}s", T::ROW);
        Filter { operation, condition: kind.to_owned(), order: None, page: Some(GATHERED) }
    }

    /// The rows with one of these names.
    pub(super) fn named<T: Table>(names: &[impl AsRef<str>]) -> Filter {
        let operation = match names {
            [name] => format!("looking up the {} {}", T::ROW, name.as_ref()),
            several => format!("looking up {} {}s by their names", several.len(), T::ROW),
        };
        let condition = any(names.iter().map(|name| format!("{} eq {}", T::NAME, quoted(name.as_ref()))));
        Filter { operation, condition, ..Filter::default() }
    }

    /// The rows with one of these ids.
    pub(super) fn with_ids<T: Table>(ids: &[Uuid]) -> Filter {
        let operation = format!("reading {} {}s", ids.len(), T::ROW);
        let condition = any(ids.iter().map(|id| format!("{}id eq {id}", T::LOGICAL)));
        Filter { operation, condition, ..Filter::default() }
    }
}

/// One of several conditions.
pub(super) fn any(conditions: impl Iterator<Item = String>) -> String {
    conditions.collect::<Vec<_>>().join(" or ")
}

/// A string literal of OData.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The owner of a row that is written: a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub Uuid);

impl Serialize for Owner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("/systemusers({})", self.0))
    }
}

/// The two columns of a row's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Active {
    statecode: u8,
    statuscode: u8,
}

/// What makes an inactive row active again.
pub const ACTIVE: Active = Active { statecode: 0, statuscode: 1 };

/// Reads `statecode`: whether the row is active. A row without a state is.
pub(super) fn active<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?.unwrap_or(0) == 0)
}

/// A row without a state is active.
pub(super) fn yes() -> bool {
    true
}

/// Reads a flag that may be null.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(false))
}
