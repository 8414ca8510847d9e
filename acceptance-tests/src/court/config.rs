//! A configuration from JSON.

use serde_json::Value as Json;
use tfplugin::value::Value;

/// What is not known yet.
pub(super) const UNKNOWN: Value = Value::UNKNOWN;

/// The value that JSON stands for: what a configuration does not mention is null.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => number.as_i64().unwrap_or_else(|| panic!("{number} is no whole number")).into(),
        Json::String(text) => Value::text(text),
        Json::Array(elements) => Value::List(elements.iter().map(value).collect()),
        Json::Object(fields) => Value::object(fields.iter().map(|(name, field)| (name.clone(), value(field)))),
    }
}
