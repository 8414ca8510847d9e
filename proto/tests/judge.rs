//! The corner provider under the judge: every rule holds, and a copy that breaks one rule is caught at exactly that rule.

#[path = "corner/configs.rs"]
mod configs;

use judge::client::{Launch, example};
use judge::table::{Held, RULES, Rule};
use judge::{Action, Failure, Instance, Judge, Judged, Violation};
use tfplugin::value::Value;

use configs::{blocks, leaf, number, values};

const VALUES: &str = "corner_values";
const BLOCKS: &str = "corner_blocks";

fn started(fault: &str) -> Judged<Judge> {
    Judge::start(|| Launch::of(example("tfplugin", "corner")).env("CORNER_FAULT", fault))
}

fn with(mut config: Value, name: &str, value: Value) -> Value {
    config.put(name, value);
    config
}

/// Everything that Terraform does with the corner provider. The first broken rule ends it.
fn trial(fault: &str) -> Judged<()> {
    let mut judge = started(fault)?;
    judge.validate_first(VALUES, &judge.config(VALUES, values("ada")))?;
    judge.configure(&Value::Null)?;
    values_live(&judge)?;
    blocks_live(&judge)?;
    failures_are_remembered(&judge)?;
    stored_and_moved(&judge)?;
    imported_listed_generated(&judge)?;
    what_leaves_no_state(&judge)
}

fn apply(judge: &Judge, type_name: &str, prior: Option<&Instance>, config: Value) -> Judged<Instance> {
    let config = judge.config(type_name, config);
    judge.apply(type_name, prior, &config, &config)
}

fn values_live(judge: &Judge) -> Judged<()> {
    // A plan in which much is unknown, and an apply that knows it.
    let known = judge.config(VALUES, values("ada"));
    let open = ["string", "dynamic", "lists", "object_set", "number", "secret_wo", "tuple"];
    let at_plan = open.iter().fold(known.clone(), |config, name| with(config, name, Value::UNKNOWN));
    let planned = judge.plan(VALUES, None, &at_plan)?;
    assert_eq!((planned.action, planned.state.at("limit")), (Action::Create, &Value::from(30)));
    let ada = judge.apply(VALUES, None, &at_plan, &known)?;
    if ada.state.at("secret_length") != &Value::from(7) {
        return Err(Violation::new("A8", "the secret was not read from the configuration").into());
    }
    assert_eq!(ada.state.at("name").as_str(), Some("ada"), "the other side's capitals are not shown");
    assert_eq!(ada.private, [1]);

    // Another spelling changes nothing; another number in place; another kind replaces.
    let same = judge.plan(VALUES, Some(&ada), &judge.config(VALUES, values("ADA")))?;
    assert_eq!(same.action, Action::NoOp);
    let ada = apply(judge, VALUES, Some(&ada), with(values("ada"), "number", 5.into()))?;
    assert_eq!(ada.private, [2]);
    let replaced = judge.config(VALUES, with(values("ada"), "kind", "two".into()));
    let planned = judge.plan(VALUES, Some(&ada), &replaced)?;
    assert_eq!((planned.action, planned.replace[0].to_string().as_str()), (Action::Replace, "kind"));
    let other = judge.apply(VALUES, Some(&ada), &replaced, &replaced)?;
    assert_ne!(other.state.at("id"), ada.state.at("id"));

    // What is configured no longer is null, or the provider's.
    let bare = apply(judge, VALUES, Some(&other), Value::object([("name", "ada".into()), ("kind", "two".into())]))?;
    assert!(bare.state.at("map").is_null() && !bare.state.at("note").is_null());
    judge.destroy(&bare)?;
    judge.is_gone(&bare)
}

fn blocks_live(judge: &Judge) -> Judged<()> {
    let first = apply(judge, BLOCKS, None, blocks("x", vec![leaf("a", 1), leaf("b", 2)]))?;
    assert!(first.state.at("single_secret").at("secret_wo").is_null());
    // The first element goes: what was made for it is not said of the second.
    let second = apply(judge, BLOCKS, Some(&first), blocks("x", vec![leaf("B", 2)]))?;
    // A dynamic block of which nothing is known yet, and blocks with unknown contents.
    let known = judge.config(BLOCKS, blocks("x", vec![leaf("c", 3), leaf("d", 4), leaf("e", 5)]));
    let open = with(known.clone(), "list", Value::UNKNOWN);
    let third = judge.apply(BLOCKS, Some(&second), &open, &known)?;
    let inside = with(Value::object([("key", "c".into())]), "value", Value::UNKNOWN);
    let open = judge.config(BLOCKS, blocks("x", vec![inside, leaf("d", 4), leaf("e", 5)]));
    let known = judge.config(BLOCKS, blocks("x", vec![leaf("c", 9), leaf("d", 4), leaf("e", 5)]));
    let fourth = judge.apply(BLOCKS, Some(&third), &open, &known)?;
    // A block whose presence replaces.
    let switched =
        judge.config(BLOCKS, with(blocks("x", vec![leaf("c", 9)]), "switch", Value::object([("", Value::Null); 0])));
    let planned = judge.plan(BLOCKS, Some(&fourth), &switched)?;
    assert_eq!(planned.action, Action::Replace);
    let fifth = judge.apply(BLOCKS, Some(&fourth), &switched, &switched)?;
    let too_many = judge.config(BLOCKS, blocks("x", (0..4).map(|n| leaf("k", n)).collect()));
    assert!(matches!(judge.plan(BLOCKS, Some(&fifth), &too_many), Err(Failure::Refused(_))));
    judge.destroy(&fifth)
}

fn failures_are_remembered(judge: &Judge) -> Judged<()> {
    let breaks = judge.config(VALUES, with(values("breaks"), "string", "s".into()));
    let (kept, refused) = judge.apply_keeping(VALUES, None, &breaks, &breaks)?;
    let kept = kept.filter(|kept| kept.tainted && refused.len() == 1);
    let kept = kept.ok_or_else(|| Violation::new("A5", "what a failed creation left is not remembered"))?;
    judge.destroy(&kept)?;
    let fine = apply(judge, VALUES, None, values("fine"))?;
    let (left, refused) = judge.apply_keeping(VALUES, Some(&fine), &breaks, &breaks)?;
    assert!(left.is_some_and(|left| !left.tainted) && refused[0].attribute.is_some());
    let stays = apply(judge, VALUES, None, values("stays"))?;
    let (left, refused) = judge.destroy_keeping(&stays)?;
    assert_eq!((left.map(|left| left.state), refused.len()), (Some(stays.state), 1));
    Ok(())
}

fn stored_and_moved(judge: &Judge) -> Judged<()> {
    let old = r#"{"id": "7", "title": "ada", "number": 0.30000000000000000000000000001, "gone": [1]}"#;
    let upgraded = judge.upgrade(VALUES, 0, old)?;
    assert_eq!(upgraded.at("number"), &number("0.30000000000000000000000000001"));
    assert_eq!(upgraded.at("name").as_str(), Some("ada"));
    assert!(
        matches!(judge.upgrade(VALUES, 99, "{}"), Err(Failure::Refused(_))),
        "a version from the future is refused"
    );
    judge.flatmap(VALUES)?;
    let identity = judge.upgrade_identity(VALUES, 0, r#"{"key": "7"}"#)?;
    assert_eq!(identity.at("id").as_str(), Some("7"));
    let moved =
        judge.move_from("registry.terraform.io/example/old", "old_values", r#"{"id":"7","label":"ada"}"#, VALUES)?;
    assert_eq!(moved.state.at("name").as_str(), Some("ada"));
    let refused = judge.move_from("registry.terraform.io/example/older", "old_values", "{}", VALUES);
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    Ok(())
}

fn imported_listed_generated(judge: &Judge) -> Judged<()> {
    let ada = apply(judge, VALUES, None, values("listed-1"))?;
    apply(judge, VALUES, None, values("listed-2"))?;
    let id = ada.state.at("id").as_str().unwrap().to_owned();
    let imported = judge.import_by_id(VALUES, &id)?;
    judge.import_by_identity(VALUES, imported.identity.as_ref().unwrap(), &id)?;
    assert!(matches!(judge.import_by_id(VALUES, "nothing"), Err(Failure::Refused(_))));

    let prefix = Value::object([("prefix", "listed".into())]);
    let found = judge.list(VALUES, &prefix, true, 0)?;
    assert_eq!(found.iter().map(|hit| hit.name.as_str()).collect::<Vec<_>>().len(), 2);
    found.iter().try_for_each(|hit| judge.listed_is_read(VALUES, hit))?;
    assert_eq!(judge.list(VALUES, &prefix, false, 1)?.len(), 1);

    let config = judge.generate(&imported)?;
    assert!(config.at("limit").is_null(), "a default is not written down");
    let planned = judge.plan(VALUES, Some(&imported), &config)?;
    assert_eq!(planned.action, Action::NoOp, "{:?} after {:?}", planned.state, imported.state);
    Ok(())
}

fn what_leaves_no_state(judge: &Judge) -> Judged<()> {
    let text = |text: &str| Value::object([("text", text.into())]);
    assert_eq!(judge.data_source("corner_echo", &text("ada"))?.at("capitals").as_str(), Some("ADA"));
    assert!(matches!(judge.data_source("corner_echo", &text("nothing")), Err(Failure::Refused(_))));

    let leased = judge.open("corner_token", &Value::object([("name", "ada".into()), ("lasts", 1.into())]))?;
    assert!(leased.is_renewed);
    judge.renew("corner_token", leased.private.clone())?;
    judge.close("corner_token", &leased)?;

    let called = judge.call("join", &["-".into(), "a".into(), Value::Null, "b".into()])?;
    assert_eq!(called, Ok("a-b".into()));
    assert_eq!(judge.call("join", &["-".into(), Value::UNKNOWN])?, Ok(Value::UNKNOWN));
    assert_eq!(judge.call("half", &[3.into()])?, Err(("It is odd".to_owned(), Some(0))));
    assert_eq!(judge.call("half", &[number("10000000000000000000000")])?, Ok(number("5000000000000000000000")));

    let count = |to: i64, fails: bool| Value::object([("to", to.into()), ("fails", fails.into())]);
    let (told, end) = judge.invoke("corner_count", &count(50, false))?;
    assert_eq!((told.len(), told[49].as_str(), end.len()), (50, "50", 0));
    assert_eq!(judge.invoke("corner_count", &count(0, true))?.1.len(), 1);
    Ok(())
}

#[test]
fn every_rule_holds() {
    trial("").unwrap_or_else(|failure| panic!("{failure}"));
}

/// Breaks one rule, and sees that the judge names it.
fn check_fault(rule: &Rule) {
    // What deviates from the plan is A1, whatever the reason.
    let caught_as = match rule.number {
        "A6" | "A9" => "A1",
        number => number,
    };
    match trial(rule.number) {
        Err(Failure::Violation(violation)) => {
            assert_eq!(violation.rule, caught_as, "the fault {}: {violation}", rule.number)
        }
        Err(other) => panic!("the fault {} was taken for something else: {other}", rule.number),
        Ok(()) => panic!("the fault {} was not seen", rule.number),
    }
}

#[test]
fn a_provider_that_breaks_a_rule_is_caught_at_it() {
    let is_held = |rule: &&Rule| match rule.held {
        Held::By(_) => true,
        Held::Test(_) => rule.number == "A8",
        Held::NotApplicable(_) => false,
    };
    let rules: Vec<&Rule> = RULES.iter().filter(is_held).collect();
    // A trial waits for its provider half of the time: two at once.
    std::thread::scope(|scope| {
        for rules in rules.chunks(rules.len().div_ceil(2)) {
            scope.spawn(move || rules.iter().for_each(|rule| check_fault(rule)));
        }
    });
}

#[test]
fn deferral_meta_and_large_collections() {
    let mut judge = started("").unwrap();
    judge.provider_meta = Value::object([("module", "robots".into())]);
    judge.configure(&Value::Null).unwrap();
    let planned = judge.plan(VALUES, None, &judge.config(VALUES, values("ada"))).unwrap();
    assert_eq!(planned.warnings, ["A module says its name"]);

    let texts = |count: usize| (0..count).map(|number| Value::from(format!("{number:05}")));
    let large = Value::object([
        ("name", "large".into()),
        ("list", Value::List(texts(10_000).collect())),
        ("set", Value::set(texts(10_000))),
        ("map", Value::object((0..10_000).map(|number| (format!("{number}"), Value::from(number))))),
    ]);
    let instance = apply(&judge, "corner_large", None, large.clone()).unwrap();
    let shorter = with(large, "list", Value::List(texts(9_999).collect()));
    apply(&judge, "corner_large", Some(&instance), shorter).unwrap();

    // While the provider's own configuration is not known, a client that can wait is told to.
    judge.configure(&Value::object([("folder", Value::UNKNOWN)])).unwrap();
    let config = judge.config(VALUES, values("later"));
    assert!(!judge.plan(VALUES, None, &config).unwrap().deferred);
    judge.deferral_allowed = true;
    assert!(judge.plan(VALUES, None, &config).unwrap().deferred);
    assert_eq!(judge.data_source("corner_echo", &Value::object([("text", "x".into())])).unwrap(), Value::UNKNOWN);
}
