//! What consists of values: lists, sets and tuples, maps and objects.

use std::collections::BTreeMap;

use serde::ser::{self, Serialize};

use super::Writer;
use crate::cty::{Fields, Places, Type};
use crate::model::fault::Fault;
use crate::value::{Step, Typed, Value};

/// The elements of a list, a set or a tuple so far.
pub(in crate::model) struct Elements<'t> {
    ty: &'t Type,
    elements: Vec<Value>,
}

impl<'t> Elements<'t> {
    pub(super) fn new(ty: &'t Type, length: Option<usize>) -> Elements<'t> {
        Elements { ty, elements: Vec::with_capacity(length.unwrap_or_default()) }
    }
}

impl ser::SerializeSeq for Elements<'_> {
    type Ok = Value;
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let place = self.elements.len();
        let ty = match self.ty {
            Type::List(of) | Type::Set(of) => of,
            Type::Tuple(types) => types.get(place).ok_or_else(|| Fault::new("there are too many elements"))?,
            _ => &Type::Dynamic,
        };
        let element = value.serialize(Writer(ty)).map_err(|fault| fault.inside(Step::Index(place as i64)))?;
        self.elements.push(element);
        Ok(())
    }

    fn end(self) -> Result<Value, Fault> {
        match self.ty {
            Type::Set(_) => Ok(Value::set(self.elements)),
            Type::Tuple(types) if types.len() > self.elements.len() => Err(Fault::new("there are too few elements")),
            Type::Dynamic => {
                let (types, values) = self.elements.into_iter().map(taken_apart).unzip();
                let ty = Type::Tuple(Places::Owned(types));
                Ok(Value::Typed(Box::new(Typed { ty, value: Value::List(values) })))
            }
            _ => Ok(Value::List(self.elements)),
        }
    }
}

/// What a value in a place of any type is by itself.
fn taken_apart(value: Value) -> (Type, Value) {
    match value {
        Value::Typed(typed) => (typed.ty, typed.value),
        other => (Type::Dynamic, other),
    }
}

impl ser::SerializeTuple for Elements<'_> {
    type Ok = Value;
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        ser::SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Result<Value, Fault> {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleStruct for Elements<'_> {
    type Ok = Value;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        ser::SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Result<Value, Fault> {
        ser::SerializeSeq::end(self)
    }
}

/// The entries of a map, or the attributes of an object so far.
pub(in crate::model) struct Entries<'t> {
    ty: &'t Type,
    entries: Vec<(String, Value)>,
    key: String,
}

impl<'t> Entries<'t> {
    pub(super) fn new(ty: &'t Type, length: Option<usize>) -> Entries<'t> {
        Entries { ty, entries: Vec::with_capacity(length.unwrap_or_default()), key: String::new() }
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), Fault> {
        let ty = match self.ty {
            Type::Object(fields) => {
                fields.field(&name).ok_or_else(|| Fault::new(format_args!("the schema has no {name}")))?
            }
            Type::Map(of) => of,
            _ => &Type::Dynamic,
        };
        match value.serialize(Writer(ty)) {
            Ok(value) => {
                self.entries.push((name, value));
                Ok(())
            }
            Err(fault) => Err(fault.inside(Step::Attribute(name))),
        }
    }

    fn finish(self) -> Result<Value, Fault> {
        match self.ty {
            Type::Dynamic => {
                let apart = |(name, value): (String, Value)| {
                    let (ty, value) = taken_apart(value);
                    ((name.clone(), ty), (name, value))
                };
                let (types, values) = self.entries.into_iter().map(apart).unzip();
                let ty = Type::Object(Fields::Owned(types));
                Ok(Value::Typed(Box::new(Typed { ty, value: Value::Map(values) })))
            }
            Type::Object(fields) if fields.len() > self.entries.len() => {
                let mut all: BTreeMap<String, Value> = self.entries.into_iter().collect();
                for (name, _) in fields.in_order().filter(|(name, _)| !all.contains_key(*name)).collect::<Vec<_>>() {
                    all.insert(name.to_owned(), Value::Null);
                }
                Ok(Value::Map(all))
            }
            _ => Ok(Value::Map(self.entries.into_iter().collect())),
        }
    }
}

impl ser::SerializeStruct for Entries<'_> {
    type Ok = Value;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Fault> {
        self.put(name.to_owned(), value)
    }
    fn end(self) -> Result<Value, Fault> {
        self.finish()
    }
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = Value;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        match key.serialize(Writer(&Type::String))? {
            Value::String(key) => {
                self.key = key;
                Ok(())
            }
            _ => Err(Fault::new("a key is a text")),
        }
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let key = std::mem::take(&mut self.key);
        self.put(key, value)
    }
    fn end(self) -> Result<Value, Fault> {
        self.finish()
    }
}
