//! Dataverse's Web API: three questions that serve every table, and changes that come and go together.
//!
//! A table is a file here: the struct of its row, its option values, and what of it is written. Source:
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview>

mod asked;
mod batch;
mod change_set;
pub mod credential;
pub mod environment_variable;
mod known;
pub mod machine_group;
mod refreshed;
mod seen;
pub mod solution;
pub mod solution_component;
mod table;
mod user;
mod with_username;

use std::sync::{Arc, Weak};

use bytes::Bytes;
use futures_util::FutureExt as _;
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::answer::Answer;
use super::environment_id::EnvironmentId;
use super::error::Error;
use super::going::{Deletion, Going, User};
use super::http::Http;
use super::pages::{self, Pages};
use super::request::{Body, Request};

pub use asked::Leaving;
pub use change_set::ChangeSet;
pub use table::{ACTIVE, Active, Children, Expand, Filter, Narrowing, Owner, Table};

const ROOT: &str = "/api/data/v9.2/";

/// One organization. It lives as long as the configured provider.
#[derive(Debug)]
pub struct Dataverse {
    /// Itself, for questions that outlive whoever asked first.
    own: Weak<Dataverse>,
    http: Arc<Http>,
    url: Url,
    going: Arc<Going>,
    asked: asked::Asked,
    known: known::Known,
    seen: seen::Seen,
    refreshed: refreshed::Refreshed,
}

impl Dataverse {
    /// The organization at an address.
    pub(super) fn new(http: Arc<Http>, url: Url, going: Arc<Going>) -> Arc<Dataverse> {
        let (asked, known, seen, refreshed) = Default::default();
        Arc::new_cyclic(|own| Dataverse { own: Weak::clone(own), http, url, going, asked, known, seen, refreshed })
    }

    /// The row with this id; none only when the service says that it does not exist.
    ///
    /// # Errors
    /// Everything else that keeps it from being read.
    pub async fn by_id<T: Table>(&self, id: Uuid) -> Result<Option<T>, Error> {
        let request = self.one::<T>(id);
        match self.http.send(&self.scope(), &request).await {
            Ok(answer) => whole(&self.http, &request, answer.read(&request.operation)?).await.map(Some),
            Err(error) if error.proves_no_row(T::LOGICAL, id) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The rows with this name.
    ///
    /// # Errors
    /// Whatever keeps the table from being read.
    pub async fn by_name<T: Table>(&self, name: &str) -> Result<Vec<T>, Error> {
        self.all(&Filter::named::<T>(&[name])).few().await
    }

    /// The rows that a filter lets through, as pages arrive.
    pub fn all<T: Table>(&self, filter: &Filter) -> Pages<T> {
        let pages = Pages::of(&self.http, &self.scope(), self.list::<T>(filter), |row| row.read().map(Some));
        match T::EXPAND.is_some() {
            true => pages.completed(|http, page, row| async move { whole(&http, &page, row).await }.boxed()),
            false => pages,
        }
    }

    /// The deletion of a row begins, and lasts until what comes back is dropped.
    pub fn deleting(&self, id: Uuid) -> Deletion<'_> {
        self.going.begin(User::Row(id))
    }

    /// The environment that the organization belongs to, in its own words.
    ///
    /// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrievecurrentorganization>
    ///
    /// # Errors
    /// Whatever keeps it from being told.
    pub async fn environment_id(&self) -> Result<EnvironmentId, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            detail: Detail,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Detail {
            environment_id: EnvironmentId,
        }
        let request = self.current_organization();
        let answer: Answer = self.http.send(&self.scope(), &request).await?.read(&request.operation)?;
        Ok(answer.detail.environment_id)
    }

    /// Carries out all changes, or none. What the answer says of the rows that were made is known from then on.
    ///
    /// # Errors
    /// The service's error for the change that failed; then nothing was changed. When the outcome is unknown, all or nothing was.
    pub async fn commit(&self, changes: &ChangeSet) -> Result<(), Error> {
        let writing = self.known.writing(changes);
        let parts = self.batch(changes).await;
        drop(writing);
        self.known.tell(changes, &parts?);
        Ok(())
    }

    async fn batch(&self, changes: &ChangeSet) -> Result<Vec<batch::Part>, Error> {
        let operation = format!("writing {}", changes.subject());
        let boundary = Uuid::new_v4().simple().to_string();
        // A header of a part is a line of a body, where nothing else keeps a line break from beginning another one.
        if let Some((name, _)) = changes.headers().find(|(_, value)| HeaderValue::from_str(value).is_err()) {
            return Err(Error::unsendable(
                &operation,
                format_args!("the header {name} has a value that cannot be sent"),
            ));
        }
        let (content_type, bytes) = batch::encode(changes.changes(), ROOT, &boundary);
        let mut request = self.request(operation.clone(), Method::POST, "$batch", &[]);
        let shown = format!("{content_type} ({} bytes)", bytes.len());
        request.body = Some(Body { content_type, bytes: bytes.into(), shown });
        request.writes = changes.objects().map(|(method, path)| (method, self.address(&path).into())).collect();
        let sent = self.http.send_raw(&self.scope(), &request).await?;
        let text = String::from_utf8_lossy(&sent.body);
        let parts = batch::decode(&text);
        if let Some(failed) = parts.iter().find(|part| part.status >= 400) {
            // The headers of a part are not read, and those of the batch name the request as well.
            let status = StatusCode::from_u16(failed.status).unwrap_or_default();
            let body = Bytes::copy_from_slice(failed.body.as_bytes());
            return Err(Answer { status, body, host: String::new(), ..sent.clone() }
                .refused(&operation)
                .after(sent.uncertain));
        }
        if let Some(error) = sent.error(&operation) {
            return Err(error);
        }
        if parts.is_empty() {
            sent.expect_own(&operation)?;
        }
        let (asked, answered) = (changes.changes().len(), parts.len());
        if answered < asked {
            let what = format!("{asked} changes were sent, and {answered} were answered");
            return Err(Error::unexpected(&operation, what).of(sent.trace.as_ref()).after(true));
        }
        Ok(parts)
    }

    fn scope(&self) -> String {
        scope(&self.url)
    }

    fn current_organization(&self) -> Request {
        let path = "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')";
        self.read("asking the organization for its environment".to_owned(), path, &[])
    }

    fn one<T: Table>(&self, id: Uuid) -> Request {
        let operation = format!("reading the {} {id}", T::ROW);
        self.read(operation, &format!("{}({id})", T::SET), &T::selection())
    }

    fn list<T: Table>(&self, filter: &Filter) -> Request {
        let mut query = T::selection();
        query.push(("$filter", filter.condition.clone()));
        query.extend(filter.order.map(|column| ("$orderby", column.to_owned())));
        let request = self.read(filter.operation.clone(), T::SET, &query);
        match filter.page {
            Some(rows) => request.header("prefer", format!("odata.maxpagesize={rows}")),
            None => request,
        }
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{ROOT}{path}"));
        url
    }

    fn read(&self, operation: String, path: &str, query: &[(&str, String)]) -> Request {
        self.request(operation, Method::GET, path, query).header("if-none-match", "null")
    }

    fn request(&self, operation: String, method: Method, path: &str, query: &[(&str, String)]) -> Request {
        let mut url = self.address(path);
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        url.set_query(Some(query.join("&").as_str()).filter(|query| !query.is_empty()));
        Request::new(operation, method, url)
            .header("accept", "application/json")
            .header("odata-version", "4.0")
            .header("odata-maxversion", "4.0")
    }
}

fn scope(url: &Url) -> String {
    format!("https://{}/.default", url.host_str().unwrap_or_default())
}

/// A row with those of its children too that did not come along; `request` is what it came in answer to.
async fn whole<T: Table>(http: &Arc<Http>, request: &Request, mut row: T) -> Result<T, Error> {
    let operation = format!("reading the rest of the {} {}", T::ROW, row.id());
    if let Some(Children { there, next }) = row.children()
        && let Some(next) = next.take()
        && let url = pages::following(&operation, &next, &request.url)?
        && leads_further(&url)
    {
        let request = Request { operation, url, ..request.clone() };
        let rest = Pages::of(http, &scope(&request.url), request, |row| row.read().map(Some));
        there.extend(rest.few().await?);
    }
    Ok(row)
}

/// Whether the link beside an expanded list leads to more of it. There is one beside every list, and without a token it leads to the same rows.
///
/// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables>
fn leads_further(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("$skiptoken"))
}

/// A query option's value; what OData reads best stays readable.
fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~$,()='".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests;
