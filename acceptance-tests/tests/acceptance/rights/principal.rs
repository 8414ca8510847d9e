//! A principal that has just these rights: a security role, roles on the vault and of Power Platform, and what is shared with it.

use std::fmt;

use sandbox::rights::Demanded;
use sandbox::{DATAVERSE_APPLICATION, Depth, PowerPlatformRole, RoleAssignment, World, default_world};
use serde_json::json;
use uuid::Uuid;

/// What stands on the page for a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right<'a> {
    /// A privilege of Dataverse.
    Privilege(&'a str),
    /// A role on the vault.
    Reader,
    /// A role on the vault.
    Secrets,
    /// The same for Dataverse itself.
    SecretsOfDataverse,
    /// A role of Power Platform.
    Power(PowerPlatformRole),
    /// Something is shared.
    Shared(&'a str),
}

impl<'a> Right<'a> {
    /// What gives a right that the sandbox asks for.
    pub(super) fn of(demanded: &'a Demanded) -> Right<'a> {
        match (demanded.service, demanded.right.as_str()) {
            ("Dataverse", privilege) => Right::Privilege(privilege),
            ("Key Vault", "Microsoft.KeyVault/vaults/certificates/read") => Right::Reader,
            ("Key Vault", "Microsoft.KeyVault/vaults/secrets/getSecret/action") => Right::Secrets,
            ("Key Vault", _) => Right::SecretsOfDataverse,
            ("Power Platform", "Connectivity.Connections.Read") => Right::Power(PowerPlatformRole::Reader),
            ("Power Platform", "Connectivity.Connections.ReadWrite") => Right::Power(PowerPlatformRole::Contributor),
            ("Power Platform", shared) if !shared.contains('.') => Right::Shared(shared),
            (service, right) => panic!("{service} asks for {right}, and the page has no word for it"),
        }
    }

    /// What an error says that names it.
    pub(super) fn needle(self) -> &'a str {
        match self {
            Right::Privilege(name) => name,
            Right::Reader => "Microsoft.KeyVault/vaults/certificates/read",
            Right::Secrets | Right::SecretsOfDataverse => "is not authorized to read secrets",
            Right::Power(_) => "Principal missing required permissions",
            Right::Shared("the run owner as a user of the environment") => "is no application user",
            Right::Shared(what) if what.contains("machine group") => "Flow Machine Group",
            Right::Shared("the credential shared with the run owner") => "has no access to the credential",
            Right::Shared(_) => "Credential",
        }
    }
}

impl fmt::Display for Right<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Right::Privilege(name) => write!(f, "`{name}`"),
            Right::Reader => f.write_str("vault: *Key Vault Reader*"),
            Right::Secrets => f.write_str("vault: *Key Vault Secrets User*"),
            Right::SecretsOfDataverse => f.write_str("vault: *Key Vault Secrets User* for Dataverse"),
            Right::Power(PowerPlatformRole::Reader) => f.write_str("Power Platform: *Reader*, or registered"),
            Right::Power(_) => f.write_str("Power Platform: *Contributor*, or registered"),
            Right::Shared(what) => f.write_str(what),
        }
    }
}

/// Takes from Terraform's application whatever it has, and gives it these rights but for one.
pub(super) fn give_only(world: &mut World, rights: &[Demanded], without: Option<&Demanded>, depth: Depth) {
    let given: Vec<Right<'_>> = rights.iter().filter(|one| Some(*one) != without).map(Right::of).collect();
    world.admin_applications.clear();
    let role = given.iter().filter_map(|right| match right {
        Right::Power(role) => Some(*role),
        _ => None,
    });
    let assign = |role| RoleAssignment::in_environment(default_world::CLIENT_OBJECT, role, default_world::ENVIRONMENT);
    world.power_platform_roles = role.map(assign).collect();
    let vault = world.vaults.get_mut("kv-robots").expect("it is there");
    vault.roles.clear();
    for (right, whom, role) in [
        (Right::Reader, default_world::CLIENT_OBJECT, "Key Vault Reader"),
        (Right::Secrets, default_world::CLIENT_OBJECT, "Key Vault Secrets User"),
        (Right::SecretsOfDataverse, DATAVERSE_APPLICATION, "Key Vault Secrets User"),
    ] {
        if given.contains(&right) {
            vault.grant(whom, role);
        }
    }
    let org = world.org_mut(default_world::ENVIRONMENT);
    let terraform = org.user_of_application(default_world::CLIENT).expect("it is a user");
    let privileges = given.iter().filter_map(|right| match right {
        Right::Privilege(name) => Some((*name, reaching(name, depth))),
        _ => None,
    });
    let privileges: Vec<_> = privileges.collect();
    org.role("Robots", privileges).expect("the sandbox knows what it asks for");
    org.assign_role(terraform, "Robots").expect("it was just made");
    assert!(org.take_role(terraform, "System Administrator"));
    if let Some(Right::Shared(what)) = without.map(Right::of) {
        take_share(world, what);
    }
}

/// How far a privilege reaches: the rows of some tables are nobody's own.
fn reaching(privilege: &str, depth: Depth) -> Depth {
    let is_nobodys = ["User", "Solution", "Publisher"].iter().any(|table| privilege.ends_with(table));
    if is_nobodys { Depth::Global } else { depth }
}

fn take_share(world: &mut World, what: &str) {
    let org = world.org_mut(default_world::ENVIRONMENT);
    let user = |org: &sandbox::Org, application| org.user_of_application(application).expect("it is a user");
    let (terraform, run_owner) = (user(org, default_world::CLIENT), user(org, default_world::RUN_OWNER));
    let credentials = org.rows("credentials").expect("the table is there");
    let credentials = credentials.iter().filter_map(|row| Uuid::parse_str(row["credentialid"].as_str()?).ok());
    match what {
        "the machine group (own or shared)" => {
            for group in [default_world::FINANCE, default_world::WAREHOUSE] {
                let group = Uuid::parse_str(group).expect("it is an id");
                org.unshare("flowmachinegroups", group, terraform).expect("it is there");
            }
        }
        "the credential (own or shared)" => {
            let maker = json!({ "ownerid": user(org, default_world::MAKER) });
            credentials.for_each(|id| org.patch("credentials", id, maker.clone()).expect("it is there"));
        }
        "the credential shared with the run owner" => {
            credentials.for_each(|id| org.unshare("credentials", id, run_owner).expect("it is there"));
        }
        "the run owner as a user of the environment" => {
            org.patch("systemusers", run_owner, json!({ "isdisabled": true })).expect("it is there");
        }
        other => panic!("nobody knows how {other:?} is taken back"),
    }
}
