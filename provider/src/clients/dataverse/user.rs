//! Users of an organization: people and applications.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/systemuser>

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::table::Table;
use super::{Dataverse, Error};

/// A row of `systemuser`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct User {
    #[serde(rename = "systemuserid")]
    id: Uuid,
}

impl Table for User {
    const SET: &'static str = "systemusers";
    const LOGICAL: &'static str = "systemuser";
    const ROW: &'static str = "user";
    const NAME: &'static str = "fullname";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}

impl Dataverse {
    /// The user that is signed in here.
    ///
    /// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/whoami>
    ///
    /// # Errors
    /// Whatever keeps it from being told.
    pub(super) async fn who_am_i(&self) -> Result<Uuid, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            user_id: Uuid,
        }
        let request = self.read("asking who is signed in".to_owned(), "WhoAmI", &[]);
        let answer: Answer = self.http.send(&self.scope(), &request).await?.read(&request.operation)?;
        Ok(answer.user_id)
    }
}
