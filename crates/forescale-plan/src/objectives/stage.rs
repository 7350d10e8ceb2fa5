//! Which curves of serving instances a fleet can follow within its limits.

use forescale_core::Replicas;

use super::curve::Moves;
use super::error::ObjectiveError;
use crate::error::PlanError;
use crate::fleet::FleetState;
use crate::limits::Limits;
use crate::timeline::Timeline;

/// Pairs of step and count that are gone through at most.
const MOST_PAIRS: usize = 20_000_000;

/// The counts that can serve at every step of a plan.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    /// The largest count that comes into question.
    pub(super) most: u32,
    /// Serving instances before the first step.
    pub(super) initial: u32,
    /// Fewest and most instances of every step: until something new can serve, no more than what there is.
    bounds: Vec<(u32, u32)>,
    /// How each step is come to.
    pub(super) moves: Vec<Moves>,
}

impl Stage {
    /// For a plan with counts up to `useful`; more would only cost more.
    ///
    /// # Errors
    /// [`ObjectiveError::TooLarge`] when there are too many counts, and the [`PlanError`] of limits that cannot be kept.
    pub(super) fn new(
        timeline: &Timeline,
        fleet: &FleetState,
        limits: &Limits,
        useful: u32,
    ) -> Result<Self, ObjectiveError> {
        limits.check()?;
        fleet.total()?;
        let largest = limits.most();
        let initial = fleet.current.0.min(largest);
        let most = useful.clamp(limits.min.0, largest).max(initial);
        let cases = timeline.len().saturating_mul(most as usize + 1);
        if cases > MOST_PAIRS {
            let what = "a plan over counts";
            return Err(ObjectiveError::TooLarge { what, most: MOST_PAIRS, cases });
        }
        let bounds = (0..timeline.len()).map(|i| {
            let there = if i < timeline.lead() { there_by(i, fleet, timeline) } else { most };
            let ceiling = there.min(most).min(largest);
            (limits.min.0.min(ceiling), ceiling)
        });
        let any = most as usize;
        let reach = |limit: Option<u32>| limit.map_or(any, |limit| limit as usize);
        let moves = (0..timeline.len()).map(|i| {
            let down = reach(limits.max_down);
            if i < timeline.lead() {
                // What is starting already is paid for, and nothing that is removed is back before a new launch serves.
                let before =
                    i.checked_sub(1).map_or(fleet.current.0, |i| there_by(i, fleet, timeline));
                let up = (there_by(i, fleet, timeline) - before) as usize;
                return Moves { launch: 0.0, floor: 0, up, down };
            }
            let (launch, floor) = (timeline.lead() as f64, limits.min.0 as usize);
            Moves { launch, floor, up: reach(limits.max_up), down }
        });
        let moves = moves.collect();
        Ok(Self { most, initial, bounds: bounds.collect(), moves })
    }

    /// `cost(step, count)` of every allowed count, infinite for the others.
    pub(super) fn costs(&self, cost: impl Fn(usize, u32) -> f64) -> Vec<Vec<f64>> {
        let of_step = |(i, (fewest, most)): (usize, &(u32, u32))| {
            let allowed =
                |n| if (*fewest..=*most).contains(&n) { cost(i, n) } else { f64::INFINITY };
            (0..=self.most).map(allowed).collect()
        };
        self.bounds.iter().enumerate().map(of_step).collect()
    }

    /// The most that can serve at step `i`, whatever is asked for.
    pub(super) fn ceiling(&self, i: usize) -> u32 {
        self.bounds[i].1
    }
}

/// Instances that serve within step `i` without any new one.
fn there_by(i: usize, fleet: &FleetState, timeline: &Timeline) -> u32 {
    let end = timeline.begins(i + 1);
    let started = fleet.starting.iter().filter(|(ready, _)| *ready < end).map(|(_, count)| count);
    started.fold(fleet.current.0, |sum, count| sum.saturating_add(*count))
}

/// What every count up to `most` carries.
pub(super) fn carried(capacity: &crate::Capacity, most: u32) -> Vec<f64> {
    (0..=most).map(|n| capacity.carries(Replicas(n))).collect()
}

/// The most instances that any of `loads` needs.
///
/// # Errors
/// [`PlanError::TooMany`] when they cannot be counted.
pub(super) fn most_needed(
    capacity: &crate::Capacity,
    loads: impl Iterator<Item = f64>,
) -> Result<u32, PlanError> {
    Ok(capacity.needed(loads.fold(0.0, f64::max))?.0)
}
