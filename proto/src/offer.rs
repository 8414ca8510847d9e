//! What a configuration names by its type: what resources, data sources, ephemeral resources and actions have in common.
//!
//! An author writes each with its own struct and its constants; the server holds them all alike. Types are erased once, here.

use std::future::Future;
use std::pin::Pin;

use crate::diagnostic::Diagnostic;
use crate::schema::Schema;
use crate::value::Value;

/// What the erased twin of every type says of it.
pub trait Offer: Send + Sync {
    /// The type's name in a configuration.
    fn name(&self) -> &'static str;
    /// Attributes and blocks.
    fn schema(&self) -> &'static Schema;
    /// What the schema cannot say of a configuration.
    fn validate(&self, config: &Value) -> Vec<Diagnostic>;
    /// In what its model is not its schema; of a type without a model, in nothing. See [`testing`](crate::testing).
    fn misfits(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What an asynchronous method of an erased type returns.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Diagnostic>> + Send + 'a>>;

/// Declares `Erased`, the twin of whatever implements a trait of authors.
macro_rules! erased {
    ($of:ident) => {
        struct Erased<T>(T);

        impl<T: $of> crate::offer::Offer for Erased<T> {
            fn name(&self) -> &'static str {
                T::NAME
            }

            fn schema(&self) -> &'static crate::schema::Schema {
                T::SCHEMA
            }

            fn validate(&self, config: &crate::value::Value) -> Vec<crate::diagnostic::Diagnostic> {
                self.0.validate(config)
            }

            fn misfits(&self) -> Vec<String> {
                crate::model::misfits::<T::Model>(T::SCHEMA)
            }
        }
    };
}
pub(crate) use erased;
