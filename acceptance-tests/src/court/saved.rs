//! A plan that another run applies, as `terraform plan -out` and `terraform apply PLANFILE` do: nothing is refreshed in between.

use judge::{Instance, Planned};
use serde_json::Value as Json;
use tfplugin::value::Value;

use super::config::value;
use super::{Bench, Object, Ruling};

/// A plan that was saved.
pub struct Saved {
    kind: String,
    before: Option<Instance>,
    planned: Planned,
    config: Value,
}

impl Bench {
    /// Plans what a configuration makes of nothing, or of an object, and keeps it.
    pub fn save_plan(&self, kind: &str, before: Option<&Object>, config: &Json) -> Ruling<Saved> {
        self.hear(|judge| {
            let config = judge.config(kind, value(config));
            let before = match before {
                Some(object) => judge.refresh(&object.instance)?,
                None => None,
            };
            let planned = judge.plan(kind, before.as_ref(), &config)?;
            Ok(Saved { kind: kind.to_owned(), before, planned, config })
        })
    }

    /// Applies a plan that was kept.
    pub fn apply_saved(&self, saved: &Saved) -> Ruling<()> {
        self.hear(|judge| {
            let Saved { kind, before, planned, config } = saved;
            match judge.apply_saved(kind, before.clone(), planned, config)? {
                (_, refused) if refused.is_empty() => Ok(()),
                (_, refused) => Err(judge::Failure::Refused(refused)),
            }
        })
    }
}
