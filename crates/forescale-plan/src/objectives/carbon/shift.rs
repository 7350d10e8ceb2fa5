//! The greedy choice of instance-steps for flexible work.

use std::collections::VecDeque;

use super::{CarbonOptions, CarbonStep};
use crate::objectives::error::ObjectiveError;

/// Flexible work done at every step, at the least sum of weights.
///
/// # Errors
/// [`ObjectiveError::Deadline`] when not all of it can be done in time.
pub(super) fn cheapest(
    steps: &[CarbonStep],
    options: &CarbonOptions,
    weight: impl Fn(&CarbonStep) -> f64,
) -> Result<Vec<u32>, ObjectiveError> {
    let room = |step: &CarbonStep| options.max.0.saturating_sub(step.inflexible);
    let arises: Vec<u32> = steps.iter().map(|step| step.flexible).collect();
    all_in_time(steps, &arises, options.deadline_steps, room)?;
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by(|a, b| weight(&steps[*a]).total_cmp(&weight(&steps[*b])).then(a.cmp(b)));
    let mut done = vec![0; steps.len()];
    for t in order {
        let (mut low, mut high) = (0, room(&steps[t]));
        while low < high {
            done[t] = low + (high - low).div_ceil(2);
            if all_filled(&arises, &done, options.deadline_steps) {
                low = done[t];
            } else {
                high = done[t] - 1;
            }
        }
        done[t] = low;
    }
    Ok(done)
}

/// Whether every one of the instance-steps `done` finds work that has arisen and is not overdue.
///
/// The oldest work first: it has the earliest deadline too.
fn all_filled(arises: &[u32], done: &[u32], deadline: usize) -> bool {
    let mut waiting = Waiting::default();
    (0..arises.len()).all(|t| {
        waiting.arise(t, arises[t]);
        waiting.forget_before(t.saturating_sub(deadline));
        waiting.take(done[t], |_, _| {}) == 0
    })
}

/// Checks that all work can be done in time, whatever it weighs.
fn all_in_time(
    steps: &[CarbonStep],
    arises: &[u32],
    deadline: usize,
    room: impl Fn(&CarbonStep) -> u32,
) -> Result<(), ObjectiveError> {
    let mut waiting = Waiting::default();
    for (t, step) in steps.iter().enumerate() {
        waiting.arise(t, arises[t]);
        waiting.take(room(step), |_, _| {});
        let last = t + 1 == steps.len();
        let due = if last { t } else { t.saturating_sub(deadline) };
        let overdue = if last || t >= deadline { waiting.up_to(due) } else { 0 };
        if overdue > 0 {
            let first = waiting.0.front().map_or(due, |(arose, _)| *arose);
            return Err(ObjectiveError::Deadline { from: steps[first].at, units: overdue });
        }
    }
    Ok(())
}

/// Units of work and a step.
type Moved = Option<(u32, usize)>;

/// For every step, how much of the work done there arose earlier and when the first of it did, and how much of the work
/// that arises there is done later and when the last of it is.
pub(super) fn moved(steps: &[CarbonStep], done: &[u32]) -> Vec<(Moved, Moved)> {
    let mut moved: Vec<(Moved, Moved)> = vec![(None, None); steps.len()];
    let mut waiting = Waiting::default();
    for t in 0..steps.len() {
        waiting.arise(t, steps[t].flexible);
        waiting.take(done[t], |arose, units| {
            if arose < t {
                let (here, first) = moved[t].0.unwrap_or((0, arose));
                moved[t].0 = Some((here + units, first));
                let later = moved[arose].1.map_or(0, |(units, _)| units);
                moved[arose].1 = Some((later + units, t));
            }
        });
    }
    moved
}

/// Work that waits, the oldest first: when it arose, and how much of it.
#[derive(Debug, Default)]
struct Waiting(VecDeque<(usize, u32)>);

impl Waiting {
    fn arise(&mut self, t: usize, units: u32) {
        if units > 0 {
            self.0.push_back((t, units));
        }
    }

    fn forget_before(&mut self, t: usize) {
        while self.0.front().is_some_and(|(arose, _)| *arose < t) {
            self.0.pop_front();
        }
    }

    /// Takes the oldest `units`, hands them to `taken`, and returns how many were not there.
    fn take(&mut self, mut units: u32, mut taken: impl FnMut(usize, u32)) -> u32 {
        while units > 0 {
            let Some((arose, left)) = self.0.front_mut() else { break };
            let now = units.min(*left);
            taken(*arose, now);
            (units, *left) = (units - now, *left - now);
            if *left == 0 {
                self.0.pop_front();
            }
        }
        units
    }

    /// How much arose up to `t`.
    fn up_to(&self, t: usize) -> u32 {
        self.0.iter().filter(|(arose, _)| *arose <= t).map(|(_, units)| units).sum()
    }
}
