//! How good past forecasts were, against what came and against repeating the day or week before.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How good the forecasts of a target were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Accuracy {
    /// When it was worked out.
    pub made_at: DateTime<Utc>,
    /// Steps compared.
    pub steps: usize,
    /// Mean distance of the median from the load, in the unit of the series.
    pub absolute_error: f64,
    /// The same for repeating the season before; absent without one.
    pub naive_error: Option<f64>,
    /// The share of that error that the forecasts avoid: 0 is no better, below 0 worse.
    pub skill: Option<f64>,
    /// The share of steps within the 80 % interval.
    pub coverage_80: f64,
    /// The share of steps within the 95 % interval.
    pub coverage_95: f64,
}
