//! An object as a test holds it.

use std::ops::Index;

use judge::Instance;
use judge::json::to_json;
use serde_json::Value as Json;

/// An object that was made, read or imported: its state, and what the provider stored beside it.
#[derive(Debug, Clone)]
pub struct Object {
    pub(super) instance: Instance,
    attributes: Json,
}

impl Object {
    /// The text of an attribute.
    #[track_caller]
    #[must_use]
    pub fn attr(&self, name: &str) -> String {
        match &self[name] {
            Json::String(text) => text.clone(),
            other => panic!("{name} is {other}, among {}", self.attributes),
        }
    }

    /// The object as the judge knows it.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The object after `terraform taint`, or after `terraform untaint`.
    #[must_use]
    pub fn tainted(mut self, is_tainted: bool) -> Object {
        self.instance.tainted = is_tainted;
        self
    }

    /// Every attribute.
    #[must_use]
    pub fn attributes(&self) -> &Json {
        &self.attributes
    }

    /// Whether its creation failed.
    #[must_use]
    pub fn is_tainted(&self) -> bool {
        self.instance.tainted
    }
}

impl Index<&str> for Object {
    type Output = Json;

    fn index(&self, name: &str) -> &Json {
        &self.attributes[name]
    }
}

impl From<Instance> for Object {
    fn from(instance: Instance) -> Object {
        let attributes = serde_json::from_str(&to_json(&instance.state)).expect("a state is JSON");
        Object { instance, attributes }
    }
}
