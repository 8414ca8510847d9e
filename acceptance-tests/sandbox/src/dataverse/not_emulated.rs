//! What the Web API can do and the sandbox does not: refused with 501 and by name, so that nobody looks for a fault of their own.
//!
//! The documentation of `dataverse` lists the same names; a test holds it to that.

use percent_encoding::percent_decode_str;

use crate::exchange::Request;

use super::ROOT;
use super::refusal::Refusal;

/// Query options, by name.
const OPTIONS: &[&str] = &["$apply", "fetchXml", "savedQuery", "userQuery", "sql"];
/// The first words of addresses.
const ROOTS: &[&str] = &[
    "$metadata",
    "RelationshipDefinitions",
    "GlobalOptionSetDefinitions",
    "ManagedPropertyDefinitions",
    "CreateEntities",
    "BulkDelete",
    "GrantAccess",
    "ModifyAccess",
    "RevokeAccess",
    "RetrievePrincipalAccess",
    "ExportSolution",
    "ImportSolution",
    "PublishAllXml",
    "RetrieveEnvironmentVariableSecretValue",
];
/// The last words of addresses.
const ENDS: &[&str] = &[
    "CreateMultiple",
    "UpdateMultiple",
    "UpsertMultiple",
    "DeleteMultiple",
    "ListCredentialDependencies",
    "RunDesktopFlow",
    "$ref",
    "$value",
    "$count",
];

/// Fails for a request to what is there in the service and not here.
pub(crate) fn check(request: &Request) -> Result<(), Refusal> {
    let path = percent_decode_str(&request.path).decode_utf8_lossy();
    let Some(rest) = path.strip_prefix(ROOT) else {
        return match path.strip_prefix("/api/data/v") {
            Some(_) => Err(Refusal::unknown(&format!("another version of the Web API than {ROOT}: {path}"))),
            None => Ok(()),
        };
    };
    let word = |part: &str| {
        part.split('(').next().unwrap_or_default().trim_start_matches("Microsoft.Dynamics.CRM.").to_owned()
    };
    let first = word(rest.split('/').next().unwrap_or_default());
    let last = word(rest.rsplit('/').next().unwrap_or_default());
    let named = |names: &[&'static str], asked: &str| names.iter().copied().find(|name| *name == asked);
    let option = request.query.iter().find_map(|(name, _)| named(OPTIONS, name));
    match option.or_else(|| named(ROOTS, &first)).or_else(|| named(ENDS, &last)) {
        Some(name) => Err(Refusal::unknown(&format!("'{name}' of the Web API"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_the_same_names() {
        let page = include_str!("mod.rs");
        let (_, list) = page.split_once("//! # Not emulated").expect("the documentation has the list");
        let list = list.split("\nmod ").next().unwrap_or_default();
        for name in [OPTIONS, ROOTS, ENDS].concat() {
            assert!(list.contains(&format!("`{name}`")), "`{name}` is refused and not listed");
        }
    }
}
