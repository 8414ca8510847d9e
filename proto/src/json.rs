//! A stored state's JSON to a [`Value`], guided by the type.
//!
//! Numbers keep every digit: they are read from the text, not from a float. What the type does not know is left out, and what the
//! JSON lacks is null, so that a state of an older build of the same version reads as one of this.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::cty::Type;
use crate::number::NoNumber;
use crate::value::{Path, Step, Typed, Value};

/// Reads a value of type `ty`.
///
/// # Errors
/// What is no JSON, or JSON of another shape, with the place.
pub fn from_json(text: &str, ty: &Type) -> Result<Value, String> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    read(raw, ty, &Path::default()).map_err(|(path, what)| format!("{path}: {what}"))
}

fn read(raw: &RawValue, ty: &Type, path: &Path) -> Result<Value, (Path, String)> {
    let fail = |_| (path.clone(), format!("it is no {ty}"));
    let text = raw.get();
    if text == "null" {
        return Ok(Value::Null);
    }
    match ty {
        Type::Bool => serde_json::from_str(text).map(Value::Bool).map_err(fail),
        Type::String => serde_json::from_str::<String>(text).map(Value::text).map_err(fail),
        Type::Number => {
            // Terraform writes numbers bare; a number in quotes is accepted, as Terraform does.
            let quoted: Option<String> = serde_json::from_str(text).ok();
            let number = quoted.as_deref().unwrap_or(text).parse();
            number.map(Value::Number).map_err(|what: NoNumber| (path.clone(), what.to_string()))
        }
        Type::List(of) => elements(text, path, |_| Some(&**of)).map(Value::List),
        Type::Set(of) => elements(text, path, |_| Some(&**of)).map(Value::set),
        Type::Tuple(types) => match elements(text, path, |place| types.get(place))? {
            read if read.len() == types.len() => Ok(Value::List(read)),
            short => Err((path.clone(), format!("it has {} elements, and {} belong there", short.len(), types.len()))),
        },
        Type::Map(of) => {
            let raws: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(fail)?;
            let one = |(key, raw): (String, &RawValue)| {
                let value = read(raw, of, &path.then(Step::Key(key.clone())))?;
                Ok((key, value))
            };
            raws.into_iter().map(one).collect::<Result<_, _>>().map(Value::Map)
        }
        Type::Object(fields) => {
            let raws: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(fail)?;
            let one = |(name, ty): (&str, &Type)| {
                let value = raws.get(name).map_or(Ok(Value::Null), |raw| read(raw, ty, &path.join(name)))?;
                Ok((name.to_owned(), value))
            };
            fields.in_order().map(one).collect::<Result<_, _>>().map(Value::Map)
        }
        Type::Dynamic => {
            #[derive(serde::Deserialize)]
            struct Pair<'a> {
                #[serde(borrow)]
                r#type: &'a RawValue,
                #[serde(borrow)]
                value: &'a RawValue,
            }
            let pair: Pair<'_> = serde_json::from_str(text).map_err(fail)?;
            let ty = Type::from_json(pair.r#type.get()).map_err(|what| (path.clone(), what))?;
            let value = read(pair.value, &ty, path)?;
            Ok(Value::Typed(Box::new(Typed { ty, value })))
        }
    }
}

fn elements<'t>(text: &str, path: &Path, of: impl Fn(usize) -> Option<&'t Type>) -> Result<Vec<Value>, (Path, String)> {
    let raws: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|_| (path.clone(), "it is no sequence".to_owned()))?;
    let one = |(place, raw): (usize, &&RawValue)| {
        let path = path.then(Step::Index(place as i64));
        let Some(ty) = of(place) else { return Err((path, "there are too many elements".to_owned())) };
        read(raw, ty, &path)
    };
    raws.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: Type = Type::map(&Type::Bool);
    const TYPE: Type = Type::object(
        const { &[("name", Type::String), ("size", Type::Number), ("tags", TAGS), ("any", Type::Dynamic)] },
    );

    #[test]
    fn every_digit_of_a_number_is_kept() {
        let value = from_json(r#"{"size": 3.14159265358979323846264338327950288}"#, &TYPE).unwrap();
        assert_eq!(value.at("size"), &Value::Number("3.14159265358979323846264338327950288".parse().unwrap()));
    }

    #[test]
    fn what_is_missing_is_null_and_what_is_strange_is_left_out() {
        let value = from_json(r#"{"name":"a","old":[1,2]}"#, &TYPE).unwrap();
        assert_eq!(
            value,
            Value::object([("name", "a".into()), ("size", Value::Null), ("tags", Value::Null), ("any", Value::Null)])
        );
    }

    #[test]
    fn a_dynamic_value_brings_its_type() {
        let value = from_json(r#"{"any":{"type":["list","bool"],"value":[true]}}"#, &TYPE).unwrap();
        let Value::Typed(typed) = value.at("any") else { panic!("{value:?}") };
        assert_eq!(typed.value, Value::List(vec![true.into()]));
    }

    #[test]
    fn the_place_of_an_error_is_named() {
        assert_eq!(from_json(r#"{"tags":{"x":1}}"#, &TYPE).unwrap_err(), r#"tags["x"]: it is no bool"#);
        assert!(from_json("{", &TYPE).unwrap_err().starts_with("it is not JSON"));
        let pair = Type::tuple(const { &[Type::Bool, Type::Bool] });
        assert!(from_json("[true]", &pair).unwrap_err().contains("it has 1 elements, and 2 belong there"));
    }
}
