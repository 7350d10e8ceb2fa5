//! What Prometheus scrapes.

mod gauges;

use std::sync::Mutex;
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
use crate::clock::lock;
use crate::config::TargetName;
use crate::jobs::JobKind;
use crate::store::RunResult;
use gauges::Gauges;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    run: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    run: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreakLabels {
    series: String,
    run: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClampLabels {
    target: String,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SeriesLabels {
    series: String,
}

/// Everything that is counted and measured. What kind of run something is about stands in `run`, because Prometheus
/// gives every sample a label `job` of its own.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    runs: Family<RunLabels, Counter>,
    durations: Family<JobLabels, Histogram>,
    failures_in_a_row: Family<StreakLabels, Gauge>,
    clamped: Family<ClampLabels, Counter>,
    store_failures: Counter,
    store_set_aside: Gauge,
    shed: Counter,
    webhook_failures: Counter,
    export_failures: Family<SeriesLabels, Counter>,
    gauges: Gauges,
    /// One answer at a time: each takes away what the one before has set.
    answering: Mutex<()>,
}

impl Metrics {
    /// Nothing was counted yet but `store_failures`, which the store counts itself.
    pub fn new(store_failures: &Counter) -> Self {
        let mut registry = Registry::default();
        let durations = Family::<JobLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 4.0, 11))
        });
        let metrics = Self {
            runs: Family::default(),
            durations,
            failures_in_a_row: Family::default(),
            clamped: Family::default(),
            store_failures: store_failures.clone(),
            store_set_aside: Gauge::default(),
            shed: Counter::default(),
            webhook_failures: Counter::default(),
            export_failures: Family::default(),
            gauges: Gauges::new(&mut registry),
            answering: Mutex::default(),
            registry: Registry::default(),
        };
        metrics.registered(registry)
    }

    fn registered(mut self, mut registry: Registry) -> Self {
        registry.register("forecast_runs", "Runs of jobs", self.runs.clone());
        registry.register(
            "forecast_run_duration_seconds",
            "How long runs took",
            self.durations.clone(),
        );
        registry.register(
            "forecast_failures_in_a_row",
            "Runs that failed since one succeeded",
            self.failures_in_a_row.clone(),
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
            "store_set_aside",
            "1 when the store was damaged at the start, and a new one was begun",
            self.store_set_aside.clone(),
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
        registry.register(
            "export_failures",
            "Exports of plans that could not be written",
            self.export_failures.clone(),
        );
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", version);
        self.registry = registry;
        self
    }

    /// A run of a job is over.
    pub fn ran(&self, target: &TargetName, job: JobKind, result: RunResult, took: Duration) {
        let labels = RunLabels { run: job.name(), result: result.name() };
        self.runs.get_or_create(&labels).inc();
        self.durations.get_or_create(&JobLabels { run: job.name() }).observe(took.as_secs_f64());
        let labels = StreakLabels { series: target.to_string(), run: job.name() };
        let streak = self.failures_in_a_row.get_or_create_owned(&labels);
        match result {
            RunResult::Success => streak.set(0),
            _ => streak.inc(),
        };
    }

    /// `reason` decided `steps` steps of a plan.
    pub fn clamped(&self, target: &TargetName, reason: &'static str, steps: u64) {
        let labels = ClampLabels { target: target.to_string(), reason };
        self.clamped.get_or_create(&labels).inc_by(steps);
    }

    /// Whether the store was damaged when the service began.
    pub fn set_aside(&self, damaged: bool) {
        self.store_set_aside.set(i64::from(damaged));
    }

    /// A connection was refused because there were too many.
    pub fn shed(&self) {
        self.shed.inc();
    }

    /// No webhook took a message.
    pub fn webhook_failed(&self) {
        self.webhook_failures.inc();
    }

    /// A plan of `target` could not be written to its files.
    pub fn export_failed(&self, target: &str) {
        let labels = SeriesLabels { series: target.to_owned() };
        self.export_failures.get_or_create(&labels).inc();
    }

    /// Everything in the text format of OpenMetrics, with the gauges as `board` is at `now`.
    pub fn text(&self, board: &Board, now: DateTime<Utc>) -> String {
        let _one = lock(&self.answering);
        self.gauges.set(board, now);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}
