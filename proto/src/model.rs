//! A [`Value`] to an author's own struct and back, by serde; an error names the attribute.
//!
//! A number that is no 64-bit integer reaches a struct as text unless it asks for a float: `BigDecimal` then keeps every digit.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};

use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::json::from_json;
use crate::known::KNOWN;
use crate::value::{Path, Step, Value};

/// Reads a struct from a known value of a state.
///
/// # Errors
/// A diagnostic on the attribute that does not fit.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Diagnostic> {
    T::deserialize(Reader(value)).map_err(|fault| {
        fault.diagnostic().hint(
            "Run `terraform apply -refresh-only`; if it does not help, remove the object from the state and import it afresh.",
        )
    })
}

/// Reads a struct from a known configuration.
pub(crate) fn from_config<T: DeserializeOwned>(config: &Value) -> Result<T, Diagnostic> {
    T::deserialize(Reader(config)).map_err(Fault::diagnostic)
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
    let json = serde_json::to_string(model).map_err(|error| error.to_string());
    json.and_then(|json| from_json(&json, ty)).map_err(|what| {
        Diagnostic::error("The provider's model does not fit its schema", what)
            .hint("This is an error in the provider. Please report it.")
    })
}

/// Why a value is not what a struct asks for.
#[derive(Debug)]
struct Fault {
    /// The way to the value, from its end.
    steps: Vec<Step>,
    what: String,
    /// Whether all that is wrong is that the value is not known.
    unknown: bool,
}

impl Fault {
    fn new(what: impl fmt::Display) -> Fault {
        Fault { steps: Vec::new(), what: what.to_string(), unknown: false }
    }

    fn inside(mut self, step: impl FnOnce() -> Step) -> Fault {
        self.steps.push(step());
        self
    }

    fn diagnostic(self) -> Diagnostic {
        let Fault { mut steps, what, .. } = self;
        steps.reverse();
        let path = Path(steps);
        if path.0.is_empty() {
            return Diagnostic::error("Invalid value", format!("The value does not fit: {what}."));
        }
        Diagnostic::error(format!("Invalid value for {path}"), format!("The value does not fit: {what}.")).at(path)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Fault {
        Fault::new(what)
    }
}

/// Reads a value, or a part of one.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Value);

/// The attributes of an object or the elements of a map, with the value whose name was read last.
struct Entries<'a, I>(I, Option<(&'a str, &'a Value)>);

impl<'de, I: Iterator<Item = (&'de str, &'de Value)>> MapAccess<'de> for Entries<'de, I> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.1 = self.0.next();
        self.1.map(|(name, _)| seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) = self.1.take().ok_or_else(|| Fault::new("there is no further value"))?;
        seed.deserialize(Reader(value)).map_err(|fault| fault.inside(|| Step::Attribute(name.to_owned())))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint().1
    }
}

struct Elements<'a>(std::iter::Enumerate<std::slice::Iter<'a, Value>>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((place, value)) = self.0.next() else { return Ok(None) };
        let step = || Step::Index(place as i64);
        seed.deserialize(Reader(value)).map(Some).map_err(|fault| fault.inside(step))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// What a [`Known`](crate::known::Known) is told: the value, or that it is not known.
struct Perhaps<'a>(&'a Value);

impl<'de> SeqAccess<'de> for Perhaps<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        match seed.deserialize(Reader(self.0)) {
            Err(fault) if fault.unknown => Ok(None),
            read => read.map(Some),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Unknown(_) => Err(Fault { unknown: true, ..Fault::new("it is not known") }),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(elements) => visitor.visit_seq(Elements(elements.iter().enumerate())),
            Value::Map(fields) => {
                visitor.visit_map(Entries(fields.iter().map(|(name, value)| (name.as_str(), value)), None))
            }
            Value::Typed(typed) => Reader(&typed.value).deserialize_any(visitor),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => visitor.visit_i64(number),
                (None, Some(number)) => visitor.visit_u64(number),
                _ if number.is_finite() => visitor.visit_string(number.to_string()),
                _ => visitor.visit_f64(number.as_f64()),
            },
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Number(number) => visitor.visit_f64(number.as_f64()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null if name == KNOWN => visitor.visit_unit(),
            value if name == KNOWN => visitor.visit_seq(Perhaps(value)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// Field by field, so that one that the object lacks is found: a misspelled name would be null for ever.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Value::Map(values) = self.0 else { return self.deserialize_any(visitor) };
        if let Some(missing) = fields.iter().find(|name| !values.contains_key(**name)) {
            return Err(Fault::new(format!("the schema has no {missing}")));
        }
        let one = |name: &&'static str| values.get_key_value(*name).map(|(name, value)| (name.as_str(), value));
        visitor.visit_map(Entries(fields.iter().filter_map(one), None))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(text) => {
                let deserializer: serde::de::value::StrDeserializer<'_, Fault> = text.as_str().into_deserializer();
                deserializer.deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// Reads a whole object, of which every attribute is null when it is, and unknown when it is.
struct Whole<'a>(&'a Value);

impl<'de> Deserializer<'de> for Whole<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Reader(self.0).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Reader(self.0).deserialize_option(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null | Value::Unknown(_) => {
                visitor.visit_map(Entries(fields.iter().map(|name| (*name, self.0)), None))
            }
            value => Reader(value).deserialize_struct(name, fields, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::Known;
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
            ("weight", Value::Number("0.10000000000000000000000000001".parse().unwrap())),
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
        wrong = value();
        wrong.put("days", "soon".into());
        let error = from_value::<Robot>(&wrong).unwrap_err();
        assert_eq!(error.summary, "Invalid value for days");
        assert!(error.detail.contains("\"soon\"") && error.hint.contains("-refresh-only"), "{error:?}");
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct View {
        name: Known<String>,
        days: Known<u32>,
        owner: Known<Owner>,
        weight: Option<BigDecimal>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        owner: Known<Mails>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Mails {
        mails: Known<Vec<Known<String>>>,
    }

    #[test]
    fn a_view_tells_the_unknown_from_nothing() {
        let mut planned = value();
        planned.put("name", Value::UNKNOWN);
        planned.put("days", Value::Null);
        planned.put("owner", Value::object([("mails", Value::List(vec!["a@b.c".into(), Value::UNKNOWN]))]));
        let seen: View = view(&planned).unwrap();
        assert_eq!((seen.name, seen.days, seen.owner), (Known::Unknown, Known::Null, Known::Unknown));
        let inner: Inner = view(&planned).unwrap();
        let mails = inner.owner.into_known().unwrap().mails.into_known().unwrap();
        assert_eq!(mails, [Known::Known("a@b.c".to_owned()), Known::Unknown]);
    }

    #[test]
    fn of_an_object_that_is_not_there_every_field_is_null() {
        let seen: View = view(&Value::Null).unwrap();
        assert_eq!(seen, View { name: Known::Null, days: Known::Null, owner: Known::Null, weight: None });
        assert!(view::<Inner>(&Value::UNKNOWN).unwrap().owner.is_unknown());
    }

    #[test]
    fn a_misspelled_field_is_an_error() {
        #[derive(Debug, Deserialize)]
        struct Wrong {
            #[serde(rename = "nmae")]
            _name: Known<String>,
        }
        assert!(view::<Wrong>(&value()).unwrap_err().detail.contains("nmae"));
    }
}
