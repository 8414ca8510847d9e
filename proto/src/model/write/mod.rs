//! A struct to a value of a type: serde's serializer.

mod collections;

use std::fmt::Display;

use serde::ser::{Impossible, Serialize, SerializeStruct as _, Serializer};

use super::fault::Fault;
use crate::cty::Type;
use crate::msgpack;
use crate::number::Number;
use crate::typed::TYPED;
use crate::value::{Typed, Value};

use collections::{Elements, Entries};

/// Writes a value of this type.
pub(super) struct Writer<'t>(pub(super) &'t Type);

impl Writer<'_> {
    /// What is of type `own` by itself, where any type may stand.
    fn leaf(&self, own: Type, value: Value) -> Result<Value, Fault> {
        match self.0 {
            Type::Dynamic => Ok(Value::Typed(Box::new(Typed { ty: own, value }))),
            ty if *ty == own => Ok(value),
            ty => Err(Fault::new(format_args!("it is a {own}, and a {ty} belongs there"))),
        }
    }

    fn number(&self, number: impl Into<Number>) -> Result<Value, Fault> {
        self.leaf(Type::Number, Value::Number(number.into()))
    }

    /// A float as people read it: 0.1 is a tenth.
    fn float(&self, float: impl Display + Into<f64>) -> Result<Value, Fault> {
        let text = float.to_string();
        let number = text.parse().ok().or_else(|| Number::of_float(float.into()));
        self.number(number.ok_or_else(|| Fault::new("it is not a number"))?)
    }
}

impl<'t> Serializer for Writer<'t> {
    type Ok = Value;
    type Error = Fault;
    type SerializeSeq = Elements<'t>;
    type SerializeTuple = Elements<'t>;
    type SerializeTupleStruct = Elements<'t>;
    type SerializeTupleVariant = Impossible<Value, Fault>;
    type SerializeMap = Entries<'t>;
    type SerializeStruct = Entries<'t>;
    type SerializeStructVariant = Impossible<Value, Fault>;

    fn serialize_bool(self, value: bool) -> Result<Value, Fault> {
        self.leaf(Type::Bool, Value::Bool(value))
    }
    fn serialize_i8(self, number: i8) -> Result<Value, Fault> {
        self.number(i64::from(number))
    }
    fn serialize_i16(self, number: i16) -> Result<Value, Fault> {
        self.number(i64::from(number))
    }
    fn serialize_i32(self, number: i32) -> Result<Value, Fault> {
        self.number(i64::from(number))
    }
    fn serialize_i64(self, number: i64) -> Result<Value, Fault> {
        self.number(number)
    }
    fn serialize_i128(self, number: i128) -> Result<Value, Fault> {
        self.number(number)
    }
    fn serialize_u8(self, number: u8) -> Result<Value, Fault> {
        self.number(i64::from(number))
    }
    fn serialize_u16(self, number: u16) -> Result<Value, Fault> {
        self.number(i64::from(number))
    }
    fn serialize_u32(self, number: u32) -> Result<Value, Fault> {
        self.number(i64::from(number))
    }
    fn serialize_u64(self, number: u64) -> Result<Value, Fault> {
        self.number(number)
    }
    fn serialize_f32(self, float: f32) -> Result<Value, Fault> {
        self.float(float)
    }
    fn serialize_f64(self, float: f64) -> Result<Value, Fault> {
        self.float(float)
    }
    fn serialize_char(self, one: char) -> Result<Value, Fault> {
        self.serialize_str(one.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<Value, Fault> {
        match self.0 {
            // What has more digits than an integer or a float comes as text.
            Type::Number => text.parse::<Number>().map(Value::Number).map_err(Fault::new),
            _ => self.leaf(Type::String, Value::text(text)),
        }
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Fault> {
        Err(Fault::new("Terraform has no bytes"))
    }
    fn serialize_none(self) -> Result<Value, Fault> {
        Ok(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Fault> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Value, Fault> {
        Ok(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Fault> {
        Ok(Value::Null)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Fault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Value, Fault> {
        if name != TYPED {
            return value.serialize(self);
        }
        let Value::List(bytes) = value.serialize(Writer(const { &Type::list(&Type::Number) }))? else {
            return Err(Fault::new("it holds no value"));
        };
        let byte = |byte: &Value| match byte {
            Value::Number(byte) => byte.as_u64().and_then(|byte| u8::try_from(byte).ok()),
            _ => None,
        };
        let bytes: Vec<u8> = bytes.iter().filter_map(byte).collect();
        match (self.0, msgpack::from_bytes(&bytes, &Type::Dynamic).map_err(Fault::new)?) {
            (Type::Dynamic, typed) => Ok(typed),
            (ty, Value::Typed(typed)) if typed.ty == *ty => Ok(typed.value),
            (ty, _) => Err(Fault::new(format_args!("a {ty} belongs there"))),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Fault> {
        let mut entries = self.serialize_map(Some(1))?;
        entries.serialize_field(variant, value)?;
        entries.end()
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'t>, Fault> {
        match self.0 {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic => Ok(Elements::new(self.0, length)),
            ty => Err(Fault::new(format_args!("it is a sequence, and a {ty} belongs there"))),
        }
    }
    fn serialize_tuple(self, length: usize) -> Result<Elements<'t>, Fault> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements<'t>, Fault> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Fault> {
        Err(Fault::new(format_args!("Terraform has no {variant} with several values")))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries<'t>, Fault> {
        match self.0 {
            Type::Map(_) | Type::Object(_) | Type::Dynamic => Ok(Entries::new(self.0, length)),
            ty => Err(Fault::new(format_args!("it is an object, and a {ty} belongs there"))),
        }
    }
    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries<'t>, Fault> {
        self.serialize_map(Some(length))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Fault> {
        Err(Fault::new(format_args!("Terraform has no {variant} with several values")))
    }
}
