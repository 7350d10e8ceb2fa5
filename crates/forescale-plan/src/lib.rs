//! From a forecast and a fleet to a scale plan: capacity, sizing, limits, and a reason for every step.
//!
//! Nothing here knows a predictor or reads a clock, and random numbers come from a seed.

pub mod capacity;
pub mod clairvoyant;
pub mod erlang;
pub mod error;
pub mod fleet;
pub mod identify;
pub mod limits;
pub mod objectives;
pub mod options;
mod plan;
pub mod policies;
pub mod reason;
pub mod scale_plan;
pub mod summary;

mod demand;
mod in_flight;
mod merge;
mod outlook;
mod rows;
mod stabilization;
mod timeline;
mod walk;
mod window;
mod zero;

pub use capacity::{Capacity, Sizing};
pub use error::PlanError;
pub use fleet::FleetState;
pub use limits::Limits;
pub use options::{ColdStart, Objective, PlanOptions};
pub use plan::{plan, plan_serving};
pub use reason::{Binding, ForecastNotes, Late, Peak, Reason};
pub use scale_plan::{Action, Headroom, PlanSettings, Recommendation, ScalePlan};
pub use summary::PlanSummary;
