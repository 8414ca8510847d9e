//! What must hold among the attributes and blocks of one block.

use crate::diagnostic::Diagnostic;
use crate::value::{Path, Value};

/// What must hold among attributes and blocks of one block.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Rule {
    /// At most one of these is set.
    Conflicts(&'static [&'static str]),
    /// Exactly one of these is set.
    ExactlyOneOf(&'static [&'static str]),
    /// One of these is set, or several.
    AtLeastOneOf(&'static [&'static str]),
    /// When the first is set, so are the others.
    Requires(&'static str, &'static [&'static str]),
}

impl Rule {
    pub(crate) fn broken_by(&self, config: &Value, path: &Path) -> Option<Diagnostic> {
        let is_set = |name: &&&str| !config.at(name).is_null() && !config.at(name).is_unknown();
        let may_be_set = |name: &&&str| !config.at(name).is_null();
        let names = match self {
            Rule::Conflicts(names)
            | Rule::ExactlyOneOf(names)
            | Rule::AtLeastOneOf(names)
            | Rule::Requires(_, names) => *names,
        };
        let set: Vec<&&str> = names.iter().filter(is_set).collect();
        let listed = names.join(", ");
        match self {
            Rule::Conflicts(_) | Rule::ExactlyOneOf(_) if set.len() > 1 => {
                let detail = format!("{} are set; at most one of {listed} can be.", join(&set));
                let summary = format!("{} conflicts with {}", set[1], set[0]);
                Some(Diagnostic::error(summary, detail).at(path.join(set[1])).hint("Keep one and remove the other."))
            }
            Rule::ExactlyOneOf(_) | Rule::AtLeastOneOf(_) if names.iter().filter(may_be_set).count() == 0 => {
                let detail = format!("None of {listed} is set.");
                Some(
                    Diagnostic::error(format!("Missing {}", names[0]), detail)
                        .at(path.join(names[0]))
                        .hint("Set one of them."),
                )
            }
            Rule::Requires(name, _) if is_set(&name) => {
                let missing = names.iter().find(|name| config.at(name).is_null())?;
                let detail = format!("{name} is set, and it needs {missing} too.");
                Some(Diagnostic::error(format!("Missing {missing}"), detail).at(path.join(missing)).hint("Set it."))
            }
            _ => None,
        }
    }
}

fn join(names: &[&&str]) -> String {
    names.iter().map(|name| **name).collect::<Vec<_>>().join(" and ")
}
