//! What a policy gets to see, with the latency of metrics.

use forescale_plan::policies::{Dimension, Metric, Observation};

use crate::fleet::Counts;
use crate::settings::steps;
use crate::world::World;

/// The eyes of one policy, step by step.
pub(crate) struct Eyes<'a> {
    world: &'a World,
    loads: &'a [f64],
    reported: &'a [bool],
    latency: usize,
    /// Instances that served at every step, and the further columns; kept only when metrics are late.
    healthy: Vec<u32>,
    metrics: Vec<Vec<Metric>>,
    current: Vec<Metric>,
    stale: u32,
}

impl<'a> Eyes<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self {
            world,
            loads: world.trace.loads(),
            reported: world.trace.reported(),
            latency: steps(world.fleet.metric_latency_s, world.trace.step()),
            healthy: Vec::new(),
            metrics: Vec::new(),
            current: Vec::new(),
            stale: 0,
        }
    }

    #[inline]
    pub(crate) fn look(&mut self, k: usize, counts: Counts) -> Observation<'_> {
        let known = k.saturating_sub(self.latency);
        let fresh = known > 0 && self.reported[known - 1];
        self.stale = if fresh { 0 } else { self.stale.saturating_add(1) };
        self.measure(k, counts.healthy());
        let (measured, metrics) = match self.latency {
            0 => (counts.healthy(), &self.current[..]),
            _ => (self.healthy[known], self.metrics.get(known).map_or(&[][..], Vec::as_slice)),
        };
        Observation {
            step: k,
            loads: &self.loads[..known],
            measured,
            stale_steps: self.stale,
            serving: counts.serving,
            starting: counts.starting,
            warming: counts.warming,
            silent: counts.broken,
            metrics,
            service: &self.world.service,
        }
    }

    /// Takes in what would be seen at step `k` without latency: a metric is a load over what serves right after it.
    fn measure(&mut self, k: usize, healthy: u32) {
        if self.latency > 0 {
            self.healthy.push(healthy);
        }
        if !self.world.trace.columns().is_empty() {
            self.measure_columns(k, healthy);
        }
    }

    fn measure_columns(&mut self, k: usize, healthy: u32) {
        self.current.clear();
        if k > 0 {
            self.current.extend(self.world.trace.columns().iter().map(|(dimension, values)| {
                let value = match dimension {
                    Dimension::ResponseTime => values[k - 1],
                    _ => (values[k - 1] / f64::from(healthy.max(1))).min(1.0),
                };
                Metric { dimension: *dimension, value }
            }));
        }
        if self.latency > 0 {
            self.metrics.push(self.current.clone());
        }
    }
}
