//! How many chains there are, how they share certificates and vaults, and the sandbox that they are made in.

use sandbox::{CertificateSpec, Limits, Vault, default_world};
use serde::{Deserialize, Serialize};

use super::bounds::Held;
use crate::world::World;

/// How long every request takes, in milliseconds.
pub const LATENCY: u64 = 50;
/// How many requests Terraform has under way at once.
pub const PARALLELISM: usize = 10;
/// How many rows a page of Dataverse holds.
pub const ROWS_A_PAGE: usize = 1000;
/// How many connections a page of their list holds.
pub const CONNECTIONS_A_PAGE: usize = 250;
/// The same where pages are small: how many the service gives is not documented.
pub const FEW_CONNECTIONS_A_PAGE: usize = 50;
/// How many certificates a page of a vault holds.
pub const CERTIFICATES_A_PAGE: usize = 25;

/// Chains, and what they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// How many chains there are.
    pub chains: usize,
    /// Over how many modules they are spread; 0: all stand in one `for_each` of the root.
    pub modules: usize,
    /// In how many vaults their certificates are.
    pub vaults: usize,
    /// How many certificates there are in all.
    pub certificates: usize,
}

impl Fleet {
    /// So many chains in one `for_each`, with certificates and vaults as a team would have them.
    #[must_use]
    pub fn of(chains: usize) -> Fleet {
        let (vaults, certificates) = if chains <= 100 { (1, 10) } else { (20, 1000) };
        Fleet { chains, modules: 0, vaults: vaults.min(chains), certificates: certificates.min(chains) }
    }

    /// The same chains, spread evenly over so many modules.
    #[must_use]
    pub fn in_modules(self, modules: usize) -> Fleet {
        Fleet { modules, ..self }
    }

    /// How many objects that are.
    #[must_use]
    pub fn objects(&self) -> usize {
        3 * self.chains
    }

    /// What it is called in a table.
    #[must_use]
    pub fn name(&self) -> String {
        match self.modules {
            0 => format!("{} chains", self.chains),
            modules => format!("{} chains in {modules} modules", self.chains),
        }
    }

    /// The number of the certificate of a chain, both counted from 1: neighbours have different ones.
    #[must_use]
    pub fn certificate_of(&self, chain: usize) -> usize {
        (chain - 1) % self.certificates + 1
    }

    /// The number of the vault of a certificate.
    #[must_use]
    pub fn vault_of(&self, certificate: usize) -> usize {
        (certificate - 1) % self.vaults + 1
    }

    /// How many certificates each vault holds.
    #[must_use]
    pub fn certificates_of_vaults(&self) -> Vec<usize> {
        let mut held = vec![0; self.vaults];
        (1..=self.certificates).for_each(|certificate| held[self.vault_of(certificate) - 1] += 1);
        held
    }

    /// Puts vaults and certificates there, and gives the services their usual pace and their limits.
    pub fn furnish(&self, world: &World) {
        world.sandbox().with(|all| {
            let roles = all.vaults["kv-robots"].roles.clone();
            let now = all.now();
            for number in 1..=self.vaults {
                let mut vault = Vault::new(&vault_name(number), default_world::SUBSCRIPTION, default_world::TENANT);
                vault.roles.clone_from(&roles);
                for certificate in (1..=self.certificates).filter(|one| self.vault_of(*one) == number) {
                    vault.put_certificate(&certificate_name(certificate), self.certificate(certificate), now);
                }
                all.vaults.insert(vault.name.clone(), vault);
            }
        });
        world.sandbox().switches(|switches| {
            switches.latency_milliseconds = LATENCY;
            switches.dataverse.limits = Some(Limits::default());
            switches.dataverse.page_size = ROWS_A_PAGE;
            switches.connectivity.page_size = CONNECTIONS_A_PAGE;
            switches.key_vault.page_size = CERTIFICATES_A_PAGE;
        });
    }

    /// How much there is in the sandbox that a list could tell of.
    #[must_use]
    pub fn held(&self, world: &World) -> Held {
        world.sandbox().with(|all| {
            let environment = &world.place().environment_id;
            let tables = ["environmentvariabledefinitions", "credentials"];
            let org = all.org_mut(environment);
            let tables = tables.map(|table| org.rows(table).map_or(0, |rows| rows.len()));
            let connections = all.environment(environment).map_or(0, |environment| environment.connections.len());
            Held { tables: tables.to_vec(), connections, vaults: self.certificates_of_vaults() }
        })
    }

    /// A certificate for all the robots that share it.
    fn certificate(&self, certificate: usize) -> CertificateSpec {
        let chains = (certificate..=self.chains).step_by(self.certificates);
        let user_principal_names = chains.map(|chain| format!("robot-{chain:04}@contoso.com")).collect();
        CertificateSpec { user_principal_names, ..CertificateSpec::default() }
    }
}

/// The name of a vault.
#[must_use]
pub fn vault_name(number: usize) -> String {
    format!("kv-fleet-{number:02}")
}

/// The name of a certificate.
#[must_use]
pub fn certificate_name(number: usize) -> String {
    format!("robot-{number:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_share_certificates_and_certificates_share_vaults() {
        let fleet = Fleet { chains: 12, modules: 0, vaults: 2, certificates: 4 };
        let shared: Vec<usize> = (1..=5).map(|chain| fleet.certificate_of(chain)).collect();
        assert_eq!(shared, [1, 2, 3, 4, 1]);
        assert_eq!(fleet.certificates_of_vaults(), [2, 2]);
        let names = fleet.certificate(2).user_principal_names;
        assert_eq!(names, ["robot-0002@contoso.com", "robot-0006@contoso.com", "robot-0010@contoso.com"]);
    }

    #[test]
    fn the_usual_fleets_are_those_that_the_bounds_are_written_for() {
        let held = |chains: usize| Fleet::of(chains).certificates_of_vaults();
        assert_eq!((held(5), held(100)), (vec![5], vec![10]));
        assert_eq!(held(1000), [50; 20]);
        assert_eq!(Fleet::of(3400).objects(), 10_200);
    }
}
