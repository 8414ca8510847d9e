//! The plan that follows from the schema alone.

use std::collections::BTreeMap;

use super::Plan;
use super::fit::{fits, fits_with_blocks, spelled_otherwise};
use crate::config::Config;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Path, Step, Value};

/// Plans by the schema: `proposed` is Terraform's merge of prior state and configuration.
pub fn plan(block: &Block, prior: Value, proposed: &Value, config: impl Into<Config>) -> Plan {
    let config = config.into();
    let mut replace = Vec::new();
    let planned = if proposed.is_null() {
        Value::Null
    } else {
        body(block, Before::Known(&prior), proposed, &config, &Path::default(), &mut replace)
    };
    if prior.is_null() || planned.is_null() {
        replace.clear();
    }
    Plan { prior, config, planned, replace, diagnostics: Vec::new() }
}

/// What was in the place of a block before.
#[derive(Clone, Copy)]
enum Before<'a> {
    /// This; null for nothing.
    Known(&'a Value),
    /// Perhaps this: a list's element at the same place, with other arguments. It may have moved there, so that what the provider
    /// once said of its neighbour must not be said of it.
    Neighbour(&'a Value),
}

impl<'a> Before<'a> {
    fn value(self) -> &'a Value {
        match self {
            Before::Known(value) | Before::Neighbour(value) => value,
        }
    }
}

fn body(
    block: &Block,
    before: Before<'_>,
    proposed: &Value,
    config: &Value,
    path: &Path,
    replace: &mut Vec<Path>,
) -> Value {
    let prior = before.value();
    let mut fields = BTreeMap::new();
    for attribute in block.attributes {
        let name = attribute.name;
        let planned = value(attribute, before, config);
        if attribute.replaces && planned != *prior.at(name) {
            replace.push(path.join(name));
        }
        fields.insert(name.to_owned(), planned);
    }
    for nested in block.blocks {
        let name = nested.name;
        let path = path.join(name);
        let planned = blocks(nested, prior.at(name), proposed.at(name), config.at(name), &path, replace);
        let appears = nested.presence_replaces && planned.is_null() != prior.at(name).is_null();
        // What changes inside cannot be named in a set, and is not known in blocks that are not.
        let nameless = planned.is_unknown() || matches!(nested.nesting, Nesting::Set { .. });
        if appears || (nameless && planned != *prior.at(name) && replaces_inside(&nested.block)) {
            replace.push(path);
        }
        fields.insert(name.to_owned(), planned);
    }
    let mut planned = Value::Map(fields);
    follow(block, prior, config, &mut planned);
    planned
}

fn replaces_inside(block: &Block) -> bool {
    block.attributes.iter().any(|attribute| attribute.replaces)
        || block.blocks.iter().any(|nested| nested.presence_replaces || replaces_inside(&nested.block))
}

fn value(attribute: &Attribute, before: Before<'_>, config: &Value) -> Value {
    let (prior, configured) = (before.value().at(attribute.name), config.at(attribute.name));
    if attribute.write_only {
        return Value::Null;
    }
    if !configured.is_null() {
        let same = spelled_otherwise(attribute, prior, configured);
        return if same { prior.clone() } else { configured.clone() };
    }
    match (attribute.is_computed(), attribute.default, before) {
        (false, ..) => Value::Null,
        (true, Some(default), _) => default.value(),
        (true, None, Before::Known(Value::Null)) => Value::UNKNOWN,
        (true, None, Before::Neighbour(_)) if attribute.follows.is_empty() => Value::UNKNOWN,
        (true, None, _) => prior.clone(),
    }
}

fn blocks(
    nested: &NestedBlock,
    prior: &Value,
    proposed: &Value,
    config: &Value,
    path: &Path,
    replace: &mut Vec<Path>,
) -> Value {
    let block = &nested.block;
    match (nested.nesting, proposed) {
        // A dynamic block whose content is unknown stays as it is.
        (_, Value::Unknown(_)) => proposed.clone(),
        (Nesting::Single | Nesting::Group, Value::Null) => Value::Null,
        (Nesting::Single | Nesting::Group, _) => body(block, Before::Known(prior), proposed, config, path, replace),
        (Nesting::List { .. }, Value::List(elements)) => {
            let one = |(place, proposed): (usize, &Value)| {
                let step = Step::Index(place as i64);
                let (prior, config, path) = (prior.inside(&step), config.inside(&step), path.then(step));
                let stays = prior.is_null() || fits(block, config, prior);
                let before = if stays { Before::Known(prior) } else { Before::Neighbour(prior) };
                body(block, before, proposed, config, &path, replace)
            };
            Value::List(elements.iter().enumerate().map(one).collect())
        }
        (Nesting::Map, Value::Map(elements)) => {
            let one = |(key, proposed): (&String, &Value)| {
                let path = path.then(Step::Key(key.clone()));
                (key.clone(), body(block, Before::Known(prior.at(key)), proposed, config.at(key), &path, replace))
            };
            Value::Map(elements.iter().map(one).collect())
        }
        // The elements of a set have no place by which a prior one could be found: it is one with the same arguments, and each is
        // found once, so that two elements that mean the same stay two.
        (Nesting::Set { .. }, Value::List(elements)) => {
            let mut priors: Vec<&Value> =
                if let Value::List(prior) = prior { prior.iter().collect() } else { Vec::new() };
            let configured = if let Value::List(configured) = config { configured } else { elements };
            let one = |config: &Value| {
                let found = priors.iter().position(|prior| fits_with_blocks(block, config, prior));
                let before = found.map_or(&Value::Null, |place| priors.swap_remove(place));
                body(block, Before::Known(before), config, config, path, &mut Vec::new())
            };
            Value::set(configured.iter().map(one))
        }
        _ => proposed.clone(),
    }
}

/// Makes unknown what follows a change.
fn follow(block: &Block, prior: &Value, config: &Value, planned: &mut Value) {
    if prior.is_null() {
        return;
    }
    let mut changed: Vec<&str> = Vec::new();
    let names =
        block.attributes.iter().map(|attribute| attribute.name).chain(block.blocks.iter().map(|nested| nested.name));
    changed.extend(names.filter(|name| prior.at(name) != planned.at(name)));
    // A computed attribute may follow another one; the schema lists the followed first or not, so repeat until nothing moves.
    loop {
        let before = changed.len();
        for attribute in
            block.attributes.iter().filter(|attribute| attribute.is_computed() && attribute.default.is_none())
        {
            let follows = attribute.follows.iter().any(|name| changed.contains(name));
            if follows && config.at(attribute.name).is_null() && !changed.contains(&attribute.name) {
                planned.put(attribute.name, Value::UNKNOWN);
                changed.push(attribute.name);
            }
        }
        if changed.len() == before {
            return;
        }
    }
}
