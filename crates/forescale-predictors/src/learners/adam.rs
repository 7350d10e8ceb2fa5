//! Steps of a size of their own for each weight, with weights that decay.
//!
//! # Source
//! Kingma & Ba, *Adam*, 2015; Loshchilov & Hutter, *Decoupled weight decay regularization*, 2019.

/// Moments of the gradients.
pub(crate) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    step: i32,
}

impl Adam {
    /// For `weights` of which nothing is known yet.
    pub fn new(weights: usize) -> Self {
        let zeros = || vec![0.0; weights];
        Self { first: zeros(), second: zeros(), step: 0 }
    }

    /// Moves `weights` against `gradient`; the first `decayed` of them shrink by `decay` times the rate before.
    pub fn step(
        &mut self,
        weights: &mut [f32],
        gradient: &[f32],
        rate: f32,
        (decayed, decay): (usize, f32),
    ) {
        const FADE: [f32; 2] = [0.9, 0.99];
        self.step += 1;
        let [first, second] = FADE.map(|fade| 1.0 - fade.powi(self.step));
        weights[..decayed].iter_mut().for_each(|weight| *weight *= 1.0 - rate * decay);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((weight, g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
            *m = FADE[0] * *m + (1.0 - FADE[0]) * g;
            *v = FADE[1] * *v + (1.0 - FADE[1]) * g * g;
            *weight -= rate / first * *m / ((*v / second).sqrt() + 1e-7);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_has_the_size_of_the_rate() {
        let mut weights = [1.0, 1.0, 1.0];
        Adam::new(3).step(&mut weights, &[5.0, -0.1, 0.0], 0.5, (3, 0.2));
        for (expected, got) in [0.4, 1.4, 0.9].iter().zip(weights) {
            assert!((expected - got).abs() < 1e-4, "{weights:?}");
        }
    }
}
