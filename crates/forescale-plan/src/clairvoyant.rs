//! The physical limit: plans that know every future load.
//!
//! `d` is the demand in instances of every step, `D` the start-up in steps. A curve `s` of serving instances costs
//! `sum s_t + D * sum (s_t - s_(t-1))^+` instance-steps: start-up is billed, removal is free.

use std::collections::VecDeque;

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

/// The cheapest curve that meets every demand, from `initial` running instances.
///
/// Level by level: an instance is on whenever it is needed, and kept through gaps of at most `startup_steps`,
/// because launching it again costs as much.
pub fn zero_violation(demand: &[u32], startup_steps: usize, min: u32, initial: u32) -> Bound {
    let most = demand.iter().copied().max().unwrap_or(min).max(initial);
    let mut serving = vec![min; demand.len()];
    for level in min.saturating_add(1)..=most {
        let mut free_from = (level <= initial).then_some(0);
        for (t, _) in demand.iter().enumerate().filter(|(_, d)| **d >= level) {
            let kept_from = free_from.filter(|from| t - from <= startup_steps).unwrap_or(t);
            serving[kept_from..=t].iter_mut().for_each(|s| *s += 1);
            free_from = Some(t + 1);
        }
    }
    priced(serving, demand, startup_steps, initial)
}

/// The curve that minimises cost plus `violation_price` instance-steps for every violated step, by an exact
/// dynamic programme over the count; at most `max_change` instances change in a step when it is given.
/// `initial` is at least `min`.
pub fn frontier(
    demand: &[u32],
    startup_steps: usize,
    violation_price: f64,
    min: u32,
    max_change: Option<u32>,
    initial: u32,
) -> Bound {
    let most = demand.iter().copied().max().unwrap_or(min).max(initial).max(min);
    let mut programme = Programme::new(most as usize, startup_steps as f64, max_change);
    programme.value[initial as usize] = 0.0;
    let mut back = Vec::with_capacity(demand.len());
    for needed in demand {
        back.push(programme.step(min as usize, *needed as usize, violation_price));
    }
    priced(trace_back(&programme.value, &back), demand, startup_steps, initial)
}

/// The dynamic programme between two steps.
#[derive(Debug)]
struct Programme {
    /// Cheapest cost of every count so far.
    value: Vec<f64>,
    /// The same less the launches that a larger count needs anyway.
    rising: Vec<f64>,
    launch: f64,
    reach: usize,
    below: Vec<u32>,
    above: Vec<u32>,
}

impl Programme {
    fn new(most: usize, launch: f64, max_change: Option<u32>) -> Self {
        Self {
            value: vec![f64::INFINITY; most + 1],
            rising: vec![0.0; most + 1],
            launch,
            reach: max_change.map_or(most, |change| change as usize),
            below: vec![0; most + 1],
            above: vec![0; most + 1],
        }
    }

    /// Goes on by one step that needs `needed`; gives for every count the cheapest one before it.
    fn step(&mut self, min: usize, needed: usize, violation_price: f64) -> Vec<u32> {
        for (m, (rising, value)) in self.rising.iter_mut().zip(&self.value).enumerate() {
            *rising = value - self.launch * m as f64;
        }
        let counts = self.value.len();
        window_minima(&self.rising, self.reach, 0..counts, &mut self.below);
        window_minima(&self.value, self.reach, (0..counts).rev(), &mut self.above);
        let mut next = vec![f64::INFINITY; counts];
        let mut from = vec![0; counts];
        for n in min..counts {
            let up = self.rising[self.below[n] as usize] + self.launch * n as f64;
            let down = self.value[self.above[n] as usize];
            from[n] = if down <= up { self.above[n] } else { self.below[n] };
            next[n] = down.min(up) + n as f64 + if n < needed { violation_price } else { 0.0 };
        }
        self.value = next;
        from
    }
}

/// For every index in `order`, where the smallest value among it and the `reach` indices before it stands.
fn window_minima(
    values: &[f64],
    reach: usize,
    order: impl Iterator<Item = usize>,
    minima: &mut [u32],
) {
    if reach + 1 >= values.len() {
        let mut least: Option<usize> = None;
        for n in order {
            let best = least.filter(|best| values[*best] <= values[n]).unwrap_or(n);
            minima[n] = best as u32;
            least = Some(best);
        }
        return;
    }
    let mut candidates = VecDeque::<usize>::new();
    for n in order {
        while candidates.back().is_some_and(|back| values[*back] > values[n]) {
            candidates.pop_back();
        }
        candidates.push_back(n);
        while candidates.front().is_some_and(|front| front.abs_diff(n) > reach) {
            candidates.pop_front();
        }
        minima[n] = *candidates.front().expect("the index itself is a candidate") as u32;
    }
}

fn trace_back(value: &[f64], back: &[Vec<u32>]) -> Vec<u32> {
    let cheapest = (0..value.len()).min_by(|a, b| value[*a].total_cmp(&value[*b]));
    let mut n = cheapest.expect("there is at least the count 0") as u32;
    let mut serving = vec![0; back.len()];
    for (count, from) in serving.iter_mut().zip(back).rev() {
        *count = n;
        n = from[n as usize];
    }
    serving
}

fn priced(serving: Vec<u32>, demand: &[u32], startup_steps: usize, initial: u32) -> Bound {
    let before = std::iter::once(&initial).chain(&serving);
    let launches = before.zip(&serving).map(|(a, b)| u64::from(b.saturating_sub(*a))).sum::<u64>();
    let billed = serving.iter().map(|s| u64::from(*s)).sum::<u64>();
    let violations = serving.iter().zip(demand).filter(|(s, d)| s < d).count();
    Bound { serving, launches, cost: billed + startup_steps as u64 * launches, violations }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(frontier(&demand, 1, 7.0, 1, None, 1).violations, 1);
        assert_eq!(frontier(&demand, 1, 9.0, 1, None, 1), zero_violation(&demand, 1, 1, 1));
    }

    #[test]
    fn a_change_limit_climbs_early() {
        let bound = frontier(&[1, 1, 1, 4], 0, 1e6, 1, Some(1), 1);
        assert_eq!(bound.serving, [1, 2, 3, 4]);
    }
}
