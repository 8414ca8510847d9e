//! Dataverse's Web API: environment variables, credentials and machine groups, and changes that come and go together.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview>

use std::marker::PhantomData;
use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value as Json;
use url::Url;
use uuid::Uuid;

use super::Error;
use super::batch::{self, Change, Part};
use super::http::{Body, Http, Request, next_page, refusal};

const ROOT: &str = "/api/data/v9.2/";
/// As many rows as a list has at a time: the first are shown while the next are on their way.
const PAGE: u32 = 100;

const DEFINITION: &str = "environmentvariabledefinitionid,schemaname,displayname,description,type,secretstore,defaultvalue,\
                          _ownerid_value,statecode,ismanaged";
const VALUES: &str = "environmentvariabledefinition_environmentvariablevalue($select=environmentvariablevalueid,value)";
const CREDENTIAL: &str = "credentialid,name,description,credentialtype,connectiontype,usagetype,_username_value,_certificate_value,\
                          _password_value,_ownerid_value,statecode,ismanaged";
const MACHINE_GROUP: &str = "flowmachinegroupid,name,_ownerid_value,statecode";

/// An environment variable: its definition and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The id of the definition.
    pub id: Uuid,
    /// The unique name.
    pub schema_name: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The option value of the type.
    pub kind: i64,
    /// The option value of the secret store; without meaning for other types than *secret*.
    pub secret_store: Option<i64>,
    /// What holds where there is no value.
    pub default_value: Option<String>,
    /// The owner.
    pub owner_id: Option<Uuid>,
    /// Whether the row is active.
    pub active: bool,
    /// Whether it came with a managed solution.
    pub managed: bool,
    /// The value rows; there should be one at the most.
    pub values: Vec<VariableValue>,
}

/// A value row of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableValue {
    /// The id of the row.
    pub id: Uuid,
    /// The value.
    pub value: Option<String>,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The id.
    pub id: Uuid,
    /// The name, which need not be unique.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// How it signs in: 5 is certificate-based authentication.
    pub connection_type: Option<i64>,
    /// The variable that holds the user name.
    pub username_id: Option<Uuid>,
    /// The variable that points at the certificate.
    pub certificate_id: Option<Uuid>,
    /// The variable that points at the password.
    pub password_id: Option<Uuid>,
    /// The owner.
    pub owner_id: Option<Uuid>,
    /// Whether the row is active.
    pub active: bool,
    /// Whether it came with a managed solution.
    pub managed: bool,
}

/// A machine group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineGroup {
    /// The id.
    pub id: Uuid,
    /// The name, which need not be unique.
    pub name: String,
}

/// The tables of one organization.
#[derive(Debug, Clone)]
pub struct Dataverse {
    http: Arc<Http>,
    url: Url,
}

impl Dataverse {
    pub(super) fn new(http: Arc<Http>, url: Url) -> Dataverse {
        Dataverse { http, url }
    }

    /// The environment variable with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn definition(&self, id: Uuid) -> Result<Option<Definition>, Error> {
        let operation = format!("reading the environment variable {id}");
        let path = format!("environmentvariabledefinitions({id})");
        self.row(operation, &path, &[("$select", DEFINITION), ("$expand", VALUES)]).await
    }

    /// The environment variable with this schema name, which is unique.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn definition_named(&self, schema_name: &str) -> Result<Option<Definition>, Error> {
        let operation = format!("looking up the environment variable {schema_name}");
        let filter = format!("schemaname eq {}", quoted(schema_name));
        let query = [("$select", DEFINITION), ("$expand", VALUES), ("$filter", filter.as_str())];
        Ok(self.rows(operation, "environmentvariabledefinitions", &query).await?.into_iter().next())
    }

    /// The credential with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn credential(&self, id: Uuid) -> Result<Option<Credential>, Error> {
        let operation = format!("reading the credential {id}");
        self.row(operation, &format!("credentials({id})"), &[("$select", CREDENTIAL)]).await
    }

    /// The credentials with this name.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn credentials_named(&self, name: &str) -> Result<Vec<Credential>, Error> {
        let operation = format!("looking up the credential {name}");
        let filter = format!("name eq {}", quoted(name));
        self.rows(operation, "credentials", &[("$select", CREDENTIAL), ("$filter", &filter)]).await
    }

    /// The credentials that point at an environment variable, be it as user name, certificate or password.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn credentials_using(&self, definition: Uuid) -> Result<Vec<Credential>, Error> {
        let operation = format!("looking for credentials that use the environment variable {definition}");
        let lookups = ["_certificate_value", "_username_value", "_password_value"];
        let filter = lookups.map(|lookup| format!("{lookup} eq {definition}")).join(" or ");
        self.rows(operation, "credentials", &[("$select", CREDENTIAL), ("$filter", &filter)]).await
    }

    /// The machine group with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn machine_group(&self, id: Uuid) -> Result<Option<MachineGroup>, Error> {
        let operation = format!("reading the machine group {id}");
        self.row(operation, &format!("flowmachinegroups({id})"), &[("$select", MACHINE_GROUP)]).await
    }

    /// Carries out all changes, or none.
    ///
    /// # Errors
    /// The service's error for the change that failed; then nothing was changed. When the outcome is unknown, all or nothing was.
    pub async fn commit(&self, changes: &ChangeSet) -> Result<(), Error> {
        let operation = format!("writing {}", changes.subject());
        let boundary = Uuid::new_v4().simple().to_string();
        let (content_type, bytes) = batch::encode(&changes.changes(), ROOT, &boundary);
        let mut request = self.request(operation.clone(), Method::POST, "$batch", &[]);
        request.body = Body::Raw { content_type, bytes };
        for change in &changes.0 {
            tracing::debug!(method = change.method, path = change.path, "In a change set");
        }
        let sent = self.http.send_raw(&self.scope(), &request).await?;
        let text = String::from_utf8_lossy(&sent.body);
        let parts = batch::decode(&text);
        if let Some(failed) = parts.iter().find(|part| part.status >= 400) {
            return Err(self.part_error(&operation, failed));
        }
        if let Some(error) = sent.error(&operation) {
            return Err(error);
        }
        if parts.len() < changes.0.len() {
            let what = format!("{} changes were sent, and {} were answered", changes.0.len(), parts.len());
            return Err(Error::unexpected(&operation, what));
        }
        Ok(())
    }

    fn part_error(&self, operation: &str, part: &Part) -> Error {
        let json = serde_json::from_str::<Json>(&part.body).ok();
        match json.and_then(|json| refusal(&json, part.status, None)) {
            Some(refusal) => Error::refused(operation, refusal),
            None => Error::not_the_service(operation, part.status, &part.body),
        }
    }

    fn scope(&self) -> String {
        format!("https://{}/.default", self.url.host_str().unwrap_or_default())
    }

    fn request(&self, operation: String, method: Method, path: &str, query: &[(&str, &str)]) -> Request {
        let mut url = self.url.clone();
        url.set_path(&format!("{ROOT}{path}"));
        url.set_query(None);
        if !query.is_empty() {
            let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            url.set_query(Some(&query.join("&")));
        }
        Request::new(operation, method, url)
            .header("accept", "application/json")
            .header("odata-version", "4.0")
            .header("odata-maxversion", "4.0")
    }

    async fn row<W: Wire>(&self, operation: String, path: &str, query: &[(&str, &str)]) -> Result<Option<W>, Error> {
        let request = self.request(operation, Method::GET, path, query).header("if-none-match", "null");
        match self.http.send(&self.scope(), &request).await {
            Ok(answer) => read(&request.operation, answer.json(&request.operation)?).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn rows<W: Wire>(&self, operation: String, path: &str, query: &[(&str, &str)]) -> Result<Vec<W>, Error> {
        let mut pages = self.pages(operation, path, query);
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await? {
            rows.extend(page);
        }
        Ok(rows)
    }

    fn pages<W: Wire>(&self, operation: String, path: &str, query: &[(&str, &str)]) -> Pages<W> {
        let request = self.request(operation, Method::GET, path, query).header("if-none-match", "null");
        Pages { dataverse: self.clone(), request, is_last: false, rows: PhantomData }
    }

    /// The references to vaults: environment variables of the type secret whose store is Key Vault, as pages arrive.
    pub fn references(&self, filter: &RowFilter<'_>) -> Pages<Definition> {
        let filter = filter.and("schemaname", "type eq 100000005 and secretstore eq 0");
        let query = [("$select", DEFINITION), ("$expand", VALUES), ("$filter", &filter), ("$orderby", "schemaname")];
        self.pages("listing the environment variables".to_owned(), "environmentvariabledefinitions", &query).by(PAGE)
    }

    /// The credentials that sign in with a certificate, as pages arrive.
    pub fn cba_credentials(&self, filter: &RowFilter<'_>) -> Pages<Credential> {
        let filter = filter.and("name", "connectiontype eq 5");
        let query = [("$select", CREDENTIAL), ("$filter", filter.as_str()), ("$orderby", "name")];
        self.pages("listing the credentials".to_owned(), "credentials", &query).by(PAGE)
    }
}

/// Which rows of a table are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowFilter<'a> {
    /// Those whose name begins so.
    pub name_prefix: Option<&'a str>,
    /// Those that did not come with a managed solution.
    pub unmanaged_only: bool,
}

impl RowFilter<'_> {
    fn and(&self, name: &str, condition: &str) -> String {
        let mut filter = condition.to_owned();
        if let Some(prefix) = self.name_prefix {
            filter.push_str(&format!(" and startswith({name},{})", quoted(prefix)));
        }
        if self.unmanaged_only {
            filter.push_str(" and ismanaged eq false");
        }
        filter
    }
}

/// Rows of a table, page by page.
#[derive(Debug)]
pub struct Pages<W> {
    dataverse: Dataverse,
    request: Request,
    is_last: bool,
    rows: PhantomData<fn() -> W>,
}

#[allow(private_bounds)] // how a row looks on the wire is nobody's business
impl<W: Wire> Pages<W> {
    /// The same with pages of so many rows.
    fn by(mut self, rows: u32) -> Pages<W> {
        self.request = self.request.header("prefer", format!("odata.maxpagesize={rows}"));
        self
    }

    /// The rows of the next page; none after the last.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn next(&mut self) -> Result<Option<Vec<W>>, Error> {
        if self.is_last {
            return Ok(None);
        }
        let operation = &self.request.operation;
        let answer = self.dataverse.http.send(&self.dataverse.scope(), &self.request).await?;
        let page: Page = from_json(operation, answer.json(operation)?)?;
        let rows = page.value.into_iter().map(|row| read(operation, row)).collect::<Result<_, _>>()?;
        match page.next_link {
            Some(next) => self.request.url = next_page(operation, &next, &self.dataverse.url)?,
            None => self.is_last = true,
        }
        Ok(Some(rows))
    }
}

/// Changes to rows that are carried out together.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet(Vec<Change>, Option<String>);

impl ChangeSet {
    /// No change yet.
    pub fn new() -> ChangeSet {
        ChangeSet::default()
    }

    /// New rows are put into this unmanaged solution.
    pub fn solution(&mut self, unique_name: &str) {
        self.1 = Some(unique_name.to_owned());
    }

    /// Makes a row; the body holds the id.
    pub fn create(&mut self, table: &str, body: Json) {
        self.0.push(Change { method: "POST", path: table.to_owned(), headers: Vec::new(), body: Some(body) });
    }

    /// Changes columns of a row that must be there.
    pub fn update(&mut self, table: &str, id: Uuid, body: Json) {
        let headers = vec![("If-Match", "*".to_owned())];
        self.0.push(Change { method: "PATCH", path: format!("{table}({id})"), headers, body: Some(body) });
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: &str, id: Uuid) {
        self.0.push(Change { method: "DELETE", path: format!("{table}({id})"), headers: Vec::new(), body: None });
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = self.0.clone();
        if let Some(solution) = &self.1 {
            let created = changes.iter_mut().filter(|change| change.method == "POST");
            created.for_each(|change| change.headers.push(("MSCRM.SolutionUniqueName", solution.clone())));
        }
        changes
    }

    fn subject(&self) -> String {
        let mut tables: Vec<&str> = self.0.iter().filter_map(|change| change.path.split('(').next()).collect();
        tables.dedup();
        tables.join(", ")
    }
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Json>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
}

/// A row as it is on the wire.
trait Wire: Sized {
    type Row: for<'de> Deserialize<'de>;
    fn read(row: Self::Row) -> Self;
}

fn read<W: Wire>(operation: &str, json: Json) -> Result<W, Error> {
    from_json(operation, json).map(W::read)
}

fn from_json<T: for<'de> Deserialize<'de>>(operation: &str, json: Json) -> Result<T, Error> {
    serde_path_to_error::deserialize(json).map_err(|error| Error::unexpected(operation, error.to_string()))
}

#[derive(Deserialize)]
struct DefinitionRow {
    environmentvariabledefinitionid: Uuid,
    schemaname: String,
    displayname: Option<String>,
    description: Option<String>,
    r#type: i64,
    secretstore: Option<i64>,
    defaultvalue: Option<String>,
    #[serde(rename = "_ownerid_value")]
    owner: Option<Uuid>,
    statecode: Option<i64>,
    ismanaged: Option<bool>,
    #[serde(default, rename = "environmentvariabledefinition_environmentvariablevalue")]
    values: Vec<ValueRow>,
}

#[derive(Deserialize)]
struct ValueRow {
    environmentvariablevalueid: Uuid,
    value: Option<String>,
}

impl Wire for Definition {
    type Row = DefinitionRow;
    fn read(row: DefinitionRow) -> Definition {
        let value = |row: ValueRow| VariableValue { id: row.environmentvariablevalueid, value: row.value };
        Definition {
            id: row.environmentvariabledefinitionid,
            schema_name: row.schemaname,
            display_name: row.displayname,
            description: row.description,
            kind: row.r#type,
            secret_store: row.secretstore,
            default_value: row.defaultvalue,
            owner_id: row.owner,
            active: row.statecode.unwrap_or(0) == 0,
            managed: row.ismanaged.unwrap_or(false),
            values: row.values.into_iter().map(value).collect(),
        }
    }
}

#[derive(Deserialize)]
struct CredentialRow {
    credentialid: Uuid,
    name: Option<String>,
    description: Option<String>,
    connectiontype: Option<i64>,
    #[serde(rename = "_username_value")]
    username: Option<Uuid>,
    #[serde(rename = "_certificate_value")]
    certificate: Option<Uuid>,
    #[serde(rename = "_password_value")]
    password: Option<Uuid>,
    #[serde(rename = "_ownerid_value")]
    owner: Option<Uuid>,
    statecode: Option<i64>,
    ismanaged: Option<bool>,
}

impl Wire for Credential {
    type Row = CredentialRow;
    fn read(row: CredentialRow) -> Credential {
        Credential {
            id: row.credentialid,
            name: row.name.unwrap_or_default(),
            description: row.description,
            connection_type: row.connectiontype,
            username_id: row.username,
            certificate_id: row.certificate,
            password_id: row.password,
            owner_id: row.owner,
            active: row.statecode.unwrap_or(0) == 0,
            managed: row.ismanaged.unwrap_or(false),
        }
    }
}

#[derive(Deserialize)]
struct MachineGroupRow {
    flowmachinegroupid: Uuid,
    name: Option<String>,
}

impl Wire for MachineGroup {
    type Row = MachineGroupRow;
    fn read(row: MachineGroupRow) -> MachineGroup {
        MachineGroup { id: row.flowmachinegroupid, name: row.name.unwrap_or_default() }
    }
}

/// A string literal of OData.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A query option's value; what OData reads best stays readable.
fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~$,()='".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id(last: u8) -> Uuid {
        Uuid::from_u128(u128::from(last))
    }

    #[test]
    fn a_text_is_quoted_and_encoded() {
        assert_eq!(quoted("O'Brien"), "'O''Brien'");
        assert_eq!(encoded("name eq 'O''Brien & Söhne'"), "name%20eq%20'O''Brien%20%26%20S%C3%B6hne'");
    }

    #[test]
    fn a_definition_is_read_with_its_values() {
        let row = json!({"environmentvariabledefinitionid": id(1), "schemaname": "cto_a", "displayname": null, "type": 100000005,
            "secretstore": 0, "_ownerid_value": id(2), "statecode": 1, "ismanaged": true,
            "environmentvariabledefinition_environmentvariablevalue": [{"environmentvariablevalueid": id(3), "value": "x"}]});
        let definition: Definition = read("reading", row).unwrap();
        assert_eq!((definition.active, definition.managed, definition.owner_id), (false, true, Some(id(2))));
        assert_eq!(definition.values, [VariableValue { id: id(3), value: Some("x".into()) }]);
    }

    #[test]
    fn a_row_of_another_shape_is_an_error_that_names_the_place() {
        let error = read::<Credential>("reading", json!({"credentialid": "x"})).unwrap_err();
        assert!(error.to_string().contains("credentialid"), "{error}");
    }

    #[test]
    fn a_solution_is_named_where_a_row_is_made() {
        let mut changes = ChangeSet::new();
        changes.solution("Robots");
        changes.create("credentials", json!({}));
        changes.update("credentials", id(1), json!({}));
        let headers: Vec<_> = changes.changes().into_iter().map(|change| change.headers).collect();
        assert_eq!(headers[0], [("MSCRM.SolutionUniqueName", "Robots".to_owned())]);
        assert_eq!(headers[1], [("If-Match", "*".to_owned())]);
        assert_eq!(changes.subject(), "credentials");
    }
}
