//! A [`Value`] to an author's own struct and back, by serde; an error names the attribute.
//!
//! A number that is no 64-bit integer reaches a struct as text unless it asks for a float: `BigDecimal` then keeps every digit.

use bigdecimal::ToPrimitive as _;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_path_to_error::Segment;

use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::json::from_json;
use crate::value::{Number, Path, Step, Value};

/// Reads a struct from a known value.
///
/// # Errors
/// A diagnostic on the attribute that does not fit.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Diagnostic> {
    serde_path_to_error::deserialize(Reader(value)).map_err(|error| {
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index as i64)),
            Segment::Map { key } => Some(Step::Attribute(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let path = Path(error.path().iter().filter_map(step).collect());
        Diagnostic::error("A value does not fit the provider's model", error.inner().to_string()).at(path)
    })
}

/// Writes a struct as a value of type `ty`.
///
/// # Errors
/// A struct that does not fit its schema, which is an error of the provider.
pub fn to_value<T: Serialize>(model: &T, ty: &Type) -> Result<Value, Diagnostic> {
    let json = serde_json::to_string(model).map_err(|error| error.to_string());
    json.and_then(|json| from_json(&json, ty)).map_err(|what| {
        Diagnostic::error("The provider's model does not fit its schema", what)
            .hint("This is an error in the provider. Please report it.")
    })
}

#[derive(Clone, Copy)]
struct Reader<'a>(&'a Value);

type ReadError = serde::de::value::Error;

impl<'de> IntoDeserializer<'de, ReadError> for Reader<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Unknown(_) => Err(serde::de::Error::custom("the value is not known")),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(elements) => visitor.visit_seq(SeqDeserializer::new(elements.iter().map(Reader))),
            Value::Map(fields) => visitor
                .visit_map(MapDeserializer::new(fields.iter().map(|(name, value)| (name.as_str(), Reader(value))))),
            Value::Typed(typed) => Reader(&typed.value).deserialize_any(visitor),
            Value::Number(Number::Finite(number)) => match (number.is_integer(), number.to_i64(), number.to_u64()) {
                (true, Some(number), _) => visitor.visit_i64(number),
                (true, None, Some(number)) => visitor.visit_u64(number),
                _ => visitor.visit_string(number.to_plain_string()),
            },
            Value::Number(_) => Err(serde::de::Error::custom("the number is infinite")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Value::Number(Number::Finite(number)) => visitor.visit_f64(number.to_f64().unwrap_or(f64::NAN)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.0 {
            Value::String(text) => {
                let deserializer: serde::de::value::StrDeserializer<'_, ReadError> = text.as_str().into_deserializer();
                deserializer.deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msgpack::decimal;
    use bigdecimal::BigDecimal;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Robot {
        name: String,
        note: Option<String>,
        days: i64,
        weight: BigDecimal,
        tags: BTreeMap<String, bool>,
        owner: Option<Owner>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Owner {
        mails: Vec<String>,
    }

    const TAGS: Type = Type::map(&Type::Bool);
    const MAILS: Type = Type::list(&Type::String);
    const OWNER: Type = Type::object(const { &[("mails", MAILS)] });
    const TYPE: Type = Type::object(
        const {
            &[
                ("name", Type::String),
                ("note", Type::String),
                ("days", Type::Number),
                ("weight", Type::Number),
                ("tags", TAGS),
                ("owner", OWNER),
            ]
        },
    );

    fn value() -> Value {
        Value::object([
            ("name", "ada".into()),
            ("note", Value::Null),
            ("days", 30.into()),
            ("weight", Value::Number(decimal("0.10000000000000000000000000001").unwrap())),
            ("tags", Value::object([("a", true.into())])),
            ("owner", Value::object([("mails", Value::List(vec!["a@b.c".into()]))])),
        ])
    }

    #[test]
    fn a_struct_goes_there_and_back() {
        let robot: Robot = from_value(&value()).unwrap();
        assert_eq!(robot.weight.to_plain_string(), "0.10000000000000000000000000001");
        assert_eq!(to_value(&robot, &TYPE).unwrap(), value());
    }

    #[test]
    fn an_error_sits_on_its_attribute() {
        let mut wrong = value();
        wrong.put("owner", Value::object([("mails", Value::List(vec!["a".into(), 7.into()]))]));
        let error = from_value::<Robot>(&wrong).unwrap_err();
        assert_eq!(error.path.unwrap().to_string(), "owner.mails[1]");
        wrong = value();
        wrong.put("name", Value::UNKNOWN);
        assert!(from_value::<Robot>(&wrong).unwrap_err().detail.contains("not known"));
    }
}
