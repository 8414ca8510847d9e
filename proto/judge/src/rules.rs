//! The rules of plans and results, as functions of values alone.

use tfplugin::value::{Number, Path, Refinement, Step, Value};
use tfplugin::wire::tfplugin5::schema::nested_block::NestingMode;

use crate::schema::{Attribute, Block, Nested};
use crate::verdict::Violation;

type Held = Result<(), Violation>;

/// P1 to P4: what a plan may make of a configuration.
///
/// # Errors
/// The first rule that the plan breaks.
pub fn plan_is_valid(block: &Block, prior: &Value, config: &Value, planned: &Value) -> Held {
    body_is_valid(block, prior, config, planned, &Path::default())
}

fn body_is_valid(block: &Block, prior: &Value, config: &Value, planned: &Value, path: &Path) -> Held {
    if !matches!(planned, Value::Map(_)) {
        return Err(Violation::new("P4", format!("{path} is planned as {planned:?}")));
    }
    for attribute in &block.attributes {
        let name = &attribute.name;
        attribute_is_valid(attribute, prior.at(name), config.at(name), planned.at(name), &path.join(name))?;
    }
    for nested in &block.blocks {
        let name = &nested.name;
        nested_is_valid(nested, prior.at(name), config.at(name), planned.at(name), &path.join(name))?;
    }
    Ok(())
}

fn attribute_is_valid(attribute: &Attribute, prior: &Value, config: &Value, planned: &Value, path: &Path) -> Held {
    if attribute.write_only {
        // Equal to the configuration is not good enough here.
        return if planned.is_null() {
            Ok(())
        } else {
            Err(Violation::new("P5", format!("{path} is write-only, and planned as something")))
        };
    }
    if planned == config || (!config.is_null() && !prior.is_null() && planned == prior) {
        return Ok(());
    }
    match (config.is_null(), attribute.computed) {
        (true, true) => Ok(()),
        (true, false) => Err(Violation::new("P2", format!("{path} is not configured, and planned as {planned:?}"))),
        (false, _) => {
            let what = format!("{path} is configured as {config:?}, was {prior:?}, and is planned as {planned:?}");
            Err(Violation::new("P1", what))
        }
    }
}

fn nested_is_valid(nested: &Nested, prior: &Value, config: &Value, planned: &Value, path: &Path) -> Held {
    let block = &nested.block;
    let wrong = |what: &str| Err(Violation::new("P4", format!("{path}: {what}, planned as {planned:?}")));
    if config.is_unknown() {
        // A dynamic block whose content is not known.
        return if planned == config { Ok(()) } else { wrong("the unknown blocks did not stay unknown") };
    }
    if planned.is_unknown() {
        return wrong("blocks cannot be unknown");
    }
    match nested.nesting {
        NestingMode::List => match (config, planned) {
            (Value::List(configured), Value::List(elements)) if configured.len() == elements.len() => {
                for (place, (config, planned)) in configured.iter().zip(elements).enumerate() {
                    let step = Step::Index(place as i64);
                    if !planned.is_unknown() || !config.is_unknown() {
                        body_is_valid(block, prior.inside(&step), config, planned, &path.then(step))?;
                    }
                }
                Ok(())
            }
            _ => wrong("another number of blocks than configured"),
        },
        NestingMode::Map => match (config, planned) {
            (Value::Map(configured), Value::Map(elements)) if configured.keys().eq(elements.keys()) => {
                for (key, planned) in elements {
                    let path = path.then(Step::Key(key.clone()));
                    body_is_valid(block, prior.at(key), config.at(key), planned, &path)?;
                }
                Ok(())
            }
            _ => wrong("other keys than configured"),
        },
        NestingMode::Set => match (config, planned) {
            (Value::List(configured), Value::List(elements)) if configured.len() == elements.len() => {
                let priors: &[Value] = if let Value::List(prior) = prior { prior } else { &[] };
                let fits = |planned: &Value, config: &Value| {
                    let mut beside = priors.iter().chain([&Value::Null]);
                    beside.any(|prior| body_is_valid(block, prior, config, planned, path).is_ok())
                };
                match unpaired(elements, configured, fits) {
                    None => Ok(()),
                    Some(planned)
                        if block.attributes.iter().any(|one| one.write_only && !planned.at(&one.name).is_null()) =>
                    {
                        Err(Violation::new("P5", format!("{path} holds a write-only value")))
                    }
                    Some(_) => wrong("an element that is not configured"),
                }
            }
            _ => wrong("another number of blocks than configured"),
        },
        _ if config.is_null() => {
            if planned.is_null() {
                Ok(())
            } else {
                wrong("a block that is not configured")
            }
        }
        _ if planned.is_null() => wrong("a block that is configured is missing"),
        _ => body_is_valid(block, prior, config, planned, path),
    }
}

/// Nothing in a state is unknown.
///
/// # Errors
/// The rule that was named.
pub fn is_known(rule: &'static str, state: &Value) -> Held {
    if state.is_wholly_known() { Ok(()) } else { Err(Violation::new(rule, format!("not wholly known: {state:?}"))) }
}

/// Every write-only argument of a state is null.
///
/// # Errors
/// The rule that was named.
pub fn write_only_is_null(rule: &'static str, block: &Block, state: &Value) -> Held {
    if let Some(attribute) = block.attributes.iter().find(|one| one.write_only && !state.at(&one.name).is_null()) {
        return Err(Violation::new(rule, format!("the write-only {} is in the state", attribute.name)));
    }
    block.blocks.iter().try_for_each(|nested| match state.at(&nested.name) {
        Value::List(elements) => {
            elements.iter().try_for_each(|element| write_only_is_null(rule, &nested.block, element))
        }
        Value::Map(elements) if nested.nesting == NestingMode::Map => {
            elements.values().try_for_each(|element| write_only_is_null(rule, &nested.block, element))
        }
        object => write_only_is_null(rule, &nested.block, object),
    })
}

/// A1 and A3 of a result, or P10 of a second plan: whatever was known is the same, and whatever was not keeps its promises.
///
/// # Errors
/// The rule that was named, or A3 for a broken promise.
pub fn is_compatible(rule: &'static str, planned: &Value, actual: &Value, path: &Path) -> Held {
    match (planned, actual) {
        (Value::Unknown(None), _) => Ok(()),
        (Value::Unknown(Some(promise)), actual) => keeps(promise, actual)
            .map_err(|what| Violation::new("A3", format!("{path} was promised otherwise: {what}"))),
        (Value::List(planned), Value::List(actual)) if planned.iter().all(Value::is_wholly_known) => {
            // A list or a set: equal, or element by element.
            if planned == actual { Ok(()) } else { elements(rule, planned, actual, path) }
        }
        (Value::List(planned), Value::List(actual)) => elements(rule, planned, actual, path),
        (Value::Map(planned), Value::Map(actual)) => {
            if !planned.keys().eq(actual.keys()) {
                return Err(Violation::new(rule, format!("{path} has other keys than planned")));
            }
            for (name, planned) in planned {
                is_compatible(rule, planned, &actual[name], &path.join(name))?;
            }
            Ok(())
        }
        (Value::Typed(planned), Value::Typed(actual)) => is_compatible(rule, &planned.value, &actual.value, path),
        (planned, actual) if planned == actual => Ok(()),
        (planned, actual) => Err(Violation::new(rule, format!("{path} was planned as {planned:?} and is {actual:?}"))),
    }
}

/// Elements of a list in their order, else of a set in any: none may be added, and each must be a planned one.
fn elements(rule: &'static str, planned: &[Value], actual: &[Value], path: &Path) -> Held {
    let in_order = planned.len() == actual.len()
        && planned.iter().zip(actual).all(|(planned, actual)| is_compatible(rule, planned, actual, path).is_ok());
    let in_any_order = actual.len() <= planned.len()
        && unpaired(actual, planned, |actual, planned| is_compatible(rule, planned, actual, path).is_ok()).is_none();
    if in_order || in_any_order {
        Ok(())
    } else {
        Err(Violation::new(rule, format!("{path} was planned as {planned:?} and is {actual:?}")))
    }
}

/// Pairs each of `some` with one of `others` of its own, if that can be done; else one that is left over.
fn unpaired<'a>(some: &'a [Value], others: &[Value], fits: impl Fn(&Value, &Value) -> bool) -> Option<&'a Value> {
    // Whom each of the others is paired with; a newcomer may push somebody out who finds another place.
    let mut paired: Vec<Option<usize>> = vec![None; others.len()];
    fn place(
        one: usize,
        some: &[Value],
        others: &[Value],
        fits: &dyn Fn(&Value, &Value) -> bool,
        paired: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for (seat, other) in others.iter().enumerate() {
            if !tried[seat] && fits(&some[one], other) {
                tried[seat] = true;
                let is_free = match paired[seat] {
                    None => true,
                    Some(sitting) => place(sitting, some, others, fits, paired, tried),
                };
                if is_free {
                    paired[seat] = Some(one);
                    return true;
                }
            }
        }
        false
    }
    (0..some.len())
        .find(|one| !place(*one, some, others, &fits, &mut paired, &mut vec![false; others.len()]))
        .map(|one| &some[one])
}

fn keeps(promise: &Refinement, actual: &Value) -> Result<(), String> {
    if actual.is_unknown() {
        return Ok(());
    }
    if promise.null == Some(false) && actual.is_null() {
        return Err("it is null".to_owned());
    }
    if promise.null == Some(true) && !actual.is_null() {
        return Err("it is not null".to_owned());
    }
    let length = match actual {
        Value::List(elements) => Some(elements.len()),
        Value::Map(elements) => Some(elements.len()),
        _ => None,
    };
    let length = length.and_then(|length| i64::try_from(length).ok());
    let below = |min: &(Number, bool), number: &Number| number < &min.0 || (number == &min.0 && !min.1);
    let above = |max: &(Number, bool), number: &Number| number > &max.0 || (number == &max.0 && !max.1);
    let broken = match actual {
        Value::String(text) => promise.prefix.as_ref().is_some_and(|prefix| !text.starts_with(prefix.as_str())),
        Value::Number(number) => {
            promise.min.as_ref().is_some_and(|min| below(min, number))
                || promise.max.as_ref().is_some_and(|max| above(max, number))
        }
        _ => length.is_some_and(|length| {
            promise.min_length.is_some_and(|min| length < min) || promise.max_length.is_some_and(|max| length > max)
        }),
    };
    if broken { Err(format!("{actual:?}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tfplugin::cty::Type;

    fn attribute(name: &str, computed: bool, write_only: bool) -> Attribute {
        let ty = Type::String;
        Attribute { name: name.into(), ty, required: false, optional: true, computed, write_only, deprecated: false }
    }

    fn block() -> Block {
        let nested = |name: &str, nesting| Nested {
            name: name.into(),
            nesting,
            block: Block { attributes: vec![attribute("key", false, false)], blocks: vec![] },
        };
        Block {
            attributes: vec![
                attribute("plain", false, false),
                attribute("made", true, false),
                attribute("secret", false, true),
            ],
            blocks: vec![
                nested("list", NestingMode::List),
                nested("set", NestingMode::Set),
                nested("one", NestingMode::Single),
            ],
        }
    }

    fn object(plain: Value, made: Value, list: &[&str]) -> Value {
        let element = |key: &&str| Value::object([("key", Value::from(*key))]);
        let list: Vec<Value> = list.iter().map(element).collect();
        Value::object([
            ("plain", plain),
            ("made", made),
            ("secret", Value::Null),
            ("list", Value::List(list.clone())),
            ("set", Value::set(list)),
            ("one", Value::Null),
        ])
    }

    #[track_caller]
    fn check(prior: &Value, config: &Value, planned: &Value, expected: Result<(), &str>) {
        assert_eq!(plan_is_valid(&block(), prior, config, planned).map_err(|one| one.rule), expected);
    }

    #[test]
    fn a_plan_says_what_is_configured_or_what_was() {
        let config = object("a".into(), Value::Null, &["x"]);
        let was = object("A".into(), "1".into(), &["x"]);
        check(&Value::Null, &config, &object("a".into(), Value::UNKNOWN, &["x"]), Ok(()));
        check(&was, &config, &object("A".into(), "1".into(), &["x"]), Ok(()));
        check(&was, &config, &object("b".into(), "1".into(), &["x"]), Err("P1"));
        check(&was, &object(Value::Null, Value::Null, &[]), &object("A".into(), Value::Null, &[]), Err("P2"));
        check(&was, &config, &object("a".into(), "1".into(), &["x", "y"]), Err("P4"));
        check(&was, &config, &Value::Null, Err("P4"));
        let mut secret = object("a".into(), Value::Null, &["x"]);
        secret.put("secret", "s".into());
        check(&was, &secret, &secret, Err("P5"));
    }

    #[test]
    fn a_result_keeps_what_was_planned() {
        let check = |planned: Value, actual: Value, expected: Result<(), &str>| {
            let held = is_compatible("A1", &planned, &actual, &Path::default());
            assert_eq!(held.map_err(|one| one.rule), expected);
        };
        check("a".into(), "a".into(), Ok(()));
        check("a".into(), "b".into(), Err("A1"));
        check(Value::UNKNOWN, "b".into(), Ok(()));
        check(Value::Null, "b".into(), Err("A1"));
        check(Value::List(vec!["a".into()]), Value::List(vec!["a".into(), "b".into()]), Err("A1"));
        check(Value::List(vec![Value::UNKNOWN, "b".into()]), Value::List(vec!["a".into(), "b".into()]), Ok(()));
        check(Value::object([("a", Value::Null)]), Value::object([("b", Value::Null)]), Err("A1"));
        let promise = Refinement { null: Some(false), prefix: Some("x".into()), ..Refinement::default() };
        let promised = Value::Unknown(Some(Box::new(promise)));
        check(promised.clone(), "xy".into(), Ok(()));
        check(promised.clone(), "y".into(), Err("A3"));
        check(promised, Value::Null, Err("A3"));
    }

    #[test]
    fn a_state_is_known_and_holds_no_secret() {
        assert_eq!(is_known("R1", &Value::List(vec![Value::UNKNOWN])).unwrap_err().rule, "R1");
        let mut state = object("a".into(), Value::Null, &[]);
        assert!(write_only_is_null("A7", &block(), &state).is_ok());
        state.put("secret", "s".into());
        assert_eq!(write_only_is_null("A7", &block(), &state).unwrap_err().rule, "A7");
    }
}
