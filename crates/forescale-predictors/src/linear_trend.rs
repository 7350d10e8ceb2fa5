//! `linear-trend`: a ridge regression on trend, time of day and weekday, with a trend that levels off.

use forescale_core::{History, Importance};
use serde::{Deserialize, Serialize};

use crate::curved::{Curve, Curved, FittedCurve};
use crate::trend_curve::TrendCurve;

/// Least squares on a damped trend, the local time of day (apart for working and free days) and the weekday.
///
/// The level is taken anew from the last day of the history it predicts from; the coefficients stay.
///
/// # Shapes
/// `history` holds a day and a half, and at least twelve steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`forescale_core::FitError::TooShort`] when `history` is shorter.
///
/// # Source
/// Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §7.4 (regression on trend,
/// seasonal dummies and Fourier terms) and §8.2 (damped trend); compared with numpy in `tests/it/anchors.rs`.
pub type LinearTrend = Curved<Trend>;

/// Its fit.
pub type FittedLinearTrend = FittedCurve<Trend>;

/// The regression curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend(TrendCurve);

impl Curve for Trend {
    const NAME: &'static str = "linear-trend";

    fn fit(history: &History, load: &[f64]) -> Result<Self, String> {
        TrendCurve::fit(history, load).map(Self)
    }

    fn at(&self, history: &History, index: usize) -> f64 {
        self.0.at(history, index)
    }

    fn importances(&self) -> Vec<Importance> {
        self.0.importances()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::{Horizon, Predictor, Quantiles};

    use crate::testing::{history, options};

    fn daily(hour: usize) -> f64 {
        10.0 + (2.0 * std::f64::consts::PI * hour as f64 / 24.0).sin()
    }

    fn points(values: &[f64], steps: usize) -> Vec<f64> {
        let history = history(3_600, values);
        let fitted = LinearTrend::default().fit(&history, &options(steps)).unwrap();
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
