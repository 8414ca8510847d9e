//! Plans as a user would read them.

use super::*;
use crate::cty::Type;
use crate::schema::Default;
use crate::schema::{Attribute, Block, NestedBlock};
use crate::settle::{conform, settle};

const BLOCK: Block = Block::new("")
    .attributes(&[
        Attribute::computed("id", &Type::String, ""),
        Attribute::required("name", &Type::String, "").replaces().same(str::eq_ignore_ascii_case),
        Attribute::optional_computed("note", &Type::String, ""),
        Attribute::optional_computed("days", &Type::Number, "").default(Default::Int(30)),
        Attribute::computed("print", &Type::String, "").follows(&["vault"]),
        Attribute::optional("vault", &Type::String, ""),
        Attribute::optional("secret", &Type::String, "").write_only(),
    ])
    .blocks(&[NestedBlock::single("owner", "").presence_replaces().attributes(&[
        Attribute::required("mail", &Type::String, ""),
        Attribute::optional_computed("code", &Type::Number, "").default(Default::Int(7)),
    ])]);

/// Writes a value as a test reads it best: `~` is unknown, null attributes are left out.
fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Unknown(_) => "~".into(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Map(fields) => {
            let shown = fields.iter().filter(|(_, value)| !value.is_null());
            shown.map(|(name, value)| format!("{name}={}", show(value))).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    }
}

fn object(fields: &[(&str, &str)]) -> Value {
    let value = |text: &str| match text {
        "~" => Value::UNKNOWN,
        text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    };
    Value::object(fields.iter().map(|(name, text)| (*name, value(text))))
}

#[track_caller]
fn check(prior: &Value, config: &[(&str, &str)], expected: &str) -> Vec<String> {
    let config = object(config);
    let plan = plan(&BLOCK, prior.clone(), &config, config.clone());
    assert_eq!(show(&plan.planned), expected);
    plan.replace.iter().map(Path::to_string).collect()
}

fn prior() -> Value {
    object(&[("id", "1"), ("name", "ada"), ("note", "hi"), ("days", "30"), ("print", "ff"), ("vault", "v")])
}

#[test]
fn a_creation_leaves_to_the_apply_what_nobody_knows() {
    check(&Value::Null, &[("name", "ada")], "days=30 id=~ name=ada note=~ print=~");
    check(&Value::Null, &[("name", "~"), ("days", "5"), ("secret", "x")], "days=5 id=~ name=~ note=~ print=~");
}

#[test]
fn what_does_not_change_stays_known() {
    check(&prior(), &[("name", "ada"), ("vault", "v")], "days=30 id=1 name=ada note=hi print=ff vault=v");
    check(
        &prior(),
        &[("name", "ada"), ("vault", "v"), ("note", "ho")],
        "days=30 id=1 name=ada note=ho print=ff vault=v",
    );
}

#[test]
fn a_computed_value_follows_its_inputs_alone() {
    check(&prior(), &[("name", "ada"), ("vault", "w")], "days=30 id=1 name=ada note=hi print=~ vault=w");
    check(&prior(), &[("name", "ada"), ("vault", "~")], "days=30 id=1 name=ada note=hi print=~ vault=~");
}

#[test]
fn another_spelling_is_no_change_and_another_name_replaces() {
    let none: [String; 0] = [];
    let shown = "days=30 id=1 name=ada note=hi print=ff vault=v";
    assert_eq!(check(&prior(), &[("name", "ADA"), ("vault", "v")], shown), none);
    let shown = "days=30 id=1 name=bob note=hi print=ff vault=v";
    assert_eq!(check(&prior(), &[("name", "bob"), ("vault", "v")], shown), ["name"]);
    let shown = "days=30 id=1 name=~ note=hi print=ff vault=v";
    assert_eq!(check(&prior(), &[("name", "~"), ("vault", "v")], shown), ["name"]);
}

#[test]
fn a_block_is_planned_like_its_resource() {
    let mut config = object(&[("name", "ada"), ("vault", "v")]);
    config.put("owner", object(&[("mail", "a@b.c")]));
    let plan = plan(&BLOCK, prior(), &config, config.clone());
    assert_eq!(show(plan.planned.at("owner")), "code=7 mail=a@b.c");
    assert_eq!(plan.replace, [Path::attribute("owner")]);
    let mut in_place = plan;
    in_place.change_in_place("other");
    assert!(in_place.is_replacement());
    in_place.change_in_place("owner");
    assert!(!in_place.is_replacement() && in_place.changes("owner"));
}

const SHELF: Block = Block::new("").blocks(&[NestedBlock::list("book", "").attributes(&[
    Attribute::required("title", &Type::String, "").same(str::eq_ignore_ascii_case),
    Attribute::computed("id", &Type::Number, ""),
    Attribute::computed("length", &Type::Number, "").follows(&["title"]),
])]);

fn shelf(books: &[&[(&str, &str)]]) -> Value {
    Value::object([("book", Value::List(books.iter().map(|book| object(book)).collect()))])
}

#[track_caller]
fn check_shelf(prior: &Value, config: &Value, expected: &[&str]) -> Value {
    let planned = plan(&SHELF, prior.clone(), config, config.clone()).planned;
    let Value::List(books) = planned.at("book") else { panic!("{planned:?}") };
    assert_eq!(books.iter().map(show).collect::<Vec<_>>(), expected);
    planned
}

#[test]
fn what_was_said_of_an_element_is_not_said_of_its_neighbour() {
    let prior = shelf(&[&[("title", "emma"), ("id", "1"), ("length", "4")], &[("title", "ulysses"), ("id", "2")]]);
    check_shelf(&prior, &shelf(&[&[("title", "EMMA")]]), &["id=1 length=4 title=emma"]);
    check_shelf(&prior, &shelf(&[&[("title", "ulysses")]]), &["id=~ length=~ title=ulysses"]);
}

#[test]
fn an_element_that_an_apply_spells_otherwise_is_the_planned_one() {
    let config = shelf(&[&[("title", "emma")]]);
    let planned = check_shelf(&Value::Null, &config, &["id=~ length=~ title=emma"]);
    let mut applied = shelf(&[&[("title", "Emma"), ("id", "7"), ("length", "4")]]);
    settle(&SHELF, &planned, &config, &mut applied);
    assert_eq!(applied, shelf(&[&[("title", "emma"), ("id", "7"), ("length", "4")]]));
}

#[test]
fn a_destruction_plans_nothing() {
    assert!(plan(&BLOCK, prior(), &Value::Null, Value::Null).planned.is_null());
}

#[test]
fn an_apply_returns_what_the_plan_knew() {
    let planned = object(&[("id", "1"), ("name", "ada"), ("print", "ff"), ("note", "~")]);
    let config = object(&[("name", "ada")]);
    let mut applied = object(&[("id", "1"), ("name", "ADA"), ("print", "00"), ("note", "new"), ("secret", "s")]);
    conform(&BLOCK, &mut applied);
    settle(&BLOCK, &planned, &config, &mut applied);
    assert_eq!(show(&applied), "id=1 name=ada note=new print=ff");
}
