//! Dataverse's Web API below `/api/data/v9.2/`, as a pure function over one organization's rows.
//!
//! What is not in the `catalog` is refused by name, where the service would often ignore it: a client that passes here
//! sent nothing superfluous.
//!
//! ```text
//! Request -> headers -> address -> query    | write  | delete | metadata | batch     -> Org -> Response
//!                                  options    values                       multipart    store
//!                                  filter     rules    <- access <- privileges          row
//!                                  expanded
//! ```
//!
//! # Coverage
//!
//! *Documented* names the page (addresses below the table), *reported* means users' reports or public code, *inferred* is
//! our deduction, *strict* the sandbox's own strictness; a name in `code` at the end is a switch ([`Switches`]).
//!
//! | Behaviour | Known from |
//! |---|---|
//! | a body has a JSON `Content-Type`; `Accept`, `OData-Version` and `OData-MaxVersion` must fit if they are there | documented: [requests]; that they must be there: `required_headers` |
//! | unknown query options, `Prefer` values, `MSCRM` headers, annotations, read-only columns are refused by name | strict |
//! | unknown column in a query: 400 `0x80060888`; unknown table: 404 `0x8006088a` | documented: [client errors] |
//! | unknown property in a body: 400 `0x80048d19`; `_x_value` in a body: 400 `0x80060888` | reported |
//! | POST 204 with `OData-EntityId`; with `Prefer: return=representation` 201 with the row and without it | documented: [create] |
//! | the same of a part of a change set | inferred, `change_set_representations` |
//! | the primary key in a POST's body | documented: [tables] |
//! | a second row with a primary key: 412 `0x80040237` | documented: [requests]; the text of the message: inferred |
//! | PATCH is an upsert; `If-Match: *` 404; `If-None-Match: *` 412; `If-Match: W/"n"` 412 `0x80060882`; 304 | documented: [conditions] |
//! | every table has optimistic concurrency | inferred |
//! | 404 `0x80040217` for a missing row | documented: [conditions]; also for one that a bind names: inferred |
//! | lengths: 400 `0x80044331` | documented: [batch] |
//! | an empty text is kept as null | inferred |
//! | option outside the range: 400 `0x8004431a` | reported |
//! | `SystemRequired` without value: 400 `0x80040203`; `ApplicationRequired` is not enforced | inferred |
//! | `statuscode` must belong to `statecode`: 400 `0x80048408` | inferred |
//! | the schema name of a definition is unique | documented: [tables]; text: reported; 412 `0x80040237`: inferred |
//! | the schema name of a value row is unique | reported (a constraint's name), `unique_value_schema_names` |
//! | a definition's schema name starts with a publisher's prefix: 400 `0x800608ad` | reported of other tables, `publisher_prefix` |
//! | several value rows for one definition are not refused as such | documented: [variables] |
//! | a secret's value is refused when the caller may not read it | documented: [secrets]; code `0x8004801e`: reported; status: `secret_refusal` |
//! | the form of a secret's value; no version in it; the same check for the default value | inferred |
//! | the variables of an existing credential cannot be changed | documented for the portal: [credentials]; `credential_lookups` |
//! | managed rows are neither changed nor deleted, their value rows are; 400 `0x8004f026` | reported |
//! | deleting a definition deletes its values and nulls lookups; deleting a credential deletes no variable | documented: [tables] |
//! | a privilege is asked for first, 403 `0x80040220` with its name; then whether it reaches the row, 403 `0x80048306` | documented: [access], [codes] |
//! | which privileges an operation asks for: `rights::table` lists them | documented: [operations]; the rest: inferred |
//! | a lookup that is set: *Append* on the one table, *Read* and *AppendTo* on the other, whose row must be in reach | documented: [operations] |
//! | another owner: *Assign* and *Write*, and the new owner may read the table | documented: [operations]; its words: reported |
//! | depths: *Basic* reaches what is one's own or shared; there is one business unit, and the other depths reach every row | documented: [access] |
//! | what *Environment Maker* and *Basic User* contain; a share as *User* gives *Read* and *AppendTo* | inferred |
//! | a value is open to whoever the definition is open to | documented: [variables] |
//! | no enabled user of the token's application here: 403 `0x80072560` | reported |
//! | a user without any role: 403 `0x80042f09` with the privilege that a role has to have | reported |
//! | `MSCRM.SolutionUniqueName` puts a row in a solution | documented: [requests]; an unknown one 400 `0x80048403`: inferred |
//! | `AddSolutionComponent` puts a row that exists into one more solution; without `AddRequiredComponents` | documented: [components]; that it may be there already, and its errors: inferred |
//! | `solutioncomponentdefinitions` tells the component type of each table | reported; the numbers: inferred |
//! | `RetrieveSharedPrincipalsAndAccess` tells with whom a row is shared, whatever their roles | documented: [shares]; the shape of a principal: inferred |
//! | `$select`, `$filter`, `$expand`, `$orderby`, `$top`, `$count`, pages by `Prefer: odata.maxpagesize`, annotations | documented: [query] |
//! | 5,000 rows a page and no more; `$top` is ignored beside `odata.maxpagesize` | documented: [pages]; `page_size` |
//! | a `$top` above the page is cut to it, and nothing links on | inferred |
//! | a collection of a row, `set(id)/collection`; an expanded one holds 5,000 rows | documented: [joins]; `expanded_page_size` |
//! | it has a link beside it, be there more rows or not | documented: [joins], and reported; `expanded_links` has it where there are more |
//! | `$expand` in `$expand`: no `$orderby` and no `$top` then, and `odata.maxpagesize` holds for expanded lists too | documented: [joins] |
//! | 15 `$expand` at most, inside others too: `0x8004430d` | documented: [joins], and the code for joins in FetchXML; how they count: inferred |
//! | an expanded list inside a lookup, or inside a list | documented by an error's text: [joins]; against it another one: `nested_collections` |
//! | ETags of expanded rows | inferred; `expanded_etags` has those of the examples |
//! | text compares without case; 500 conditions at most (`0x8004430c`) | documented: [filter] |
//! | `In` of ids, texts, numbers: a list of JSON, in which a text with a single quote has double ones | documented: [filter] |
//! | `In` takes any number of values | reported (2,000, until 2022) |
//! | null sorts first | inferred |
//! | URLs up to 32 KB | documented: [query] |
//! | `$batch`: order, outer status, `odata.continue-on-error`, change sets that roll back, `$n`, 1,000 requests | documented: [batch] |
//! | a batch that stopped also holds the answers before the failure | inferred |
//! | a failed change set answers in a nested multipart | inferred, `nested_change_set_failure` |
//! | `If-None-Match` on parts; the check of secrets inside the transaction; a `Content-ID` on each part of a change set | inferred |
//! | 429 with `Retry-After` and the three codes; a batch is one request; what is left is told in headers | documented: [limits]; `limits` |
//! | requests are counted for each user of each organization, by one server; `Retry-After` is when there is room again, 1 for too many at once | inferred |
//! | a refused request counts too | inferred: whoever goes on waits longer, which is documented; `refused_count` |
//! | navigation property `flowmachinegroupid` of `flowmachine`; object type codes above 10,000 | inferred |
//!
//! [requests]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
//! [client errors]: https://learn.microsoft.com/troubleshoot/power-platform/power-apps/dataverse/web-api-client-errors
//! [create]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/create-entity-web-api
//! [conditions]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/perform-conditional-operations-using-web-api
//! [batch]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api
//! [query]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview
//! [pages]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/page-results
//! [joins]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables
//! [filter]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows
//! [components]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/addsolutioncomponent
//! [shares]: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrievesharedprincipalsandaccess
//! [limits]: https://learn.microsoft.com/power-apps/developer/data-platform/api-limits
//! [tables]: https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/credential
//! [variables]: https://learn.microsoft.com/power-apps/maker/data-platform/environmentvariables
//! [secrets]: https://learn.microsoft.com/power-apps/maker/data-platform/environmentvariables-azure-key-vault-secrets
//! [access]: https://learn.microsoft.com/power-platform/admin/how-record-access-determined
//! [operations]: https://learn.microsoft.com/power-apps/developer/data-platform/security-access-rights
//! [codes]: https://learn.microsoft.com/troubleshoot/power-platform/dataverse/user-permissions/client-errors
//! [credentials]: https://learn.microsoft.com/power-automate/desktop-flows/create-azurekeyvault-credential
//!
//! # Not emulated
//!
//! With 501 and by name are refused:
//!
//! - reading by `$apply`, `fetchXml`, `savedQuery`, `userQuery`, `sql`, `$count`, `$value`, `$ref`, by alternate keys;
//! - metadata beyond `EntityDefinitions`, their `Attributes` and choices: `$metadata`, `RelationshipDefinitions`,
//!   `GlobalOptionSetDefinitions`, `ManagedPropertyDefinitions`, and making tables, `CreateEntities`;
//! - many rows in one: `CreateMultiple`, `UpdateMultiple`, `UpsertMultiple`, `DeleteMultiple`, `BulkDelete` (`$batch` is there);
//! - sharing: `GrantAccess`, `ModifyAccess`, `RevokeAccess`, `RetrievePrincipalAccess`;
//! - solutions as files: `ExportSolution`, `ImportSolution`, `PublishAllXml`;
//! - `ListCredentialDependencies`, `RunDesktopFlow`, `RetrieveEnvironmentVariableSecretValue`;
//! - one property alone, and other versions of the Web API than `v9.2`.
//!
//! As what is unknown are refused: navigation paths but collections, deep insert, lambdas, `/$ref` in `$expand`, parameter aliases, query
//! functions but `In` and `ContainValues`, other actions, teams, impersonation, writing machines, users, solutions and publishers, `Prefer: return=minimal`, `odata.track-changes`.

mod access;
mod address;
mod batch;
mod catalog;
mod delete;
mod demands;
mod expanded;
mod filter;
mod filter_text;
mod filter_tokens;
mod headers;
mod kept;
mod metadata;
mod metadata_filter;
mod metadata_shape;
mod multipart;
mod not_emulated;
mod options;
mod org;
mod portal;
mod privileges;
mod protection;
mod query;
mod refusal;
mod reply;
mod row;
mod rules;
mod sharing;
mod solutions;
mod store;
mod switches;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod write;

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::exchange::{Request, Response};
use crate::rights::Noted;
use crate::world::{Caller, SecretAccess, World};

use address::{Address, address};
use headers::Place;
use refusal::Refusal;

pub(crate) use demands::demands;
pub(crate) use kept::Rows;
pub use org::Org;
pub use privileges::{Depth, Verb};
pub use protection::Limits;
pub(crate) use protection::{Admitted, Protection};
pub use refusal::Limit;
pub(crate) use refusal::throttled;
pub use switches::{CredentialLookups, ExpandedLinks, SecretRefusal, Switches};
pub(crate) use tables::Table;

const ROOT: &str = "/api/data/v9.2/";
const LONGEST_QUERY: usize = 32_768;

/// Answers one request to the organization of an environment.
pub(crate) fn answer(world: &mut World, environment_id: &str, caller: &Caller, request: &Request) -> Response {
    let org = world.environment_mut(environment_id).and_then(|environment| environment.dataverse.take());
    let Some(mut org) = org else { return Refusal::no_segment(&request.path).into_response() };
    org.now = world.now();
    let access = |reference: &str| world.secret_access(caller, reference);
    let response = org.answer(caller, world.switches().dataverse, &access, request);
    if let Some(environment) = world.environment_mut(environment_id) {
        environment.dataverse = Some(org);
    }
    response
}

/// One request's view of the organization.
pub(crate) struct Session<'a> {
    org: &'a mut Org,
    user: Uuid,
    switches: Switches,
    secret_access: &'a dyn Fn(&str) -> SecretAccess,
    /// The rights that were asked for since the last answer.
    rights: Noted,
    /// What the parts of the current change set made, by their Content-ID.
    references: BTreeMap<String, String>,
    /// Whether a change set is carried out.
    is_change_set: bool,
}

impl Org {
    fn answer(
        &mut self,
        caller: &Caller,
        switches: Switches,
        secret_access: &dyn Fn(&str) -> SecretAccess,
        request: &Request,
    ) -> Response {
        let Some(user) = self.user_of(caller) else {
            let reason = "The user is not a member of the organization.";
            return Refusal::new(StatusCode::FORBIDDEN, "0x80072560", reason).into_response();
        };
        let (rights, references) = (Noted::default(), BTreeMap::new());
        let mut session =
            Session { org: self, user, switches, secret_access, rights, references, is_change_set: false };
        let mut response = session.outer(request).unwrap_or_else(Refusal::into_response);
        response.rights = session.rights.take();
        reply::header(&mut response, "x-ms-service-request-id", &Uuid::new_v4().to_string());
        response
    }
}

impl Session<'_> {
    fn outer(&mut self, request: &Request) -> Result<Response, Refusal> {
        if request.raw_query.len() > LONGEST_QUERY {
            return Err(Refusal::new(StatusCode::URI_TOO_LONG, "", "The URL is longer than 32 KB: use a $batch."));
        }
        not_emulated::check(request)?;
        if let Address::Batch = address(&request.path)? {
            let asked = headers::read(&request.headers, true, Place::Batch, self.switches.required_headers)?;
            return batch::answer(self, request, &asked);
        }
        Ok(self.attempt(&request.method, |session| {
            session.single(request, Place::Alone).unwrap_or_else(Refusal::into_response)
        }))
    }

    /// What fails leaves nothing behind.
    fn attempt(&mut self, method: &Method, work: impl FnOnce(&mut Self) -> Response) -> Response {
        if method == Method::GET {
            return work(self);
        }
        self.org.store.begin();
        let response = work(self);
        if response.status.is_client_error() || response.status.is_server_error() {
            self.org.store.take_back();
        } else {
            self.org.store.keep();
        }
        response
    }

    fn single(&mut self, request: &Request, place: Place) -> Result<Response, Refusal> {
        not_emulated::check(request)?;
        let address = address(&request.path)?;
        let body = request.method == Method::POST || request.method == Method::PATCH;
        let asked = headers::read(&request.headers, body, place, self.switches.required_headers)?;
        if !body && !request.body.is_empty() {
            return Err(Refusal::bad(format!("A {} has no body. (The sandbox refuses it.)", request.method)));
        }
        match (request.method.as_str(), address) {
            ("GET", Address::WhoAmI) => self.who_am_i(request),
            ("GET", Address::CurrentOrganization) => Ok(self.current_organization()),
            ("POST", Address::AddSolutionComponent) => solutions::add(self, request),
            ("GET", Address::SharedPrincipals(alias)) => sharing::principals(self, &alias, request),
            ("GET", Address::Metadata(address)) => metadata::read(self, &address, request),
            ("GET", Address::Set(table)) => query::many(self, table, None, request, &asked),
            ("GET", Address::Related(table, id, collection)) => {
                query::one(self, table, id, &request.without_query(), &asked)?;
                query::many(self, Table::known(collection.table), Some((collection, id)), request, &asked)
            }
            ("GET", Address::Row(table, id)) => query::one(self, table, id, request, &asked),
            ("POST", Address::Set(table)) if table.writable => write::create(self, table, request, &asked),
            ("PATCH", Address::Row(table, id)) if table.writable => write::upsert(self, table, id, request, &asked),
            ("DELETE", Address::Row(table, id)) if table.writable => delete::delete(self, table, id, request, &asked),
            (method, _) => Err(Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "0x80060888",
                format!(
                    "The requested resource does not support http method '{method}'. (The sandbox does not know \
                     {method} {}.)",
                    request.path
                ),
            )),
        }
    }

    fn who_am_i(&self, request: &Request) -> Result<Response, Refusal> {
        if let Some((name, _)) = request.query.first() {
            return Err(Refusal::bad(format!("The sandbox does not know the query option '{name}' here.")));
        }
        let context = format!("https://{}{ROOT}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse", self.org.host);
        let body = json!({
            "@odata.context": context,
            "BusinessUnitId": self.org.business_unit_id.to_string(),
            "UserId": self.user.to_string(),
            "OrganizationId": self.org.organization_id.to_string(),
        });
        Ok(reply::json(StatusCode::OK, &body))
    }

    fn current_organization(&self) -> Response {
        let kind = "RetrieveCurrentOrganizationResponse";
        let body = json!({
            "@odata.context": format!("https://{}{ROOT}$metadata#Microsoft.Dynamics.CRM.{kind}", self.org.host),
            "Detail": {
                "OrganizationId": self.org.organization_id.to_string(),
                "EnvironmentId": self.org.environment_id,
                "TenantId": self.org.tenant_id,
                "UrlName": self.org.host.split('.').next(),
            },
        });
        reply::json(StatusCode::OK, &body)
    }

    /// The address of a row.
    fn address_of(&self, table: &Table, id: Uuid) -> String {
        format!("https://{}{ROOT}{}({id})", self.org.host, table.set)
    }

    /// The row that `$content_id` stands for.
    fn referenced(&self, content_id: &str) -> Result<String, Refusal> {
        self.references.get(content_id).cloned().ok_or_else(|| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                "0x80048d19",
                format!("Content-ID Reference: '${content_id}' does not exist in the batch context."),
            )
        })
    }
}
