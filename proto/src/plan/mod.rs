//! From what was and what is configured to what shall be, from the schema alone.
//!
//! Terraform holds every answer against its rules (P1 to P14 of proto/judge/RULES.md); they are kept here once, so that no resource
//! can break them. A computed value becomes unknown only when something that it follows changes: a new description must not
//! make the ids that others use unknown.

mod fit;
mod from_schema;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::model::view;
use crate::value::{Path, Step, Value};

pub use from_schema::plan;

pub(crate) use fit::{fits_with_blocks, spelled_otherwise};

/// A plan in the making: what the schema says of it, and what the resource's own plan hook adds.
#[non_exhaustive]
pub struct Plan {
    /// The state before; null for a creation.
    pub prior: Value,
    /// The configuration, in which values may be unknown.
    pub config: Config,
    /// The state as it shall be; null for a destruction.
    pub planned: Value,
    /// The attributes whose change replaces the resource.
    pub replace: Vec<Path>,
    /// What to tell the user.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Debug for Plan {
    /// Shows nothing of the configuration, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("replace", &self.replace).finish_non_exhaustive()
    }
}

impl Plan {
    /// Whether there was nothing before.
    pub fn is_create(&self) -> bool {
        self.prior.is_null() && !self.planned.is_null()
    }

    /// Whether nothing shall be left.
    pub fn is_destroy(&self) -> bool {
        self.planned.is_null()
    }

    /// Whether the attribute or block `name` changes, or may.
    pub fn changes(&self, name: &str) -> bool {
        self.prior.at(name) != self.planned.at(name)
    }

    /// Whether the plan replaces what was.
    pub fn is_replacement(&self) -> bool {
        !self.prior.is_null() && !self.planned.is_null() && !self.replace.is_empty()
    }

    /// Whether anything changes.
    pub fn is_change(&self) -> bool {
        self.prior != self.planned
    }

    /// Sets a computed attribute. What the configuration says is never overruled: then this does nothing.
    pub fn set(&mut self, name: &str, value: Value) {
        if self.config.at(name).is_null() {
            self.planned.put(name, value);
        }
    }

    /// The attribute's change replaces the resource.
    pub fn replace(&mut self, name: &str) {
        let path = Path::attribute(name);
        if !self.replace.contains(&path) {
            self.replace.push(path);
        }
    }

    /// The change of the attribute or block replaces nothing after all: where what was before is not known, so that nobody can tell
    /// whether it changes.
    pub fn change_in_place(&mut self, name: &str) {
        let step = Step::Attribute(name.to_owned());
        self.replace.retain(|path| path.0.first() != Some(&step));
    }

    /// The state before, by the names of a model; every field is null for a creation.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn prior_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.prior)
    }

    /// The configuration, by the names of a model.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn config_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.config)
    }

    /// The state as it shall be, by the names of a model; every field is null for a destruction.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn planned_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.planned)
    }

    /// Tells the user something.
    pub fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// The planned values as an apply sees them: null where the plan left the value to it.
pub(crate) fn known(planned: &Value) -> Value {
    match planned {
        Value::Unknown(_) => Value::Null,
        Value::List(elements) => Value::List(elements.iter().map(known).collect()),
        Value::Map(fields) => Value::Map(fields.iter().map(|(name, value)| (name.clone(), known(value))).collect()),
        other => other.clone(),
    }
}
