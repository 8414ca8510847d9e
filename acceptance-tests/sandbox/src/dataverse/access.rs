//! Who may do what with which row: first a privilege is asked for, which a role gives or not, and then whether it reaches the row.
//!
//! Sources: <https://learn.microsoft.com/power-platform/admin/how-record-access-determined> for the two steps,
//! <https://learn.microsoft.com/power-apps/developer/data-platform/security-access-rights> for what an operation needs,
//! <https://learn.microsoft.com/troubleshoot/power-platform/dataverse/user-permissions/client-errors> for the codes, and the pages
//! *Privileges by message* of earlier versions for functions.

use uuid::Uuid;

use super::privileges::{Depth, Privilege, Verb};
use super::refusal::Refusal;
use super::tables::{Column, Kind, Ownership, Table};
use super::{Org, Session};
use crate::rights::Known;

/// What an operation does, as far as rights go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Read,
    Create,
    Update,
    Delete,
    /// Another owner than before, or than whoever creates.
    Assign,
    /// This lookup comes to point at another row.
    Bind(&'static Column),
    /// With whom it is shared is read.
    ReadShares,
    /// It is put into a solution.
    Join,
}

impl Act {
    /// The privileges that are asked for, each of a table; a lookup that may lead to several counts by the first.
    pub(crate) fn privileges(self, table: &'static Table) -> Vec<(Verb, &'static Table)> {
        match self {
            Self::Read | Self::ReadShares => vec![(Verb::Read, table)],
            Self::Create => vec![(Verb::Create, table), (Verb::Read, table)],
            Self::Update => vec![(Verb::Write, table)],
            Self::Delete => vec![(Verb::Delete, table)],
            Self::Assign => vec![(Verb::Assign, table), (Verb::Write, table), (Verb::Read, table)],
            Self::Join => vec![(Verb::Write, Table::known("solution")), (Verb::Read, table)],
            Self::Bind(column) => {
                let to = match column.kind {
                    Kind::Lookup { to: [first, ..], .. } => Table::of_logical(first),
                    _ => None,
                };
                let there = to.map(|to| [(Verb::Read, to), (Verb::AppendTo, to)]);
                std::iter::once((Verb::Append, table)).chain(there.into_iter().flatten()).collect()
            }
        }
    }

    /// Where it is known from that it asks for them: documented is what a table asks for that has privileges of its own.
    pub(crate) fn known(self, table: &Table) -> Known {
        let own = table.parent().is_none() && !table.logical.starts_with("solutioncomponent");
        if own && !matches!(self, Self::Join) { Known::Documented } else { Known::Inferred }
    }
}

impl Session<'_> {
    /// Fails without a privilege that an operation asks for, whatever the rows.
    pub(crate) fn entitled(&self, act: Act, table: &'static Table) -> Result<(), Refusal> {
        act.privileges(table).into_iter().try_for_each(|(verb, of)| {
            let privilege = of.privilege(verb);
            self.rights.note("Dataverse", privilege.to_string(), act.known(table));
            self.has(privilege, of)
        })
    }

    fn has(&self, privilege: Privilege, table: &Table) -> Result<(), Refusal> {
        if self.org.depth(self.user, privilege).is_some() {
            return Ok(());
        }
        let roles = self.org.roles_of(self.user).count();
        if roles == 0 {
            return Err(Refusal::no_role(self.user, privilege));
        }
        let mut held: Vec<Privilege> = self.org.roles_of(self.user).flat_map(|role| role.keys().copied()).collect();
        held.sort_unstable();
        held.dedup();
        // The privileges of a row that lives in another one are those of the other's table.
        let of = table.parent().map_or(table, |(_, parent)| parent);
        Err(Refusal::no_privilege(self.user, (roles, held.len()), privilege, of))
    }

    /// Fails where a privilege does not reach the row.
    pub(crate) fn reaches(&self, verb: Verb, table: &'static Table, id: Uuid) -> Result<(), Refusal> {
        if self.org.may(self.user, verb, table, id) {
            return Ok(());
        }
        Err(Refusal::no_access(self.user, verb, table, id))
    }
}

impl Org {
    /// May the user do this with this row, by its roles, as its owner, or because it is shared?
    pub(crate) fn may(&self, user: Uuid, verb: Verb, table: &'static Table, id: Uuid) -> bool {
        let Some(depth) = self.depth(user, table.privilege(verb)) else { return false };
        depth > Depth::Basic || self.holds(user, verb, table, id)
    }

    /// Whether a privilege that reaches no further than to what is one's own, or shared, reaches this row.
    pub(crate) fn holds(&self, user: Uuid, verb: Verb, table: &'static Table, id: Uuid) -> bool {
        let Some(row) = self.row(table, id) else { return false };
        match table.ownership {
            Ownership::Organization => true,
            Ownership::User => {
                let shared = row.shared_with.get(&user);
                row.link("ownerid") == Some(user) || shared.is_some_and(|rights| rights.contains(&verb))
            }
            Ownership::Parent(_) => table.parent().is_some_and(|(lookup, parent)| {
                let verb = table.privilege(verb).verb;
                row.link(lookup).is_some_and(|of| self.holds(user, verb, parent, of))
            }),
        }
    }
}
