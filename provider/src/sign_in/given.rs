//! What a block of the configuration says of the sign-in.

use std::collections::HashMap;

use tfplugin::Value;

use super::settings::{SETTINGS, Setting};
use crate::clients::secret::Secret;

/// What was given explicitly; what was not falls back to its variable.
#[derive(Default)]
pub(crate) struct Given {
    texts: HashMap<&'static str, Secret>,
    switches: HashMap<&'static str, bool>,
}

impl Given {
    /// What a block says.
    ///
    /// # Errors
    /// The first argument that only the apply will know.
    pub(crate) fn of(block: &Value) -> Result<Given, &'static str> {
        let mut given = Given::default();
        for Setting { argument, .. } in SETTINGS {
            match block.at(argument) {
                value if value.is_unknown() => return Err(argument),
                Value::Bool(switch) => drop(given.switches.insert(argument, *switch)),
                // An empty text is none, as the default of a module's variable is, and as that of the environment is.
                value => {
                    let text = value.as_str().filter(|text| !text.is_empty());
                    given.texts.extend(text.map(|text| (*argument, Secret::from(text.to_owned()))));
                }
            }
        }
        Ok(given)
    }

    /// What it says as a text.
    pub(super) fn text(&self, setting: &Setting) -> Option<Secret> {
        self.texts.get(setting.argument).cloned()
    }

    /// What it says as a switch.
    pub(super) fn switch(&self, setting: &Setting) -> Option<bool> {
        self.switches.get(setting.argument).copied()
    }

    /// The block that says it.
    #[cfg(test)]
    pub(super) fn as_block(&self) -> Value {
        let texts = self.texts.iter().map(|(name, text)| (*name, text.reveal().into()));
        Value::object(texts.chain(self.switches.iter().map(|(name, switch)| (*name, Value::Bool(*switch)))))
    }

    /// The same, saying this too.
    #[cfg(test)]
    pub(super) fn with(mut self, setting: &Setting, text: &str) -> Given {
        self.texts.insert(setting.argument, Secret::from(text.to_owned()));
        self
    }

    /// The same with this switch.
    #[cfg(test)]
    pub(super) fn switched(mut self, setting: &Setting, switch: bool) -> Given {
        self.switches.insert(setting.argument, switch);
        self
    }
}
