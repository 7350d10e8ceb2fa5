//! `fft-seasonality`: the waves that stand out of the spectrum, carried on from the newest level.

use chrono::TimeDelta;
use forescale_core::{History, Importance};
use serde::{Deserialize, Serialize};

use crate::curved::{Curve, Curved, FittedCurve};
use crate::harmonics::Harmonics;
use crate::seasons::{MOST_SEASONS, Season, find_seasonality};
use crate::sound::{Flaw, Sound, ensure};

/// Newest days that the waves are fitted on.
const DAYS: usize = 28;

/// The significant harmonics of every season found, about a level taken from the newest history.
///
/// Without a season it holds the newest level, which fades toward that of the last day. Days and weeks go by the
/// service's own clock, so that the morning stays where it is when summer time begins; shorter jobs go by UTC.
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

impl Sound for Waves {
    fn check(&self) -> Result<(), Flaw> {
        ensure(self.seasons.len() <= MOST_SEASONS, "it has more seasons than are looked for")?;
        let span = |seconds: i64| seconds > 0 && TimeDelta::try_seconds(seconds).is_some();
        let spans = self.seasons.iter().all(|(seconds, _)| span(*seconds));
        ensure(spans, "a season of it is no span of time")?;
        self.harmonics.check(self.seasons.len())
    }
}

/// The seasons of a history, found once.
struct Seasons(Vec<Season>);

impl Curve for Waves {
    const NAME: &'static str = "fft-seasonality";

    fn fit(history: &History, load: &[f64]) -> Result<Self, String> {
        let series = history.series();
        let found = history.derive(0, |history| Seasons(find_seasonality(history.series())));
        let seasons: Vec<(i64, f64)> =
            found.0.iter().map(|season| (season.period.num_seconds(), season.strength)).collect();
        let from = load.len().saturating_sub(DAYS * series.frequency().steps_per_day());
        let (start, step) = (series.time_at(from), series.frequency().span());
        let harmonics = Harmonics::fit(history.calendar(), start, step, &load[from..], &seasons);
        Ok(Self { harmonics, seasons })
    }

    fn at(&self, history: &History, index: usize) -> f64 {
        self.harmonics.at(history.calendar(), history.series().time_at(index), &self.seasons)
    }

    fn importances(&self) -> Vec<Importance> {
        let name = |seconds: i64| {
            let span = TimeDelta::seconds(seconds);
            format!("season of {}", forescale_core::time::format_span(span))
        };
        Importance::shares(
            self.seasons.iter().map(|(seconds, strength)| (name(*seconds), *strength)),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use forescale_core::{Calendar, Frequency, Horizon, LoadSeries, Predictor, Quantiles};

    use super::*;
    use crate::testing::options;

    const STEP_SECONDS: i64 = 900;
    const DAY: usize = 96;

    fn berlin() -> Calendar {
        Calendar { zone: "Europe/Berlin".parse().unwrap(), ..Calendar::default() }
    }

    /// A load that people make by the clock on their wall: highest at three in the afternoon.
    fn load(time: DateTime<Utc>) -> f64 {
        let hour = berlin().local(time).hour;
        let wave = |part: f64| (std::f64::consts::TAU * part * (hour - 15.0) / 24.0).cos();
        100.0 + 40.0 * wave(1.0) + 10.0 * wave(2.0) + 5.0 * wave(3.0)
    }

    fn until(end: &str, days: usize) -> History {
        let step = Frequency::from_seconds(STEP_SECONDS).unwrap();
        let start = end.parse::<DateTime<Utc>>().unwrap() - chrono::TimeDelta::days(days as i64);
        let time = |i: usize| start + chrono::TimeDelta::seconds(STEP_SECONDS * i as i64);
        let values = (0..days * DAY).map(|i| load(time(i))).collect();
        History::new(LoadSeries::new(start, step, values).unwrap(), Arc::new(berlin()))
    }

    /// The farthest that a forecast of two days from `origin` is off, trained on the 35 days up to `trained`.
    fn farthest_off(trained: &str, origin: &str) -> f64 {
        let fitted = FftSeasonality::default().fit(&until(trained, 35), &options(2 * DAY)).unwrap();
        let (history, horizon) = (until(origin, 35), Horizon::new(2 * DAY).unwrap());
        let forecast = fitted.predict(&history, horizon, &Quantiles::standard()).unwrap();
        let origin = history.origin();
        let off = |h: usize| {
            let time = origin + chrono::TimeDelta::seconds(STEP_SECONDS * h as i64);
            (forecast.point(h) - load(time)).abs()
        };
        (0..2 * DAY).map(off).fold(0.0, f64::max)
    }

    /// In Berlin clocks go forward on 29 March 2026 and back on 25 October; an hour off costs 12 of 100 here.
    #[test]
    fn the_day_stays_on_the_local_clock_across_summer_time() {
        for (trained, origin) in [
            ("2026-03-28T12:00:00Z", "2026-03-28T12:00:00Z"),
            ("2026-03-28T00:00:00Z", "2026-04-02T00:00:00Z"),
            ("2026-04-10T00:00:00Z", "2026-04-10T00:00:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-24T12:00:00Z"),
            ("2026-11-04T00:00:00Z", "2026-11-04T00:00:00Z"),
        ] {
            let off = farthest_off(trained, origin);
            assert!(off < 3.0, "{off:.1} off, trained until {trained}, at {origin}");
        }
    }
}
