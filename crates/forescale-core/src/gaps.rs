//! The steps of a series that hold no load.

use serde::Serialize;

use crate::LoadSeries;

/// The steps without a load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gaps {
    /// How many steps are gaps.
    pub steps: usize,
    /// Their share of all steps, 0 to 1.
    pub share: f64,
    /// The longest run of them, in steps.
    pub longest_steps: usize,
    /// The longest run of them, in seconds.
    pub longest_seconds: i64,
}

impl Gaps {
    /// The gaps of a series.
    pub fn of(series: &LoadSeries) -> Self {
        let (mut run, mut longest_steps) = (0, 0);
        for value in series.values() {
            run = if value.is_nan() { run + 1 } else { 0 };
            longest_steps = longest_steps.max(run);
        }
        let steps = series.gaps();
        Self {
            steps,
            share: steps as f64 / series.len() as f64,
            longest_steps,
            longest_seconds: longest_steps as i64 * series.frequency().seconds(),
        }
    }
}
