//! What each target of a forest weighs for one row, and the quantiles of that mixture.

/// Weights by rank of the target.
pub(crate) struct Weights {
    by_rank: Vec<f32>,
    /// Ranks that have weight, one bit each.
    marked: Vec<u64>,
    leaves: usize,
}

impl Weights {
    /// None on any of `targets` yet.
    pub fn new(targets: usize) -> Self {
        Self { by_rank: vec![0.0; targets], marked: vec![0; targets.div_ceil(64)], leaves: 0 }
    }

    /// Spreads a weight of one over the rows of a leaf.
    pub fn add(&mut self, leaf: &[u16]) {
        let weight = 1.0 / leaf.len() as f32;
        for rank in leaf {
            self.by_rank[*rank as usize] += weight;
            self.marked[*rank as usize / 64] |= 1 << (rank % 64);
        }
        self.leaves += 1;
    }

    /// Reads quantiles off the weighted `targets`, linear between their mid-ranks, and takes the weights away.
    pub fn read_quantiles(&mut self, targets: &[f32], levels: &[f64], out: &mut [f64]) {
        // Counted in leaves: a division for every rank would cost as much as the rest.
        let total = self.leaves as f64;
        let place_of = |next: usize| levels.get(next).map_or(f64::INFINITY, |level| level * total);
        let (mut sum, mut next, mut wanted) = (0.0, 0, place_of(0));
        // The mid-rank and the rank before, once there is weight.
        let mut last = (0.0, 0);
        for (word, marked) in self.marked.iter_mut().enumerate() {
            let mut left = std::mem::take(marked);
            while left != 0 {
                let rank = 64 * word + left.trailing_zeros() as usize;
                left &= left - 1;
                let weight = f64::from(std::mem::take(&mut self.by_rank[rank]));
                let middle = sum + 0.5 * weight;
                while wanted <= middle {
                    let (value, (p, before)) = (f64::from(targets[rank]), last);
                    let v = if sum > 0.0 { f64::from(targets[before]) } else { value };
                    out[next] = v + (value - v) * (wanted - p) / (middle - p);
                    next += 1;
                    wanted = place_of(next);
                }
                last = (middle, rank);
                sum += weight;
            }
        }
        let highest = if sum > 0.0 { f64::from(targets[last.1]) } else { 0.0 };
        out[next..].fill(highest);
        self.leaves = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_mid_ranks_and_weights_are_gone_after() {
        let mut weights = Weights::new(100);
        let targets: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let mut out = [0.0; 3];
        for _ in 0..2 {
            weights.add(&[10, 70]);
            weights.add(&[10]);
            weights.read_quantiles(&targets, &[0.1, 0.625, 0.99], &mut out);
            assert_eq!(out, [10.0, 40.0, 70.0]);
        }
    }
}
