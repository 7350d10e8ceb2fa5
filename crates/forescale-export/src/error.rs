//! What stops an export, and the way out.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::time::format_span;
use thiserror::Error;

/// A plan that cannot be written for a system as it stands.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The fields are the words of the message above them.
pub enum ExportError {
    /// A name that the system would refuse.
    #[error("{what} should be {expected}, but is {found:?}")]
    Name { what: &'static str, expected: &'static str, found: String },
    /// More instances than the maximum.
    #[error("the maximum is {max}, but the plan asks for {instances} instances at {at}")]
    AboveMax { instances: u32, max: u32, at: DateTime<Utc> },
    /// A minimum above the maximum.
    #[error("the minimum should be at most the maximum of {max}, but is {min}")]
    Range { min: u32, max: u32 },
    /// A trigger without a load to compare with.
    #[error("what one instance should carry should be above 0, but is {0}")]
    Threshold(f64),
    /// A plan that is over.
    #[error("the plan ended at {end}, but it is {now}")]
    Over { end: DateTime<Utc>, now: DateTime<Utc> },
    /// A plan that is over before anything of it can be applied.
    #[error(
        "the plan ends at {end}, and what is exported at {now} with a lead of {} begins no earlier",
        format_span(*lead)
    )]
    Late { end: DateTime<Utc>, now: DateTime<Utc>, lead: TimeDelta },
    /// A plan that begins later.
    #[error("the plan begins at {begin}, but it is {now}")]
    Early { begin: DateTime<Utc>, now: DateTime<Utc> },
    /// A plan on data that are too old.
    #[error(
        "the plan is stale: its data are too old, and the {instances} instances that it held stay"
    )]
    Stale { instances: u32 },
    /// A plan without a row, or with rows out of order.
    #[error("a plan should have rows in ascending order of time, but {0}")]
    Rows(String),
    /// Text that is no plan.
    #[error("a plan should be the JSON of `forescale plan -o json`, but {0}")]
    NoPlan(String),
    /// Text that is no forecast.
    #[error("a forecast should be the JSON of `forescale forecast -o json`, but {0}")]
    NoForecast(String),
    /// A document that could not be written.
    #[error("the export cannot be written: {0}")]
    Write(String),
}

impl ExportError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Name { .. } => "give the name as it stands in the system",
            Self::AboveMax { .. } => "raise the maximum there, or plan with `--max`",
            Self::Range { .. } => "raise the maximum or lower the minimum",
            Self::Threshold(_) => {
                "give the load of one instance, or its processor share in percent"
            }
            Self::Over { .. } => "make a new plan: one of the past would act at once, or next year",
            Self::Late { .. } => "make a new plan, with a longer horizon, or lower `--lead`",
            Self::Early { .. } => {
                "check the clock, or export the plan with the time it was made at"
            }
            Self::Stale { .. } => "see why its source is silent; what was exported before stays",
            Self::Rows(_) | Self::NoPlan(_) => "write it with `forescale plan -o json`",
            Self::NoForecast(_) => "write it with `forescale forecast -o json`",
            Self::Write(_) => "check the names and the numbers of the plan",
        }
    }
}
