//! What a plan asks of an organization: once for each name, however many objects it is asked for.

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::machine_group::MachineGroup;
use super::solution::{Publisher, Solution};
use super::user::User;
use super::{Dataverse, Error};
use crate::clients::once::Once;

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    solutions: Once<String, Option<Solution>>,
    prefixes: Once<String, bool>,
    users: Once<Uuid, bool>,
    groups: Once<Uuid, Option<bool>>,
    me: Once<(), Uuid>,
}

impl Dataverse {
    /// The solution with this unique name.
    ///
    /// # Errors
    /// Whatever keeps it from being looked up.
    pub async fn seen_solution(&self, name: &str) -> Result<Option<Solution>, Error> {
        let question = async { Ok(self.by_name::<Solution>(name).await?.into_iter().next()) };
        self.seen.solutions.ask(name.to_ascii_lowercase(), question).await
    }

    /// Whether a publisher has this customization prefix.
    ///
    /// # Errors
    /// Whatever keeps publishers from being looked up.
    pub async fn seen_prefix(&self, prefix: &str) -> Result<bool, Error> {
        let question = async { Ok(!self.by_name::<Publisher>(prefix).await?.is_empty()) };
        self.seen.prefixes.ask(prefix.to_ascii_lowercase(), question).await
    }

    /// Whether there is a user with this id.
    ///
    /// # Errors
    /// Whatever keeps it from being told.
    pub async fn seen_user(&self, id: Uuid) -> Result<bool, Error> {
        let question = async { Ok(self.by_id::<User>(id).await?.is_some()) };
        self.seen.users.ask(id, question).await
    }

    /// Whether a machine group is the signed-in user's own, or shared: nothing when there is none that may be seen.
    ///
    /// # Errors
    /// Whatever keeps it from being told.
    pub async fn seen_group(&self, id: Uuid) -> Result<Option<bool>, Error> {
        let question = async {
            let Some(group) = self.by_id::<MachineGroup>(id).await? else { return Ok(None) };
            let me = self.seen.me.ask((), self.who_am_i()).await?;
            Ok(Some(group.owner_id == Some(me) || self.shares(&group).await?.hold(me)))
        };
        self.seen.groups.ask(id, question.boxed()).await
    }
}
