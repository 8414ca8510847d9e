//! What a gate knows of its service, and who waits before it. Time is told to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::left::Left;
use super::width::Width;

/// What a gate knows.
#[derive(Debug)]
pub(super) struct State {
    /// How many tickets were drawn.
    tickets: u64,
    /// Who waits, in the order of coming, and how each is woken.
    waiting: BTreeMap<Ticket, Arc<Notify>>,
    /// How many requests were let in: each has its number.
    begun: u64,
    /// The numbers of those that are under way.
    open: BTreeSet<u64>,
    /// Until when the service wants to be left alone.
    closed: Instant,
    /// How many were let in before it said so last: what comes of them tells nothing of the time after it.
    before: u64,
    width: Width,
    left: Left,
}

/// A place in the order of coming. Who is refused keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::clients) struct Ticket(u64);

/// Why somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The service wants to be left alone until then.
    Closed(Instant),
    /// As many are under way as may be at once.
    Full,
    /// Little is left of what a user may ask for in a while; the next one may be then.
    Little(Instant),
    /// Others were there before.
    Others,
}

impl State {
    /// Nothing is known of the service yet.
    pub(super) fn new() -> State {
        State {
            tickets: 0,
            waiting: BTreeMap::new(),
            begun: 0,
            open: BTreeSet::new(),
            closed: Instant::now(),
            before: 0,
            width: Width::default(),
            left: Left::default(),
        }
    }

    /// A place at the end of the order of coming.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// Somebody waits at this place, and is woken so.
    pub(super) fn wait(&mut self, ticket: Ticket, woken: &Arc<Notify>) {
        self.waiting.insert(ticket, Arc::clone(woken));
    }

    /// Nobody waits there any longer, having been let in or not.
    pub(super) fn wait_no_more(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
        self.wake_first();
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Lets a request in if it is its turn, and says which number it has.
    pub(super) fn enter(&mut self, ticket: Ticket, now: Instant) -> Result<u64, Why> {
        if self.waiting.keys().next().is_some_and(|first| *first < ticket) {
            return Err(Why::Others);
        }
        if let Some(why) = self.why(now) {
            return Err(why);
        }
        self.begun += 1;
        self.open.insert(self.begun);
        self.left.begin(self.begun, now);
        Ok(self.begun)
    }

    /// Why nobody is let in now.
    pub(super) fn why(&mut self, now: Instant) -> Option<Why> {
        if now < self.closed {
            return Some(Why::Closed(self.closed));
        }
        if self.open.len() >= self.width.at_once().min(self.left.at_once(now)) {
            return Some(Why::Full);
        }
        self.left.next(now).map(Why::Little)
    }

    /// The service wants to be left alone until then, as it has said to this request. True when that is news.
    pub(super) fn close(&mut self, number: u64, until: Instant) -> bool {
        self.closed = self.closed.max(until);
        if number <= self.before {
            return false;
        }
        self.before = self.begun;
        self.width.refused(self.open.len());
        self.left.forget();
        true
    }

    /// The service has answered a request of after it wanted to be left alone last.
    pub(super) fn answered(&mut self, number: u64, headers: &HeaderMap, now: Instant) {
        if number > self.before {
            self.width.answered();
            // Which of those that came later, or are under way still, it has counted already, nobody knows.
            let later = self.begun - number;
            let earlier = self.open.range(..number).count() as u64;
            self.left.hear(number, headers, later + earlier, now);
            self.wake_first();
        }
    }

    /// A request is over. When it was the last one that was under way, and the service wants to be left alone, until when.
    pub(super) fn end(&mut self, number: u64, now: Instant) -> Option<Instant> {
        self.open.remove(&number);
        self.left.end(now);
        self.wake_first();
        (self.open.is_empty() && now < self.closed).then_some(self.closed)
    }

    fn wake_first(&self) {
        self.waiting.values().next().inspect(|woken| woken.notify_one());
    }
}

impl Why {
    /// What logs call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Why::Closed(_) => "the service wants to be left alone",
            Why::Full => "enough is under way",
            Why::Little(_) => "the service says that little is left",
            Why::Others => "others wait",
        }
    }
}
