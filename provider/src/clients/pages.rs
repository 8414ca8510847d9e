//! A list that comes in pages: OData's shape, which all these services share.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use super::careful::at_most;
use super::error::Error;
use super::http::Http;
use super::request::Request;
use super::secrets::Secrets;

/// As many rows are completed at a time.
const AT_ONCE: usize = 8;
/// As many rows as a page may have.
const MAX_PAGE: usize = 1_000;
/// As many rows as a list may have.
const MAX_ROWS: usize = 1_000_000;
/// As many pages as a list may have: some services end a page early, or leave it empty.
const MAX_PAGES: usize = 10_000;
/// As long as the address of a page may be.
const MAX_ADDRESS: usize = 16 << 10;
/// As much as is held of a whole list at a time: rows, and how long they are together.
const WHOLE: (usize, usize) = (50_000, 32 << 20);
/// As much as is held of a list of which ten may be held at a time, because one row is what is looked for.
const FEW: (usize, usize) = (MAX_PAGE, 2 << 20);

/// What is on a list, page by page.
pub struct Pages<T> {
    http: Arc<Http>,
    scope: String,
    request: Request,
    is_last: bool,
    /// The digests of the addresses of the pages before, how many rows there were, and how long those were that were read.
    before: HashSet<u64>,
    digest: RandomState,
    count: usize,
    length: usize,
    read: Box<Read<T>>,
    complete: Option<Complete<T>>,
}

/// Reads a row; one of another kind is none.
type Read<T> = dyn Fn(Row<'_>) -> Result<Option<T>, Error> + Send + Sync;

/// Reads what did not come along with a row on the page that this request has asked for.
type Complete<T> = fn(Arc<Http>, Request, T) -> BoxFuture<'static, Result<T, Error>>;

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
        let (before, digest) = (HashSet::new(), RandomState::new());
        Pages { http, scope, request, is_last: false, before, digest, count: 0, length: 0, read, complete: None }
    }

    /// The same, and of each row what did not come along with it.
    #[must_use]
    pub(super) fn completed(self, complete: Complete<T>) -> Pages<T> {
        Pages { complete: Some(complete), ..self }
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
        if self.count > MAX_ROWS || self.before.len() == MAX_PAGES {
            return Err(endless(operation));
        }
        let mut rows = Vec::new();
        for json in page.value {
            let row = (self.read)(Row { operation, json, secrets: &answer.secrets });
            if let Some(row) = row.map_err(|error| error.of(answer.trace.as_ref()))? {
                self.length += json.get().len();
                rows.push(row);
            }
        }
        let next_link = page.next_link;
        if let Some(complete) = self.complete {
            let whole = rows.into_iter().map(|row| complete(Arc::clone(&self.http), self.request.clone(), row));
            rows = stream::iter(whole).buffered(AT_ONCE).try_collect().await?;
        }
        match next_link {
            Some(next) => {
                let next = following(operation, &next, &self.request.url);
                let next = next.map_err(|error| error.of(answer.trace.as_ref()))?;
                self.before.insert(self.digest.hash_one(&self.request.url));
                self.request.url = next;
                if self.before.contains(&self.digest.hash_one(&self.request.url)) {
                    return Err(Error::unexpected(&self.request.operation, "a page of the list comes twice"));
                }
            }
            None => self.is_last = true,
        }
        Ok(Some(rows))
    }

    /// What is on all of them, of a list that may be long: whoever asks shares it with everybody who asks at the same time. And how many
    /// pages it has.
    ///
    /// # Errors
    /// As [`Pages::next`], and more than can be held.
    pub(super) async fn all(self) -> Result<(Vec<T>, usize), Error> {
        self.held(WHOLE).await
    }

    /// What is on all of them, of a list in which little is looked for.
    ///
    /// # Errors
    /// As [`Pages::next`], and more than can be held.
    pub async fn few(self) -> Result<Vec<T>, Error> {
        self.held(FEW).await.map(|(rows, _)| rows)
    }

    async fn held(mut self, (rows, length): (usize, usize)) -> Result<(Vec<T>, usize), Error> {
        let http = Arc::clone(&self.http);
        let (mut held, mut _leave) = (Vec::new(), None);
        while let Some(page) = self.next().await? {
            held.extend(page);
            if held.len() > rows || self.length > length {
                return Err(endless(&self.request.operation));
            }
            if _leave.is_none() && (held.len() > FEW.0 || self.length > FEW.1) {
                _leave = http.leave_to_be_long().await;
            }
        }
        // The last page leads to none.
        Ok((held, self.before.len() + 1))
    }
}

fn endless(operation: &str) -> Error {
    Error::unexpected(operation, "there are more rows than anybody has")
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("request", &self.request).finish_non_exhaustive()
    }
}

/// The address of a list's next page, which must be where the page before was.
pub(super) fn following(operation: &str, next: &str, before: &Url) -> Result<Url, Error> {
    if next.len() > MAX_ADDRESS {
        return Err(Error::unexpected(operation, "the address of the next page is too long"));
    }
    let next = Url::parse(next).map_err(|error| Error::unexpected(operation, error.to_string()))?;
    if next.origin() != before.origin() {
        return Err(Error::unexpected(operation, "the next page is on another host"));
    }
    Ok(next)
}
