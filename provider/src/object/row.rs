//! What holds of every row of Dataverse: who owns it, and whether it is active.

use serde::Serialize;
use tfplugin::schema::Default;
use tfplugin::{Attribute, Check, Diagnostic, Type};
use uuid::Uuid;

use super::operation::Operation;
use super::solution::SOLUTION;
use super::spelling::same_id;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::dataverse::{ACTIVE as AGAIN, Active, ChangeSet, Dataverse, Owner, Table};
use crate::clients::error::Error;

/// The owner of a row.
pub(crate) const OWNER_ID: Attribute = Attribute::optional_computed(
    "owner_id",
    &Type::String,
    "The id of the Dataverse user (`systemuserid`) that owns the rows. When it is left out, a new row belongs to whoever makes it, and the owner of an existing one stays.",
)
.form(&[Check::Uuid])
.same(same_id);

/// Whether a row is active.
pub(crate) const ACTIVE: Attribute = Attribute::computed(
    "active",
    &Type::Bool,
    "Whether the row is active. A row that someone deactivated is planned to be active again.",
)
.default(Default::Bool(true));

/// What to write of a column that may change: the new value, where there is one and it is another.
pub(crate) fn changed<T: PartialEq>(prior: Option<T>, planned: Option<T>) -> Option<T> {
    if planned == prior { None } else { planned }
}

/// The same of an owner.
pub(crate) fn new_owner(prior: Option<Uuid>, planned: Option<Uuid>) -> Option<Owner> {
    changed(prior, planned).map(Owner)
}

/// What to write of a row that may be inactive.
pub(crate) fn again(active: Option<bool>) -> Option<Active> {
    (active == Some(false)).then_some(AGAIN)
}

impl Operation<'_> {
    /// Changes a row, if there is anything to change. `model` is the state of the row as it is found when the outcome is not known.
    ///
    /// # Errors
    /// As [`Operation::write`].
    pub(crate) async fn write_row<T: Table, M: Serialize>(
        &self,
        organization: &Dataverse,
        changes: &ChangeSet,
        (id, model): (Uuid, impl AsyncFnOnce(T) -> Option<M>),
    ) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let reread = async { model(organization.by_id(id).await.ok()??).await };
        self.write(organization.commit(changes), reread).await
    }

    /// Removes an environment variable: `changes` says by what, and is asked again while a try has not ended it. The row comes back as it
    /// was seen last. One that is known to be unmanaged is not read first: whatever else it is by now, the service says.
    ///
    /// # Errors
    /// What kept it from being removed.
    pub(crate) async fn remove_variable(
        &self,
        organization: &Dataverse,
        (id, managed): (Uuid, Option<bool>),
        changes: impl Fn(&Definition, &mut ChangeSet),
    ) -> Result<Option<Definition>, Error> {
        let mut removal = self.removal();
        if managed == Some(false) {
            let mut set = ChangeSet::new(None);
            set.delete(Definition::SET, id);
            let tried = self.remove_rows(organization, &set).await;
            let is_managed = tried.as_ref().is_err_and(Error::is_of_managed);
            if !is_managed && removal.is_over(tried)? {
                return Ok(None);
            }
        }
        let mut last = None;
        while let Some(row) = organization.variable(id).await? {
            let mut set = ChangeSet::new(None);
            changes(&row, &mut set);
            last = Some(row);
            if removal.is_over(self.remove_rows(organization, &set).await)? {
                break;
            }
        }
        Ok(last)
    }

    /// Removes rows, if there are any to remove: one try of a [`Removal`](super::write::Removal).
    ///
    /// # Errors
    /// What kept them from being removed.
    pub(crate) async fn remove_rows(&self, organization: &Dataverse, changes: &ChangeSet) -> Result<(), Error> {
        match changes.is_empty() {
            true => Ok(()),
            false => self.in_time(organization.commit(changes)).await,
        }
    }
}

/// Adds what to do to a refused write that a name or a solution has caused; `name` is the attribute that holds the name.
pub(crate) fn explained(diagnostic: Diagnostic, error: &Error, name: &str) -> Diagnostic {
    if error.is_owner_missing() {
        let hint = "Give the systemuserid of a user of this environment: another environment's users have other ids.";
        return diagnostic.on("owner_id").hint(hint);
    }
    let text = error.to_string().to_ascii_lowercase();
    if text.contains("prefix") {
        let hint =
            format!("Begin {name} with the customization prefix of the solution's publisher, and an underscore.");
        return diagnostic.on(name).hint(hint);
    }
    if text.contains("solution") && error.is_forbidden() {
        // What is missing is a right, and what to do about that is said already.
        return diagnostic.on(SOLUTION);
    }
    if text.contains("solution") {
        return diagnostic.on(SOLUTION).hint("Check the solution's unique name, and that it is unmanaged.");
    }
    diagnostic
}
