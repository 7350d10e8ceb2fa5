//! The cheapest curve of counts within a number of pairs with too few.

use super::super::curve;
use super::super::stage::Stage;

/// Cases that the exact programme goes through at most.
const MOST_CASES: usize = 8_000_000;

/// Halvings in the search for a price.
const HALVINGS: usize = 40;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) stage: &'a Stage,
    /// Pairs with too few, of every step and count.
    pub(super) short: &'a [Vec<usize>],
    /// Pairs that may be, beyond what cannot be avoided.
    pub(super) allowed: usize,
}

/// A curve of serving instances.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Best {
    pub(super) serving: Vec<u32>,
    /// Instance-steps that serve and start.
    pub(super) cost: f64,
    /// Pairs with too few, beyond what cannot be avoided.
    pub(super) used: usize,
    pub(super) exact: bool,
}

impl Question<'_> {
    pub(super) fn cheapest(&self) -> Best {
        let pairs = self.short.len() * (self.stage.most as usize + 1);
        let exact = pairs.saturating_mul(self.allowed + 1) <= MOST_CASES;
        let found = if exact { self.exactly() } else { None };
        found.unwrap_or_else(|| self.by_price())
    }

    /// Pairs of step `i` that `n` instances are too few for, and more would not be.
    fn excess(&self, i: usize, n: u32) -> usize {
        let unavoidable = self.short[i][self.stage.ceiling(i) as usize];
        self.short[i][n as usize].saturating_sub(unavoidable)
    }

    fn used(&self, serving: &[u32]) -> usize {
        serving.iter().enumerate().map(|(i, n)| self.excess(i, *n)).sum()
    }

    /// `value[k][n]` is the least cost of having `n` serve with at most `k` pairs used up. None when no curve within the
    /// limits keeps to what is allowed.
    fn exactly(&self) -> Option<Best> {
        let stage = self.stage;
        let width = stage.most as usize + 1;
        let costs = stage.costs(|_, n| f64::from(n));
        let mut value = vec![vec![f64::INFINITY; width]; self.allowed + 1];
        value.iter_mut().for_each(|layer| layer[stage.initial as usize] = 0.0);
        let mut back = Vec::with_capacity(costs.len());
        for (i, costs) in costs.iter().enumerate() {
            let reached: Vec<_> = value.iter().map(|layer| stage.moves[i].reach(layer)).collect();
            for (k, layer) in value.iter_mut().enumerate() {
                for (n, cell) in layer.iter_mut().enumerate() {
                    let before = k.checked_sub(self.excess(i, n as u32));
                    *cell = costs[n] + before.map_or(f64::INFINITY, |k| reached[k].cost[n]);
                }
            }
            back.push(reached.into_iter().map(|reached| reached.from).collect::<Vec<_>>());
        }
        let last = &value[self.allowed];
        let n = (0..width).min_by(|a, b| last[*a].total_cmp(&last[*b]))?;
        let cost = last[n];
        if cost == f64::INFINITY {
            return None;
        }
        let serving = self.trace_back(&back, n);
        Some(Best { used: self.used(&serving), serving, cost, exact: true })
    }

    fn trace_back(&self, back: &[Vec<Vec<u32>>], last: usize) -> Vec<u32> {
        let (mut k, mut n) = (self.allowed, last);
        let mut serving = vec![0; back.len()];
        for (i, from) in back.iter().enumerate().rev() {
            serving[i] = n as u32;
            k -= self.excess(i, n as u32);
            n = from[k][n] as usize;
        }
        serving
    }

    /// The cheapest curve found with a price on every pair: the smallest price with which they are few enough, or as few
    /// as they can be.
    fn by_price(&self) -> Best {
        let free = self.at_price(0.0);
        if free.used <= self.allowed {
            return Best { exact: true, ..free };
        }
        let (mut low, mut high) = (0.0, f64::from(self.stage.most + 1) * self.short.len() as f64);
        high *= 1.0 + self.stage.moves.iter().map(|moves| moves.launch).fold(0.0, f64::max);
        let mut best = self.at_price(high);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            let found = self.at_price(middle);
            if found.used <= self.allowed.max(best.used) {
                (best, high) = (found, middle);
            } else {
                low = middle;
            }
        }
        let exact = best.used == self.allowed;
        Best { exact, ..best }
    }

    fn at_price(&self, price: f64) -> Best {
        let costs = self.stage.costs(|i, n| f64::from(n) + price * self.excess(i, n) as f64);
        let (serving, cost) =
            curve::cheapest(&costs, &self.stage.moves, self.stage.initial as usize)
                .expect("what there is can always be kept within the limits");
        let used = self.used(&serving);
        Best { serving, cost: cost - price * used as f64, used, exact: false }
    }
}
