//! Which right each operation of the services asks for, made of the same data that the services ask by.
//!
//! A client that wants to say what it needs adds up the rows of what it sends; `rights.md` beside the sources is the table.

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;

use crate::dataverse;
use crate::key_vault::rights as vaults;
use crate::power_platform::{ADMINISTRATION, PowerPlatformRole, Right};

/// Where it is known from that an operation asks for a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// A page of Microsoft's says so.
    Documented,
    /// Users report it, or public code knows it.
    Reported,
    /// It is our deduction.
    Inferred,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Documented => "D",
            Self::Reported => "R",
            Self::Inferred => "I",
        })
    }
}

/// What an operation asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Demand {
    /// The service.
    pub service: &'static str,
    /// Method and path, or the part of a request that makes the difference.
    pub operation: String,
    /// The rights, all of them: names of privileges, data actions or permissions. None, and whoever has a token may.
    pub rights: Vec<String>,
    /// What gives them, where it has a name of its own; one of these is enough.
    pub given_by: Vec<String>,
    /// Where it is known from.
    pub known: Known,
}

/// A right that a request was asked for, whether the client had it or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Demanded {
    /// The service.
    pub service: &'static str,
    /// The name of a privilege, data action or permission; of a share, what is to be shared.
    pub right: String,
    /// Where it is known from.
    pub known: Known,
}

/// The rights that one request was asked for, each once, in the order in which it was.
#[derive(Debug, Default)]
pub(crate) struct Noted(RefCell<Vec<Demanded>>);

impl Noted {
    /// Remembers a right that is asked for now.
    pub(crate) fn note(&self, service: &'static str, right: impl Into<String>, known: Known) {
        let demanded = Demanded { service, right: right.into(), known };
        let mut all = self.0.borrow_mut();
        if !all.contains(&demanded) {
            all.push(demanded);
        }
    }

    /// What was asked for since this was called last.
    pub(crate) fn take(&self) -> Vec<Demanded> {
        self.0.take()
    }
}

/// What every operation asks for.
pub fn demands() -> Vec<Demand> {
    [dataverse::demands(), of_vaults(), of_power_platform()].concat()
}

fn of_vaults() -> Vec<Demand> {
    let demand = |operation: &str, act: vaults::Act, known: Known| {
        let roles = vaults::ROLES.iter().map(|(role, _)| *role).filter(|role| vaults::gives(role, act.data_action()));
        let policy = act.permission().map(|permission| format!("policy `certificates/{permission:?}`").to_lowercase());
        Demand {
            service: "Key Vault",
            operation: operation.to_owned(),
            rights: vec![act.right()],
            given_by: roles.map(str::to_owned).chain(policy).collect(),
            known,
        }
    };
    vec![
        demand("`GET certificates/{name}`, `…/{version}`, `…/policy`", vaults::Act::Get, Known::Documented),
        demand("`GET certificates`, `certificates/{name}/versions`", vaults::Act::List, Known::Documented),
        demand(
            "a secret's reference is written in Dataverse: the writer, and Dataverse itself",
            vaults::Act::ReadSecret,
            Known::Documented,
        ),
    ]
}

fn of_power_platform() -> Vec<Demand> {
    let registered = || "registered management application".to_owned();
    let demand = |service, operation: &str, right: Right, known| {
        let roles =
            PowerPlatformRole::ALL.into_iter().filter(|role| role.gives(right)).map(|role| role.name().to_owned());
        let rights = vec![right.permission().to_owned()];
        let given_by = std::iter::once(registered()).chain(roles).collect();
        Demand { service, operation: operation.to_owned(), rights, given_by, known }
    };
    let connections = "/connectivity/connectors/shared_uiflow/connections/{id}";
    vec![
        demand(
            "Power Platform",
            &format!("`GET /connectivity/connections`, `GET {connections}`"),
            Right::ReadConnections,
            Known::Inferred,
        ),
        demand(
            "Power Platform",
            &format!("`PUT {connections}`; machine group and credential are one's own or shared"),
            Right::WriteConnections,
            Known::Inferred,
        ),
        demand("Power Platform", &format!("`DELETE {connections}`"), Right::WriteConnections, Known::Inferred),
        demand(
            "Power Platform",
            "`GET /environmentmanagement/environments/{id}`",
            Right::ReadEnvironments,
            Known::Inferred,
        ),
        Demand {
            service: "Environments",
            operation: "`GET …/scopes/admin/environments/{id}`".to_owned(),
            rights: vec![ADMINISTRATION.to_owned()],
            given_by: vec![registered()],
            known: Known::Reported,
        },
        Demand {
            service: "Environments",
            operation: "`GET …/environments/{id}`".to_owned(),
            rights: Vec::new(),
            given_by: Vec::new(),
            known: Known::Inferred,
        },
    ]
}

/// The same as a table in Markdown.
pub fn table() -> String {
    let mut table = "| Service | Operation | Right | Given by | |\n|---|---|---|---|---|\n".to_owned();
    for Demand { service, operation, rights, given_by, known } in demands() {
        let rights: Vec<String> = rights.iter().map(|right| format!("`{right}`")).collect();
        let rights = if rights.is_empty() { "none".to_owned() } else { rights.join(", ") };
        table.push_str(&format!("| {service} | {operation} | {rights} | {} | {known} |\n", given_by.join(", ")));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The page is made afresh where it is another one, so that the next run is green.
    #[test]
    fn the_page_is_up_to_date() {
        let page = format!(
            "# What each operation asks for\n\nWritten by a test of `rights.rs`, out of the data by which the sandbox asks. *D* documented, *R* \
             reported, *I* inferred.\n\n{}",
            table()
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rights.md");
        if std::fs::read_to_string(&path).is_ok_and(|before| before == page) {
            return;
        }
        std::fs::write(&path, page).expect("the page can be written");
        panic!("rights.md was another one, and is written afresh");
    }

    #[test]
    fn each_operation_is_told_once() {
        let mut told: Vec<String> =
            demands().into_iter().map(|demand| format!("{} {}", demand.service, demand.operation)).collect();
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), count);
    }
}
