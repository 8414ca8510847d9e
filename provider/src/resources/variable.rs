//! An environment variable of Dataverse: its kinds, its one value, its name, and the form of a reference to a secret.

use serde_json::json;
use tfplugin::diagnostic::Diagnostic;
use uuid::Uuid;

use crate::clients::Error;
use crate::clients::dataverse::Definition;
use crate::clients::key_vault::VaultId;

/// The option value of a *secret* among the types of environment variables.
pub(crate) const SECRET: i64 = 100_000_005;

/// The option value of *text* among the types of environment variables.
pub(crate) const TEXT: i64 = 100_000_000;

/// Refuses a variable that is no reference to a vault, saying what it is.
pub(crate) fn refuse_other_kind(definition: &Definition) -> Result<(), Diagnostic> {
    let kind = match (definition.kind, definition.secret_store) {
        (SECRET, None | Some(0)) => return Ok(()),
        (SECRET, _) => "a secret that Dataverse itself keeps",
        (100_000_000, _) => "a text variable",
        (100_000_001, _) => "a number variable",
        (100_000_002, _) => "a yes/no variable",
        (100_000_003, _) => "a JSON variable",
        (100_000_004, _) => "a data source variable",
        _ => "a variable of an unknown type",
    };
    let detail = format!("The environment variable {:?} is {kind}.", definition.schema_name);
    Err(Diagnostic::error("The environment variable is no reference to a vault", detail)
        .hint("Use one of the type Secret whose secret store is Azure Key Vault."))
}

/// The one value of a variable.
pub(crate) fn single_value(definition: &Definition) -> Result<Option<String>, Diagnostic> {
    match definition.values.as_slice() {
        [] => Ok(None),
        [value] => Ok(value.value.clone()),
        several => {
            let ids: Vec<String> = several.iter().map(|value| value.id.to_string()).collect();
            let detail = format!("{:?} has {} values: {}.", definition.schema_name, several.len(), ids.join(", "));
            Err(Diagnostic::error("The environment variable has several values", detail)
                .hint("Delete all but one of these rows of the table environmentvariablevalue."))
        }
    }
}

/// The body of a value row of a definition.
pub(crate) fn value_row(definition: Uuid, schema_name: &str, value: &str) -> serde_json::Value {
    json!({
        "environmentvariablevalueid": Uuid::new_v4(),
        "schemaname": schema_name,
        "value": value,
        "EnvironmentVariableDefinitionId@odata.bind": format!("/environmentvariabledefinitions({definition})"),
    })
}

pub(crate) fn secret_reference(vault: &str, name: &str) -> String {
    format!("{}/secrets/{name}", vault.trim_end_matches('/'))
}

/// The vault and the name of the certificate in a variable's value.
pub(crate) fn parse_reference(value: &str) -> Option<(&str, &str)> {
    let at = value.to_ascii_lowercase().rfind("/secrets/")?;
    let (vault, name) = (&value[..at], &value[at + "/secrets/".len()..]);
    (VaultId::parse(vault).is_ok() && !name.is_empty()).then_some((vault, name))
}

pub(crate) const SCHEMA_NAME: &str = "be a publisher's prefix, an underscore and a name of letters, digits and underscores, such as \
                           cto_robot_certificate";

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

/// Adds what to do to a refused write that a schema name or a solution has caused; `name` is the attribute with the schema name.
pub(crate) fn explained(diagnostic: Diagnostic, error: &Error, name: &str) -> Diagnostic {
    let text = error.to_string().to_ascii_lowercase();
    if text.contains("prefix") {
        let hint =
            format!("Begin {name} with the customization prefix of the solution's publisher, and an underscore.");
        return diagnostic.on(name).hint(hint);
    }
    if text.contains("solution") {
        return diagnostic
            .on("solution_unique_name")
            .hint("Check the solution's unique name, and that it is unmanaged.");
    }
    diagnostic
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
        assert_eq!(parse_reference(&secret_reference(vault, "robot")), Some((vault, "robot")));
        assert_eq!(parse_reference("text"), None);
        assert_eq!(parse_reference(&format!("{vault}/secrets/")), None);
    }
}
