//! How high the load may be a few steps ahead, at every moment of a series.

use std::fmt::Debug;
use std::sync::Arc;

use crate::forecasts::Forecasts;
use crate::predictor::PredictError;

/// Quantiles of the load of the next steps, far into the upper tail, at every moment of a series.
///
/// What is said after `known` steps rests on those steps only, however many more the series has: a replay asks at
/// every step of a history, a service at its end.
pub trait Outlook: Debug + Send + Sync {
    /// The load that is exceeded with probability `exceeded` (0 to 1) `h` steps after the first `known`; `h` is 1 for
    /// the step that begins. In load units, and never less for a smaller probability.
    ///
    /// # Errors
    /// [`PredictError`] when nothing can be said after so few steps, or of a step so far ahead.
    fn quantile(&self, known: usize, h: usize, exceeded: f64) -> Result<f64, PredictError>;

    /// How far the middle of the same forecast is expected to be off, as a share of the usual load.
    ///
    /// # Errors
    /// As [`Outlook::quantile`].
    fn expected_error(&self, known: usize, h: usize) -> Result<f64, PredictError>;
}

/// What a policy may ask about the load to come; nothing when the caller has no forecaster.
#[derive(Debug, Clone, Default)]
pub struct Foresight {
    /// Whole forecasts, hours or days ahead.
    pub forecasts: Option<Arc<dyn Forecasts>>,
    /// The next minutes, with their tails.
    pub outlook: Option<Arc<dyn Outlook>>,
}
