//! What an author implements: a [`Provider`] and its [`Resource`]s.
//!
//! A resource is written with its own struct, the model, and without unknowns: where the plan left a value to the apply, the
//! model holds null. Types are erased once, by [`resource`], so that the server holds resources of every model alike.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::model::{from_value, to_value};
use crate::plan::{self, Plan};
use crate::schema::Schema;
use crate::value::Value;

/// The result of an operation: what came of it, or the error that ended it.
pub type Result<T> = std::result::Result<T, Diagnostic>;

/// A provider: its configuration, and what it manages.
pub trait Provider: Send + Sync + 'static {
    /// What resources work with once the provider is configured.
    type Clients: Send + Sync + 'static;

    /// The type name that all resource types begin with.
    fn name(&self) -> &'static str;

    /// The provider block.
    fn schema(&self) -> &'static Schema;

    /// The resources, each erased by [`resource`].
    fn resources(&self) -> Vec<Box<dyn AnyResource<Self::Clients>>>;

    /// Makes the clients. Values may be unknown while Terraform plans: bear it, and fail where the value is needed.
    ///
    /// # Errors
    /// A configuration that cannot work, on the attribute at fault.
    fn configure(&self, config: &Value, terraform_version: &str) -> Result<(Self::Clients, Vec<Diagnostic>)>;
}

/// One type of resource.
pub trait Resource: Send + Sync + 'static {
    /// What the provider's configuration made.
    type Clients: Send + Sync + 'static;
    /// The attributes and blocks as a struct.
    type Model: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The type's name in a configuration.
    fn name(&self) -> &'static str;

    /// Attributes and blocks.
    fn schema(&self) -> &'static Schema;

    /// What the schema cannot say of a configuration. Values may be unknown, and the provider is not configured.
    fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let _ = config;
        Vec::new()
    }

    /// Adds to a plan what the schema cannot know: diagnostics, a computed value, a replacement. Values may be unknown. Also asked
    /// about a destruction.
    fn plan(&self, cx: &Context<Self::Clients>, plan: &mut Plan) -> impl Future<Output = ()> + Send {
        let _ = (cx, plan);
        async {}
    }

    /// Makes the resource. What exists when it fails must be [kept](Context::keep), so that Terraform remembers it.
    fn create(
        &self,
        cx: &Context<Self::Clients>,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// Reads the resource afresh; nothing when it is gone for certain.
    fn read(
        &self,
        cx: &Context<Self::Clients>,
        prior: Self::Model,
    ) -> impl Future<Output = Result<Option<Self::Model>>> + Send;

    /// Changes the resource. What is true when it fails half-way must be [kept](Context::keep).
    fn update(
        &self,
        cx: &Context<Self::Clients>,
        prior: Self::Model,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;

    /// Removes the resource; one that is gone already is no error.
    fn delete(&self, cx: &Context<Self::Clients>, prior: Self::Model) -> impl Future<Output = Result<()>> + Send;

    /// Finds the resource that `id` names; a read follows.
    fn import(&self, cx: &Context<Self::Clients>, id: &str) -> impl Future<Output = Result<Self::Model>> + Send;
}

/// What an operation has at hand.
pub struct Context<C> {
    /// What the provider's configuration made.
    pub clients: Arc<C>,
    /// The configuration of this resource, with its write-only arguments; null where the operation has none.
    pub config: Value,
    /// Whether the user asked to stop. What is under way is finished, and nothing new is begun.
    pub stopped: CancellationToken,
    ty: Type,
    told: Mutex<Vec<Diagnostic>>,
    kept: Mutex<Option<Value>>,
}

impl<C> Context<C> {
    pub(crate) fn new(clients: Arc<C>, config: Value, stopped: CancellationToken, ty: Type) -> Context<C> {
        Context { clients, config, stopped, ty, told: Mutex::default(), kept: Mutex::default() }
    }

    /// Tells the user something; an error makes the operation fail once it ends.
    pub fn tell(&self, diagnostic: Diagnostic) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic);
    }

    /// Remembers what exists, should the operation fail from here on.
    pub fn keep<M: Serialize>(&self, model: &M) {
        match to_value(model, &self.ty) {
            Ok(value) => *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(value),
            Err(error) => self.tell(error),
        }
    }

    /// Waits.
    ///
    /// # Errors
    /// The user asked to stop.
    pub async fn pause(&self, duration: Duration) -> Result<()> {
        tokio::select! {
            biased;
            () = self.stopped.cancelled() => Err(Diagnostic::error("Interrupted", "Terraform was asked to stop.")
                .hint("What exists by now is in the state: the next plan goes on from there.")),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }

    /// The model of the configuration, with its write-only arguments.
    ///
    /// # Errors
    /// The model does not fit the schema.
    pub fn config_model<M: DeserializeOwned>(&self) -> Result<M> {
        from_value(&plan::known(&self.config))
    }

    pub(crate) fn told(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn kept(&self) -> Option<Value> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<C> fmt::Debug for Context<C> {
    /// Shows nothing: the configuration holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A resource of any model; made by [`resource`].
pub trait AnyResource<C>: Send + Sync {
    /// The type's name in a configuration.
    fn name(&self) -> &'static str;
    /// Attributes and blocks.
    fn schema(&self) -> &'static Schema;
    /// What the schema cannot say of a configuration.
    fn validate(&self, config: &Value) -> Vec<Diagnostic>;
    /// Adds to a plan what the schema cannot know.
    fn plan<'a>(&'a self, cx: &'a Context<C>, plan: &'a mut Plan) -> Boxed<'a, ()>;
    /// Makes, changes or removes, depending on which of `prior` and `planned` is null.
    fn apply<'a>(&'a self, cx: &'a Context<C>, prior: &'a Value, planned: &'a Value) -> Boxed<'a, Result<Value>>;
    /// Reads afresh; null when it is gone.
    fn read<'a>(&'a self, cx: &'a Context<C>, prior: &'a Value) -> Boxed<'a, Result<Value>>;
    /// Finds what `id` names.
    fn import<'a>(&'a self, cx: &'a Context<C>, id: &'a str) -> Boxed<'a, Result<Value>>;
}

/// Erases a resource's model.
pub fn resource<R: Resource>(resource: R) -> Box<dyn AnyResource<R::Clients>> {
    Box::new(Erased(resource))
}

struct Erased<R>(R);

impl<R: Resource> AnyResource<R::Clients> for Erased<R> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn schema(&self) -> &'static Schema {
        self.0.schema()
    }

    fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        self.0.validate(config)
    }

    fn plan<'a>(&'a self, cx: &'a Context<R::Clients>, plan: &'a mut Plan) -> Boxed<'a, ()> {
        Box::pin(self.0.plan(cx, plan))
    }

    fn apply<'a>(
        &'a self,
        cx: &'a Context<R::Clients>,
        prior: &'a Value,
        planned: &'a Value,
    ) -> Boxed<'a, Result<Value>> {
        Box::pin(async move {
            let model = match (prior.is_null(), planned.is_null()) {
                (true, _) => self.0.create(cx, from_value(&plan::known(planned))?).await?,
                (false, false) => self.0.update(cx, from_value(prior)?, from_value(&plan::known(planned))?).await?,
                (false, true) => return self.0.delete(cx, from_value(prior)?).await.map(|()| Value::Null),
            };
            to_value(&model, &cx.ty)
        })
    }

    fn read<'a>(&'a self, cx: &'a Context<R::Clients>, prior: &'a Value) -> Boxed<'a, Result<Value>> {
        Box::pin(async move {
            let read = self.0.read(cx, from_value(prior)?).await?;
            read.map_or(Ok(Value::Null), |model| to_value(&model, &cx.ty))
        })
    }

    fn import<'a>(&'a self, cx: &'a Context<R::Clients>, id: &'a str) -> Boxed<'a, Result<Value>> {
        Box::pin(async move { to_value(&self.0.import(cx, id).await?, &cx.ty) })
    }
}
