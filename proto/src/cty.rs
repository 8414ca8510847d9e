//! Terraform's type system, and the JSON in which the wire spells a type.
//!
//! A schema is `const` data and borrows its element types; a type that arrives at run time, inside a dynamic value, owns
//! them. [`Of`], [`Places`] and [`Fields`] are that one difference, so that everything else sees a single `Type`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// How deep a type or a value may nest. Nothing sensible comes near; a hostile message is refused before the stack ends.
pub const MAX_DEPTH: usize = 200;

/// A type: what an attribute holds.
#[derive(Debug, Clone)]
pub enum Type {
    /// True or false.
    Bool,
    /// A decimal number of any size and precision.
    Number,
    /// A text of Unicode in normalization form C.
    String,
    /// A value that brings its own type.
    Dynamic,
    /// An ordered sequence of one type.
    List(Of),
    /// Distinct values of one type, without order.
    Set(Of),
    /// Values of one type, by name.
    Map(Of),
    /// A sequence in which each place has its own type.
    Tuple(Places),
    /// Named attributes, each with its own type.
    Object(Fields),
}

/// The type of a collection's elements.
#[derive(Debug, Clone)]
pub enum Of {
    /// Named in a schema.
    Static(&'static Type),
    /// Read from the wire or derived from blocks.
    Owned(Box<Type>),
}

impl std::ops::Deref for Of {
    type Target = Type;
    fn deref(&self) -> &Type {
        match self {
            Of::Static(ty) => ty,
            Of::Owned(ty) => ty,
        }
    }
}

/// The types of a tuple's places.
#[derive(Debug, Clone)]
pub enum Places {
    /// Named in a schema.
    Static(&'static [Type]),
    /// Read from the wire.
    Owned(Vec<Type>),
}

impl std::ops::Deref for Places {
    type Target = [Type];
    fn deref(&self) -> &[Type] {
        match self {
            Places::Static(types) => types,
            Places::Owned(types) => types,
        }
    }
}

/// The attributes of an object type.
#[derive(Debug, Clone)]
pub enum Fields {
    /// Named in a schema.
    Static(&'static [(&'static str, Type)]),
    /// Read from the wire or derived from blocks.
    Owned(BTreeMap<String, Type>),
}

impl Fields {
    /// The type of the attribute `name`.
    pub fn field(&self, name: &str) -> Option<&Type> {
        match self {
            Fields::Static(fields) => fields.iter().find(|(key, _)| *key == name).map(|(_, ty)| ty),
            Fields::Owned(fields) => fields.get(name),
        }
    }

    /// Every attribute, in the order of the names.
    pub fn in_order(&self) -> InOrder<'_> {
        match self {
            Fields::Static(fields) => {
                let mut all: Vec<(&str, &Type)> = fields.iter().map(|(name, ty)| (*name, ty)).collect();
                all.sort_unstable_by_key(|(name, _)| *name);
                InOrder(Ordered::Static(all.into_iter()))
            }
            Fields::Owned(fields) => InOrder(Ordered::Owned(fields.iter())),
        }
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        match self {
            Fields::Static(fields) => fields.len(),
            Fields::Owned(fields) => fields.len(),
        }
    }

    /// Whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The attributes of an object type in the order of their names.
#[derive(Debug)]
pub struct InOrder<'a>(Ordered<'a>);

#[derive(Debug)]
enum Ordered<'a> {
    Static(std::vec::IntoIter<(&'a str, &'a Type)>),
    Owned(std::collections::btree_map::Iter<'a, String, Type>),
}

impl<'a> Iterator for InOrder<'a> {
    type Item = (&'a str, &'a Type);

    fn next(&mut self) -> Option<(&'a str, &'a Type)> {
        match &mut self.0 {
            Ordered::Static(fields) => fields.next(),
            Ordered::Owned(fields) => fields.next().map(|(name, ty)| (name.as_str(), ty)),
        }
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => **a == **b,
            (Type::Tuple(a), Type::Tuple(b)) => **a == **b,
            (Type::Object(a), Type::Object(b)) => a.len() == b.len() && a.in_order().eq(b.in_order()),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Type {
    /// A list of `of`. What is not a plain word must stand in a `const` block: `Type::list(const { &Type::map(&Type::Bool) })`.
    pub const fn list(of: &'static Type) -> Type {
        Type::List(Of::Static(of))
    }

    /// A set of `of`.
    pub const fn set(of: &'static Type) -> Type {
        Type::Set(Of::Static(of))
    }

    /// A map of `of`.
    pub const fn map(of: &'static Type) -> Type {
        Type::Map(Of::Static(of))
    }

    /// A tuple with these types in its places.
    pub const fn tuple(of: &'static [Type]) -> Type {
        Type::Tuple(Places::Static(of))
    }

    /// An object with these attributes.
    pub const fn object(fields: &'static [(&'static str, Type)]) -> Type {
        Type::Object(Fields::Static(fields))
    }

    /// The wire's spelling, which is JSON: `"string"`, `["list","string"]`, `["object",{"a":"bool"}]`, …
    pub fn to_json(&self) -> String {
        self.spelled().to_string()
    }

    fn spelled(&self) -> Json {
        match self {
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::Dynamic => "dynamic".into(),
            Type::List(of) => Json::Array(vec!["list".into(), of.spelled()]),
            Type::Set(of) => Json::Array(vec!["set".into(), of.spelled()]),
            Type::Map(of) => Json::Array(vec!["map".into(), of.spelled()]),
            Type::Tuple(types) => Json::Array(vec!["tuple".into(), types.iter().map(Type::spelled).collect()]),
            Type::Object(fields) => {
                let fields = fields.in_order().map(|(name, ty)| (name.to_owned(), ty.spelled()));
                Json::Array(vec!["object".into(), Json::Object(fields.collect())])
            }
        }
    }

    /// Reads the wire's spelling.
    ///
    /// # Errors
    /// Says what is no type. An object's third element, the names that a type *constraint* may leave out, is refused: a
    /// value's own type never has it.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Type, String> {
        let json = serde_json::from_slice(json.as_ref()).map_err(|error| format!("it is not JSON: {error}"))?;
        Type::read(&json, 0)
    }

    fn read(json: &Json, depth: usize) -> Result<Type, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the type nests more than {MAX_DEPTH} deep"));
        }
        let of = |json: &Json| Ok::<_, String>(Of::Owned(Box::new(Type::read(json, depth + 1)?)));
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Type::Bool),
                "number" => Ok(Type::Number),
                "string" => Ok(Type::String),
                "dynamic" => Ok(Type::Dynamic),
                _ => Err(format!("there is no type named {name:?}")),
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), inner] => match (kind.as_str(), inner) {
                    ("list", inner) => Ok(Type::List(of(inner)?)),
                    ("set", inner) => Ok(Type::Set(of(inner)?)),
                    ("map", inner) => Ok(Type::Map(of(inner)?)),
                    ("tuple", Json::Array(types)) => {
                        let types = types.iter().map(|ty| Type::read(ty, depth + 1)).collect::<Result<_, _>>()?;
                        Ok(Type::Tuple(Places::Owned(types)))
                    }
                    ("object", Json::Object(fields)) => {
                        let field = |(name, ty): (&String, &Json)| Ok((name.clone(), Type::read(ty, depth + 1)?));
                        let fields: Result<_, String> = fields.iter().map(field).collect();
                        Ok(Type::Object(Fields::Owned(fields?)))
                    }
                    _ => Err(format!("{json} is no type")),
                },
                _ => Err(format!("{json} is no type")),
            },
            _ => Err(format!("{json} is no type")),
        }
    }
}

impl std::fmt::Display for Type {
    /// Words for a message: `a list of string`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::Dynamic => f.write_str("any type"),
            Type::List(of) => write!(f, "list of {}", **of),
            Type::Set(of) => write!(f, "set of {}", **of),
            Type::Map(of) => write!(f, "map of {}", **of),
            Type::Tuple(_) => f.write_str("tuple"),
            Type::Object(_) => f.write_str("object"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str) {
        let parsed = Type::from_json(json).unwrap();
        assert_eq!(parsed.to_json(), json);
    }

    #[test]
    fn the_spelling_goes_there_and_back() {
        check(r#""string""#);
        check(r#"["list",["map","number"]]"#);
        check(r#"["tuple",["bool","dynamic"]]"#);
        check(r#"["object",{"a":"string","b":["set","bool"]}]"#);
    }

    #[test]
    fn what_is_no_type_is_named() {
        for json in [r#""text""#, r#"["list"]"#, r#"["object",["a"]]"#, "7", r#"["object",{"a":"string"},["a"]]"#] {
            let error = Type::from_json(json).unwrap_err();
            assert!(error.contains("no type"), "{json}: {error}");
        }
    }

    #[test]
    fn a_schema_s_type_equals_the_same_type_from_the_wire() {
        const FROM_SCHEMA: Type =
            Type::list(const { &Type::object(const { &[("b", Type::Bool), ("a", Type::String)] }) });
        let from_wire = Type::from_json(FROM_SCHEMA.to_json()).unwrap();
        assert_eq!(FROM_SCHEMA, from_wire);
    }
}
