//! A configuration: it may hold write-only and sensitive arguments, so that it wipes itself and cannot be printed.
//!
//! What the socket, TLS and the reading of a message made of it on the way here is not ours to wipe.

use std::ops::Deref;

use zeroize::Zeroize as _;

use crate::value::Value;

/// A configuration, which is wiped when it is let go of. It reads like a [`Value`].
#[derive(Clone, Default)]
pub struct Config(Value);

impl From<Value> for Config {
    fn from(value: Value) -> Config {
        Config(value)
    }
}

impl Deref for Config {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::List(elements) => elements.iter_mut().for_each(wipe),
        Value::Map(fields) => fields.values_mut().for_each(wipe),
        Value::Typed(typed) => wipe(&mut typed.value),
        Value::Null | Value::Unknown(_) | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_configuration_is_left() {
        let mut value = Value::object([("a", "secret".into()), ("b", Value::List(vec!["more".into(), Value::Null]))]);
        wipe(&mut value);
        let wiped = Value::object([("a", "".into()), ("b", Value::List(vec!["".into(), Value::Null]))]);
        assert_eq!(value, wiped);
    }
}
