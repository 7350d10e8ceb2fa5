//! What a replayed fleet cost and what it broke, in numbers.

use forescale_plan::Sizing;
use serde::Serialize;

use crate::elasticity::Elasticity;
use crate::error::ReplayError;
use crate::incidents::{Incident, incidents};
use crate::run::{Action, Run};
use crate::slo::{SloMeter, SloViolation};
use crate::world::World;

/// What a scorecard is made by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreSettings {
    /// What an instance costs an hour, in any currency.
    pub price_per_instance_hour: f64,
    /// A longer wait breaks the objective, in seconds; the one of the capacity when it has one.
    pub max_wait_s: f64,
    /// An action against the previous one within this time is a flap.
    pub flap_window_s: f64,
    /// Incidents listed at most.
    pub worst_incidents: usize,
}

impl Default for ScoreSettings {
    /// A price of 1, 50 ms of waiting, flaps within half an hour, the ten worst incidents.
    fn default() -> Self {
        Self {
            price_per_instance_hour: 1.0,
            max_wait_s: 0.05,
            flap_window_s: 1_800.0,
            worst_incidents: 10,
        }
    }
}

impl ScoreSettings {
    /// Checks that every number is one from 0 on.
    ///
    /// # Errors
    /// [`ReplayError::Rate`] names the one that is not.
    pub fn check(&self) -> Result<(), ReplayError> {
        for (name, value) in [
            ("the price of an instance-hour", self.price_per_instance_hour),
            ("the longest wait", self.max_wait_s),
            ("the time of a flap", self.flap_window_s),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(ReplayError::Rate { name, value });
            }
        }
        Ok(())
    }
}

/// The numbers of a run, over the scored steps only. Shares are of 1, the SPEC metrics in percent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scorecard {
    /// Scored steps.
    pub steps: usize,
    /// Billed instance-hours: serving, starting, draining, and owed minimum billing when every step is scored.
    pub instance_hours: f64,
    /// What they cost.
    pub cost: f64,
    /// Billed over what the clairvoyant without violations is billed.
    pub cost_over_clairvoyant: f64,
    /// Share of time with fewer serving instances than needed.
    pub under_provisioned_time: f64,
    /// Share of the load beyond what the serving instances carry when saturated.
    pub unserved_share: f64,
    /// Share of the load that is served worse than promised.
    pub slo_violation_share: SloViolation,
    /// The largest fluid backlog, in load times seconds.
    pub max_backlog: f64,
    /// Supply against demand.
    #[serde(flatten)]
    pub elasticity: Elasticity,
    /// How much better supply follows demand than a fixed fleet of the mean demand.
    pub elastic_speedup: f64,
    /// Changes to more.
    pub ups: usize,
    /// Changes to fewer.
    pub downs: usize,
    /// Changes a day.
    pub actions_per_day: f64,
    /// Changes against the previous one within the flap window.
    pub flaps: usize,
    /// The same a day.
    pub flaps_per_day: f64,
    /// Instances launched: those that changes of the policy asked for, and those in the place of what ended by itself.
    pub launched: u64,
    /// Of them, how many were given up before they served.
    pub failed_launches: u64,
    /// How many times too few served.
    pub incident_count: usize,
    /// The worst of them.
    pub incidents: Vec<Incident>,
}

impl Scorecard {
    /// Scores `run` in `world`.
    pub fn new(world: &World, run: &Run, settings: &ScoreSettings) -> Self {
        let step_s = world.trace.step().seconds() as f64;
        let scored: Vec<usize> = (0..run.serving.len()).filter(|k| world.counts(*k)).collect();
        let days = scored.len() as f64 * step_s / 86_400.0;
        let mut meter = SloMeter::new(&world.service.capacity, max_wait_s(world, settings), step_s);
        let (loads, demand) = (world.served(run), world.demand_of(run));
        for k in &scored {
            meter.serve(loads[*k], run.serving[*k], demand[*k]);
        }
        let billed: f64 = scored.iter().map(|k| run.billed[*k]).sum();
        // What is owed cannot be told apart by steps, so it belongs to no window but the whole.
        let owed = if world.score_from == 0 { run.owed_s / step_s } else { 0.0 };
        let elasticity = Elasticity::new(demand, &run.serving, |k| world.counts(k));
        let actions: Vec<&Action> =
            run.actions.iter().filter(|action| world.counts(action.step)).collect();
        let asked_for: u64 = actions.iter().map(|action| action.change.max(0) as u64).sum();
        let (again, failed_launches) = lost(world, run);
        let flaps = flaps(&actions, settings.flap_window_s / step_s);
        let mut incidents = incidents(world, run);
        let incident_count = incidents.len();
        incidents.truncate(settings.worst_incidents);
        let instance_hours = (billed + owed) * step_s / 3_600.0;
        Self {
            steps: scored.len(),
            instance_hours,
            cost: instance_hours * settings.price_per_instance_hour,
            cost_over_clairvoyant: (billed + owed) / world.optimum(),
            under_provisioned_time: under_provisioned(world, run, &scored),
            unserved_share: meter.unserved_share(),
            slo_violation_share: meter.violation(),
            max_backlog: meter.largest_backlog(),
            elasticity,
            elastic_speedup: elasticity.speedup_over(&fixed(world, &scored)),
            ups: actions.iter().filter(|action| action.change > 0).count(),
            downs: actions.iter().filter(|action| action.change < 0).count(),
            actions_per_day: actions.len() as f64 / days,
            flaps,
            flaps_per_day: flaps as f64 / days,
            launched: asked_for + again,
            failed_launches,
            incident_count,
            incidents,
        }
    }
}

fn max_wait_s(world: &World, settings: &ScoreSettings) -> f64 {
    match world.service.capacity.sizing() {
        Sizing::Utilization(_) => settings.max_wait_s,
        Sizing::Wait { max_wait_s, .. } => max_wait_s,
    }
}

fn under_provisioned(world: &World, run: &Run, scored: &[usize]) -> f64 {
    let demand = world.demand_of(run);
    let under = scored.iter().filter(|k| run.serving[**k] < demand[**k]).count();
    under as f64 / scored.len() as f64
}

/// Instances launched in the place of what ended by itself, and launches that failed, over the scored steps.
fn lost(world: &World, run: &Run) -> (u64, u64) {
    let scored = || run.lost.iter().filter(|lost| world.counts(lost.step));
    let again = scored().map(|lost| u64::from(lost.failed + lost.broken + lost.taken)).sum();
    (again, scored().map(|lost| u64::from(lost.failed)).sum())
}

/// Changes against the one before them, at most `window` steps after it.
fn flaps(actions: &[&Action], window: f64) -> usize {
    let flaps = |pair: &&[&Action]| {
        pair[0].change.signum() != pair[1].change.signum()
            && (pair[1].step - pair[0].step) as f64 <= window
    };
    actions.windows(2).filter(flaps).count()
}

/// The elasticity of no scaling at all: the mean demand, rounded up.
fn fixed(world: &World, scored: &[usize]) -> Elasticity {
    let sum: u64 = scored.iter().map(|k| u64::from(world.demand[*k])).sum();
    let mean = sum.div_ceil(scored.len() as u64) as u32;
    Elasticity::new(&world.demand, &vec![mean; world.demand.len()], |k| world.counts(k))
}
