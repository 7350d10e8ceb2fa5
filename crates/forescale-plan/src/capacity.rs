//! From load to instances: the only place where one becomes the other.

use forescale_core::Utilization;
use serde::{Deserialize, Serialize};

use crate::error::PlanError;

/// What decides how many instances a load needs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sizing {
    /// No instance is busier than this share of its capacity.
    Utilization(Utilization),
    /// At most `share` of the requests wait longer than `max_wait_s`. The load counts requests a second.
    Wait {
        /// Mean seconds of work in one request.
        service_time_s: f64,
        /// Longest wait in seconds before the work on a request begins.
        max_wait_s: f64,
        /// Share of requests that may wait longer, above 0 and below 1.
        share: f64,
    },
}

/// How much one instance carries, and how full it may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Capacity {
    load_per_instance: f64,
    sizing: Sizing,
}

impl Capacity {
    /// The target utilisation when none is given.
    pub const DEFAULT_UTILIZATION: f64 = 0.8;

    /// Instances that carry `load_per_instance` when saturated and should be at most `target` busy.
    ///
    /// # Errors
    /// [`PlanError::Capacity`] when `load_per_instance` is not a positive number.
    pub fn utilization(load_per_instance: f64, target: Utilization) -> Result<Self, PlanError> {
        let sizing = Sizing::Utilization(target);
        Ok(Self { load_per_instance: positive(load_per_instance, PlanError::Capacity)?, sizing })
    }

    /// Instances sized so that at most `share` of the requests wait longer than `max_wait_s` (Erlang C).
    ///
    /// Without `load_per_instance` an instance works on one request at a time and carries `1 / service_time_s`.
    /// One that carries more works on `load_per_instance * service_time_s` requests at once.
    ///
    /// # Errors
    /// [`PlanError::ServiceTime`], [`PlanError::MaxWait`], [`PlanError::WaitShare`], [`PlanError::Capacity`] or
    /// [`PlanError::Slots`] name the value that is out of range.
    pub fn wait(
        load_per_instance: Option<f64>,
        service_time_s: f64,
        max_wait_s: f64,
        share: f64,
    ) -> Result<Self, PlanError> {
        let least = 1.0 / positive(service_time_s, PlanError::ServiceTime)?;
        if !(max_wait_s >= 0.0 && max_wait_s.is_finite()) {
            return Err(PlanError::MaxWait(max_wait_s));
        }
        if !(share > 0.0 && share < 1.0) {
            return Err(PlanError::WaitShare(share));
        }
        let capacity = positive(load_per_instance.unwrap_or(least), PlanError::Capacity)?;
        if capacity < least * (1.0 - 1e-9) {
            return Err(PlanError::Slots { service_time_s, least, capacity });
        }
        let sizing = Sizing::Wait { service_time_s, max_wait_s, share };
        Ok(Self { load_per_instance: capacity, sizing })
    }

    /// Load one instance carries when saturated, in the unit of the series.
    pub fn load_per_instance(&self) -> f64 {
        self.load_per_instance
    }

    /// What decides how full it may be.
    pub fn sizing(&self) -> Sizing {
        self.sizing
    }
}

/// `value` when it is a positive number, else the error that names it.
fn positive(value: f64, error: impl Fn(f64) -> PlanError) -> Result<f64, PlanError> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(error(value)) }
}
