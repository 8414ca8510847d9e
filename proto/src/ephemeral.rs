//! What an author implements for one ephemeral resource: a value that lives as long as a run, and is never stored.

use std::future::Future;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::{from_config, to_value};
use crate::offer::{Boxed, Offer, erased};
use crate::plan;
use crate::schema::Schema;
use crate::value::Value;

/// One ephemeral resource.
pub trait Ephemeral: Send + Sync + 'static {
    /// What the provider's configuration made.
    type Clients: Send + Sync + 'static;
    /// The attributes and blocks as a struct.
    type Model: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The type's name in a configuration.
    const NAME: &'static str;
    /// Attributes and blocks.
    const SCHEMA: &'static Schema;

    /// What the schema cannot say of a configuration. Values may be unknown, and the provider is not configured.
    fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let _ = config;
        Vec::new()
    }

    /// Opens it, for a plan as well as for an apply.
    fn open(
        &self,
        cx: &Context<Self::Clients>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Opened<Self::Model>, Diagnostic>> + Send;

    /// Makes it last longer; `private` is what opening or the last renewal stored.
    fn renew(
        &self,
        cx: &Context<Self::Clients>,
        private: Vec<u8>,
    ) -> impl Future<Output = Result<Lease, Diagnostic>> + Send {
        let _ = cx;
        async { Ok(Lease { private, renew_at: None }) }
    }

    /// Ends it; `private` is what opening stored, whatever renewals did. What is closed already is no error.
    fn close(
        &self,
        cx: &Context<Self::Clients>,
        private: Vec<u8>,
    ) -> impl Future<Output = Result<(), Diagnostic>> + Send {
        let _ = (cx, private);
        async { Ok(()) }
    }
}

/// What opening brings.
#[derive(Debug)]
pub struct Opened<M> {
    /// The value.
    pub result: M,
    /// How it is renewed and closed.
    pub lease: Lease,
}

/// How an open ephemeral resource goes on.
#[derive(Debug, Default)]
pub struct Lease {
    /// What renewing and closing need; Terraform holds it in memory.
    pub private: Vec<u8>,
    /// When it must be renewed; without it, never.
    pub renew_at: Option<SystemTime>,
}

/// An ephemeral resource of any model; made by [`ephemeral`].
pub trait AnyEphemeral<C>: Offer {
    /// See [`Ephemeral::open`].
    fn open<'a>(&'a self, cx: &'a Context<C>) -> Boxed<'a, Opened<Value>>;
    /// See [`Ephemeral::renew`].
    fn renew<'a>(&'a self, cx: &'a Context<C>, private: Vec<u8>) -> Boxed<'a, Lease>;
    /// See [`Ephemeral::close`].
    fn close<'a>(&'a self, cx: &'a Context<C>, private: Vec<u8>) -> Boxed<'a, ()>;
}

/// Erases an ephemeral resource's model.
pub fn ephemeral<E: Ephemeral>(ephemeral: E) -> Box<dyn AnyEphemeral<E::Clients>> {
    Box::new(Erased(ephemeral))
}

erased!(Ephemeral);

impl<E: Ephemeral> AnyEphemeral<E::Clients> for Erased<E> {
    fn open<'a>(&'a self, cx: &'a Context<E::Clients>) -> Boxed<'a, Opened<Value>> {
        Box::pin(async move {
            let Opened { result, lease } =
                self.0.open(cx, from_config(&Config::from(plan::known(&cx.config)))?).await?;
            Ok(Opened { result: to_value(&result, cx.ty())?, lease })
        })
    }

    fn renew<'a>(&'a self, cx: &'a Context<E::Clients>, private: Vec<u8>) -> Boxed<'a, Lease> {
        Box::pin(self.0.renew(cx, private))
    }

    fn close<'a>(&'a self, cx: &'a Context<E::Clients>, private: Vec<u8>) -> Boxed<'a, ()> {
        Box::pin(self.0.close(cx, private))
    }
}
