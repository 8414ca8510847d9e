//! Who may ask the Power Platform API: applications that are registered for its administration, and whoever has one of its roles.
//!
//! Its gateway asks before any service behind it does, and before anybody looks whether the environment is there.
//!
//! Sources: <https://learn.microsoft.com/power-platform/admin/programmability-tutorial-rbac-role-assignment> and
//! <https://learn.microsoft.com/power-platform/admin/security/role-based-access-control> for the roles, their scopes and what is
//! inherited; the refusal from microsoft/coe-starter-kit 8119, the older one from microsoft/terraform-provider-power-platform 665.
//! No page says that connections of a registered application, or of a reader, are asked for so: the roles are of all resources.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::exchange::{Request, Response};
use crate::world::{Caller, Environment, World};

/// A role of Power Platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerPlatformRole {
    /// Everything.
    Owner,
    /// Reads and manages everything but who has which role.
    Contributor,
    /// Reads everything.
    Reader,
    /// Reads everything, and manages who has which role.
    AccessAdministrator,
}

impl PowerPlatformRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Contributor, Self::Reader, Self::AccessAdministrator];

    /// Its name in the portal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "Power Platform owner",
            Self::Contributor => "Power Platform contributor",
            Self::Reader => "Power Platform reader",
            Self::AccessAdministrator => "Power Platform role-based access control administrator",
        }
    }

    pub(crate) fn gives(self, right: Right) -> bool {
        match right {
            Right::ReadConnections | Right::ReadEnvironments => true,
            Right::WriteConnections => matches!(self, Self::Owner | Self::Contributor),
        }
    }
}

/// How far a role reaches: what is given above holds below.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerPlatformScope {
    /// Every environment of the tenant with this id.
    Tenant(String),
    /// Every environment of the group with this id.
    EnvironmentGroup(String),
    /// The environment with this id.
    Environment(String),
}

/// That somebody has a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignment {
    /// The service principal, by its object id.
    pub principal: String,
    /// The role.
    pub role: PowerPlatformRole,
    /// Where it holds.
    pub scope: PowerPlatformScope,
}

impl RoleAssignment {
    /// That a principal has a role in an environment.
    pub fn in_environment(principal: &str, role: PowerPlatformRole, environment_id: &str) -> Self {
        let scope = PowerPlatformScope::Environment(environment_id.to_owned());
        Self { principal: principal.to_owned(), role, scope }
    }

    fn covers(&self, caller: &Caller, environment: &Environment) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let here = match &self.scope {
            PowerPlatformScope::Tenant(id) => same(id, &environment.tenant_id),
            PowerPlatformScope::EnvironmentGroup(id) => {
                environment.group.as_deref().is_some_and(|group| same(id, group))
            }
            PowerPlatformScope::Environment(id) => same(id, &environment.id),
        };
        here && same(&self.principal, &caller.object_id)
    }
}

/// What the environments API asks for in its form for administrators: it has no name.
pub(crate) const ADMINISTRATION: &str = "administration of Power Platform";

/// What a request wants of the Power Platform API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    ReadConnections,
    WriteConnections,
    ReadEnvironments,
}

impl Right {
    /// The permission that stands for it. Those to read are published; that there is one to write is inferred from their pattern.
    pub(crate) fn permission(self) -> &'static str {
        match self {
            Self::ReadConnections => "Connectivity.Connections.Read",
            Self::WriteConnections => "Connectivity.Connections.ReadWrite",
            Self::ReadEnvironments => "EnvironmentManagement.Environments.Read",
        }
    }
}

/// In which words the gateway refuses whoever has no right: two are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unentitled {
    /// `Forbidden` without an envelope, with the permissions that are missing inside.
    #[default]
    Permissions,
    /// `Forbidden` in an envelope, with the path: as the environments API says it.
    Path,
}

impl World {
    /// Whether somebody may do this in an environment; what is not there belongs to nobody's scope.
    pub(crate) fn entitles(&self, caller: &Caller, right: Right, environment: Option<&Environment>) -> bool {
        self.admin_applications.contains(&caller.app_id)
            || environment.is_some_and(|environment| {
                let mut roles = self.power_platform_roles.iter();
                roles.any(|one| one.role.gives(right) && one.covers(caller, environment))
            })
    }

    /// What whoever may not do this is told.
    pub(crate) fn unentitled(&self, caller: &Caller, right: Right, request: &Request) -> Response {
        match self.switches().connectivity.unentitled {
            Unentitled::Path => no_permission_for_path(caller, request),
            Unentitled::Permissions => {
                let message = format!(
                    "Authorization denied: Principal missing required permissions: [{}, All.All.ReadWrite]",
                    right.permission()
                );
                let body = json!({
                    "code": "Forbidden",
                    "message": "The caller is not authorized to perform the request.",
                    "innererror": {"code": "InsufficientPrincipalPermissions", "message": message},
                });
                Response::json(StatusCode::FORBIDDEN, &body)
            }
        }
    }
}

/// What a service principal is told that is not registered. The service names itself by an address inside: as reported in
/// MicrosoftDocs/power-platform 1260.
pub(crate) fn no_permission_for_path(caller: &Caller, request: &Request) -> Response {
    let message = format!(
        "The service principal with id '{}' for application {} does not have permission to access the path 'https://10.0.1.32:20029{}' in \
         tenant {}.",
        caller.object_id,
        caller.app_id,
        request.target(),
        caller.tenant_id
    );
    Response::error(StatusCode::FORBIDDEN, "Forbidden", &message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::default_world::{
        CLIENT, ENVIRONMENT, MAKER, MAKER_OBJECT, OTHER_TENANT, TENANT, TEST_ENVIRONMENT, make,
    };

    /// Whether the maker, with this role in this scope and no other, may read and write connections of *Contoso*.
    #[track_caller]
    fn check(role: PowerPlatformRole, scope: PowerPlatformScope, reads: bool, writes: bool) {
        let mut world = make();
        let assignment = RoleAssignment { principal: MAKER_OBJECT.to_uppercase(), role, scope };
        world.power_platform_roles = [assignment.clone()].into();
        world.environment_mut(ENVIRONMENT).expect("it is there").group = Some("robots".to_owned());
        let caller = world.applications[MAKER].caller.clone();
        let may = |right| world.entitles(&caller, right, world.environment(ENVIRONMENT));
        let told = (may(Right::ReadConnections), may(Right::WriteConnections), may(Right::ReadEnvironments));
        assert_eq!(told, (reads, writes, reads), "{assignment:?}");
    }

    #[test]
    fn a_role_holds_in_its_scope_and_below() {
        use PowerPlatformRole::{AccessAdministrator, Contributor, Owner, Reader};
        use PowerPlatformScope::{Environment, EnvironmentGroup, Tenant};
        check(Owner, Tenant(TENANT.to_owned()), true, true);
        check(Contributor, EnvironmentGroup("Robots".to_owned()), true, true);
        check(Contributor, Environment(ENVIRONMENT.to_uppercase()), true, true);
        check(Reader, Tenant(TENANT.to_owned()), true, false);
        check(AccessAdministrator, Environment(ENVIRONMENT.to_owned()), true, false);
        check(Owner, Tenant(OTHER_TENANT.to_owned()), false, false);
        check(Owner, EnvironmentGroup("others".to_owned()), false, false);
        check(Owner, Environment(TEST_ENVIRONMENT.to_owned()), false, false);
    }

    #[test]
    fn whoever_is_registered_needs_no_role() {
        let world = make();
        let caller = &world.applications[CLIENT].caller;
        assert!(world.entitles(caller, Right::WriteConnections, world.environment(ENVIRONMENT)));
        assert!(world.entitles(caller, Right::WriteConnections, None));
    }
}
