//! A value as Terraform writes it into a state: JSON in which numbers keep every digit, and a dynamic value brings its type.

use std::fmt::Write as _;

use tfplugin::value::Value;

/// Writes a known value.
///
/// # Panics
/// With a value that is not known: no state has one.
#[must_use]
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Unknown(_) => panic!("a state is known"),
        Value::Bool(value) => drop(write!(out, "{value}")),
        Value::Number(number) if number.is_finite() => out.push_str(&number.to_string()),
        Value::Number(infinite) => panic!("{infinite:?} has no JSON"),
        Value::String(text) => out.push_str(&quoted(text)),
        Value::List(elements) => {
            out.push('[');
            for (place, element) in elements.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write(out, element);
            }
            out.push(']');
        }
        Value::Map(fields) => {
            out.push('{');
            for (place, (name, value)) in fields.iter().enumerate() {
                let _ = write!(out, "{}{}:", if place == 0 { "" } else { "," }, quoted(name));
                write(out, value);
            }
            out.push('}');
        }
        Value::Typed(typed) => {
            out.push_str("{\"value\":");
            write(out, &typed.value);
            let _ = write!(out, ",\"type\":{}}}", typed.ty.to_json());
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
