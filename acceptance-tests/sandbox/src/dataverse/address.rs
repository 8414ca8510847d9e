//! From the path of a request to what it means.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::refusal::Refusal;
use super::tables::{Collection, Table};
use super::{ROOT, metadata, values};

/// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrievecurrentorganization>
const CURRENT_ORGANIZATION: &str =
    "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')";

/// What the path of a request means.
pub(crate) enum Address {
    Batch,
    WhoAmI,
    CurrentOrganization,
    AddSolutionComponent,
    /// With whom a row is shared, which the query option of this name tells.
    SharedPrincipals(String),
    Metadata(metadata::Address),
    Set(&'static Table),
    Row(&'static Table, Uuid),
    /// The rows that point at a row.
    Related(&'static Table, Uuid, &'static Collection),
}

/// What a path means.
pub(crate) fn address(path: &str) -> Result<Address, Refusal> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let Some(rest) = decoded.strip_prefix(ROOT) else { return Err(Refusal::no_segment(&decoded)) };
    match rest {
        "$batch" => return Ok(Address::Batch),
        "WhoAmI" | "WhoAmI()" => return Ok(Address::WhoAmI),
        CURRENT_ORGANIZATION => return Ok(Address::CurrentOrganization),
        "AddSolutionComponent" => return Ok(Address::AddSolutionComponent),
        _ => {}
    }
    let target = rest.strip_prefix("RetrieveSharedPrincipalsAndAccess(Target=").and_then(|rest| rest.strip_suffix(')'));
    if let Some(alias) = target.filter(|alias| alias.starts_with('@')) {
        return Ok(Address::SharedPrincipals(alias.to_owned()));
    }
    if let Some(rest) = rest.strip_prefix("EntityDefinitions") {
        return metadata::address(rest).map(Address::Metadata);
    }
    if let Some((head, tail)) = rest.split_once('/') {
        let Some((table, id)) = values::address_of_row(head) else {
            return Err(Refusal::no_segment(if Table::of_set(head).is_some() { tail } else { head }));
        };
        let table = Table::of_set(table).ok_or_else(|| Refusal::no_segment(head))?;
        return match table.collection(tail) {
            Some(collection) => Ok(Address::Related(table, id, collection)),
            None if table.column(tail).is_some() => Err(Refusal::unknown(&format!("a property alone, as '{tail}' is"))),
            None => Err(Refusal::no_segment(tail)),
        };
    }
    let Some((set, key)) = rest.split_once('(') else {
        return Table::of_set(rest).map(Address::Set).ok_or_else(|| Refusal::no_segment(rest));
    };
    let table = Table::of_set(set).ok_or_else(|| Refusal::no_segment(set))?;
    match values::address_of_row(rest) {
        Some((_, id)) => Ok(Address::Row(table, id)),
        None if key.contains('=') => Err(Refusal::unknown(&format!("alternate keys, as '({key}' of '{set}' is"))),
        None => Err(Refusal::bad(format!("'({key}' is no key of '{set}': a dashed GUID is expected."))),
    }
}
