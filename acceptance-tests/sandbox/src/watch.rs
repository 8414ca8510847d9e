//! Somebody who watches requests pass: at the moment that is wanted something can be done to whoever asked.

use std::fmt;
use std::sync::Arc;

use crate::exchange::Request;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It arrived whole, and nothing was done yet.
    Arrived,
    /// It was done, and its answer was not sent yet.
    Done,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Passing {
    /// Which one it is since the watching began, from 1, in the order of arrival.
    pub number: usize,
    /// Its method.
    pub method: String,
    /// Its host.
    pub host: String,
    /// Its path.
    pub path: String,
}

type Tell = dyn Fn(&Passing, Stage) -> bool + Send + Sync;

/// Who watches, and how many requests passed.
#[derive(Clone)]
pub(crate) struct Watch {
    passed: usize,
    tell: Arc<Tell>,
}

impl Watch {
    /// Nobody has passed yet.
    pub(crate) fn new(tell: impl Fn(&Passing, Stage) -> bool + Send + Sync + 'static) -> Watch {
        Watch { passed: 0, tell: Arc::new(tell) }
    }

    /// A request arrives.
    pub(crate) fn meet(&mut self, request: &Request) -> Watched {
        self.passed += 1;
        let passing = Passing {
            number: self.passed,
            method: request.method.to_string(),
            host: request.host.clone(),
            path: request.path.clone(),
        };
        Watched { passing, tell: Arc::clone(&self.tell) }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("passed", &self.passed).finish_non_exhaustive()
    }
}

/// A request that somebody watches.
pub(crate) struct Watched {
    passing: Passing,
    tell: Arc<Tell>,
}

impl Watched {
    /// It came this far. Whether it goes on, the watcher says; it waits until he does.
    pub(crate) fn goes_on(&self, stage: Stage) -> bool {
        (self.tell)(&self.passing, stage)
    }
}
