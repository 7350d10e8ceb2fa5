//! What a policy knows: the service it scales, and what was observed of it until now.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Calendar, Frequency};

use crate::capacity::Capacity;
use crate::policies::rounding::ceil;

/// The service a policy scales. Nothing in it depends on the load to come.
#[derive(Debug, Clone)]
pub struct Service {
    /// When step 0 begins.
    pub start: DateTime<Utc>,
    /// How often is decided.
    pub step: Frequency,
    /// What an instance carries, and how full it may be.
    pub capacity: Capacity,
    /// Steps from asking for an instance to its serving.
    pub startup_steps: usize,
    /// Fewest instances.
    pub min: u32,
    /// Most instances.
    pub max: u32,
    /// Most instances added in one step.
    pub max_up: Option<u32>,
    /// Most instances removed in one step.
    pub max_down: Option<u32>,
    /// Its clock, days off and known events.
    pub calendar: Arc<Calendar>,
}

impl Service {
    /// When `step` begins.
    pub fn time_at(&self, step: usize) -> DateTime<Utc> {
        let seconds = self.step.seconds().saturating_mul(step as i64);
        self.start + TimeDelta::seconds(seconds)
    }

    /// Whole steps that last at least `seconds`, at least one.
    pub fn steps_in(&self, seconds: f64) -> usize {
        (seconds / self.step.seconds() as f64).ceil().max(1.0) as usize
    }

    /// Instances that carry `load` when each is busy for the share `target` of its capacity.
    pub fn instances(&self, load: f64, target: f64) -> u32 {
        whole(load / (target * self.capacity.load_per_instance()))
    }
}

/// The smallest count that is at least `instances`; what differs by rounding only is not one more.
pub(crate) fn whole(instances: f64) -> u32 {
    ceil(instances - 1e-9)
}

/// What is observed beside the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Memory, as the share of an instance that is in use.
    Memory,
    /// Network, as the share of an instance that is in use.
    Network,
    /// Disk, as the share of an instance that is in use.
    Disk,
    /// Seconds that a response takes.
    ResponseTime,
}

impl Dimension {
    /// Every dimension, in the order in which it is listed.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Network, Self::Disk, Self::ResponseTime];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Network => "network",
            Self::Disk => "disk",
            Self::ResponseTime => "response-time",
        }
    }
}

/// The newest value of a dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Which one.
    pub dimension: Dimension,
    /// A share from 0 to 1, or seconds of response time.
    pub value: f64,
}

/// What is known at the start of a step, before it is served.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The step that is decided, from 0 on.
    pub step: usize,
    /// The load of past steps, oldest first, as far as metrics have arrived; empty at first.
    pub loads: &'a [f64],
    /// Instances that served when the newest metric was taken.
    pub measured: u32,
    /// Steps since a metric arrived; 0 when the newest is there.
    pub stale_steps: u32,
    /// Instances that serve now.
    pub serving: u32,
    /// Instances that were asked for and do not serve yet.
    pub starting: u32,
    /// Of those that serve, how many warm up and are left out of metrics.
    pub warming: u32,
    /// Of those that serve, how many report nothing.
    pub silent: u32,
    /// What else was observed.
    pub metrics: &'a [Metric],
    /// The service.
    pub service: &'a Service,
}

impl Observation<'_> {
    /// When the step begins.
    pub fn now(&self) -> DateTime<Utc> {
        self.service.time_at(self.step)
    }

    /// Serving and starting instances.
    pub fn total(&self) -> u32 {
        self.serving.saturating_add(self.starting)
    }

    /// The newest load, if any.
    pub fn last_load(&self) -> Option<f64> {
        self.loads.last().copied()
    }

    /// How busy instances are by the newest metric: 0 to 1, and 1 also when there is more to do.
    pub fn utilization(&self) -> f64 {
        let load = self.loads.last().copied().unwrap_or(0.0);
        let carried = f64::from(self.measured) * self.service.capacity.load_per_instance();
        if load > 0.0 { (load / carried).min(1.0) } else { 0.0 }
    }

    /// Whether there is a metric, and something that it can be of.
    pub fn is_blind(&self) -> bool {
        self.loads.is_empty() || self.serving == 0
    }

    /// The newest value of `dimension`, if it is observed.
    pub fn metric(&self, dimension: Dimension) -> Option<f64> {
        self.metrics.iter().find(|metric| metric.dimension == dimension).map(|metric| metric.value)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use forescale_core::Utilization;

    /// Instances of 10 at most 80 % busy, decided every minute, start-up of five.
    pub(crate) fn service() -> Service {
        Service {
            start: "2026-01-05T00:00:00Z".parse().unwrap(),
            step: Frequency::from_seconds(60).unwrap(),
            capacity: Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap(),
            startup_steps: 5,
            min: 1,
            max: 1_000,
            max_up: None,
            max_down: None,
            calendar: Arc::default(),
        }
    }

    /// `serving` and `starting` instances after `loads`.
    pub(crate) fn seen<'a>(
        loads: &'a [f64],
        serving: u32,
        starting: u32,
        service: &'a Service,
    ) -> Observation<'a> {
        Observation {
            step: loads.len(),
            loads,
            measured: serving,
            stale_steps: 0,
            serving,
            starting,
            warming: 0,
            silent: 0,
            metrics: &[],
            service,
        }
    }

    #[test]
    fn a_count_is_rounded_up_and_never_wraps() {
        let counts = [-3.0, 0.0, 1e-10, 0.2, 3.0, 3.000_000_000_1, 3.1, 1e300, f64::NAN].map(whole);
        assert_eq!(counts, [0, 0, 0, 1, 3, 3, 4, u32::MAX, 0]);
    }

    #[test]
    fn time_and_counts_follow_the_step() {
        let service = service();
        let seen = seen(&[30.0, 45.0], 4, 2, &service);
        assert_eq!(seen.now().to_rfc3339(), "2026-01-05T00:02:00+00:00");
        assert_eq!((seen.total(), seen.last_load()), (6, Some(45.0)));
        assert_eq!(seen.utilization(), 1.0);
        assert_eq!(service.instances(45.0, 0.5), 9);
        assert_eq!(service.instances(45.1, 0.5), 10);
        assert_eq!(
            (service.steps_in(300.0), service.steps_in(61.0), service.steps_in(0.0)),
            (5, 2, 1)
        );
    }
}
