//! What can go wrong between a history and a plan.

use forescale_core::{FitError, Frequency, PredictError, SeriesError, UnitError};
use thiserror::Error;

/// An engine that could not answer.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A name that is not in the list of predictors.
    #[error("there is no predictor {name:?}; the predictors are {known}")]
    UnknownPredictor {
        /// The name.
        name: String,
        /// The known ones.
        known: String,
    },
    /// A history that cannot be used.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// A quantity outside its range.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// Nothing could be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Nothing could be predicted.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// Another step than the model was trained with.
    #[error("the model was trained with a step of {trained}, but the history has one of {given}")]
    Step {
        /// The step of the model.
        trained: Frequency,
        /// The step of the history.
        given: Frequency,
    },
    /// A moment to forecast from that the history does not reach.
    #[error("the first moment to forecast, {now}, is {gap} after the history ends at {end}")]
    Stale {
        /// The moment asked for.
        now: String,
        /// What lies between.
        gap: String,
        /// Where the history ends.
        end: String,
    },
    /// A moment before the history.
    #[error("the first moment to forecast, {now}, is not after the history begins at {start}")]
    TooEarly {
        /// The moment asked for.
        now: String,
        /// Where the history begins.
        start: String,
    },
    /// Bytes that are no model of this version.
    #[error("the model cannot be read: {0}")]
    Model(String),
    /// Too little history to score anything.
    #[error("a backtest needs {needed} steps of history, but got {got}")]
    Backtest {
        /// Steps needed.
        needed: usize,
        /// Steps there are.
        got: usize,
    },
}
