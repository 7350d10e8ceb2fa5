//! How the net learns: the slope of its error by backpropagation, and steps against it by Adam.
//!
//! # Source
//! Kingma & Ba, *Adam*, 2015.

use forescale_plan::policies::dqn::{ACTIONS, INPUTS, Layer, Net};

use crate::train_policy::histories::Dice;

/// Units of each hidden layer.
const HIDDEN: [usize; 2] = [32, 32];

/// A net that is being trained.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trainee {
    pub(crate) layers: Vec<Layer>,
}

/// What is to be learned of a state: what one action is worth in it.
pub(crate) struct Lesson<'a> {
    pub(crate) inputs: &'a [f32; INPUTS.len()],
    pub(crate) action: usize,
    pub(crate) worth: f32,
}

impl Trainee {
    /// Weights drawn for layers that keep the size of what goes through them (He et al. 2015).
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let sizes = [INPUTS.len(), HIDDEN[0], HIDDEN[1], ACTIONS.len()];
        let layer = |pair: &[usize]| {
            let bound =
                (6.0 / pair[0] as f64).sqrt() * if pair[1] == ACTIONS.len() { 0.1 } else { 1.0 };
            let mut weight = || (bound * (2.0 * dice.unit() - 1.0)) as f32;
            let row = |weight: &mut dyn FnMut() -> f32| (0..pair[1]).map(|_| weight()).collect();
            let weights = (0..pair[0]).map(|_| row(&mut weight)).collect();
            Layer { weights, bias: vec![0.0; pair[1]] }
        };
        Self { layers: sizes.windows(2).map(layer).collect() }
    }

    /// The net with weights of four decimals, as it is written.
    pub(crate) fn net(&self) -> Net {
        let mut layers = self.layers.clone();
        layers.iter_mut().flat_map(numbers).for_each(|weight| {
            let short = (f64::from(*weight) * 1e4).round() / 1e4;
            // No weight is written as -0.
            *weight = (short + 0.0) as f32;
        });
        Net::new(layers).expect("training changes no sizes, and its steps are small")
    }

    /// Adds the slope of the error of a lesson to `gradient`. The error is squared up to 1 and grows linearly beyond.
    pub(crate) fn add_slope(&self, lesson: &Lesson<'_>, gradient: &mut [Layer]) {
        let passed = self.pass(lesson.inputs);
        let value = passed[passed.len() - 1][lesson.action];
        let mut slope = vec![0.0; ACTIONS.len()];
        slope[lesson.action] = (value - lesson.worth).clamp(-1.0, 1.0);
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let x: &[f32] = if i == 0 { lesson.inputs } else { &passed[i - 1] };
            slope = back(layer, x, &slope, &mut gradient[i]);
        }
    }

    /// What comes out of every layer.
    fn pass(&self, inputs: &[f32]) -> Vec<Vec<f32>> {
        let mut passed: Vec<Vec<f32>> = Vec::with_capacity(self.layers.len());
        for (i, layer) in self.layers.iter().enumerate() {
            let mut out = vec![0.0; layer.bias.len()];
            layer.apply(passed.last().map_or(inputs, Vec::as_slice), &mut out);
            if i + 1 < self.layers.len() {
                out.iter_mut().for_each(|value| *value = value.max(0.0));
            }
            passed.push(out);
        }
        passed
    }
}

/// Adds the slope of a layer to `gradient`, and gives that of its inputs: 0 where they were cut off at 0.
fn back(layer: &Layer, x: &[f32], slope: &[f32], gradient: &mut Layer) -> Vec<f32> {
    gradient.bias.iter_mut().zip(slope).for_each(|(to, slope)| *to += slope);
    let rows = layer.weights.iter().zip(&mut gradient.weights);
    let input = |(x, (weights, to)): (&f32, (&Vec<f32>, &mut Vec<f32>))| {
        if *x == 0.0 {
            return 0.0;
        }
        to.iter_mut().zip(slope).for_each(|(to, slope)| *to += x * slope);
        weights.iter().zip(slope).map(|(weight, slope)| weight * slope).sum()
    };
    x.iter().zip(rows).map(input).collect()
}

/// Every weight and bias of a layer.
fn numbers(layer: &mut Layer) -> impl Iterator<Item = &mut f32> {
    layer.weights.iter_mut().flatten().chain(&mut layer.bias)
}

/// Layers of the same sizes that hold nothing.
pub(crate) fn zeros(layers: &[Layer]) -> Vec<Layer> {
    let mut zeros = layers.to_vec();
    zeros.iter_mut().flat_map(numbers).for_each(|number| *number = 0.0);
    zeros
}

/// Steps of a size of their own for each weight.
#[derive(Debug)]
pub(crate) struct Adam {
    first: Vec<Layer>,
    second: Vec<Layer>,
    /// What is left of the beginning in each of the two.
    left: [f32; 2],
}

impl Adam {
    pub(crate) fn new(layers: &[Layer]) -> Self {
        Self { first: zeros(layers), second: zeros(layers), left: [1.0, 1.0] }
    }

    /// Moves `trainee` against `gradient`, which is empty afterwards.
    pub(crate) fn step(&mut self, trainee: &mut Trainee, gradient: &mut [Layer], rate: f32) {
        const FADE: [f32; 2] = [0.9, 0.999];
        self.left = [self.left[0] * FADE[0], self.left[1] * FADE[1]];
        let [first, second] = self.left.map(|left| 1.0 - left);
        let weights = trainee.layers.iter_mut().flat_map(numbers);
        let moments = self.first.iter_mut().flat_map(numbers);
        let moments = moments.zip(self.second.iter_mut().flat_map(numbers));
        let slopes = gradient.iter_mut().flat_map(numbers);
        for ((weight, slope), (m, v)) in weights.zip(slopes).zip(moments) {
            *m = FADE[0] * *m + (1.0 - FADE[0]) * *slope;
            *v = FADE[1] * *v + (1.0 - FADE[1]) * *slope * *slope;
            *weight -= rate * (*m / first) / ((*v / second).sqrt() + 1e-7);
            *slope = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error that the slope belongs to.
    fn error(trainee: &Trainee, lesson: &Lesson<'_>) -> f64 {
        let passed = trainee.pass(lesson.inputs);
        let apart = f64::from(passed[passed.len() - 1][lesson.action] - lesson.worth);
        if apart.abs() <= 1.0 { 0.5 * apart * apart } else { apart.abs() - 0.5 }
    }

    #[test]
    fn the_slope_is_that_of_finite_differences() {
        let mut dice = Dice::new(5);
        let trainee = Trainee::new(&mut dice);
        let inputs = std::array::from_fn(|_| 2.0 * dice.unit() as f32 - 1.0);
        for worth in [0.3, 5.0] {
            let lesson = Lesson { inputs: &inputs, action: 3, worth };
            let mut gradient = zeros(&trainee.layers);
            trainee.add_slope(&lesson, &mut gradient);
            for (layer, at) in [(0, 7), (0, 100), (1, 40), (1, 500), (2, 3), (2, 80), (2, 259)] {
                let moved = |by: f32| {
                    let mut moved = trainee.clone();
                    *numbers(&mut moved.layers[layer]).nth(at).unwrap() += by;
                    error(&moved, &lesson)
                };
                let expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                let slope = f64::from(*numbers(&mut gradient[layer]).nth(at).unwrap());
                assert!((slope - expected).abs() < 2e-3, "{layer} {at}: {slope} {expected}");
            }
        }
    }

    #[test]
    fn the_first_step_has_the_size_of_the_rate() {
        let mut trainee = Trainee::new(&mut Dice::new(1));
        let before = trainee.layers[1].bias[0];
        let mut gradient = zeros(&trainee.layers);
        gradient[1].bias[0] = -0.2;
        Adam::new(&trainee.layers).step(&mut trainee, &mut gradient, 0.01);
        assert!((trainee.layers[1].bias[0] - before - 0.01).abs() < 1e-5);
        assert_eq!(gradient, zeros(&trainee.layers));
    }

    #[test]
    fn a_net_is_what_is_written_of_it() {
        let net = Trainee::new(&mut Dice::new(2)).net();
        assert_eq!(Net::from_json(&net.to_json()), Ok(net));
    }
}
