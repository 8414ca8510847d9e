//! The rpcs of protocol 5: each asks the function that has its subject, under the rpc's name.

use std::pin::Pin;

use tokio_stream::Stream;
use tonic::{Request, Response, Status, async_trait};

use super::{Server, to_wire};
use crate::config::Config;
use crate::envelope::{decode, decode_config};
use crate::provider::Provider;
use crate::validate::validate;
use crate::wire::tfplugin5 as pb;

type Answered<T> = Result<Response<T>, Status>;
type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[async_trait]
impl<P: Provider> pb::provider_server::Provider for Server<P> {
    type ListResourceStream = Streamed<pb::list_resource::Event>;
    type InvokeActionStream = Streamed<pb::invoke_action::Event>;

    async fn get_metadata(&self, _: Request<pb::get_metadata::Request>) -> Answered<pb::get_metadata::Response> {
        self.run("GetMetadata", "", async { Ok(self.metadata()) }).await
    }

    async fn get_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Answered<pb::get_provider_schema::Response> {
        self.run("GetSchema", "", async { Ok(self.schemas()) }).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Answered<pb::get_resource_identity_schemas::Response> {
        self.run("GetResourceIdentitySchemas", "", async { Ok(self.identity_schemas()) }).await
    }

    async fn get_functions(&self, _: Request<pb::get_functions::Request>) -> Answered<pb::get_functions::Response> {
        let functions = async { Ok(pb::get_functions::Response { functions: self.functions(), ..Default::default() }) };
        self.run("GetFunctions", "", functions).await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<pb::prepare_provider_config::Request>,
    ) -> Answered<pb::prepare_provider_config::Response> {
        let request = request.into_inner();
        let work = async {
            let config = Config::from(decode(request.config.as_ref(), &self.provider_type)?);
            let found = validate(&P::SCHEMA.block, &config, true);
            Ok(pb::prepare_provider_config::Response { prepared_config: request.config, diagnostics: to_wire(&found) })
        };
        self.run("PrepareProviderConfig", "", work).await
    }

    async fn configure(&self, request: Request<pb::configure::Request>) -> Answered<pb::configure::Response> {
        let request = request.into_inner();
        let work = async {
            let config = decode_config(request.config, &self.provider_type)?;
            let (clients, diagnostics) = self.provider.configure(&config, &request.terraform_version)?;
            self.unknown.store(!config.is_wholly_known(), std::sync::atomic::Ordering::Relaxed);
            *self.clients.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(clients.into());
            *self.common.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Default::default();
            Ok(pb::configure::Response { diagnostics: to_wire(&diagnostics) })
        };
        self.run("Configure", "", work).await
    }

    async fn stop(&self, _: Request<pb::stop::Request>) -> Answered<pb::stop::Response> {
        self.stop();
        self.run("Stop", "", async { Ok(Default::default()) }).await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<pb::validate_resource_type_config::Request>,
    ) -> Answered<pb::validate_resource_type_config::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("ValidateResourceTypeConfig", &name, async { self.validate(request) }).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Answered<pb::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("UpgradeResourceState", &name, async { self.upgrade(request) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<pb::upgrade_resource_identity::Request>,
    ) -> Answered<pb::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("UpgradeResourceIdentity", &name, async { self.upgrade_identity(request) }).await
    }

    async fn read_resource(
        &self,
        request: Request<pb::read_resource::Request>,
    ) -> Answered<pb::read_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("ReadResource", &name, self.read(request)).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Answered<pb::plan_resource_change::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("PlanResourceChange", &name, self.plan(request)).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::apply_resource_change::Request>,
    ) -> Answered<pb::apply_resource_change::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("ApplyResourceChange", &name, self.apply(request)).await
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Answered<pb::import_resource_state::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("ImportResourceState", &name, self.import(request)).await
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::move_resource_state::Request>,
    ) -> Answered<pb::move_resource_state::Response> {
        let request = request.into_inner();
        self.run("MoveResourceState", &request.target_type_name, async { self.moved(&request) }).await
    }

    async fn generate_resource_config(
        &self,
        request: Request<pb::generate_resource_config::Request>,
    ) -> Answered<pb::generate_resource_config::Response> {
        let request = request.into_inner();
        self.run("GenerateResourceConfig", &request.type_name, async { self.generate(&request) }).await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<pb::validate_data_source_config::Request>,
    ) -> Answered<pb::validate_data_source_config::Response> {
        let request = request.into_inner();
        self.run("ValidateDataSourceConfig", &request.type_name, async { self.validate_data_source(&request) }).await
    }

    async fn read_data_source(
        &self,
        request: Request<pb::read_data_source::Request>,
    ) -> Answered<pb::read_data_source::Response> {
        let request = request.into_inner();
        self.run("ReadDataSource", &request.type_name, self.read_data(&request)).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<pb::validate_ephemeral_resource_config::Request>,
    ) -> Answered<pb::validate_ephemeral_resource_config::Response> {
        let request = request.into_inner();
        let work = async { self.validate_ephemeral(&request) };
        self.run("ValidateEphemeralResourceConfig", &request.type_name, work).await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::open_ephemeral_resource::Request>,
    ) -> Answered<pb::open_ephemeral_resource::Response> {
        let request = request.into_inner();
        self.run("OpenEphemeralResource", &request.type_name, self.open(&request)).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<pb::renew_ephemeral_resource::Request>,
    ) -> Answered<pb::renew_ephemeral_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("RenewEphemeralResource", &name, self.renew(request)).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<pb::close_ephemeral_resource::Request>,
    ) -> Answered<pb::close_ephemeral_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        self.run("CloseEphemeralResource", &name, self.close(request)).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<pb::validate_list_resource_config::Request>,
    ) -> Answered<pb::validate_list_resource_config::Response> {
        let request = request.into_inner();
        self.run("ValidateListResourceConfig", &request.type_name, async { self.validate_list(&request) }).await
    }

    async fn list_resource(&self, request: Request<pb::list_resource::Request>) -> Answered<Self::ListResourceStream> {
        Ok(Response::new(Box::pin(self.list(request.into_inner()))))
    }

    async fn call_function(
        &self,
        request: Request<pb::call_function::Request>,
    ) -> Answered<pb::call_function::Response> {
        let request = request.into_inner();
        self.run("CallFunction", "", async { self.call(&request) }).await
    }

    async fn validate_action_config(
        &self,
        request: Request<pb::validate_action_config::Request>,
    ) -> Answered<pb::validate_action_config::Response> {
        let request = request.into_inner();
        self.run("ValidateActionConfig", &request.type_name, async { self.validate_action(&request) }).await
    }

    async fn plan_action(&self, request: Request<pb::plan_action::Request>) -> Answered<pb::plan_action::Response> {
        let request = request.into_inner();
        self.run("PlanAction", &request.action_type, self.plan_of_action(&request)).await
    }

    async fn invoke_action(&self, request: Request<pb::invoke_action::Request>) -> Answered<Self::InvokeActionStream> {
        Ok(Response::new(Box::pin(self.invoke(request.into_inner()))))
    }
}
