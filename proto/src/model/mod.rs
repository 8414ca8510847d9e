//! A [`Value`] to an author's own struct and back, by serde; an error names the attribute.
//!
//! A number that is no 64-bit integer reaches a struct as text unless it asks for a float: a [`Number`](crate::value::Number) or a
//! decimal type then keeps every digit. What an attribute of any type holds, with its type, is a [`Typed`](crate::value::Typed).

mod fault;
mod fit;
mod read;
#[cfg(test)]
mod tests;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::schema::Schema;
use crate::value::Value;

use fault::Fault;
use read::{Reader, Whole};

/// Reads a struct from a known value of a state.
///
/// # Errors
/// A diagnostic on the attribute that does not fit.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Diagnostic> {
    T::deserialize(Reader::of(value)).map_err(|fault| {
        fault.diagnostic().hint(
            "Run `terraform apply -refresh-only`; if it does not help, remove the object from the state and import it \
             afresh.",
        )
    })
}

/// Reads a struct from a known configuration.
pub(crate) fn from_config<T: DeserializeOwned>(config: &Value) -> Result<T, Diagnostic> {
    T::deserialize(Reader::of(config)).map_err(Fault::diagnostic)
}

/// Reads a struct whose fields are [`Known`](crate::known::Known) from a value with unknowns, by the names and types of a model.
///
/// Of what is null as a whole (the prior state of a creation, the plan of a destruction) every field is null.
///
/// # Errors
/// A diagnostic on the attribute that does not fit, and on a field that the schema does not have.
pub fn view<V: DeserializeOwned>(value: &Value) -> Result<V, Diagnostic> {
    V::deserialize(Whole(value)).map_err(Fault::diagnostic)
}

/// Writes a struct as a value of type `ty`.
///
/// # Errors
/// A struct that does not fit its schema, which is an error of the provider.
pub fn to_value<T: Serialize>(model: &T, ty: &Type) -> Result<Value, Diagnostic> {
    model.serialize(write::Writer(ty)).map_err(|fault| {
        Diagnostic::error("The provider's model does not fit its schema", format!("{}.", fault.placed()))
            .hint("This is an error in the provider. Please report it.")
    })
}

/// In what the fields of a model are not the attributes and blocks of a schema, in words; write-only arguments may be left out.
pub(crate) fn misfits<M: DeserializeOwned>(schema: &Schema) -> Vec<String> {
    // What cannot be read from a sample is of no interest: the fields were told before.
    fit::misfits(schema, &|sample, seen| drop(M::deserialize(Reader::seen(sample, seen))))
}
