//! How much each model counts: by what its upper quantiles have cost lately.

/// The quantiles that are judged, as probabilities of being exceeded.
const JUDGED: [f64; 2] = [0.1, 0.01];

/// Days after which a loss counts half.
const HALF_LIFE_DAYS: f64 = 14.0;

/// A model whose loss is a tenth larger counts `1.1^SHARPNESS` times less.
const SHARPNESS: f64 = 5.0;

/// Discounted losses, and what follows from them day by day.
#[derive(Debug)]
pub(super) struct Weights<const N: usize> {
    losses: [f64; N],
    /// By day of the walk; they sum to 1.
    days: Vec<[f32; N]>,
}

impl<const N: usize> Weights<N> {
    pub fn new() -> Self {
        Self { losses: [0.0; N], days: Vec::new() }
    }

    /// Adds what the quantiles of each model cost when `y` came, over the `level` of the load; `quantile` gives that of
    /// a model by `θ = -log10` of the probability of being exceeded.
    pub fn learn(&mut self, y: f64, level: f64, quantile: impl Fn(usize, f64) -> f64) {
        for (model, loss) in self.losses.iter_mut().enumerate() {
            for exceeded in JUDGED {
                let over = y - quantile(model, -exceeded.log10());
                let cost = if over > 0.0 { over * (1.0 - exceeded) } else { -over * exceeded };
                *loss += cost / exceeded / level;
            }
        }
    }

    /// Fixes the weights of a day that begins, and lets the losses fade.
    pub fn begin_day(&mut self) {
        let least = self.losses.iter().copied().fold(f64::INFINITY, f64::min);
        let raw =
            self.losses.map(|loss| if loss > 0.0 { (least / loss).powf(SHARPNESS) } else { 1.0 });
        let sum: f64 = raw.iter().sum();
        self.days.push(raw.map(|weight| (weight / sum) as f32));
        let fade = 0.5_f64.powf(1.0 / HALF_LIFE_DAYS);
        self.losses.iter_mut().for_each(|loss| *loss *= fade);
    }

    /// The mean of what `value` gives of each model.
    pub fn mean(&self, day: usize, value: impl Fn(usize) -> f64) -> f64 {
        let weights = self.days[day].iter().enumerate();
        weights.map(|(model, weight)| f64::from(*weight) * value(model)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_model_counts_more_from_the_next_day_on() {
        let mut weights = Weights::<2>::new();
        weights.begin_day();
        (0..50).for_each(|_| weights.learn(10.0, 10.0, |model, _| [12.0, 14.0][model]));
        weights.begin_day();
        assert_eq!(weights.mean(0, |model| model as f64), 0.5);
        let second = weights.mean(1, |model| model as f64);
        assert!((second - 1.0 / 33.0).abs() < 1e-6, "{second}");
    }
}
