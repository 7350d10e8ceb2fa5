//! `fft-seasonality`: the waves that stand out of the spectrum, carried on from the newest level.

use forescale_core::{History, Importance};
use serde::{Deserialize, Serialize};

use crate::curved::{Curve, Curved, FittedCurve};
use crate::harmonics::Harmonics;
use crate::seasons::{Season, find_seasonality};

/// Newest days that the waves are fitted on.
const DAYS: usize = 28;

/// The significant harmonics of every season found, about a level taken from the newest history.
///
/// Without a season it holds the newest level, which fades toward that of the last day.
///
/// # Shapes
/// `history` holds a day and a half, and at least twelve steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`forescale_core::FitError::TooShort`] when `history` is shorter.
///
/// # Source
/// Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §7.4 (harmonic regression); Gong,
/// Gu & Wilkes, *PRESS: predictive elastic resource scaling for cloud systems*, CNSM 2010.
pub type FftSeasonality = Curved<Waves>;

/// Its fit.
pub type FittedFftSeasonality = FittedCurve<Waves>;

/// The waves of the seasons found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waves {
    harmonics: Harmonics,
    /// Period in seconds and strength of each season.
    seasons: Vec<(i64, f64)>,
}

/// The seasons of a history, found once.
struct Seasons(Vec<Season>);

impl Curve for Waves {
    const NAME: &'static str = "fft-seasonality";

    fn fit(history: &History, load: &[f64]) -> Result<Self, String> {
        let series = history.series();
        let found = history.derive(0, |history| Seasons(find_seasonality(history.series())));
        let from = load.len().saturating_sub(DAYS * series.frequency().steps_per_day());
        let (start, step) = (series.time_at(from), series.frequency().span());
        Ok(Self {
            harmonics: Harmonics::fit(start, step, &load[from..], &found.0),
            seasons: found.0.iter().map(|s| (s.period.num_seconds(), s.strength)).collect(),
        })
    }

    fn at(&self, history: &History, index: usize) -> f64 {
        self.harmonics.at(history.series().time_at(index))
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
