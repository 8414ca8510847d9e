//! Changes to rows that are carried out together, or not at all.

use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::batch::Change;

/// Changes to rows that are carried out together.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    changes: Vec<Change>,
    solution: Option<String>,
}

impl ChangeSet {
    /// No change yet; new rows are put into this unmanaged solution, else into the default one.
    pub fn new(solution: Option<&str>) -> ChangeSet {
        ChangeSet { changes: Vec::new(), solution: solution.map(str::to_owned) }
    }

    /// Makes a row; the body holds the id.
    pub fn create(&mut self, set: &str, row: impl Serialize) {
        let headers = self.solution.iter().map(|name| ("MSCRM.SolutionUniqueName", name.clone())).collect();
        self.push("POST", set.to_owned(), headers, body(row));
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
        let mut sets: Vec<&str> = self.changes.iter().filter_map(|change| change.path.split('(').next()).collect();
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
            let key = format!("{}id", path.trim_end_matches('s'));
            let made = body.as_ref().and_then(|row| row[&key].as_str());
            (*method, made.map_or_else(|| path.clone(), |id| format!("{path}({id})")))
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_change_is_of_a_row() {
        let mut changes = ChangeSet::new(None);
        let id = Uuid::from_u128(7);
        changes.create("credentials", json!({ "credentialid": id, "name": "Robot" }));
        changes.update("environmentvariablevalues", id, json!({ "value": "x" }));
        changes.delete("credentials", id);
        let objects: Vec<String> = changes.objects().map(|(method, path)| format!("{method} {path}")).collect();
        let rows = ["POST credentials", "PATCH environmentvariablevalues", "DELETE credentials"];
        assert_eq!(objects, rows.map(|row| format!("{row}({id})")));
    }
}
