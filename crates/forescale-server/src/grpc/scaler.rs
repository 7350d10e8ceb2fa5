//! The five questions of KEDA.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::admit;
use super::externalscaler::external_scaler_server::ExternalScaler;
use super::externalscaler::{
    GetMetricSpecResponse, GetMetricsRequest, GetMetricsResponse, IsActiveResponse, MetricSpec,
    MetricValue, ScaledObjectRef,
};
use super::request::Asked;
use super::streams::{self, Answers};
use crate::board::Entry;
use crate::http::Door;
use crate::service::Service;

/// Where the token is in the metadata. KEDA puts the value of the environment under the key that names the variable.
const TOKEN_KEYS: [&str; 2] = ["tokenFromEnv", "token"];

/// Answers KEDA.
pub struct Scaler {
    service: Arc<Service>,
    door: Door,
}

impl Scaler {
    /// Answers from `service` to whom `door` lets in.
    pub fn new(service: Arc<Service>, door: Door) -> Self {
        Self { service, door }
    }

    /// What is asked for, and of which target.
    fn asked(&self, object: &ScaledObjectRef) -> Result<(Asked, Arc<Entry>), Status> {
        let asked = Asked::of(object)?;
        let entry = self.service.board.find(&asked.target).cloned();
        let entry = entry.ok_or_else(|| Status::not_found("there is no target of that name"))?;
        Ok((asked, entry))
    }

    /// KEDA has no place for a header: there, the token comes in the metadata.
    fn admit<T>(
        &self,
        request: &Request<T>,
        object: Option<&ScaledObjectRef>,
    ) -> Result<(), Status> {
        let keys = TOKEN_KEYS.iter();
        let offered = keys.filter_map(|key| object?.scaler_metadata.get(*key));
        let offered: Vec<&[u8]> = offered.map(String::as_bytes).collect();
        admit(&self.door, request, &offered)
    }
}

/// Whether a target should have an instance.
pub(super) fn active(service: &Service, asked: &Asked, entry: &Entry) -> Result<bool, Status> {
    Ok(asked.value(entry, service.now())? > 0.0)
}

/// What a metric is compared with; whole numbers stand beside floats for older versions of KEDA.
pub(super) fn spec(asked: &Asked, entry: &Entry) -> GetMetricSpecResponse {
    let size = asked.target_size(entry);
    #[allow(deprecated)]
    let spec = MetricSpec {
        metric_name: asked.metric_name(),
        target_size: (size.ceil() as i64).max(1),
        target_size_float: size,
    };
    GetMetricSpecResponse { metric_specs: vec![spec] }
}

#[tonic::async_trait]
impl ExternalScaler for Scaler {
    async fn is_active(
        &self,
        request: Request<ScaledObjectRef>,
    ) -> Result<Response<IsActiveResponse>, Status> {
        self.admit(&request, Some(request.get_ref()))?;
        let (asked, entry) = self.asked(request.get_ref())?;
        let result = active(&self.service, &asked, &entry)?;
        Ok(Response::new(IsActiveResponse { result }))
    }

    type StreamIsActiveStream = Answers<IsActiveResponse>;

    async fn stream_is_active(
        &self,
        request: Request<ScaledObjectRef>,
    ) -> Result<Response<Self::StreamIsActiveStream>, Status> {
        self.admit(&request, Some(request.get_ref()))?;
        let (asked, entry) = self.asked(request.get_ref())?;
        Ok(Response::new(streams::activity(Arc::clone(&self.service), asked, entry)))
    }

    async fn get_metric_spec(
        &self,
        request: Request<ScaledObjectRef>,
    ) -> Result<Response<GetMetricSpecResponse>, Status> {
        self.admit(&request, Some(request.get_ref()))?;
        let (asked, entry) = self.asked(request.get_ref())?;
        Ok(Response::new(spec(&asked, &entry)))
    }

    async fn get_metrics(
        &self,
        request: Request<GetMetricsRequest>,
    ) -> Result<Response<GetMetricsResponse>, Status> {
        let object = request.get_ref().scaled_object_ref.as_ref();
        self.admit(&request, object)?;
        let object =
            object.ok_or_else(|| Status::invalid_argument("scaledObjectRef is missing"))?;
        let (asked, entry) = self.asked(object)?;
        let value = asked.value(&entry, self.service.now())?;
        // KEDA reads the whole number where the float is not above 0, so both are set.
        #[allow(deprecated)]
        let value = MetricValue {
            metric_name: asked.metric_name(),
            metric_value: value.ceil() as i64,
            metric_value_float: value,
        };
        Ok(Response::new(GetMetricsResponse { metric_values: vec![value] }))
    }

    type StreamMetricSpecStream = Answers<GetMetricSpecResponse>;

    async fn stream_metric_spec(
        &self,
        request: Request<ScaledObjectRef>,
    ) -> Result<Response<Self::StreamMetricSpecStream>, Status> {
        self.admit(&request, Some(request.get_ref()))?;
        let (asked, entry) = self.asked(request.get_ref())?;
        Ok(Response::new(streams::specs(Arc::clone(&self.service), spec(&asked, &entry))))
    }
}
