//! A list that comes in pages: OData's shape, which all these services share.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use super::careful::at_most;
use super::error::Error;
use super::http::Http;
use super::request::Request;
use super::secrets::Secrets;

/// As many rows as a page may have.
const MAX_PAGE: usize = 1_000;
/// As many rows as a list may have.
const MAX_ROWS: usize = 1_000_000;

/// What is on a list, page by page.
pub struct Pages<T> {
    http: Arc<Http>,
    scope: String,
    request: Request,
    is_last: bool,
    /// The addresses of the pages before, and how many rows there were.
    before: HashSet<Url>,
    count: usize,
    read: Box<Read<T>>,
}

/// Reads a row; one of another kind is none.
type Read<T> = dyn Fn(Row<'_>) -> Result<Option<T>, Error> + Send + Sync;

/// A page, whose rows are not read yet.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, deserialize_with = "at_most::<_, _, MAX_PAGE>")]
    value: Vec<&'a RawValue>,
    #[serde(alias = "@odata.nextLink", rename = "nextLink")]
    next_link: Option<String>,
}

/// A row on a page.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    operation: &'a str,
    json: &'a RawValue,
    secrets: &'a Secrets,
}

impl Row<'_> {
    /// Reads it; an error names the place.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        let json = &mut serde_json::Deserializer::from_str(self.json.get());
        serde_path_to_error::deserialize(json)
            .map_err(|error| Error::unexpected(self.operation, self.secrets.redact(&error.to_string())))
    }
}

impl<T> Pages<T> {
    /// The pages that begin with this request; `read` reads a row, and leaves out one of another kind.
    pub(super) fn of(
        http: &Arc<Http>,
        scope: &str,
        request: Request,
        read: impl Fn(Row<'_>) -> Result<Option<T>, Error> + Send + Sync + 'static,
    ) -> Pages<T> {
        let (http, scope, read) = (Arc::clone(http), scope.to_owned(), Box::new(read));
        Pages { http, scope, request, is_last: false, before: HashSet::new(), count: 0, read }
    }

    /// What is on the next page; none after the last.
    ///
    /// # Errors
    /// Whatever keeps the list from being read.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        if self.is_last {
            return Ok(None);
        }
        let operation = &self.request.operation;
        let answer = self.http.send(&self.scope, &self.request).await?;
        let page: Page<'_> = answer.read(operation)?;
        self.count += page.value.len();
        if self.count > MAX_ROWS {
            return Err(Error::unexpected(operation, "there are more rows than anybody has"));
        }
        let rows = page.value.iter().map(|json| (self.read)(Row { operation, json, secrets: &answer.secrets }));
        let rows = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        match page.next_link {
            Some(next) => {
                let next = next_page(operation, &next, &self.request.url)?;
                let this = std::mem::replace(&mut self.request.url, next);
                self.before.insert(this);
                if self.before.contains(&self.request.url) {
                    return Err(Error::unexpected(&self.request.operation, "a page of the list comes twice"));
                }
            }
            None => self.is_last = true,
        }
        Ok(Some(rows))
    }

    /// What is on all of them.
    ///
    /// # Errors
    /// As [`Pages::next`].
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(rows) = self.next().await? {
            all.extend(rows);
        }
        Ok(all)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("request", &self.request).finish_non_exhaustive()
    }
}

/// The address of a list's next page, which must be where the page before was.
fn next_page(operation: &str, next: &str, before: &Url) -> Result<Url, Error> {
    let next = Url::parse(next).map_err(|error| Error::unexpected(operation, error.to_string()))?;
    if next.origin() != before.origin() {
        return Err(Error::unexpected(operation, "the next page is on another host"));
    }
    Ok(next)
}
