//! What an author implements for one action: something that is done, and leaves nothing in a state.

use std::future::Future;

use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tonic::Status;

use crate::config::Config;
use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::from_config;
use crate::offer::{Boxed, Offer, erased};
use crate::plain::plain;
use crate::plan;
use crate::schema::Schema;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

/// One type of action.
pub trait Action: Send + Sync + 'static {
    /// What the provider's configuration made.
    type Clients: Send + Sync + 'static;
    /// The configuration as a struct.
    type Model: DeserializeOwned + Send + Sync + 'static;

    /// The type's name in a configuration.
    const NAME: &'static str;
    /// Attributes and blocks; nothing is computed.
    const SCHEMA: &'static Schema;

    /// What the schema cannot say of a configuration. Values may be unknown, and the provider is not configured.
    fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let _ = config;
        Vec::new()
    }

    /// Looks whether the action can be done, while Terraform plans. Values may be unknown.
    fn plan(&self, cx: &Context<Self::Clients>) -> impl Future<Output = Result<(), Diagnostic>> + Send {
        let _ = cx;
        async { Ok(()) }
    }

    /// Does it.
    fn invoke(
        &self,
        cx: &Context<Self::Clients>,
        config: Self::Model,
        progress: &Progress,
    ) -> impl Future<Output = Result<(), Diagnostic>> + Send;
}

/// Tells the user how far an action is.
#[derive(Debug)]
pub struct Progress(pub(crate) mpsc::Sender<Result<pb::invoke_action::Event, Status>>);

impl Progress {
    /// Shows a line.
    pub async fn say(&self, message: impl Into<String>) {
        use pb::invoke_action::event::{Progress, Type};
        let event =
            pb::invoke_action::Event { r#type: Some(Type::Progress(Progress { message: plain(&message.into()) })) };
        // Nobody may be listening any more; then the task is about to be dropped.
        let _ = self.0.send(Ok(event)).await;
    }
}

/// An action of any model; made by [`action`].
pub trait AnyAction<C>: Offer {
    /// See [`Action::plan`].
    fn plan<'a>(&'a self, cx: &'a Context<C>) -> Boxed<'a, ()>;
    /// See [`Action::invoke`].
    fn invoke<'a>(&'a self, cx: &'a Context<C>, progress: &'a Progress) -> Boxed<'a, ()>;
}

/// Erases an action's model.
pub fn action<A: Action>(action: A) -> Box<dyn AnyAction<A::Clients>> {
    Box::new(Erased(action))
}

erased!(Action);

impl<A: Action> AnyAction<A::Clients> for Erased<A> {
    fn plan<'a>(&'a self, cx: &'a Context<A::Clients>) -> Boxed<'a, ()> {
        Box::pin(self.0.plan(cx))
    }

    fn invoke<'a>(&'a self, cx: &'a Context<A::Clients>, progress: &'a Progress) -> Boxed<'a, ()> {
        Box::pin(async move { self.0.invoke(cx, from_config(&Config::from(plan::known(&cx.config)))?, progress).await })
    }
}
