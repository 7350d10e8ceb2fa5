//! A small network with one hidden layer and a linear shortcut, trained on the pinball loss by Adam.
//!
//! # Source
//! Rumelhart, Hinton & Williams, *Learning representations by back-propagating errors*, 1986; Kingma & Ba, *Adam*,
//! 2015; Taylor, *A quantile regression neural network approach*, 2000.

use forescale_features::rows::SplitMix;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// How a network is trained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training {
    pub hidden: usize,
    pub steps: usize,
    pub batch: usize,
    pub rate: f32,
    /// Steps between two looks at the validation rows.
    pub look: usize,
    /// Looks without a gain after which training stops.
    pub patience: usize,
}

/// Rows to train on.
pub(crate) struct Examples {
    pub x: Array2<f32>,
    pub y: Vec<f32>,
    pub weight: Vec<f32>,
}

/// `out = relu(x W + b) V + x S + c`, one output for each quantile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Flat", into = "Flat")]
pub(crate) struct Network {
    /// Weights as `W, V, S`, then biases `b, c` as single rows.
    layers: [Array2<f32>; 5],
}

const W: usize = 0;
const V: usize = 1;
const S: usize = 2;
const B: usize = 3;
const C: usize = 4;

impl Network {
    fn new(inputs: usize, hidden: usize, outputs: usize, draw: &mut SplitMix) -> Self {
        let mut uniform = |rows: usize, columns: usize| {
            let bound = (3.0 / rows as f64).sqrt();
            Array2::from_shape_simple_fn((rows, columns), || {
                ((2.0 * draw.unit() - 1.0) * bound) as f32
            })
        };
        let (w, v) = (uniform(inputs, hidden), uniform(hidden, outputs) * 0.1);
        let zeros = |rows, columns| Array2::zeros((rows, columns));
        Self { layers: [w, v, zeros(inputs, outputs), zeros(1, hidden), zeros(1, outputs)] }
    }

    /// Trains on `learned`, and keeps what was best on `unseen`.
    pub fn train(
        levels: &[f32],
        learned: &Examples,
        unseen: &Examples,
        training: Training,
        seed: u64,
    ) -> Self {
        let mut draw = SplitMix(seed);
        let mut network = Self::new(learned.x.ncols(), training.hidden, levels.len(), &mut draw);
        let mut adam = Adam::new(&network);
        let mut best = (network.loss(levels, unseen), network.clone(), 0);
        for step in 1..=training.steps {
            let batch: Vec<usize> =
                (0..training.batch).map(|_| draw.below(learned.y.len())).collect();
            let gradient = network.gradient(levels, learned, &batch);
            let left = 1.0 - step as f32 / training.steps as f32;
            adam.step(&mut network, &gradient, training.rate * (0.05 + 0.95 * left));
            if step % training.look == 0 {
                let loss = network.loss(levels, unseen);
                if loss < best.0 {
                    best = (loss, network.clone(), step);
                } else if step - best.2 >= training.patience * training.look {
                    break;
                }
            }
        }
        best.1
    }

    /// The outputs for each row of `x`.
    pub fn predict(&self, x: &Array2<f32>) -> Array2<f32> {
        let hidden = self.hidden(x);
        self.output(x, &hidden)
    }

    fn hidden(&self, x: &Array2<f32>) -> Array2<f32> {
        (x.dot(&self.layers[W]) + &self.layers[B]).mapv_into(|value| value.max(0.0))
    }

    fn output(&self, x: &Array2<f32>, hidden: &Array2<f32>) -> Array2<f32> {
        hidden.dot(&self.layers[V]) + x.dot(&self.layers[S]) + &self.layers[C]
    }

    /// The mean weighted pinball loss.
    pub fn loss(&self, levels: &[f32], examples: &Examples) -> f32 {
        let out = self.predict(&examples.x);
        let mut total = 0.0;
        for ((row, y), weight) in out.rows().into_iter().zip(&examples.y).zip(&examples.weight) {
            let losses =
                row.iter().zip(levels).map(|(q, p)| (p * (y - q)).max((p - 1.0) * (y - q)));
            total += weight * losses.sum::<f32>();
        }
        total / examples.y.len().max(1) as f32
    }

    fn gradient(&self, levels: &[f32], examples: &Examples, batch: &[usize]) -> [Array2<f32>; 5] {
        let x = examples.x.select(Axis(0), batch);
        let hidden = self.hidden(&x);
        let mut slope = self.output(&x, &hidden);
        let size = batch.len() as f32;
        for (mut row, i) in slope.rows_mut().into_iter().zip(batch) {
            for (q, p) in row.iter_mut().zip(levels) {
                let above = if *q > examples.y[*i] { 1.0 } else { 0.0 };
                *q = examples.weight[*i] * (above - p) / size;
            }
        }
        let mut back = slope.dot(&self.layers[V].t());
        back.zip_mut_with(&hidden, |value, active| {
            if *active <= 0.0 {
                *value = 0.0;
            }
        });
        let sum = |a: &Array2<f32>| a.sum_axis(Axis(0)).insert_axis(Axis(0));
        let (b, c) = (sum(&back), sum(&slope));
        [x.t().dot(&back), hidden.t().dot(&slope), x.t().dot(&slope), b, c]
    }

    /// How strongly each input is wired to the outputs.
    pub fn wiring(&self) -> Array1<f32> {
        let through = self.layers[W].mapv(f32::abs).dot(&self.layers[V].mapv(f32::abs));
        (through + self.layers[S].mapv(f32::abs)).sum_axis(Axis(1))
    }
}

/// A network as it is stored: inputs, hidden units, outputs, then all weights, layer after layer.
#[derive(Serialize, Deserialize)]
struct Flat {
    sizes: [usize; 3],
    weights: Vec<f32>,
}

impl From<Network> for Flat {
    fn from(network: Network) -> Self {
        let ((inputs, hidden), outputs) = (network.layers[W].dim(), network.layers[V].ncols());
        let weights = network.layers.iter().flatten().copied().collect();
        Self { sizes: [inputs, hidden, outputs], weights }
    }
}

impl TryFrom<Flat> for Network {
    type Error = String;

    fn try_from(Flat { sizes: [inputs, hidden, outputs], weights }: Flat) -> Result<Self, String> {
        let shapes =
            [(inputs, hidden), (hidden, outputs), (inputs, outputs), (1, hidden), (1, outputs)];
        let mut rest = weights.as_slice();
        let mut layers = Vec::new();
        for shape in shapes {
            let size = shape.0.checked_mul(shape.1).filter(|size| *size <= rest.len());
            let (layer, after) = rest.split_at(size.ok_or("a network lacks weights")?);
            layers.push(Array2::from_shape_vec(shape, layer.to_vec()).map_err(|e| e.to_string())?);
            rest = after;
        }
        let layers = layers.try_into().map_err(|_| "a network has five layers")?;
        Ok(Self { layers })
    }
}

/// Moments of the gradients.
struct Adam {
    first: [Array2<f32>; 5],
    second: [Array2<f32>; 5],
    step: i32,
}

impl Adam {
    fn new(network: &Network) -> Self {
        let zeros = || network.layers.each_ref().map(|layer| Array2::zeros(layer.dim()));
        Self { first: zeros(), second: zeros(), step: 0 }
    }

    fn step(&mut self, network: &mut Network, gradient: &[Array2<f32>; 5], rate: f32) {
        const DECAY: [f32; 2] = [0.9, 0.99];
        const WEIGHT_DECAY: f32 = 0.01;
        self.step += 1;
        let correct = DECAY.map(|decay| 1.0 - decay.powi(self.step));
        for (layer, gradient) in gradient.iter().enumerate() {
            let decay = if layer < B { 1.0 - rate * WEIGHT_DECAY } else { 1.0 };
            ndarray::Zip::from(&mut network.layers[layer])
                .and(&mut self.first[layer])
                .and(&mut self.second[layer])
                .and(gradient)
                .for_each(|value, first, second, g| {
                    *first = DECAY[0] * *first + (1.0 - DECAY[0]) * g;
                    *second = DECAY[1] * *second + (1.0 - DECAY[1]) * g * g;
                    let root = (*second / correct[1]).sqrt() + 1e-7;
                    *value = *value * decay - rate * (*first / correct[0]) / root;
                });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAINING: Training =
        Training { hidden: 8, steps: 600, batch: 64, rate: 0.02, look: 50, patience: 20 };

    #[test]
    fn it_learns_a_bend_and_its_quantiles() {
        let mut draw = SplitMix(5);
        let x = Array2::from_shape_simple_fn((2_000, 1), || (2.0 * draw.unit() - 1.0) as f32);
        let y: Vec<f32> = x.iter().map(|x| x.abs() + draw.unit() as f32).collect();
        let weight = vec![1.0; 2_000];
        let examples = Examples { x, y, weight };
        let network = Network::train(&[0.1, 0.5, 0.9], &examples, &examples, TRAINING, 1);
        let out = network.predict(&ndarray::array![[-0.8_f32], [0.8]]);
        for (expected, got) in [0.9_f32, 1.3, 1.7].iter().cycle().zip(out.iter()) {
            assert!((expected - got).abs() < 0.12, "{out}");
        }
    }

    #[test]
    fn a_gradient_points_uphill() {
        let mut draw = SplitMix(2);
        let mut network = Network::new(2, 3, 1, &mut draw);
        let x = ndarray::array![[0.5_f32, -1.0], [1.5, 0.3]];
        let examples = Examples { x, y: vec![1.0, 2.0], weight: vec![1.0, 1.0] };
        let gradient = network.gradient(&[0.7], &examples, &[0, 1]);
        let before = network.loss(&[0.7], &examples);
        for (layer, gradient) in gradient.iter().enumerate() {
            let old = network.layers[layer][(0, 0)];
            network.layers[layer][(0, 0)] = old + 1e-2;
            let slope = (network.loss(&[0.7], &examples) - before) / 1e-2;
            network.layers[layer][(0, 0)] = old;
            assert!((slope - gradient[(0, 0)]).abs() < 1e-3, "layer {layer}");
        }
    }
}
