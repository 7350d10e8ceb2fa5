//! `last-value`: what is left to say when the history is too short for any predictor.

use forescale_core::quantile::normal_quantile;
use forescale_core::{FittedPredictor, Forecast, History, Horizon, PredictError, Quantiles};

/// The name of the fallback.
pub const NAME: &str = "last-value";

/// With a single value nothing is known of its changes: this share of it stands for their spread.
const UNKNOWN_SPREAD: f64 = 0.25;

/// No quantile leaves this multiple of the largest value seen.
const HIGHEST: f64 = 3.0;

/// Repeats the last value: `ŷ[t+h] = y[t]`, spread as a random walk of the history's own steps.
///
/// It needs one value. The spread grows with the root of the horizon up to a day, and no quantile passes
/// three times the largest value seen, or 0 where the history never did.
///
/// # Source
/// Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §5.2 and §5.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastValue;

impl FittedPredictor for LastValue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        let series = history.series();
        let present: Vec<f64> = series.present().collect();
        let last = *present.last().expect("a series holds at least one value");
        let (lowest, highest) = bounds(&present);
        let spread = spread(&present);
        let day = series.frequency().steps_per_day();
        let values = (0..horizon.steps())
            .flat_map(|h| {
                let width = spread * ((h + 1).min(day) as f64).sqrt();
                quantiles.as_slice().iter().map(move |p| last + width * normal_quantile(*p))
            })
            .map(|value| value.clamp(lowest, highest))
            .collect();
        Ok(Forecast::new(history.origin(), series.frequency(), quantiles.clone(), values)?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// The root of the mean squared step between neighbours.
fn spread(present: &[f64]) -> f64 {
    if present.len() < 2 {
        return UNKNOWN_SPREAD * present[0].abs();
    }
    let squares: f64 = present.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    (squares / (present.len() - 1) as f64).sqrt()
}

fn bounds(present: &[f64]) -> (f64, f64) {
    let (low, high) = present
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
    let reach = HIGHEST * high.abs().max(low.abs());
    (if low >= 0.0 { 0.0 } else { -reach }, reach)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forescale_core::{Frequency, LoadSeries};

    use super::*;

    fn forecast(values: &[f64], steps: usize) -> Forecast {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(3_600).unwrap();
        let series = LoadSeries::new(start, step, values.to_vec()).unwrap();
        let history = History::new(series, Arc::default());
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        LastValue.predict(&history, Horizon::new(steps).unwrap(), &quantiles).unwrap()
    }

    #[test]
    fn one_value_is_repeated_with_a_wide_interval() {
        let f = forecast(&[100.0], 2);
        assert_eq!((f.point(0), f.point(1)), (100.0, 100.0));
        assert!(f.row(0)[0] < 70.0 && f.row(0)[2] > 130.0);
    }

    #[test]
    fn a_constant_has_no_spread_and_zeros_stay_zero() {
        assert_eq!(forecast(&[5.0; 4], 1).row(0), [5.0; 3]);
        assert_eq!(forecast(&[0.0, 0.0], 1).row(0), [0.0; 3]);
    }

    #[test]
    fn load_stays_within_what_was_seen() {
        let f = forecast(&[0.0, 100.0, 0.0, 100.0, 0.0], 500);
        assert_eq!(f.row(499)[0], 0.0);
        assert!(f.row(499)[2] <= 300.0);
    }
}
