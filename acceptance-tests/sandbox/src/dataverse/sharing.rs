//! With whom a row is shared. What a role gives is no share.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrievesharedprincipalsandaccess>

use http::StatusCode;
use serde_json::{Value, json};

use crate::exchange::{Request, Response};

use super::access::Act;
use super::privileges::Verb;
use super::refusal::Refusal;
use super::tables::Table;
use super::{ROOT, Session, reply, values};

/// `GET RetrieveSharedPrincipalsAndAccess(Target=@alias)?@alias={'@odata.id':'set(id)'}`.
pub(crate) fn principals(session: &Session<'_>, alias: &str, request: &Request) -> Result<Response, Refusal> {
    let [(name, target)] = request.query.as_slice() else {
        return Err(Refusal::bad("The sandbox knows no query option here but the target."));
    };
    if name != alias {
        return Err(Refusal::bad(format!("The parameter alias '{alias}' has no value.")));
    }
    let target: Value = serde_json::from_str(&target.replace('\'', "\""))
        .map_err(|error| Refusal::bad(format!("The target is no reference to a row: {error}.")))?;
    let address = target["@odata.id"].as_str().unwrap_or_default();
    let row = values::address_of_row(address).and_then(|(set, id)| Some((Table::of_set(set)?, id)));
    let (table, id) = row.ok_or_else(|| Refusal::bad(format!("'{address}' is no address of a row.")))?;
    session.entitled(Act::ReadShares, table)?;
    let row = session.org.visible_row(table, id).ok_or_else(|| Refusal::no_row(table.logical, id))?;
    session.reaches(Verb::Read, table, id)?;
    let shares = row.shared_with.iter().map(|(user, rights)| {
        let rights: Vec<String> = rights.iter().map(|right| format!("{right:?}Access")).collect();
        let principal = json!({
            "@odata.type": "#Microsoft.Dynamics.CRM.systemuser",
            "systemuserid": user.to_string(),
            "ownerid": user.to_string(),
        });
        json!({ "AccessMask": rights.join(", "), "Principal": principal })
    });
    let kind = "RetrieveSharedPrincipalsAndAccessResponse";
    let context = format!("https://{}{ROOT}$metadata#Microsoft.Dynamics.CRM.{kind}", session.org.host);
    let body = json!({ "@odata.context": context, "PrincipalAccesses": shares.collect::<Vec<_>>() });
    Ok(reply::json(StatusCode::OK, &body))
}
