//! KEDA's external scaler over gRPC, with health and reflection.

mod request;
mod scaler;
mod streams;

use std::sync::Arc;

use axum::Router;
use tonic::service::Routes;

use crate::http::Token;
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

/// Everything that is served over gRPC; `token` guards the scaler.
pub async fn router(service: Arc<Service>, token: Option<Token>) -> Router {
    let scaler = ExternalScalerServer::new(Scaler::new(service, token));
    let (health, health_server) = tonic_health::server::health_reporter();
    health.set_serving::<ExternalScalerServer<Scaler>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the descriptors were made with this crate");
    Routes::new(scaler.max_decoding_message_size(LARGEST))
        .add_service(health_server)
        .add_service(reflection)
        .prepare()
        .into_axum_router()
}
