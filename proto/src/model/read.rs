//! A value to a struct: serde's deserializer.

use std::collections::BTreeMap;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::Fault;
use super::fit::Seen;
use crate::cty::Type;
use crate::known::KNOWN;
use crate::msgpack;
use crate::typed::TYPED;
use crate::value::{Step, Value};

/// Reads a value, or a part of one.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    value: &'a Value,
    /// Where it is written down which fields are asked for; only of a sample.
    seen: Option<&'a Seen>,
}

impl<'a> Reader<'a> {
    pub(super) fn of(value: &'a Value) -> Reader<'a> {
        Reader { value, seen: None }
    }

    pub(super) fn seen(value: &'a Value, seen: &'a Seen) -> Reader<'a> {
        Reader { value, seen: Some(seen) }
    }

    /// Reads a part under its name.
    fn named<T: DeserializeSeed<'a>>(self, name: &str, value: &'a Value, seed: T) -> Result<T::Value, Fault> {
        let read = || seed.deserialize(Reader { value, ..self });
        let read = match self.seen {
            None => read(),
            Some(seen) => seen.below(name, read),
        };
        read.map_err(|fault| fault.inside(Step::Attribute(name.to_owned())))
    }
}

/// The entries of a map, or the attributes of an object, with the value whose name was read last.
struct Entries<'a, I> {
    of: Reader<'a>,
    entries: I,
    value: Option<(&'a str, &'a Value)>,
}

impl<'de, I: Iterator<Item = (&'de str, &'de Value)>> MapAccess<'de> for Entries<'de, I> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.entries.next();
        self.value.map(|(name, _)| seed.deserialize(BorrowedStrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) = self.value.take().ok_or_else(|| Fault::new("there is no further value"))?;
        self.of.named(name, value, seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.size_hint().1
    }
}

/// The fields that a struct asks for, each found in the object: one that the object lacks is misspelled, and would be null for ever.
struct Fields<'a> {
    of: Reader<'a>,
    values: &'a BTreeMap<String, Value>,
    fields: std::slice::Iter<'static, &'static str>,
    value: Option<(&'static str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(name) = self.fields.next() else { return Ok(None) };
        let value = self.values.get(*name).ok_or_else(|| Fault::new(format_args!("the schema has no {name}")))?;
        self.value = Some((name, value));
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) = self.value.take().ok_or_else(|| Fault::new("there is no further value"))?;
        self.of.named(name, value, seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

struct Elements<'a> {
    of: Reader<'a>,
    elements: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((place, value)) = self.elements.next() else { return Ok(None) };
        let read = seed.deserialize(Reader { value, ..self.of });
        read.map(Some).map_err(|fault| fault.inside(Step::Index(place as i64)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

/// What a [`Known`](crate::known::Known) is told: the value, or that it is not known.
struct Perhaps<'a>(Reader<'a>);

impl<'de> SeqAccess<'de> for Perhaps<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        match seed.deserialize(self.0) {
            Err(fault) if fault.is_unknown() => Ok(None),
            read => read.map(Some),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Unknown(_) => Err(Fault::unknown()),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(elements) => visitor.visit_seq(Elements { of: self, elements: elements.iter().enumerate() }),
            Value::Map(fields) => {
                let entries = fields.iter().map(|(name, value)| (name.as_str(), value));
                visitor.visit_map(Entries { of: self, entries, value: None })
            }
            Value::Typed(typed) => Reader { value: &typed.value, ..self }.deserialize_any(visitor),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => visitor.visit_i64(number),
                (None, Some(number)) => visitor.visit_u64(number),
                _ if number.is_finite() => visitor.visit_string(number.to_string()),
                _ => visitor.visit_f64(number.as_f64()),
            },
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Number(number) => visitor.visit_f64(number.as_f64()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match (name, self.value) {
            (KNOWN, Value::Null) => visitor.visit_unit(),
            (KNOWN, _) => visitor.visit_seq(Perhaps(self)),
            (TYPED, Value::Unknown(_)) => Err(Fault::unknown()),
            (TYPED, value) => visitor.visit_byte_buf(msgpack::to_bytes(value, &Type::Dynamic).map_err(Fault::new)?),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match (self.value, self.seen) {
            (Value::Map(values), Some(seen)) => {
                visitor.visit_map(Entries { of: self, entries: seen.asked(fields, values).into_iter(), value: None })
            }
            (Value::Map(values), None) => {
                visitor.visit_map(Fields { of: self, values, fields: fields.iter(), value: None })
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Value::String(text) => {
                let deserializer: StrDeserializer<'_, Fault> = text.as_str().into_deserializer();
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
pub(super) struct Whole<'a>(pub(super) &'a Value);

impl<'de> Deserializer<'de> for Whole<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Reader::of(self.0).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Reader::of(self.0).deserialize_option(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let of = Reader::of(self.0);
        match self.0 {
            Value::Null | Value::Unknown(_) => {
                let entries = fields.iter().map(|name| (*name, self.0));
                visitor.visit_map(Entries { of, entries, value: None })
            }
            _ => of.deserialize_struct(name, fields, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
