//! Everything that the policies of one replay share: the trace, the service, the fleet and the demand.

use std::ops::Range;
use std::sync::Arc;

use forescale_core::Calendar;
use forescale_plan::Capacity;
use forescale_plan::clairvoyant::{Bound, Question, frontier, zero_violation};
use forescale_plan::policies::{Eyes, Measured, Service};

use crate::error::ReplayError;
use crate::run::Run;
use crate::settings::{FleetSettings, MOST_INSTANCES, steps};
use crate::trace::Trace;

/// A violation at this price is avoided wherever it can be.
const DEAREST: f64 = 1e9;

/// One history with one fleet, to be replayed under any number of policies.
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) trace: Trace,
    pub(crate) service: Service,
    pub(crate) fleet: FleetSettings,
    pub(crate) demand: Vec<u32>,
    pub(crate) score_from: usize,
    optimum: f64,
}

impl World {
    /// A world whose steps are scored from `score_from` on.
    ///
    /// # Errors
    /// [`ReplayError`] names what is out of range: a setting of the fleet, a load that cannot be counted in instances,
    /// or a window without a step.
    pub fn new(
        trace: Trace,
        capacity: Capacity,
        fleet: FleetSettings,
        calendar: Arc<Calendar>,
        score_from: usize,
    ) -> Result<Self, ReplayError> {
        let all = trace.loads().len();
        if !trace.scored().iter().skip(score_from).any(|scored| *scored) {
            return Err(ReplayError::Window { from: score_from, steps: all });
        }
        let mut world = Self::unscored(trace, capacity, fleet, calendar, score_from)?;
        world.optimum = world.billed(&world.clairvoyant(None)).max(1.0);
        Ok(world)
    }

    /// A world that is over: all of it is there to learn from, and nothing is scored. See [`next`](crate::next).
    ///
    /// # Errors
    /// As [`World::new`], but for the window.
    pub fn at_end(
        trace: Trace,
        capacity: Capacity,
        fleet: FleetSettings,
        calendar: Arc<Calendar>,
    ) -> Result<Self, ReplayError> {
        let all = trace.loads().len();
        Self::unscored(trace, capacity, fleet, calendar, all)
    }

    fn unscored(
        trace: Trace,
        capacity: Capacity,
        fleet: FleetSettings,
        calendar: Arc<Calendar>,
        score_from: usize,
    ) -> Result<Self, ReplayError> {
        fleet.check()?;
        let demand = demand(&trace, &capacity, fleet.min)?;
        let service = Service {
            start: trace.start(),
            step: trace.step(),
            capacity,
            startup_steps: steps(fleet.startup_s, trace.step()),
            min: fleet.min,
            max: fleet.max,
            max_up: fleet.max_up,
            max_down: fleet.max_down,
            calendar,
        };
        Ok(Self { trace, service, fleet, demand, score_from, optimum: 1.0 })
    }

    /// The same service and fleet in some of its steps, all of which are scored that were reported.
    pub(crate) fn part(&self, steps: Range<usize>) -> Result<Self, ReplayError> {
        let (fleet, calendar) = (self.fleet.clone(), Arc::clone(&self.service.calendar));
        Self::new(self.trace.part(steps), self.service.capacity, fleet, calendar, 0)
    }

    /// The load that is replayed.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The service as policies know it.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The fleet.
    pub fn fleet(&self) -> &FleetSettings {
        &self.fleet
    }

    /// Instances that every step needs: the fewest that keep the objective, at least the minimum.
    pub fn demand(&self) -> &[u32] {
        &self.demand
    }

    /// The first scored step.
    pub fn score_from(&self) -> usize {
        self.score_from
    }

    /// What a clairvoyant would do that pays `violation_price` instance-steps for every violated step; without a price it
    /// violates no step that its limits let it serve.
    pub fn clairvoyant(&self, violation_price: Option<f64>) -> Bound {
        let plain = Question::new(
            &self.demand,
            self.service.startup_steps,
            self.fleet.min,
            self.initial().max(self.fleet.min),
        );
        let question = Question {
            max: Some(self.fleet.max),
            max_up: self.fleet.max_up,
            max_down: self.fleet.max_down,
            ..plain
        };
        let unlimited = self.fleet.max_up.is_none() && self.fleet.max_down.is_none();
        let reachable = self.demand.iter().all(|demand| *demand <= self.fleet.max);
        match violation_price {
            None if unlimited && reachable => {
                zero_violation(plain.demand, plain.startup_steps, plain.min, plain.initial)
            }
            price => frontier(&question, price.unwrap_or(DEAREST)),
        }
    }

    /// Instance-steps that a clairvoyant curve is billed in the scored steps.
    pub fn billed(&self, bound: &Bound) -> f64 {
        let billed = bound.billed(self.service.startup_steps);
        let scored = billed.into_iter().enumerate().filter(|(k, _)| self.counts(*k));
        scored.map(|(_, billed)| f64::from(billed)).sum()
    }

    /// Instance-steps of the clairvoyant without violations in the scored steps, at least one: what costs are divided by.
    pub fn optimum(&self) -> f64 {
        self.optimum
    }

    /// Instances that `load` needs, at least the minimum; as many as there can be when they cannot be counted.
    pub(crate) fn needed(&self, load: f64) -> u32 {
        let needed = self.service.capacity.needed(load).map_or(MOST_INSTANCES, |count| count.0);
        needed.max(self.fleet.min)
    }

    /// The load that `run` served.
    pub(crate) fn served<'a>(&'a self, run: &'a Run) -> &'a [f64] {
        run.moved.as_ref().map_or(self.trace.loads(), |moved| &moved.loads)
    }

    /// Instances that every step of `run` needed.
    pub(crate) fn demand_of<'a>(&'a self, run: &'a Run) -> &'a [u32] {
        run.moved.as_ref().map_or(&self.demand, |moved| &moved.demand)
    }

    /// The eyes of a policy that is taken through it.
    pub(crate) fn eyes(&self) -> Eyes<'_> {
        let measured = Measured {
            loads: self.trace.loads(),
            reported: self.trace.reported(),
            columns: self.trace.columns(),
            latency: steps(self.fleet.metric_latency_s, self.trace.step()),
        };
        Eyes::new(&self.service, measured)
    }

    /// Whether step `k` is scored.
    pub(crate) fn counts(&self, k: usize) -> bool {
        k >= self.score_from && self.trace.scored()[k]
    }

    /// Instances that serve from step 0 on.
    pub(crate) fn initial(&self) -> u32 {
        self.fleet.initial.unwrap_or(self.demand[0])
    }
}

fn demand(trace: &Trace, capacity: &Capacity, min: u32) -> Result<Vec<u32>, ReplayError> {
    let mut demand = Vec::with_capacity(trace.loads().len());
    for load in trace.loads() {
        let count = capacity.needed(*load)?.0.max(min);
        if count > MOST_INSTANCES {
            let name = "what the load needs";
            return Err(ReplayError::Count { name, most: MOST_INSTANCES, count });
        }
        demand.push(count);
    }
    Ok(demand)
}
