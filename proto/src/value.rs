//! A value of Terraform, and the path to a part of one.
//!
//! Unknown is a value like any other here; resource code never meets one outside its plan hook. A set is a sorted list
//! without duplicates, so that equal sets are equal values.

use std::collections::BTreeMap;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::cty::Type;

pub use crate::number::{NoNumber, Number};

/// What an attribute, a block or a whole resource holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// Nothing was set.
    #[default]
    Null,
    /// A value that only the apply will bring, with what is promised of it.
    Unknown(Option<Box<Refinement>>),
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text. Made by [`Value::text`], which normalizes it as Terraform does.
    String(String),
    /// A list, a tuple, or a set.
    List(Vec<Value>),
    /// A map, an object, or a block.
    Map(BTreeMap<String, Value>),
    /// A value in a place of dynamic type, with its own type.
    Typed(Box<Typed>),
}

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

/// What is promised of an unknown value; a promise that was planned must be kept by the apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refinement {
    /// Whether it will be null; nothing is said when absent.
    pub null: Option<bool>,
    /// How the string will begin.
    pub prefix: Option<String>,
    /// The number's lower bound, and whether the bound itself is included.
    pub min: Option<(Number, bool)>,
    /// The number's upper bound, and whether the bound itself is included.
    pub max: Option<(Number, bool)>,
    /// The least length of a collection.
    pub min_length: Option<i64>,
    /// The greatest length of a collection.
    pub max_length: Option<i64>,
}

static NULL: Value = Value::Null;
static UNKNOWN: Value = Value::UNKNOWN;

impl Value {
    /// A plain unknown, of which nothing is promised.
    pub const UNKNOWN: Value = Value::Unknown(None);

    /// A text in normalization form C, the form in which Terraform keeps every string.
    pub fn text(text: impl AsRef<str>) -> Value {
        let text = text.as_ref();
        Value::String(if text.is_ascii() { text.to_owned() } else { text.nfc().collect() })
    }

    /// An object of these attributes.
    pub fn object<K: Into<String>>(fields: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(fields.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A set: sorted, without duplicates. Two elements that are not known yet may turn out to differ, so that both stay.
    pub fn set(elements: impl IntoIterator<Item = Value>) -> Value {
        let mut elements: Vec<Value> = elements.into_iter().collect();
        elements.sort();
        elements.dedup_by(|one, other| one == other && one.is_wholly_known());
        Value::List(elements)
    }

    /// Whether nothing was set.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether this very value is unknown; its parts are not asked.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown(_))
    }

    /// Whether neither this value nor any part of it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown(_) => false,
            Value::List(elements) => elements.iter().all(Value::is_wholly_known),
            Value::Map(fields) => fields.values().all(Value::is_wholly_known),
            Value::Typed(typed) => typed.value.is_wholly_known(),
            _ => true,
        }
    }

    /// The text, of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The attribute `name`; null where there is none, unknown in what is unknown itself.
    pub fn at(&self, name: &str) -> &Value {
        match self {
            Value::Map(fields) => fields.get(name).unwrap_or(&NULL),
            Value::Unknown(_) => &UNKNOWN,
            _ => &NULL,
        }
    }

    /// The part one step inside; null where there is none, unknown in what is unknown itself.
    pub fn inside(&self, step: &Step) -> &Value {
        match (self, step) {
            (Value::List(elements), Step::Index(index)) => {
                usize::try_from(*index).ok().and_then(|index| elements.get(index)).unwrap_or(&NULL)
            }
            (_, Step::Attribute(name) | Step::Key(name)) => self.at(name),
            (Value::Unknown(_), _) => &UNKNOWN,
            _ => &NULL,
        }
    }

    /// Sets the attribute `name` of an object; anything else stays what it is.
    pub fn put(&mut self, name: &str, value: Value) {
        if let Value::Map(fields) = self {
            fields.insert(name.to_owned(), value);
        }
    }

    /// The part that `path` leads to, if there is one.
    pub fn find(&self, path: &Path) -> Option<&Value> {
        path.0.iter().try_fold(self, |value, step| match (value, step) {
            (Value::Map(fields), Step::Attribute(name) | Step::Key(name)) => fields.get(name),
            (Value::List(elements), Step::Index(index)) => elements.get(usize::try_from(*index).ok()?),
            _ => None,
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}
impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::text(text)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number.into())
    }
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into an attribute or a block.
    Attribute(String),
    /// Into an element of a list.
    Index(i64),
    /// Into an element of a map.
    Key(String),
}

/// The way from a resource to one of its parts. The elements of a set have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The attribute or block `name` of the resource itself.
    pub fn attribute(name: &str) -> Path {
        Path(vec![Step::Attribute(name.to_owned())])
    }

    /// One step further.
    #[must_use]
    pub fn then(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// The attribute `name` below this.
    #[must_use]
    pub fn join(&self, name: &str) -> Path {
        self.then(Step::Attribute(name.to_owned()))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if place == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decomposed_text_equals_the_composed_one() {
        assert_eq!(Value::text("Zu\u{308}rich"), Value::text("Zürich"));
    }

    #[test]
    fn a_set_has_neither_order_nor_duplicates() {
        assert_eq!(Value::set(["b".into(), "a".into(), "b".into()]), Value::set(["a".into(), "b".into()]));
    }

    #[test]
    fn a_path_reads_as_in_a_configuration() {
        let path = Path::attribute("rules").then(Step::Index(2)).join("tags").then(Step::Key("a b".into()));
        assert_eq!(path.to_string(), r#"rules[2].tags["a b"]"#);
    }

    #[test]
    fn what_is_inside_the_unknown_is_unknown() {
        assert!(Value::UNKNOWN.at("id").is_unknown());
        assert!(Value::object([("id", Value::Null)]).at("name").is_null());
    }
}
