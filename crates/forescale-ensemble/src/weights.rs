//! Member weights that minimise the pinball loss of the averaged quantiles, shrunk to a prior.
//!
//! Quantiles are averaged, not probabilities (Vincentization). The weights are found by mirror descent on the simplex
//! with a Kullback-Leibler pull to the prior.
//!
//! # Source
//! Lichtendahl, Grushka-Cockayne & Winkler, *Is it better to average probabilities or quantiles?*, 2013; Kivinen &
//! Warmuth, *Exponentiated gradient versus gradient descent for linear predictors*, 1997.

use forescale_core::metrics::pinball;

/// Steps of the descent.
const ROUNDS: usize = 60;

/// How strongly the prior pulls, in units of the best member's loss.
///
/// A week of one service says little about which of several good members is best: on real traces a weaker pull made
/// forecasts a day ahead worse (0.3: 3 % in WQL), and a much stronger one (30) gave up what there is to learn. An hour
/// ahead boosting is best nearly everywhere, and evidence from a fit on fewer rows holds it back (1: 2 % in WQL).
pub(crate) const PULL_NEAR: f64 = 30.0;
pub(crate) const PULL_FAR: f64 = 6.0;

/// A smaller weight than this is dropped: it costs a prediction and changes nothing.
const LEAST: f64 = 0.02;

/// A forecast step of all members and what came.
pub(crate) struct Sample<'a> {
    pub actual: f64,
    /// `rows[member]` holds the quantiles at the levels.
    pub rows: Vec<&'a [f64]>,
}

/// The weights of members on `samples`; `levels[k]` is the probability of `row[k]`, and only those in `scored` count.
///
/// `pull` draws them to `prior`, which sums to 1.
pub(crate) fn fit(
    samples: &[Sample],
    levels: &[f64],
    scored: &[usize],
    prior: &[f64],
    pull: f64,
) -> Vec<f64> {
    let normal = least_loss(samples, levels, scored, prior.len());
    if samples.is_empty() || !normal.is_finite() {
        return prior.to_vec();
    }
    // A member that is never wrong leaves no loss to count in.
    let normal = normal.max(1e-9);
    let mut weights = prior.to_vec();
    let mut mean = vec![0.0; prior.len()];
    let terms = Terms::new(samples, levels, scored);
    for round in 0..ROUNDS {
        let gradient = terms.gradient(&weights, normal * samples.len() as f64);
        let steepest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs())).max(1e-12);
        let step = (0.5 / steepest).min(4.0) / (1.0 + round as f64 / 20.0);
        let stay = 1.0 / (1.0 + step * pull);
        for ((weight, g), prior) in weights.iter_mut().zip(&gradient).zip(prior) {
            let moved = weight.max(1e-9).ln() - step * g;
            *weight = (stay * moved + (1.0 - stay) * prior.max(1e-9).ln()).exp();
        }
        normalize(&mut weights);
        if round >= ROUNDS / 2 {
            mean.iter_mut().zip(&weights).for_each(|(mean, weight)| *mean += weight);
        }
    }
    normalize(&mut mean);
    mean.iter_mut().for_each(|weight| {
        if *weight < LEAST {
            *weight = 0.0;
        }
    });
    normalize(&mut mean);
    mean
}

fn normalize(weights: &mut [f64]) {
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
}

/// The mean loss of the best member: the unit in which gradients are comparable between services.
fn least_loss(samples: &[Sample], levels: &[f64], scored: &[usize], members: usize) -> f64 {
    let loss = |member: usize| -> f64 {
        let losses = samples.iter().map(|sample| {
            let row = sample.rows[member];
            scored.iter().map(|k| pinball(sample.actual, row[*k], levels[*k])).sum::<f64>()
        });
        losses.sum::<f64>() / samples.len().max(1) as f64
    };
    (0..members).map(loss).fold(f64::INFINITY, f64::min)
}

/// Members that are worked on together: their number is known to the compiler, so it needs no loop for them.
const LANES: usize = 4;

/// What the loss is made of, one term for each sample and scored level, as the descent walks over it.
struct Terms {
    /// What came, and the level.
    actual: Vec<(f64, f64)>,
    /// The quantiles of all members, term after term, each filled up with zeros to whole lanes.
    rows: Vec<[f64; LANES]>,
}

impl Terms {
    fn new(samples: &[Sample], levels: &[f64], scored: &[usize]) -> Self {
        let (mut actual, mut rows) = (Vec::new(), Vec::new());
        for sample in samples {
            for k in scored {
                actual.push((sample.actual, levels[*k]));
                for members in sample.rows.chunks(LANES) {
                    let mut lanes = [0.0; LANES];
                    lanes.iter_mut().zip(members).for_each(|(lane, row)| *lane = row[*k]);
                    rows.push(lanes);
                }
            }
        }
        Self { actual, rows }
    }

    /// The gradient of the loss by the weights, in units of `unit`.
    fn gradient(&self, weights: &[f64], unit: f64) -> Vec<f64> {
        let members = weights.len();
        let weights: Vec<[f64; LANES]> = weights.chunks(LANES).map(filled).collect();
        let mut gradient = vec![[0.0; LANES]; weights.len()];
        for ((actual, level), row) in self.actual.iter().zip(self.rows.chunks_exact(weights.len()))
        {
            let mut mixed = 0.0;
            for (value, w) in row.iter().zip(&weights) {
                (0..LANES).for_each(|lane| mixed += w[lane] * value[lane]);
            }
            // Without a branch: whether the load is below is as good as a coin to the processor.
            let side = f64::from(u8::from(*actual < mixed)) - level;
            for (g, value) in gradient.iter_mut().zip(row) {
                // Counted from the mixture, so that the size of the load does not drown the differences.
                (0..LANES).for_each(|lane| g[lane] += side * (value[lane] - mixed));
            }
        }
        let gradient = gradient.as_flattened()[..members].iter();
        gradient.map(|g| g / unit).collect()
    }
}

/// At most so many values as there are lanes, with zeros behind them.
fn filled(values: &[f64]) -> [f64; LANES] {
    let mut lanes = [0.0; LANES];
    lanes[..values.len()].copy_from_slice(values);
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

    fn weights(members: &[[f64; 3]], actual: impl Fn(usize) -> f64, pull: f64) -> Vec<f64> {
        let samples: Vec<Sample> = (0..200)
            .map(|i| Sample { actual: actual(i), rows: members.iter().map(|m| &m[..]).collect() })
            .collect();
        let prior = vec![1.0 / members.len() as f64; members.len()];
        fit(&samples, &LEVELS, &[0, 1, 2], &prior, pull)
    }

    #[test]
    fn the_member_that_is_right_gets_the_weight() {
        let right = [9.0, 10.0, 11.0];
        let wrong = [19.0, 20.0, 21.0];
        let w = weights(&[right, wrong], |i| 9.0 + (i % 5) as f64 * 0.5, 3.0);
        assert!(w[0] > 0.9, "{w:?}");
    }

    #[test]
    fn two_that_are_wrong_on_either_side_share() {
        let w = weights(&[[7.0, 8.0, 9.0], [11.0, 12.0, 13.0]], |_| 10.0, 0.1);
        assert!((w[0] - 0.5).abs() < 0.1, "{w:?}");
    }

    #[test]
    fn without_evidence_the_prior_stays() {
        assert_eq!(fit(&[], &LEVELS, &[1], &[0.7, 0.3], 0.0), [0.7, 0.3]);
    }

    #[test]
    fn a_stronger_pull_stays_nearer_to_the_prior() {
        let members = [[9.0, 10.0, 11.0], [9.3, 10.3, 11.3]];
        let actual = |i: usize| 9.0 + (i % 5) as f64 * 0.5;
        let away = |pull| (weights(&members, actual, pull)[0] - 0.5).abs();
        assert!(away(3.0) < away(0.1));
    }
}
