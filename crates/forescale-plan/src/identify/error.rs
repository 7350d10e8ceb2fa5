//! What stops the identification of a response-time model.

use thiserror::Error;

/// Rows that no response-time model can be learned from, or a text that is none.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum IdentifyError {
    /// Columns that do not belong together.
    #[error(
        "the columns should be of one length, but there are {loads} loads, {instances} instance counts and {response_times} response times"
    )]
    Lengths {
        /// Rows of the load.
        loads: usize,
        /// Rows of the instances.
        instances: usize,
        /// Rows of the response time.
        response_times: usize,
    },
    /// Too little to learn from.
    #[error("{needed} complete rows are needed to learn response times from, but there are {rows}")]
    TooFew {
        /// Complete rows.
        rows: usize,
        /// Rows that are enough.
        needed: usize,
    },
    /// A fleet that is always equally busy.
    #[error(
        "the load of an instance should vary, but is {low:.4} to {high:.4} in nine tenths of the rows"
    )]
    NoVariation {
        /// Its 5 % quantile.
        low: f64,
        /// Its 95 % quantile.
        high: f64,
    },
    /// Response times that do not grow with the load of an instance.
    #[error(
        "response times should grow with the load of an instance, but their rank correlation is {effect:.2}"
    )]
    NoEffect {
        /// The rank correlation.
        effect: f64,
    },
    /// A text that is no model.
    #[error(
        "a response-time model should be queueing(…) with 3 numbers or armax(…) with 6, but is {0:?}"
    )]
    Text(String),
}

impl IdentifyError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lengths { .. } => "take the columns from one file",
            Self::TooFew { .. } => {
                "pass a longer history; rows with a gap, without an instance or without load do not count"
            }
            Self::NoVariation { .. } => {
                "pass a time with busy and with quiet hours, or one in which the number of instances was fixed"
            }
            Self::NoEffect { .. } => {
                "check that the columns belong together, and that the times are in seconds"
            }
            Self::Text(_) => "copy the model from the output of identify",
        }
    }
}
