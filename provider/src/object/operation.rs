//! An operation is a value: what is done, to what, where, and until when.
//!
//! Inside of it `?` takes a service's error as well as a diagnostic; where it ends, the error becomes a diagnostic with the
//! operation's headline. Whoever builds on it calls functions of it; nothing calls back.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tfplugin::{Context, Diagnostic, Known, Plan};
use tokio::time::{Instant, timeout_at};

use super::environment::gone;
use super::timeouts::{Deadline, Timeouts};
use super::verb::Verb;
use crate::account::{Account, Missing, Why};
use crate::clients::connectivity::Connectivity;
use crate::clients::dataverse::Dataverse;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::clients::leave::Leave;
use crate::failure::failed;

/// What is known of a write is worth so much more time than the operation had: whether it was carried out, and what it made.
pub(super) const SETTLING: Duration = Duration::from_secs(10);

/// What every model says of its object.
pub(crate) trait Object {
    /// What it is called in messages.
    const KIND: &'static str;

    /// Where it lives.
    fn environment_id(&self) -> &EnvironmentId;
    /// The name by which people know it; before it has one, its id.
    fn name(&self) -> String;
    /// Its id, if it has one already.
    fn id(&self) -> Option<String>;
    /// How long operations on it may take, as far as that is configured.
    fn timeouts(&self) -> Option<&Timeouts>;
}

/// Makes an [`Object`] of a model that has the fields `id`, `environment_id` and `timeouts`; `name` is a function of the model.
macro_rules! object {
    ($model:ty, $kind:expr, $name:expr) => {
        impl crate::object::operation::Object for $model {
            const KIND: &'static str = $kind;

            fn environment_id(&self) -> &crate::clients::environment_id::EnvironmentId {
                &self.environment_id
            }
            fn name(&self) -> String {
                let name: fn(&$model) -> String = $name;
                name(self)
            }
            fn id(&self) -> Option<String> {
                self.id.as_ref().map(ToString::to_string)
            }
            fn timeouts(&self) -> Option<&crate::object::timeouts::Timeouts> {
                self.timeouts.as_ref()
            }
        }
    };
}
pub(crate) use object;

/// One operation on one object.
pub(crate) struct Operation<'a> {
    /// What Terraform has given it.
    pub(crate) cx: &'a Context<Account>,
    /// Where it is done.
    pub(crate) environment_id: EnvironmentId,
    /// Until when.
    pub(crate) deadline: Deadline,
    verb: Verb,
    /// What it is done to: `the credential Robot`.
    subject: String,
    /// Whether a write was begun.
    writing: AtomicBool,
}

impl<'a> Operation<'a> {
    /// An operation on what a model describes.
    pub(crate) fn on<O: Object>(cx: &'a Context<Account>, verb: Verb, object: &O) -> Operation<'a> {
        let name = match (verb, object.id()) {
            (Verb::Read, Some(id)) if id != object.name() => format!("{} ({id})", object.name()),
            _ => object.name(),
        };
        let deadline = Deadline::of(verb, object.timeouts());
        let subject = format!("the {} {name}", O::KIND);
        Operation::begin(cx, verb, object.environment_id().clone(), deadline, subject)
    }

    /// A change of what was into what is planned, which says how long it may take.
    pub(crate) fn change<O: Object>(cx: &'a Context<Account>, prior: &O, planned: &O) -> Operation<'a> {
        let deadline = Deadline::of(Verb::Change, planned.timeouts());
        Operation { deadline, ..Operation::on(cx, Verb::Change, prior) }
    }

    /// An operation that finds objects of a kind.
    pub(crate) fn find<O: Object>(
        cx: &'a Context<Account>,
        verb: Verb,
        environment_id: EnvironmentId,
    ) -> Operation<'a> {
        let plural = if verb == Verb::List { "s" } else { "" };
        let subject = format!("the {}{plural}", O::KIND);
        Operation::begin(cx, verb, environment_id, Deadline::of(verb, None), subject)
    }

    /// An operation on what no model describes.
    pub(crate) fn begin(
        cx: &'a Context<Account>,
        verb: Verb,
        environment_id: EnvironmentId,
        deadline: Deadline,
        subject: String,
    ) -> Operation<'a> {
        Operation { cx, environment_id, deadline, verb, subject, writing: AtomicBool::new(false) }
    }

    /// What an operation on something that must be there begins with: its id.
    ///
    /// # Errors
    /// The state holds none.
    pub(crate) fn id<I: Clone>(&self, id: &Option<I>) -> Result<I, Diagnostic> {
        self.required(id, "id").cloned()
    }

    /// A value that is there once the object is.
    ///
    /// # Errors
    /// Neither the state nor the plan holds it.
    pub(crate) fn required<'v, T>(&self, value: &'v Option<T>, name: &str) -> Result<&'v T, Diagnostic> {
        value.as_ref().ok_or_else(|| {
            Diagnostic::error(format!("{name} is missing"), format!("The state or the plan holds no {name}."))
                .on(name)
                .hint("Run terraform apply -refresh-only; if it does not help, import the resource afresh.")
        })
    }

    /// The tables of its environment.
    ///
    /// # Errors
    /// An environment that is not there, may not be read, or has no Dataverse.
    pub(crate) async fn organization(&self) -> Result<Arc<Dataverse>, Diagnostic> {
        let organization = self.cx.clients.organization(&self.environment_id).await;
        self.cx.clients.unsaid().into_iter().for_each(|warning| self.cx.tell(warning));
        organization.map_err(|Missing { why, told }| if why == Why::Gone { self.gone(told) } else { told })
    }

    /// The connections of its environment.
    ///
    /// # Errors
    /// A value of the provider block that only the apply will know.
    pub(crate) fn connectivity(&self) -> Result<Arc<Connectivity>, Diagnostic> {
        self.cx.clients.connectivity(&self.environment_id)
    }

    /// What failed, in a line: `Cannot create the credential Robot`.
    pub(crate) fn summary(&self) -> String {
        format!("Cannot {} {}", self.verb.infinitive(), self.subject)
    }

    /// A service's error, under the operation's headline.
    pub(crate) fn failed(&self, error: &Error) -> Diagnostic {
        if error.is_overdue() {
            self.time_is_up(error.why_held_back())
        } else if error.is_stopped() {
            Diagnostic::interrupted()
        } else {
            failed(&self.summary(), error)
        }
    }

    /// Carries out its work, and gives up in time, or when the user asks to stop: no request begins after that. A write that was begun is
    /// worth some seconds more.
    ///
    /// # Errors
    /// What the work failed with, or that the time is up.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Diagnostic> {
        let mut work = pin!(leave(self.cx, self.deadline).during(work));
        loop {
            let end = self.end();
            match timeout_at(end, &mut work).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(fault)) => return Err(self.told(fault).await),
                Err(_) if self.end() > end => {}
                Err(_) => return Err(self.time_is_up(None)),
            }
        }
    }

    /// A fault as a diagnostic.
    pub(crate) async fn told(&self, fault: Fault) -> Diagnostic {
        let (error, attribute) = match fault {
            Fault::Told(diagnostic) => return *diagnostic,
            Fault::Service(error, attribute) => (error, attribute),
        };
        if let Some(gone) = self.proven_gone(&error).await {
            return gone;
        }
        let diagnostic = self.cx.clients.with_right(self.failed(&error), &error).await;
        attribute.iter().fold(diagnostic, |diagnostic, attribute| diagnostic.on(attribute))
    }

    /// What is said where the environment of an object turns out to be gone: whatever asks for its connections alone does not look it up,
    /// and meets a host that is not there.
    async fn proven_gone(&self, error: &Error) -> Option<Diagnostic> {
        let is_possible = error.is_unreachable() || error.is_power_platform() && error.is_not_found();
        if !is_possible || !self.verb.is_of_what_exists() {
            return None;
        }
        let asked = leave(self.cx, self.deadline).during(self.cx.clients.proven_gone(&self.environment_id));
        let told = timeout_at(self.end(), asked).await.ok()??;
        Some(self.gone(told))
    }

    /// The error that the environment is gone, of this operation.
    fn gone(&self, told: Diagnostic) -> Diagnostic {
        if self.verb.is_of_what_exists() { gone(told) } else { told }
    }

    /// From now on something may have been written.
    pub(super) fn begin_to_write(&self) {
        self.writing.store(true, Ordering::Relaxed);
    }

    fn end(&self) -> Instant {
        if self.writing.load(Ordering::Relaxed) { self.deadline.at + SETTLING } else { self.deadline.at }
    }

    fn time_is_up(&self, held_back: Option<&str>) -> Diagnostic {
        let (doing, allowed) = (self.verb.gerund(), self.deadline.allowed());
        let detail = match held_back {
            Some(why) => format!("{doing} {} may take {allowed}, and that is not enough: {why}.", self.subject),
            None => format!("{doing} {} took longer than {allowed}.", self.subject),
        };
        Diagnostic::error("The time is up", detail).hint("Raise the timeouts of the resource, or apply again later.")
    }
}

impl fmt::Debug for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("verb", &self.verb).field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Leave for what is asked while Terraform plans: as long as a refresh may take. What is not answered by then cannot be asked.
///
/// # Errors
/// A schema without the block `timeouts`.
pub(crate) fn leave_to_plan(cx: &Context<Account>, plan: &Plan) -> Result<Leave, Diagnostic> {
    #[derive(Deserialize)]
    struct View {
        timeouts: Known<Timeouts>,
    }
    let planned: View = plan.planned_view()?;
    Ok(leave(cx, Deadline::of(Verb::Plan, planned.timeouts.known())))
}

/// Leave for what an operation asks: until its deadline, and no longer than Terraform is there and has not asked to stop.
fn leave(cx: &Context<Account>, deadline: Deadline) -> Leave {
    let leave = Leave::until(deadline.at, deadline.allowed).unless(cx.stopped.clone(), tfplugin::is_orphaned);
    leave.among(cx.clients.under_way())
}

/// Why an operation ended early: a service's error, perhaps about an attribute, or what was already put into words.
#[derive(Debug)]
pub(crate) enum Fault {
    Service(Error, Option<&'static str>),
    Told(Box<Diagnostic>),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Service(error, None)
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Fault {
        Fault::Told(Box::new(diagnostic))
    }
}

/// Says on which attribute a service's error is about.
pub(crate) trait On<T> {
    /// The same, on this attribute.
    fn on(self, attribute: &'static str) -> Result<T, Fault>;
}

impl<T> On<T> for Result<T, Error> {
    fn on(self, attribute: &'static str) -> Result<T, Fault> {
        self.map_err(|error| Fault::Service(error, Some(attribute)))
    }
}
