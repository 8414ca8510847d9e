//! What reading and writing a plan of a thousand attributes costs: `cargo bench -p tfplugin --bench msgpack`.
//!
//! For scale, the same values go through `serde_json` in the same run.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tfplugin::cty::{Fields, Type};
use tfplugin::msgpack::{from_bytes, to_bytes};
use tfplugin::value::Value;

/// An object of a thousand attributes: texts, numbers, lists and what is not known yet.
fn plan() -> (Type, Value, serde_json::Value) {
    let (mut types, mut values, mut json) = (BTreeMap::new(), BTreeMap::new(), serde_json::Map::new());
    for number in 0..1000_i64 {
        let name = format!("attribute_{number:04}");
        let text = format!("the value of attribute {number}");
        let (ty, value, plain) = match number % 4 {
            0 => (Type::String, Value::text(&text), text.into()),
            1 => (Type::Number, Value::from(number), number.into()),
            2 => {
                let elements: Vec<Value> = (0..3).map(|_| Value::text(&text)).collect();
                (Type::list(&Type::String), Value::List(elements), vec![text; 3].into())
            }
            _ => (Type::String, Value::UNKNOWN, serde_json::Value::Null),
        };
        types.insert(name.clone(), ty);
        values.insert(name.clone(), value);
        json.insert(name, plain);
    }
    (Type::Object(Fields::Owned(types)), Value::Map(values), json.into())
}

fn bench(criterion: &mut Criterion) {
    let (ty, value, json) = plan();
    let bytes = to_bytes(&value, &ty).expect("the value fits its type");
    let text = serde_json::to_vec(&json).expect("JSON can be written");
    let mut group = criterion.benchmark_group("a plan of a thousand attributes");
    group.bench_function("decode", |bencher| bencher.iter(|| from_bytes(black_box(&bytes), &ty)));
    group.bench_function("encode", |bencher| bencher.iter(|| to_bytes(black_box(&value), &ty)));
    group.bench_function("serde_json decode", |bencher| {
        bencher.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(&text)));
    });
    group.bench_function("serde_json encode", |bencher| bencher.iter(|| serde_json::to_vec(black_box(&json))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
