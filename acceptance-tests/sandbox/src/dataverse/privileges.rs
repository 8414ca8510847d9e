//! Privileges: what a role lets somebody do with the rows of a table, and how far it reaches.
//!
//! A privilege is named as Dataverse's errors name it, `prvCreatecredential`: by what is done, and by the table in the spelling that its
//! privileges have. There is one business unit here, so that all depths but the first reach every row.
//! <https://learn.microsoft.com/power-platform/admin/security-roles-privileges>

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Org;
use super::catalog::TABLES;
use super::tables::{Ownership, Table};

/// What is done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It is made.
    Create,
    /// It is read.
    Read,
    /// It is changed.
    Write,
    /// It is deleted.
    Delete,
    /// A lookup of it comes to point at another row.
    Append,
    /// A lookup of another row comes to point at it.
    AppendTo,
    /// It gets another owner.
    Assign,
    /// It is shared.
    Share,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Create, Self::Read, Self::Write, Self::Delete, Self::Append, Self::AppendTo, Self::Assign, Self::Share];
}

/// How far a privilege reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// To what is one's own, or shared.
    Basic,
    /// To the rows of one's business unit.
    Local,
    /// To those of the business units below, too.
    Deep,
    /// To all rows.
    Global,
}

/// A privilege: what may be done with which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Privilege {
    pub(crate) verb: Verb,
    pub(crate) of: &'static str,
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "prv{:?}{}", self.verb, self.of)
    }
}

impl Privilege {
    /// The one with this name.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let all = TABLES.iter().flat_map(|table| Verb::ALL.map(|verb| table.privilege(verb)));
        let known = all.into_iter().find(|one| one.to_string() == name);
        known.ok_or_else(|| format!("the sandbox does not know the privilege '{name}'"))
    }

    /// Its id, which is the same everywhere.
    pub(crate) fn id(self) -> Uuid {
        let hash = self.to_string().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
        });
        Uuid::from_fields(0x0da7_a001, 1, 0x4000, &(hash | 1 << 63).to_be_bytes())
    }
}

impl Table {
    /// The privilege to do this with a row. A row that lives in another one has none of its own: whoever may change that one may do
    /// everything with this one, as the reference says of values, whose permissions are those of their variable.
    pub(crate) fn privilege(&self, verb: Verb) -> Privilege {
        match (self.parent(), verb) {
            (Some((_, parent)), Verb::Create | Verb::Delete) => parent.privilege(Verb::Write),
            (Some((_, parent)), verb) => parent.privilege(verb),
            (None, verb) => Privilege { verb, of: self.privileges },
        }
    }
}

/// What a role lets do, and how far.
pub(crate) type Role = BTreeMap<Privilege, Depth>;

/// The role that sees and does everything.
pub(crate) const ADMINISTRATOR: &str = "System Administrator";
/// The role of those who make things.
pub(crate) const MAKER: &str = "Environment Maker";
/// The role of those who use them.
pub(crate) const USER: &str = "Basic User";

/// The roles that are there from the start. What the last two contain for tables of ours is inferred: a maker does everything with
/// what is its own, may make solutions, and sees who and what there is; a user reads.
/// <https://learn.microsoft.com/power-platform/admin/database-security>
pub(crate) fn predefined() -> BTreeMap<String, Role> {
    let made = |table: &Table| ["Solution", "Publisher"].contains(&table.privileges);
    BTreeMap::from([
        (ADMINISTRATOR.to_owned(), role(|_, _| Some(Depth::Global))),
        (
            MAKER.to_owned(),
            role(|table, verb| match (table.ownership, verb) {
                (Ownership::User, _) => Some(Depth::Basic),
                (_, Verb::Read) => Some(Depth::Global),
                (_, Verb::Create | Verb::Write) if made(table) => Some(Depth::Global),
                _ => None,
            }),
        ),
        (
            USER.to_owned(),
            role(|table, verb| match (table.ownership, verb) {
                (Ownership::User, Verb::Read) => Some(Depth::Basic),
                (_, Verb::Read) => Some(Depth::Global),
                _ => None,
            }),
        ),
    ])
}

/// The role that reaches so far with each privilege that there is.
fn role(depth: impl Fn(&Table, Verb) -> Option<Depth>) -> Role {
    let own = TABLES.iter().filter(|table| table.parent().is_none());
    let all = own.flat_map(|table| Verb::ALL.map(|verb| (table, verb)));
    all.filter_map(|(table, verb)| Some((table.privilege(verb), depth(table, verb)?))).collect()
}

impl Org {
    /// Makes a security role, or another one of an old name: privileges by their names, such as `prvReadcredential`.
    ///
    /// # Errors
    /// A text that names the privilege that is not known.
    pub fn role<'a>(
        &mut self,
        name: &str,
        privileges: impl IntoIterator<Item = (&'a str, Depth)>,
    ) -> Result<(), String> {
        let privileges = privileges.into_iter().map(|(name, depth)| Ok((Privilege::named(name)?, depth)));
        let role = privileges.collect::<Result<Role, String>>()?;
        Arc::make_mut(&mut self.defined).insert(name.to_owned(), role);
        Ok(())
    }

    /// Gives a user a security role.
    ///
    /// # Errors
    /// A text that names the role that is not there.
    pub fn assign_role(&mut self, user: Uuid, role: &str) -> Result<(), String> {
        if !self.defined.contains_key(role) {
            return Err(format!("there is no security role '{role}'"));
        }
        self.roles.entry(user).or_default().insert(role.to_owned());
        Ok(())
    }

    /// Takes a security role from a user, and says whether it had it.
    pub fn take_role(&mut self, user: Uuid, role: &str) -> bool {
        self.roles.get_mut(&user).is_some_and(|roles| roles.remove(role))
    }

    /// The roles of a user.
    pub(crate) fn roles_of(&self, user: Uuid) -> impl Iterator<Item = &Role> {
        self.roles.get(&user).into_iter().flatten().filter_map(|name| self.defined.get(name))
    }

    /// How far a privilege of a user reaches, if any of its roles has it.
    pub(crate) fn depth(&self, user: Uuid, privilege: Privilege) -> Option<Depth> {
        self.roles_of(user).filter_map(|role| role.get(&privilege)).max().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &str, verb: Verb, name: &str) {
        let privilege = Table::known(table).privilege(verb);
        assert_eq!(privilege.to_string(), name);
        assert_eq!(Privilege::named(name), Ok(privilege));
    }

    #[test]
    fn a_privilege_is_named_as_the_service_names_it() {
        check("credential", Verb::Read, "prvReadcredential");
        check("environmentvariabledefinition", Verb::AppendTo, "prvAppendToEnvironmentVariableDefinition");
        check("environmentvariablevalue", Verb::Create, "prvWriteEnvironmentVariableDefinition");
        check("environmentvariablevalue", Verb::Read, "prvReadEnvironmentVariableDefinition");
        check("systemuser", Verb::Read, "prvReadUser");
        check("solutioncomponent", Verb::Read, "prvReadSolution");
        assert!(Privilege::named("prvReadAccount").unwrap_err().contains("prvReadAccount"));
    }
}
