//! `fft-seasonality`: the waves that stand out of the spectrum, carried on from the newest level.

use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, Importance,
    PredictError, Predictor, Quantiles,
};
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::filled::fill_gaps;
use crate::harmonics::Harmonics;
use crate::level::recent_scale;
use crate::recent::{Carry, bucket_starts};
use crate::residuals::{Residual, ResidualQuantiles};
use crate::seasons::{Season, find_seasonality};
use crate::{check, persist};

const NAME: &str = "fft-seasonality";

/// The share of the history that the waves are fitted on when their residuals are measured on the rest.
const LEARNED_SHARE: f64 = 0.6;

/// Newest days that the waves are fitted on.
const DAYS: usize = 28;

/// Fewer steps than this have no spectrum.
const FEWEST_STEPS: usize = 12;

/// The significant harmonics of every season found, about a level taken from the newest history.
///
/// Without a season it holds the newest level, which fades toward that of the last day.
///
/// # Shapes
/// `history` holds a day and a half, and at least twelve steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`FitError::TooShort`] when `history` is shorter.
///
/// # Source
/// Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §7.4 (harmonic regression); Gong,
/// Gu & Wilkes, *PRESS: predictive elastic resource scaling for cloud systems*, CNSM 2010.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FftSeasonality;

impl Predictor for FftSeasonality {
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
        let seasons = find_seasonality(series);
        let learned = (load.len() as f64 * LEARNED_SHARE) as usize;
        let early = waves(history, &load[..learned], &seasons);
        let steps = options.horizon.steps();
        let unseen: Vec<f64> = (learned..load.len()).map(|i| early.at(series.time_at(i))).collect();
        let (carry, residuals) = Carry::choose(&load[learned..], &unseen, m, steps);
        let scale = recent_scale(&load, m);
        let residuals: Vec<Residual> =
            residuals.iter().map(|r| Residual { h: r.h, value: r.value / scale }).collect();
        Ok(Box::new(FittedFftSeasonality {
            frequency,
            harmonics: waves(history, &load, &seasons),
            seasons: seasons.iter().map(|s| (s.period.num_seconds(), s.strength)).collect(),
            carry,
            floor: 0.2 * scale,
            residuals: ResidualQuantiles::new(&residuals, bucket_starts(m, steps)),
        }))
    }
}

/// The waves of `seasons` in the newest days of `load`.
fn waves(history: &History, load: &[f64], seasons: &[Season]) -> Harmonics {
    let series = history.series();
    let from = load.len().saturating_sub(DAYS * series.frequency().steps_per_day());
    Harmonics::fit(series.time_at(from), series.frequency().span(), &load[from..], seasons)
}

/// The waves, how the newest level is carried ahead, and the spread in units of the scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedFftSeasonality {
    frequency: Frequency,
    harmonics: Harmonics,
    /// Period in seconds and strength of each season.
    seasons: Vec<(i64, f64)>,
    carry: Carry,
    floor: f64,
    residuals: ResidualQuantiles,
}

impl FittedPredictor for FittedFftSeasonality {
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
        let series = history.series();
        let m = self.frequency.steps_per_day();
        let load = fill_gaps(series.values(), m);
        let points = self
            .carry
            .carry_on(&load, horizon.steps(), |i: usize| self.harmonics.at(series.time_at(i)));
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
        let total: f64 = self.seasons.iter().map(|(_, strength)| strength).sum();
        let name = |seconds: i64| {
            let span = chrono::TimeDelta::seconds(seconds);
            format!("season of {}", forescale_core::time::format_span(span))
        };
        self.seasons
            .iter()
            .map(|(seconds, strength)| Importance {
                feature: name(*seconds),
                share: strength / total,
            })
            .collect()
    }
}
