//! Whether a model has the fields of its schema.
//!
//! A model says its fields to whoever deserializes it: it reads a sample, made from the schema, and what it asks for is written down.
//! A sample cannot satisfy every type of a field (what is no id is no id), and then reading ends there; so what lies deeper and was
//! not seen yet comes first, and the sample is read until nothing new is seen.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::cty::Type;
use crate::schema::{Block, NestedBlock, Nesting, Schema};
use crate::value::{Typed, Value};

/// The key of the one element that a map has in a sample.
const ANY: &str = "*";

/// Which fields are asked for, by the place of the struct.
#[derive(Default)]
pub(super) struct Seen {
    path: RefCell<Vec<String>>,
    structs: RefCell<BTreeMap<String, &'static [&'static str]>>,
}

impl Seen {
    /// Does something one step below.
    pub(super) fn below<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        self.path.borrow_mut().push(name.to_owned());
        let done = work();
        self.path.borrow_mut().pop();
        done
    }

    /// Writes down what a struct asks for, and says what it shall be given.
    pub(super) fn asked<'a>(
        &self,
        fields: &'static [&'static str],
        values: &'a BTreeMap<String, Value>,
    ) -> Vec<(&'static str, &'a Value)> {
        let here = self.path.borrow().join(".");
        self.structs.borrow_mut().insert(here.clone(), fields);
        let is_new = |name: &str| !self.structs.borrow().contains_key(&below(&here, name));
        let mut given: Vec<_> =
            fields.iter().filter_map(|name| values.get(*name).map(|value| (*name, value))).collect();
        given.sort_by_key(|(name, value)| match is_deep(value) {
            true if is_new(name) => 0,
            true => 1,
            false => 2,
        });
        given
    }

    fn count(&self) -> usize {
        self.structs.borrow().len()
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn is_deep(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(elements) => elements.iter().any(is_deep),
        _ => false,
    }
}

/// In what the fields that `read` asks of a sample are not those of the schema.
pub(super) fn misfits(schema: &Schema, read: &dyn Fn(&Value, &Seen)) -> Vec<String> {
    let (sample, seen) = (block(&schema.block), Seen::default());
    loop {
        let before = seen.count();
        read(&sample, &seen);
        if seen.count() == before {
            break;
        }
    }
    let mut found = Vec::new();
    let structs = seen.structs.into_inner();
    if structs.contains_key("") {
        compare_block(&schema.block, "", &structs, &mut found);
    } else {
        found.push("the model is no struct".to_owned());
    }
    found
}

fn block(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name, sample(attribute.ty)));
    let blocks = block.blocks.iter().map(|nested| (nested.name, blocks(nested)));
    Value::object(attributes.chain(blocks))
}

fn blocks(nested: &NestedBlock) -> Value {
    let one = block(&nested.block);
    match nested.nesting {
        Nesting::Single | Nesting::Group => one,
        Nesting::List { .. } | Nesting::Set { .. } => Value::List(vec![one]),
        Nesting::Map => Value::object([(ANY, one)]),
    }
}

fn sample(ty: &Type) -> Value {
    match ty {
        Type::Bool => false.into(),
        Type::Number => 0.into(),
        Type::String => "".into(),
        Type::Dynamic => Value::Typed(Box::new(Typed { ty: Type::String, value: "".into() })),
        Type::List(of) | Type::Set(of) => Value::List(vec![sample(of)]),
        Type::Map(of) => Value::object([(ANY, sample(of))]),
        Type::Tuple(types) => Value::List(types.iter().map(sample).collect()),
        Type::Object(fields) => Value::object(fields.in_order().map(|(name, ty)| (name, sample(ty)))),
    }
}

type Structs = BTreeMap<String, &'static [&'static str]>;

fn compare_block(block: &Block, path: &str, structs: &Structs, found: &mut Vec<String>) {
    // What the model holds otherwise than as a struct has no fields that could be misspelled.
    let Some(fields) = structs.get(path) else { return };
    let demanded = block.attributes.iter().filter(|attribute| !attribute.write_only).map(|attribute| attribute.name);
    let optional = block.attributes.iter().filter(|attribute| attribute.write_only).map(|attribute| attribute.name);
    let blocks = block.blocks.iter().map(|nested| nested.name);
    compare(fields, &demanded.chain(blocks).collect::<Vec<_>>(), &optional.collect::<Vec<_>>(), path, found);
    for attribute in block.attributes {
        compare_type(attribute.ty, &below(path, attribute.name), structs, found);
    }
    for nested in block.blocks {
        let path = below(path, nested.name);
        let path = if nested.nesting == Nesting::Map { below(&path, ANY) } else { path };
        compare_block(&nested.block, &path, structs, found);
    }
}

fn compare_type(ty: &Type, path: &str, structs: &Structs, found: &mut Vec<String>) {
    match ty {
        Type::List(of) | Type::Set(of) => compare_type(of, path, structs, found),
        Type::Map(of) => compare_type(of, &below(path, ANY), structs, found),
        Type::Object(types) => {
            if let Some(fields) = structs.get(path) {
                let names: Vec<&str> = types.in_order().map(|(name, _)| name).collect();
                compare(fields, &names, &[], path, found);
            }
            types.in_order().for_each(|(name, ty)| compare_type(ty, &below(path, name), structs, found));
        }
        _ => {}
    }
}

fn compare(fields: &[&str], demanded: &[&str], optional: &[&str], path: &str, found: &mut Vec<String>) {
    for field in fields.iter().filter(|field| !demanded.contains(field) && !optional.contains(field)) {
        found.push(format!("{} is in the model, and not in the schema", below(path, field)));
    }
    for name in demanded.iter().filter(|name| !fields.contains(name)) {
        found.push(format!("{} is in the schema, and not in the model", below(path, name)));
    }
}
