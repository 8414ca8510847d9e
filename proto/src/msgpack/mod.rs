//! Bytes to a [`Value`] and back, guided by the type: cty's dialect of msgpack.
//!
//! The dialect: an extension is an unknown (code 12 carries refinements), a number may be a decimal string, a dynamic value is a pair
//! of its type's JSON and itself, and an object always has every attribute. Source: Terraform's `object-wire-format.md`.

mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::cty::Type;
use crate::value::{Path, Step, Value};

/// As many bytes as Terraform accepts for refinements.
const MAX_REFINEMENT: usize = 1024;
const REFINED: i8 = 12;

/// Why bytes are no value of the type, or a value does not conform to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", if path.0.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct Error {
    /// Where in the value.
    pub path: Path,
    /// What is wrong.
    pub what: String,
}

/// An error on its way out: it gathers its place from the end, so that what succeeds needs to know no place.
type Fault = Box<Error>;

fn wrong<T>(what: impl Into<String>) -> Result<T, Fault> {
    Err(Box::new(Error { path: Path::default(), what: what.into() }))
}

fn inside(mut fault: Fault, step: Step) -> Fault {
    fault.path.0.push(step);
    fault
}

fn placed(mut error: Error) -> Error {
    error.path.0.reverse();
    error
}

/// Reads a value of type `ty`; nothing may follow it.
///
/// # Errors
/// Whatever is not exactly such a value, with the place.
pub fn from_bytes(bytes: &[u8], ty: &Type) -> Result<Value, Error> {
    read::all(bytes, ty).map_err(|fault| placed(*fault))
}

/// Writes a value of type `ty`. An attribute that an object lacks is written as null.
///
/// # Errors
/// A value that does not conform to the type, with the place.
pub fn to_bytes(value: &Value, ty: &Type) -> Result<Vec<u8>, Error> {
    write::all(value, ty).map_err(|fault| placed(*fault))
}
