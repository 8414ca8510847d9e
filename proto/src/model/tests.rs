//! Models and views of values, there and back.

use super::*;
use crate::known::Known;
use crate::schema::{Attribute, NestedBlock};
use crate::value::{Number, Typed};
use bigdecimal::BigDecimal;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Robot {
    name: String,
    note: Option<String>,
    days: i64,
    weight: BigDecimal,
    tags: BTreeMap<String, bool>,
    owner: Option<Owner>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Owner {
    mails: Vec<String>,
}

const TAGS: Type = Type::map(&Type::Bool);
const MAILS: Type = Type::list(&Type::String);
const OWNER: Type = Type::object(const { &[("mails", MAILS)] });
const TYPE: Type = Type::object(
    const {
        &[
            ("name", Type::String),
            ("note", Type::String),
            ("days", Type::Number),
            ("weight", Type::Number),
            ("tags", TAGS),
            ("owner", OWNER),
        ]
    },
);

fn value() -> Value {
    Value::object([
        ("name", "ada".into()),
        ("note", Value::Null),
        ("days", 30.into()),
        ("weight", Value::Number("0.10000000000000000000000000001".parse().unwrap())),
        ("tags", Value::object([("a", true.into())])),
        ("owner", Value::object([("mails", Value::List(vec!["a@b.c".into()]))])),
    ])
}

#[test]
fn a_struct_goes_there_and_back() {
    let robot: Robot = from_value(&value()).unwrap();
    assert_eq!(robot.weight.to_plain_string(), "0.10000000000000000000000000001");
    assert_eq!(to_value(&robot, &TYPE).unwrap(), value());
}

#[test]
fn an_error_sits_on_its_attribute() {
    let mut wrong = value();
    wrong.put("owner", Value::object([("mails", Value::List(vec!["a".into(), 7.into()]))]));
    let error = from_value::<Robot>(&wrong).unwrap_err();
    assert_eq!(error.path.unwrap().to_string(), "owner.mails[1]");
    wrong = value();
    wrong.put("name", Value::UNKNOWN);
    assert!(from_value::<Robot>(&wrong).unwrap_err().detail.contains("not known"));
    wrong = value();
    wrong.put("days", "soon".into());
    let error = from_value::<Robot>(&wrong).unwrap_err();
    assert_eq!(error.summary, "Invalid value for days");
    assert!(error.detail.contains("\"soon\"") && error.hint.contains("-refresh-only"), "{error:?}");
}

#[derive(Debug, PartialEq, Deserialize)]
struct View {
    name: Known<String>,
    days: Known<u32>,
    owner: Known<Owner>,
    weight: Option<BigDecimal>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    owner: Known<Mails>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Mails {
    mails: Known<Vec<Known<String>>>,
}

#[test]
fn a_view_tells_the_unknown_from_nothing() {
    let mut planned = value();
    planned.put("name", Value::UNKNOWN);
    planned.put("days", Value::Null);
    planned.put("owner", Value::object([("mails", Value::List(vec!["a@b.c".into(), Value::UNKNOWN]))]));
    let seen: View = view(&planned).unwrap();
    assert_eq!((seen.name, seen.days, seen.owner), (Known::Unknown, Known::Null, Known::Unknown));
    let inner: Inner = view(&planned).unwrap();
    let mails = inner.owner.into_known().unwrap().mails.into_known().unwrap();
    assert_eq!(mails, [Known::Known("a@b.c".to_owned()), Known::Unknown]);
}

#[test]
fn of_an_object_that_is_not_there_every_field_is_null() {
    let seen: View = view(&Value::Null).unwrap();
    assert_eq!(seen, View { name: Known::Null, days: Known::Null, owner: Known::Null, weight: None });
    assert!(view::<Inner>(&Value::UNKNOWN).unwrap().owner.is_unknown());
}

#[test]
fn a_misspelled_field_is_an_error() {
    #[derive(Debug, Deserialize)]
    struct Wrong {
        #[serde(rename = "nmae")]
        _name: Known<String>,
    }
    assert!(view::<Wrong>(&value()).unwrap_err().detail.contains("nmae"));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Anything {
    any: Option<Typed>,
    plain: Option<Vec<String>>,
}

const ANYTHING: Type = Type::object(&[("any", Type::Dynamic), ("plain", Type::Dynamic)]);

#[test]
fn what_may_be_of_any_type_keeps_its_own() {
    let list = Typed { ty: MAILS, value: Value::List(vec!["a".into(), Value::UNKNOWN]) };
    let value = Value::object([("any", Value::Typed(Box::new(list))), ("plain", Value::Null)]);
    let model: Anything = from_value(&value).unwrap();
    assert_eq!(to_value(&model, &ANYTHING).unwrap(), value);
}

#[test]
fn a_plain_field_of_any_type_brings_the_type_that_it_has_by_itself() {
    let pair = Type::tuple(&[Type::String, Type::String]);
    let typed = Typed { ty: pair, value: Value::List(vec!["a".into(), "b".into()]) };
    let value = Value::object([("any", Value::Null), ("plain", Value::Typed(Box::new(typed)))]);
    let model: Anything = from_value(&value).unwrap();
    assert_eq!(model.plain.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
    assert_eq!(to_value(&model, &ANYTHING).unwrap(), value);
}

#[test]
fn numbers_keep_their_digits_and_texts_their_form() {
    #[derive(Serialize)]
    struct Numbers {
        tenth: f64,
        most: u64,
        exact: Number,
        text: &'static str,
    }
    const NUMBERS: Type = Type::object(
        const {
            &[
                ("tenth", Type::Number),
                ("most", Type::Number),
                ("exact", Type::Number),
                ("text", Type::String),
                ("left", Type::Bool),
            ]
        },
    );
    let exact: Number = "0.10000000000000000000000000001".parse().unwrap();
    let model = Numbers { tenth: 0.1, most: u64::MAX, exact: exact.clone(), text: "Zu\u{308}rich" };
    let written = to_value(&model, &NUMBERS).unwrap();
    assert_eq!(written.at("tenth"), &Value::Number("0.1".parse().unwrap()));
    assert_eq!(written.at("most"), &Value::Number(u64::MAX.into()));
    assert_eq!((written.at("exact"), written.at("text")), (&Value::Number(exact), &"Zürich".into()));
    assert!(matches!(&written, Value::Map(fields) if fields.get("left") == Some(&Value::Null)));
}

const LISTS: Type = Type::map(const { &Type::list(&Type::String) });

#[test]
fn a_model_that_does_not_fit_is_told_with_the_place() {
    let mut robot: Robot = from_value(&value()).unwrap();
    robot.owner = None;
    const WITHOUT: Type = Type::object(const { &[("name", Type::Bool)] });
    let told = to_value(&robot, &WITHOUT).unwrap_err();
    assert_eq!(told.detail, "name: it is a string, and a bool belongs there.");
    let told = to_value(&BTreeMap::from([("a", vec![7])]), &LISTS).unwrap_err();
    assert_eq!(told.detail, "a[0]: it is a number, and a string belongs there.");
}

const SHELF: Schema = Schema::new("A shelf.")
    .attributes(&[
        Attribute::required("name", &Type::String, ""),
        Attribute::optional("place", const { &Type::object(&[("room", Type::String), ("row", Type::Number)]) }, ""),
        Attribute::optional("secret_wo", &Type::String, "").write_only(),
    ])
    .blocks(&[
        NestedBlock::list("book", "").attributes(&[Attribute::required("id", &Type::String, "")]),
        NestedBlock::map("sign", "").attributes(&[Attribute::optional("text", &Type::String, "")]),
        NestedBlock::single("owner", "").attributes(&[
            Attribute::required("id", &Type::String, ""),
            Attribute::optional("mail", &Type::String, ""),
        ]),
    ]);

/// A field that no sample satisfies.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    One,
}

#[derive(Deserialize)]
#[allow(dead_code)] // only its fields' names are of interest
struct Shelf {
    name: Kind,
    place: Option<Place>,
    book: Vec<Book>,
    sign: BTreeMap<String, Sign>,
    owner: Known<Keeper>,
}

#[derive(Deserialize)]
#[allow(dead_code)] // only its fields' names are of interest
struct Place {
    room: Option<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[allow(dead_code)] // only its fields' names are of interest
struct Book {
    id: Kind,
}

#[derive(Deserialize)]
#[allow(dead_code)] // only its fields' names are of interest
struct Sign {
    tekst: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code)] // only its fields' names are of interest
struct Keeper {
    id: Kind,
    name: Option<String>,
}

#[test]
fn a_model_is_held_against_its_schema_to_the_last_block() {
    assert_eq!(
        misfits::<Shelf>(&SHELF),
        [
            "place.line is in the model, and not in the schema",
            "place.row is in the schema, and not in the model",
            "sign.*.tekst is in the model, and not in the schema",
            "sign.*.text is in the schema, and not in the model",
            "owner.name is in the model, and not in the schema",
            "owner.mail is in the schema, and not in the model",
        ]
    );
}
