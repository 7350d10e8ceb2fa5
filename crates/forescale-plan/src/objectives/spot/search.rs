//! Branch and bound over the counts of every pool.

use super::need::Need;
use super::pools::Pool;

/// Costs closer than this are equal.
const ROUNDING: f64 = 1e-12;

/// A mix of instances.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mix {
    pub(super) on_demand: u32,
    /// Of every pool.
    pub(super) spot: Vec<u32>,
    pub(super) cost_per_hour: f64,
    /// Probability that too few serve.
    pub(super) short: f64,
}

/// The cheapest mix of `pools`, ascending in price and all below `on_demand_price`, that is short within `budget`.
pub(super) fn cheapest_mix(need: &Need, pools: &[Pool], on_demand_price: f64, budget: f64) -> Mix {
    let fewest = need.at_least(1.0 - budget);
    let best = Mix {
        on_demand: fewest,
        spot: vec![0; pools.len()],
        cost_per_hour: f64::from(fewest) * on_demand_price,
        short: 1.0 - need.suffices(fewest as usize),
    };
    let mut search = Search { need, pools, on_demand_price, budget, fewest, best };
    let mut counts = vec![0; pools.len()];
    // The cheapest pool alone gives a first bound that cuts off most of the rest.
    if let Some(first) = pools.first() {
        search.count(0, first, 1, &mut counts, &[1.0], 0.0);
        search.pools(0, &mut counts, &[1.0], 0.0);
    }
    search.best
}

struct Search<'a> {
    need: &'a Need,
    pools: &'a [Pool],
    on_demand_price: f64,
    budget: f64,
    /// Instances without which too few serve, even if none is missing.
    fewest: u32,
    best: Mix,
}

impl Search<'_> {
    /// Tries all counts of the pools from `place` on. `serving` holds the probabilities that 0, 1, 2, ... of the
    /// instances so far serve.
    fn pools(&mut self, place: usize, counts: &mut Vec<u32>, serving: &[f64], cost: f64) {
        match self.pools.get(place) {
            Some(pool) => self.count(place, pool, place + 1, counts, serving, cost),
            None => self.on_demand(counts, serving, cost),
        }
    }

    /// Tries all counts of one pool, and goes on with the pools from `next` on, or with on-demand after the first try.
    ///
    /// What is still needed costs at least as many instances of the next pool, the cheapest that is left, as would do if
    /// none of them were ever missing.
    fn count(
        &mut self,
        place: usize,
        pool: &Pool,
        next: usize,
        counts: &mut Vec<u32>,
        serving: &[f64],
        cost: f64,
    ) {
        let dearer = self.pools.get(next).map_or(self.on_demand_price, |pool| pool.price_per_hour);
        let mut serving = serving.to_vec();
        for count in 0.. {
            let so_far = cost + f64::from(count) * pool.price_per_hour;
            let most = self.best.cost_per_hour - ROUNDING;
            if so_far >= most {
                break;
            }
            let lacking = self.fewest.saturating_sub(serving.len() as u32 - 1);
            if so_far + f64::from(lacking) * dearer < most {
                let lacking = self.lacking(&serving, lacking);
                if so_far + f64::from(lacking) * dearer < most {
                    counts[place] = count;
                    self.pools(next, counts, &serving, so_far);
                }
                if lacking == 0 {
                    break;
                }
            }
            serving = one_more(&serving, pool.missing);
        }
        counts[place] = 0;
    }

    /// Fills up with on-demand instances.
    fn on_demand(&mut self, counts: &[u32], serving: &[f64], cost: f64) {
        let on_demand = self.lacking(serving, 0);
        let cost_per_hour = cost + f64::from(on_demand) * self.on_demand_price;
        if cost_per_hour < self.best.cost_per_hour - ROUNDING {
            let short = self.short_with(serving, on_demand);
            self.best = Mix { on_demand, spot: counts.to_vec(), cost_per_hour, short };
        }
    }

    /// The fewest instances from `low` on that suffice with those that serve, when none of them is ever missing.
    fn lacking(&self, serving: &[f64], mut low: u32) -> u32 {
        let mut high = self.fewest.max(low);
        while low < high {
            let middle = (low + high) / 2;
            if self.short_with(serving, middle) <= self.budget + ROUNDING {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// Probability that `on_demand` instances and those that serve are too few.
    fn short_with(&self, serving: &[f64], on_demand: u32) -> f64 {
        let short = |(s, p): (usize, &f64)| p * (1.0 - self.need.suffices(s + on_demand as usize));
        serving.iter().enumerate().map(short).sum()
    }
}

/// The distribution with one instance more, which is missing with a probability.
fn one_more(serving: &[f64], missing: f64) -> Vec<f64> {
    let mut more = vec![0.0; serving.len() + 1];
    for (s, p) in serving.iter().enumerate() {
        more[s] += p * missing;
        more[s + 1] += p * (1.0 - missing);
    }
    more
}
