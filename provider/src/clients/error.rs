//! What a service, or the way to it, can answer besides what was asked for.
//!
//! Callers ask questions of it and never match on codes. A service may say again what it was told in confidence: what is shown of its
//! words is without secrets, and its words themselves are kept for the questions alone.

mod kind;
mod questions;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::refusal::Refusal;
use super::secrets::Secrets;
use super::trace::Trace;
use kind::{Broken, Kind, Told, origin, words};

/// Why a request did not do what it was meant to. Everybody who asked the same question at the same time gets a copy.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}: {}", self.told())]
pub struct Error {
    /// What was asked for, and of what: `reading the credential 1234`.
    operation: String,
    kind: Arc<Kind>,
    /// Whether an earlier try of the same request may have been carried out: then so may this one, whatever it was told.
    uncertain: bool,
    /// Whether the request only asked: then nothing was to be carried out.
    is_read: bool,
    /// The proxy that the environment names, where a connection failed.
    proxy: Option<Arc<str>>,
    /// By what the request is found again, where one was sent.
    trace: Option<Trace>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What somebody else than the service has answered.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    /// Where it leads.
    pub(super) location: Option<&'a str>,
}

/// What a sign-in is called; it has tries of its own.
pub(super) const SIGNING_IN: &str = "signing in";

/// What an error and its causes say, outermost first.
pub(super) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}

impl Error {
    fn new(operation: &str, kind: Kind) -> Error {
        Error {
            operation: operation.to_owned(),
            kind: Arc::new(kind),
            uncertain: false,
            is_read: false,
            proxy: None,
            trace: None,
            source: None,
        }
    }

    /// What the service refused, in its own words.
    pub(super) fn refused(operation: &str, heard: Refusal, secrets: &Secrets) -> Error {
        let shown = Box::new(heard.map(|text| secrets.redact(text)));
        Error::new(operation, Kind::Service { heard: Box::new(heard), shown })
    }

    /// A missing right, for the tests of whoever waits for one.
    #[cfg(test)]
    pub(crate) fn forbidden(operation: &str) -> Error {
        Error::refused(operation, Refusal { status: 403, ..Refusal::default() }, &Secrets::default())
    }

    /// An answer that somebody else gave, such as a proxy.
    pub(super) fn not_the_service(operation: &str, status: u16, page: Page<'_>, secrets: &Secrets) -> Error {
        let leads_to = page.location.map(|location| origin(&secrets.redact(location)));
        Error::new(operation, Kind::NotTheService { status, beginning: words(&secrets.redact(page.text)), leads_to })
    }

    /// An answer of the service to a question that cannot be understood; one to a write is so [after](Error::after) it.
    pub(super) fn unexpected(operation: &str, what: impl Into<String>) -> Error {
        Error::new(operation, Kind::Unexpected(what.into()))
    }

    /// A request that could not be made, so that nothing was sent.
    pub(super) fn unsendable(operation: &str, what: impl fmt::Display) -> Error {
        Error::new(operation, Kind::Unsendable(what.to_string()))
    }

    /// An operation that was given up after it had begun.
    pub fn late(operation: &str, after: Duration) -> Error {
        Error::new(operation, Kind::Late(after))
    }

    /// A request that did not begin, or a question that was not waited for, because the operation's time was over.
    pub(super) fn overdue(operation: &str, allowed: Duration) -> Error {
        Error::new(operation, Kind::Overdue(allowed, None))
    }

    /// The same where this has kept requests from being sent; any other error stays what it is.
    #[must_use]
    pub(super) fn held_back(mut self, why: String) -> Error {
        if let Kind::Overdue(allowed, _) = &*self.kind {
            self.kind = Arc::new(Kind::Overdue(*allowed, Some(why)));
        }
        self
    }

    /// A request that did not begin, or a question that was not waited for, because the user asked to stop.
    pub(super) fn stopped(operation: &str) -> Error {
        Error::new(operation, Kind::Stopped)
    }

    /// What stands in the way before anything can be sent.
    pub(super) fn setup(what: impl Into<String>) -> Error {
        Error::new("preparing the connection", Kind::Setup(what.into()))
    }

    /// A sign-in that failed.
    pub(super) fn sign_in(what: impl Into<String>) -> Error {
        Error::new(SIGNING_IN, Kind::SignIn { what: what.into(), remedy: None })
    }

    /// The same with what to do.
    pub(super) fn remediable_sign_in(what: String, remedy: String) -> Error {
        Error::new(SIGNING_IN, Kind::SignIn { what, remedy: Some(remedy) })
    }

    /// A vault that belongs to another tenant than the sign-in.
    pub(super) fn wrong_tenant(operation: &str, vault: String, ours: String) -> Error {
        Error::new(operation, Kind::WrongTenant { vault, ours })
    }

    /// The same of a write that may have been carried out, by this try or by an earlier one.
    #[must_use]
    pub(super) fn after(mut self, uncertain: bool) -> Error {
        self.uncertain |= uncertain;
        self
    }

    /// The same of a question, and not of a write.
    #[must_use]
    pub(crate) fn of_read(mut self, is_read: bool) -> Error {
        self.is_read |= is_read;
        self
    }

    fn told(&self) -> Told<'_> {
        let is_open = !self.is_read && !self.is_sign_in();
        Told { kind: &self.kind, proxy: self.proxy.as_deref(), is_open }
    }

    /// The same of this request.
    #[must_use]
    pub(super) fn of(mut self, trace: Option<&Trace>) -> Error {
        self.trace = trace.cloned().or(self.trace);
        self
    }

    /// A failed connection to a host; `sent` is whether the request may have arrived, and the [chain] of causes tells how far it came. Only
    /// the innermost is shown: the others name addresses, and a proxy's may hold a password.
    pub(super) fn connection(operation: &str, host: &str, sent: bool, chain: &[String]) -> Error {
        let kind = Kind::Connection { host: host.to_owned(), broken: Broken::of(chain, sent) };
        let cause: Box<dyn std::error::Error + Send + Sync> = chain.last().cloned().unwrap_or_default().into();
        Error { source: Some(Arc::from(cause)), ..Error::new(operation, kind) }
    }

    /// A host that has not answered yet.
    pub(super) fn silent(operation: &str, host: &str) -> Error {
        Error::new(operation, Kind::Connection { host: host.to_owned(), broken: Broken::Silent })
    }

    /// The same, met while this was asked for; a sign-in stays one.
    #[must_use]
    pub(super) fn asking(self, operation: &str) -> Error {
        if self.is_sign_in() { self } else { self.named(operation) }
    }

    /// The same of this operation.
    #[must_use]
    pub(super) fn named(self, operation: &str) -> Error {
        Error { operation: operation.to_owned(), ..self }
    }

    /// The same where the environment names this proxy.
    #[must_use]
    pub(super) fn through(mut self, proxy: Option<&Arc<str>>) -> Error {
        self.proxy = proxy.filter(|_| matches!(&*self.kind, Kind::Connection { .. })).cloned();
        self
    }

    /// The same, of a proxy that wants a login and says which.
    #[must_use]
    pub(super) fn demanding(self, demand: Option<String>) -> Error {
        match demand {
            Some(demand) => Error { source: Some(Arc::from(Box::from(format!("the proxy says: {demand}")))), ..self },
            None => self,
        }
    }

    /// By what the request is found again, where one was sent.
    pub(super) fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }

    /// What a service said when it refused; a sign-in's own words alone.
    pub(super) fn said(&self) -> Option<String> {
        let shown = self.shown()?;
        Some(if shown.message.contains("AADSTS") { shown.message.clone() } else { shown.to_string() })
    }

    /// What went wrong, without what was asked for.
    pub(super) fn what(&self) -> String {
        self.told().to_string()
    }

    fn broken(&self) -> Option<Broken> {
        match &*self.kind {
            Kind::Connection { broken, .. } => Some(*broken),
            _ => None,
        }
    }

    /// The service's words, for questions.
    fn refusal(&self) -> Option<&Refusal> {
        match &*self.kind {
            Kind::Service { heard, .. } => Some(heard),
            _ => None,
        }
    }

    /// What is shown of them.
    fn shown(&self) -> Option<&Refusal> {
        match &*self.kind {
            Kind::Service { shown, .. } => Some(shown),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
