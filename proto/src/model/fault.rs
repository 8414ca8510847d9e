//! Why a value and a struct do not fit.

use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::value::{Path, Step};

/// Why a value and a struct do not fit.
#[derive(Debug)]
pub(super) struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    /// The way to the value, from its end.
    steps: Vec<Step>,
    what: String,
    is_unknown: bool,
}

impl Fault {
    pub(super) fn new(what: impl fmt::Display) -> Fault {
        Fault(Box::new(Parts { steps: Vec::new(), what: what.to_string(), is_unknown: false }))
    }

    /// All that is wrong is that the value is not known.
    pub(super) fn unknown() -> Fault {
        let mut fault = Fault::new("it is not known");
        fault.0.is_unknown = true;
        fault
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.0.is_unknown
    }

    /// The same, one step further out.
    pub(super) fn inside(mut self, step: Step) -> Fault {
        self.0.steps.push(step);
        self
    }

    fn path(&mut self) -> Path {
        let mut steps = std::mem::take(&mut self.0.steps);
        steps.reverse();
        Path(steps)
    }

    /// What is wrong, behind its place.
    pub(super) fn placed(mut self) -> String {
        let path = self.path();
        if path.0.is_empty() { self.0.what } else { format!("{path}: {}", self.0.what) }
    }

    pub(super) fn diagnostic(mut self) -> Diagnostic {
        let path = self.path();
        let detail = format!("The value does not fit: {}.", self.0.what);
        if path.0.is_empty() {
            return Diagnostic::error("Invalid value", detail);
        }
        Diagnostic::error(format!("Invalid value for {path}"), detail).at(path)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Fault {
        Fault::new(what)
    }
}

impl serde::ser::Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Fault {
        Fault::new(what)
    }
}
