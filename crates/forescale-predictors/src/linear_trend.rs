//! `linear-trend`: a ridge regression on trend, time of day and weekday, with a trend that levels off.

use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, Importance,
    PredictError, Predictor, Quantiles,
};
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::filled::fill_gaps;
use crate::level::recent_scale;
use crate::recent::{Carry, bucket_starts};
use crate::residuals::{Residual, ResidualQuantiles};
use crate::trend_curve::TrendCurve;
use crate::{check, persist};

const NAME: &str = "linear-trend";

/// The share of the history that the curve is fitted on when its residuals are measured on the rest.
const LEARNED_SHARE: f64 = 0.6;

/// Fewer steps than this are no trend.
const FEWEST_STEPS: usize = 12;

/// Least squares on a damped trend, the local time of day (apart for working and free days) and the weekday.
///
/// The level is taken anew from the last day of the history it predicts from; the coefficients stay.
///
/// # Shapes
/// `history` holds a day and a half, and at least twelve steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`FitError::TooShort`] when `history` is shorter.
///
/// # Source
/// Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §7.4 (regression on trend,
/// seasonal dummies and Fourier terms) and §8.2 (damped trend); compared with numpy in `tests/it/anchors.rs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinearTrend;

impl Predictor for LinearTrend {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let series = history.series();
        let (frequency, m) = (series.frequency(), series.frequency().steps_per_day());
        check::enough_to_fit(NAME, history, (m * 3 / 2).max(FEWEST_STEPS))?;
        let load = fill_gaps(series.values(), m);
        let learned = (load.len() as f64 * LEARNED_SHARE) as usize;
        let failed = |reason| FitError::Failed { predictor: NAME, reason };
        let early = TrendCurve::fit(history, &load[..learned]).map_err(failed)?;
        let steps = options.horizon.steps();
        let unseen: Vec<f64> = (learned..load.len()).map(|i| early.at(history, i)).collect();
        let (carry, residuals) = Carry::choose(&load[learned..], &unseen, m, steps);
        let scale = recent_scale(&load, m);
        let residuals: Vec<Residual> =
            residuals.iter().map(|r| Residual { h: r.h, value: r.value / scale }).collect();
        Ok(Box::new(FittedLinearTrend {
            frequency,
            curve: TrendCurve::fit(history, &load).map_err(failed)?,
            carry,
            floor: 0.2 * scale,
            residuals: ResidualQuantiles::new(&residuals, bucket_starts(m, steps)),
        }))
    }
}

/// The coefficients, how the newest level is carried ahead, and the spread in units of the scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedLinearTrend {
    frequency: Frequency,
    curve: TrendCurve,
    carry: Carry,
    floor: f64,
    residuals: ResidualQuantiles,
}

impl FittedPredictor for FittedLinearTrend {
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
        let m = self.frequency.steps_per_day();
        let load = fill_gaps(history.series().values(), m);
        let points =
            self.carry.carry_on(&load, horizon.steps(), |i: usize| self.curve.at(history, i));
        let scale = recent_scale(&load, m).max(self.floor);
        let spread = self.residuals.at(quantiles);
        let mut values = Vec::with_capacity(horizon.steps() * quantiles.len());
        for (h, point) in points.iter().enumerate() {
            values.extend(spread.row(h).iter().map(|residual| point + scale * residual));
        }
        bounded(history, quantiles, values)
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }

    fn importances(&self) -> Vec<Importance> {
        self.curve.importances()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{history, options};

    fn daily(hour: usize) -> f64 {
        10.0 + (2.0 * std::f64::consts::PI * hour as f64 / 24.0).sin()
    }

    fn points(values: &[f64], steps: usize) -> Vec<f64> {
        let history = history(3_600, values);
        let fitted = LinearTrend.fit(&history, &options(steps)).unwrap();
        let horizon = Horizon::new(steps).unwrap();
        let forecast = fitted.predict(&history, horizon, &Quantiles::standard()).unwrap();
        (0..steps).map(|h| forecast.point(h)).collect()
    }

    #[test]
    fn a_daily_wave_is_continued() {
        let values: Vec<f64> = (0..24 * 14).map(daily).collect();
        for (h, point) in points(&values, 24).into_iter().enumerate() {
            assert!((point - daily(h)).abs() < 0.1, "{h}: {point}");
        }
    }

    #[test]
    fn a_trend_goes_on_but_levels_off() {
        let values: Vec<f64> = (0..24 * 14).map(|i| 100.0 + i as f64).collect();
        let points = points(&values, 24 * 60);
        assert!((points[11] - 448.0).abs() < 12.0, "{}", points[11]);
        assert!(points[24 * 60 - 1] < 436.0 + 24.0 * 12.0, "{}", points[24 * 60 - 1]);
    }
}
