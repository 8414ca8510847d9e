//! Bytes to a [`Value`] and back, guided by the type: cty's dialect of msgpack.
//!
//! The dialect: an extension is an unknown (code 12 carries refinements), a number may be a decimal string, a dynamic value is a pair
//! of its type's JSON and itself, and an object always has every attribute. Source: Terraform's `object-wire-format.md`.

use std::collections::BTreeMap;

use bigdecimal::{BigDecimal, ToPrimitive as _};
use rmp::Marker;
use rmp::{decode, encode};

use crate::cty::{MAX_DEPTH, Type};
use crate::value::{Number, Path, Refinement, Step, Typed, Value};

/// More decimal places, or more digits before the point, than any number of Terraform's 512 bits needs by far: a number beyond
/// is a bomb.
const MAX_EXPONENT: u64 = 20_000;
/// As many bytes as Terraform accepts for refinements.
const MAX_REFINEMENT: usize = 1024;
const REFINED: i8 = 12;

/// Why bytes are no value of the type, or a value does not conform to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", if path.0.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct Error {
    /// Where in the value.
    pub path: Path,
    /// What is wrong.
    pub what: String,
}

fn wrong<T>(path: &Path, what: impl Into<String>) -> Result<T, Error> {
    Err(Error { path: path.clone(), what: what.into() })
}

/// Reads a value of type `ty`; nothing may follow it.
///
/// # Errors
/// Whatever is not exactly such a value, with the place.
pub fn from_bytes(bytes: &[u8], ty: &Type) -> Result<Value, Error> {
    let mut reader = Reader { rest: bytes, path: Path::default() };
    let value = reader.value(ty, 0)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        reader.fail(format!("{} bytes follow the value", reader.rest.len()))
    }
}

/// Writes a value of type `ty`. An attribute that an object lacks is written as null.
///
/// # Errors
/// A value that does not conform to the type, with the place.
pub fn to_bytes(value: &Value, ty: &Type) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    write(&mut out, value, ty, &mut Path::default())?;
    Ok(out)
}

struct Reader<'a> {
    rest: &'a [u8],
    path: Path,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, what: impl Into<String>) -> Result<T, Error> {
        wrong(&self.path, what)
    }

    fn value(&mut self, ty: &Type, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return self.fail(format!("the value nests more than {MAX_DEPTH} deep"));
        }
        let Some(&first) = self.rest.first() else { return self.fail("the message ends before the value") };
        match Marker::from_u8(first) {
            Marker::Null => {
                self.rest = &self.rest[1..];
                return Ok(Value::Null);
            }
            marker if is_ext(marker) => return self.unknown(),
            _ => {}
        }
        match ty {
            Type::Bool => decode::read_bool(&mut self.rest).map(Value::Bool).or_else(|_| self.fail("not a bool")),
            Type::Number => self.number().map(Value::Number),
            Type::String => self.text().map(Value::text),
            Type::Dynamic => self.dynamic(depth),
            Type::List(of) => self.sequence(|_| Some(&**of), None, depth).map(Value::List),
            Type::Set(of) => self.sequence(|_| Some(&**of), None, depth).map(Value::set),
            Type::Tuple(types) => self.sequence(|place| types.get(place), Some(types.len()), depth).map(Value::List),
            Type::Map(of) => self.fields(|_| Some(&**of), Step::Key, depth).map(Value::Map),
            Type::Object(fields) => {
                let read = self.fields(|name| fields.field(name), Step::Attribute, depth)?;
                // Each was one of the type's, and none was there twice: as many as there are is all of them.
                if read.len() < fields.len()
                    && let Some((missing, _)) = fields.sorted().into_iter().find(|(name, _)| !read.contains_key(*name))
                {
                    return self.fail(format!("the attribute {missing:?} is missing"));
                }
                Ok(Value::Map(read))
            }
        }
    }

    fn number(&mut self) -> Result<Number, Error> {
        let start = self.rest;
        let marker = Marker::from_u8(start[0]);
        match marker {
            Marker::F32 => decode::read_f32(&mut self.rest)
                .map(f64::from)
                .or_else(|_| self.fail("a number breaks off"))
                .and_then(|f| self.float(f)),
            Marker::F64 => decode::read_f64(&mut self.rest)
                .or_else(|_| self.fail("a number breaks off"))
                .and_then(|f| self.float(f)),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                let text = self.text()?;
                decimal(text).or_else(|what| self.fail(what))
            }
            _ => decode::read_int::<i128, _>(&mut self.rest)
                .map(|int| Number::Finite(int.into()))
                .or_else(|_| self.fail("not a number")),
        }
    }

    fn float(&self, float: f64) -> Result<Number, Error> {
        match float {
            f64::INFINITY => Ok(Number::PositiveInfinity),
            f64::NEG_INFINITY => Ok(Number::NegativeInfinity),
            _ => BigDecimal::try_from(float)
                .map(|exact| Number::Finite(exact.normalized()))
                .or_else(|_| self.fail("not a number")),
        }
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        let Ok(length) = decode::read_str_len(&mut self.rest) else { return self.fail("not a string") };
        let bytes = self.take(length as usize)?;
        std::str::from_utf8(bytes).or_else(|_| self.fail("a string is not UTF-8"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => self.fail(format!("{length} bytes are announced, {} are there", self.rest.len())),
        }
    }

    fn sequence<'t>(
        &mut self,
        of: impl Fn(usize) -> Option<&'t Type>,
        length: Option<usize>,
        depth: usize,
    ) -> Result<Vec<Value>, Error> {
        let Ok(count) = decode::read_array_len(&mut self.rest) else { return self.fail("not a sequence") };
        let count = count as usize;
        if count > self.rest.len() || length.is_some_and(|length| length != count) {
            return self.fail(format!("{count} elements are announced"));
        }
        let mut elements = Vec::with_capacity(count.min(1024));
        for place in 0..count {
            let Some(ty) = of(place) else { return self.fail("too many elements") };
            self.path.0.push(Step::Index(place as i64));
            elements.push(self.value(ty, depth + 1)?);
            self.path.0.pop();
        }
        Ok(elements)
    }

    fn fields<'t>(
        &mut self,
        of: impl Fn(&str) -> Option<&'t Type>,
        step: fn(String) -> Step,
        depth: usize,
    ) -> Result<BTreeMap<String, Value>, Error> {
        let Ok(count) = decode::read_map_len(&mut self.rest) else { return self.fail("not a map") };
        let mut fields = BTreeMap::new();
        for _ in 0..count {
            let name = self.text()?;
            let Some(ty) = of(name) else { return self.fail(format!("there is no attribute {name:?}")) };
            self.path.0.push(step(name.to_owned()));
            let value = self.value(ty, depth + 1)?;
            if fields.insert(name.to_owned(), value).is_some() {
                return self.fail("it is there twice");
            }
            self.path.0.pop();
        }
        Ok(fields)
    }

    fn dynamic(&mut self, depth: usize) -> Result<Value, Error> {
        if !matches!(decode::read_array_len(&mut self.rest), Ok(2)) {
            return self.fail("a dynamic value is a pair of type and value");
        }
        let json = match self.rest.first().map(|first| Marker::from_u8(*first)) {
            Some(Marker::Bin8 | Marker::Bin16 | Marker::Bin32) => {
                let Ok(length) = decode::read_bin_len(&mut self.rest) else { return self.fail("a type breaks off") };
                self.take(length as usize)?
            }
            _ => self.text()?.as_bytes(),
        };
        let parsed =
            serde_json::from_slice(json).map_err(|error| error.to_string()).and_then(|json| Type::from_json(&json));
        let ty = parsed.or_else(|what| self.fail(what))?;
        let value = self.value(&ty, depth + 1)?;
        Ok(Value::Typed(Box::new(Typed { ty, value })))
    }

    fn unknown(&mut self) -> Result<Value, Error> {
        let Ok(meta) = decode::read_ext_meta(&mut self.rest) else { return self.fail("an extension breaks off") };
        let mut payload = self.take(meta.size as usize)?;
        if meta.typeid == REFINED {
            if payload.len() > MAX_REFINEMENT {
                return self.fail("a refinement is too long");
            }
            std::mem::swap(&mut payload, &mut self.rest);
            let refinement = self.refinement();
            let left = std::mem::replace(&mut self.rest, payload);
            let refinement = refinement?;
            if !left.is_empty() {
                return self.fail("bytes follow the refinements");
            }
            // Nothing promised is a plain unknown: equal values must be equal.
            let promises = (refinement != Refinement::default()).then(|| Box::new(refinement));
            return Ok(Value::Unknown(promises));
        }
        if payload.len() > 1 {
            return self.fail(format!("the extension code {} is not known", meta.typeid));
        }
        Ok(Value::UNKNOWN)
    }

    fn refinement(&mut self) -> Result<Refinement, Error> {
        let Ok(count) = decode::read_map_len(&mut self.rest) else { return self.fail("a refinement is no map") };
        let mut refinement = Refinement::default();
        for _ in 0..count {
            let key: Result<i64, _> = decode::read_int(&mut self.rest);
            match key {
                Ok(1) => {
                    refinement.null = Some(decode::read_bool(&mut self.rest).or_else(|_| self.fail("not a bool"))?)
                }
                Ok(2) => refinement.prefix = Some(self.text()?.to_owned()),
                Ok(3) => refinement.min = Some(self.bound()?),
                Ok(4) => refinement.max = Some(self.bound()?),
                Ok(5) => {
                    refinement.min_length =
                        Some(decode::read_int(&mut self.rest).or_else(|_| self.fail("not a length"))?)
                }
                Ok(6) => {
                    refinement.max_length =
                        Some(decode::read_int(&mut self.rest).or_else(|_| self.fail("not a length"))?)
                }
                _ => return self.fail("a refinement that is not known"),
            }
        }
        Ok(refinement)
    }

    fn bound(&mut self) -> Result<(Number, bool), Error> {
        if !matches!(decode::read_array_len(&mut self.rest), Ok(2)) || self.rest.is_empty() {
            return self.fail("a bound is a pair of number and bool");
        }
        let number = self.number()?;
        let included =
            decode::read_bool(&mut self.rest).or_else(|_| self.fail("a bound is a pair of number and bool"))?;
        Ok((number, included))
    }
}

fn is_ext(marker: Marker) -> bool {
    use Marker::{Ext8, Ext16, Ext32, FixExt1, FixExt2, FixExt4, FixExt8, FixExt16};
    matches!(marker, FixExt1 | FixExt2 | FixExt4 | FixExt8 | FixExt16 | Ext8 | Ext16 | Ext32)
}

/// Reads a decimal number as Terraform writes one, in a message or in a state.
///
/// # Errors
/// A text that is no number, or one whose exponent would need an absurd number of digits.
pub fn decimal(text: &str) -> Result<Number, String> {
    let number: BigDecimal = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    let (digits, scale) = (number.digits(), number.fractional_digit_count().unsigned_abs());
    if digits > MAX_EXPONENT || scale > MAX_EXPONENT {
        return Err("a number has too many digits".to_owned());
    }
    Ok(Number::Finite(number.normalized()))
}

fn write(out: &mut Vec<u8>, value: &Value, ty: &Type, path: &mut Path) -> Result<(), Error> {
    const ENDLESS: &str = "a Vec takes every byte";
    match (value, ty) {
        (Value::Null, _) => encode::write_nil(out).expect(ENDLESS),
        (Value::Unknown(refinement), _) => {
            match refinement.as_deref().filter(|refinement| **refinement != Refinement::default()) {
                None => out.extend([0xd4, 0, 0]),
                Some(refinement) => {
                    let payload = refined(refinement);
                    encode::write_ext_meta(out, payload.len() as u32, REFINED).expect(ENDLESS);
                    out.extend(payload);
                }
            }
        }
        (Value::Bool(value), Type::Bool) => encode::write_bool(out, *value).expect(ENDLESS),
        (Value::Number(value), Type::Number) => number(out, value),
        (Value::String(text), Type::String) => encode::write_str(out, text).expect(ENDLESS),
        (Value::Typed(typed), Type::Dynamic) => {
            encode::write_array_len(out, 2).expect(ENDLESS);
            encode::write_bin(out, typed.ty.to_json().to_string().as_bytes()).expect(ENDLESS);
            write(out, &typed.value, &typed.ty, path)?;
        }
        (Value::List(elements), Type::List(of) | Type::Set(of)) => {
            encode::write_array_len(out, elements.len() as u32).expect(ENDLESS);
            for (place, element) in elements.iter().enumerate() {
                below(out, element, of, path, Step::Index(place as i64))?;
            }
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            encode::write_array_len(out, elements.len() as u32).expect(ENDLESS);
            for (place, (element, ty)) in elements.iter().zip(types.iter()).enumerate() {
                below(out, element, ty, path, Step::Index(place as i64))?;
            }
        }
        (Value::Map(fields), Type::Map(of)) => {
            encode::write_map_len(out, fields.len() as u32).expect(ENDLESS);
            for (key, element) in fields {
                encode::write_str(out, key).expect(ENDLESS);
                below(out, element, of, path, Step::Key(key.clone()))?;
            }
        }
        (Value::Map(fields), Type::Object(types)) => {
            if let Some(stray) = fields.keys().find(|name| types.field(name).is_none()) {
                return wrong(path, format!("there is no attribute {stray:?}"));
            }
            let types = types.sorted();
            encode::write_map_len(out, types.len() as u32).expect(ENDLESS);
            for (name, ty) in types {
                encode::write_str(out, name).expect(ENDLESS);
                below(out, fields.get(name).unwrap_or(&Value::Null), ty, path, Step::Attribute(name.to_owned()))?;
            }
        }
        _ => return wrong(path, format!("the value is no {ty}")),
    }
    Ok(())
}

fn below(out: &mut Vec<u8>, value: &Value, ty: &Type, path: &mut Path, step: Step) -> Result<(), Error> {
    path.0.push(step);
    write(out, value, ty, path)?;
    path.0.pop();
    Ok(())
}

fn number(out: &mut Vec<u8>, value: &Number) {
    const ENDLESS: &str = "a Vec takes every byte";
    match value {
        Number::PositiveInfinity => encode::write_f64(out, f64::INFINITY).expect(ENDLESS),
        Number::NegativeInfinity => encode::write_f64(out, f64::NEG_INFINITY).expect(ENDLESS),
        Number::Finite(decimal) => match decimal.is_integer().then(|| decimal.to_i64()).flatten() {
            Some(int) => {
                encode::write_sint(out, int).expect(ENDLESS);
            }
            None => encode::write_str(out, &decimal.normalized().to_plain_string()).expect(ENDLESS),
        },
    }
}

fn refined(refinement: &Refinement) -> Vec<u8> {
    let mut entries: Vec<(u8, Vec<u8>)> = Vec::new();
    let mut entry = |key, fill: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        fill(&mut bytes);
        entries.push((key, bytes));
    };
    const ENDLESS: &str = "a Vec takes every byte";
    if let Some(null) = refinement.null {
        entry(1, &|out| encode::write_bool(out, null).expect(ENDLESS));
    }
    if let Some(prefix) = &refinement.prefix {
        entry(2, &|out| encode::write_str(out, prefix).expect(ENDLESS));
    }
    for (key, bound) in [(3, &refinement.min), (4, &refinement.max)] {
        if let Some((bound, included)) = bound {
            entry(key, &|out| {
                encode::write_array_len(out, 2).expect(ENDLESS);
                number(out, bound);
                encode::write_bool(out, *included).expect(ENDLESS);
            });
        }
    }
    for (key, length) in [(5, refinement.min_length), (6, refinement.max_length)] {
        if let Some(length) = length {
            entry(key, &|out| {
                encode::write_sint(out, length).expect(ENDLESS);
            });
        }
    }
    let mut out = Vec::new();
    encode::write_map_len(&mut out, entries.len() as u32).expect(ENDLESS);
    for (key, bytes) in entries {
        out.push(key);
        out.extend(bytes);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::{Fields, Of, Places};
    use proptest::prelude::*;

    #[track_caller]
    fn check(ty: &Type, bytes: &[u8], value: &Value) {
        assert_eq!(from_bytes(bytes, ty).as_ref(), Ok(value), "reading");
        assert_eq!(to_bytes(value, ty).unwrap(), bytes, "writing");
    }

    #[track_caller]
    fn refused(ty: &Type, bytes: &[u8], what: &str) {
        let error = from_bytes(bytes, ty).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }

    fn number(text: &str) -> Value {
        Value::Number(decimal(text).unwrap())
    }

    #[test]
    fn values_are_spelled_as_terraform_spells_them() {
        check(&Type::String, b"\xa2hi", &"hi".into());
        check(&Type::Bool, b"\xc3", &true.into());
        check(&Type::Number, b"\x07", &7.into());
        check(&Type::Number, b"\xd1\xff\x00", &number("-256"));
        check(&Type::Number, b"\xa30.1", &number("0.1"));
        check(&Type::Number, b"\xb39223372036854775808", &number("9223372036854775808"));
        check(&Type::Number, b"\xcb\x7f\xf0\0\0\0\0\0\0", &Value::Number(Number::PositiveInfinity));
        check(&Type::String, b"\xc0", &Value::Null);
        check(&Type::String, b"\xd4\0\0", &Value::UNKNOWN);
        check(&Type::list(&Type::Bool), b"\x92\xc2\xc3", &Value::List(vec![false.into(), true.into()]));
        check(&Type::map(&Type::Bool), b"\x81\xa1a\xc2", &Value::object([("a", false.into())]));
        const PAIR: Type = Type::object(&[("b", Type::Bool), ("a", Type::String)]);
        check(&PAIR, b"\x82\xa1a\xa1x\xa1b\xc0", &Value::object([("a", "x".into()), ("b", Value::Null)]));
        let dynamic = Value::Typed(Box::new(Typed { ty: Type::Bool, value: true.into() }));
        check(&Type::Dynamic, b"\x92\xc4\x06\"bool\"\xc3", &dynamic);
    }

    #[test]
    fn a_float_keeps_its_exact_value() {
        assert_eq!(from_bytes(b"\xcb\x3f\xe0\0\0\0\0\0\0", &Type::Number).unwrap(), number("0.5"));
    }

    #[test]
    fn a_refined_unknown_keeps_its_promises() {
        let refinement = Refinement {
            null: Some(false),
            prefix: Some("ab".into()),
            min: Some((1.into(), true)),
            max_length: Some(9),
            ..Default::default()
        };
        let value = Value::Unknown(Some(Box::new(refinement)));
        let bytes = b"\xc7\x0b\x0c\x84\x01\xc2\x02\xa2ab\x03\x92\x01\xc3\x06\x09";
        let bytes = [&bytes[..1], &[(bytes.len() - 3) as u8], &bytes[2..]].concat();
        check(&Type::String, &bytes, &value);
        assert_eq!(to_bytes(&Value::Unknown(Some(Box::default())), &Type::String).unwrap(), b"\xd4\0\0");
        assert_eq!(from_bytes(b"\xc7\x01\x0c\x80", &Type::String).unwrap(), Value::UNKNOWN);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place() {
        refused(&Type::String, b"", "ends before");
        refused(&Type::String, b"\xa5hi", "5 bytes are announced, 2 are there");
        refused(&Type::String, b"\x07", "not a string");
        refused(&Type::String, b"\xa1\xff", "UTF-8");
        refused(&Type::Bool, b"\xc3\xc3", "1 bytes follow");
        refused(&Type::list(&Type::Bool), b"\xdd\xff\xff\xff\xff", "4294967295 elements");
        refused(&Type::list(&Type::Bool), b"\x92\xc3\x07", "[1]: not a bool");
        refused(&Type::object(&[("a", Type::Bool)]), b"\x80", "\"a\" is missing");
        refused(&Type::object(&[("a", Type::Bool)]), b"\x81\xa1b\xc3", "no attribute \"b\"");
        refused(&Type::object(&[("a", Type::Bool)]), b"\x82\xa1a\xc3\xa1a\xc3", "twice");
        refused(&Type::String, b"\xd5\x05\0\0", "extension code 5");
        refused(&Type::String, b"\xc7\x02\x0c\x81\x09", "not known");
        refused(&Type::String, b"\xc7\x02\x0c\x80\x01", "bytes follow the refinements");
        refused(&Type::Number, b"\xacx1e999999999", "not a number");
        refused(&Type::Number, b"\xab1e999999999", "too many digits");
        refused(&Type::Number, b"\xcb\x7f\xf8\0\0\0\0\0\0", "not a number");
        refused(&Type::Dynamic, b"\x92\xc4\x03\"x\"\xc3", "no type");
        let mut bomb = vec![];
        for _ in 0..10_000 {
            bomb.extend(b"\x92\xc4\x09\"dynamic\"");
        }
        refused(&Type::Dynamic, &bomb, "nests more than");
    }

    #[test]
    fn a_value_that_does_not_conform_is_not_written() {
        let error = to_bytes(&Value::List(vec![7.into()]), &Type::list(&Type::Bool)).unwrap_err();
        assert_eq!(error.to_string(), "[0]: the value is no bool");
        assert!(to_bytes(&Value::object([("x", Value::Null)]), &Type::object(&[])).is_err());
    }

    fn types() -> impl Strategy<Value = Type> {
        let leaf = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String), Just(Type::Dynamic)];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let of = |ty| Of::Owned(Box::new(ty));
            prop_oneof![
                inner.clone().prop_map(move |ty| Type::List(of(ty))),
                inner.clone().prop_map(move |ty| Type::Set(of(ty))),
                inner.clone().prop_map(move |ty| Type::Map(of(ty))),
                prop::collection::vec(inner.clone(), 0..4).prop_map(|types| Type::Tuple(Places::Owned(types))),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|f| Type::Object(Fields::Owned(f))),
            ]
        })
    }

    fn values(ty: &Type) -> BoxedStrategy<Value> {
        let known: BoxedStrategy<Value> = match ty.clone() {
            Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            Type::Number => "-?[1-9][0-9]{0,30}(\\.[0-9]{1,30})?".prop_map(|text| number(&text)).boxed(),
            Type::String => any::<String>().prop_map(Value::text).boxed(),
            Type::Dynamic => types()
                .prop_flat_map(|ty| values(&ty).prop_map(move |value| (ty.clone(), value)))
                .prop_map(|(ty, value)| Value::Typed(Box::new(Typed { ty, value })))
                .boxed(),
            Type::List(of) => prop::collection::vec(values(&of), 0..4).prop_map(Value::List).boxed(),
            Type::Set(of) => prop::collection::vec(values(&of), 0..4).prop_map(Value::set).boxed(),
            Type::Map(of) => {
                prop::collection::btree_map(any::<String>(), values(&of), 0..4).prop_map(Value::Map).boxed()
            }
            Type::Tuple(types) => types.iter().map(values).collect::<Vec<_>>().prop_map(Value::List).boxed(),
            Type::Object(fields) => {
                let (names, types): (Vec<String>, Vec<_>) =
                    fields.sorted().into_iter().map(|(name, ty)| (name.to_owned(), values(ty))).unzip();
                types.prop_map(move |values| Value::object(names.iter().cloned().zip(values))).boxed()
            }
        };
        prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::UNKNOWN)].boxed()
    }

    proptest! {
        #[test]
        fn every_value_goes_there_and_back(
            (ty, value) in types().prop_flat_map(|ty| { let values = values(&ty); (Just(ty), values) })
        ) {
            let bytes = to_bytes(&value, &ty).unwrap();
            prop_assert_eq!(from_bytes(&bytes, &ty).unwrap(), value);
        }

        #[test]
        fn no_bytes_make_it_panic(ty in types(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(from_bytes(&bytes, &ty));
        }

        #[test]
        fn a_broken_message_is_an_error_or_another_value(
            (ty, value) in types().prop_flat_map(|ty| { let values = values(&ty); (Just(ty), values) }),
            place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut bytes = to_bytes(&value, &ty).unwrap();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Ok(other) = from_bytes(&bytes, &ty) {
                let again = to_bytes(&other, &ty).unwrap();
                prop_assert_eq!(from_bytes(&again, &ty).unwrap(), other);
            }
        }
    }
}
