//! The types every part of forescale speaks: series, units, time, forecasts and the predictor contract.
//!
//! Nothing here reads a file or a clock: `now` and the seed are arguments everywhere.

pub mod calendar;
pub mod clock;
pub mod forecast;
pub mod forecasts;
pub mod gaps;
pub mod grid;
pub mod grid_error;
pub mod history;
pub mod mends;
pub mod metrics;
pub mod model_file;
pub mod native;
pub mod notes;
pub mod outlook;
pub mod phase;
pub mod predictor;
pub mod quantile;
pub mod series;
pub mod tidy;
pub mod time;
pub mod units;

pub use calendar::{BusinessHours, Calendar, Event, Holiday};
pub use forecast::{Forecast, ForecastError};
pub use forecasts::{Fits, Forecasts, SharedForecasts};
pub use gaps::Gaps;
pub use grid_error::GridError;
pub use history::History;
pub use mends::Mends;
pub use notes::ReadNotes;
pub use outlook::{Foresight, Outlook};
pub use phase::phase;
pub use predictor::{
    Effort, FitError, FitOptions, FittedPredictor, Importance, PredictError, Predictor,
};
pub use quantile::{Level, Quantile, Quantiles};
pub use series::{LoadSeries, SeriesError};
pub use tidy::tidy;
pub use time::{Frequency, Horizon, parse_span};
pub use units::{Replicas, UnitError, Utilization};
