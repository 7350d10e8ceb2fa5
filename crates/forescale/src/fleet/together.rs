//! Instances of all plans of a fleet together: a step function of time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Answer;

/// From when on there are how many instances.
type Step = (DateTime<Utc>, u64);

/// Of so many of ten plans a moment has to be part for the peak to be looked for there: the few series that ended long ago,
/// of which a large fleet always has some, hide no peak of the others.
const MOST_OF_TEN: usize = 9;

/// Instances of several plans together. A plan holds each of its counts over the whole step, so that plans of other steps
/// and other ends add up at every moment.
///
/// Its memory grows with the moments at which counts begin, not with the number of plans.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// From when on how many; the last one, with none, is where the last plan ends.
    steps: Vec<Step>,
    /// How many plans cover the time from each step on.
    covering: Vec<usize>,
    /// How many plans there are.
    plans: usize,
}

impl Together {
    /// Those of the plan in `answer`; none where nothing was planned.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let counts = answer.instances()?;
        let end = (answer.forecast.time_at(counts.len()), 0);
        let mut covering = vec![1; counts.len()];
        covering.push(0);
        let steps = counts.into_iter().enumerate();
        let steps = steps.map(|(h, count)| (answer.forecast.time_at(h), count)).chain([end]);
        Some(Self { steps: steps.collect(), covering, plans: 1 })
    }

    /// From when on how many, over all moments at which any plan has a step.
    pub fn steps(&self) -> &[Step] {
        &self.steps[..self.steps.len().saturating_sub(1)]
    }

    /// How many plans there are.
    pub fn plans(&self) -> usize {
        self.plans
    }

    /// The most at one of the moments that nine tenths of the plans cover; none where there is no such moment.
    pub fn peak(&self) -> Option<u64> {
        self.shared().map(|((_, count), _)| *count).max()
    }

    /// Plans that are no part of the moments where the peak is looked for: the most that are missing at one of them.
    pub fn left_out(&self) -> usize {
        let least = self.shared().map(|(_, covering)| covering).min();
        self.plans - least.unwrap_or_default()
    }

    /// Whether a plan begins or ends at another moment than the others.
    pub fn uneven(&self) -> bool {
        self.covering[..self.steps().len()].iter().any(|covering| *covering < self.plans)
    }

    /// The steps that nine tenths of the plans cover, and how many plans that are.
    fn shared(&self) -> impl Iterator<Item = (&Step, usize)> {
        let steps = self.steps().iter().zip(self.covering.iter().copied());
        steps.filter(|(_, covering)| 10 * covering >= MOST_OF_TEN * self.plans)
    }
}

/// What changes at a moment: instances, and plans that cover it.
type Change = (i64, i64);

/// Sums many of them, each of which is looked at once.
#[derive(Debug, Default)]
pub(super) struct Sum {
    changes: BTreeMap<DateTime<Utc>, Change>,
    plans: usize,
}

impl Sum {
    /// Adds one.
    pub fn add(&mut self, one: &Together) {
        let mut before = (0, 0);
        for ((at, count), covering) in one.steps.iter().zip(&one.covering) {
            let now = (*count as i64, *covering as i64);
            let change = self.changes.entry(*at).or_default();
            *change = (change.0 + now.0 - before.0, change.1 + now.1 - before.1);
            before = now;
        }
        self.plans += one.plans;
    }

    /// What they are together.
    pub fn finish(self) -> Together {
        let mut total = (0, 0);
        let steps = self.changes.into_iter().map(|(at, change)| {
            total = (total.0 + change.0, total.1 + change.1);
            ((at, total.0 as u64), total.1 as usize)
        });
        let (steps, covering) = steps.unzip();
        Together { steps, covering, plans: self.plans }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn plan(start: i64, step: i64, counts: &[u64]) -> Together {
        let at = |k: usize| minute(start + step * k as i64);
        let mut steps: Vec<Step> =
            counts.iter().enumerate().map(|(k, count)| (at(k), *count)).collect();
        steps.push((at(counts.len()), 0));
        let mut covering = vec![1; counts.len()];
        covering.push(0);
        Together { steps, covering, plans: 1 }
    }

    fn sum(plans: &[Together]) -> Together {
        let mut sum = Sum::default();
        plans.iter().for_each(|plan| sum.add(plan));
        sum.finish()
    }

    #[test]
    fn a_count_is_held_over_its_step() {
        let both = sum(&[plan(0, 60, &[2, 5]), plan(0, 30, &[1, 7, 1, 1])]);
        let expected = [(0, 3), (30, 9), (60, 6), (90, 6)].map(|(at, n)| (minute(at), n));
        assert_eq!(both.steps(), expected);
        assert_eq!(both.peak(), Some(9));
        assert!(!both.uneven());
    }

    #[test]
    fn the_peak_of_few_plans_is_one_that_every_plan_is_part_of() {
        let both = sum(&[plan(0, 60, &[9, 1]), plan(60, 60, &[2, 30])]);
        assert_eq!(both.peak(), Some(3));
        assert!(both.uneven());
        assert_eq!(both.left_out(), 0);
        let apart = sum(&[plan(0, 60, &[9]), plan(600, 60, &[9])]);
        assert_eq!(apart.peak(), None);
        assert_eq!(sum(&[]).peak(), None);
    }

    #[test]
    fn a_series_that_ended_long_ago_hides_no_peak() {
        let mut plans = vec![plan(600, 60, &[3, 4]); 10];
        plans.push(plan(0, 60, &[9, 9]));
        let all = sum(&plans);
        assert_eq!((all.peak(), all.left_out(), all.plans()), (Some(40), 1, 11));
        assert!(all.uneven());
        plans.push(plan(0, 60, &[9, 9]));
        assert_eq!(sum(&plans).peak(), None, "two of twelve are no few");
        assert_eq!(sum(&[]).left_out(), 0);
    }

    #[test]
    fn parts_of_a_fleet_add_up_to_the_whole() {
        let plans = [plan(0, 60, &[9, 1, 4]), plan(60, 30, &[2, 30, 2, 2]), plan(600, 60, &[9, 3])];
        let parts = sum(&[sum(&plans[..1]), sum(&plans[1..])]);
        assert_eq!(parts, sum(&plans));
    }
}
