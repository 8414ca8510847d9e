//! From what was and what is configured to what shall be, from the schema alone.
//!
//! Terraform holds every answer against its rules (P1 to P14 of the protocol's facts); they are kept here once, so that no resource
//! can break them. A computed value becomes unknown only when something that it follows changes: a new description must not
//! make the ids that others use unknown.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::diagnostic::Diagnostic;
use crate::model::view;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Path, Step, Value};

/// A plan in the making: what the schema says of it, and what the resource's own plan hook adds.
#[derive(Debug)]
#[non_exhaustive]
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

    /// The state before, by the names of a model; every field is null for a creation.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn prior_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.prior)
    }

    /// The configuration, by the names of a model.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn config_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.config)
    }

    /// The state as it shall be, by the names of a model; every field is null for a destruction.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn planned_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.planned)
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

/// Whether an element is the configured one, with its computed attributes filled in and its spelling perhaps another.
fn fits(block: &Block, config: &Value, element: &Value) -> bool {
    block.attributes.iter().filter(|attribute| !attribute.write_only).all(|attribute| {
        let (configured, value) = (config.at(attribute.name), element.at(attribute.name));
        (configured.is_null() && attribute.is_computed())
            || configured == value
            || spelled_otherwise(attribute, configured, value)
    })
}

/// The same, with the blocks inside.
pub(crate) fn fits_with_blocks(block: &Block, config: &Value, element: &Value) -> bool {
    let inside = |nested: &NestedBlock| {
        let fits = |(config, element): (&Value, &Value)| fits_with_blocks(&nested.block, config, element);
        match (nested.nesting, config.at(nested.name), element.at(nested.name)) {
            (Nesting::List { .. }, Value::List(configured), Value::List(elements)) => {
                configured.len() == elements.len() && configured.iter().zip(elements).all(fits)
            }
            (Nesting::Set { .. }, Value::List(configured), Value::List(elements)) => {
                let mut left: Vec<&Value> = elements.iter().collect();
                configured.len() == elements.len()
                    && configured.iter().all(|config| {
                        let found = left.iter().position(|element| fits((config, element)));
                        found.map(|place| left.swap_remove(place)).is_some()
                    })
            }
            (Nesting::Map, Value::Map(configured), Value::Map(elements)) => {
                configured.keys().eq(elements.keys()) && configured.values().zip(elements.values()).all(fits)
            }
            (_, Value::Map(_), Value::Map(_)) => fits((config.at(nested.name), element.at(nested.name))),
            (_, config, element) => config == element,
        }
    };
    fits(block, config, element) && block.blocks.iter().all(inside)
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

pub(crate) fn spelled_otherwise(attribute: &Attribute, one: &Value, other: &Value) -> bool {
    match (attribute.same, one, other) {
        (Some(same), Value::String(one), Value::String(other)) => same(one, other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::Default;
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
}
