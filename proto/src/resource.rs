//! What an author implements for one type of resource.
//!
//! A resource is written with its own struct, the model, and without unknowns: where the plan left a value to the apply, the
//! model holds null. Types are erased once, by [`resource`], so that the server holds resources of every model alike. What can be
//! said as data is: identity, upgrades of older states, and moves from other types.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::identity::Identity;
use crate::listing::{Hits, Query};
use crate::model::{from_value, to_value};
use crate::offer::{Boxed, Offer, erased};
use crate::plan::{self, Plan};
use crate::schema::Schema;
use crate::value::Value;

pub use crate::upgrade::{Move, Upgrade};

/// One type of resource.
pub trait Resource: Send + Sync + 'static {
    /// What the provider's configuration made.
    type Clients: Send + Sync + 'static;
    /// The attributes and blocks as a struct.
    type Model: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The type's name in a configuration.
    const NAME: &'static str;
    /// Attributes and blocks.
    const SCHEMA: &'static Schema;
    /// What identifies an object apart from its state.
    const IDENTITY: Option<&'static Identity> = None;
    /// What a `list` block may ask for; without it the resource cannot be listed, nor without an identity.
    const LISTING: Option<&'static Schema> = None;
    /// How states of older versions become one of the schema's.
    const UPGRADES: &'static [Upgrade] = &[];
    /// From which other types a `moved` block may come.
    const MOVES: &'static [Move] = &[];

    /// What the schema cannot say of a configuration. Values may be unknown, and the provider is not configured.
    fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let _ = config;
        Vec::new()
    }

    /// Adds to a plan what the schema cannot know: diagnostics, a computed value, a replacement. Values may be unknown. Also asked
    /// about a destruction. What was told before an error is told with it.
    fn plan(
        &self,
        cx: &Context<Self::Clients>,
        plan: &mut Plan,
    ) -> impl Future<Output = Result<(), Diagnostic>> + Send {
        let _ = (cx, plan);
        async { Ok(()) }
    }

    /// Makes the resource. What exists when it fails must be [kept](Context::keep), so that Terraform remembers it.
    fn create(
        &self,
        cx: &Context<Self::Clients>,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Diagnostic>> + Send;

    /// Reads the resource afresh; nothing when it is gone for certain.
    fn read(
        &self,
        cx: &Context<Self::Clients>,
        prior: Self::Model,
    ) -> impl Future<Output = Result<Option<Self::Model>, Diagnostic>> + Send;

    /// Changes the resource. What is true when it fails half-way must be [kept](Context::keep).
    fn update(
        &self,
        cx: &Context<Self::Clients>,
        prior: Self::Model,
        planned: Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Diagnostic>> + Send;

    /// Removes the resource; one that is gone already is no error.
    fn delete(
        &self,
        cx: &Context<Self::Clients>,
        prior: Self::Model,
    ) -> impl Future<Output = Result<(), Diagnostic>> + Send;

    /// Finds the resource that is to be imported; a read follows.
    fn import(
        &self,
        cx: &Context<Self::Clients>,
        what: Import<'_>,
    ) -> impl Future<Output = Result<Self::Model, Diagnostic>> + Send;

    /// Takes out of a generated configuration what would not be accepted together, or says nothing. What only the provider
    /// sets, what is write-only or deprecated, and defaults are out already.
    fn generate(&self, state: &Value, config: &mut Value) {
        let _ = (state, config);
    }

    /// Finds the objects that a `list` block asks for, each as soon as it is known.
    fn list(
        &self,
        cx: &Context<Self::Clients>,
        query: &Query,
        hits: &Hits,
    ) -> impl Future<Output = Result<(), Diagnostic>> + Send {
        let _ = (cx, query, hits);
        async { Ok(()) }
    }
}

/// By what an object is imported.
#[derive(Debug, Clone, Copy)]
pub enum Import<'a> {
    /// The text that the user gave.
    Id(&'a str),
    /// An identity; what it need not name may be null.
    Identity(&'a Value),
}

/// A resource of any model; made by [`resource`]. A resource whose shape is no struct may implement it itself.
pub trait AnyResource<C>: Offer {
    /// See [`Resource::IDENTITY`].
    fn identity(&self) -> Option<&'static Identity>;
    /// See [`Resource::UPGRADES`].
    fn upgrades(&self) -> &'static [Upgrade];
    /// See [`Resource::MOVES`].
    fn moves(&self) -> &'static [Move];
    /// See [`Resource::plan`].
    fn plan<'a>(&'a self, cx: &'a Context<C>, plan: &'a mut Plan) -> Boxed<'a, ()>;
    /// Makes, changes or removes, depending on which of `prior` and `planned` is null. Where the plan left a value to the apply,
    /// `planned` is unknown.
    fn apply<'a>(&'a self, cx: &'a Context<C>, prior: &'a Value, planned: &'a Value) -> Boxed<'a, Value>;
    /// Reads afresh; null when it is gone.
    fn read<'a>(&'a self, cx: &'a Context<C>, prior: &'a Value) -> Boxed<'a, Value>;
    /// See [`Resource::import`].
    fn import<'a>(&'a self, cx: &'a Context<C>, what: Import<'a>) -> Boxed<'a, Value>;
    /// See [`Resource::generate`].
    fn generate(&self, state: &Value, config: &mut Value);
    /// See [`Resource::LISTING`].
    fn listing(&self) -> Option<&'static Schema>;
    /// See [`Resource::list`].
    fn list<'a>(&'a self, cx: &'a Context<C>, query: &'a Query, hits: &'a Hits) -> Boxed<'a, ()>;
}

/// Erases a resource's model.
pub fn resource<R: Resource>(resource: R) -> Box<dyn AnyResource<R::Clients>> {
    Box::new(Erased(resource))
}

erased!(Resource);

impl<R: Resource> AnyResource<R::Clients> for Erased<R> {
    fn identity(&self) -> Option<&'static Identity> {
        R::IDENTITY
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        R::UPGRADES
    }

    fn moves(&self) -> &'static [Move] {
        R::MOVES
    }

    fn plan<'a>(&'a self, cx: &'a Context<R::Clients>, plan: &'a mut Plan) -> Boxed<'a, ()> {
        Box::pin(self.0.plan(cx, plan))
    }

    fn apply<'a>(&'a self, cx: &'a Context<R::Clients>, prior: &'a Value, planned: &'a Value) -> Boxed<'a, Value> {
        Box::pin(async move {
            let model = match (prior.is_null(), planned.is_null()) {
                (true, _) => self.0.create(cx, from_value(&plan::known(planned))?).await?,
                (false, false) => self.0.update(cx, from_value(prior)?, from_value(&plan::known(planned))?).await?,
                (false, true) => return self.0.delete(cx, from_value(prior)?).await.map(|()| Value::Null),
            };
            to_value(&model, cx.ty())
        })
    }

    fn read<'a>(&'a self, cx: &'a Context<R::Clients>, prior: &'a Value) -> Boxed<'a, Value> {
        Box::pin(async move {
            let read = self.0.read(cx, from_value(prior)?).await?;
            read.map_or(Ok(Value::Null), |model| to_value(&model, cx.ty()))
        })
    }

    fn import<'a>(&'a self, cx: &'a Context<R::Clients>, what: Import<'a>) -> Boxed<'a, Value> {
        Box::pin(async move { to_value(&self.0.import(cx, what).await?, cx.ty()) })
    }

    fn generate(&self, state: &Value, config: &mut Value) {
        self.0.generate(state, config);
    }

    fn listing(&self) -> Option<&'static Schema> {
        R::LISTING
    }

    fn list<'a>(&'a self, cx: &'a Context<R::Clients>, query: &'a Query, hits: &'a Hits) -> Boxed<'a, ()> {
        Box::pin(self.0.list(cx, query, hits))
    }
}
