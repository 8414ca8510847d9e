//! A list that comes in pages: OData's shape, which all these services share.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::error::Error;
use super::http::Http;
use super::request::Request;

/// As many rows as the service itself puts on a page at the most.
const MAX_PAGE: usize = 5_000;
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
    rows: fn(&str, Vec<serde_json::Value>) -> Result<Vec<T>, Error>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<serde_json::Value>,
    #[serde(alias = "@odata.nextLink", rename = "nextLink")]
    next_link: Option<String>,
}

impl<T> Pages<T> {
    /// The pages that begin with this request; `rows` reads what is on one, and leaves out what is of another kind.
    pub(super) fn of(
        http: &Arc<Http>,
        scope: &str,
        request: Request,
        rows: fn(&str, Vec<serde_json::Value>) -> Result<Vec<T>, Error>,
    ) -> Pages<T> {
        let (http, scope) = (Arc::clone(http), scope.to_owned());
        Pages { http, scope, request, is_last: false, before: HashSet::new(), count: 0, rows }
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
        let page: Page = self.http.send(&self.scope, &self.request).await?.read(operation)?;
        self.count += page.value.len();
        if page.value.len() > MAX_PAGE || self.count > MAX_ROWS {
            return Err(Error::unexpected(operation, "there are more rows than were asked for, or than anybody has"));
        }
        let rows = (self.rows)(operation, page.value)?;
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

/// Reads what is on a page, all of one kind.
pub(super) fn read_all<T: DeserializeOwned>(operation: &str, rows: Vec<serde_json::Value>) -> Result<Vec<T>, Error> {
    rows.into_iter().map(|row| read(operation, row)).collect()
}

/// Reads one of a list; an error names the place.
pub(super) fn read<T: DeserializeOwned>(operation: &str, row: serde_json::Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(row).map_err(|error| Error::unexpected(operation, error.to_string()))
}

/// The address of a list's next page, which must be where the page before was.
fn next_page(operation: &str, next: &str, before: &Url) -> Result<Url, Error> {
    let next = Url::parse(next).map_err(|error| Error::unexpected(operation, error.to_string()))?;
    if next.origin() != before.origin() {
        return Err(Error::unexpected(operation, "the next page is on another host"));
    }
    Ok(next)
}
