//! A provider: its configuration, and what it offers.

use crate::action::AnyAction;
use crate::data_source::AnyDataSource;
use crate::diagnostic::Diagnostic;
use crate::ephemeral::AnyEphemeral;
use crate::function::Function;
use crate::resource::AnyResource;
use crate::schema::Schema;
use crate::value::Value;

/// A provider: its configuration, and what it offers.
pub trait Provider: Send + Sync + 'static {
    /// What resources work with once the provider is configured.
    type Clients: Send + Sync + 'static;

    /// The type name that all resource types begin with.
    const NAME: &'static str;
    /// The provider block.
    const SCHEMA: &'static Schema;
    /// What a module may say in its `provider_meta` block.
    const META: Option<&'static Schema> = None;

    /// The resources, each erased by [`resource`](crate::resource::resource).
    fn resources(&self) -> Vec<Box<dyn AnyResource<Self::Clients>>>;

    /// The data sources, each erased by [`data_source`](crate::data_source::data_source).
    fn data_sources(&self) -> Vec<Box<dyn AnyDataSource<Self::Clients>>> {
        Vec::new()
    }

    /// The ephemeral resources, each erased by [`ephemeral`](crate::ephemeral::ephemeral).
    fn ephemerals(&self) -> Vec<Box<dyn AnyEphemeral<Self::Clients>>> {
        Vec::new()
    }

    /// The actions, each erased by [`action`](crate::action::action).
    fn actions(&self) -> Vec<Box<dyn AnyAction<Self::Clients>>> {
        Vec::new()
    }

    /// The functions.
    fn functions(&self) -> &'static [Function] {
        &[]
    }

    /// Makes the clients. Values may be unknown while Terraform plans: bear it, and fail where the value is needed.
    ///
    /// # Errors
    /// A configuration that cannot work, on the attribute at fault.
    fn configure(
        &self,
        config: &Value,
        terraform_version: &str,
    ) -> Result<(Self::Clients, Vec<Diagnostic>), Diagnostic>;
}
