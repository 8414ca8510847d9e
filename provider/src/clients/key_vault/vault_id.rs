//! The Azure resource id of a vault.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::clients::guid::guid;

/// The Azure resource id of a vault. Two that differ only in case or in a slash at the end are the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VaultId {
    text: String,
    name: String,
}

impl VaultId {
    /// Reads a resource id.
    ///
    /// # Errors
    /// What is wrong, as a predicate: `must be …`.
    pub fn parse(text: &str) -> Result<VaultId, String> {
        const SHAPE: &str = "/subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.KeyVault/vaults/<name>";
        let wrong = |what: &str| Err(format!("must be the Azure resource id of a key vault, {SHAPE}; {what}"));
        if text.starts_with("https://") {
            return wrong("this is an address");
        }
        let parts: Vec<&str> = text.trim_end_matches('/').split('/').collect();
        let is = |place: usize, word: &str| parts.get(place).is_some_and(|part| part.eq_ignore_ascii_case(word));
        if parts.first() != Some(&"") || !is(1, "subscriptions") {
            return wrong("this is no Azure resource id");
        }
        if parts.get(2).is_none_or(|id| id.len() != 36 || guid(id).is_none()) {
            return wrong("its subscription id is no GUID with dashes");
        }
        if !is(3, "resourceGroups") || parts.get(4).is_none_or(|group| group.is_empty()) || !is(5, "providers") {
            return wrong("it names no resource group or no provider");
        }
        if !is(6, "Microsoft.KeyVault") || !is(7, "vaults") {
            let kind = parts.get(6..8).map(|kind| kind.join("/")).unwrap_or_default();
            return wrong(&format!("this is of another kind: {kind:?}"));
        }
        if parts.len() > 9 {
            return wrong(&format!("this is something in a vault: {:?}", parts[9..].join("/")));
        }
        let name = parts.get(8).copied().unwrap_or_default();
        let is_name = (3..=24).contains(&name.len())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            && !name.contains("--");
        if !is_name {
            return wrong("a vault's name has 3 to 24 letters, digits and single hyphens");
        }
        Ok(VaultId { text: text.to_owned(), name: name.to_owned() })
    }

    /// The id without the slash that may end it.
    pub fn bare(&self) -> &str {
        self.text.trim_end_matches('/')
    }

    /// The vault's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of its subscription.
    pub fn subscription(&self) -> &str {
        self.part(2)
    }

    /// The name of its resource group.
    pub fn resource_group(&self) -> &str {
        self.part(4)
    }

    fn part(&self, place: usize) -> &str {
        self.text.split('/').nth(place).unwrap_or_default()
    }
}

impl TryFrom<String> for VaultId {
    type Error = String;

    fn try_from(text: String) -> Result<VaultId, String> {
        VaultId::parse(&text).map_err(|what| format!("{text:?} {what}"))
    }
}

impl From<VaultId> for String {
    fn from(id: VaultId) -> String {
        id.text
    }
}

impl fmt::Display for VaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for VaultId {
    fn eq(&self, other: &VaultId) -> bool {
        self.bare().eq_ignore_ascii_case(other.bare())
    }
}
impl Eq for VaultId {}
impl Hash for VaultId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bare().to_ascii_lowercase().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-robots";

    #[test]
    fn a_vault_id_is_read_in_any_case() {
        let vault = VaultId::parse(&GOOD.to_uppercase()).unwrap();
        assert_eq!(vault, VaultId::parse(GOOD).unwrap());
        assert_eq!(vault.name(), "KV-ROBOTS");
    }

    #[test]
    fn what_is_no_vault_id_is_explained() {
        let storage = GOOD.replace("KeyVault/vaults", "Storage/storageAccounts");
        let secret = format!("{GOOD}/secrets/robot");
        for (text, what) in [
            ("kv-robots", "no Azure resource id"),
            ("https://kv-robots.vault.azure.net", "an address"),
            ("/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", "no GUID"),
            (storage.as_str(), "Microsoft.Storage/storageAccounts"),
            (secret.as_str(), "something in a vault"),
            (GOOD.strip_suffix("-robots").unwrap(), "3 to 24"),
        ] {
            let error = VaultId::parse(text).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
