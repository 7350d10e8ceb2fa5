//! The exact dynamic programme without change limits.
//!
//! `W(n)` is the cheapest cost of having `n` instances for the next step. Removal is free, so `W` never falls with `n`;
//! launching costs `D`, so it never rises by more than `D`. Serving adds `n`, and the price where `n` is below the
//! demand `d`. What results rises up to `d - 1` and from `d` on, so the best way down is to stay or to come from `d`, and
//! the best way up is to stay or to come from one instance fewer: one pass with one bit of memory for every count.

use super::{Question, gaps_filled};

/// How the counts of a step are reached.
struct Back {
    words: usize,
    /// A bit for every step and count: whether it is reached by a launch from one instance fewer.
    launched: Vec<u64>,
    /// For every step, the smallest count that is better reached from the demand of the step before.
    from_demand: Vec<u32>,
}

/// The cheapest serving curve.
///
/// No count above that of the cheapest curve without violations comes into question: taking the smaller of two curves
/// and the larger of them costs no more than both, and the larger one cannot be cheaper than that curve.
pub(super) fn cheapest(question: &Question, violation_price: f64) -> Vec<u32> {
    let most = question.most();
    let ceiling: Vec<u32> = gaps_filled(question).into_iter().map(|c| c.min(most)).collect();
    let mut pass = Pass::new(question, most, violation_price);
    for (demand, ceiling) in question.demand.iter().zip(&ceiling) {
        pass.step(*demand as usize, *ceiling as usize);
    }
    pass.trace_back(question.demand)
}

/// The programme between two steps.
struct Pass {
    min: usize,
    launch: f64,
    price: f64,
    /// Cheapest cost of every count after the last step, its serving included; infinite above the last ceiling.
    value: Vec<f64>,
    /// The demand and the ceiling of the last step.
    last: (usize, usize),
    back: Back,
}

impl Pass {
    fn new(question: &Question, most: u32, price: f64) -> Self {
        let initial = question.initial.max(most) as usize;
        let words = (initial / 64) + 1;
        let mut value = vec![f64::INFINITY; initial + 1];
        value[question.initial as usize] = 0.0;
        let steps = question.demand.len();
        Self {
            min: question.min as usize,
            launch: question.startup_steps as f64,
            price,
            value,
            last: (question.initial as usize, question.initial as usize),
            back: Back {
                words,
                launched: vec![0; steps * words],
                from_demand: Vec::with_capacity(steps),
            },
        }
    }

    /// Goes on by one step that needs `demand`, with at most `ceiling` instances.
    fn step(&mut self, demand: usize, ceiling: usize) {
        let (last_demand, _) = self.last;
        let come_down = self.value.get(last_demand).copied().unwrap_or(f64::INFINITY);
        let row = self.back.from_demand.len() * self.back.words;
        let bits = &mut self.back.launched[row..row + self.back.words];
        let mut before = f64::INFINITY;
        let mut better_down = 0;
        for n in self.min..=ceiling {
            let mut here = self.value[n];
            if n < last_demand && come_down < here {
                here = come_down;
                better_down += 1;
            }
            let launched = before + self.launch;
            let by_launch = launched < here;
            bits[n / 64] |= u64::from(by_launch) << (n % 64);
            before = if by_launch { launched } else { here };
            let violated = if n < demand { self.price } else { 0.0 };
            self.value[n] = before + n as f64 + violated;
        }
        let reached = last_demand.min(ceiling + 1);
        self.back.from_demand.push((reached - better_down) as u32);
        self.forget_above(ceiling);
        self.last = (demand, ceiling);
    }

    /// Counts above the ceiling are no longer there.
    fn forget_above(&mut self, ceiling: usize) {
        let (_, last_ceiling) = self.last;
        for value in self.value.iter_mut().take(last_ceiling + 1).skip(ceiling + 1) {
            *value = f64::INFINITY;
        }
    }

    fn trace_back(&self, demand: &[u32]) -> Vec<u32> {
        let values = self.value.iter().enumerate().skip(self.min);
        let cheapest = values.min_by(|a, b| a.1.total_cmp(b.1)).map_or(self.min, |(n, _)| n);
        let mut n = cheapest;
        let mut serving = vec![0; demand.len()];
        for t in (0..demand.len()).rev() {
            serving[t] = n as u32;
            let bits = &self.back.launched[t * self.back.words..];
            while bits[n / 64] >> (n % 64) & 1 == 1 {
                n -= 1;
            }
            if t > 0 && n < demand[t - 1] as usize && n >= self.back.from_demand[t] as usize {
                n = demand[t - 1] as usize;
            }
        }
        serving
    }
}
