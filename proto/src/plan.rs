//! From what was and what is configured to what shall be, from the schema alone.
//!
//! Terraform holds every answer against its rules (P1 to P14 of the protocol's facts); they are kept here once, so that no resource
//! can break them. A computed value becomes unknown only when something that it follows changes: a new description must not
//! make the ids that others use unknown.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Path, Step, Value};

/// A plan in the making: what the schema says of it, and what the resource's own plan hook adds.
#[derive(Debug)]
pub struct Plan {
    /// The state before; null for a creation.
    pub prior: Value,
    /// The configuration, in which values may be unknown.
    pub config: Value,
    /// The state as it shall be; null for a destruction.
    pub planned: Value,
    /// The attributes whose change replaces the resource.
    pub replace: Vec<Path>,
    /// What to tell the user.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// Whether there was nothing before.
    pub fn is_create(&self) -> bool {
        self.prior.is_null() && !self.planned.is_null()
    }

    /// Whether nothing shall be left.
    pub fn is_destroy(&self) -> bool {
        self.planned.is_null()
    }

    /// Whether the attribute or block `name` changes, or may.
    pub fn changes(&self, name: &str) -> bool {
        self.prior.at(name) != self.planned.at(name)
    }

    /// Whether the plan replaces what was.
    pub fn is_replacement(&self) -> bool {
        !self.prior.is_null() && !self.planned.is_null() && !self.replace.is_empty()
    }

    /// Whether anything changes.
    pub fn is_change(&self) -> bool {
        self.prior != self.planned
    }

    /// Sets a computed attribute. What the configuration says is never overruled: then this does nothing.
    pub fn set(&mut self, name: &str, value: Value) {
        if self.config.at(name).is_null() {
            self.planned.put(name, value);
        }
    }

    /// The attribute's change replaces the resource.
    pub fn replace(&mut self, name: &str) {
        let path = Path::attribute(name);
        if !self.replace.contains(&path) {
            self.replace.push(path);
        }
    }

    /// Tells the user something.
    pub fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Plans by the schema: `proposed` is Terraform's merge of prior state and configuration.
pub fn plan(block: &Block, prior: Value, proposed: &Value, config: Value) -> Plan {
    let mut replace = Vec::new();
    let planned = if proposed.is_null() {
        Value::Null
    } else {
        let mut planned = body(block, &prior, proposed, &config, &Path::default(), &mut replace);
        follow(block, &prior, &config, &mut planned);
        planned
    };
    if prior.is_null() || planned.is_null() {
        replace.clear();
    }
    Plan { prior, config, planned, replace, diagnostics: Vec::new() }
}

fn body(block: &Block, prior: &Value, proposed: &Value, config: &Value, path: &Path, replace: &mut Vec<Path>) -> Value {
    let attributes = block.attributes.iter().map(|attribute| {
        let (name, path) = (attribute.name, path.join(attribute.name));
        let planned = value(attribute, prior, config);
        if attribute.replaces && planned != *prior.at(name) {
            replace.push(path);
        }
        (name.to_owned(), planned)
    });
    let attributes: Vec<(String, Value)> = attributes.collect();
    let mut fields: BTreeMap<String, Value> = attributes.into_iter().collect();
    for nested in block.blocks {
        let name = nested.name;
        let path = path.join(name);
        let planned = blocks(nested, prior.at(name), proposed.at(name), config.at(name), &path, replace);
        if nested.presence_replaces && planned.is_null() != prior.at(name).is_null() {
            replace.push(path);
        }
        fields.insert(name.to_owned(), planned);
    }
    Value::Map(fields)
}

fn value(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    let (before, configured) = (prior.at(attribute.name), config.at(attribute.name));
    if attribute.write_only {
        return Value::Null;
    }
    if !configured.is_null() {
        let same = spelled_otherwise(attribute, before, configured);
        return if same { before.clone() } else { configured.clone() };
    }
    match (attribute.is_computed(), attribute.default) {
        (false, _) => Value::Null,
        (true, Some(default)) => default.value(),
        (true, None) if prior.is_null() => Value::UNKNOWN,
        (true, None) => before.clone(),
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
        (Nesting::Single | Nesting::Group, _) => body(block, prior, proposed, config, path, replace),
        (Nesting::List { .. }, Value::List(elements)) => {
            let one = |(place, proposed): (usize, &Value)| {
                let step = Path(vec![Step::Index(place as i64)]);
                let before = prior.find(&step).unwrap_or(&Value::Null);
                let path = path.then(Step::Index(place as i64));
                body(block, before, proposed, config.find(&step).unwrap_or(&Value::Null), &path, replace)
            };
            Value::List(elements.iter().enumerate().map(one).collect())
        }
        (Nesting::Map, Value::Map(elements)) => {
            let one = |(key, proposed): (&String, &Value)| {
                let path = path.then(Step::Key(key.clone()));
                (key.clone(), body(block, prior.at(key), proposed, config.at(key), &path, replace))
            };
            Value::Map(elements.iter().map(one).collect())
        }
        // The elements of a set have no place by which a prior one could be found: Terraform's own merge paired them.
        (Nesting::Set { .. }, Value::List(elements)) => {
            let configured: &[Value] = if let Value::List(configured) = config { configured } else { &[] };
            let one = |proposed: &Value| {
                let matches = |config: &&Value| fits(block, config, proposed);
                let config = configured.iter().find(matches).unwrap_or(proposed);
                let before = if fits(block, config, proposed) { proposed } else { &Value::Null };
                body(block, before, proposed, config, path, &mut Vec::new())
            };
            Value::set(elements.iter().map(one))
        }
        _ => proposed.clone(),
    }
}

/// Whether a proposed element is the configured one with its computed attributes filled in.
fn fits(block: &Block, config: &Value, proposed: &Value) -> bool {
    block.attributes.iter().all(|attribute| {
        let configured = config.at(attribute.name);
        configured.is_null() || configured == proposed.at(attribute.name)
    })
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

/// The planned values as an apply sees them: null where the plan left the value to it.
pub(crate) fn known(planned: &Value) -> Value {
    match planned {
        Value::Unknown(_) => Value::Null,
        Value::List(elements) => Value::List(elements.iter().map(known).collect()),
        Value::Map(fields) => Value::Map(fields.iter().map(|(name, value)| (name.clone(), known(value))).collect()),
        other => other.clone(),
    }
}

/// What an apply returns to Terraform: every value that the plan knew as the plan knew it, the others as the apply found them.
///
/// A computed value that has meanwhile moved on comes with the next refresh. A configured value that deviates is left to deviate:
/// Terraform must say so.
pub(crate) fn settle(block: &Block, planned: &Value, config: &Value, applied: &mut Value) {
    for attribute in block.attributes {
        let (name, plan) = (attribute.name, planned.at(attribute.name));
        let is_computed = attribute.is_computed() && config.at(name).is_null();
        if plan.is_wholly_known() && (is_computed || spelled_otherwise(attribute, plan, applied.at(name))) {
            applied.put(name, plan.clone());
        }
    }
    forget(block, applied);
}

/// Keeps the prior spelling of what a read found spelled otherwise.
pub(crate) fn respell(block: &Block, prior: &Value, read: &mut Value) {
    for attribute in block.attributes {
        if spelled_otherwise(attribute, prior.at(attribute.name), read.at(attribute.name)) {
            read.put(attribute.name, prior.at(attribute.name).clone());
        }
    }
    forget(block, read);
}

fn spelled_otherwise(attribute: &Attribute, one: &Value, other: &Value) -> bool {
    match (attribute.same, one, other) {
        (Some(same), Value::String(one), Value::String(other)) => same(one, other),
        _ => false,
    }
}

/// Removes every write-only argument from what goes to a state.
pub(crate) fn forget(block: &Block, state: &mut Value) {
    let Value::Map(fields) = state else { return };
    for attribute in block.attributes.iter().filter(|attribute| attribute.write_only) {
        fields.insert(attribute.name.to_owned(), Value::Null);
    }
    for nested in block.blocks {
        match (nested.nesting, fields.get_mut(nested.name)) {
            (Nesting::Single | Nesting::Group, Some(value)) => forget(&nested.block, value),
            (_, Some(Value::List(elements))) => elements.iter_mut().for_each(|element| forget(&nested.block, element)),
            (_, Some(Value::Map(elements))) => elements.values_mut().for_each(|element| forget(&nested.block, element)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::Default;

    const BLOCK: Block = Block {
        attributes: &[
            Attribute::computed("id", &Type::String, ""),
            Attribute::required("name", &Type::String, "").replaces().same(str::eq_ignore_ascii_case),
            Attribute::optional_computed("note", &Type::String, ""),
            Attribute::optional_computed("days", &Type::Number, "").default(Default::Int(30)),
            Attribute::computed("print", &Type::String, "").follows(&["vault"]),
            Attribute::optional("vault", &Type::String, ""),
            Attribute::optional("secret", &Type::String, "").write_only(),
        ],
        blocks: &[NestedBlock {
            name: "owner",
            nesting: Nesting::Single,
            presence_replaces: true,
            block: Block {
                attributes: &[
                    Attribute::required("mail", &Type::String, ""),
                    Attribute::optional_computed("code", &Type::Number, "").default(Default::Int(7)),
                ],
                ..Block::new("")
            },
        }],
        ..Block::new("")
    };

    /// Writes a value as a test reads it best: `~` is unknown, null attributes are left out.
    fn show(value: &Value) -> String {
        match value {
            Value::Null => "null".into(),
            Value::Unknown(_) => "~".into(),
            Value::String(text) => text.clone(),
            Value::Number(crate::value::Number::Finite(number)) => number.to_plain_string(),
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
        settle(&BLOCK, &planned, &config, &mut applied);
        assert_eq!(show(&applied), "id=1 name=ada note=new print=ff");
    }
}
