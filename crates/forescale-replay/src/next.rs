//! What a policy asks for after the end of a history.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Foresight;
use forescale_plan::Action;
use forescale_plan::policies::{Cause, Counts, Policy, Settings};

use crate::detailed::DetailedFleet;
use crate::error::ReplayError;
use crate::fleet::{Bounds, Fleet};
use crate::plain::PlainFleet;
use crate::simulate::{follow, prepare};
use crate::world::World;

/// The decision for the step after a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// When that step begins.
    pub at: DateTime<Utc>,
    /// When what is asked for serves: after the start-up time for more instances, else at once.
    pub effective_at: DateTime<Utc>,
    /// Instances before, serving and starting.
    pub before: u32,
    /// Instances to ask for, within the limits of the fleet.
    pub instances: u32,
    /// Why.
    pub cause: Cause,
    /// The settings of the policy, those that it found itself included.
    pub settings: Settings,
    /// What to know of the decision, as [`Policy::notes`] has it: to be shown as warnings.
    pub notes: Vec<String>,
}

impl Next {
    /// Instances more, or fewer when below 0.
    pub fn change(&self) -> i64 {
        i64::from(self.instances) - i64::from(self.before)
    }

    /// What to do.
    pub fn action(&self) -> Action {
        match self.change() {
            0 => Action::Hold,
            1.. => Action::ScaleUp,
            _ => Action::ScaleDown,
        }
    }
}

/// What `policy` asks for at the end of `world`, once it has decided every step before.
///
/// `current` are the instances there are, all of them serving; without it they are those that the policy would have by
/// then.
///
/// # Errors
/// [`ReplayError::Policy`] when the policy does not fit this past.
///
/// ```
/// use forescale_core::{Foresight, Frequency, LoadSeries, Utilization};
/// use forescale_plan::Capacity;
/// use forescale_plan::policies::{POLICIES, create};
/// use forescale_replay::{FleetSettings, Trace, World, next};
///
/// let minute = Frequency::from_seconds(60)?;
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, minute, vec![40.0; 60])?;
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let world = World::at_end(Trace::new(&series, minute)?, capacity, FleetSettings::default(), Default::default())?;
///
/// let mut policy = create("hpa:target=0.5", POLICIES)?;
/// let next = next(&world, policy.as_mut(), &Foresight::default(), Some(4))?;
/// assert_eq!((next.before, next.instances), (4, 8));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn next(
    world: &World,
    policy: &mut dyn Policy,
    foresight: &Foresight,
    current: Option<u32>,
) -> Result<Next, ReplayError> {
    prepare(world, policy, foresight)?;
    Ok(match &world.fleet.lifecycle {
        None => last(world, policy, PlainFleet::of(world), current),
        Some(lifecycle) => last(world, policy, DetailedFleet::new(world, lifecycle), current),
    })
}

fn last(
    world: &World,
    policy: &mut dyn Policy,
    mut fleet: impl Fleet,
    current: Option<u32>,
) -> Next {
    let mut eyes = world.eyes();
    follow(world, policy, &mut fleet, &mut eyes);
    let end = world.trace.loads().len();
    fleet.advance(end);
    let counts = match current {
        None => fleet.counts(),
        Some(serving) => {
            eyes.assume(serving);
            Counts { serving, ..Counts::default() }
        }
    };
    let decision = policy.decide(&eyes.look(end, counts));
    let before = counts.serving + counts.starting;
    let instances = Bounds::of(world).reach(before, decision.wanted);
    let step = world.trace.step();
    let at = world.service.time_at(end);
    let startup = step.seconds().saturating_mul(world.service.startup_steps as i64);
    let startup = if instances > before { startup } else { 0 };
    Next {
        at,
        effective_at: at + TimeDelta::seconds(startup),
        before,
        instances,
        cause: decision.cause,
        settings: policy.settings(),
        notes: policy.notes(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forescale_core::{Frequency, LoadSeries, Utilization};
    use forescale_plan::Capacity;
    use forescale_plan::policies::{POLICIES, create};

    use super::*;
    use crate::settings::FleetSettings;
    use crate::simulate::simulate;
    use crate::trace::Trace;

    fn loads() -> Vec<f64> {
        (0..400).map(|k| 60.0 + 50.0 * (f64::from(k) / 37.0).sin()).collect()
    }

    fn world(loads: &[f64], score_from: Option<usize>, max_up: Option<u32>) -> World {
        let minute = Frequency::from_seconds(60).unwrap();
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let series = LoadSeries::new(start, minute, loads.to_vec()).unwrap();
        let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
        let fleet = FleetSettings { max_up, ..FleetSettings::default() };
        let trace = Trace::new(&series, minute).unwrap();
        match score_from {
            Some(from) => World::new(trace, capacity, fleet, Arc::default(), from).unwrap(),
            None => World::at_end(trace, capacity, fleet, Arc::default()).unwrap(),
        }
    }

    fn decided(loads: &[f64], name: &str, current: Option<u32>, max_up: Option<u32>) -> Next {
        let mut policy = create(name, POLICIES).unwrap();
        let world = world(loads, None, max_up);
        next(&world, policy.as_mut(), &Foresight::default(), current).unwrap()
    }

    #[test]
    fn it_is_what_the_replay_of_a_longer_history_does_at_that_step() {
        let all = loads();
        for name in ["hpa", "kpa", "target-tracking", "step-scaling", "voting", "simple"] {
            for end in [150, 263, 399] {
                let world = world(&all[..=end], Some(end), None);
                let mut policy = create(name, POLICIES).unwrap();
                let run = simulate(&world, policy.as_mut(), &Foresight::default()).unwrap();
                let next = decided(&all[..end], name, None, None);
                assert_eq!(next.instances, run.targets()[end], "{name} at {end}");
                assert_eq!(next.before, run.targets()[end - 1], "{name} at {end}");
            }
        }
    }

    #[test]
    fn late_metrics_are_those_of_what_runs() {
        let minute = Frequency::from_seconds(60).unwrap();
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let series = LoadSeries::new(start, minute, vec![40.0; 120]).unwrap();
        let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
        for metric_latency_s in [0.0, 60.0, 300.0] {
            let fleet = FleetSettings { metric_latency_s, ..FleetSettings::default() };
            let trace = Trace::new(&series, minute).unwrap();
            let world = World::at_end(trace, capacity, fleet, Arc::default()).unwrap();
            let mut policy = create("hpa:target=0.5", POLICIES).unwrap();
            let next = next(&world, policy.as_mut(), &Foresight::default(), Some(4)).unwrap();
            assert_eq!(next.instances, 8, "four are full, {metric_latency_s} s ago as well");
        }
    }

    #[test]
    fn what_runs_counts_and_limits_hold() {
        let next = decided(&[80.0; 60], "hpa:target=0.5", Some(4), Some(3));
        assert_eq!((next.before, next.instances, next.change()), (4, 7, 3));
        assert_eq!(next.action(), Action::ScaleUp);
        assert_eq!((next.effective_at - next.at).num_minutes(), 5);
        let same = decided(&[80.0; 60], "static:n=6", Some(6), None);
        assert_eq!((same.action(), same.effective_at), (Action::Hold, same.at));
    }
}
