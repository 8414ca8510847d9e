//! What went wrong or deserves attention, in four parts: what, why, where, and what to do.
//!
//! The wire knows no hint: it becomes the last paragraph of the detail. What controls a terminal does not get that far.

use std::fmt;

use crate::plain::plain;
use crate::value::Path;
use crate::wire::tfplugin5 as pb;

/// Whether the operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It fails.
    Error,
    /// It goes on.
    Warning,
}

/// One message to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Whether the operation fails.
    pub severity: Severity,
    /// What failed, in one line without a full stop.
    pub summary: String,
    /// Why, in whole sentences, with the service's code and request id where there are any.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
    /// Where: the attribute at fault.
    pub path: Option<Path>,
    /// Whether it concerns everything that the provider does, and no object more than another.
    pub common: bool,
    /// Whether a destruction meets it too, so that no way leads past it.
    pub inevitable: bool,
}

/// What is said of a destruction under an error that comes before it: Terraform refreshes and plans as ever before it destroys, and
/// a provider cannot tell.
const TO_DESTROY: &str = "To destroy: terraform destroy -refresh=false";

impl Diagnostic {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        let (summary, detail) = (summary.into(), detail.into());
        Diagnostic {
            severity: Severity::Error,
            summary,
            detail,
            hint: String::new(),
            path: None,
            common: false,
            inevitable: false,
        }
    }

    /// What an operation fails with that the user asked to stop.
    pub fn interrupted() -> Diagnostic {
        Diagnostic::error("Interrupted", "Terraform was asked to stop.")
            .hint("What exists by now is in the state: the next plan goes on from there.")
    }

    /// A warning. Terraform folds those of one headline into one, which therefore names no object: a name is not even taken.
    ///
    /// ```
    /// tfplugin::Diagnostic::warning("The robot stays", format!("Robot {} is not ours.", 7));
    /// ```
    ///
    /// ```compile_fail
    /// tfplugin::Diagnostic::warning(format!("Robot {} stays", 7), "It is not ours.");
    /// ```
    pub fn warning(summary: &'static str, detail: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(summary, detail) }
    }

    /// The same, on the attribute `name` of the resource.
    #[must_use]
    pub fn on(self, name: &str) -> Diagnostic {
        self.at(Path::attribute(name))
    }

    /// The same, on the attribute that `path` leads to, unless it concerns everything.
    #[must_use]
    pub fn at(mut self, path: Path) -> Diagnostic {
        self.path = Some(path).filter(|_| !self.common);
        self
    }

    /// The same, of everything that the provider does: it is told in full once after each Configure, and in a line after that.
    #[must_use]
    pub fn of_everything(self) -> Diagnostic {
        Diagnostic { common: true, path: None, ..self }
    }

    /// The same, which a destruction meets too.
    #[must_use]
    pub fn inevitable(self) -> Diagnostic {
        Diagnostic { inevitable: true, ..self }
    }

    /// The same in a line, where it was told in full already. Terraform sorts what it shows, so that the full one may stand below.
    pub(crate) fn once_more(self) -> Diagnostic {
        Diagnostic { detail: "Another message of this name says why.".to_owned(), hint: String::new(), ..self }
    }

    /// The same of a refresh or a plan. An error that an object is the cause of also stops its destruction: how to get past it is the
    /// last that is said.
    #[must_use]
    pub(crate) fn before_destroy(mut self) -> Diagnostic {
        if self.is_error() && !self.common && !self.inevitable && self != Diagnostic::interrupted() {
            let gap = if self.hint.is_empty() { "" } else { "\n\n" };
            self.hint = format!("{}{gap}{TO_DESTROY}", self.hint);
        }
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = hint.into();
        self
    }

    /// The same, with one more sentence.
    #[must_use]
    pub fn also(mut self, sentence: impl fmt::Display) -> Diagnostic {
        self.detail = format!("{} {sentence}", self.detail);
        self
    }

    /// The same as a warning, with a headline that names no object: what it said before begins the detail.
    #[must_use]
    pub fn as_warning(mut self, summary: &'static str) -> Diagnostic {
        if self.summary != summary {
            self.detail = format!("{}. {}", self.summary, self.detail);
        }
        (self.severity, self.summary) = (Severity::Warning, summary.to_owned());
        self
    }

    /// Whether the operation fails.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn to_wire(&self) -> pb::Diagnostic {
        let severity = match self.severity {
            Severity::Error => pb::diagnostic::Severity::Error,
            Severity::Warning => pb::diagnostic::Severity::Warning,
        };
        let gap = if self.detail.is_empty() || self.hint.is_empty() { "" } else { "\n\n" };
        pb::Diagnostic {
            severity: severity.into(),
            summary: plain(&self.summary),
            detail: plain(&format!("{}{gap}{}", self.detail, self.hint)),
            attribute: self.path.as_ref().map(Path::to_wire),
        }
    }
}

impl Path {
    /// The path in the wire's words.
    pub fn to_wire(&self) -> pb::AttributePath {
        use pb::attribute_path::step::Selector;
        let step = |step: &crate::value::Step| {
            let selector = match step {
                crate::value::Step::Attribute(name) => Selector::AttributeName(name.clone()),
                crate::value::Step::Index(index) => Selector::ElementKeyInt(*index),
                crate::value::Step::Key(key) => Selector::ElementKeyString(key.clone()),
            };
            pb::attribute_path::Step { selector: Some(selector) }
        };
        pb::AttributePath { steps: self.0.iter().map(step).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_elsewhere_does_not_reach_the_terminal_as_more_than_text() {
        let wire = Diagnostic::error("No \u{1b}[31mrobot", "It is \u{7}gone.").hint("Look\u{1b}[2J.").to_wire();
        assert_eq!((wire.summary.as_str(), wire.detail.as_str()), ("No robot", "It is gone.\n\nLook."));
    }

    #[test]
    fn an_error_before_a_destruction_ends_with_the_way_past_it() {
        let hint = |diagnostic: Diagnostic| diagnostic.before_destroy().hint;
        assert_eq!(hint(Diagnostic::error("No", "").hint("Do.")), format!("Do.\n\n{TO_DESTROY}"));
        assert_eq!(hint(Diagnostic::error("No", "")), TO_DESTROY);
        assert_eq!(hint(Diagnostic::warning("No", "").hint("Do.")), "Do.");
        assert_eq!(hint(Diagnostic::error("No", "").of_everything()), "");
        assert_eq!(hint(Diagnostic::error("No", "").hint("Do.").inevitable()), "Do.");
        assert_eq!(Diagnostic::interrupted().before_destroy(), Diagnostic::interrupted());
    }

    #[test]
    fn what_concerns_everything_is_on_no_attribute() {
        assert_eq!(Diagnostic::error("No", "").of_everything().on("name").path, None);
    }

    #[test]
    fn the_hint_is_the_last_paragraph() {
        let wire = Diagnostic::error("No name", "A robot needs a name.").on("name").hint("Give it one.").to_wire();
        assert_eq!(wire.detail, "A robot needs a name.\n\nGive it one.");
        assert_eq!(wire.attribute.unwrap().steps.len(), 1);
    }
}
