//! A small network with one hidden layer that gives quantiles, trained on the pinball loss.
//!
//! The median is a linear part plus what the hidden units make of the inputs. Every other quantile lies a positive gap
//! further out, so quantiles never cross. Before training the gaps are those of the targets themselves.
//!
//! # Source
//! Cannon, *Non-crossing nonlinear regression quantiles by monotone composite quantile regression neural network*, 2018.

use forescale_features::rows::SplitMix;
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::products::{add, dot};
use crate::sound::{Flaw, ensure};

/// The quantiles a network gives.
pub(crate) const LEVELS: [f32; WIDTH] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.99];

/// Quantiles of a row.
pub(crate) const WIDTH: usize = 8;

/// Where the median stands among them.
pub(crate) const MEDIAN: usize = 3;

/// Hidden units.
const HIDDEN: usize = 16;

/// How a network is trained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training {
    /// Times that each row is seen.
    pub epochs: usize,
    /// Rows of a step.
    pub batch: usize,
    /// The first rate, which falls to 0 along a cosine.
    pub rate: f32,
    /// Share of a weight that decays in a step, times the rate.
    pub decay: f32,
}

/// Rows to train on, one after the other in `x`.
pub(crate) struct Examples<'a> {
    pub inputs: usize,
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub weight: &'a [f32],
}

impl Examples<'_> {
    fn row(&self, i: u32) -> &[f32] {
        &self.x[i as usize * self.inputs..][..self.inputs]
    }
}

/// `[median, gaps] = relu(x W + b) V + c`, with `x s` added to the median.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Network {
    inputs: usize,
    /// The gap between neighbouring quantiles where the network says 0.
    gaps: [f32; WIDTH],
    /// `W, V, s, b, c`, row by row.
    weights: Vec<f32>,
}

/// What a row makes of the network on its way.
struct Pass {
    hidden: [f32; HIDDEN],
    raw: [f32; WIDTH],
    out: [f32; WIDTH],
}

impl Network {
    fn new(examples: &Examples, rows: &[u32], draw: &mut SplitMix) -> Self {
        let inputs = examples.inputs;
        let mut weights = vec![0.0; weights_of(inputs)];
        let bound = |rows: usize| (3.0 / rows as f64).sqrt() as f32;
        for (i, weight) in weights[..(inputs + WIDTH) * HIDDEN].iter_mut().enumerate() {
            let bound = if i < inputs * HIDDEN { bound(inputs) } else { 0.1 * bound(HIDDEN) };
            *weight = bound * (2.0 * draw.unit() as f32 - 1.0);
        }
        let mut network = Self { inputs, gaps: [0.0; WIDTH], weights };
        network.start(examples, rows);
        network
    }

    /// Puts the quantiles of the targets where the network says nothing.
    fn start(&mut self, examples: &Examples, rows: &[u32]) {
        let mut sorted: Vec<f32> = rows.iter().map(|i| examples.y[*i as usize]).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let at = |level: f32| sorted[((sorted.len() - 1) as f32 * level).round() as usize];
        let least = 1e-3 * (at(LEVELS[WIDTH - 1]) - at(LEVELS[0])).max(1e-6);
        for (k, gap) in self.gaps.iter_mut().enumerate() {
            let next = if k < MEDIAN { k + 1 } else { k - usize::from(k > MEDIAN) };
            *gap = (at(LEVELS[k]) - at(LEVELS[next])).abs().max(least);
        }
        let at = self.weights.len() - WIDTH + MEDIAN;
        self.weights[at] = sorted[sorted.len() / 2];
    }

    /// Trains on the rows `learned`, and keeps what was best on `unseen`.
    pub fn train(
        examples: &Examples,
        learned: &[u32],
        unseen: &[u32],
        training: Training,
        seed: u64,
    ) -> Self {
        let mut draw = SplitMix(seed);
        let mut network = Self::new(examples, learned, &mut draw);
        let mut best = (network.loss(examples, unseen), network.clone());
        let mut adam = Adam::new(network.weights.len());
        let mut gradient = vec![0.0; network.weights.len()];
        let decayed = network.weights.len() - HIDDEN - WIDTH;
        let mut order = learned.to_vec();
        let batches = order.len().div_ceil(training.batch);
        let steps = (batches * training.epochs) as f32;
        for epoch in 0..training.epochs {
            shuffle(&mut order, &mut draw);
            for (b, batch) in order.chunks(training.batch).enumerate() {
                network.gradient(examples, batch, &mut gradient);
                let done = (epoch * batches + b) as f32 / steps;
                let rate = training.rate * (0.5 + 0.5 * (std::f32::consts::PI * done).cos());
                adam.step(&mut network.weights, &gradient, rate, (decayed, training.decay));
            }
            let loss = network.loss(examples, unseen);
            if loss < best.0 {
                best = (loss, network.clone());
            }
        }
        best.1
    }

    /// The quantiles of a row, ascending.
    pub fn predict(&self, x: &[f32]) -> [f32; WIDTH] {
        self.pass(x).out
    }

    fn pass(&self, x: &[f32]) -> Pass {
        let [w, v, s, b, c] = parts(&self.weights, self.inputs);
        let mut hidden: [f32; HIDDEN] = b.try_into().expect("a bias for each unit");
        x.iter().zip(w.as_chunks().0).for_each(|(x, w)| add(&mut hidden, *x, w));
        hidden.iter_mut().for_each(|value| *value = value.max(0.0));
        let mut raw: [f32; WIDTH] = c.try_into().expect("a bias for each quantile");
        hidden.iter().zip(v.as_chunks().0).for_each(|(h, v)| add(&mut raw, *h, v));
        raw[MEDIAN] += dot(x, s);
        Pass { hidden, raw, out: self.quantiles(&raw) }
    }

    fn quantiles(&self, raw: &[f32; WIDTH]) -> [f32; WIDTH] {
        let mut out = *raw;
        for k in MEDIAN + 1..WIDTH {
            out[k] = out[k - 1] + self.gaps[k] * positive(raw[k]);
        }
        for k in (0..MEDIAN).rev() {
            out[k] = out[k + 1] - self.gaps[k] * positive(raw[k]);
        }
        out
    }

    /// The mean weighted pinball loss.
    pub fn loss(&self, examples: &Examples, rows: &[u32]) -> f32 {
        let mut total = 0.0;
        for i in rows {
            let y = examples.y[*i as usize];
            let out = self.predict(examples.row(*i));
            let pinball = |(q, p): (&f32, f32)| (p * (y - q)).max((p - 1.0) * (y - q));
            let losses = out.iter().zip(LEVELS).map(pinball).sum::<f32>();
            total += examples.weight[*i as usize] * losses;
        }
        total / rows.len().max(1) as f32
    }

    /// The gradient of the mean loss of a batch, in the order of the weights.
    fn gradient(&self, examples: &Examples, batch: &[u32], gradient: &mut [f32]) {
        gradient.fill(0.0);
        for i in batch {
            let x = examples.row(*i);
            let pass = self.pass(x);
            let weight = examples.weight[*i as usize] / batch.len() as f32;
            let slope = self.slope(&pass, examples.y[*i as usize], weight);
            self.add_row(x, &pass.hidden, &slope, gradient);
        }
    }

    /// Adds what a row with this slope of its raw outputs says of each weight.
    fn add_row(
        &self,
        x: &[f32],
        hidden: &[f32; HIDDEN],
        slope: &[f32; WIDTH],
        gradient: &mut [f32],
    ) {
        let [_, v, ..] = parts(&self.weights, self.inputs);
        let back = |(h, v): (&f32, &[f32; WIDTH])| if *h > 0.0 { dot(v, slope) } else { 0.0 };
        let mut through = [0.0; HIDDEN];
        let units = hidden.iter().zip(v.as_chunks().0);
        through.iter_mut().zip(units).for_each(|(through, unit)| *through = back(unit));
        let (w, rest) = gradient.split_at_mut(self.inputs * HIDDEN);
        let (v, rest) = rest.split_at_mut(HIDDEN * WIDTH);
        let (s, rest) = rest.split_at_mut(self.inputs);
        let (b, c) = rest.split_at_mut(HIDDEN);
        x.iter().zip(w.as_chunks_mut().0).for_each(|(x, to)| add(to, *x, &through));
        hidden.iter().zip(v.as_chunks_mut().0).for_each(|(h, to)| add(to, *h, slope));
        s.iter_mut().zip(x).for_each(|(to, x)| *to += x * slope[MEDIAN]);
        b.iter_mut().zip(&through).for_each(|(to, through)| *to += through);
        c.iter_mut().zip(slope).for_each(|(to, slope)| *to += slope);
    }

    /// How the loss of a row changes with the raw outputs.
    fn slope(&self, pass: &Pass, y: f32, weight: f32) -> [f32; WIDTH] {
        let mut slope = [0.0; WIDTH];
        for k in 0..WIDTH {
            let above = if pass.out[k] > y { 1.0 } else { 0.0 };
            slope[k] = weight * (above - LEVELS[k]);
        }
        // A gap moves its own quantile and all beyond it.
        for k in (MEDIAN + 1..WIDTH).rev() {
            slope[k - 1] += slope[k];
            slope[k] *= self.gaps[k] * steepness(pass.raw[k]);
        }
        for k in 0..MEDIAN {
            slope[k + 1] += slope[k];
            slope[k] *= -self.gaps[k] * steepness(pass.raw[k]);
        }
        slope
    }

    /// Whether it has a weight for each of so many `inputs`.
    pub fn check(&self, inputs: usize) -> Result<(), Flaw> {
        let whole = self.inputs == inputs && self.weights.len() == weights_of(inputs);
        ensure(whole, "a network has another number of inputs")
    }

    /// How strongly each input is wired to the median.
    pub fn wiring(&self) -> Vec<f32> {
        let [w, v, s, ..] = parts(&self.weights, self.inputs);
        let out: Vec<f32> =
            v.chunks_exact(WIDTH).map(|v| v.iter().map(|v| v.abs()).sum()).collect();
        let through = |w: &[f32]| w.iter().zip(&out).map(|(w, v)| w.abs() * v).sum::<f32>();
        w.chunks_exact(HIDDEN).zip(s).map(|(w, s)| through(w) + s.abs()).collect()
    }
}

/// How many weights a network of so many `inputs` has.
fn weights_of(inputs: usize) -> usize {
    (inputs + WIDTH) * HIDDEN + inputs + HIDDEN + WIDTH
}

/// `W, V, s, b, c` of weights that stand one after the other.
fn parts(weights: &[f32], inputs: usize) -> [&[f32]; 5] {
    let (w, rest) = weights.split_at(inputs * HIDDEN);
    let (v, rest) = rest.split_at(HIDDEN * WIDTH);
    let (s, rest) = rest.split_at(inputs);
    let (b, c) = rest.split_at(HIDDEN);
    [w, v, s, b, c]
}

/// A smooth positive function that is 1 at 0.
fn positive(raw: f32) -> f32 {
    0.5 * (raw + (raw * raw + 4.0).sqrt())
}

fn steepness(raw: f32) -> f32 {
    0.5 + 0.5 * raw / (raw * raw + 4.0).sqrt()
}

fn shuffle(order: &mut [u32], draw: &mut SplitMix) {
    for i in (1..order.len()).rev() {
        order.swap(i, draw.below(i + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAINING: Training = Training { epochs: 30, batch: 32, rate: 0.02, decay: 0.0 };

    /// The level bends in the first input, the spread grows with the second.
    fn sample() -> (Vec<f32>, Vec<f32>) {
        let mut draw = SplitMix(5);
        let mut unit = || draw.unit() as f32;
        let x: Vec<f32> = (0..4_000).map(|_| 2.0 * unit() - 1.0).collect();
        let y = x.chunks_exact(2).map(|x| x[0].abs() + (1.5 + x[1]) * (unit() - 0.5)).collect();
        (x, y)
    }

    fn train(x: &[f32], y: &[f32], training: Training) -> Network {
        let weight = vec![1.0; y.len()];
        let examples = Examples { inputs: x.len() / y.len(), x, y, weight: &weight };
        let (own, others): (Vec<u32>, Vec<u32>) = (0..y.len() as u32).partition(|i| i % 3 == 0);
        Network::train(&examples, &others, &own, training, 1)
    }

    #[test]
    fn it_learns_level_and_spread() {
        let (x, y) = sample();
        let network = train(&x, &y, TRAINING);
        for at in [[-0.8_f32, -0.8], [0.8, 0.8], [0.0, 0.0]] {
            let out = network.predict(&at);
            for (level, q) in [(0.1, out[1]), (0.5, out[MEDIAN]), (0.9, out[5])] {
                let expected = at[0].abs() + (1.5 + at[1]) * (level - 0.5);
                assert!((expected - q).abs() < 0.15, "{at:?} {out:?}");
            }
        }
    }

    #[test]
    fn the_same_seed_trains_the_same() {
        let (x, y) = sample();
        let short = Training { epochs: 2, ..TRAINING };
        assert_eq!(train(&x, &y, short), train(&x, &y, short));
    }

    #[test]
    fn targets_that_never_change_are_learned_at_once() {
        let network = train(&[0.0; 20], &[2.0; 20], TRAINING);
        assert!(network.predict(&[0.0]).iter().all(|q| (q - 2.0).abs() < 1e-3));
    }

    #[test]
    fn a_gradient_points_uphill() {
        let (x, y) = ([0.5_f32, -1.0, 1.5, 0.3], [1.0_f32, 2.0]);
        let examples = Examples { inputs: 2, x: &x, y: &y, weight: &[1.0, 0.5] };
        let mut network = Network::new(&examples, &[0, 1], &mut SplitMix(2));
        let mut gradient = vec![0.0; network.weights.len()];
        network.weights.iter_mut().for_each(|weight| *weight += 0.05);
        network.gradient(&examples, &[0, 1], &mut gradient);
        let before = network.loss(&examples, &[0, 1]);
        for (i, expected) in gradient.iter().enumerate() {
            let old = network.weights[i];
            network.weights[i] = old + 1e-3;
            let slope = (network.loss(&examples, &[0, 1]) - before) / 1e-3;
            network.weights[i] = old;
            assert!((slope - expected).abs() < 1e-2, "weight {i}: {slope} {expected}");
        }
    }
}
