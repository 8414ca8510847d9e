//! What `terraform query` asks of a resource, and how its objects are told, each as soon as it is found.

use crate::diagnostic::Diagnostic;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tonic::Status;

use crate::cty::Type;
use crate::envelope::encode;
use crate::identity::Identity;
use crate::model::{from_config, to_value};
use crate::plain::plain;
use crate::plan;
use crate::schema::Block;
use crate::settle::conform;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

/// What a `list` block asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Query {
    /// Its configuration.
    pub config: Value,
    /// Whether the objects' states are asked for, and not their identities alone: what only a state shows need not be read else.
    pub include_resource: bool,
}

impl Query {
    /// The configuration as a struct.
    ///
    /// # Errors
    /// The struct does not fit the schema.
    pub fn model<M: DeserializeOwned>(&self) -> Result<M, Diagnostic> {
        from_config(&plan::known(&self.config))
    }
}

/// Where the objects go that were found.
#[derive(Debug)]
pub struct Hits {
    pub(crate) events: mpsc::Sender<Result<pb::list_resource::Event, Status>>,
    pub(crate) include_resource: bool,
    pub(crate) left: AtomicI64,
    pub(crate) block: &'static Block,
    pub(crate) ty: Type,
    pub(crate) identity: &'static Identity,
}

impl Hits {
    /// Tells an object by the name that people know, and by as much of its state as its identity needs, or all of it if it was
    /// asked for. Waits while the client is behind; breaks when enough was found or nobody listens any more.
    ///
    /// # Errors
    /// A model that does not fit its schema.
    pub async fn tell<M: Serialize>(&self, name: &str, model: &M) -> Result<ControlFlow<()>, Diagnostic> {
        self.tell_value(name, to_value(model, &self.ty)?).await
    }

    /// The same for a resource without a model of its own.
    ///
    /// # Errors
    /// A value that does not fit the schema.
    pub async fn tell_value(&self, name: &str, mut state: Value) -> Result<ControlFlow<()>, Diagnostic> {
        conform(self.block, &mut state);
        let identity = self.identity.of(&state);
        let identity_data = encode(&identity, &self.identity.ty())?;
        let resource_object = if self.include_resource { encode(&state, &self.ty)? } else { None };
        let event = pb::list_resource::Event {
            identity: Some(pb::ResourceIdentityData { identity_data }),
            display_name: shown(name, &identity),
            resource_object,
            diagnostic: Vec::new(),
        };
        let gone = self.events.send(Ok(event)).await.is_err();
        // A limit of 0 is none: then this counts down from 0 and never returns to it.
        let enough = self.left.fetch_sub(1, Ordering::Relaxed) == 1;
        Ok(if gone || enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// The name that people see; what has none is shown by its identity.
fn shown(name: &str, identity: &Value) -> String {
    let name = plain(name);
    match identity {
        Value::Map(fields) if name.trim().is_empty() => {
            fields.values().filter_map(Value::as_str).collect::<Vec<_>>().join("/")
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_is_shown_by_its_identity() {
        let identity = Value::object([("environment_id", "e".into()), ("id", "7".into())]);
        assert_eq!((shown("Robot", &identity).as_str(), shown(" ", &identity).as_str()), ("Robot", "e/7"));
    }
}
