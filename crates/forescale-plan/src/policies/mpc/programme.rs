//! The integer programme over the horizon, solved exactly.
//!
//! `s_k` are the instances that serve step `k`, `D` the start-up in steps, and `F_k` what the change limit and the
//! minimum keep running at least. Whatever is launched is billed from its launch, so a curve is billed
//! `sum max(s_k - F_k, 0) + sum (g_k(s_k) - g_k(s_(k-1)))^+` beyond `sum F_k`, where
//! `g_k(n) = sum over the D steps before k of max(n - F, 0)` is what `n` instances are billed before they serve `k`.
//! Every way of asking for instances has such a curve, and asking for the most of the next `D` steps follows the curve
//! at that cost: the one that is cheapest is the optimum, with one state a step in place of a pipeline.

use std::collections::VecDeque;

/// Up to so many counts all of them are gone through where changes are limited; beyond, those that can be optimal.
const MOST_COUNTS: u32 = 4_096;

/// What the programme starts from, and its limits.
#[derive(Debug, Clone)]
pub(super) struct Fleet {
    /// Instances that serve each of the next steps when nothing is asked for or removed, one value for each step of
    /// the start-up; after it, all do.
    pub(super) ready: Vec<u32>,
    /// Serving and starting instances.
    pub(super) total: u32,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) max_up: Option<u32>,
    pub(super) max_down: Option<u32>,
}

impl Fleet {
    pub(super) fn startup(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn is_limited(&self) -> bool {
        self.max_up.is_some() || self.max_down.is_some()
    }

    /// What runs at step `k` at least, however much is removed.
    fn floor(&self, k: usize) -> u32 {
        let least = self.max_down.map_or(0, |down| {
            let removed = (k as u64 + 1).saturating_mul(u64::from(down));
            u64::from(self.total).saturating_sub(removed) as u32
        });
        least.min(self.max).max(self.min)
    }

    /// The most that may serve step `k`.
    fn cap(&self, k: usize) -> u32 {
        let launched = || {
            let steps = (k - self.startup() + 1) as u64;
            let added = self.max_up.map_or(u64::MAX, |up| steps.saturating_mul(u64::from(up)));
            u64::from(self.total).saturating_add(added).min(u64::from(u32::MAX)) as u32
        };
        self.ready.get(k).copied().unwrap_or_else(launched).min(self.max).max(self.min)
    }
}

/// How likely a step of the horizon has too few instances, and what that costs.
#[derive(Debug, Clone, Default)]
pub(super) struct Risk {
    /// Counts and the probability that so many, and any up to the next one, are too few: counts rise, and it falls.
    /// Below the first count it is 1.
    pub(super) odds: Vec<(u32, f64)>,
    /// Price of too few, in instance-steps.
    pub(super) price: f64,
    /// Price of every instance that lacks to the first count, likewise.
    pub(super) missing: f64,
    /// Steps that it stands for; more than one only at the end of a horizon without change limits, where they are alike.
    pub(super) steps: usize,
    /// The load at the odds that the price is set for.
    pub(super) load: f64,
}

impl Risk {
    /// The expected price of `n` instances.
    fn expected(&self, n: u32) -> f64 {
        let place = self.odds.partition_point(|(count, _)| *count <= n);
        let odds = place.checked_sub(1).map_or(1.0, |place| self.odds[place].1);
        let first = self.odds.first().map_or(0, |(count, _)| *count);
        odds * self.price + f64::from(first.saturating_sub(n)) * self.missing
    }
}

/// What the programme finds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Optimum {
    /// Serving instances of every step.
    pub(super) serving: Vec<u32>,
    /// Serving and starting instances to have now.
    pub(super) first: u32,
    /// Instance-steps beyond those that cannot be avoided, and the expected price of too few.
    pub(super) cost: f64,
}

/// The cheapest curve over `risks`, one a step. The counts that it goes through suffice: between two counts at which the
/// odds change every cost is linear, so a stretch of equal counts, or one along a change limit, can be moved to one of
/// them without loss.
///
/// `O(H N)` for `H` steps and `N` counts: the cheapest predecessors are the smallest values of sliding windows.
pub(super) fn cheapest(fleet: &Fleet, risks: &[Risk]) -> Optimum {
    let counts = counts(fleet, risks);
    let (mut value, mut from) = (vec![0.0; counts.len()], Vec::with_capacity(risks.len()));
    for (k, risk) in risks.iter().enumerate() {
        if k > 0 {
            from.push(go_on(fleet, &counts, &mut value, k));
        }
        let (floor, cap) = (fleet.floor(k), fleet.cap(k));
        for (n, value) in counts.iter().zip(&mut value) {
            let billed = f64::from(n.saturating_sub(floor));
            *value += (billed + risk.expected(*n)) * risk.steps as f64;
            *value = if *n <= cap { *value } else { f64::INFINITY };
        }
    }
    back(fleet, &counts, &value, &from)
}

/// The curve that ends with the smallest value.
fn back(fleet: &Fleet, counts: &[u32], value: &[f64], from: &[Vec<u32>]) -> Optimum {
    let least = value.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    let (mut place, cost) = least.map_or((0, 0.0), |(place, cost)| (place, *cost));
    let mut serving = vec![counts[place]];
    for from in from.iter().rev() {
        place = from[place] as usize;
        serving.push(counts[place]);
    }
    serving.reverse();
    let soon = serving.iter().take(fleet.startup() + 1).copied().max().unwrap_or(fleet.min);
    Optimum { serving, first: soon.max(fleet.floor(0)), cost }
}

/// Puts the cheapest cost of coming to each count at step `k` into `value`, and gives where each comes from.
fn go_on(fleet: &Fleet, counts: &[u32], value: &mut [f64], k: usize) -> Vec<u32> {
    let launch = launch_costs(fleet, counts, k);
    // What serves within the start-up was launched before, and by then the limit on launches was kept.
    let up = fleet.max_up.filter(|_| k >= fleet.startup()).unwrap_or(u32::MAX);
    let down = fleet.max_down.unwrap_or(u32::MAX);
    let kept: Vec<f64> = value.iter().zip(&launch).map(|(value, launch)| value - launch).collect();
    let mut from = vec![0; counts.len()];
    let mut window = Window::default();
    let mut risen = vec![f64::INFINITY; counts.len()];
    for place in 0..counts.len() {
        let best = window.slide(place, &kept, |old| counts[place] - counts[old] > up);
        (risen[place], from[place]) = (kept[best] + launch[place], best as u32);
    }
    let mut window = Window::default();
    let before = value.to_vec();
    for place in (0..counts.len()).rev() {
        let best = window.slide(place, &before, |old| counts[old] - counts[place] > down);
        value[place] = risen[place];
        if before[best] <= risen[place] {
            (value[place], from[place]) = (before[best], best as u32);
        }
    }
    from
}

/// What each count is billed before it serves step `k`.
fn launch_costs(fleet: &Fleet, counts: &[u32], k: usize) -> Vec<f64> {
    let before = k.saturating_sub(fleet.startup())..k;
    if fleet.max_down.is_none() {
        let steps = before.len() as f64;
        return counts.iter().map(|n| steps * f64::from(n.saturating_sub(fleet.min))).collect();
    }
    let floors: Vec<u32> = before.map(|k| fleet.floor(k)).collect();
    let billed = |n: &u32| floors.iter().map(|floor| f64::from(n.saturating_sub(*floor))).sum();
    counts.iter().map(billed).collect()
}

/// The place of the smallest value of a window that slides over places.
#[derive(Debug, Default)]
struct Window {
    candidates: VecDeque<usize>,
}

impl Window {
    /// Takes in `place`, lets go of what is `out` of reach, and gives the place of the smallest value.
    fn slide(&mut self, place: usize, values: &[f64], out: impl Fn(usize) -> bool) -> usize {
        while self.candidates.back().is_some_and(|back| values[*back] >= values[place]) {
            self.candidates.pop_back();
        }
        self.candidates.push_back(place);
        while self.candidates.front().is_some_and(|front| out(*front)) {
            self.candidates.pop_front();
        }
        *self.candidates.front().expect("the place itself is within reach")
    }
}

/// The counts that can be optimal, rising: those at which a cost changes its slope, and with change limits all that are
/// whole limits away from them. More than the largest that any step may need is never of use.
fn counts(fleet: &Fleet, risks: &[Risk]) -> Vec<u32> {
    let within = |count: u32| count.clamp(fleet.min, fleet.max);
    let asked = risks.iter().flat_map(|risk| risk.odds.iter().map(|(count, _)| *count));
    let floors = (0..risks.len()).map(|k| fleet.floor(k));
    let own = fleet.ready.iter().copied().chain(floors).chain([fleet.min, fleet.total]);
    let mut counts: Vec<u32> = asked.chain(own).map(within).collect();
    sort(&mut counts);
    let (least, most) = (counts[0], counts[counts.len() - 1]);
    if fleet.is_limited() && most - least <= MOST_COUNTS {
        return (least..=most).collect();
    }
    for _ in 0..if fleet.is_limited() { risks.len() } else { 0 } {
        let up = counts.iter().map(|n| n.saturating_add(fleet.max_up.unwrap_or(0)).min(most));
        let down = counts.iter().map(|n| n.saturating_sub(fleet.max_down.unwrap_or(0)).max(least));
        let more: Vec<u32> = up.chain(down).collect();
        counts.extend(more);
        sort(&mut counts);
    }
    counts
}

fn sort(counts: &mut Vec<u32>) {
    counts.sort_unstable();
    counts.dedup();
}

#[cfg(test)]
#[path = "programme_tests.rs"]
mod tests;
