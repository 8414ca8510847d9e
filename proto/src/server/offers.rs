//! What the provider offers, in the wire's words.

use std::collections::HashMap;

use super::{Offered, Server};
use crate::function::Function;
use crate::provider::Provider;
use crate::schema::Schema;
use crate::wire::tfplugin5 as pb;

impl<P: Provider> Server<P> {
    /// Everything that a configuration may use.
    pub(super) fn schemas(&self) -> pb::get_provider_schema::Response {
        let action = |(name, schema)| (name, pb::ActionSchema { schema: Some(schema) });
        pb::get_provider_schema::Response {
            provider: Some(P::SCHEMA.to_wire()),
            resource_schemas: schemas(&self.resources).collect(),
            data_source_schemas: schemas(&self.data_sources).collect(),
            ephemeral_resource_schemas: schemas(&self.ephemerals).collect(),
            list_resource_schemas: self.listings().map(|(name, listing)| (name, listing.to_wire())).collect(),
            action_schemas: schemas(&self.actions).map(action).collect(),
            functions: self.functions(),
            provider_meta: P::META.map(Schema::to_wire),
            server_capabilities: Some(capabilities()),
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn functions(&self) -> HashMap<String, pb::Function> {
        let function = |function: &Function| (function.name.to_owned(), function.to_wire());
        self.provider.functions().iter().map(function).collect()
    }

    pub(super) fn metadata(&self) -> pb::get_metadata::Response {
        use pb::get_metadata::{
            ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ListResourceMetadata,
            ResourceMetadata,
        };
        pb::get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: names(&self.resources).map(|type_name| ResourceMetadata { type_name }).collect(),
            data_sources: names(&self.data_sources).map(|type_name| DataSourceMetadata { type_name }).collect(),
            ephemeral_resources: names(&self.ephemerals).map(|type_name| EphemeralMetadata { type_name }).collect(),
            list_resources: self.listings().map(|(type_name, _)| ListResourceMetadata { type_name }).collect(),
            actions: names(&self.actions).map(|type_name| ActionMetadata { type_name }).collect(),
            functions: self
                .provider
                .functions()
                .iter()
                .map(|function| FunctionMetadata { name: function.name.to_owned() })
                .collect(),
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn identity_schemas(&self) -> pb::get_resource_identity_schemas::Response {
        let identities = self.resources.iter().filter_map(|(name, served)| {
            let identity = served.it.identity()?;
            Some(((*name).to_owned(), identity.to_wire()))
        });
        pb::get_resource_identity_schemas::Response { identity_schemas: identities.collect(), diagnostics: Vec::new() }
    }

    /// The resources that can be listed: Terraform knows what was found by its identity.
    fn listings(&self) -> impl Iterator<Item = (String, &'static Schema)> {
        self.resources.iter().filter_map(|(name, served)| {
            let listing = served.it.identity().and(served.it.listing())?;
            Some(((*name).to_owned(), listing))
        })
    }
}

fn names<T: ?Sized>(offered: &Offered<T>) -> impl Iterator<Item = String> {
    offered.keys().map(|name| (*name).to_owned())
}

fn schemas<T: ?Sized>(offered: &Offered<T>) -> impl Iterator<Item = (String, pb::Schema)> {
    offered.iter().map(|(name, served)| ((*name).to_owned(), served.schema.to_wire()))
}

fn capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}
