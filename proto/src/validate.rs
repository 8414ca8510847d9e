//! Holds a configuration against its schema; every error sits on the attribute at fault.
//!
//! An unknown value satisfies everything: Terraform asks again when it is known.

use crate::diagnostic::Diagnostic;
use crate::schema::{Attribute, Block, Check, Mode, NestedBlock, Nesting};
use crate::value::{Path, Step, Value};

/// What is wrong with a configuration, by its schema alone. `write_only_allowed` is whether the client knows to keep write-only
/// arguments out of its state.
pub fn validate(block: &Block, config: &Value, write_only_allowed: bool) -> Vec<Diagnostic> {
    let mut walk = Walk { stage: Stage::Whole { write_only_allowed }, found: Vec::new() };
    walk.block(block, config, &Path::default());
    walk.found
}

/// What is wrong with values that may come from other objects: what [`Attribute::form`] asks of them.
pub(crate) fn malformed(block: &Block, config: &Value) -> Vec<Diagnostic> {
    let mut walk = Walk { stage: Stage::Form, found: Vec::new() };
    walk.block(block, config, &Path::default());
    walk.found
}

/// What is looked at.
#[derive(Clone, Copy)]
enum Stage {
    /// Everything but the form of values that may come from other objects.
    Whole { write_only_allowed: bool },
    /// That alone.
    Form,
}

struct Walk {
    stage: Stage,
    found: Vec<Diagnostic>,
}

impl Walk {
    fn block(&mut self, block: &Block, config: &Value, path: &Path) {
        if !matches!(config, Value::Map(_)) {
            return;
        }
        for attribute in block.attributes {
            let (value, path) = (config.at(attribute.name), path.join(attribute.name));
            match self.stage {
                Stage::Whole { write_only_allowed } => self.attribute(attribute, value, &path, write_only_allowed),
                Stage::Form => self.checks(attribute, attribute.form, value, &path),
            }
        }
        if let Stage::Whole { .. } = self.stage {
            self.found.extend(block.rules.iter().filter_map(|rule| rule.broken_by(config, path)));
        }
        for nested in block.blocks {
            let (value, path) = (config.at(nested.name), path.join(nested.name));
            if let Stage::Whole { .. } = self.stage {
                self.found.extend(miscounted(nested, value, &path));
                let is_there = !matches!(value, Value::Null) && *value != Value::List(Vec::new());
                if let Some(instead) = nested.block.deprecated.filter(|_| is_there) {
                    self.deprecated(nested.name, instead, &path);
                }
            }
            match (nested.nesting, value) {
                (Nesting::Single | Nesting::Group, value) => self.block(&nested.block, value, &path),
                (Nesting::List { .. }, Value::List(elements)) => {
                    for (place, element) in elements.iter().enumerate() {
                        self.block(&nested.block, element, &path.then(Step::Index(place as i64)));
                    }
                }
                // The elements of a set cannot be addressed: the error sits on the set.
                (Nesting::Set { .. }, Value::List(elements)) => {
                    elements.iter().for_each(|element| self.block(&nested.block, element, &path));
                }
                (Nesting::Map, Value::Map(elements)) => {
                    for (key, element) in elements {
                        self.block(&nested.block, element, &path.then(Step::Key(key.clone())));
                    }
                }
                _ => {}
            }
        }
    }

    /// Terraform itself warns of a deprecated value that is referred to, and not of one that is set.
    fn deprecated(&mut self, name: &str, instead: &str, path: &Path) {
        self.found.push(Diagnostic::warning("A deprecated argument", format!("{name}: {instead}")).at(path.clone()));
    }

    fn attribute(&mut self, attribute: &Attribute, value: &Value, path: &Path, write_only_allowed: bool) {
        let name = attribute.name;
        if value.is_null() {
            if attribute.mode == Mode::Required {
                let summary = format!("Missing required argument {name}");
                self.found.push(Diagnostic::error(summary, "It has no value.").at(path.clone()).hint("Set it."));
            }
            return;
        }
        if !attribute.is_configurable() {
            let detail = "Only the provider sets it.";
            let hint = "Remove it from the configuration.";
            self.found.push(Diagnostic::error(format!("{name} cannot be set"), detail).at(path.clone()).hint(hint));
            return;
        }
        if let Some(instead) = attribute.deprecated {
            self.deprecated(name, instead, path);
        }
        if attribute.write_only && !write_only_allowed {
            let detail = "Write-only arguments need Terraform 1.11 or later, or OpenTofu 1.11 or later: older versions would store \
                          the value in the state and in plan files.";
            let summary = format!("{name} is a write-only argument");
            let hint = "Upgrade, or leave the argument out.";
            self.found.push(Diagnostic::error(summary, detail).at(path.clone()).hint(hint));
        }
        self.checks(attribute, attribute.checks, value, path);
    }

    /// Of several things that are wrong with a value, the first is told.
    fn checks(&mut self, attribute: &Attribute, checks: &[Check], value: &Value, path: &Path) {
        for check in checks {
            if let Some(what) = check.broken_by(value) {
                let shown = match value {
                    _ if attribute.sensitive || attribute.write_only => String::new(),
                    // What stands before it may be a password.
                    Value::String(text) if matches!(check, Check::Url) && text.contains('@') => String::new(),
                    Value::String(text) => format!(" It is {text:?}."),
                    Value::Number(number) if number.is_finite() => format!(" It is {number}."),
                    _ => String::new(),
                };
                let detail = format!("The value {what}.{shown}");
                let summary = format!("Invalid value for {}", attribute.name);
                self.found.push(Diagnostic::error(summary, detail).at(path.clone()));
                break;
            }
        }
    }
}

/// Whether a block stands there too seldom or too often.
fn miscounted(nested: &NestedBlock, value: &Value, path: &Path) -> Option<Diagnostic> {
    let (Nesting::List { min, max } | Nesting::Set { min, max }) = nested.nesting else { return None };
    let count = match value {
        Value::List(elements) => elements.len() as i64,
        Value::Null => 0,
        _ => return None,
    };
    let name = nested.name;
    let (summary, limit) = if count < min {
        (format!("Too few {name} blocks"), format!("At least {min} must stand here"))
    } else if max > 0 && count > max {
        (format!("Too many {name} blocks"), format!("At most {max} may stand here"))
    } else {
        return None;
    };
    Some(Diagnostic::error(summary, format!("{limit}, and there are {count}.")).at(path.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::{Check, Rule};

    const BLOCK: Block = Block::new("")
        .attributes(&[
            Attribute::required("id", &Type::String, "").check(&[Check::Uuid]),
            Attribute::optional("name", &Type::String, "").check(&[Check::Length { min: 1, max: 5 }]),
            Attribute::optional("alias", &Type::String, ""),
            Attribute::optional("days", &Type::Number, "").check(&[Check::Between { min: 0, max: 9 }]),
            Attribute::optional("site", &Type::String, "").check(&[Check::Url]),
            Attribute::optional("owner", &Type::String, "").form(&[Check::Uuid]),
            Attribute::optional("kind", &Type::String, "").check(&[Check::OneOf(&["a", "b"])]),
            Attribute::optional("secret", &Type::String, "").write_only().check(&[Check::Length { min: 3, max: 5 }]),
        ])
        .rules(&[Rule::ExactlyOneOf(&["name", "alias"]), Rule::Requires("days", &["kind"])]);
    const ID: &str = "8f6d5a1c-1111-4222-8333-444455556666";

    #[track_caller]
    fn check(fields: &[(&str, Value)], expected: &[&str]) {
        let config = Value::object(fields.iter().map(|(name, value)| (*name, value.clone())));
        let found = validate(&BLOCK, &config, true);
        let found: Vec<String> = found
            .iter()
            .map(|diagnostic| format!("{}: {}", diagnostic.path.as_ref().unwrap(), diagnostic.detail))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_a_mock_may_have_made_is_looked_at_later() {
        let config = Value::object([("id", ID.into()), ("name", "ada".into()), ("owner", "x8f2hq".into())]);
        assert_eq!(validate(&BLOCK, &config, true).len(), 0);
        let late = malformed(&BLOCK, &config);
        assert_eq!(late.iter().map(|one| one.summary.as_str()).collect::<Vec<_>>(), ["Invalid value for owner"]);
        let missing = Value::object([("owner", Value::UNKNOWN)]);
        assert_eq!(malformed(&BLOCK, &missing).len(), 0, "everything else is the validation's affair");
    }

    #[test]
    fn every_error_sits_on_its_attribute() {
        let id = ("id", ID.into());
        check(&[id.clone(), ("name", "ada".into())], &[]);
        check(&[("name", "ada".into())], &["id: It has no value."]);
        check(
            &[("id", "7".into()), ("name", "ada".into())],
            &[r#"id: The value must be a GUID such as 8f6d5a1c-1111-4222-8333-444455556666. It is "7"."#],
        );
        check(std::slice::from_ref(&id), &["name: None of name, alias is set."]);
        check(
            &[id.clone(), ("name", "a".into()), ("alias", "b".into())],
            &["alias: name and alias are set; at most one of name, alias can be."],
        );
        check(
            &[id.clone(), ("name", "adalovelace".into())],
            &[r#"name: The value must have at most 5 characters and has 11. It is "adalovelace"."#],
        );
        check(
            &[id.clone(), ("name", "a".into()), ("days", 10.into()), ("kind", "a".into())],
            &["days: The value must be between 0 and 9. It is 10."],
        );
        check(&[id.clone(), ("name", "a".into()), ("days", 1.into())], &["kind: days is set, and it needs kind too."]);
        check(
            &[id.clone(), ("name", "a".into()), ("site", "http://a".into())],
            &[r#"site: The value must be an absolute address that begins with https://. It is "http://a"."#],
        );
        check(
            &[id.clone(), ("name", "a".into()), ("kind", "c".into())],
            &[r#"kind: The value must be one of "a", "b". It is "c"."#],
        );
        check(
            &[id, ("name", "a".into()), ("secret", "hunter2".into())],
            &["secret: The value must have 3 to 5 characters and has 7."],
        );
    }

    #[test]
    fn what_is_deprecated_warns_where_it_is_set() {
        const OLD: Block =
            Block::new("").attributes(&[Attribute::optional("old", &Type::String, "").deprecated("Use new.")]);
        let found = |old: Value| validate(&OLD, &Value::object([("old", old)]), true);
        assert!(found(Value::Null).is_empty());
        let warned = found("x".into()).pop().unwrap();
        assert_eq!((warned.is_error(), warned.detail.as_str()), (false, "old: Use new."));
    }

    #[test]
    fn blocks_are_counted() {
        const SHELF: Block = Block::new("").blocks(&[NestedBlock::list("book", "").times(1, 2)]);
        let found = |books: Value| validate(&SHELF, &Value::object([("book", books)]), true).pop();
        let books = |count| Value::List(vec![Value::object([("", Value::Null); 0]); count]);
        assert_eq!(found(books(0)).unwrap().summary, "Too few book blocks");
        assert_eq!(found(books(3)).unwrap().path.unwrap().to_string(), "book");
        assert_eq!((found(books(2)), found(Value::UNKNOWN)), (None, None));
    }

    #[test]
    fn the_unknown_satisfies_everything() {
        check(&[("id", Value::UNKNOWN), ("name", Value::UNKNOWN), ("kind", Value::UNKNOWN)], &[]);
        check(&[("id", Value::UNKNOWN), ("name", Value::UNKNOWN), ("alias", "b".into())], &[]);
    }

    #[test]
    fn a_client_that_would_store_a_secret_is_refused() {
        let config = Value::object([("id", ID.into()), ("name", "a".into()), ("secret", "1234".into())]);
        let found = validate(&BLOCK, &config, false);
        assert_eq!(found[0].path.as_ref().unwrap().to_string(), "secret");
        assert!(found[0].detail.contains("1.11"));
    }
}
