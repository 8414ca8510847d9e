//! What go-plugin expects beside the provider: a controller that ends the process, and three that have nothing to do.

use tokio::sync::watch;
use tokio_stream::{Empty, Pending};
use tonic::{Request, Response, Status, Streaming, async_trait};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};

use crate::wire::plugin as pb;

/// Ends the process when Terraform asks.
pub(super) struct Controller(pub(super) watch::Sender<bool>);

#[async_trait]
impl pb::grpc_controller_server::GrpcController for Controller {
    async fn shutdown(&self, _: Request<pb::Empty>) -> Result<Response<pb::Empty>, Status> {
        self.0.send_replace(true);
        Ok(Response::new(pb::Empty {}))
    }
}

/// Streams nothing for as long as anybody listens: Terraform logs whatever comes as unexpected.
pub(super) struct Stdio;

#[async_trait]
impl pb::grpc_stdio_server::GrpcStdio for Stdio {
    type StreamStdioStream = Pending<Result<pb::StdioData, Status>>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(tokio_stream::pending()))
    }
}

/// Brokers nothing: no provider needs a second connection.
pub(super) struct Broker;

#[async_trait]
impl pb::grpc_broker_server::GrpcBroker for Broker {
    type StartStreamStream = Empty<Result<pb::ConnInfo, Status>>;

    async fn start_stream(
        &self,
        _: Request<Streaming<pb::ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(Response::new(tokio_stream::empty()))
    }
}

/// Says that the service `plugin` is well.
pub(super) async fn health() -> HealthServer<impl Health> {
    let (reporter, server) = tonic_health::server::health_reporter();
    reporter.set_service_status("plugin", ServingStatus::Serving).await;
    server
}
