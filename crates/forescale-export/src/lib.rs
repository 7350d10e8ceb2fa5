//! Scale plans as files for what people run: Kubernetes, KEDA, AWS and Prometheus.
//!
//! Nothing here talks to a system. `now` is an argument: what is over is left out, and a plan that is over is refused.
//!
//! ```
//! use forescale_export::{Schedule, Step, Workload, hpa_patch};
//!
//! let now = "2026-01-05T10:00:00Z".parse()?;
//! let plan = Schedule::new(vec![Step { at: now, instances: 12 }], now + chrono::TimeDelta::hours(1))?;
//! let patch = hpa_patch(&plan, &Workload::new("shop", "web")?, Some(40), now)?;
//! assert!(patch.text.contains("minReplicas: 12"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aws;
mod aws_script;
mod cronjobs;
mod document;
mod error;
mod forecast;
mod hpa;
mod keda;
mod names;
mod openmetrics;
mod schedule;
mod written_plan;

pub use aws::{GROUP_QUOTA, Group, Mode, ScalableTarget, TARGET_QUOTA, aws_group, aws_target};
pub use cronjobs::{CronJobOptions, cronjobs};
pub use document::{Document, diff, leftovers};
pub use error::ExportError;
pub use forecast::forecast_from_json;
pub use hpa::{FIELD_MANAGER, hpa_patch};
pub use keda::{KedaBounds, Measured, Trigger, keda_scaled_object};
pub use names::Workload;
pub use openmetrics::openmetrics;
pub use schedule::{Schedule, Step};
