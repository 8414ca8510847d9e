//! Who is measured: the provider, its twin that answers from memory, or somebody else's provider.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Fleet, configuration};
use crate::provider_binary;
use crate::terraform::Terraform;
use crate::workspace::SOURCE;
use crate::world::World;

/// The name of the provider's runs.
pub const PROVIDER: &str = "provider";
/// The name of its twin's.
pub const MEMORY: &str = "in memory";

/// Who is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contender {
    /// The provider.
    Provider,
    /// Its twin that answers from memory: what it takes is Terraform's own.
    Memory,
    /// Somebody else's provider.
    Peer(Peer),
}

/// Somebody else's provider, and a configuration that makes as many chains as the variable `chains` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    source: String,
    binary: PathBuf,
    configuration: PathBuf,
}

impl Peer {
    /// Reads `NAME=BINARY=HCL_FOLDER`, where the name is the provider's source address, such as `contoso/robots`.
    ///
    /// # Errors
    /// Another number of parts, or a binary or a folder that is not there.
    pub fn parse(text: &str) -> Result<Peer, String> {
        let parts: Vec<&str> = text.split('=').collect();
        let [source, binary, configuration] = parts.as_slice() else {
            return Err("a peer is NAME=BINARY=HCL_FOLDER".to_owned());
        };
        let there = |path: &str| fs::canonicalize(path).map_err(|error| format!("{path}: {error}"));
        Ok(Peer { source: (*source).to_owned(), binary: there(binary)?, configuration: there(configuration)? })
    }
}

impl Contender {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Contender::Provider => PROVIDER,
            Contender::Memory => MEMORY,
            Contender::Peer(peer) => &peer.source,
        }
    }

    /// A world with a sandbox of its own, furnished for the fleet, and with the configuration that makes it.
    ///
    /// # Errors
    /// A provider that does not compile, a port or a disk that is not to be had.
    pub fn world(&self, terraform: &Terraform, fleet: &Fleet) -> io::Result<World> {
        let terraform = terraform.clone();
        let (source, folder): (&str, &Path) = match self {
            Contender::Provider => (SOURCE, provider_binary::folder()?),
            Contender::Memory => (SOURCE, provider_binary::memory_folder()?),
            Contender::Peer(peer) => (&peer.source, peer.binary.parent().unwrap_or(Path::new("."))),
        };
        let mut world = World::of_provider(terraform, source, folder)?;
        fleet.furnish(&world);
        match self {
            Contender::Peer(peer) => {
                let sizes = [("chains", fleet.chains), ("vaults", fleet.vaults), ("certificates", fleet.certificates)];
                for (name, value) in sizes.into_iter().chain([("modules", fleet.modules)]) {
                    world.set(&format!("TF_VAR_{name}"), &value.to_string());
                }
                copy(&peer.configuration, &world.folder())?;
            }
            _ => configuration::write(fleet, &world),
        }
        // Modules are installed, and nothing else: an init would look for the provider.
        let installed = world.run(&["get"]);
        if installed.is_ok() { Ok(world) } else { Err(io::Error::other(installed.to_string())) }
    }
}

/// Copies what is in a folder into another one.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copied = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &copied)?;
        } else {
            fs::copy(entry.path(), copied).map(drop)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_named_with_its_binary_and_its_configuration() {
        let there = env!("CARGO_MANIFEST_DIR");
        let peer = Peer::parse(&format!("contoso/robots={there}/Cargo.toml={there}")).unwrap();
        assert_eq!(peer.source, "contoso/robots");
        assert!(Peer::parse("contoso/robots=/nowhere").is_err());
        assert!(Peer::parse(&format!("contoso/robots=/nowhere={there}")).unwrap_err().starts_with("/nowhere: "));
    }
}
