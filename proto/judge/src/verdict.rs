//! What comes of a question: an answer, a refusal of the provider's, or a broken rule.

use std::fmt;

use tfplugin::value::{Path, Step};
use tfplugin::wire::tfplugin5 as pb;

/// A rule that an answer breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number: `P5`.
    pub rule: &'static str,
    /// How it was broken.
    pub what: String,
}

impl Violation {
    /// Says how a rule was broken.
    pub fn new(rule: &'static str, what: impl Into<String>) -> Violation {
        Violation { rule, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The provider broke a rule.
    Violation(Violation),
    /// The provider said no, which it may.
    Refused(Vec<pb::Diagnostic>),
    /// The connection or the rpc failed.
    Transport(String),
}

/// An answer, or why there is none.
pub type Judged<T> = Result<T, Failure>;

impl Failure {
    /// The rule that was broken, if one was.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Failure::Violation(violation) => Some(violation.rule),
            _ => None,
        }
    }

    pub(crate) fn status(status: &tonic::Status) -> Failure {
        Failure::Transport(format!("the rpc ended with a status: {status}"))
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Failure {
        Failure::Violation(violation)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Violation(violation) => violation.fmt(f),
            Failure::Transport(what) => f.write_str(what),
            Failure::Refused(diagnostics) => {
                let shown: Vec<String> =
                    diagnostics.iter().map(|one| format!("{} ({})", one.summary, one.detail)).collect();
                write!(f, "the provider refused: {}", shown.join("; "))
            }
        }
    }
}

impl std::error::Error for Failure {}

/// Something that the provider said to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whether it is an error; else it is a warning.
    pub is_error: bool,
    /// What failed.
    pub summary: String,
    /// Why, and what to do.
    pub detail: String,
    /// The attribute at fault; empty when there is none.
    pub attribute: String,
}

impl Said {
    pub(crate) fn of(one: &pb::Diagnostic) -> Said {
        Said {
            is_error: one.severity() == pb::diagnostic::Severity::Error,
            summary: one.summary.clone(),
            detail: one.detail.clone(),
            attribute: one.attribute.as_ref().map(|at| path(at).to_string()).unwrap_or_default(),
        }
    }
}

/// The errors among what the provider says.
pub(crate) fn errors(diagnostics: &[pb::Diagnostic]) -> Vec<pb::Diagnostic> {
    let is_error = |one: &&pb::Diagnostic| one.severity() == pb::diagnostic::Severity::Error;
    diagnostics.iter().filter(is_error).cloned().collect()
}

/// Fails with what the provider refused, if it did.
pub(crate) fn accepted(diagnostics: &[pb::Diagnostic]) -> Judged<()> {
    let errors = errors(diagnostics);
    if errors.is_empty() { Ok(()) } else { Err(Failure::Refused(errors)) }
}

/// A path of an answer.
pub(crate) fn path(path: &pb::AttributePath) -> Path {
    use pb::attribute_path::step::Selector;
    let step = |step: &pb::attribute_path::Step| match step.selector.clone() {
        Some(Selector::AttributeName(name)) => Step::Attribute(name),
        Some(Selector::ElementKeyString(key)) => Step::Key(key),
        Some(Selector::ElementKeyInt(index)) => Step::Index(index),
        None => Step::Attribute(String::new()),
    };
    Path(path.steps.iter().map(step).collect())
}
