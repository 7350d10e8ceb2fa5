//! What history can justify: no forecast leaves a predictor below zero or far above all that was ever seen.

use forescale_core::{Forecast, History, PredictError, Quantiles};

/// The farthest a quantile may stand above the history's range, as a multiple of that range.
const REACH: f64 = 2.0;

/// The quantile from which on a tail may reach twice as far.
const TAIL: f64 = 0.98;

/// Turns the quantile rows of a forecast, step after step, into a forecast within what `history` can justify.
///
/// A history that never was negative is never forecast negative, and no quantile up to 0.975 stands above
/// three times its maximum.
///
/// # Errors
/// [`PredictError::Forecast`] when a value is not finite.
pub(crate) fn bounded(
    history: &History,
    quantiles: &Quantiles,
    mut values: Vec<f64>,
) -> Result<Forecast, PredictError> {
    let (low, high) = range(history);
    let span = high - low.min(0.0);
    let floor = if low >= 0.0 { 0.0 } else { low - REACH * span };
    for row in values.chunks_exact_mut(quantiles.len()) {
        for (value, q) in row.iter_mut().zip(quantiles.as_slice()) {
            let reach = if *q < TAIL { REACH } else { 2.0 * REACH };
            let ceiling = high + reach * span;
            // NaN passes through `clamp` and is refused by the forecast.
            *value = value.clamp(floor, ceiling.max(floor));
        }
    }
    let frequency = history.series().frequency();
    Ok(Forecast::new(history.origin(), frequency, quantiles.clone(), values)?)
}

fn range(history: &History) -> (f64, f64) {
    history.series().present().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    #[test]
    fn nothing_below_zero_nor_far_above_the_maximum() {
        let quantiles = Quantiles::new([0.1, 0.999]).unwrap();
        let forecast =
            bounded(&history(3600, &[1.0, 4.0]), &quantiles, vec![-7.0, 50.0, 90.0]).unwrap();
        assert_eq!(forecast.row(0), [0.0, 12.0, 20.0]);
    }

    #[test]
    fn nan_is_refused() {
        let quantiles = Quantiles::new([]).unwrap();
        assert!(bounded(&history(3600, &[1.0]), &quantiles, vec![f64::NAN]).is_err());
    }
}
