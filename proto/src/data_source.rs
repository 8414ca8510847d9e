//! What an author implements for one data source.

use std::future::Future;

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

/// One data source.
pub trait DataSource: Send + Sync + 'static {
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

    /// Reads what the configuration asks for; that there is none is an error.
    fn read(
        &self,
        cx: &Context<Self::Clients>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Diagnostic>> + Send;
}

/// A data source of any model; made by [`data_source`].
pub trait AnyDataSource<C>: Offer {
    /// See [`DataSource::read`].
    fn read<'a>(&'a self, cx: &'a Context<C>) -> Boxed<'a, Value>;
}

/// Erases a data source's model.
pub fn data_source<D: DataSource>(source: D) -> Box<dyn AnyDataSource<D::Clients>> {
    Box::new(Erased(source))
}

erased!(DataSource);

impl<D: DataSource> AnyDataSource<D::Clients> for Erased<D> {
    fn read<'a>(&'a self, cx: &'a Context<D::Clients>) -> Boxed<'a, Value> {
        Box::pin(async move {
            let model = from_config(&Config::from(plan::known(&cx.config)))?;
            to_value(&self.0.read(cx, model).await?, cx.ty())
        })
    }
}
