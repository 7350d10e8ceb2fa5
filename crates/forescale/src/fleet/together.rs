//! Instances of all plans of a fleet together: a step function of time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Answer;

/// From when on there are how many instances.
type Step = (DateTime<Utc>, u64);

/// Instances of several plans together. A plan holds each of its counts over the whole step, so that plans of other steps
/// and other ends add up at every moment.
///
/// Its memory grows with the moments at which counts begin, not with the number of plans.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// From when on how many; the last one, with none, is where the last plan ends.
    steps: Vec<Step>,
    /// The moments that every plan covers: from the first on, before the second. None while there is no plan.
    common: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Together {
    /// Those of the plan in `answer`; none where nothing was planned.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let counts = answer.instances()?;
        let end = (answer.forecast.time_at(counts.len()), 0);
        let steps = counts.into_iter().enumerate();
        let mut steps: Vec<Step> =
            steps.map(|(h, count)| (answer.forecast.time_at(h), count)).collect();
        let common = steps.first().map(|(start, _)| (*start, end.0));
        steps.push(end);
        Some(Self { steps, common })
    }

    /// From when on how many, over all moments at which any plan has a step.
    pub fn steps(&self) -> &[Step] {
        &self.steps[..self.steps.len().saturating_sub(1)]
    }

    /// The most at one of the moments that every plan covers; none where there is no such moment.
    pub fn peak(&self) -> Option<u64> {
        let (from, to) = self.common.filter(|(from, to)| from < to)?;
        let begun = self.steps.partition_point(|(at, _)| *at <= from).saturating_sub(1);
        self.steps[begun..].iter().take_while(|(at, _)| *at < to).map(|(_, count)| *count).max()
    }

    /// Whether a plan begins or ends at another moment than the others.
    pub fn uneven(&self) -> bool {
        let ends = self.steps.first().zip(self.steps.last());
        ends.map(|(first, last)| (first.0, last.0)) != self.common
    }
}

/// Sums many of them, each of which is looked at once.
#[derive(Debug, Default)]
pub(super) struct Sum {
    changes: BTreeMap<DateTime<Utc>, i64>,
    common: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Sum {
    /// Adds one.
    pub fn add(&mut self, one: &Together) {
        let mut before = 0;
        for (at, count) in &one.steps {
            *self.changes.entry(*at).or_default() += *count as i64 - before;
            before = *count as i64;
        }
        self.common = match (self.common, one.common) {
            (Some(all), Some(one)) => Some((all.0.max(one.0), all.1.min(one.1))),
            (all, one) => all.or(one),
        };
    }

    /// What they are together.
    pub fn finish(self) -> Together {
        let mut total = 0;
        let steps = self.changes.into_iter().map(|(at, change)| {
            total += change;
            (at, total as u64)
        });
        Together { steps: steps.collect(), common: self.common }
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
        Together { steps, common: Some((at(0), at(counts.len()))) }
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
    fn the_peak_is_one_that_every_plan_is_part_of() {
        let both = sum(&[plan(0, 60, &[9, 1]), plan(60, 60, &[2, 30])]);
        assert_eq!(both.peak(), Some(3));
        assert!(both.uneven());
        let apart = sum(&[plan(0, 60, &[9]), plan(600, 60, &[9])]);
        assert_eq!(apart.peak(), None);
        assert_eq!(sum(&[]).peak(), None);
    }

    #[test]
    fn parts_of_a_fleet_add_up_to_the_whole() {
        let plans = [plan(0, 60, &[9, 1, 4]), plan(60, 30, &[2, 30, 2, 2]), plan(600, 60, &[9, 3])];
        let parts = sum(&[sum(&plans[..1]), sum(&plans[1..])]);
        assert_eq!(parts, sum(&plans));
    }
}
