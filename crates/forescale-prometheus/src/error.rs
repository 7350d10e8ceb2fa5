//! What can go wrong between a query and a load series. Every message names the server, and none holds a secret.

use forescale_core::{Frequency, SeriesError};
use thiserror::Error;

/// A load history that cannot be had.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The fields are the words of the message above them.
pub enum PrometheusError {
    /// A source string that cannot be read.
    #[error("a Prometheus source {0}")]
    Source(String),
    /// A setting outside its range.
    #[error("{key} should be {expected}, but is {found}")]
    Setting { key: &'static str, found: String, expected: String },
    /// A file with a secret or a certificate that cannot be read.
    #[error("{path} should hold {expected}, but {reason}")]
    File { path: String, expected: &'static str, reason: String },
    /// No connection, or one that broke.
    #[error("{name} cannot be reached: {reason}")]
    Unreachable { name: String, reason: String },
    /// No trusted connection.
    #[error("{name} cannot be trusted, or does not trust this client: {reason}")]
    Untrusted { name: String, reason: String },
    /// A request that took too long.
    #[error("{name} did not answer a request within {seconds} s")]
    Timeout { name: String, seconds: f64 },
    /// The deadline of the whole read.
    #[error("{name} did not answer everything within {seconds} s{}", after(last))]
    Deadline { name: String, seconds: f64, last: Option<String> },
    /// More bytes than allowed.
    #[error("{name} answers with more than {bytes} bytes")]
    TooLarge { name: String, bytes: u64 },
    /// Wrong or missing credentials.
    #[error("{name} refuses access with status {status}{}", after_colon(message))]
    Access { name: String, status: u16, message: String },
    /// A query or a request that the server refuses.
    #[error("{name} refuses the request with status {status}{}", after_colon(message))]
    Rejected { name: String, status: u16, message: String },
    /// A failure of the server.
    #[error("{name} fails with status {status}{}", after_colon(message))]
    Server { name: String, status: u16, message: String },
    /// An answer that is none of the API.
    #[error("{name} does not answer as Prometheus does: {reason}")]
    Malformed { name: String, reason: String },
    /// An answer with warnings.
    #[error("{name} answers in part only: {}", warnings.join("; "))]
    Partial { name: String, warnings: Vec<String> },
    /// No series.
    #[error("{name} has no series for {query:?}")]
    NoSeries { name: String, query: String },
    /// More than one series.
    #[error("{name} has {count} series for {query:?}, but one is needed: {}", listed(series, *count))]
    SeveralSeries { name: String, query: String, count: usize, series: Vec<String> },
    /// A counter that is not turned into a rate.
    #[error("{metric} is a counter, which only grows: {why}")]
    Counter { metric: String, why: &'static str },
    /// A native histogram in place of numbers.
    #[error("{name} answers {query:?} with native histograms, not with numbers")]
    Histogram { name: String, query: String },
    /// Too few steps with a load.
    #[error("{name} has a load in {:.1} % of the {steps} steps of {step}, but {:.1} % are needed{}", percent(*share), percent(*needed), after(mends))]
    Coverage {
        name: String,
        share: f64,
        needed: f64,
        steps: usize,
        step: Frequency,
        mends: Option<String>,
    },
    /// Values that make no series.
    #[error("{name}: {reason}")]
    NoLoad { name: String, reason: SeriesError },
    /// A clock that differs.
    #[error("the clock of {name} is {seconds} s {}", if *ahead { "ahead" } else { "behind" })]
    ClockSkew { name: String, seconds: i64, ahead: bool },
}

/// Whether a failed request is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It fails again.
    Never,
    /// It may pass.
    Again,
    /// It may pass, and if not, less may be asked for at once.
    AgainThenLess,
}

/// Words with which servers say that a query asks for too much at once.
const TOO_MUCH: [&str; 5] = ["deadline", "timed out", "timeout", "too many samples", "exceeds the"];

impl PrometheusError {
    /// Whether the source cannot be had now, as opposed to being asked for wrongly.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Untrusted { .. }
                | Self::Timeout { .. }
                | Self::Deadline { .. }
                | Self::Server { .. }
                | Self::Malformed { .. }
                | Self::Partial { .. }
                | Self::TooLarge { .. }
        )
    }

    pub(crate) fn retry(&self) -> Retry {
        let too_much = |text: &str| TOO_MUCH.iter().any(|word| text.contains(word));
        match self {
            Self::Unreachable { .. } | Self::Server { status: 429, .. } => Retry::Again,
            Self::Server { status: 422, message, .. } if !too_much(message) => Retry::Again,
            Self::Server { .. } | Self::Timeout { .. } => Retry::AgainThenLess,
            _ => Retry::Never,
        }
    }
}

fn percent(share: f64) -> f64 {
    100.0 * share
}

fn after(detail: &Option<String>) -> String {
    detail.as_ref().map_or_else(String::new, |detail| format!("; {detail}"))
}

fn after_colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn listed(series: &[String], count: usize) -> String {
    match count.saturating_sub(series.len()) {
        0 => series.join(", "),
        more => format!("{} and {more} more", series.join(", ")),
    }
}

/// Text of a server as it may stand in a message: one line, never too long, no control characters.
pub(crate) fn quoted(text: &str) -> String {
    const WIDTH: usize = 1_000;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.trim().chars().take(WIDTH).map(plain).collect();
    if text.trim().chars().nth(WIDTH).is_some() {
        line.push_str("...");
    }
    line
}
