//! Configurations of the corner provider with something in every place, for the judge and for a real Terraform alike.

use tfplugin::cty::Type;
use tfplugin::value::{Typed, Value};

fn list(values: impl IntoIterator<Item = &'static str>) -> Value {
    Value::List(values.into_iter().map(Value::from).collect())
}

pub(crate) fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn object(text: &str) -> Value {
    Value::object([("a", text.into()), ("b", number("0.1")), ("c", list(["x", "y"]))])
}

fn dynamic(ty: Type, value: Value) -> Value {
    Value::Typed(Box::new(Typed { ty, value }))
}

/// Something in every attribute.
pub(crate) fn values(name: &str) -> Value {
    Value::object([
        ("name", name.into()),
        ("bool", true.into()),
        ("number", number("123456789012345678901234567890.000000000000000000000000000001")),
        ("string", "Zu\u{308}rich".into()),
        ("dynamic", dynamic(Type::object(&[("k", Type::Bool)]), Value::object([("k", true.into())]))),
        ("lists", Value::List(vec![list(["a", "b"]), Value::List(vec![]), Value::Null])),
        ("numbers", Value::set([number("1"), number("0.5"), number("-2")])),
        ("maps", Value::object([("k", list(["v"])), ("", Value::List(vec![]))])),
        ("object", object("one")),
        ("tuple", Value::List(vec![true.into(), "x".into(), number("3")])),
        ("objects", Value::List(vec![object("one"), object("two")])),
        ("object_set", Value::set([object("one"), object("two")])),
        ("object_map", Value::object([("one", object("one"))])),
        ("map", Value::object([("a", 1.into())])),
        ("kind", "one".into()),
        ("secret_wo", "hunter2".into()),
        ("secret_wo_version", 1.into()),
    ])
}

pub(crate) fn leaf(key: &str, value: i64) -> Value {
    Value::object([("key", key.into()), ("value", value.into())])
}

/// Every block.
pub(crate) fn blocks(name: &str, list: Vec<Value>) -> Value {
    let secret = || Value::object([("key", "k".into()), ("secret_wo", "hunter2".into())]);
    let deepest = Value::set([Value::object([("key", "x".into())]), Value::object([("key", "y".into())])]);
    let mut deeper = leaf("d", 1);
    deeper.put("deepest", deepest);
    Value::object([
        ("name", name.into()),
        ("single", leaf("s", 1)),
        ("group", Value::object([("key", "g".into())])),
        ("list", Value::List(list)),
        ("set", Value::set([leaf("a", 1), leaf("b", 2)])),
        ("map", Value::object([("one", leaf("m", 1)), ("two", leaf("n", 2))])),
        ("single_secret", secret()),
        ("list_secret", Value::List(vec![secret(), secret()])),
        ("deep", Value::List(vec![Value::object([("key", "d".into()), ("deeper", Value::object([("one", deeper)]))])])),
    ])
}
