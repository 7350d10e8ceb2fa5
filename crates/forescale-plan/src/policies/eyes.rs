//! What a policy gets to see of what is measured, with the latency of metrics.

use crate::policies::observation::{Dimension, Metric, Observation, Service};

/// The instances at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Said to serve, those that broke and were not found yet included.
    pub serving: u32,
    /// Asked for, not serving yet.
    pub starting: u32,
    /// Of the serving, those whose metrics do not count yet.
    pub warming: u32,
    /// Of the serving, those that broke.
    pub broken: u32,
}

impl Counts {
    /// Those that do serve.
    pub fn healthy(&self) -> u32 {
        self.serving - self.broken
    }
}

/// What is measured of a service from its first step on, whoever has seen it yet.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The load of every step.
    pub loads: &'a [f64],
    /// Whether the load of a step was reported, or is held through a gap.
    pub reported: &'a [bool],
    /// The further columns, each with a value for every step: a sum over the fleet in full instances, or a response time.
    pub columns: &'a [(Dimension, Vec<f64>)],
    /// Steps until a metric arrives.
    pub latency: usize,
}

/// The eyes of one policy, step by step.
#[derive(Debug)]
pub struct Eyes<'a> {
    service: &'a Service,
    measured: Measured<'a>,
    /// Whether what is measured beside the load arrives at once, and is nothing but the instances that serve.
    plain: bool,
    /// Instances that served at every step; kept only when metrics are late.
    healthy: Vec<u32>,
    /// The further columns, of the last look.
    metrics: Vec<Metric>,
    stale: u32,
}

impl<'a> Eyes<'a> {
    /// Eyes that have seen nothing yet.
    pub fn new(service: &'a Service, measured: Measured<'a>) -> Self {
        Self {
            service,
            measured,
            plain: measured.latency == 0 && measured.columns.is_empty(),
            healthy: Vec::new(),
            metrics: Vec::new(),
            stale: 0,
        }
    }

    /// What is known at the start of step `k`, when there are `counts`; asked for every step, in order.
    #[inline]
    pub fn look(&mut self, k: usize, counts: Counts) -> Observation<'_> {
        let (service, Measured { loads, reported, latency, .. }) = (self.service, self.measured);
        let known = k.saturating_sub(latency);
        let fresh = known > 0 && reported[known - 1];
        let stale_steps = if fresh { 0 } else { self.stale.saturating_add(1) };
        self.stale = stale_steps;
        let (measured, metrics) =
            if self.plain { (counts.healthy(), &[][..]) } else { self.measure(known, counts) };
        Observation {
            step: k,
            loads: &loads[..known],
            measured,
            stale_steps,
            serving: counts.serving,
            starting: counts.starting,
            warming: counts.warming,
            silent: counts.broken,
            metrics,
            service,
        }
    }

    /// Takes it that so many instances have served all along: what is measured was measured on them.
    pub fn assume(&mut self, healthy: u32) {
        self.healthy.fill(healthy);
    }

    /// Takes in what serves, and gives the instances and the metrics of step `known`.
    #[cold]
    fn measure(&mut self, known: usize, counts: Counts) -> (u32, &[Metric]) {
        let mut healthy = counts.healthy();
        if self.measured.latency > 0 {
            self.healthy.push(healthy);
            healthy = self.healthy[known];
        }
        self.measure_columns(known, healthy);
        (healthy, &self.metrics)
    }

    /// The further columns at step `k`: a metric is a load over what serves right after it.
    fn measure_columns(&mut self, k: usize, healthy: u32) {
        self.metrics.clear();
        if k > 0 {
            self.metrics.extend(self.measured.columns.iter().map(|(dimension, values)| {
                let value = match dimension {
                    Dimension::ResponseTime => values[k - 1],
                    _ => (values[k - 1] / f64::from(healthy.max(1))).min(1.0),
                };
                Metric { dimension: *dimension, value }
            }));
        }
    }
}
