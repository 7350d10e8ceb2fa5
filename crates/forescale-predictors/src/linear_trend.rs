//! `linear-trend`: a ridge regression on trend, time of day and weekday, with a trend that levels off.

use forescale_core::{History, Importance};
use serde::{Deserialize, Serialize};

use crate::curved::{Curve, Curved, FittedCurve};
use crate::sound::{Flaw, Sound};
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

impl Sound for Trend {
    fn check(&self) -> Result<(), Flaw> {
        self.0.check()
    }
}

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
    use forescale_core::{Forecast, Horizon, Predictor, Quantiles};
    use proptest::prelude::*;

    use crate::testing::{Noise, history, options};

    fn daily(hour: usize) -> f64 {
        10.0 + (2.0 * std::f64::consts::PI * hour as f64 / 24.0).sin()
    }

    fn forecast(values: &[f64], steps: usize, quantiles: &Quantiles) -> Forecast {
        let history = history(3_600, values);
        let fitted = LinearTrend::default().fit(&history, &options(steps)).unwrap();
        fitted.predict(&history, Horizon::new(steps).unwrap(), quantiles).unwrap()
    }

    fn points(values: &[f64], steps: usize) -> Vec<f64> {
        let forecast = forecast(values, steps, &Quantiles::standard());
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

    /// Hours of a load that grows or falls, swings by the day, is noisy, and may shift its level once.
    #[derive(Debug, Clone)]
    struct Case {
        hours: usize,
        level: f64,
        /// Growth a day, daily swing and noise as shares of the level.
        growth: f64,
        swing: f64,
        noise: f64,
        /// At which share of the hours the load is multiplied, and by what.
        shift: (f64, f64),
        steps: usize,
    }

    impl Case {
        fn load(&self) -> Vec<f64> {
            let mut noise = Noise::new(self.hours as u64);
            let mut at = |hour: usize| {
                let day = hour as f64 / 24.0;
                let swing = self.swing * (std::f64::consts::TAU * day).sin();
                let shifted = hour as f64 >= self.shift.0 * self.hours as f64;
                let factor = if shifted { self.shift.1 } else { 1.0 };
                let shape = 1.0 + self.growth * day + swing + self.noise * noise.next();
                (self.level * factor * shape).max(0.0)
            };
            (0..self.hours).map(&mut at).collect()
        }
    }

    fn cases() -> impl Strategy<Value = Case> {
        let hours = prop_oneof![36_usize..100, 100_usize..1_400];
        let shift = (0.0..1.3, prop::sample::select(vec![0.1, 0.5, 1.0, 1.0, 2.0, 10.0]));
        let shape = (-0.3..0.3, 0.0..0.8, 0.0..0.2);
        (hours, 1.0..1e4, shape, shift, 1_usize..=14 * 24).prop_map(
            |(hours, level, (growth, swing, noise), shift, steps)| Case {
                hours,
                level,
                growth,
                swing,
                noise,
                shift,
                steps,
            },
        )
    }

    proptest! {
        /// A level shift shortly before the end of a short history is taken for a trend, for the weekday and for the
        /// level of the last day at once: each may bring the range of history once more, so the median stays within
        /// twice that range beyond history, and what the curve missed comes on top once.
        #[test]
        fn two_weeks_ahead_stay_within_reach_of_history(case in cases()) {
            let load = case.load();
            let bounds = |(low, high): (f64, f64), y: &f64| (low.min(*y), high.max(*y));
            let (low, high) = load.iter().fold((f64::INFINITY, 0.0), bounds);
            let range = (high - low) + 0.05 * high;
            let quantiles = Quantiles::new([0.025, 0.1, 0.5, 0.9, 0.975]).unwrap();
            let forecast = forecast(&load, case.steps, &quantiles);
            for h in 0..case.steps {
                let (row, point) = (forecast.row(h), forecast.point(h));
                prop_assert!(point <= high + 2.0 * range, "{h}: {point}");
                prop_assert!(point >= low - 2.0 * range, "{h}: {point}");
                prop_assert!(row[4] <= high + 3.0 * range, "{h}: {row:?}, {low} to {high}");
                prop_assert!(row[0] >= low - 3.0 * range, "{h}: {row:?}, {low} to {high}");
            }
        }
    }
}
