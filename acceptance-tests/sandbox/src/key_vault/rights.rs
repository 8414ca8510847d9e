//! Who may do what in a vault: by data actions, of which roles are made, or by the permissions of its access policies.
//!
//! Sources: <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security> for what a role is made of,
//! <https://learn.microsoft.com/azure/key-vault/certificates/certificate-access-control> for the permissions, and each operation's page for
//! which one it needs.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Vault;
use crate::exchange::Response;
use crate::world::Caller;

/// Before the name of every data action.
const PREFIX: &str = "Microsoft.KeyVault/vaults/";

/// The roles that there are, each with its data actions; `*` stands for anything.
pub(crate) const ROLES: &[(&str, &[&str])] = &[
    ("Key Vault Administrator", &["*"]),
    ("Key Vault Certificates Officer", &["certificatecas/*", "certificates/*", "certificatecontacts/write"]),
    (
        "Key Vault Certificate User",
        &["certificates/read", "secrets/getSecret/action", "secrets/readMetadata/action", "keys/read"],
    ),
    ("Key Vault Reader", &["*/read", "secrets/readMetadata/action"]),
    ("Key Vault Secrets Officer", &["secrets/*"]),
    ("Key Vault Secrets User", &["secrets/getSecret/action", "secrets/readMetadata/action"]),
];

/// What a policy can permit to do with certificates here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificatePermission {
    /// Read one, in any version, and its policy.
    Get,
    /// List them, or the versions of one.
    List,
}

/// What a request does in a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// A certificate is read, or its policy.
    Get,
    /// Certificates are listed, or versions of one.
    List,
    /// The secret behind a certificate is read: Dataverse asks on behalf of whoever writes a reference to it.
    ReadSecret,
}

impl Act {
    /// The data action that it needs.
    pub(crate) fn data_action(self) -> &'static str {
        match self {
            Self::Get | Self::List => "certificates/read",
            Self::ReadSecret => "secrets/getSecret/action",
        }
    }

    /// The data action by its whole name.
    pub(crate) fn right(self) -> String {
        format!("{PREFIX}{}", self.data_action())
    }

    /// The permission that it needs where policies rule; secrets behind a reference are asked for by roles alone.
    pub(crate) fn permission(self) -> Option<CertificatePermission> {
        match self {
            Self::Get => Some(CertificatePermission::Get),
            Self::List => Some(CertificatePermission::List),
            Self::ReadSecret => None,
        }
    }
}

/// Whether a data action is among those that a pattern stands for.
fn matches(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            action.len() >= start.len() + end.len() && action.starts_with(start) && action.ends_with(end)
        }
        None => pattern == action,
    }
}

/// Whether a role has this data action.
pub(crate) fn gives(role: &str, action: &str) -> bool {
    let actions = ROLES.iter().find(|(name, _)| *name == role).map(|(_, actions)| *actions);
    actions.unwrap_or_default().iter().any(|pattern| matches(pattern, action))
}

impl Vault {
    /// Gives a principal a role.
    pub fn grant(&mut self, principal: &str, role: &str) {
        self.roles.insert((principal.to_owned(), role.to_owned()));
    }

    /// Takes a role from a principal, and says whether it had it.
    pub fn revoke(&mut self, principal: &str, role: &str) -> bool {
        self.roles.remove(&(principal.to_owned(), role.to_owned()))
    }

    /// Gives a principal a data action, such as `certificates/read`, as a role of one's own would.
    pub fn grant_action(&mut self, principal: &str, action: &str) {
        let action = action.strip_prefix(PREFIX).unwrap_or(action);
        self.data_actions.insert((principal.to_owned(), action.to_owned()));
    }

    /// Lets a policy permit a principal this, in place of what it permitted before.
    pub fn permit(&mut self, principal: &str, permissions: &[CertificatePermission]) {
        self.policies.insert(principal.to_owned(), permissions.iter().copied().collect());
    }

    /// What this is asked for by in this vault: a data action, or a permission of its policies.
    pub(super) fn asks(&self, act: Act) -> String {
        match act.permission().filter(|_| self.access_policies) {
            Some(permission) => format!("policy certificates/{permission:?}").to_lowercase(),
            None => act.right(),
        }
    }

    /// Whether a role of a principal lets it do this, or a data action.
    pub(crate) fn allows(&self, principal: &str, act: Act) -> bool {
        let is = |holder: &str| holder.eq_ignore_ascii_case(principal);
        let action = act.data_action();
        self.roles.iter().any(|(holder, role)| is(holder) && gives(role, action))
            || self.data_actions.iter().any(|(holder, pattern)| is(holder) && matches(pattern, action))
    }

    /// Fails for who may not do this with certificates; the issuer is that of the cloud's tokens.
    pub(super) fn check(&self, caller: &Caller, act: Act, issuer: &str) -> Result<(), Response> {
        let Caller { app_id, object_id, tenant_id, .. } = caller;
        let who = format!("appid={app_id};oid={object_id};iss=https://{issuer}/{tenant_id}/");
        match act.permission() {
            Some(permission) if self.access_policies => {
                if self.policies.get(object_id).is_some_and(|permitted| permitted.contains(&permission)) {
                    return Ok(());
                }
                let message = format!(
                    "The user, group or application '{who}' does not have certificates {} permission on key vault \
                     '{};location=westeurope'.",
                    format!("{permission:?}").to_lowercase(),
                    self.name
                );
                Err(forbidden(&message, "AccessDenied"))
            }
            _ if self.allows(object_id, act) => Ok(()),
            _ => {
                let message = format!(
                    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions \
                     were changed recently, please observe propagation time.\r\nCaller: {who}\r\nAction: '{PREFIX}{}'\r\nResource: \
                     '{}'\r\nAssignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: {};location=westeurope",
                    act.data_action(),
                    self.resource_id().to_lowercase(),
                    self.name
                );
                Err(forbidden(&message, "ForbiddenByRbac"))
            }
        }
    }
}

fn forbidden(message: &str, inner: &str) -> Response {
    let body = json!({"error": {"code": "Forbidden", "message": message, "innererror": {"code": inner}}});
    Response::json(StatusCode::FORBIDDEN, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(role: &str, certificates: bool, secrets: bool) {
        let told = (gives(role, Act::Get.data_action()), gives(role, Act::ReadSecret.data_action()));
        assert_eq!(told, (certificates, secrets), "{role}");
    }

    #[test]
    fn a_role_is_what_its_data_actions_are() {
        check("Key Vault Administrator", true, true);
        check("Key Vault Certificates Officer", true, false);
        check("Key Vault Certificate User", true, true);
        check("Key Vault Reader", true, false);
        check("Key Vault Secrets Officer", false, true);
        check("Key Vault Secrets User", false, true);
        check("Key Vault Contributor", false, false);
    }

    #[test]
    fn a_data_action_can_be_given_alone() {
        let mut vault = Vault::new("kv", "s", "t");
        vault.grant_action("Somebody", "Microsoft.KeyVault/vaults/certificates/read");
        assert!(vault.allows("somebody", Act::Get) && !vault.allows("somebody", Act::ReadSecret));
        vault.grant_action("somebody", "secrets/*");
        assert!(vault.allows("somebody", Act::ReadSecret) && !vault.allows("nobody", Act::Get));
    }
}
