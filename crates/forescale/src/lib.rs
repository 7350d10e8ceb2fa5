//! Predictive autoscaling: from a load history to a scale plan.
//!
//! The engine does no I/O: a history is a [`LoadSeries`], a model is bytes, `now` is an argument, and all
//! randomness comes from a seed, so that the same input always gives the same plan.

pub mod card;
mod error;
pub mod explain;
pub mod fallback;
mod model;
mod options;
mod origin;
mod train;

pub use card::ModelCard;
pub use error::EngineError;
pub use forescale_core::{
    BusinessHours, Calendar, Event, Forecast, Frequency, Holiday, Horizon, Level, LoadSeries,
    Quantile, Quantiles, Replicas, Utilization, parse_span,
};
pub use model::Model;
pub use options::{EngineOptions, horizon};
pub use origin::as_of;
pub use train::train;
