//! Scaling policies: what was observed in, instances and a cause out.
//!
//! A policy sees the past only: [`Observation`] ends before the step that it decides. It never touches a fleet; the
//! replay and the service keep the limits, launch and remove. A new policy is one file and one row in [`POLICIES`].
//!
//! ```
//! use forescale_plan::policies::{POLICIES, create};
//! let policy = create("hpa:target=0.6", POLICIES)?;
//! assert_eq!(policy.name(), "hpa");
//! assert!(policy.settings().contains(&("down-stabilization", "5m".to_owned())));
//! # Ok::<(), forescale_plan::policies::PolicyError>(())
//! ```

mod actions;
pub mod aws_predictive;
pub mod carbon;
mod cause;
pub mod combined;
pub mod cron;
pub mod dqn;
mod error;
pub mod event_driven;
mod eyes;
mod files;
pub mod forescale;
pub mod hpa;
pub mod keda;
pub mod kpa;
mod list;
pub mod mpc;
pub mod multi_dimensional;
mod observation;
#[cfg(test)]
mod outlooks;
mod policy;
pub mod priced;
mod rates;
pub mod reactive;
pub mod regions;
mod rounding;
pub mod scale_to_zero;
pub mod scenarios;
pub mod scheduled;
mod settings;
pub mod simple;
pub mod spot;
pub mod r#static;
pub mod step_scaling;
mod steps;
pub mod target_tracking;
mod timetable;
pub mod voting;
mod window;

pub use cause::{Cause, Decision};
pub use combined::{Combined, several};
pub use error::PolicyError;
pub use eyes::{Counts, Eyes, Measured};
pub use files::{Attached, FileKind};
pub use list::{FORESIGHTED, POLICIES, Row, combined, create};
pub use observation::{Dimension, Metric, Observation, Service};
pub use policy::{Bounds, Figures, Past, Policy, Rule, Strategy};
pub use settings::{Field, Given, Key, KeyInfo, Keys, Settings};
