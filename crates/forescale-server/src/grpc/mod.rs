//! KEDA's external scaler over gRPC, with health and reflection.

mod request;
mod scaler;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use tokio::sync::watch;
use tonic::Status;
use tonic::service::Routes;
use tonic::service::interceptor::{InterceptedService, Interceptor};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::door::Door;
use crate::listen::told;
use crate::service::Service;
use externalscaler::external_scaler_server::ExternalScalerServer;
use scaler::Scaler;

/// What KEDA's wire definition becomes.
#[allow(missing_docs)]
pub mod externalscaler {
    tonic::include_proto!("externalscaler");
}

/// The wire definition, for reflection.
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/externalscaler.bin"));

/// The largest request, in bytes: a reference and its metadata are far smaller.
const LARGEST: usize = 64 * 1_024;

/// Everything that is served over gRPC; `door` guards the scaler.
pub async fn router(service: Arc<Service>, door: Door) -> Router {
    let most = service.config.server.request_timeout.to_std().unwrap_or(Duration::from_secs(30));
    let (health, health_server) = tonic_health::server::health_reporter();
    health.set_serving::<ExternalScalerServer<Scaler>>().await;
    tokio::spawn(end_with(service.stopping(), health));
    let scaler = ExternalScalerServer::new(Scaler::new(service, door.clone()));
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let made = "the descriptors were made with this crate";
    let newer = reflection().build_v1().expect(made);
    // Python's grpcio-reflection and older grpcurl know no other.
    let older = reflection().build_v1alpha().expect(made);
    Routes::new(scaler.max_decoding_message_size(LARGEST))
        .add_service(health_server)
        .add_service(InterceptedService::new(newer, guard(door.clone())))
        .add_service(InterceptedService::new(older, guard(door)))
        .prepare()
        .into_axum_router()
        .layer(middleware::from_fn_with_state(most, in_time))
}

/// Tells who looks at health to go elsewhere, as soon as the service is told to `stop`.
async fn end_with(mut stop: watch::Receiver<bool>, health: HealthReporter) {
    told(&mut stop).await;
    health.set_not_serving::<ExternalScalerServer<Scaler>>().await;
    health.set_service_status("", ServingStatus::NotServing).await;
}

/// Lets a request through that brings the token, if there is one.
fn guard(door: Door) -> impl Interceptor + Clone {
    move |request: tonic::Request<()>| scaler::admit(&door, &request, None).map(|()| request)
}

/// Ends a request whose answer has not begun after `most`: its client may never send the rest of it.
async fn in_time(State(most): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(most, next.run(request)).await.unwrap_or_else(|_| {
        Status::deadline_exceeded(format!("there was no answer within {} s", most.as_secs()))
            .into_http()
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_request_that_is_never_whole_ends_with_its_deadline() {
        let most = Duration::from_millis(20);
        let router = Router::new()
            .route("/", post(|_: axum::body::Bytes| async { "whole" }))
            .layer(middleware::from_fn_with_state(most, in_time));
        let body = Body::from_stream(tokio_stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let request = Request::post("/").body(body).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["grpc-status"], "4");
    }
}
