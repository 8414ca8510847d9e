//! Rows as this process knows them: as they were read since the provider was configured, or as a write of ours has left them.
//!
//! Whoever plans an object and whoever makes it asks for the same rows: they are read once. A write of ours forgets what it concerns,
//! both when it begins and when it ends, so that no answer from between is kept. What protects others is never asked of here.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::batch::Part;
use super::change_set::ChangeSet;
use super::credential::Credential;
use super::environment_variable::{Definition, VariableValue};
use super::table::Table;
use super::{Dataverse, Error};

/// What is known of an organization's rows.
#[derive(Debug, Default)]
pub(super) struct Known {
    definitions: Rows<Definition>,
    credentials: Rows<Credential>,
}

/// A write that is under way.
pub(super) struct Writing<'a>(&'a Known, &'a ChangeSet);

impl Known {
    /// A write begins, and lasts until what comes back is dropped.
    pub(super) fn writing<'a>(&'a self, changes: &'a ChangeSet) -> Writing<'a> {
        self.forget(changes);
        Writing(self, changes)
    }

    fn forget(&self, changes: &ChangeSet) {
        for id in changes.concerned() {
            self.definitions.forget(id);
            self.credentials.forget(id);
        }
    }
}

impl Drop for Writing<'_> {
    /// Also when nobody waits for it any longer: it may have been carried out.
    fn drop(&mut self) {
        self.0.forget(self.1);
    }
}

impl Known {
    /// Takes over what the answer to a change set says of the rows that it has made. That a service says anything is inferred: where it
    /// says nothing, or not even who owns them, they are read when somebody asks for them.
    pub(super) fn tell(&self, changes: &ChangeSet, parts: &[Part]) {
        for ((_, object), part) in changes.objects().zip(parts).filter(|((method, _), _)| *method == "POST") {
            if let Some(row) = said::<Definition>(&object, part).filter(|row| row.owner_id.is_some()) {
                let value = |(id, value): &(Uuid, String)| VariableValue { id: *id, value: Some(value.clone()) };
                let values = changes.values_of(row.id).map(value).collect();
                self.definitions.tell(Definition { values, ..row });
            } else if let Some(row) = said::<Credential>(&object, part).filter(|row| row.owner_id.is_some()) {
                self.credentials.tell(row);
            }
        }
    }
}

/// The row that was made, if the answer says it, and of this very one.
fn said<T: Table>(object: &str, part: &Part) -> Option<T> {
    let row: T = serde_json::from_str(&part.body).ok()?;
    (object == format!("{}({})", T::SET, row.id())).then_some(row)
}

/// The rows of a table that are known, by their ids.
#[derive(Debug)]
struct Rows<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    slots: HashMap<Uuid, Slot<T>>,
    questions: u64,
}

/// What is known of a row.
#[derive(Debug)]
enum Slot<T> {
    /// It is being asked for, by the question of this number.
    Asked(u64),
    /// So it is.
    Told(T),
}

impl<T> Default for Rows<T> {
    fn default() -> Rows<T> {
        Rows(Mutex::new(State { slots: HashMap::new(), questions: 0 }))
    }
}

impl<T: Table + Clone> Rows<T> {
    /// The row as it is known, else as the question finds it. That there is none is not kept, nor is an error.
    async fn ask(
        &self,
        id: Uuid,
        question: impl Future<Output = Result<Option<T>, Error>>,
    ) -> Result<Option<T>, Error> {
        let number = {
            let mut state = self.state();
            if let Some(Slot::Told(row)) = state.slots.get(&id) {
                return Ok(Some(row.clone()));
            }
            state.questions += 1;
            let number = state.questions;
            state.slots.insert(id, Slot::Asked(number));
            number
        };
        let found = question.await?;
        if let Some(row) = &found
            && let Some(slot) = self.state().slots.get_mut(&id)
            && matches!(slot, Slot::Asked(last) if *last == number)
        {
            *slot = Slot::Told(row.clone());
        }
        Ok(found)
    }

    fn told(&self, id: Uuid) -> Option<T> {
        match self.state().slots.get(&id) {
            Some(Slot::Told(row)) => Some(row.clone()),
            _ => None,
        }
    }

    fn tell(&self, row: T) {
        self.state().slots.insert(row.id(), Slot::Told(row));
    }

    fn forget(&self, id: Uuid) {
        self.state().slots.remove(&id);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dataverse {
    /// The environment variable with this id, as it was read first in this process, or was left by a write of ours.
    ///
    /// # Errors
    /// As [`Dataverse::variable`].
    pub async fn known_variable(&self, id: Uuid) -> Result<Option<Definition>, Error> {
        self.known.definitions.ask(id, self.variable(id).boxed()).await
    }

    /// The same of a credential.
    ///
    /// # Errors
    /// As [`Dataverse::variable`].
    pub async fn known_credential(&self, id: Uuid) -> Result<Option<Credential>, Error> {
        self.known.credentials.ask(id, self.credential(id).boxed()).await
    }

    /// What the answer to a write of ours has said of a variable that it made.
    pub fn told_variable(&self, id: Uuid) -> Option<Definition> {
        self.known.definitions.told(id)
    }

    /// The same of a credential.
    pub fn told_credential(&self, id: Uuid) -> Option<Credential> {
        self.known.credentials.told(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(name: &str) -> Credential {
        serde_json::from_value(json!({"credentialid": Uuid::from_u128(7), "name": name})).expect("a row")
    }

    /// The name under which the credential is known, asked for while it is called `name`.
    async fn ask(rows: &Rows<Credential>, name: &str, meanwhile: impl FnOnce()) -> String {
        let question = async {
            meanwhile();
            Ok(Some(row(name)))
        };
        rows.ask(Uuid::from_u128(7), question).await.unwrap_or_default().expect("it is there").name
    }

    #[tokio::test]
    async fn a_row_is_read_once_and_afresh_after_a_write_of_ours() {
        let (rows, id) = (Rows::default(), Uuid::from_u128(7));
        assert_eq!(ask(&rows, "first", || ()).await, "first");
        assert_eq!(ask(&rows, "second", || ()).await, "first");
        rows.forget(id);
        assert_eq!(ask(&rows, "third", || rows.forget(id)).await, "third", "whoever asks is answered");
        assert_eq!(ask(&rows, "fourth", || ()).await, "fourth", "what was read while it was written is not kept");
        rows.tell(row("told"));
        assert_eq!(
            (ask(&rows, "fifth", || ()).await, rows.told(id).expect("it was told").name),
            ("told".into(), "told".into())
        );
    }

    #[test]
    fn what_an_answer_says_of_new_rows_is_known_with_the_values_that_were_written() {
        use crate::clients::dataverse::environment_variable::NewVariable;
        let (known, id, mut changes) = (Known::default(), Uuid::from_u128(1), ChangeSet::new(None));
        let variable =
            NewVariable { id, schema_name: "cto_a", display_name: "A", description: None, owner: None, value: "v" };
        variable.text(&mut changes);
        let part = |body: &str| Part { status: 201, body: body.to_owned() };
        let mut said = json!({"environmentvariabledefinitionid": id, "schemaname": "cto_A", "type": 100_000_000});
        known.tell(&changes, &[part(""), part("")]);
        assert_eq!(known.definitions.told(id), None, "the answer may say nothing");
        known.tell(&changes, &[part(&said.to_string()), part("")]);
        assert_eq!(known.definitions.told(id), None, "or little");
        said["_ownerid_value"] = json!(Uuid::from_u128(9));
        let said = said.to_string();
        known.tell(&changes, &[part(&said), part("")]);
        let told = known.definitions.told(id).expect("it was told");
        assert_eq!((told.schema_name.as_str(), told.values[0].value.as_deref()), ("cto_A", Some("v")));
        drop(known.writing(&changes));
        assert_eq!(known.definitions.told(id), None);
    }
}
