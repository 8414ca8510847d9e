//! An address of a configuration as Terraform treats it: what it holds, what was put aside, and what an apply makes of it.

use judge::{Failure, Judged, Said};
use serde_json::Value as Json;

use crate::court::{Action, Court, Object, Ruling};
use crate::harness::referee::Stated;

/// An address, and what the state holds there.
#[derive(Debug, Clone)]
pub(in crate::harness) struct Address {
    /// The type of resource.
    pub(in crate::harness) kind: &'static str,
    /// What is configured; none when it is to be removed.
    pub(in crate::harness) config: Option<Json>,
    /// The id in its `import` block, if there is one.
    pub(in crate::harness) import: Option<String>,
    /// Whether a replacement is made before what it replaces is gone.
    pub(in crate::harness) create_before_destroy: bool,
    /// What the state holds.
    pub(in crate::harness) current: Option<Object>,
    /// What was replaced and is still there.
    pub(in crate::harness) deposed: Vec<Object>,
}

/// What a command said.
#[derive(Debug, Default)]
pub(in crate::harness) struct Told {
    /// Everything that the provider said.
    pub(in crate::harness) said: Vec<Said>,
    /// Why it did not come to its end, when it did not.
    pub(in crate::harness) failures: Vec<Failure>,
}

impl Told {
    /// Whether it came to its end without an error.
    pub(in crate::harness) fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// Hears a ruling; its answer, if it has one, and what an error has left.
    pub(in crate::harness) fn hear<T>(&mut self, ruling: Ruling<T>) -> (Option<T>, Option<Object>) {
        let (judged, said, left) = ruling.into_parts();
        self.said.extend(said);
        (self.note(judged), left)
    }

    fn note<T>(&mut self, judged: Judged<T>) -> Option<T> {
        judged.map_err(|failure| self.failures.push(failure)).ok()
    }

    /// Whether an error names this.
    pub(in crate::harness) fn names(&self, what: &str) -> bool {
        self.said.iter().any(|said| said.is_error && said.detail.contains(what))
    }

    /// The id in the `import` block that an error prints.
    pub(in crate::harness) fn printed_import(&self) -> Option<String> {
        let errors = self.said.iter().filter(|said| said.is_error);
        errors.map(|said| &said.detail).find_map(|detail| {
            let (_, block) = detail.split_once("import {")?;
            let (_, id) = block.split_once("id = \"")?;
            Some(id.split_once('"')?.0.to_owned())
        })
    }

    /// The rule of Terraform's that was broken, if one was. Two are rules under a clear sky alone: the second plan of a replacement is not
    /// refused (P9), and what was applied reads alike (R3), while what an apply could not read any more is null until the next refresh.
    pub(in crate::harness) fn broken_rule(&self) -> Option<String> {
        let is_broken = |failure: &&Failure| match failure {
            Failure::Refused(_) => false,
            Failure::Violation(violation) => !["P9", "R3"].contains(&violation.rule),
            Failure::Transport(_) => true,
        };
        self.failures.iter().find(is_broken).map(ToString::to_string)
    }
}

impl Address {
    /// An address with this configuration, at which there is nothing.
    pub(in crate::harness) fn new(kind: &'static str, config: Json) -> Address {
        Address {
            kind,
            config: Some(config),
            import: None,
            create_before_destroy: false,
            current: None,
            deposed: Vec::new(),
        }
    }

    /// What the state holds here, under names of its own.
    pub(in crate::harness) fn stated(&self) -> Vec<Stated> {
        let objects = self.current.iter().chain(&self.deposed).enumerate();
        objects
            .map(|(number, object)| Stated {
                address: format!("{}.{number}", self.kind),
                attributes: object.attributes().clone(),
                is_tainted: object.is_tainted(),
            })
            .collect()
    }

    /// Reads what the state holds.
    pub(in crate::harness) fn refresh(&mut self, court: &Court, told: &mut Told) {
        if let Some(object) = &self.current
            && let (Some(found), _) = told.hear(court.refresh(object))
        {
            self.current = found;
        }
    }

    /// Applies the configuration, as `terraform apply` does.
    pub(in crate::harness) fn apply(&mut self, court: &Court, told: &mut Told) {
        self.do_import(court, told);
        if !told.is_ok() {
            return;
        }
        match (self.config.clone(), self.current.clone()) {
            (None, None) => {}
            (None, Some(object)) => self.current = self.removed(court, &object, told),
            (Some(config), None) => self.made(court, &config, told),
            (Some(config), Some(object)) => self.changed(court, object, &config, told),
        }
        if told.is_ok() {
            let deposed = std::mem::take(&mut self.deposed);
            self.deposed = deposed.iter().filter_map(|object| self.removed(court, object, told)).collect();
        }
    }

    fn do_import(&mut self, court: &Court, told: &mut Told) {
        if let (Some(id), None) = (&self.import, &self.current) {
            self.current = told.hear(court.import(self.kind, id)).0;
        }
    }

    fn made(&mut self, court: &Court, config: &Json, told: &mut Told) {
        let (made, left) = told.hear(court.create(self.kind, config));
        self.current = made.or(left);
    }

    fn changed(&mut self, court: &Court, object: Object, config: &Json, told: &mut Told) {
        if self.create_before_destroy {
            let (action, _) = told.hear(court.plan(self.kind, Some(&object), config));
            match action {
                None => return,
                Some(Action::Replace) => {
                    self.made(court, config, told);
                    // Terraform puts the old one back when nothing came of the new one.
                    match &self.current {
                        Some(_) => self.deposed.push(object),
                        None => self.current = Some(object),
                    }
                    return;
                }
                Some(_) => {}
            }
        }
        let (changed, left) = told.hear(court.change(&object, config));
        self.current = changed.or(left);
    }

    /// What is left of an object that is removed.
    fn removed(&self, court: &Court, object: &Object, told: &mut Told) -> Option<Object> {
        let (read, _) = told.hear(court.refresh(object));
        let Some(found) = read else { return Some(object.clone()) };
        let found = found?;
        match told.hear(court.destroy(&found)) {
            (Some(()), _) => None,
            (None, left) => left,
        }
    }
}
