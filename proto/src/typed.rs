//! What stands where any type may: a value, and the type that it brings along.
//!
//! A model may hold one. No format of serde knows Terraform's types, so that it goes there and back as the bytes of the wire.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::cty::Type;
use crate::msgpack::{from_bytes, to_bytes};
use crate::value::{Typed, Value};

/// By this name values recognize a [`Typed`].
pub(crate) const TYPED: &str = "tfplugin::Typed";

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
