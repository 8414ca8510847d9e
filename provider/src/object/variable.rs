//! An environment variable, as resources meet it: its name, its one value, and the reference to a secret that may be its value.

use std::fmt;

use tfplugin::Diagnostic;
use uuid::Uuid;

use crate::account::Account;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::key_vault::VaultId;

/// What a schema name must be, in words.
pub(crate) const SCHEMA_NAME_FORM: &str = "be a publisher's prefix (2 to 8 letters and digits, a letter first), an underscore and a name \
                                           of letters, digits and underscores, such as cto_robot_certificate";

/// Whether a text is a publisher's prefix, an underscore and a name.
pub(crate) fn is_schema_name(text: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split_once('_').is_some_and(|(prefix, name)| {
        (2..=8).contains(&prefix.len())
            && prefix.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && prefix.chars().all(|letter| letter.is_ascii_alphanumeric())
            && !name.is_empty()
            && name.chars().all(is_word)
    })
}

/// Refuses a variable that is no reference to a vault, saying what it is.
///
/// # Errors
/// It is of another kind.
pub(crate) fn refuse_other_kind(definition: &Definition) -> Result<(), Diagnostic> {
    if definition.is_reference() {
        return Ok(());
    }
    let detail = format!("The environment variable {:?} is {}.", definition.schema_name, definition.kind.words());
    Err(Diagnostic::error("The environment variable is no reference to a vault", detail)
        .hint("Use one of the type Secret whose secret store is Azure Key Vault."))
}

/// The one value of a variable.
///
/// # Errors
/// It has several.
pub(crate) fn single_value(definition: &Definition) -> Result<Option<&str>, Diagnostic> {
    match definition.values.as_slice() {
        [] => Ok(None),
        [one] => Ok(one.value.as_deref()),
        several => {
            let ids: Vec<String> = several.iter().map(|one| one.id.to_string()).collect();
            let detail = format!("{:?} has {} values: {}.", definition.schema_name, several.len(), ids.join(", "));
            Err(Diagnostic::error("The environment variable has several values", detail)
                .hint("Delete all but one of these rows of the table environmentvariablevalue."))
        }
    }
}

/// What holds of a text variable: its value, else its default.
///
/// # Errors
/// It has several values.
pub(crate) fn text(definition: &Definition) -> Result<Option<String>, Diagnostic> {
    Ok(single_value(definition)?.or(definition.default_value.as_deref()).map(str::to_owned))
}

/// A variable that exists and refers to a secret in a vault.
///
/// # Errors
/// It is not there, or is of another kind; the error is on `attribute`.
pub(crate) fn expect_reference(found: Option<Definition>, id: Uuid, attribute: &str) -> Result<Definition, Diagnostic> {
    let definition = found.ok_or_else(|| {
        let detail = format!("There is no environment variable {id} in this environment that may be seen.");
        Diagnostic::error("The certificate reference does not exist", detail)
            .on(attribute)
            .hint("Use the id of a powerautomate_key_vault_certificate_reference in the same environment.")
    })?;
    refuse_other_kind(&definition).map_err(|error| error.on(attribute))?;
    Ok(definition)
}

/// The value of a reference: the resource id of the secret that Key Vault keeps for a certificate, without a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretReference {
    /// The vault.
    pub(crate) vault: VaultId,
    /// The certificate in it.
    pub(crate) certificate: String,
}

impl SecretReference {
    /// Reads the value of a variable.
    pub(crate) fn parse(value: &str) -> Option<SecretReference> {
        let at = value.to_ascii_lowercase().rfind("/secrets/")?;
        let certificate = value[at + "/secrets/".len()..].to_owned();
        let vault = VaultId::parse(&value[..at]).ok()?;
        (!certificate.is_empty()).then_some(SecretReference { vault, certificate })
    }

    /// What a variable refers to.
    pub(crate) fn of(definition: &Definition) -> Option<SecretReference> {
        SecretReference::parse(single_value(definition).ok().flatten()?)
    }
}

impl SecretReference {
    /// Whether it falls to somebody to tell that the certificate cannot be read: to whoever finds out first in this run.
    pub(crate) fn falls_to(&self, account: &Account, who: &str) -> bool {
        account.falls_to(format!("the certificate behind {self}"), who)
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/secrets/{}", self.vault.bare(), self.certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_name_has_a_prefix() {
        for right in ["cto_robot", "new_a_b_1", "ab_x"] {
            assert!(is_schema_name(right), "{right}");
        }
        for wrong in ["robot", "_robot", "c_robot", "cto_", "1to_robot", "cto_röbot", "toolongprefix_x", "cto robot"] {
            assert!(!is_schema_name(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_value_names_vault_and_certificate() {
        let vault = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1";
        let reference = SecretReference { vault: VaultId::parse(vault).unwrap(), certificate: "robot".to_owned() };
        assert_eq!(reference.to_string(), format!("{vault}/secrets/robot"));
        assert_eq!(SecretReference::parse(&reference.to_string()), Some(reference));
        assert_eq!(SecretReference::parse("text"), None);
        assert_eq!(SecretReference::parse(&format!("{vault}/secrets/")), None);
    }
}
