//! No forecast leaves the engine that history and its growth cannot justify.
//!
//! A service that sleeps for days and then starts once made a scaled forecaster ask for twenty times the load.
//! The histories here are made of such turns: levels from nothing to a million, bursts, gaps.

use chrono::{DateTime, Utc};
use forescale::{EngineOptions, Frequency, LoadSeries, Quantiles, horizon, train};
use proptest::prelude::*;

/// How far above everything seen a quantile up to 0.975 may go.
const MOST: f64 = 5.0;

/// Training takes the time of many small cases, and a hundred of it are ten minutes.
fn config() -> ProptestConfig {
    let cases = (ProptestConfig::default().cases / 32).clamp(1, 100);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_day_ahead_stays_within_reach_of_history(load in loads()) {
        let highest = load.iter().copied().filter(|value| !value.is_nan()).fold(0.0, f64::max);
        let series = series(load);
        let options = EngineOptions::default();
        let model = train(&series, &options).unwrap();
        let quantiles = Quantiles::new([0.025, 0.1, 0.9, 0.975]).unwrap();
        let steps = horizon(options.horizon, series.frequency()).unwrap();
        let forecast = model.forecast(&series, steps, &quantiles).unwrap();
        for h in 0..steps.steps() {
            let row = forecast.row(h);
            prop_assert!(row.iter().all(|value| value.is_finite()), "{row:?}");
            prop_assert!(row.is_sorted(), "quantiles cross: {row:?}");
            prop_assert!(row[0] >= 0.0, "no load is below zero: {row:?}");
            prop_assert!(row[row.len() - 1] <= MOST * highest, "{row:?} after {highest}");
        }
    }
}

/// A stretch of a history: so many steps about a level.
#[derive(Debug, Clone)]
struct Stretch {
    steps: usize,
    level: f64,
    /// How far the day swings, as a share of the level.
    swing: f64,
    /// A fiftyfold burst every so many steps.
    bursts: Option<usize>,
    /// A gap every so many steps.
    gaps: Option<usize>,
}

fn loads() -> impl Strategy<Value = Vec<f64>> {
    let level = prop::sample::select(vec![0.0, 1e-3, 1.0, 50.0, 1e3, 1e6]);
    let every = || prop::option::weighted(0.3, 5_usize..300);
    let stretch = (1_usize..400, level, 0.0..1.0, every(), every()).prop_map(
        |(steps, level, swing, bursts, gaps)| Stretch { steps, level, swing, bursts, gaps },
    );
    prop::collection::vec(stretch, 1..6).prop_map(|stretches| {
        stretches
            .iter()
            .flat_map(|stretch| (0..stretch.steps).map(|step| stretch.at(step)))
            .collect()
    })
}

impl Stretch {
    fn at(&self, step: usize) -> f64 {
        let falls = |every: Option<usize>| every.is_some_and(|every| step % every == every - 1);
        if falls(self.gaps) {
            return f64::NAN;
        }
        let day = 1.0 + self.swing * (std::f64::consts::TAU * step as f64 / 96.0).sin();
        let burst = if falls(self.bursts) { 50.0 } else { 1.0 };
        self.level * day * burst
    }
}

fn series(load: Vec<f64>) -> LoadSeries {
    let start: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().unwrap();
    LoadSeries::new(start, Frequency::from_seconds(900).unwrap(), load).unwrap()
}
