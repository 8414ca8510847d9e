//! What stands where any type may: a value, and the type that it brings along.
//!
//! A model may hold one. No format of serde knows Terraform's types, so that it goes there and back as the bytes of the wire.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::cty::Type;
use crate::msgpack::{from_bytes, to_bytes};
use crate::value::Value;

/// By this name values recognize a [`Typed`].
pub(crate) const TYPED: &str = "tfplugin::Typed";

/// A value and the type it brings along.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// The value, which conforms to it.
    pub value: Value,
}

impl PartialEq for Typed {
    fn eq(&self, other: &Typed) -> bool {
        self.value == other.value && self.ty == other.ty
    }
}
impl Eq for Typed {}
impl PartialOrd for Typed {
    fn partial_cmp(&self, other: &Typed) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Typed {
    fn cmp(&self, other: &Typed) -> std::cmp::Ordering {
        let spelled = |typed: &Typed| typed.ty.to_json();
        self.value.cmp(&other.value).then_with(|| spelled(self).cmp(&spelled(other)))
    }
}

impl Serialize for Typed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = Value::Typed(Box::new(self.clone()));
        let bytes = to_bytes(&value, &Type::Dynamic).map_err(S::Error::custom)?;
        serializer.serialize_newtype_struct(TYPED, &bytes)
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Typed, D::Error> {
        deserializer.deserialize_newtype_struct(TYPED, Spelled)
    }
}

struct Spelled;

impl<'de> Visitor<'de> for Spelled {
    type Value = Typed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its type")
    }

    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Typed, E> {
        match from_bytes(&bytes, &Type::Dynamic) {
            Ok(Value::Typed(typed)) => Ok(*typed),
            Ok(_) => Err(E::custom("there is no value")),
            Err(error) => Err(E::custom(error)),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Typed, D::Error> {
        self.visit_byte_buf(Vec::deserialize(deserializer)?)
    }
}
