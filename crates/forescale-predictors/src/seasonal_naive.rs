//! `seasonal-naive`: tomorrow is as today was. The yardstick that every other predictor has to beat.

use chrono::TimeDelta;
use forescale_core::metrics::mean;
use forescale_core::quantile::normal_quantile;
use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, LoadSeries,
    PredictError, Predictor, Quantiles,
};
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::filled::{fill_gaps, seasons_back};
use crate::residuals::{Residual, ResidualQuantiles};
use crate::sound::{Flaw, Sound, ensure};
use crate::{check, persist};

const NAME: &str = "seasonal-naive";

/// Seasons ahead that get residuals of their own; beyond, the last ones serve.
const SEASONS: usize = 14;

/// Differences taken for each season ahead: enough for a 99.9 % quantile, and cheap on series of seconds.
const DIFFERENCES: usize = 20_000;

/// With a single season nothing is known of how two of them differ: this share of the load stands for it.
const UNKNOWN_SPREAD: f64 = 0.25;

/// Differences that are guessed then.
const GUESSES: usize = 200;

/// Repeats the last season: `ŷ[t+h] = y[t+h-m]`, whole seasons back for horizons beyond one.
///
/// Its quantiles are those of the differences between seasons in the history.
///
/// # Shapes
/// `history` holds at least one season of `m` steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`FitError::TooShort`] when `history` is shorter than that.
///
/// # Source
/// Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §5.2 and §5.5; compared with
/// statsforecast `SeasonalNaive` in `tests/it/anchors.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeasonalNaive {
    season: TimeDelta,
}

impl Default for SeasonalNaive {
    fn default() -> Self {
        Self { season: TimeDelta::days(1) }
    }
}

impl SeasonalNaive {
    /// Repeats the last `season` instead of the last day.
    pub fn with_season(season: TimeDelta) -> Self {
        Self { season }
    }
}

impl Predictor for SeasonalNaive {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let frequency = history.series().frequency();
        let m = frequency.steps_in(self.season).max(1);
        check::enough_to_fit(NAME, history, m)?;
        let seasons = seasons_back(options.horizon.steps() - 1, m).min(SEASONS);
        let mut residuals = seasonal_differences(history.series().values(), m, seasons);
        if history.series().len() < m + (m / 4).max(2) {
            residuals.extend(guessed_differences(history.series()));
        }
        let starts = (0..seasons).map(|back| back * m).collect();
        let residuals = ResidualQuantiles::new(&residuals, starts).centered();
        Ok(Box::new(FittedSeasonalNaive { frequency, m, residuals }))
    }
}

/// Differences of present values 1 to `seasons` seasons apart, as residuals of the horizons they belong to.
fn seasonal_differences(y: &[f64], m: usize, seasons: usize) -> Vec<Residual> {
    let mut residuals = Vec::new();
    for back in 1..=seasons {
        let pairs = y.len().saturating_sub(back * m);
        let stride = pairs.div_ceil(DIFFERENCES).max(1);
        let differences = (0..pairs).rev().step_by(stride).map(|then| y[then + back * m] - y[then]);
        let h = (back - 1) * m;
        residuals.extend(differences.map(|value| Residual { h, value }));
    }
    residuals
}

/// What two seasons may differ by where there is hardly a second one: a normal distribution, so that the forecast is
/// not sure of itself.
fn guessed_differences(series: &LoadSeries) -> impl Iterator<Item = Residual> {
    let load = mean(series.present().map(f64::abs)).unwrap_or(0.0);
    let at = |k: usize| normal_quantile((k as f64 + 0.5) / GUESSES as f64);
    (0..GUESSES).map(move |k| Residual { h: 0, value: UNKNOWN_SPREAD * load * at(k) })
}

/// A season and how far apart two of them were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedSeasonalNaive {
    frequency: Frequency,
    m: usize,
    residuals: ResidualQuantiles,
}

impl FittedPredictor for FittedSeasonalNaive {
    fn name(&self) -> &'static str {
        NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        check::suits(NAME, history, self.frequency, self.m)?;
        let y = fill_gaps(history.series().values(), self.m);
        let spread = self.residuals.at(quantiles);
        let mut values = Vec::with_capacity(horizon.steps() * quantiles.len());
        for h in 0..horizon.steps() {
            let point = y[y.len() + h - seasons_back(h, self.m) * self.m];
            values.extend(spread.row(h).iter().map(|residual| point + residual));
        }
        bounded(history, quantiles, values)
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }
}

impl Sound for FittedSeasonalNaive {
    fn check(&self) -> Result<(), Flaw> {
        ensure(self.m > 0, "its season has no step")?;
        self.residuals.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{history, options};

    const HOUR: i64 = 3_600;

    fn forecast(values: &[f64], steps: usize, quantiles: &Quantiles) -> Forecast {
        let history = history(HOUR, values);
        let fitted = SeasonalNaive::default().fit(&history, &options(steps)).unwrap();
        fitted.predict(&history, Horizon::new(steps).unwrap(), quantiles).unwrap()
    }

    #[test]
    fn the_last_day_is_repeated_beyond_a_day_too() {
        let values: Vec<f64> = (0..48).map(f64::from).collect();
        let forecast = forecast(&values, 50, &Quantiles::new([0.1]).unwrap());
        let points: Vec<f64> = [0, 23, 24, 49].iter().map(|h| forecast.point(*h)).collect();
        assert_eq!(points, [24.0, 47.0, 24.0, 25.0]);
    }

    #[test]
    fn the_spread_is_that_of_the_differences_between_days() {
        let day = |level: f64| std::iter::repeat_n(level, 24);
        let values: Vec<f64> = day(10.0).chain(day(12.0)).chain(day(10.0)).collect();
        let forecast = forecast(&values, 1, &Quantiles::new([0.1, 0.9]).unwrap());
        assert_eq!(forecast.row(0)[2] - forecast.row(0)[0], 4.0);
        assert_eq!(forecast.point(0), 10.0);
    }

    #[test]
    fn less_than_a_day_is_named() {
        let short = history(HOUR, &[1.0; 23]);
        let error = SeasonalNaive::default().fit(&short, &options(1)).unwrap_err();
        assert_eq!(error.to_string(), "seasonal-naive needs 24 steps of history, but got 23");
    }

    #[test]
    fn one_day_is_repeated_with_a_wide_interval() {
        let forecast = forecast(&[100.0; 24], 24, &Quantiles::new([0.1, 0.9]).unwrap());
        assert_eq!(forecast.point(5), 100.0);
        assert!(forecast.row(5)[0] < 75.0 && forecast.row(5)[2] > 125.0);
    }

    #[test]
    fn a_season_without_a_step_is_refused() {
        let residuals = ResidualQuantiles::new(&[], vec![0]);
        let frequency = Frequency::from_seconds(HOUR).unwrap();
        let fitted = FittedSeasonalNaive { frequency, m: 0, residuals };
        let error = crate::load(NAME, &fitted.to_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the fit is not sound: its season has no step");
    }

    #[test]
    fn another_season_can_be_repeated() {
        let values: Vec<f64> = (0..9).map(f64::from).collect();
        let history = history(HOUR, &values);
        let predictor = SeasonalNaive::with_season(TimeDelta::hours(4));
        let fitted = predictor.fit(&history, &options(2)).unwrap();
        let quantiles = Quantiles::new([]).unwrap();
        let forecast = fitted.predict(&history, Horizon::new(2).unwrap(), &quantiles).unwrap();
        assert_eq!((forecast.point(0), forecast.point(1)), (5.0, 6.0));
    }
}
