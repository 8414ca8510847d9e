//! The ids and addresses of the sandbox's default world.

use sandbox::{Sandbox, Vault, default_world};

/// The ids and addresses of the sandbox's default world.
#[derive(Debug, Clone)]
pub struct Place {
    /// The tenant.
    pub tenant_id: String,
    /// The application that the provider signs in as.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Its service principal.
    pub object_id: String,
    /// The default environment.
    pub environment_id: String,
    /// The address of its Dataverse organization.
    pub environment_url: String,
    /// A second environment.
    pub other_environment_id: String,
    /// An environment without Dataverse.
    pub environment_without_dataverse_id: String,
    /// The vault with the certificates of the robots.
    pub key_vault_id: String,
    /// A vault with access policies instead of roles.
    pub policy_vault_id: String,
    /// A vault on which nobody has a role.
    pub closed_vault_id: String,
    /// A vault of somebody else's tenant.
    pub foreign_vault_id: String,
    /// The machine group *Finance*.
    pub machine_group_id: String,
    /// The machine group *Warehouse*.
    pub other_machine_group_id: String,
    /// A machine group that is shared with nobody.
    pub unshared_machine_group_id: String,
    /// An unmanaged solution.
    pub solution: String,
    /// An application that may own runs.
    pub run_owner_client_id: String,
}

impl Place {
    pub(crate) fn of(sandbox: &Sandbox) -> Place {
        let vault = |name: &str| {
            sandbox
                .with(|world| world.vaults.get(name).map(Vault::resource_id))
                .expect("the default world has four vaults")
        };
        Place {
            tenant_id: default_world::TENANT.to_owned(),
            client_id: default_world::CLIENT.to_owned(),
            client_secret: default_world::SECRET.to_owned(),
            object_id: default_world::CLIENT_OBJECT.to_owned(),
            environment_id: default_world::ENVIRONMENT.to_owned(),
            environment_url: format!("https://{}", default_world::ORG),
            other_environment_id: default_world::TEST_ENVIRONMENT.to_owned(),
            environment_without_dataverse_id: default_world::BARE_ENVIRONMENT.to_owned(),
            key_vault_id: vault("kv-robots"),
            policy_vault_id: vault("kv-policies"),
            closed_vault_id: vault("kv-closed"),
            foreign_vault_id: vault("kv-theirs"),
            machine_group_id: default_world::FINANCE.to_owned(),
            other_machine_group_id: default_world::WAREHOUSE.to_owned(),
            unshared_machine_group_id: default_world::BOARD.to_owned(),
            solution: default_world::SOLUTION.to_owned(),
            run_owner_client_id: default_world::RUN_OWNER.to_owned(),
        }
    }

    /// The ids by the names of the variables that hold them.
    pub(crate) fn ids(&self) -> [(&'static str, &str); 6] {
        [
            ("environment_id", &self.environment_id),
            ("other_environment_id", &self.other_environment_id),
            ("key_vault_id", &self.key_vault_id),
            ("machine_group_id", &self.machine_group_id),
            ("other_machine_group_id", &self.other_machine_group_id),
            ("unshared_machine_group_id", &self.unshared_machine_group_id),
        ]
    }

    /// What the ids are called in a conversation.
    pub(crate) fn names(&self) -> Vec<(String, &'static str)> {
        let ids = [
            (&self.tenant_id, "tenant"),
            (&self.client_id, "client"),
            (&self.environment_id, "environment"),
            (&self.other_environment_id, "other environment"),
            (&self.machine_group_id, "Finance"),
            (&self.other_machine_group_id, "Warehouse"),
        ];
        let subscription = self.key_vault_id.split('/').nth(2).expect("a vault lies in a subscription").to_owned();
        let ids = ids.into_iter().map(|(id, name)| (id.clone(), name));
        ids.chain([(subscription, "subscription")]).collect()
    }
}
