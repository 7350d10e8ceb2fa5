//! The last value goes on: what is left to say when nothing else can be, and hard to beat where load holds its level.
//!
//! # Source
//! Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §5.2 and §5.5; the spread is that of the
//! history's own changes over the same number of steps.

use forescale_core::metrics::sorted_quantile;
use forescale_core::quantile::normal_quantile;
use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, PredictError,
    Predictor, Quantiles,
};
use forescale_features::Prepared;
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::sound::{Flaw, Sound, ascends, ensure, is_row};
use crate::{check, persist};

const NAME: &str = "last-value";

/// With a single value nothing is known of its changes: this share of it stands for their spread.
const UNKNOWN_SPREAD: f64 = 0.25;

/// Fewer changes than this say too little about quantiles: their root mean square stands for them.
const ENOUGH: usize = 40;

/// Most changes that are looked at for a horizon.
const MOST: usize = 2_000;

/// Repeats the last value: `ŷ[t+h] = y[t]`, spread as the history changed over `h` steps.
///
/// # Shapes
/// One value is enough.
///
/// # Errors
/// None: a history always holds a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastValue;

impl Predictor for LastValue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(
        &self,
        history: &History,
        _options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let prepared = Prepared::of(history);
        let n = prepared.len();
        let mut spreads = Vec::new();
        let mut lag = 1;
        // Horizons double: between them the spread is interpolated, beyond them it stays.
        while lag == 1 || lag <= (n / 2).min(prepared.day) {
            spreads.push((lag, spread(&prepared, lag)));
            lag *= 2;
        }
        Ok(Box::new(FittedLastValue { frequency: history.series().frequency(), spreads }))
    }
}

/// The spread of changes over one, two, four, ... steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedLastValue {
    frequency: Frequency,
    /// Horizon, and the quantiles of the change at the standard levels.
    spreads: Vec<(usize, Vec<f64>)>,
}

impl FittedLastValue {
    /// The change at `horizon`, between the two horizons that were measured.
    fn change(&self, horizon: usize, quantile: usize) -> f64 {
        let above = self.spreads.partition_point(|(lag, _)| *lag < horizon);
        if above == 0 {
            return self.spreads[0].1[quantile];
        }
        let Some((high, far)) = self.spreads.get(above) else {
            return self.spreads[above - 1].1[quantile];
        };
        let (low, near) = &self.spreads[above - 1];
        let share = (horizon - low) as f64 / (high - low) as f64;
        near[quantile] + (far[quantile] - near[quantile]) * share
    }
}

impl FittedPredictor for FittedLastValue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        check::suits(NAME, history, self.frequency, 1)?;
        let last = history.series().present().last().expect("a series holds a value");
        let standard = Quantiles::standard();
        let values = (1..=horizon.steps())
            .flat_map(|h| (0..standard.len()).map(move |k| last + self.change(h, k)))
            .collect();
        Ok(bounded(history, &standard, values)?.at_quantiles(quantiles))
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }
}

impl Sound for FittedLastValue {
    fn check(&self) -> Result<(), Flaw> {
        let lags = self.spreads.iter().map(|(lag, _)| lag);
        ensure(!self.spreads.is_empty() && ascends(lags), "its horizons do not ascend")?;
        let rows = self.spreads.iter().all(|(_, row)| is_row(row));
        ensure(rows, "its spreads are not those of the standard quantiles")
    }
}

/// The standard quantiles of the change over `lag` steps, about a median of 0.
fn spread(prepared: &Prepared, lag: usize) -> Vec<f64> {
    let y = &prepared.y;
    let pairs = lag..y.len().max(lag);
    let thin = pairs.len().div_ceil(MOST).max(1);
    let mut changes: Vec<f64> = pairs
        .step_by(thin)
        .filter(|i| prepared.present[*i] && prepared.present[i - lag])
        .map(|i| y[i] - y[i - lag])
        .collect();
    let standard = Quantiles::standard();
    if changes.len() >= ENOUGH {
        changes.sort_unstable_by(f64::total_cmp);
        let middle = sorted_quantile(&changes, 0.5);
        return standard
            .as_slice()
            .iter()
            .map(|p| sorted_quantile(&changes, *p) - middle)
            .collect();
    }
    let width = if changes.is_empty() {
        UNKNOWN_SPREAD * y.last().copied().unwrap_or_default().abs()
    } else {
        (changes.iter().map(|c| c * c).sum::<f64>() / changes.len() as f64).sqrt()
    };
    standard.as_slice().iter().map(|p| width * normal_quantile(*p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    fn forecast(values: &[f64], steps: usize) -> Forecast {
        let history = history(3_600, values);
        let options = FitOptions::new(Horizon::new(24).unwrap(), 1);
        let fitted = LastValue.fit(&history, &options).unwrap();
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        fitted.predict(&history, Horizon::new(steps).unwrap(), &quantiles).unwrap()
    }

    #[test]
    fn one_value_is_repeated_with_a_wide_interval() {
        let f = forecast(&[100.0], 2);
        assert_eq!((f.point(0), f.point(1)), (100.0, 100.0));
        assert!(f.row(0)[0] < 70.0 && f.row(0)[2] > 130.0);
    }

    #[test]
    fn a_constant_has_no_spread_and_zeros_stay_zero() {
        assert_eq!(forecast(&[5.0; 60], 3).row(2), [5.0; 3]);
        assert_eq!(forecast(&[0.0, 0.0], 1).row(0), [0.0; 3]);
    }

    #[test]
    fn the_spread_is_that_of_the_changes() {
        // A quarter of the changes go up by one, a quarter down, and half do not move.
        let values: Vec<f64> = (0..200).map(|i| [50.0, 51.0, 51.0, 50.0][i % 4]).collect();
        assert_eq!(forecast(&values, 1).row(0), [49.0, 50.0, 51.0]);
    }
}
