//! Terraform sees what the judge sees: the same configurations are given to both, as JSON to one and as values to the other, and their plans
//! and states must be the same.

use std::fs;

use acceptance_tests::feature::Feature;
use acceptance_tests::workspace::Workspace;
use judge::client::{Launch, example};
use judge::{Instance, Judge};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use tfplugin::cty::Type;
use tfplugin::json::from_json;
use tfplugin::value::Value;

use super::configs::{blocks, leaf, number, values};
use super::{BLOCKS, Corner, VALUES, without};

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    resources: Vec<Resource<'a>>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    r#type: &'a str,
    name: &'a str,
    #[serde(borrow)]
    instances: Vec<Stored<'a>>,
}

#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    attributes: &'a RawValue,
}

fn judge() -> Judge {
    let mut judge =
        Judge::start(|| Launch::of(example("tfplugin", "corner"))).unwrap_or_else(|error| panic!("{error}"));
    judge.configure(&Value::Null).unwrap_or_else(|error| panic!("{error}"));
    judge
}

/// The state of a resource.
fn state(workspace: &Workspace, judge: &Judge, type_name: &str, name: &str) -> Value {
    // Read from the text: a number's digits must not go through a float.
    let text = workspace.state_text();
    let state: State<'_> = serde_json::from_str(&text).unwrap();
    let resource = state.resources.iter().find(|one| one.r#type == type_name && one.name == name).unwrap();
    from_json(resource.instances[0].attributes.get(), &judge.ty(type_name)).unwrap()
}

/// A resource and two configurations of it, one after the other.
struct Case {
    name: &'static str,
    type_name: &'static str,
    configs: [Value; 2],
}

/// What Terraform plans and stores of every case, the judge does too.
fn agree(mut cases: Vec<Case>) {
    let (corner, judge) = (Corner::new(), judge());
    let workspace = &corner.workspace;
    if !corner.offers(Feature::WriteOnly) {
        let secrets = ["secret_wo", "secret_wo_version", "single_secret", "list_secret"];
        for case in &mut cases {
            let Type::Object(fields) = judge.ty(case.type_name) else { panic!("a state is an object") };
            let known: Vec<&str> = secrets.into_iter().filter(|name| fields.field(name).is_some()).collect();
            known.iter().for_each(|name| case.configs.iter_mut().for_each(|config| config.put(name, Value::Null)));
        }
    }
    let mut instances: Vec<Option<Instance>> = cases.iter().map(|_| None).collect();
    for step in 0..2 {
        let resources = cases.iter().map(|case| (case.type_name, case.name, &case.configs[step]));
        corner.configure(&resources.collect::<Vec<_>>());
        workspace.plan().expect_ok();
        let shown = workspace.plan_json();
        workspace.apply_plan().expect_ok();
        for (case, instance) in cases.iter().zip(&mut instances) {
            let Case { name, type_name, .. } = *case;
            let complete = judge.config(type_name, case.configs[step].clone());
            let planned = judge.plan(type_name, instance.as_ref(), &complete);
            let planned = planned.unwrap_or_else(|error| panic!("{name}: {error}"));
            if planned.state.is_wholly_known() {
                let changes = shown["resource_changes"].as_array().expect("a plan has changes");
                let change = changes.iter().find(|one| one["type"] == type_name && one["name"] == name).unwrap();
                let after = typed(&change["change"]["after"], &planned.state).to_string();
                let seen = from_json(&after, &judge.ty(type_name)).unwrap();
                assert_eq!(without(seen, &["id"]), without(planned.state.clone(), &["id"]), "the plan of {name}");
            }
            let applied = judge.apply(type_name, instance.as_ref(), &complete, &complete);
            let applied = applied.unwrap_or_else(|error| panic!("{name}: {error}"));
            let seen = state(workspace, &judge, type_name, name);
            assert_eq!(without(seen, &["id"]), without(applied.state.clone(), &["id"]), "the state of {name}");
            *instance = Some(applied);
        }
        workspace.plan().expect_no_changes();
    }
    workspace.destroy().expect_ok();
    assert_eq!(fs::read_dir(corner.objects.path()).unwrap().count(), 0, "nothing is left");
}

/// What `show -json` tells of a plan, with the types of dynamic values put back.
fn typed(shown: &Json, planned: &Value) -> Json {
    let mut shown = shown.clone();
    if let (Value::Typed(typed), Some(value)) = (planned.at("dynamic"), shown.get_mut("dynamic")) {
        *value = json!({"type": serde_json::from_str::<Json>(&typed.ty.to_json()).unwrap(), "value": value});
    }
    shown
}

#[test]
fn every_type_every_nesting_and_a_replacement_are_seen_alike() {
    let mut changed = values("ada");
    changed.put("number", number("-0.1"));
    changed.put("string", Value::Null);
    changed.put("object_set", Value::Null);
    let mut replaced = values("ada");
    replaced.put("kind", "two".into());
    let nested = [blocks("x", vec![leaf("a", 1), leaf("b", 2)]), blocks("x", vec![leaf("b", 2)])];
    agree(vec![
        Case { name: "changed", type_name: VALUES, configs: [values("ada"), changed] },
        Case { name: "replaced", type_name: VALUES, configs: [values("ada"), replaced] },
        Case { name: "nested", type_name: BLOCKS, configs: nested },
    ]);
}

#[test]
fn large_collections_are_seen_alike() {
    let texts = |count: usize| (0..count).map(|number| Value::from(format!("{number:05}")));
    let large = |count: usize| {
        Value::object([
            ("name", "large".into()),
            ("list", Value::List(texts(count).collect())),
            // Terraform compares every element of a set with every other: a thousand take it minutes, and the judge no time.
            ("set", Value::set(texts(count / 20))),
            ("map", Value::object((0..count).map(|number| (format!("{number}"), Value::from(number as i64))))),
        ])
    };
    agree(vec![Case { name: "large", type_name: "corner_large", configs: [large(10_000), large(9_999)] }]);
}
