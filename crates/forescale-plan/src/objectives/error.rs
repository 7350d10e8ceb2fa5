//! What stops an objective, and the way out.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::error::PlanError;

/// Input that no objective can be reached with.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// What stops every plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A number outside its range.
    #[error("{name} should be {range}, but is {value}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        value: f64,
    },
    /// Nothing is known at a moment.
    #[error("{what} should be known from {from} on, but the first row is of {first}")]
    Unknown {
        /// What the rows hold.
        what: &'static str,
        /// The first moment that is asked about.
        from: DateTime<Utc>,
        /// The first row.
        first: DateTime<Utc>,
    },
    /// No rows at all.
    #[error("{what} should have at least one row, but has none")]
    Empty {
        /// What the rows hold.
        what: &'static str,
    },
    /// Flexible work that cannot be done by its deadline.
    #[error(
        "flexible work that arises from {from} on lacks {units} instance-steps before its deadline"
    )]
    Deadline {
        /// Begin of the first step whose work is not done in time.
        from: DateTime<Utc>,
        /// Instance-steps that are missing.
        units: u32,
    },
    /// Demand that no allowed region can carry.
    #[error(
        "the demand of {} at {at} needs {needed} instances within the latency limit, but its regions have {most}",
        .origins.join(" and ")
    )]
    Regions {
        /// Origins whose demand cannot be carried.
        origins: Vec<String>,
        /// The step.
        at: DateTime<Utc>,
        /// Instances that they need.
        needed: u64,
        /// Instances that their regions have at most.
        most: u64,
    },
    /// A question that is too large to be answered exactly.
    #[error("{what} goes through at most {most} cases, but this question has {cases}")]
    TooLarge {
        /// What goes through them.
        what: &'static str,
        /// Most cases.
        most: usize,
        /// Cases of this question.
        cases: usize,
    },
    /// A price of a violation where a share of time is asked for.
    #[error("this objective needs a budget or a quantile, but has a price of a violation")]
    NeedsBudget,
    /// Rows that contradict each other.
    #[error("{what} of {name} should be the same in every row, but is {first} and {other}")]
    Contradiction {
        /// Which value.
        what: &'static str,
        /// Of what.
        name: String,
        /// One value.
        first: f64,
        /// Another one.
        other: f64,
    },
}

impl ObjectiveError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Plan(error) => error.hint(),
            Self::OutOfRange { .. } => "correct the value, and check its unit",
            Self::Unknown { .. } => "add a row for the begin of the plan or an earlier moment",
            Self::Empty { .. } => "give at least one row",
            Self::Deadline { .. } => {
                "raise the maximum, give a longer deadline, or make less of the load flexible"
            }
            Self::Regions { .. } => {
                "raise the instances of a region, or the latency limit, or add a region"
            }
            Self::TooLarge { .. } => "plan a shorter horizon, longer steps or fewer paths",
            Self::NeedsBudget => "give the share of time in which instances may be too few",
            Self::Contradiction { .. } => "correct one of the rows",
        }
    }
}

/// `value` when it is within `(low, high)`, its ends included, else the error that names it.
pub(super) fn within(
    name: &'static str,
    value: f64,
    (low, high): (f64, f64),
    range: &'static str,
) -> Result<f64, ObjectiveError> {
    if value.is_finite() && value >= low && value <= high {
        Ok(value)
    } else {
        Err(ObjectiveError::OutOfRange { name, range, value })
    }
}

/// `value` when it is a number from 0 on, else the error that names it.
pub(super) fn not_negative(name: &'static str, value: f64) -> Result<f64, ObjectiveError> {
    within(name, value, (0.0, f64::MAX), "a number from 0 on")
}

/// `value` when it is a share from 0 to below 1, else the error that names it.
pub(super) fn share(name: &'static str, value: f64) -> Result<f64, ObjectiveError> {
    within(name, value, (0.0, 1.0 - f64::EPSILON), "from 0 to below 1")
}
