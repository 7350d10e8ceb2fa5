//! The exact dynamic programme with change limits.
//!
//! Where a count comes from is not remembered: the cheapest costs are kept every so many steps, and the steps between two
//! of them are gone through again on the way back. So the way forward takes only smallest values of windows.

use super::Question;

/// The cheapest serving curve.
pub(super) fn cheapest(question: &Question, violation_price: f64) -> Vec<u32> {
    let demand = question.demand;
    let block = (demand.len() as f64).sqrt().ceil().max(1.0) as usize;
    let mut programme = Programme::new(question, violation_price);
    let mut kept = Vec::with_capacity(demand.len() / block + 1);
    let mut value = programme.first();
    for (t, needed) in demand.iter().enumerate() {
        if t % block == 0 {
            kept.push(value.clone());
        }
        programme.step(&mut value, *needed);
    }
    let mut n = smallest(value.iter().copied());
    let mut serving = vec![0; demand.len()];
    for (place, start) in kept.iter().enumerate().rev() {
        let steps = &demand[place * block..demand.len().min((place + 1) * block)];
        let before = programme.values_before(start, steps);
        for (i, value) in before.iter().enumerate().rev() {
            serving[place * block + i] = (n + programme.min) as u32;
            n = programme.came_from(value, n);
        }
    }
    serving
}

/// What the steps have in common; counts are numbered from the minimum on.
struct Programme {
    min: usize,
    counts: usize,
    initial: usize,
    launch: f64,
    up: usize,
    down: usize,
    price: f64,
    from_above: Vec<f64>,
    from_below: Vec<f64>,
    scratch: Vec<f64>,
}

impl Programme {
    fn new(question: &Question, price: f64) -> Self {
        let min = question.min as usize;
        let initial = question.initial as usize - min;
        let counts = (question.most() as usize - min).max(initial) + 1;
        let reach = |limit: Option<u32>| limit.map_or(counts - 1, |r| (r as usize).min(counts - 1));
        let (up, down) = (reach(question.max_up), reach(question.max_down));
        Self {
            min,
            counts,
            initial,
            launch: question.startup_steps as f64,
            up,
            down,
            price,
            from_above: vec![f64::INFINITY; counts + down],
            from_below: vec![f64::INFINITY; counts + up],
            scratch: Vec::new(),
        }
    }

    /// The cost of every count before the first step.
    fn first(&self) -> Vec<f64> {
        let mut value = vec![f64::INFINITY; self.counts];
        value[self.initial] = 0.0;
        value
    }

    /// Goes on by one step that needs `needed`.
    fn step(&mut self, value: &mut [f64], needed: u32) {
        let (counts, launch) = (self.counts, self.launch);
        self.from_above.resize(counts + self.down, f64::INFINITY);
        self.from_above[..counts].copy_from_slice(value);
        self.from_above[counts..].fill(f64::INFINITY);
        smallest_ahead(&mut self.from_above, &mut self.scratch, self.down + 1);
        self.from_below.resize(counts + self.up, f64::INFINITY);
        self.from_below[..self.up].fill(f64::INFINITY);
        for (m, below) in self.from_below[self.up..].iter_mut().enumerate() {
            *below = value[m] - launch * m as f64;
        }
        smallest_ahead(&mut self.from_below, &mut self.scratch, self.up + 1);
        let enough = (needed as usize).saturating_sub(self.min);
        let reached = self.from_above.iter().zip(&self.from_below);
        for (n, (value, (above, below))) in value.iter_mut().zip(reached).enumerate() {
            let risen = below + launch * n as f64;
            let cheapest = if risen < *above { risen } else { *above };
            let violated = if n < enough { self.price } else { 0.0 };
            *value = cheapest + (n + self.min) as f64 + violated;
        }
    }

    /// The cost of every count before each of `steps`.
    fn values_before(&mut self, start: &[f64], steps: &[u32]) -> Vec<Vec<f64>> {
        let mut value = start.to_vec();
        let before = steps.iter().map(|needed| {
            let before = value.clone();
            self.step(&mut value, *needed);
            before
        });
        before.collect()
    }

    /// The count before `n`; `n` itself when no other is cheaper.
    fn came_from(&self, value: &[f64], n: usize) -> usize {
        let cost = |m: usize| value[m] + self.launch * n.saturating_sub(m) as f64;
        let reach = n.saturating_sub(self.up)..=(n + self.down).min(self.counts - 1);
        reach.fold(n, |best, m| if cost(m) < cost(best) { m } else { best })
    }
}

fn smallest(values: impl Iterator<Item = f64>) -> usize {
    let least = values.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    least.map_or(0, |(place, _)| place)
}

/// Puts the smallest of `length` values from each place on into that place; the last `length - 1` places are left over.
///
/// Windows are doubled, so that every pass is one comparison of two shifted lists, which compilers turn into vectors.
fn smallest_ahead(values: &mut Vec<f64>, scratch: &mut Vec<f64>, length: usize) {
    let mut width = 1;
    while width < length {
        let shift = width.min(length - width);
        let last = values.len() - shift;
        scratch.clear();
        let pairs = values[..last].iter().zip(&values[shift..]);
        scratch.extend(pairs.map(|(a, b)| if a < b { *a } else { *b }));
        std::mem::swap(values, scratch);
        width += shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_their_smallest_value() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * 17 % 23)).collect();
        for length in 1..=40 {
            let mut found = values.clone();
            smallest_ahead(&mut found, &mut Vec::new(), length);
            let plain = values.windows(length).map(|w| w.iter().copied().fold(f64::MAX, f64::min));
            assert_eq!(found, plain.collect::<Vec<f64>>());
        }
    }
}
