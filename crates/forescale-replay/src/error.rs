//! What stops a replay, and the way out.

use chrono::{DateTime, SecondsFormat, Utc};
use forescale_core::SeriesError;
use forescale_plan::PlanError;
use forescale_plan::policies::PolicyError;
use thiserror::Error;

/// A replay that cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A span that is negative or beyond reason.
    #[error("{name} should be from 0 to 2419200 seconds (28d), but is {seconds} seconds")]
    Span {
        /// Which span.
        name: &'static str,
        /// Its length.
        seconds: f64,
    },
    /// A share outside its range.
    #[error("{name} should be from 0 to below 1, but is {share}")]
    Share {
        /// Which share.
        name: &'static str,
        /// Its value.
        share: f64,
    },
    /// A rate that is no number from 0 on.
    #[error("{name} should be a number from 0 on, but is {value}")]
    Rate {
        /// Which rate.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A number of instances above the most that are simulated.
    #[error("{name} should be at most {most} instances, but is {count}")]
    Count {
        /// Which number.
        name: &'static str,
        /// The most.
        most: u32,
        /// Its value.
        count: u32,
    },
    /// Nothing is left to score.
    #[error(
        "scoring should begin within the {steps} steps of the history, but begins at step {from}"
    )]
    Window {
        /// First scored step.
        from: usize,
        /// Steps there are.
        steps: usize,
    },
    /// A history of which nothing may be learned.
    #[error(
        "a history to learn from should have {least} steps before the scored ones, but has {got}"
    )]
    NothingToLearn {
        /// Fewest steps.
        least: usize,
        /// Steps before the scored ones.
        got: usize,
    },
    /// A further column that is not as long as the load.
    #[error("{name} should have {expected} values like the load, but has {got}")]
    Column {
        /// Which one.
        name: &'static str,
        /// Values of the load.
        expected: usize,
        /// Values it has.
        got: usize,
    },
    /// A step that does not fit the history.
    #[error(
        "the step should divide the step of the history, {history}s, or be a multiple of it, but is {step}s"
    )]
    Step {
        /// Step of the history in seconds.
        history: i64,
        /// Step asked for in seconds.
        step: i64,
    },
    /// A plan without a row.
    #[error("a plan should have at least one row, but has none")]
    EmptyPlan,
    /// A plan whose rows are not in order.
    #[error("the rows of a plan should go forward in time, but row {row} does not")]
    PlanOrder {
        /// The row, from 0 on.
        row: usize,
    },
    /// A plan for another time.
    #[error("the plan begins at {begin}, when the history, which ends at {end}, is over", begin = stamp(*begin), end = stamp(*end))]
    PlanLater {
        /// When it begins.
        begin: DateTime<Utc>,
        /// When the history ends.
        end: DateTime<Utc>,
    },
    /// A load that cannot be read as instances, or limits that cannot be kept.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A policy that cannot be made or does not fit.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A history that is none.
    #[error(transparent)]
    Series(#[from] SeriesError),
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl ReplayError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Span { .. } => "pass a span like 300s or 5m, or 0 to switch it off",
            Self::Share { .. } => "pass a share like 0.01, or 0 to switch it off",
            Self::Rate { .. } => "pass 0 to switch it off",
            Self::Count { .. } => "pass a smaller number, or check the unit of the capacity",
            Self::Window { .. } => "score from an earlier moment, or pass a longer history",
            Self::NothingToLearn { .. } => "score from a later moment, or pass a longer history",
            Self::Column { .. } => "take the column from the same file as the load",
            Self::Step { .. } => "pass the step of the history, or one that divides it",
            Self::EmptyPlan => "pass a plan with the columns timestamp and instances",
            Self::PlanOrder { .. } => "sort the plan by its timestamps",
            Self::PlanLater { .. } => "pass a plan for the time of the history",
            Self::Plan(error) => error.hint(),
            Self::Policy(error) => error.hint(),
            Self::Series(_) => "pass a history with at least one value",
        }
    }
}
