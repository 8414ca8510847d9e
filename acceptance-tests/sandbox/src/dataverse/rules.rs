//! What the platform asks of a row's values together: states, names, variables of a credential, secrets.
//!
//! The check on secrets is the only one that looks outside the organization: whoever writes a value row that points at a
//! secret must be able to read that secret.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::key_vault::rights::Act;
use crate::rights::Known;
use crate::world::{DATAVERSE_APPLICATION, SecretAccess};

use super::Session;
use super::refusal::Refusal;
use super::switches::{CredentialLookups, SecretRefusal};
use super::tables::{Kind, Table, Unique};

type Values = BTreeMap<&'static str, Value>;

/// A status belongs to one state; a state without a status takes the state's first.
pub(crate) fn states(table: &Table, id: Uuid, current: Option<i64>, values: &mut Values) -> Result<(), Refusal> {
    let Some(column) = table.column("statuscode") else { return Ok(()) };
    let Kind::Status(options) = column.kind else { return Ok(()) };
    let number = |values: &Values, name: &str| values.get(name).and_then(Value::as_i64);
    let state = number(values, "statecode").or(current).unwrap_or(0);
    match number(values, "statuscode") {
        Some(status) if options.iter().any(|(value, _, of)| *value == status && *of == state) => Ok(()),
        Some(status) => {
            let name = table.column("statecode").and_then(|column| column.label(state)).unwrap_or_default();
            Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "0x80048408",
                format!(
                    "{status} is not a valid status code for state code {}State.{name} on {} with Id {id}.",
                    table.schema, table.logical
                ),
            ))
        }
        None => {
            if number(values, "statecode").is_some()
                && let Some((status, _, _)) = options.iter().find(|(_, _, of)| *of == state)
            {
                values.insert("statuscode", json!(status));
            }
            Ok(())
        }
    }
}

/// The variables of a credential that exists.
pub(crate) fn variables(session: &Session<'_>, table: &Table, id: Uuid, values: &mut Values) -> Result<(), Refusal> {
    const LOCKED: [&str; 6] =
        ["username", "password", "certificate", "cyberarksafe", "cyberarkobject", "cyberarkusername"];
    for column in LOCKED {
        let Some(wanted) = values.get(column) else { continue };
        if session.org.row(table, id).is_some_and(|row| row.value(column) == wanted) {
            continue;
        }
        match session.switches.credential_lookups {
            CredentialLookups::Accepted => {}
            CredentialLookups::Ignored => drop(values.remove(column)),
            CredentialLookups::Refused => {
                return Err(Refusal::invalid(format!(
                    "The '{column}' of an existing credential can't be edited. (Inferred by the sandbox: a switch.)"
                )));
            }
        }
    }
    Ok(())
}

/// Names that are keys: unique, and where the table wants it with a publisher's prefix.
pub(crate) fn names(session: &Session<'_>, table: &Table, id: Uuid, values: &Values) -> Result<(), Refusal> {
    for column in table.all_columns() {
        let (Some(unique), Some(name)) = (column.unique, values.get(column.name).and_then(Value::as_str)) else {
            continue;
        };
        let key = column.name;
        if unique == Unique::Prefixed && session.switches.publisher_prefix && !prefixed(session, name) {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "0x800608ad",
                format!(
                    "Export key attribute {key} for component {} must start with a valid customization prefix.",
                    table.schema
                ),
            ));
        }
        let unique = unique != Unique::Perhaps || session.switches.unique_value_schema_names;
        if unique && session.org.named(table, key, name).iter().any(|other| *other != id) {
            return Err(Refusal::duplicate(format!(
                "A record that you are trying to create or update violates a database constraint, since there is \
                 already a record with the same key {key}: {name}"
            )));
        }
    }
    Ok(())
}

fn prefixed(session: &Session<'_>, name: &str) -> bool {
    let (start, rest) = name.split_once('_').unwrap_or(("", ""));
    !rest.is_empty()
        && session.org.all(Table::known("publisher")).any(|(_, publisher)| {
            publisher.text("customizationprefix").is_some_and(|prefix| prefix.eq_ignore_ascii_case(start))
        })
}

/// Whoever writes what a secret variable points at must be able to read the secret.
///
/// <https://learn.microsoft.com/power-apps/maker/data-platform/environmentvariables-azure-key-vault-secrets>
pub(crate) fn secrets(session: &Session<'_>, table: &Table, id: Uuid, values: &Values) -> Result<(), Refusal> {
    const SECRET: i64 = 100_000_005;
    const KEY_VAULT: i64 = 0;
    let (column, definition) = match table.logical {
        "environmentvariabledefinition" => ("defaultvalue", Some(id)),
        "environmentvariablevalue" => {
            let lookup = "environmentvariabledefinitionid";
            let given = values.get(lookup).and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
            ("value", given.or_else(|| session.org.row(table, id).and_then(|row| row.link(lookup))))
        }
        _ => return Ok(()),
    };
    let variable = Table::known("environmentvariabledefinition");
    let row = definition.and_then(|id| session.org.row(variable, id));
    let option = |name: &str| {
        let given = values.get(name).filter(|_| table.logical == variable.logical).and_then(Value::as_i64);
        given.or_else(|| row.and_then(|row| row.number(name)))
    };
    let reference = values.get(column).and_then(Value::as_str).unwrap_or_default();
    if option("type") != Some(SECRET) || option("secretstore").unwrap_or(KEY_VAULT) != KEY_VAULT || reference.is_empty()
    {
        return Ok(());
    }
    let status = match session.switches.secret_refusal {
        SecretRefusal::BadRequest => StatusCode::BAD_REQUEST,
        SecretRefusal::Forbidden => StatusCode::FORBIDDEN,
    };
    let refused = |status, message| Err(Refusal::new(status, "0x8004801e", message));
    if !is_secret_id(reference) {
        return refused(
            StatusCode::BAD_REQUEST,
            format!(
                "'{reference}' is not a reference to a secret of the form /subscriptions/{{subscription \
                 id}}/resourceGroups/{{resource group}}/providers/Microsoft.KeyVault/vaults/{{vault}}/secrets/{{secret \
                 name}}. (Inferred text of the sandbox.)"
            ),
        );
    }
    let right = Act::ReadSecret.right();
    session.rights.note("Key Vault", right.clone(), Known::Documented);
    session.rights.note("Key Vault", format!("{right} of {DATAVERSE_APPLICATION}"), Known::Documented);
    match (session.secret_access)(reference) {
        SecretAccess::Allowed => Ok(()),
        SecretAccess::NotAuthorized => {
            refused(status, format!("User is not authorized to read secrets from '{reference}' resource."))
        }
        // From the platform's side a vault that is not there looks like one it may not look at: inferred.
        SecretAccess::ProviderNotRegistered | SecretAccess::VaultNotFound => refused(
            status,
            format!(
                "Could not verify the user permission on '{reference}' resource. Make sure that \
                 Microsoft.PowerPlatform provider is registered in the Azure subscription."
            ),
        ),
    }
}

/// `/subscriptions/{guid}/resourceGroups/{rg}/providers/Microsoft.KeyVault/vaults/{vault}/secrets/{name}`, no version.
fn is_secret_id(reference: &str) -> bool {
    let parts: Vec<_> = reference.split('/').collect();
    let fixed = [
        (1, "subscriptions"),
        (3, "resourceGroups"),
        (5, "providers"),
        (6, "Microsoft.KeyVault"),
        (7, "vaults"),
        (9, "secrets"),
    ];
    parts.len() == 11
        && parts[0].is_empty()
        && fixed.iter().all(|(place, word)| parts[*place].eq_ignore_ascii_case(word))
        && Uuid::parse_str(parts[2]).is_ok()
        && [4, 8, 10].iter().all(|place| !parts[*place].is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reference: &str, good: bool) {
        assert_eq!(is_secret_id(reference), good, "{reference}");
    }

    #[test]
    fn a_secret_is_named_by_its_resource_id_without_version() {
        const VAULT: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv";
        check(&format!("{VAULT}/secrets/robot"), true);
        check(&format!("{VAULT}/SECRETS/robot").replace("resourceGroups", "resourcegroups"), true);
        check(&format!("{VAULT}/certificates/robot"), false);
        check(&format!("{VAULT}/secrets/robot/0123456789abcdef0123456789abcdef"), false);
        check(&format!("{VAULT}/secrets/"), false);
        check(VAULT, false);
        check("https://kv.vault.azure.net/secrets/robot", false);
        check(&format!("{VAULT}/secrets/robot").replace("11111111-", "x"), false);
    }
}
