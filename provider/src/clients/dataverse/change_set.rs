//! Changes to rows that are carried out together, or not at all.

use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::batch::Change;
use super::table::{Table, columns};

/// Changes to rows that are carried out together.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    changes: Vec<Change>,
    solution: Option<String>,
    /// The values that are made, by their definitions: the id of the row, and what is in it.
    values: Vec<(Uuid, (Uuid, String))>,
    /// The definitions whose value rows are changed.
    parents: Vec<Uuid>,
}

impl ChangeSet {
    /// No change yet; new rows are put into this unmanaged solution, else into the default one.
    pub fn new(solution: Option<&str>) -> ChangeSet {
        ChangeSet { solution: solution.map(str::to_owned), ..ChangeSet::default() }
    }

    /// Makes a row, of which the answer is to say what is read of its table; the body holds the id.
    pub fn create<T: Table>(&mut self, row: impl Serialize) {
        let columns = columns::<T>(T::EXPAND.map(|expand| expand.property));
        let mut headers = self.joining();
        headers.push(("Prefer", "return=representation".to_owned()));
        self.push("POST", format!("{}?$select={columns}", T::SET), headers, body(row));
    }

    /// Makes the value row of a definition.
    pub(super) fn create_value(&mut self, set: &str, definition: Uuid, value: (Uuid, &str), row: impl Serialize) {
        let headers = self.joining();
        self.push("POST", set.to_owned(), headers, body(row));
        self.values.push((definition, (value.0, value.1.to_owned())));
        self.parents.push(definition);
    }

    /// A value row of this definition is changed or deleted.
    pub(super) fn concerns(&mut self, definition: Uuid) {
        self.parents.push(definition);
    }

    /// How new rows are put into the solution.
    fn joining(&self) -> Vec<(&'static str, String)> {
        self.solution.iter().map(|name| ("MSCRM.SolutionUniqueName", name.clone())).collect()
    }

    /// Changes columns of a row that must be there; nothing when there are none to change.
    pub fn update(&mut self, set: &str, id: Uuid, columns: impl Serialize) {
        self.update_version(set, id, "*", columns);
    }

    /// The same of a row that must still be as it was read.
    pub fn update_version(&mut self, set: &str, id: Uuid, etag: &str, columns: impl Serialize) {
        let columns = body(columns);
        if columns != serde_json::json!({}) {
            self.push("PATCH", format!("{set}({id})"), vec![("If-Match", etag.to_owned())], columns);
        }
    }

    /// Deletes a row.
    pub fn delete(&mut self, set: &str, id: Uuid) {
        self.changes.push(Change { method: "DELETE", path: format!("{set}({id})"), headers: Vec::new(), body: None });
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The tables that are written to, in words.
    pub(super) fn subject(&self) -> String {
        let mut sets: Vec<&str> = self.changes.iter().map(Change::set).collect();
        sets.dedup();
        sets.join(", ")
    }

    /// Each of them.
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The method and the row of each of them: a row that is made has its id in the body.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.changes.iter().map(|Change { method, path, body, .. }| {
            let address = path.split('?').next().unwrap_or_default();
            let key = format!("{}id", address.trim_end_matches('s'));
            let made = body.as_ref().and_then(|row| row[&key].as_str());
            (*method, made.map_or_else(|| address.to_owned(), |id| format!("{address}({id})")))
        })
    }

    /// The rows that are not as they were afterwards, be it that only a value of theirs is not.
    pub(super) fn concerned(&self) -> impl Iterator<Item = Uuid> {
        let id = |path: String| path.split_once('(')?.1.trim_end_matches(')').parse().ok();
        self.objects().filter_map(move |(_, path)| id(path)).chain(self.parents.iter().copied())
    }

    /// The values that are made for a definition: the id of the row, and what is in it.
    pub(super) fn values_of(&self, definition: Uuid) -> impl Iterator<Item = &(Uuid, String)> {
        self.values.iter().filter(move |(of, _)| *of == definition).map(|(_, value)| value)
    }

    /// The headers of each of them.
    pub(super) fn headers(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.changes.iter().flat_map(|change| &change.headers)
    }

    /// Each of them in a line, as tests compare them.
    pub fn lines(&self) -> Vec<String> {
        self.changes.iter().map(Change::line).collect()
    }

    fn push(&mut self, method: &'static str, path: String, headers: Vec<(&'static str, String)>, body: Json) {
        self.changes.push(Change { method, path, headers, body: Some(body) });
    }
}

fn body(row: impl Serialize) -> Json {
    serde_json::to_value(row).expect("a row is made of texts, numbers and nulls")
}
