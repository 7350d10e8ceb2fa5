//! The physical limit: plans that know every future load.
//!
//! `d` is the demand in instances of every step, `D` the start-up in steps. A curve `s` of serving instances costs
//! `sum s_t + D * sum (s_t - s_(t-1))^+` instance-steps: start-up is billed, removal is free.

mod free;
mod limited;

use std::collections::VecDeque;

/// What the bound is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Instances that every step needs.
    pub demand: &'a [u32],
    /// Steps from launch to serving, billed.
    pub startup_steps: usize,
    /// Fewest instances.
    pub min: u32,
    /// Most instances; no bound when absent.
    pub max: Option<u32>,
    /// Most instances added in a step; no bound when absent.
    pub max_up: Option<u32>,
    /// Most instances removed in a step; no bound when absent.
    pub max_down: Option<u32>,
    /// Instances that run before the first step, at least `min`.
    pub initial: u32,
}

impl<'a> Question<'a> {
    /// The question without limits but a minimum.
    pub fn new(demand: &'a [u32], startup_steps: usize, min: u32, initial: u32) -> Self {
        Self { demand, startup_steps, min, max: None, max_up: None, max_down: None, initial }
    }

    /// The largest number of instances that comes into question.
    fn most(&self) -> u32 {
        let needed = self.demand.iter().copied().max().unwrap_or(self.min).max(self.min);
        self.max.map_or(needed, |max| needed.min(max).max(self.min))
    }
}

/// A serving curve and what it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// Serving instances of every step.
    pub serving: Vec<u32>,
    /// Instances launched.
    pub launches: u64,
    /// Instance-steps billed, start-up included.
    pub cost: u64,
    /// Steps with fewer instances than the demand.
    pub violations: usize,
}

impl Bound {
    fn of(serving: Vec<u32>, question: &Question) -> Self {
        let before = std::iter::once(&question.initial).chain(&serving);
        let launches =
            before.zip(&serving).map(|(a, b)| u64::from(b.saturating_sub(*a))).sum::<u64>();
        let billed = serving.iter().map(|s| u64::from(*s)).sum::<u64>();
        let violations = serving.iter().zip(question.demand).filter(|(s, d)| s < d).count();
        let cost = billed + question.startup_steps as u64 * launches;
        Self { serving, launches, cost, violations }
    }

    /// What is billed at every step: an instance that serves within the start-up time is launched or kept.
    pub fn billed(&self, startup_steps: usize) -> Vec<u32> {
        largest_ahead(&self.serving, startup_steps)
    }
}

/// For every step `t`, the largest of steps `t ..= t + lead`.
///
/// Asked for at every step, it is the cheapest way to have what is known to be needed: an instance that is asked for at
/// `t` serves from `t + lead` on, and one that is needed again by then costs no more to keep than to launch again.
///
/// ```
/// use forescale_plan::clairvoyant::largest_ahead;
/// assert_eq!(largest_ahead(&[1, 1, 1, 3, 1, 1], 2), [1, 3, 3, 3, 1, 1]);
/// ```
pub fn largest_ahead(counts: &[u32], lead: usize) -> Vec<u32> {
    let mut largest = vec![0; counts.len()];
    let mut candidates = VecDeque::<usize>::new();
    for t in (0..counts.len()).rev() {
        while candidates.back().is_some_and(|back| counts[*back] <= counts[t]) {
            candidates.pop_back();
        }
        candidates.push_back(t);
        while candidates.front().is_some_and(|front| front - t > lead) {
            candidates.pop_front();
        }
        largest[t] = counts[*candidates.front().expect("the step itself is a candidate")];
    }
    largest
}

/// The cheapest curve that meets every demand, from `initial` running instances on, without change limits.
///
/// An instance is on whenever it is needed, and kept through gaps of at most `startup_steps`, because launching it again
/// costs as much. Level by level that fills gaps, so it is the smallest of the last `startup_steps + 1` values of
/// [`largest_ahead`]: as long as an instance serves, one of them counts it at every step.
pub fn zero_violation(demand: &[u32], startup_steps: usize, min: u32, initial: u32) -> Bound {
    let question = Question::new(demand, startup_steps, min, initial);
    Bound::of(gaps_filled(&question), &question)
}

/// The serving curve of [`zero_violation`].
fn gaps_filled(question: &Question) -> Vec<u32> {
    let Question { demand, startup_steps, min, initial, .. } = *question;
    // What runs before the first step counts as needed until then.
    let mut needed = vec![initial.max(min); startup_steps];
    needed.extend(demand.iter().map(|d| (*d).max(min)));
    let mut mirrored = largest_ahead(&needed, startup_steps);
    // The smallest of the steps before is the largest of what is left to the top, read backwards.
    mirrored.reverse();
    mirrored.iter_mut().for_each(|count| *count = u32::MAX - *count);
    let mut filled = largest_ahead(&mirrored, startup_steps);
    filled.truncate(demand.len());
    filled.reverse();
    filled.iter_mut().for_each(|count| *count = u32::MAX - *count);
    filled
}

/// The curve that minimises cost plus `violation_price` instance-steps for every violated step, by an exact
/// dynamic programme over the count.
///
/// `O(T N)` without change limits, `O(T N log r)` with a limit of `r`. Prices from 0 to infinity give the frontier: what
/// a clairvoyant pays for every share of violated time.
pub fn frontier(question: &Question, violation_price: f64) -> Bound {
    let limited = question.max_up.is_some() || question.max_down.is_some();
    let serving = if limited {
        limited::cheapest(question, violation_price)
    } else {
        free::cheapest(question, violation_price)
    };
    Bound::of(serving, question)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priced(demand: &[u32], price: f64) -> Bound {
        frontier(&Question::new(demand, 1, 1, 1), price)
    }

    #[test]
    fn a_gap_within_the_start_up_is_kept() {
        let bound = zero_violation(&[1, 3, 1, 3, 1, 1, 1, 3], 2, 1, 1);
        assert_eq!(bound.serving, [1, 3, 3, 3, 1, 1, 1, 3]);
        assert_eq!((bound.launches, bound.cost), (4, 16 + 8));
    }

    #[test]
    fn running_instances_are_kept_for_a_need_that_comes_soon() {
        assert_eq!(zero_violation(&[1, 1, 2], 2, 1, 2).serving, [2, 2, 2]);
        assert_eq!(zero_violation(&[1, 1, 1, 2], 2, 1, 2).serving, [1, 1, 1, 2]);
    }

    #[test]
    fn a_cheap_violation_is_taken_and_a_dear_one_is_not() {
        let demand = [1, 1, 5, 1, 1];
        assert_eq!(priced(&demand, 7.0).violations, 1);
        assert_eq!(priced(&demand, 9.0), zero_violation(&demand, 1, 1, 1));
    }

    #[test]
    fn a_change_limit_climbs_early() {
        let question = Question { max_up: Some(1), ..Question::new(&[1, 1, 1, 4], 0, 1, 1) };
        assert_eq!(frontier(&question, 1e6).serving, [1, 2, 3, 4]);
    }

    #[test]
    fn a_maximum_violates_what_it_must() {
        let question = Question { max: Some(2), ..Question::new(&[1, 3, 2, 1], 0, 1, 1) };
        let bound = frontier(&question, 1e6);
        assert_eq!((bound.serving, bound.violations), (vec![1, 1, 2, 1], 1));
    }

    #[test]
    fn what_is_billed_adds_up_to_the_cost() {
        let demand = [2, 2, 2, 2, 5, 1, 1, 4, 1, 1, 1, 1, 3];
        let bound = zero_violation(&demand, 3, 1, 2);
        let billed: u64 = bound.billed(3).into_iter().map(u64::from).sum();
        assert_eq!(billed, bound.cost);
    }
}
