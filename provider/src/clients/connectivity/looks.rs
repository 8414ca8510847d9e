//! One list for all who ask at the same time, be it what another connection is, what is the same, or how it is.
//!
//! Lists follow each other: a question is answered by the one that begins after it was asked. Where so few ask how a connection is that
//! reading each by itself is less than a list, each is read by itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use super::Connectivity;
use super::calls::{Calls, is_spelled};
use super::connection::Connection;
use super::known::{Known, Listed};
use crate::clients::company::Company;
use crate::clients::error::Error;
use crate::clients::in_flight::InFlight;

/// As many connections are read by themselves at a time.
const AT_ONCE: usize = 8;
/// So long it pays to wait for company for each page of the list, and so long at least and at most: where Terraform is slow, two seconds and
/// more lie between ten questions, and whoever waits holds nobody up until ten do.
const A_PAGE: Duration = Duration::from_millis(250);
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(5);
/// Before a connection is made, so old a list tells whether it is there already: that somebody else makes the same in that time is told by
/// the list after it, and then the later one goes.
const RECENT: Duration = Duration::from_secs(5);

/// The questions about connections that are asked together.
#[derive(Debug)]
pub(super) struct Looks {
    calls: Calls,
    known: Arc<Known>,
    company: Company<Question, Seen>,
    before: InFlight<(), Listed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    /// Which connections there are.
    All,
    /// How this one is.
    One(String),
}

/// What was seen: all, or those that were asked for.
#[derive(Debug, Clone)]
enum Seen {
    All(Listed),
    Ones(Arc<HashMap<String, Result<Option<Connection>, Error>>>),
}

/// A new connection as it was seen, and the list that may show others that are the same.
#[derive(Debug)]
pub struct Look {
    /// It; none when it cannot be seen yet.
    pub connection: Option<Connection>,
    /// The list, if one was asked that shows this one too; or why it cannot be had.
    pub list: Option<Result<Listed, Error>>,
}

impl Looks {
    /// Nothing was asked yet.
    pub(super) fn new(calls: Calls, known: Arc<Known>) -> Looks {
        let last = Arc::clone(&known);
        let longest = move || A_PAGE.saturating_mul(u32::try_from(last.pages()).unwrap_or(u32::MAX)).clamp(SHORT, LONG);
        let company = Company::new(usize::MAX).in_turn().waiting(longest);
        Looks { calls, known, company, before: InFlight::default() }
    }

    async fn ask(&self, question: Question) -> Result<Seen, Error> {
        let (calls, known) = (self.calls.clone(), Arc::clone(&self.known));
        let (host, operation) = (self.calls.host(), "listing the connections");
        let asking = self.company.ask(operation, question, |questions| see(calls, known, questions));
        self.calls.http.in_time(&host, operation, asking).await
    }

    /// All of them, as they are listed after this is asked.
    pub(super) async fn all(&self) -> Result<Listed, Error> {
        match self.ask(Question::All).await? {
            Seen::All(listed) => Ok(listed),
            Seen::Ones(_) => Err(Error::unexpected("listing the connections", "they were not listed")),
        }
    }

    /// All of them, as they were listed a moment ago.
    async fn recent(self: &Arc<Self>) -> Result<Listed, Error> {
        if let Some(listed) = self.known.recent(RECENT) {
            return Ok(listed);
        }
        let own = Arc::clone(self);
        self.before.ask("listing the connections", (), || async move { own.all().await }).await
    }
}

/// Lists them when a question wants that, or when it is no more than reading those that are asked for.
async fn see(calls: Calls, known: Arc<Known>, questions: Vec<Question>) -> Result<Seen, Error> {
    if questions.contains(&Question::All) || questions.len() >= known.pages() {
        let begun = Instant::now();
        let (connections, pages) = calls.connections()?.all().await?;
        let listed = Listed { connections: Arc::new(connections), begun, pages };
        known.list(listed.clone());
        return Ok(Seen::All(listed));
    }
    let ids = questions.into_iter().filter_map(|question| match question {
        Question::One(id) => Some(id),
        Question::All => None,
    });
    let reads = stream::iter(ids).map(|id| async {
        let read = calls.connection(&id).await;
        (id, read)
    });
    Ok(Seen::Ones(Arc::new(reads.buffer_unordered(AT_ONCE).collect().await)))
}

impl Connectivity {
    /// All of the connections that the principal may see, as they are listed after this is asked. Whoever asks meanwhile shares the list.
    ///
    /// # Errors
    /// Whatever keeps them from being listed.
    pub async fn listed(&self) -> Result<Listed, Error> {
        self.looks.all().await
    }

    /// The same as they were listed lately, for whoever looks again later.
    pub(super) async fn lately_listed(&self) -> Result<Listed, Error> {
        self.looks.recent().await
    }

    /// A new connection, as a list shows it that others share; where the list lacks it, or says less, as it is read by itself.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    pub async fn look(&self, id: &str) -> Result<Look, Error> {
        if self.refreshed.lists_say_less() {
            return Ok(Look { connection: self.connection(id).await?, list: None });
        }
        self.seen(id, self.looks.ask(Question::All).await).await
    }

    /// The same once more: from a list only if enough others ask at the same time.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    pub async fn look_again(&self, id: &str) -> Result<Look, Error> {
        if self.refreshed.lists_say_less() {
            return Ok(Look { connection: self.connection(id).await?, list: None });
        }
        self.seen(id, self.looks.ask(Question::One(id.to_owned())).await).await
    }

    async fn seen(&self, id: &str, seen: Result<Seen, Error>) -> Result<Look, Error> {
        let list = match seen {
            Err(error) if error.is_stopped() || error.is_overdue() => return Err(error),
            Ok(Seen::Ones(ones)) => {
                return Ok(Look { connection: ones.get(id).cloned().unwrap_or(Ok(None))?, list: None });
            }
            Ok(Seen::All(list)) => Ok(list),
            Err(error) => Err(error),
        };
        let listed = list.as_ref().ok().and_then(|list| find(list, id));
        // One that does not show what was made before it began is of before.
        let list = Some(list).filter(|list| list.is_err() || listed.is_some());
        Ok(Look { connection: self.completed(id, listed).await?, list })
    }

    /// What a list says of a connection, if it is enough; else what a read of it says. A failure is told by a read, which can be found again.
    async fn completed(&self, id: &str, listed: Option<Connection>) -> Result<Option<Connection>, Error> {
        match listed {
            Some(listed) if !listed.is_failed() && self.refreshed.is_enough(&listed) => Ok(Some(listed)),
            listed => self.read(id, listed.as_ref()).await,
        }
    }
}

fn find(list: &Listed, id: &str) -> Option<Connection> {
    let all = &list.connections;
    // Nearly always in the very letters, which are compared soon; there may be thousands.
    all.iter().find(|one| one.id == id).or_else(|| all.iter().find(|one| is_spelled(&one.id, id))).cloned()
}
