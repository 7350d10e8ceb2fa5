//! A forecast: quantile paths from an origin, from which everything else is derived.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::quantile::{Level, Quantile, Quantiles, normal_probability, normal_quantile};
use crate::time::Frequency;

/// Values that are no forecast.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// The number of values is not steps times quantiles.
    #[error(
        "a forecast with {quantiles} quantiles should have a multiple of them in values, but has {values}"
    )]
    Shape {
        /// Quantiles of a step.
        quantiles: usize,
        /// Values given.
        values: usize,
    },
    /// A value that is NaN or infinite.
    #[error("a forecast should be finite, but step {step} holds {value}")]
    NotFinite {
        /// The step, from 0.
        step: usize,
        /// The value.
        value: f64,
    },
}

/// Quantile paths of the load from an origin on: step `h` covers `[origin + h * step, origin + (h + 1) * step)`.
///
/// Quantiles never cross: they are sorted when the forecast is built (Chernozhukov et al., *Quantile and
/// probability curves without crossing*, 2010).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Forecast {
    origin: DateTime<Utc>,
    frequency: Frequency,
    quantiles: Quantiles,
    values: Vec<f64>,
}

/// A forecast as it is read, before anything is known of it.
#[derive(Deserialize)]
struct Unchecked {
    origin: DateTime<Utc>,
    frequency: Frequency,
    quantiles: Quantiles,
    values: Vec<f64>,
}

impl TryFrom<Unchecked> for Forecast {
    type Error = ForecastError;

    fn try_from(read: Unchecked) -> Result<Self, ForecastError> {
        Self::new(read.origin, read.frequency, read.quantiles, read.values)
    }
}

impl Forecast {
    /// A forecast of `values.len() / quantiles.len()` steps; `values` holds the quantiles of step 0, of step 1, ...
    ///
    /// # Errors
    /// [`ForecastError::Shape`] when the values do not divide, [`ForecastError::NotFinite`] for NaN or infinity.
    pub fn new(
        origin: DateTime<Utc>,
        frequency: Frequency,
        quantiles: Quantiles,
        mut values: Vec<f64>,
    ) -> Result<Self, ForecastError> {
        let width = quantiles.len();
        if values.is_empty() || !values.len().is_multiple_of(width) {
            return Err(ForecastError::Shape { quantiles: width, values: values.len() });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(ForecastError::NotFinite { step: at / width, value: values[at] });
        }
        for row in values.chunks_exact_mut(width) {
            row.sort_unstable_by(f64::total_cmp);
        }
        Ok(Self { origin, frequency, quantiles, values })
    }

    /// The first moment forecast.
    pub fn origin(&self) -> DateTime<Utc> {
        self.origin
    }

    /// The step.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// Steps; at least 1.
    pub fn steps(&self) -> usize {
        self.values.len() / self.quantiles.len()
    }

    /// The quantiles each step carries.
    pub fn quantiles(&self) -> &Quantiles {
        &self.quantiles
    }

    /// When step `h` begins.
    pub fn time_at(&self, h: usize) -> DateTime<Utc> {
        self.origin + TimeDelta::seconds(self.frequency.seconds() * h as i64)
    }

    /// All quantiles of step `h`, ascending.
    ///
    /// # Panics
    /// When `h` is not a step of the forecast.
    pub fn row(&self, h: usize) -> &[f64] {
        let width = self.quantiles.len();
        &self.values[h * width..(h + 1) * width]
    }

    /// The median of step `h`: the point forecast.
    pub fn point(&self, h: usize) -> f64 {
        self.row(h)[self.quantiles.median_index()]
    }

    /// The load that stays below with probability `quantile` at step `h`.
    ///
    /// Between the carried quantiles it is linear in the normal score; beyond the outermost it goes on
    /// exponentially, linear in the logarithm of the tail probability.
    pub fn quantile(&self, h: usize, quantile: Quantile) -> f64 {
        interpolate(self.quantiles.as_slice(), self.row(h), quantile.get())
    }

    /// The central interval of step `h` at `level`.
    pub fn interval(&self, h: usize, level: Level) -> (f64, f64) {
        let (lower, upper) = level.bounds();
        (self.quantile(h, lower), self.quantile(h, upper))
    }

    /// The probability that the load of step `h` is at most `load`: the inverse of [`Forecast::quantile`].
    pub fn probability_below(&self, h: usize, load: f64) -> f64 {
        probability(self.quantiles.as_slice(), self.row(h), load)
    }

    /// The mean of step `h`, by integrating the quantile curve.
    pub fn mean(&self, h: usize) -> f64 {
        let (levels, row) = (self.quantiles.as_slice(), self.row(h));
        let inner: f64 = levels
            .windows(2)
            .zip(row.windows(2))
            .map(|(p, q)| 0.5 * (q[0] + q[1]) * (p[1] - p[0]))
            .sum();
        let last = levels.len() - 1;
        inner + row[0] * levels[0] + row[last] * (1.0 - levels[last])
    }

    /// The same forecast at other quantiles.
    pub fn at_quantiles(&self, quantiles: &Quantiles) -> Self {
        let curve = Interpolation::new(self.quantiles.as_slice(), quantiles.as_slice());
        let mut values = Vec::with_capacity(self.steps() * quantiles.len());
        for h in 0..self.steps() {
            curve.extend(self.row(h), &mut values);
        }
        Self::new(self.origin, self.frequency, quantiles.clone(), values)
            .expect("interpolating finite values gives finite values")
    }

    /// The same forecast with every row passed through `change(step, row)`.
    ///
    /// # Errors
    /// [`ForecastError::NotFinite`] when a changed value is not finite.
    pub fn map_rows(
        mut self,
        mut change: impl FnMut(usize, &mut [f64]),
    ) -> Result<Self, ForecastError> {
        let width = self.quantiles.len();
        for (h, row) in self.values.chunks_exact_mut(width).enumerate() {
            change(h, row);
        }
        Self::new(self.origin, self.frequency, self.quantiles, self.values)
    }
}

/// The value at probability `p` of a quantile curve given at ascending `levels`.
///
/// Linear in the normal score between levels; linear in the logarithm of the tail probability beyond them.
pub fn interpolate(levels: &[f64], row: &[f64], p: f64) -> f64 {
    Mix::new(levels, p).of(row)
}

/// Probabilities beyond it are taken for 0 or 1: no forecast knows more.
const LEAST_PROBABILITY: f64 = 1e-6;

/// The probability at which the quantile curve `row`, given at ascending `levels`, reaches `value`; the largest one
/// where the curve is flat.
fn probability(levels: &[f64], row: &[f64], value: f64) -> f64 {
    if value >= interpolate(levels, row, 1.0 - LEAST_PROBABILITY) {
        return 1.0;
    }
    if value < interpolate(levels, row, LEAST_PROBABILITY) {
        return 0.0;
    }
    let (above, last) = (row.partition_point(|known| *known <= value), row.len() - 1);
    if above > 0 && row[above - 1] == value {
        return levels[above - 1];
    }
    // Halves, so that no difference overflows.
    let share = |a: f64, b: f64| (0.5 * value - 0.5 * a) / (0.5 * b - 0.5 * a);
    let tail = |inner: f64, outer: f64, share: f64| outer * (outer / inner).powf(share - 1.0);
    if above == 0 {
        return tail(levels[1], levels[0], share(row[1], row[0]));
    }
    if above > last {
        let share = share(row[last - 1], row[last]);
        return 1.0 - tail(1.0 - levels[last - 1], 1.0 - levels[last], share);
    }
    let (z0, z1) = (normal_quantile(levels[above - 1]), normal_quantile(levels[above]));
    normal_probability(z0 + share(row[above - 1], row[above]) * (z1 - z0))
}

/// Quantile curves carried from one set of levels to another, with the weights worked out once.
#[derive(Debug, Clone)]
pub struct Interpolation(Vec<Mix>);

impl Interpolation {
    /// From curves at ascending `levels` to values at `wanted`.
    pub fn new(levels: &[f64], wanted: &[f64]) -> Self {
        Self(wanted.iter().map(|p| Mix::new(levels, *p)).collect())
    }

    /// Appends the wanted values of the curve `row`.
    pub fn extend(&self, row: &[f64], values: &mut Vec<f64>) {
        values.extend(self.0.iter().map(|mix| mix.of(row)));
    }
}

/// A point of a curve as `row[from] + share * (row[to] - row[from])`.
#[derive(Debug, Clone, Copy)]
struct Mix {
    from: usize,
    to: usize,
    share: f64,
}

impl Mix {
    fn new(levels: &[f64], p: f64) -> Self {
        let above = levels.partition_point(|level| *level < p - 1e-12);
        let last = levels.len() - 1;
        if above <= last && (levels[above] - p).abs() <= 1e-12 {
            return Self { from: above, to: above, share: 0.0 };
        }
        if last == 0 {
            return Self { from: 0, to: 0, share: 0.0 };
        }
        // Beyond the outermost level the share is above 1 and grows with the logarithm of the tail.
        let beyond = |inner: f64, outer: f64, p: f64| 1.0 + (outer / p).ln() / (inner / outer).ln();
        if above == 0 {
            return Self { from: 1, to: 0, share: beyond(levels[1], levels[0], p) };
        }
        if above > last {
            let share = beyond(1.0 - levels[last - 1], 1.0 - levels[last], 1.0 - p);
            return Self { from: last - 1, to: last, share };
        }
        let (z0, z1) = (normal_quantile(levels[above - 1]), normal_quantile(levels[above]));
        Self { from: above - 1, to: above, share: (normal_quantile(p) - z0) / (z1 - z0) }
    }

    fn of(self, row: &[f64]) -> f64 {
        row[self.from] + self.share * (row[self.to] - row[self.from])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(rows: &[[f64; 3]]) -> Forecast {
        let values = rows.iter().flatten().copied().collect();
        let origin = "2026-01-05T00:00:00Z".parse().unwrap();
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        Forecast::new(origin, Frequency::from_seconds(60).unwrap(), quantiles, values).unwrap()
    }

    #[test]
    fn crossing_quantiles_are_sorted() {
        let f = forecast(&[[3.0, 2.0, 1.0]]);
        assert_eq!(f.row(0), [1.0, 2.0, 3.0]);
        assert_eq!(f.interval(0, Level::new(80.0).unwrap()), (1.0, 3.0));
    }

    #[test]
    fn a_probability_inverts_its_quantile() {
        let f = forecast(&[[10.0, 20.0, 40.0]]);
        for p in [1e-5, 0.02, 0.1, 0.3, 0.5, 0.77, 0.9, 0.99, 0.9999] {
            let load = f.quantile(0, Quantile::new(p).unwrap());
            assert!((f.probability_below(0, load) - p).abs() < 1e-8, "{p}");
        }
        assert_eq!((f.probability_below(0, -1e9), f.probability_below(0, 1e9)), (0.0, 1.0));
    }

    #[test]
    fn where_quantiles_are_equal_the_largest_probability_counts() {
        let f = forecast(&[[0.0, 0.0, 3.0]]);
        assert_eq!((f.probability_below(0, 0.0), f.probability_below(0, -0.1)), (0.5, 0.0));
    }

    #[test]
    fn tails_go_on_outward() {
        let f = forecast(&[[10.0, 20.0, 40.0]]);
        let q = |p| f.quantile(0, Quantile::new(p).unwrap());
        assert!(q(0.99) > 40.0 && q(0.999) > q(0.99) && q(0.01) < 10.0);
    }

    #[test]
    fn nan_is_no_forecast() {
        let origin = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(60).unwrap();
        let quantiles = Quantiles::new([]).unwrap();
        let error = Forecast::new(origin, step, quantiles, vec![1.0, f64::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "a forecast should be finite, but step 1 holds NaN");
    }
}
