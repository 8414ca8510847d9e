//! Values as messages carry them.

use tfplugin::cty::Type;
use tfplugin::msgpack;
use tfplugin::value::Value;
use tfplugin::wire::tfplugin5 as pb;

use crate::verdict::{Judged, Violation};

/// A value for the provider.
pub(crate) fn dynamic(value: &Value, ty: &Type) -> Option<pb::DynamicValue> {
    let msgpack = msgpack::to_bytes(value, ty).expect("a test's value fits its schema");
    Some(pb::DynamicValue { msgpack, json: Vec::new() })
}

/// Reads an answer's value: `rule` is the one that says that it must conform.
pub(crate) fn value(rule: &'static str, value: Option<&pb::DynamicValue>, ty: &Type) -> Judged<Value> {
    match value {
        None => Ok(Value::Null),
        Some(value) if !value.json.is_empty() => {
            Err(Violation::new(rule, "an answer is JSON, which Terraform does not read everywhere").into())
        }
        Some(value) if value.msgpack.is_empty() => Ok(Value::Null),
        Some(value) => {
            msgpack::from_bytes(&value.msgpack, ty).map_err(|error| Violation::new(rule, error.to_string()).into())
        }
    }
}

/// A rule is broken.
pub(crate) fn broken<T>(rule: &'static str, what: impl Into<String>) -> Judged<T> {
    Err(Violation::new(rule, what).into())
}
