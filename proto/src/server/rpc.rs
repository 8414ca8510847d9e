//! The rpcs of protocol 5, in the order in which Terraform asks them.
//!
//! What the provider does not offer yet is answered in the place that the rpc has for an error, naming what was asked for.

use tokio_stream::Once;
use tonic::{Request, Response, Status, async_trait};

use super::{Server, decode, encode, parse_json, to_wire};
use crate::diagnostic::Diagnostic;
use crate::plan::{self, Plan};
use crate::resource::Provider;
use crate::validate::validate;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

type Answered<T> = Result<Response<T>, Status>;

#[async_trait]
impl<P: Provider> pb::provider_server::Provider for Server<P> {
    async fn get_metadata(&self, _: Request<pb::get_metadata::Request>) -> Answered<pb::get_metadata::Response> {
        let named = |name: &&str| pb::get_metadata::ResourceMetadata { type_name: (*name).to_owned() };
        let work = async {
            Ok(pb::get_metadata::Response {
                server_capabilities: Some(capabilities()),
                resources: self.resources.keys().map(named).collect(),
                ..Default::default()
            })
        };
        self.run("GetMetadata", "", work).await
    }

    async fn get_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Answered<pb::get_provider_schema::Response> {
        let work = async {
            let resources = self.resources.iter();
            Ok(pb::get_provider_schema::Response {
                provider: Some(self.provider.schema().to_wire()),
                resource_schemas: resources
                    .map(|(name, served)| ((*name).to_owned(), served.schema.to_wire()))
                    .collect(),
                server_capabilities: Some(capabilities()),
                ..Default::default()
            })
        };
        self.run("GetSchema", "", work).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Answered<pb::get_resource_identity_schemas::Response> {
        self.run("GetResourceIdentitySchemas", "", async { Ok(Default::default()) }).await
    }

    async fn get_functions(&self, _: Request<pb::get_functions::Request>) -> Answered<pb::get_functions::Response> {
        self.run("GetFunctions", "", async { Ok(Default::default()) }).await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<pb::prepare_provider_config::Request>,
    ) -> Answered<pb::prepare_provider_config::Response> {
        let request = request.into_inner();
        let work = async {
            let config = decode(request.config.as_ref(), &self.provider_type)?;
            let found = validate(&self.provider.schema().block, &config, true);
            Ok(pb::prepare_provider_config::Response { prepared_config: request.config, diagnostics: to_wire(&found) })
        };
        self.run("PrepareProviderConfig", "", work).await
    }

    async fn configure(&self, request: Request<pb::configure::Request>) -> Answered<pb::configure::Response> {
        let request = request.into_inner();
        let work = async {
            let config = decode(request.config.as_ref(), &self.provider_type)?;
            let (clients, diagnostics) = self.provider.configure(&config, &request.terraform_version)?;
            *self.clients.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(clients.into());
            Ok(pb::configure::Response { diagnostics: to_wire(&diagnostics) })
        };
        self.run("Configure", "", work).await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<pb::validate_resource_type_config::Request>,
    ) -> Answered<pb::validate_resource_type_config::Response> {
        let request = request.into_inner();
        let work = async {
            let served = self.resource(&request.type_name)?;
            let config = decode(request.config.as_ref(), &served.ty)?;
            let allowed = request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed);
            let mut found = validate(&served.schema.block, &config, allowed);
            found.extend(served.resource.validate(&config));
            Ok(pb::validate_resource_type_config::Response { diagnostics: to_wire(&found) })
        };
        self.run("ValidateResourceTypeConfig", &request.type_name, work).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Answered<pb::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let work = async {
            let served = self.resource(&request.type_name)?;
            let raw = request.raw_state.unwrap_or_default();
            if !raw.flatmap.is_empty() || request.version != served.schema.version {
                let detail = format!(
                    "The state was stored by another version of the provider: its schema version is {}, this one's is {}.",
                    request.version, served.schema.version
                );
                return Err(Diagnostic::error("The stored state cannot be read", detail)
                    .hint("Use the version of the provider that stored it, or remove the object from the state and import it."));
            }
            let mut state = if raw.json.is_empty() { Value::Null } else { parse_json(&raw.json, &served.ty)? };
            plan::forget(&served.schema.block, &mut state);
            let upgraded_state = encode(&state, &served.ty)?;
            Ok(pb::upgrade_resource_state::Response { upgraded_state, diagnostics: Vec::new() })
        };
        self.run("UpgradeResourceState", &request.type_name, work).await
    }

    async fn read_resource(
        &self,
        request: Request<pb::read_resource::Request>,
    ) -> Answered<pb::read_resource::Response> {
        let request = request.into_inner();
        let work = async {
            let served = self.resource(&request.type_name)?;
            let prior = decode(request.current_state.as_ref(), &served.ty)?;
            let cx = self.context(served, Value::Null)?;
            let mut diagnostics = Vec::new();
            let new_state = match served.resource.read(&cx, &prior).await {
                Ok(mut read) => {
                    plan::respell(&served.schema.block, &prior, &mut read);
                    read
                }
                Err(error) => {
                    diagnostics.push(error);
                    prior
                }
            };
            diagnostics.extend(cx.told());
            Ok(pb::read_resource::Response {
                new_state: encode(&new_state, &served.ty)?,
                private: request.private,
                diagnostics: to_wire(&diagnostics),
                ..Default::default()
            })
        };
        self.run("ReadResource", &request.type_name, work).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Answered<pb::plan_resource_change::Response> {
        let request = request.into_inner();
        let work = async {
            let served = self.resource(&request.type_name)?;
            let prior = decode(request.prior_state.as_ref(), &served.ty)?;
            let proposed = decode(request.proposed_new_state.as_ref(), &served.ty)?;
            let config = decode(request.config.as_ref(), &served.ty)?;
            let cx = self.context(served, config.clone())?;
            let mut plan = plan::plan(&served.schema.block, prior, &proposed, config);
            served.resource.plan(&cx, &mut plan).await;
            let Plan { mut planned, replace, mut diagnostics, .. } = plan;
            plan::forget(&served.schema.block, &mut planned);
            diagnostics.extend(cx.told());
            Ok(pb::plan_resource_change::Response {
                planned_state: encode(&planned, &served.ty)?,
                requires_replace: replace.iter().map(crate::value::Path::to_wire).collect(),
                planned_private: request.prior_private,
                diagnostics: to_wire(&diagnostics),
                ..Default::default()
            })
        };
        self.run("PlanResourceChange", &request.type_name, work).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::apply_resource_change::Request>,
    ) -> Answered<pb::apply_resource_change::Response> {
        let request = request.into_inner();
        let work = async {
            let served = self.resource(&request.type_name)?;
            let prior = decode(request.prior_state.as_ref(), &served.ty)?;
            let planned = decode(request.planned_state.as_ref(), &served.ty)?;
            let config = decode(request.config.as_ref(), &served.ty)?;
            let cx = self.context(served, config.clone())?;
            let applied = served.resource.apply(&cx, &prior, &planned).await;
            let mut diagnostics = cx.told();
            let failed = diagnostics.iter().any(Diagnostic::is_error);
            let new_state = match applied {
                Ok(mut state) => {
                    if !failed {
                        plan::settle(&served.schema.block, &planned, &config, &mut state);
                    }
                    state
                }
                // What exists is remembered: after a failed creation as tainted, after a failed update or removal as it is.
                Err(error) => {
                    diagnostics.insert(0, error);
                    cx.kept().unwrap_or(prior)
                }
            };
            let mut new_state = new_state;
            plan::forget(&served.schema.block, &mut new_state);
            Ok(pb::apply_resource_change::Response {
                new_state: encode(&new_state, &served.ty)?,
                private: request.planned_private,
                diagnostics: to_wire(&diagnostics),
                ..Default::default()
            })
        };
        self.run("ApplyResourceChange", &request.type_name, work).await
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Answered<pb::import_resource_state::Response> {
        let request = request.into_inner();
        let work = async {
            let served = self.resource(&request.type_name)?;
            let cx = self.context(served, Value::Null)?;
            let mut state = served.resource.import(&cx, &request.id).await?;
            plan::forget(&served.schema.block, &mut state);
            let imported = pb::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: encode(&state, &served.ty)?,
                ..Default::default()
            };
            let diagnostics = to_wire(&cx.told());
            Ok(pb::import_resource_state::Response { imported_resources: vec![imported], diagnostics, deferred: None })
        };
        self.run("ImportResourceState", &request.type_name, work).await
    }

    async fn stop(&self, _: Request<pb::stop::Request>) -> Answered<pb::stop::Response> {
        self.stop();
        self.run("Stop", "", async { Ok(Default::default()) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<pb::upgrade_resource_identity::Request>,
    ) -> Answered<pb::upgrade_resource_identity::Response> {
        let name = request.into_inner().type_name;
        self.run("UpgradeResourceIdentity", &name, async { Err(self.no_such("resource identity", &name)) }).await
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::move_resource_state::Request>,
    ) -> Answered<pb::move_resource_state::Response> {
        let request = request.into_inner();
        let work = async {
            let detail = format!(
                "{} of {} cannot become {}.",
                request.source_type_name, request.source_provider_address, request.target_type_name
            );
            Err(Diagnostic::error("Moving from another resource type is not supported", detail)
                .hint("Remove the object from the state and import it under its new type."))
        };
        self.run("MoveResourceState", &request.target_type_name, work).await
    }

    async fn generate_resource_config(
        &self,
        request: Request<pb::generate_resource_config::Request>,
    ) -> Answered<pb::generate_resource_config::Response> {
        let name = request.into_inner().type_name;
        let work = async { Err(self.no_such("generated configuration for the resource type", &name)) };
        self.run("GenerateResourceConfig", &name, work).await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<pb::validate_data_source_config::Request>,
    ) -> Answered<pb::validate_data_source_config::Response> {
        let name = request.into_inner().type_name;
        self.run("ValidateDataSourceConfig", &name, async { Err(self.no_such("data source", &name)) }).await
    }

    async fn read_data_source(
        &self,
        request: Request<pb::read_data_source::Request>,
    ) -> Answered<pb::read_data_source::Response> {
        let name = request.into_inner().type_name;
        self.run("ReadDataSource", &name, async { Err(self.no_such("data source", &name)) }).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<pb::validate_ephemeral_resource_config::Request>,
    ) -> Answered<pb::validate_ephemeral_resource_config::Response> {
        let name = request.into_inner().type_name;
        self.run("ValidateEphemeralResourceConfig", &name, async { Err(self.no_such("ephemeral resource", &name)) })
            .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::open_ephemeral_resource::Request>,
    ) -> Answered<pb::open_ephemeral_resource::Response> {
        let name = request.into_inner().type_name;
        self.run("OpenEphemeralResource", &name, async { Err(self.no_such("ephemeral resource", &name)) }).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<pb::renew_ephemeral_resource::Request>,
    ) -> Answered<pb::renew_ephemeral_resource::Response> {
        let name = request.into_inner().type_name;
        self.run("RenewEphemeralResource", &name, async { Err(self.no_such("ephemeral resource", &name)) }).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<pb::close_ephemeral_resource::Request>,
    ) -> Answered<pb::close_ephemeral_resource::Response> {
        let name = request.into_inner().type_name;
        self.run("CloseEphemeralResource", &name, async { Err(self.no_such("ephemeral resource", &name)) }).await
    }

    type ListResourceStream = Once<Result<pb::list_resource::Event, Status>>;

    async fn list_resource(&self, request: Request<pb::list_resource::Request>) -> Answered<Self::ListResourceStream> {
        let error = self.no_such("list resource", &request.into_inner().type_name);
        let event = pb::list_resource::Event { diagnostic: to_wire(&[error]), ..Default::default() };
        Ok(Response::new(tokio_stream::once(Ok(event))))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<pb::validate_list_resource_config::Request>,
    ) -> Answered<pb::validate_list_resource_config::Response> {
        let name = request.into_inner().type_name;
        self.run("ValidateListResourceConfig", &name, async { Err(self.no_such("list resource", &name)) }).await
    }

    async fn call_function(
        &self,
        request: Request<pb::call_function::Request>,
    ) -> Answered<pb::call_function::Response> {
        let name = request.into_inner().name;
        self.run("CallFunction", "", async { Err(self.no_such("function", &name)) }).await
    }

    async fn plan_action(&self, request: Request<pb::plan_action::Request>) -> Answered<pb::plan_action::Response> {
        let name = request.into_inner().action_type;
        self.run("PlanAction", &name, async { Err(self.no_such("action", &name)) }).await
    }

    type InvokeActionStream = Once<Result<pb::invoke_action::Event, Status>>;

    async fn invoke_action(&self, request: Request<pb::invoke_action::Request>) -> Answered<Self::InvokeActionStream> {
        use pb::invoke_action::event::{Completed, Type};
        let error = self.no_such("action", &request.into_inner().action_type);
        let completed = Type::Completed(Completed { diagnostics: to_wire(&[error]) });
        Ok(Response::new(tokio_stream::once(Ok(pb::invoke_action::Event { r#type: Some(completed) }))))
    }

    async fn validate_action_config(
        &self,
        request: Request<pb::validate_action_config::Request>,
    ) -> Answered<pb::validate_action_config::Response> {
        let name = request.into_inner().type_name;
        self.run("ValidateActionConfig", &name, async { Err(self.no_such("action", &name)) }).await
    }
}

fn capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities { plan_destroy: true, get_provider_schema_optional: true, ..Default::default() }
}
