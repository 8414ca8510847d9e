//! A credential with the variable that holds its user name, which comes along by `$expand`.

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::credential::Credential;
use super::environment_variable::Definition;
use super::table::{Table, columns};

/// A credential with the variable that holds its user name, and with the `VALUES` of that: a list inside of a row inside, which one page says
/// is told and another one is not.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WithUsername<const VALUES: bool> {
    #[serde(flatten)]
    pub(super) credential: Credential,
    pub(super) username: Option<Definition>,
}

impl<const VALUES: bool> Table for WithUsername<VALUES> {
    const SET: &'static str = Credential::SET;
    const LOGICAL: &'static str = Credential::LOGICAL;
    const ROW: &'static str = Credential::ROW;
    const NAME: &'static str = Credential::NAME;
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.credential.id
    }

    fn selection() -> Vec<(&'static str, String)> {
        let inside = match VALUES {
            true => Definition::selection(),
            false => vec![("$select", columns::<Definition>(Definition::EXPAND.map(|expand| expand.property)))],
        };
        let inside: Vec<String> = inside.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![("$select", columns::<Credential>(None)), ("$expand", format!("username({})", inside.join(";")))]
    }
}
