//! What KEDA is answered over gRPC.

use std::collections::HashMap;

use chrono::TimeDelta;
use forescale_server::externalscaler::external_scaler_client::ExternalScalerClient;
use forescale_server::externalscaler::{GetMetricsRequest, ScaledObjectRef};
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Mood, Served, TARGET, daily, serve, serve_with};

pub struct Keda {
    runtime: Runtime,
    client: ExternalScalerClient<Channel>,
}

impl Keda {
    pub fn of(served: &Served) -> Self {
        let runtime = Runtime::new().unwrap();
        let address = format!("http://{}", served.running.grpc().unwrap());
        let channel = runtime.block_on(Channel::from_shared(address).unwrap().connect()).unwrap();
        Self { runtime, client: ExternalScalerClient::new(channel) }
    }

    /// The float and the whole number that KEDA gets.
    pub fn value(&mut self, metadata: &[(&str, &str)]) -> Result<(f64, i64), Status> {
        let request = GetMetricsRequest {
            scaled_object_ref: Some(object(metadata)),
            metric_name: "forescale-web-load".to_owned(),
        };
        let answer = self.runtime.block_on(self.client.get_metrics(request))?;
        let value = &answer.get_ref().metric_values[0];
        #[allow(deprecated)]
        Ok((value.metric_value_float, value.metric_value))
    }
}

fn object(metadata: &[(&str, &str)]) -> ScaledObjectRef {
    let pairs = metadata.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    ScaledObjectRef {
        name: "web".to_owned(),
        namespace: "shop".to_owned(),
        scaler_metadata: pairs.collect::<HashMap<_, _>>(),
    }
}

#[test]
fn instances_over_grpc_are_those_over_http() {
    let served = serve("", TARGET, daily);
    served.settle();
    let mut keda = Keda::of(&served);
    let http = served.get("/api/v1/targets/web/plan").1["instances"].as_i64().unwrap();
    let (float, whole) = keda.value(&[("target", "web"), ("metric", "instances")]).unwrap();
    assert_eq!((float, whole), (http as f64, http));
}

#[test]
fn load_is_that_of_the_lead_time_at_the_quantile() {
    let served = serve("", TARGET, daily);
    served.settle();
    let mut keda = Keda::of(&served);
    let (_, forecast) = served.get("/api/v1/targets/web/forecast?quantiles=0.98,0.5");
    // Five minutes ahead is the second step of five minutes.
    let expected = forecast["values"][1].as_array().unwrap();
    let (load, whole) = keda.value(&[("target", "web")]).unwrap();
    assert_eq!(Some(load), expected[0].as_f64());
    assert_eq!(whole, load.ceil() as i64);
    let (median, _) = keda.value(&[("target", "web"), ("quantile", "0.5")]).unwrap();
    assert_eq!(Some(median), expected[1].as_f64());
    let (later, _) = keda.value(&[("target", "web"), ("lead", "1h")]).unwrap();
    assert_eq!(Some(later), forecast["values"][12][0].as_f64());
}

#[test]
fn an_hour_without_a_source_scales_nothing_in_by_load_either() {
    let served = serve("", TARGET, daily);
    // From 21:00 on the load falls.
    served.pass(TimeDelta::hours(13));
    served.pass(TimeDelta::minutes(5));
    let mut keda = Keda::of(&served);
    let asked = [("target", "web")];
    let needed = |value: f64| (value / 10.0).ceil();
    let mut last = needed(keda.value(&asked).unwrap().0);
    served.memory.set(Mood::Down);
    let mut answered = 0;
    for _ in 0..12 {
        served.pass(TimeDelta::minutes(5));
        match keda.value(&asked) {
            Ok((load, _)) => {
                assert!(needed(load) >= last, "{last} became {load}");
                (last, answered) = (needed(load), answered + 1);
            }
            Err(error) => assert_eq!(error.code(), Code::Unavailable),
        }
    }
    assert!(answered >= 5, "{answered}");
    // Nor by a load that is asked for otherwise.
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    served.memory.set(Mood::Down);
    let before = served.get("/api/v1/targets/web/plan").1["instances"].as_f64().unwrap();
    served.pass(TimeDelta::minutes(20));
    let own = [("target", "web"), ("quantile", "0.5"), ("lead", "1h")];
    assert!(needed(keda.value(&own).unwrap().0) >= before);
}

#[test]
fn a_load_keeps_to_the_limits_of_the_plan() {
    let slow = TARGET.replace("max = 60", "max = 60\nmax-scale-down = 1\nmin = 20");
    let served = serve("", &slow, |at| if at.timestamp() % 86_400 < 28_800 { 400.0 } else { 50.0 });
    served.settle();
    let mut keda = Keda::of(&served);
    // The load has fallen from 400 to 50, but one instance at a time may go.
    for _ in 0..3 {
        served.pass(TimeDelta::minutes(5));
        let instances = served.get("/api/v1/targets/web/plan").1["instances"].as_f64().unwrap();
        assert!(instances > 20.0);
        assert_eq!(keda.value(&[("target", "web")]).unwrap().0, instances * 10.0);
    }
    let (own, _) = keda.value(&[("target", "web"), ("quantile", "0.5")]).unwrap();
    assert_eq!(own, 200.0, "never fewer than the minimum");
    let capped = serve("", &TARGET.replace("max = 60", "max = 12"), daily);
    capped.settle();
    assert_eq!(Keda::of(&capped).value(&[("target", "web")]).unwrap().0, 120.0);
}

#[test]
fn a_token_comes_as_keda_brings_it_and_guards_reflection() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a secret of some length\n").unwrap();
    let served = serve(&format!("token-file = {:?}", file.path()), TARGET, daily);
    served.settle();
    let mut keda = Keda::of(&served);
    let mut code = |key: &str, token: &str| {
        keda.value(&[("target", "web"), (key, token)]).map_err(|error| error.code()).err()
    };
    assert_eq!(code("tokenFromEnv", "a secret of some length"), None);
    assert_eq!(code("token", "a secret of some length"), None);
    assert_eq!(code("tokenFromEnv", "FORESCALE_TOKEN"), Some(Code::Unauthenticated));
    assert_eq!(code("other", "a secret of some length"), Some(Code::Unauthenticated));
    let call = |token: Option<&str>| {
        let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
        let address = format!("http://{}", served.running.grpc().unwrap());
        keda.runtime.block_on(async {
            let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
            let mut client = tonic::client::Grpc::new(channel);
            client.ready().await.unwrap();
            let mut request = tonic::Request::new(tokio_stream::empty::<()>());
            if let Some(token) = token {
                let value = format!("Bearer {token}").parse().unwrap();
                request.metadata_mut().insert("authorization", value);
            }
            let codec = tonic_prost::ProstCodec::<(), ()>::default();
            client.streaming(request, path.parse().unwrap(), codec).await.map(drop)
        })
    };
    assert_eq!(call(None).unwrap_err().code(), Code::Unauthenticated);
    assert!(call(Some("a secret of some length")).is_ok());
}

#[test]
fn a_spec_says_what_one_instance_carries() {
    let served = serve("", TARGET, daily);
    let mut keda = Keda::of(&served);
    let spec = keda.runtime.block_on(keda.client.get_metric_spec(object(&[("target", "web")])));
    let spec = spec.unwrap().into_inner().metric_specs.remove(0);
    assert_eq!((spec.metric_name.as_str(), spec.target_size_float), ("forescale-web-load", 10.0));
}

#[test]
fn without_a_fresh_forecast_there_is_no_number() {
    let served = serve_with("", TARGET, daily, |memory| memory.set(Mood::Down));
    served.settle();
    let mut keda = Keda::of(&served);
    let asked = [("target", "web")];
    assert!(keda.value(&[("target", "none")]).unwrap_err().code() == Code::NotFound);
    assert!(keda.value(&[]).unwrap_err().code() == Code::InvalidArgument);
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    assert!(keda.value(&asked).unwrap().0 > 0.0);
    served.memory.set(Mood::Down);
    for _ in 0..7 {
        served.pass(TimeDelta::minutes(5));
    }
    assert_eq!(keda.value(&asked).unwrap_err().code(), Code::Unavailable);
    let active = keda.runtime.block_on(keda.client.is_active(object(&asked)));
    assert_eq!(active.unwrap_err().code(), Code::Unavailable);
}

#[test]
fn a_target_that_is_only_looked_at_gives_no_number() {
    let served = serve("", &TARGET.replace("\"full\"", "\"forecast-only\""), daily);
    served.settle();
    let error = Keda::of(&served).value(&[("target", "web")]).unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
}

#[test]
fn a_target_that_is_not_for_keda_gives_no_number() {
    let served = serve("", &format!("{TARGET}[target.outputs]\nkeda = false\n"), daily);
    served.settle();
    let error = Keda::of(&served).value(&[("target", "web")]).unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("leave out keda = false"), "{error}");
}

#[test]
fn streams_begin_at_once_and_end_with_the_service() {
    let served = serve("", TARGET, daily);
    served.settle();
    let mut keda = Keda::of(&served);
    let asked = object(&[("target", "web"), ("metric", "instances")]);
    let (mut active, mut specs) = keda.runtime.block_on(async {
        let active = keda.client.stream_is_active(asked.clone()).await.unwrap().into_inner();
        (active, keda.client.stream_metric_spec(asked).await.unwrap().into_inner())
    });
    let first = keda.runtime.block_on(active.message()).unwrap().unwrap();
    assert!(first.result);
    let spec = keda.runtime.block_on(specs.message()).unwrap().unwrap();
    assert_eq!(spec.metric_specs[0].target_size_float, 1.0);
    let started = std::time::Instant::now();
    served.running.stop();
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn health_says_that_it_serves_until_it_drains() {
    let served = serve("", TARGET, daily);
    let keda = Keda::of(&served);
    let address = format!("http://{}", served.running.grpc().unwrap());
    let watched = |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        let address = address.clone();
        keda.runtime.block_on(async {
            let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
            HealthClient::new(channel).watch(request).await.unwrap().into_inner()
        })
    };
    let streams = ["", "externalscaler.ExternalScaler"].map(watched);
    let mut streams = streams.map(|mut stream| {
        let first = keda.runtime.block_on(stream.message()).unwrap().unwrap();
        assert_eq!(first.status(), ServingStatus::Serving);
        stream
    });
    let ended = std::thread::spawn(move || served.running.stop());
    for stream in &mut streams {
        let last = keda.runtime.block_on(stream.message()).unwrap().unwrap();
        assert_eq!(last.status(), ServingStatus::NotServing);
    }
    drop(streams);
    ended.join().unwrap();
}
