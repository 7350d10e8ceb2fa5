//! Metadata of a ScaledObject, one `key=value` a line: a number, or a refusal that says why.

use std::sync::{Mutex, OnceLock};

use forescale_server::externalscaler::external_scaler_client::ExternalScalerClient;
use forescale_server::externalscaler::{GetMetricsRequest, ScaledObjectRef};
use tokio::runtime::Runtime;
use tonic::Code;
use tonic::transport::Channel;

use crate::service::service;

/// Asks for the metric of the metadata.
pub fn run(bytes: &[u8]) {
    static CLIENT: OnceLock<(Runtime, Mutex<ExternalScalerClient<Channel>>)> = OnceLock::new();
    let (runtime, client) = CLIENT.get_or_init(connect);
    let text = String::from_utf8_lossy(bytes);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let object = ScaledObjectRef { scaler_metadata: pairs.collect(), ..Default::default() };
    let request =
        GetMetricsRequest { scaled_object_ref: Some(object), metric_name: text.into_owned() };
    let mut client = client.lock().expect("nobody panics with it");
    match runtime.block_on(client.get_metrics(request)) {
        Ok(answer) => {
            let value = &answer.get_ref().metric_values[0];
            assert!(value.metric_value_float.is_finite() && value.metric_value_float >= 0.0);
        }
        Err(error) => {
            let refused = [
                Code::InvalidArgument,
                Code::NotFound,
                Code::Unavailable,
                Code::OutOfRange,
                Code::ResourceExhausted,
            ];
            assert!(refused.contains(&error.code()), "{error}");
        }
    }
}

fn connect() -> (Runtime, Mutex<ExternalScalerClient<Channel>>) {
    let runtime = Runtime::new().expect("threads");
    let address = format!("http://{}", service().grpc().expect("it listens"));
    let channel = Channel::from_shared(address).expect("an address");
    let channel = runtime.block_on(channel.connect()).expect("the service takes it");
    (runtime, Mutex::new(ExternalScalerClient::new(channel)))
}
