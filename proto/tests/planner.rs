//! Terraform's rules for a plan (P1 to P14 of proto/judge/RULES.md), held against random schemas, states and configurations.

use proptest::prelude::*;
use tfplugin::cty::Type;
use tfplugin::plan::plan;
use tfplugin::schema::{Attribute, Block, Default, NestedBlock};
use tfplugin::value::Value;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What an attribute may be: whether it is set by the configuration, by the provider, and what else it says.
#[derive(Debug, Clone, Copy)]
struct Kind {
    mode: u8,
    replaces: bool,
    follows: Option<usize>,
    default: bool,
    ignores_case: bool,
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    let kind = (0..5u8, any::<bool>(), prop::option::of(0..NAMES.len()), any::<bool>(), any::<bool>());
    let kind = kind.prop_map(|(mode, replaces, follows, default, ignores_case)| Kind {
        mode,
        replaces,
        follows,
        default,
        ignores_case,
    });
    prop::collection::vec(kind, NAMES.len())
}

/// A schema is static data; a test may leak its own.
fn block(kinds: &[Kind], nested: &[Kind]) -> &'static Block {
    let attribute = |(place, kind): (usize, &Kind)| {
        let name = NAMES[place];
        let mut attribute = match kind.mode {
            0 => Attribute::required(name, &Type::String, ""),
            1 => Attribute::optional(name, &Type::String, ""),
            2 => Attribute::computed(name, &Type::String, ""),
            3 => Attribute::optional_computed(name, &Type::String, ""),
            _ => Attribute::optional(name, &Type::String, "").write_only(),
        };
        if kind.replaces && kind.mode != 2 {
            attribute = attribute.replaces();
        }
        if let Some(followed) = kind.follows.filter(|followed| *followed != place) {
            attribute = attribute.follows(Box::leak(Box::new([NAMES[followed]])));
        }
        if kind.default && kind.mode == 3 {
            attribute = attribute.default(Default::Text("default"));
        }
        if kind.ignores_case {
            attribute = attribute.same(str::eq_ignore_ascii_case);
        }
        attribute
    };
    let attributes = |kinds: &[Kind]| -> &'static [Attribute] {
        Box::leak(kinds.iter().enumerate().map(attribute).collect::<Vec<_>>().into_boxed_slice())
    };
    let inner = NestedBlock::single("inner", "").attributes(attributes(nested));
    let blocks = Box::leak(Box::new([inner]));
    Box::leak(Box::new(Block::new("").attributes(attributes(kinds)).blocks(blocks)))
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![2 => Just(Value::Null), 3 => "[xX]|default".prop_map(Value::from), 1 => Just(Value::UNKNOWN)]
}

fn texts() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(text(), NAMES.len())
}

/// What a configuration may say: nothing of what only the provider sets.
fn config(block: &Block, texts: &[Value], inner: Option<&[Value]>) -> Value {
    let attribute = |(attribute, text): (&Attribute, &Value)| {
        let value = match (attribute.is_configurable(), attribute.mode) {
            (false, _) => Value::Null,
            (true, tfplugin::schema::Mode::Required) if text.is_null() => "required".into(),
            (true, _) => text.clone(),
        };
        (attribute.name, value)
    };
    let mut object = Value::object(block.attributes.iter().zip(texts).map(attribute));
    if let Some(nested) = block.blocks.first() {
        let inner = inner.map_or(Value::Null, |texts| config(&nested.block, texts, None));
        object.put(nested.name, inner);
    }
    object
}

/// A state: wholly known, without write-only values.
fn state(block: &Block, texts: &[Value], inner: Option<&[Value]>) -> Value {
    let attribute = |(attribute, text): (&Attribute, &Value)| {
        let lost = attribute.write_only || text.is_unknown();
        (attribute.name, if lost { Value::Null } else { text.clone() })
    };
    let mut object = Value::object(block.attributes.iter().zip(texts).map(attribute));
    if let Some(nested) = block.blocks.first() {
        let inner = inner.map_or(Value::Null, |texts| state(&nested.block, texts, None));
        object.put(nested.name, inner);
    }
    object
}

/// Terraform's own merge: what is configured, else what was before where the provider may set it.
fn proposed(block: &Block, prior: &Value, config: &Value) -> Value {
    let attribute = |attribute: &Attribute| {
        let (before, configured) = (prior.at(attribute.name), config.at(attribute.name));
        let kept = configured.is_null() && attribute.is_computed();
        (attribute.name, if kept { before.clone() } else { configured.clone() })
    };
    let mut object = Value::object(block.attributes.iter().map(attribute));
    for nested in block.blocks {
        let (before, configured) = (prior.at(nested.name), config.at(nested.name));
        let inner = if configured.is_null() { Value::Null } else { proposed(&nested.block, before, configured) };
        object.put(nested.name, inner);
    }
    object
}

/// The configuration as the apply knows it.
fn resolved(config: &Value, with: &str) -> Value {
    match config {
        Value::Unknown(_) => with.into(),
        Value::Map(fields) => Value::object(fields.iter().map(|(name, value)| (name.clone(), resolved(value, with)))),
        other => other.clone(),
    }
}

fn holds(block: &Block, prior: &Value, config: &Value, planned: &Value) -> Result<(), TestCaseError> {
    for attribute in block.attributes {
        let (name, value) = (attribute.name, planned.at(attribute.name));
        let (before, configured) = (prior.at(name), config.at(name));
        if attribute.write_only {
            prop_assert!(value.is_null(), "P5 {name}: {value:?}");
        } else if !configured.is_null() {
            prop_assert!(value == configured || (!before.is_null() && value == before), "P1 {name}: {value:?}");
        } else if !attribute.is_computed() {
            prop_assert!(value.is_null(), "P2 {name}: {value:?}");
        }
    }
    for nested in block.blocks {
        let (name, value) = (nested.name, planned.at(nested.name));
        prop_assert_eq!(value.is_null(), config.at(name).is_null(), "P4 {}", name);
        if !value.is_null() {
            holds(&nested.block, prior.at(name), config.at(name), value)?;
        }
    }
    Ok(())
}

/// Whatever the first plan knew, the second one says too.
fn consistent(first: &Value, second: &Value, path: &str) -> Result<(), TestCaseError> {
    match (first, second) {
        (Value::Unknown(_), _) => Ok(()),
        (Value::Map(first), Value::Map(_)) => {
            first.iter().try_for_each(|(name, value)| consistent(value, second.at(name), &format!("{path}.{name}")))
        }
        (first, second) => {
            prop_assert_eq!(first, second, "P10 {}", path);
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_rule_of_terraform_s_is_broken(
        outer in kinds(), inner in kinds(),
        before in prop::option::of((texts(), prop::option::of(texts()))),
        now in (texts(), prop::option::of(texts())),
        later in "[xXy]",
    ) {
        let block = block(&outer, &inner);
        let prior = before.map_or(Value::Null, |(texts, inner)| state(block, &texts, inner.as_deref()));
        let config = config(block, &now.0, now.1.as_deref());
        let merged = proposed(block, &prior, &config);
        let first = plan(block, prior.clone(), &merged, config.clone());
        holds(block, &prior, &config, &first.planned)?;
        tfplugin::msgpack::to_bytes(&first.planned, &block.ty()).expect("P6: the plan has the schema's type");
        for path in &first.replace {
            prop_assert!(!prior.is_null(), "P8: nothing replaces what was not");
            prop_assert!(prior.find(path).is_some() || first.planned.find(path).is_some(), "P8 {path}");
        }

        let again = plan(block, prior.clone(), &merged, config.clone());
        prop_assert_eq!(&first.planned, &again.planned, "P11");

        let known = resolved(&config, &later);
        let second = plan(block, prior.clone(), &proposed(block, &prior, &known), known.clone());
        consistent(&first.planned, &second.planned, "")?;

        // What was applied and is configured as before plans clean.
        let mut applied = resolved(&second.planned, "applied");
        for attribute in block.attributes.iter().filter(|attribute| attribute.write_only) {
            applied.put(attribute.name, Value::Null);
        }
        let clean = plan(block, applied.clone(), &proposed(block, &applied, &known), known);
        prop_assert_eq!(&clean.planned, &applied, "P7");
        prop_assert!(clean.replace.is_empty());

        let gone = plan(block, applied, &Value::Null, Value::Null);
        prop_assert!(gone.planned.is_null() && gone.replace.is_empty(), "P12");
    }
}
