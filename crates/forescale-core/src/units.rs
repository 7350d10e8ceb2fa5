//! Quantities that are checked once, when they are built.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A quantity outside its range.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum UnitError {
    /// A step that is not 1 second to 28 days.
    #[error("a step should be between 1s and 28d, but is {0}s")]
    Step(i64),
    /// A horizon outside 1 to [`crate::Horizon::MAX_STEPS`].
    #[error("a horizon should have 1 to 1000000 steps, but has {0}")]
    Horizon(usize),
    /// Text that is not a positive span.
    #[error("a span should look like 300s, 5m, 24h, 7d or PT5M, but is {0:?}")]
    Span(String),
    /// A quantile outside (0, 1).
    #[error("a quantile should be above 0 and below 1, but is {0}")]
    Quantile(f64),
    /// A level outside (0, 100).
    #[error("a level should be above 0 and below 100 percent, but is {0}")]
    Level(f64),
    /// A utilisation outside (0, 1].
    #[error("a utilisation should be above 0 and at most 1, but is {0}")]
    Utilization(f64),
}

/// A share of an instance's capacity, above 0 and at most 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Utilization(f64);

impl Utilization {
    /// A utilisation of `share`.
    ///
    /// # Errors
    /// [`UnitError::Utilization`] outside (0, 1].
    pub fn new(share: f64) -> Result<Self, UnitError> {
        if share > 0.0 && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(UnitError::Utilization(share))
        }
    }

    /// The share, above 0 and at most 1.
    pub fn share(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Utilization {
    type Error = UnitError;

    fn try_from(share: f64) -> Result<Self, UnitError> {
        Self::new(share)
    }
}

impl From<Utilization> for f64 {
    fn from(utilization: Utilization) -> Self {
        utilization.0
    }
}

/// A number of instances.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Replicas(pub u32);

impl std::fmt::Display for Replicas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
