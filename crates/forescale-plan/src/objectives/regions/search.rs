//! Branch and bound over the instances of every region.

use chrono::{DateTime, Utc};

use super::{Origin, Region, RegionOptions};
use crate::capacity::{Capacity, Sizing};
use crate::objectives::error::ObjectiveError;
use crate::objectives::stage::carried;

/// Origins at most: every set of them is looked at.
const MOST_ORIGINS: usize = 10;

/// Cases of a step at most.
const MOST_CASES: usize = 2_000_000;

/// Costs and loads closer than this share are equal.
const ROUNDING: f64 = 1e-9;

/// What the steps have in common.
#[derive(Debug)]
pub(super) struct Split<'a> {
    pub(super) origins: &'a [Origin],
    pub(super) regions: &'a [Region],
    pub(super) options: &'a RegionOptions,
    /// Price of an instance of every region for an hour, its carbon included.
    pub(super) weights: Vec<f64>,
    /// Of every region, a bit for each origin that is near enough.
    pub(super) near: Vec<usize>,
    /// What 0, 1, 2, ... instances carry.
    pub(super) carried: Vec<f64>,
    /// Whether one instance more always carries the same.
    linear: bool,
    /// The regions in the order in which they are decided: the same origins together, the cheapest first.
    order: Vec<usize>,
}

impl<'a> Split<'a> {
    pub(super) fn new(
        origins: &'a [Origin],
        regions: &'a [Region],
        capacity: &Capacity,
        options: &'a RegionOptions,
    ) -> Result<Self, ObjectiveError> {
        if origins.len() > MOST_ORIGINS {
            let (what, cases) = ("the split over regions, in origins,", origins.len());
            return Err(ObjectiveError::TooLarge { what, most: MOST_ORIGINS, cases });
        }
        let weight = |region: &Region| {
            let kg = options.watts / 1e3 * region.grams_per_kwh() / 1e3;
            region.price_per_instance_hour() + kg * options.price_per_kg
        };
        let near = |region: &Region| {
            let reaches = |origin: &Origin| {
                region.latency_ms(&origin.name).is_some_and(|ms| ms <= options.latency_limit_ms)
            };
            origins.iter().enumerate().map(|(i, origin)| usize::from(reaches(origin)) << i).sum()
        };
        let weights: Vec<f64> = regions.iter().map(weight).collect();
        let near: Vec<usize> = regions.iter().map(near).collect();
        let mut order: Vec<usize> = (0..regions.len()).collect();
        order.sort_by(|a, b| near[*a].cmp(&near[*b]).then(weights[*a].total_cmp(&weights[*b])));
        let most = regions.iter().map(Region::max).max().unwrap_or(0);
        let linear = matches!(capacity.sizing(), Sizing::Utilization(_));
        let carried = carried(capacity, most);
        Ok(Self { origins, regions, options, weights, near, carried, linear, order })
    }

    /// The cheapest instances of every region that carry `loads`.
    pub(super) fn cheapest(
        &self,
        at: DateTime<Utc>,
        loads: &[f64],
    ) -> Result<Vec<u32>, ObjectiveError> {
        let mut search = Search::new(self, loads);
        if let Some(set) = search.cannot_be_carried() {
            return Err(self.too_few(at, set, &search));
        }
        search.decide(0, 0.0, vec![0.0; search.demand.len()]);
        if search.cases > MOST_CASES {
            let what = "the split over regions";
            return Err(ObjectiveError::TooLarge { what, most: MOST_CASES, cases: search.cases });
        }
        Ok(search.best.1)
    }

    fn too_few(&self, at: DateTime<Utc>, set: usize, search: &Search) -> ObjectiveError {
        let origins = self.origins.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1);
        let most = self.regions.iter().zip(&self.near).filter(|(_, near)| *near & set != 0);
        let one = self.carried.get(1).copied().unwrap_or(f64::INFINITY);
        ObjectiveError::Regions {
            origins: origins.map(|(_, origin)| origin.name.clone()).collect(),
            at,
            needed: (search.demand[set] / one).ceil() as u64,
            most: most.map(|(region, _)| u64::from(region.max())).sum(),
        }
    }

    fn carries(&self, count: u32) -> f64 {
        self.carried[count as usize]
    }
}

/// One step.
///
/// Loads can be divided over regions with `n_r` instances just when, for every set of origins, the regions near one of
/// them carry what all of them send (Gale). With a price `u_i` on the load of each origin the bound of Lagrange is
/// `sum d_i u_i + sum_r (w_r n_r - U_r carries(n_r))`, `U_r` being the largest price near region `r`: what is decided
/// with its counts, what is not with the counts that make it smallest.
struct Search<'s, 'a> {
    split: &'s Split<'a>,
    /// Of every set of origins.
    demand: Vec<f64>,
    /// Of every region in order, its counts by what they add to the bound, the least first.
    ranked: Vec<Vec<(f64, u32)>>,
    /// Of every region in order, the least that it and the ones after it add to the bound.
    least_after: Vec<f64>,
    /// Of every region in order and set of origins, what it and the ones after it carry at most.
    most_after: Vec<Vec<f64>>,
    counts: Vec<u32>,
    best: (f64, Vec<u32>),
    cases: usize,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(split: &'s Split<'a>, loads: &[f64]) -> Self {
        let sets = 1 << loads.len();
        let of_set = |set: usize| {
            loads.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, load)| load).sum()
        };
        let prices = Prices { split, loads }.best();
        let rank = |r: &usize| {
            let mut ranked: Vec<(f64, u32)> = (0..=split.regions[*r].max())
                .map(|n| (split.weights[*r] * f64::from(n) - prices.near(*r) * split.carries(n), n))
                .collect();
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            ranked
        };
        let ranked: Vec<Vec<(f64, u32)>> = split.order.iter().map(rank).collect();
        let mut least_after = vec![prices.of_loads(loads)];
        let mut most_after = vec![vec![0.0; sets]];
        for (ranked, r) in ranked.iter().zip(&split.order).rev() {
            least_after.push(least_after[least_after.len() - 1] + ranked[0].0);
            let most = split.carries(split.regions[*r].max());
            let after = &most_after[most_after.len() - 1];
            let with = |set: usize| after[set] + if split.near[*r] & set == 0 { 0.0 } else { most };
            most_after.push((0..sets).map(with).collect());
        }
        least_after.reverse();
        most_after.reverse();
        Self {
            split,
            demand: (0..sets).map(of_set).collect(),
            ranked,
            least_after,
            most_after,
            counts: vec![0; split.regions.len()],
            best: (f64::INFINITY, Vec::new()),
            cases: 0,
        }
    }

    /// A set of origins that all regions near them together cannot carry.
    fn cannot_be_carried(&self) -> Option<usize> {
        (0..self.demand.len()).find(|set| self.lacks(*set, self.most_after[0][*set]))
    }

    fn lacks(&self, set: usize, carried: f64) -> bool {
        carried < self.demand[set] * (1.0 - ROUNDING)
    }

    /// Decides the regions from `place` on, the ones before it adding `bound` and carrying `carried` of every set.
    fn decide(&mut self, place: usize, bound: f64, carried: Vec<f64>) {
        let Some(r) = self.split.order.get(place).copied() else {
            let weight = |(r, n): (usize, &u32)| self.split.weights[r] * f64::from(*n);
            let cost = self.counts.iter().enumerate().map(weight).sum::<f64>();
            if cost < self.best.0 {
                self.best = (cost, self.counts.clone());
            }
            return;
        };
        let only_none = self.a_cheaper_one_has_more(place);
        for ranked in 0..self.ranked[place].len() {
            let (adds, n) = self.ranked[place][ranked];
            let least = bound + adds + self.least_after[place + 1];
            if least >= self.best.0 * (1.0 - ROUNDING) || self.cases > MOST_CASES {
                break;
            }
            if only_none && n > 0 {
                continue;
            }
            self.cases += 1;
            let more = self.split.carries(n);
            let near = self.split.near[r];
            let with =
                |(set, carried): (usize, &f64)| carried + if near & set == 0 { 0.0 } else { more };
            let next: Vec<f64> = carried.iter().enumerate().map(with).collect();
            let after = &self.most_after[place + 1];
            if (0..next.len()).all(|set| !self.lacks(set, next[set] + after[set])) {
                self.counts[r] = n;
                self.decide(place + 1, bound + adds, next);
            }
        }
    }

    /// Whether a region for the same origins that costs no more has instances left, which would carry as much.
    fn a_cheaper_one_has_more(&self, place: usize) -> bool {
        let split = self.split;
        let Some(before) = place.checked_sub(1).map(|before| split.order[before]) else {
            return false;
        };
        let same = split.near[before] == split.near[split.order[place]];
        split.linear && same && self.counts[before] < split.regions[before].max()
    }
}

/// Prices on the load of every origin that make the bound large. Any prices make a bound.
struct Prices<'s, 'a> {
    split: &'s Split<'a>,
    loads: &'s [f64],
}

/// Prices, and the regions that see them.
struct Priced<'s, 'a>(&'s Split<'a>, Vec<f64>);

impl Priced<'_, '_> {
    /// The largest price of an origin near region `r`.
    fn near(&self, r: usize) -> f64 {
        let near = |(i, price): (usize, &f64)| {
            if self.0.near[r] >> i & 1 == 1 { *price } else { 0.0 }
        };
        self.1.iter().enumerate().map(near).fold(0.0, f64::max)
    }

    fn of_loads(&self, loads: &[f64]) -> f64 {
        self.1.iter().zip(loads).map(|(price, load)| price * load).sum()
    }

    fn bound(&self, loads: &[f64]) -> f64 {
        let region = |r: usize| {
            let (weight, price) = (self.0.weights[r], self.near(r));
            let adds = |n: u32| weight * f64::from(n) - price * self.0.carries(n);
            (0..=self.0.regions[r].max()).map(adds).fold(0.0, f64::min)
        };
        self.of_loads(loads) + (0..self.0.regions.len()).map(region).sum::<f64>()
    }
}

impl<'s, 'a> Prices<'s, 'a> {
    /// Climbs price by price through what the load of an instance costs in the regions, where the bound has its bends.
    fn best(&self) -> Priced<'s, 'a> {
        let split = self.split;
        let rate = |r: usize| {
            let of =
                |n: usize| split.weights[r] * n as f64 / split.carried[n].max(f64::MIN_POSITIVE);
            (1..=split.regions[r].max() as usize).map(of).fold(f64::INFINITY, f64::min)
        };
        let mut rates: Vec<f64> =
            (0..split.regions.len()).map(rate).filter(|rate| rate.is_finite()).collect();
        rates.push(0.0);
        let bound = |prices: &[f64]| Priced(split, prices.to_vec()).bound(self.loads);
        let alike = rates.iter().map(|rate| vec![*rate; self.loads.len()]);
        let mut best = alike.max_by(|a, b| bound(a).total_cmp(&bound(b))).unwrap_or_default();
        for _ in 0..3 {
            for i in 0..best.len() {
                for rate in &rates {
                    let mut other = best.clone();
                    other[i] = *rate;
                    if bound(&other) > bound(&best) {
                        best = other;
                    }
                }
            }
        }
        Priced(split, best)
    }
}
