//! Small histories for the unit tests of this crate.

use std::sync::Arc;

use forescale_core::{Calendar, FitOptions, Frequency, History, Horizon, LoadSeries};

/// A history of `values` from a Monday midnight on.
pub(crate) fn history(step_seconds: i64, values: &[f64]) -> History {
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let step = Frequency::from_seconds(step_seconds).unwrap();
    let series = LoadSeries::new(start, step, values.to_vec()).unwrap();
    History::new(series, Arc::new(Calendar::default()))
}

/// What a fit for `steps` ahead is told.
pub(crate) fn options(steps: usize) -> FitOptions {
    FitOptions::new(Horizon::new(steps).unwrap(), 1)
}

/// Noise with a mean of 0 and a variance of about 1, the same for the same seed.
pub(crate) struct Noise(forescale_features::rows::SplitMix);

impl Noise {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(forescale_features::rows::SplitMix(seed))
    }

    /// The next value: twelve uniform ones less their mean.
    pub fn next(&mut self) -> f64 {
        (0..12).map(|_| self.0.unit()).sum::<f64>() - 6.0
    }
}
