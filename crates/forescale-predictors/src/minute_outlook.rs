//! The next minutes of a load with their upper tails, at every moment of a series, as they were known then.
//!
//! A walk along the series keeps, for each of a few horizons, the regressions of `minute-regression`: they are refitted
//! every midnight on what was known by then, and every error on the way is out of sample. So a quantile of the errors
//! is what it promises to be, and the walk can be carried on minute by minute as a service lives.
//!
//! # Source
//! The plan generator P of the study in `docs/decisions.md`; averaged quantiles: Lichtendahl, Grushka-Cockayne &
//! Winkler, *Is it better to average probabilities or quantiles?*, 2013.

use forescale_core::{FitError, Frequency, History, Outlook, PredictError};
use rayon::prelude::*;

mod columns;
mod line;
mod motion;
mod tail;
#[cfg(test)]
mod tests;
mod track;
mod weights;

use line::Line;
use motion::Seen;

const NAME: &str = "minute-outlook";

/// Horizons, in steps of the series, that have regressions of their own; others take the next longer one.
const ANCHORS: [usize; 10] = [1, 2, 3, 6, 11, 21, 31, 61, 121, 241];

/// Quantiles of the next minutes along a series that is decided on in steps as long as its own, or shorter.
///
/// A series that is coarser than the decisions is forecast in its own steps: it changes at their boundaries only, and
/// between them its value is known as soon as the first decision step of it is over.
///
/// ```
/// use std::sync::Arc;
/// use forescale_core::{Calendar, Frequency, History, LoadSeries, Outlook};
/// use forescale_predictors::MinuteOutlook;
///
/// let five_minutes = Frequency::from_seconds(300)?;
/// let load = (0..288 * 4).map(|i| 50.0 + 20.0 * (i as f64 / 45.8).sin()).collect();
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, five_minutes, load)?;
/// let history = History::new(series, Arc::new(Calendar::default()));
///
/// let outlook = MinuteOutlook::new(&history, Frequency::from_seconds(60)?, 6)?;
/// // After 5001 minutes the value of the minutes 5000 to 5004 is known, and that of minute 5005 is not.
/// assert_eq!(outlook.quantile(5_001, 1, 0.001)?, outlook.quantile(5_001, 1, 0.5)?);
/// assert!(outlook.quantile(5_001, 5, 0.001)? > outlook.quantile(5_001, 5, 0.5)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MinuteOutlook {
    seen: Seen,
    /// Decision steps in a step of the series.
    per_step: usize,
    /// One for each of the first anchors.
    lines: Vec<Line>,
}

impl MinuteOutlook {
    /// Walks along `history` for decisions every `step` that look `steps_ahead` of these steps ahead.
    ///
    /// # Errors
    /// [`FitError::Failed`] when a step of the history is no whole number of `step`s, or when `steps_ahead` is more
    /// than 240 steps of it.
    pub fn new(history: &History, step: Frequency, steps_ahead: usize) -> Result<Self, FitError> {
        let (own, step) = (history.series().frequency().seconds(), step.seconds());
        let failed = |reason| FitError::Failed { predictor: NAME, reason };
        if own % step != 0 {
            return Err(failed(format!("steps of {own} seconds are not whole steps of {step}")));
        }
        let per_step = (own / step) as usize;
        let farthest = steps_ahead.max(1).div_ceil(per_step) + usize::from(per_step > 1);
        let Some(last) = ANCHORS.iter().position(|anchor| *anchor >= farthest) else {
            return Err(failed(format!("{farthest} steps ahead are more than it looks ahead")));
        };
        let seen = Seen::new(history);
        let line = |anchor: &usize| {
            let mut line = Line::new(*anchor);
            line.advance(&seen);
            line
        };
        let lines = ANCHORS[..=last].par_iter().map(line).collect();
        Ok(Self { seen, per_step, lines })
    }

    /// Walks on to the end of `history`, which begins like the one before: only its new steps are worked on.
    pub fn advance(&mut self, history: &History) {
        self.seen = Seen::new(history);
        let seen = &self.seen;
        self.lines.par_iter_mut().for_each(|line| line.advance(seen));
    }

    /// What is known of the step that lies `h` decision steps after the first `known`.
    fn place(&self, known: usize, h: usize) -> Result<Place<'_>, PredictError> {
        let origin = known.div_ceil(self.per_step);
        let target = (known + h).saturating_sub(1) / self.per_step;
        let unsuitable = |reason| PredictError::Unsuitable { predictor: NAME, reason };
        if origin == 0 || origin > self.seen.len() {
            return Err(unsuitable(format!("it knows 1 to {} steps", self.seen.len())));
        }
        if target < origin {
            return Ok(Place::Known(self.seen.load(target)));
        }
        let ahead = target + 1 - origin;
        let line = self.lines.iter().find(|line| line.anchor() >= ahead);
        line.map(|line| Place::Ahead(line, origin))
            .ok_or_else(|| unsuitable(format!("{ahead} steps are too far ahead")))
    }
}

/// Where a step lies as seen from a moment.
enum Place<'a> {
    /// It is a part of a longer step whose value is known.
    Known(f64),
    /// It is forecast by a line from an origin.
    Ahead(&'a Line, usize),
}

impl Outlook for MinuteOutlook {
    fn quantile(&self, known: usize, h: usize, exceeded: f64) -> Result<f64, PredictError> {
        Ok(match self.place(known, h)? {
            Place::Known(load) => load,
            Place::Ahead(line, origin) => line.quantile(origin, exceeded),
        })
    }

    fn expected_error(&self, known: usize, h: usize) -> Result<f64, PredictError> {
        Ok(match self.place(known, h)? {
            Place::Known(_) => 0.0,
            Place::Ahead(line, origin) => {
                line.expected_error(origin) / self.seen.usual_load(origin)
            }
        })
    }
}
