//! The loop: observe, decide, change the fleet, serve.

use forescale_core::Foresight;
use forescale_plan::policies::{Dimension, Metric, Observation, Past, Policy};

use crate::detailed::DetailedFleet;
use crate::error::ReplayError;
use crate::fleet::{Bounds, Counts, Fleet};
use crate::plain::PlainFleet;
use crate::run::{Action, Moved, Run};
use crate::settings::steps;
use crate::world::World;

/// What `policy` would have done in `world`.
///
/// At the start of step `k`, in this order: instances whose start-up is over begin to serve and finished drains are no
/// longer billed; the policy decides from the loads before `k`, as far as metrics have arrived; the fleet follows within
/// its limits, cancelling the newest starting instances first and then the oldest serving ones; the step is served, with
/// the load that a policy which moves load in time lets in.
///
/// The policy is prepared with the loads before the scored window, and with what `foresight` there is.
///
/// # Errors
/// [`ReplayError::Policy`] when the policy does not fit this past.
pub fn simulate(
    world: &World,
    policy: &mut dyn Policy,
    foresight: &Foresight,
) -> Result<Run, ReplayError> {
    let loads = &world.trace.loads()[..world.score_from];
    policy.prepare(&Past { service: &world.service, loads, foresight })?;
    let step = world.trace.step();
    let bounds = Bounds {
        min: world.fleet.min,
        max: world.fleet.max,
        max_up: world.fleet.max_up.unwrap_or(u32::MAX),
        max_down: world.fleet.max_down.unwrap_or(u32::MAX),
    };
    let plain = PlainFleet::new(
        bounds,
        world.service.startup_steps,
        steps(world.fleet.drain_s, step),
        step.seconds() as f64,
        world.fleet.min_billing_s,
        world.initial(),
    );
    Ok(match &world.fleet.lifecycle {
        None => follow(world, policy, plain),
        Some(lifecycle) => follow(world, policy, DetailedFleet::new(world, bounds, lifecycle)),
    })
}

/// Takes `policy` and `fleet` through every step.
fn follow(world: &World, policy: &mut dyn Policy, mut fleet: impl Fleet) -> Run {
    let all = world.trace.loads().len();
    let mut run = Run {
        initial: world.initial(),
        serving: Vec::with_capacity(all),
        billed: Vec::with_capacity(all),
        ..Run::default()
    };
    let mut eyes = Eyes::new(world);
    let mut moved = policy.moves_load().then(Moved::default);
    for k in 0..all {
        fleet.advance(k);
        let decision = policy.decide(&eyes.look(k, fleet.counts()));
        let change = fleet.apply(k, decision.wanted);
        if change != 0 {
            let (wanted, cause) = (decision.wanted, decision.cause);
            run.actions.push(Action { step: k, change, wanted, cause });
        }
        let counts = fleet.counts();
        run.serving.push(counts.healthy());
        run.billed.push(counts.billed);
        if let Some(moved) = &mut moved {
            let load = policy.admit(world.trace.loads()[k], counts.healthy());
            moved.demand.push(world.needed(load));
            moved.loads.push(load);
        }
    }
    run.moved = moved;
    run.owed_s = fleet.owed_s();
    run
}

/// What a policy gets to see, with the latency of metrics.
struct Eyes<'a> {
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
    fn new(world: &'a World) -> Self {
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
    fn look(&mut self, k: usize, counts: Counts) -> Observation<'_> {
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
