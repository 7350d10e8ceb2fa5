//! Gauges of what every target stands at, set when they are asked for.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{Quantile, format_span};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::board::{Board, Entry};
use crate::config::Mode;
use crate::lead::lead;
use crate::standing::{Standing, State};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Target {
    target: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Value {
    series: String,
    quantile: String,
    horizon: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Series {
    series: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Coverage {
    series: String,
    level: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    target: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    source: String,
    code: &'static str,
}

/// The quantiles that are shown after the lead time.
const NEAR: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];

/// Hours ahead that are shown beside the lead time, and their quantiles: few, as a thousand targets have them all.
const FAR_HOURS: [i64; 3] = [1, 6, 12];
const FAR: [f64; 3] = [0.1, 0.5, 0.9];

type Floats<L> = Family<L, Gauge<f64, AtomicU64>>;

/// The gauges.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    value: Floats<Value>,
    error: Floats<Series>,
    skill: Floats<Series>,
    coverage: Floats<Coverage>,
    data_age: Floats<Series>,
    made_at: Floats<Series>,
    replicas: Family<Target, Gauge>,
    scale_replicas: Family<Target, Gauge>,
    max_replicas: Family<Target, Gauge>,
    state: Family<OfState, Gauge>,
    requests: Family<Request, Counter>,
}

impl Gauges {
    pub fn new(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register("forecast_value", "Load expected that far ahead", all.value.clone());
        registry.register(
            "forecast_absolute_error",
            "Mean distance of the median from the load",
            all.error.clone(),
        );
        registry.register(
            "forecast_skill_ratio",
            "Share of the error of repeating the season that is avoided",
            all.skill.clone(),
        );
        registry.register(
            "forecast_coverage_ratio",
            "Share of the load within the interval of a level",
            all.coverage.clone(),
        );
        registry.register(
            "forecast_data_age_seconds",
            "Age of the newest sample behind the plan",
            all.data_age.clone(),
        );
        registry.register(
            "forecast_last_success_timestamp_seconds",
            "When the newest plan was made",
            all.made_at.clone(),
        );
        registry.register(
            "plan_replicas",
            "Instances that the plan asks for now, to look at",
            all.replicas.clone(),
        );
        registry.register(
            "scale_replicas",
            "Instances that a scaler may ask for now: absent where none may",
            all.scale_replicas.clone(),
        );
        registry.register("plan_max_replicas", "Most instances allowed", all.max_replicas.clone());
        registry.register("plan_state", "1 for the state a target is in", all.state.clone());
        registry.register(
            "source_requests",
            "Histories that were asked for, by target",
            all.requests.clone(),
        );
        all
    }

    /// Sets every gauge as `board` is at `now`. What a target no longer says is taken away, not left as it was.
    pub fn set(&self, board: &Board, now: DateTime<Utc>) {
        self.value.clear();
        self.replicas.clear();
        self.scale_replicas.clear();
        for entry in board.entries() {
            self.set_state(entry, now);
            self.set_accuracy(entry);
            for (code, count) in entry.loads() {
                let labels = Request { source: entry.target.name.to_string(), code };
                self.requests.get_or_create(&labels).inner().store(count, Ordering::Relaxed);
            }
            if let Some(standing) = entry.standing() {
                self.set_standing(entry, &standing, now);
            }
        }
    }

    fn set_state(&self, entry: &Entry, now: DateTime<Utc>) {
        let (target, state) = (entry.target.name.to_string(), entry.state(now));
        for of in State::ALL {
            let labels = OfState { target: target.clone(), state: of.name() };
            self.state.get_or_create(&labels).set(i64::from(of == state));
        }
        if let Some(most) = entry.target.most_instances() {
            self.max_replicas.get_or_create(&Target { target }).set(i64::from(most));
        }
    }

    fn set_standing(&self, entry: &Entry, standing: &Standing, now: DateTime<Utc>) {
        let target = &entry.target;
        let name = target.name.to_string();
        let decision = standing.decide(now, &entry.rules());
        let age = (now - standing.data_until).num_seconds() as f64;
        self.data_age.get_or_create(&Series { series: name.clone() }).set(age);
        let made_at = standing.made_at.timestamp() as f64;
        self.made_at.get_or_create(&Series { series: name.clone() }).set(made_at);
        // A stale forecast has no value: a number would look like one that can be trusted.
        if !decision.state.answers() {
            return;
        }
        let labels = Target { target: name.clone() };
        self.replicas.get_or_create(&labels).set(i64::from(decision.instances));
        if target.mode != Mode::ForecastOnly && target.outputs.metrics {
            self.scale_replicas.get_or_create(&labels).set(i64::from(decision.instances));
        }
        let served = target.served_quantile().get();
        let near = lead(target, standing);
        self.set_values(&name, standing, now, near, &NEAR, served);
        for ahead in FAR_HOURS.map(TimeDelta::hours).into_iter().filter(|ahead| *ahead != near) {
            self.set_values(&name, standing, now, ahead, &FAR, served);
        }
    }

    /// The load expected at `now + ahead`, at `quantiles` and at the one that is `served`, where the forecast reaches.
    fn set_values(
        &self,
        name: &str,
        standing: &Standing,
        now: DateTime<Utc>,
        ahead: TimeDelta,
        quantiles: &[f64],
        served: f64,
    ) {
        let horizon = format_span(ahead);
        for probability in quantiles.iter().copied().chain([served]) {
            let quantile = Quantile::new(probability).expect("a quantile of the configuration");
            if let Some(load) = standing.load_at(now + ahead, quantile) {
                let (series, horizon) = (name.to_owned(), horizon.clone());
                let labels = Value { series, quantile: probability.to_string(), horizon };
                self.value.get_or_create(&labels).set(load);
            }
        }
    }

    fn set_accuracy(&self, entry: &Entry) {
        let Some(accuracy) = entry.accuracy() else { return };
        let series = || entry.target.name.to_string();
        self.error.get_or_create(&Series { series: series() }).set(accuracy.absolute_error);
        if let Some(skill) = accuracy.skill {
            self.skill.get_or_create(&Series { series: series() }).set(skill);
        }
        for (level, share) in [("80", accuracy.coverage_80), ("95", accuracy.coverage_95)] {
            self.coverage.get_or_create(&Coverage { series: series(), level }).set(share);
        }
    }
}
