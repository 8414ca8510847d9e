//! A value that may not be known yet, as a plan hook reads it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// What is in a place of a configuration, of a prior state, or of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Known<T> {
    /// This, and all of it is known.
    Known(T),
    /// Nothing.
    #[default]
    Null,
    /// What only the apply will know, or something with such a part.
    Unknown,
}

/// By this name a deserializer of values recognizes a [`Known`].
pub(crate) const KNOWN: &str = "tfplugin::Known";

impl<T> Known<T> {
    /// The value, when there is one and it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Known::Known(value) => Some(value),
            Known::Null | Known::Unknown => None,
        }
    }

    /// The value itself, when there is one and it is known.
    pub fn into_known(self) -> Option<T> {
        match self {
            Known::Known(value) => Some(value),
            Known::Null | Known::Unknown => None,
        }
    }

    /// Whether there is nothing, for certain.
    pub fn is_null(&self) -> bool {
        matches!(self, Known::Null)
    }

    /// Whether only the apply will know.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Known::Unknown)
    }

    /// What `change` makes of a known value; what is null or unknown stays so.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Known(value) => Known::Known(change(value)),
            Known::Null => Known::Null,
            Known::Unknown => Known::Unknown,
        }
    }

    /// The same of a borrowed value.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Known::Known(value) => Known::Known(value),
            Known::Null => Known::Null,
            Known::Unknown => Known::Unknown,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Known<T>, D::Error> {
        deserializer.deserialize_newtype_struct(KNOWN, Found(PhantomData))
    }
}

/// What a deserializer found: nothing, or a sequence of the one value, which is empty when the value is not known.
struct Found<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Found<T> {
    type Value = Known<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Known<T>, E> {
        Ok(Known::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut one: A) -> Result<Known<T>, A::Error> {
        Ok(one.next_element()?.map_or(Known::Unknown, Known::Known))
    }

    /// Any other format knows no unknowns.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Known<T>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Known::Null, Known::Known))
    }
}
