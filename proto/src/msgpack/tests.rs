//! The dialect as Terraform spells it, and the wrong spellings that are refused.

use super::*;
use crate::cty::{Fields, Of, Places};
use crate::number::Number;
use crate::value::{Refinement, Typed};
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
    Value::Number(text.parse().unwrap())
}

#[test]
fn values_are_spelled_as_terraform_spells_them() {
    check(&Type::String, b"\xa2hi", &"hi".into());
    check(&Type::Bool, b"\xc3", &true.into());
    check(&Type::Number, b"\x07", &7.into());
    check(&Type::Number, b"\xd1\xff\x00", &number("-256"));
    check(&Type::Number, b"\xa30.1", &number("0.1"));
    check(&Type::Number, b"\xb39223372036854775808", &number("9223372036854775808"));
    check(&Type::Number, b"\xcb\x7f\xf0\0\0\0\0\0\0", &Value::Number(Number::INFINITY));
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
        Type::Map(of) => prop::collection::btree_map(any::<String>(), values(&of), 0..4).prop_map(Value::Map).boxed(),
        Type::Tuple(types) => types.iter().map(values).collect::<Vec<_>>().prop_map(Value::List).boxed(),
        Type::Object(fields) => {
            let (names, types): (Vec<String>, Vec<_>) =
                fields.in_order().map(|(name, ty)| (name.to_owned(), values(ty))).unzip();
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
