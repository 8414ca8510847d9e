//! What a model costs, there and back: `cargo bench -p tfplugin --bench model`.
//!
//! For scale, the same struct goes through `serde_json`'s values in the same run.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};
use tfplugin::cty::{Fields, Of, Type};
use tfplugin::model::{from_value, to_value};

/// A resource with a hundred blocks of ten attributes.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    name: String,
    robots: Vec<Robot>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Robot {
    id: Option<String>,
    name: String,
    description: Option<String>,
    days: i64,
    active: bool,
    limit: Option<u32>,
    mails: Vec<String>,
    tags: BTreeMap<String, String>,
    note: Option<String>,
    owner: Option<Owner>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    id: String,
    mail: Option<String>,
}

fn plan() -> Plan {
    let robot = |number: i64| Robot {
        id: Some(format!("00000000-0000-0000-0000-{number:012}")),
        name: format!("robot {number}"),
        description: (number % 2 == 0).then(|| format!("the robot with the number {number}")),
        days: number,
        active: number % 3 == 0,
        limit: None,
        mails: (0..3).map(|other| format!("robot{number}-{other}@contoso.com")).collect(),
        tags: BTreeMap::from([("room".to_owned(), number.to_string()), ("row".to_owned(), "7".to_owned())]),
        note: None,
        owner: Some(Owner { id: format!("owner {number}"), mail: None }),
    };
    Plan { name: "robots".to_owned(), robots: (0..100).map(robot).collect() }
}

fn object(fields: &[(&str, Type)]) -> Type {
    Type::Object(Fields::Owned(fields.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect()))
}

fn ty() -> Type {
    let owner = object(&[("id", Type::String), ("mail", Type::String)]);
    let robot = object(&[
        ("id", Type::String),
        ("name", Type::String),
        ("description", Type::String),
        ("days", Type::Number),
        ("active", Type::Bool),
        ("limit", Type::Number),
        ("mails", Type::list(&Type::String)),
        ("tags", Type::map(&Type::String)),
        ("note", Type::String),
        ("owner", owner),
    ]);
    object(&[("name", Type::String), ("robots", Type::List(Of::Owned(Box::new(robot))))])
}

fn bench(criterion: &mut Criterion) {
    let (model, ty) = (plan(), ty());
    let value = to_value(&model, &ty).expect("the model fits its type");
    let json = serde_json::to_value(&model).expect("the model has JSON");
    let mut group = criterion.benchmark_group("a model of a thousand attributes");
    group.bench_function("from a value", |bencher| bencher.iter(|| from_value::<Plan>(black_box(&value))));
    group.bench_function("to a value", |bencher| bencher.iter(|| to_value(black_box(&model), &ty)));
    group.bench_function("serde_json from a value", |bencher| bencher.iter(|| Plan::deserialize(black_box(&json))));
    group.bench_function("serde_json to a value", |bencher| bencher.iter(|| serde_json::to_value(black_box(&model))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
