//! Scaling policies: what was observed in, instances and a cause out.
//!
//! A policy sees the past only: [`Observation`] ends before the step that it decides. It never touches a fleet; the
//! replay and the service keep the limits, launch and remove. A new policy is one file and one row in [`POLICIES`].
//!
//! ```
//! use forescale_plan::policies::{POLICIES, create};
//! let policy = create("reactive:target=0.7", POLICIES)?;
//! assert_eq!(policy.name(), "reactive");
//! assert!(policy.settings().contains(&("window", "10m".to_owned())));
//! # Ok::<(), forescale_plan::policies::PolicyError>(())
//! ```

mod cause;
mod error;
mod list;
mod observation;
mod policy;
pub mod reactive;
mod settings;
pub mod r#static;
mod window;

pub use cause::{Cause, Decision};
pub use error::PolicyError;
pub use list::{POLICIES, Row, create};
pub use observation::{Dimension, Metric, Observation, Service};
pub use policy::{Past, Policy, Rule, Strategy};
pub use settings::{Field, Given, Key, KeyInfo, Keys, Settings};
