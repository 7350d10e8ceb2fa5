//! What Prometheus scrapes.

mod gauges;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::board::Board;
use crate::config::TargetName;
use crate::jobs::JobKind;
use crate::store::RunResult;
use gauges::Gauges;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    job: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    job: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SeriesLabels {
    series: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClampLabels {
    target: String,
    reason: &'static str,
}

/// A gauge that need not be whole.
type FloatGauge = Gauge<f64, AtomicU64>;

/// Everything that is counted and measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    runs: Family<RunLabels, Counter>,
    durations: Family<JobLabels, Histogram>,
    last_success: Family<SeriesLabels, FloatGauge>,
    clamped: Family<ClampLabels, Counter>,
    store_failures: Counter,
    shed: Counter,
    webhook_failures: Counter,
    gauges: Gauges,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let durations = Family::<JobLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 4.0, 11))
        });
        let metrics = Self {
            runs: Family::default(),
            durations,
            last_success: Family::default(),
            clamped: Family::default(),
            store_failures: Counter::default(),
            shed: Counter::default(),
            webhook_failures: Counter::default(),
            gauges: Gauges::new(&mut registry),
            registry: Registry::default(),
        };
        metrics.registered(registry)
    }
}

impl Metrics {
    fn registered(mut self, mut registry: Registry) -> Self {
        registry.register("forecast_runs", "Runs of jobs", self.runs.clone());
        registry.register(
            "forecast_run_duration_seconds",
            "How long runs took",
            self.durations.clone(),
        );
        registry.register(
            "forecast_last_success_timestamp_seconds",
            "When the newest plan was made",
            self.last_success.clone(),
        );
        registry.register(
            "plan_clamped",
            "Steps of plans that a limit decided",
            self.clamped.clone(),
        );
        registry.register(
            "store_failures",
            "Writes that the store refused",
            self.store_failures.clone(),
        );
        registry.register(
            "connections_shed",
            "Connections refused because there were too many",
            self.shed.clone(),
        );
        registry.register(
            "webhook_failures",
            "Messages that no webhook took, however often they were sent",
            self.webhook_failures.clone(),
        );
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", version);
        self.registry = registry;
        self
    }

    /// A run of a job that began at `started_at` is over.
    pub fn ran(
        &self,
        target: &TargetName,
        job: JobKind,
        result: RunResult,
        took: Duration,
        started_at: DateTime<Utc>,
    ) {
        let labels = RunLabels { job: job.name(), result: result.name() };
        self.runs.get_or_create(&labels).inc();
        self.durations.get_or_create(&JobLabels { job: job.name() }).observe(took.as_secs_f64());
        if (job, result) == (JobKind::Forecast, RunResult::Success) {
            let labels = SeriesLabels { series: target.to_string() };
            self.last_success.get_or_create(&labels).set(started_at.timestamp() as f64);
        }
    }

    /// `reason` decided `steps` steps of a plan.
    pub fn clamped(&self, target: &TargetName, reason: &'static str, steps: u64) {
        let labels = ClampLabels { target: target.to_string(), reason };
        self.clamped.get_or_create(&labels).inc_by(steps);
    }

    /// The store refused a write.
    pub fn store_failed(&self) {
        self.store_failures.inc();
    }

    /// A connection was refused because there were too many.
    pub fn shed(&self) {
        self.shed.inc();
    }

    /// No webhook took a message.
    pub fn webhook_failed(&self) {
        self.webhook_failures.inc();
    }

    /// Everything in the text format of OpenMetrics, with the gauges as `board` is at `now`.
    pub fn text(&self, board: &Board, now: DateTime<Utc>) -> String {
        self.gauges.set(board, now);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}
