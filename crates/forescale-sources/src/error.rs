//! What can go wrong with a source, each with its way out.

use std::fmt;
use std::io;

use forescale_core::Frequency;
pub use forescale_core::model_file::ModelProblem;
use thiserror::Error;

/// Where in a source a value stands, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of a text file.
    Line(usize),
    /// A row of a table.
    Row(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// A source that cannot be read or a file that cannot be written. Every message names the file.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The fields are the words of the message above them.
pub enum SourceError {
    /// The source is not there or may not be read.
    #[error("{name}: {reason}")]
    Unavailable { name: String, reason: String },
    /// Not a single byte.
    #[error("{name} is empty, but a load history has a header line and at least one row")]
    Empty { name: String },
    /// A header and nothing below it.
    #[error("{name} has a header, but no rows")]
    NoRows { name: String },
    /// A file of prices, emissions or regions without a row.
    #[error("{name} has no rows, but should have the header {} and at least one row", needed.join(","))]
    NoRates { name: String, needed: Vec<String> },
    /// A format that is not read here.
    #[error("{name} is {kind}, but a source is CSV or Parquet, plain or gzip")]
    Unsupported { name: String, kind: &'static str },
    /// The right format, but broken.
    #[error("{name} {what}")]
    Malformed { name: String, what: String },
    /// A CSV whose first line is data.
    #[error("{name} has no header line: its first line is {line:?}")]
    NoHeader { name: String, line: String },
    /// No column could be taken for the time, the load or the series.
    #[error("{name} has no {role} column that is known by name, only {}", list(have))]
    MissingColumn { name: String, role: Role, have: Vec<String> },
    /// A column that was asked for is not there.
    #[error("{name} has no column {wanted:?}, only {}", list(have))]
    UnknownColumn { name: String, role: Role, wanted: String, have: Vec<String> },
    /// Several columns could be meant.
    #[error("{name} has several {role} columns: {}", list(have))]
    AmbiguousColumn { name: String, role: Role, have: Vec<String> },
    /// A series that was asked for is not there.
    #[error("{name} has no series {wanted:?}, only {}", list(have))]
    UnknownSeries { name: String, wanted: String, have: Vec<String> },
    /// Several series, and none was asked for.
    #[error("{name} holds {} series: {}", have.len(), list(have))]
    AmbiguousSeries { name: String, have: Vec<String> },
    /// A value that cannot be read.
    #[error("{name}, {place}: {column} should be {expected}, but is {value:?}")]
    Value { name: String, place: Place, column: String, value: String, expected: &'static str },
    /// Rows, but not one usable load.
    #[error("{name} has no usable load in column {column:?}: {mends}")]
    NoLoad { name: String, column: String, mends: String },
    /// A step below the one the samples have.
    #[error("a step of {step} is finer than the samples of {name}, which are {native} apart")]
    StepTooFine { name: String, step: Frequency, native: Frequency },
    /// Samples further apart than any step.
    #[error("the samples of {name} are {days} days apart, but a step is at most 28 days")]
    StepTooLong { name: String, days: i64 },
    /// A grid of gaps with hardly a sample.
    #[error("{name} would be {steps} steps of {step} for only {samples} samples: {hole}")]
    TooSparse { name: String, steps: i64, step: Frequency, samples: usize, hole: String },
    /// A model file that is not to be trusted.
    #[error("{path} {problem}")]
    Model { path: String, problem: ModelProblem },
    /// A file that could not be written; what stood there before is untouched.
    #[error("{path} could not be written: {reason}")]
    Write { path: String, reason: String },
    /// A scenario that does not exist.
    #[error("there is no scenario {wanted:?}, only {}", list(have))]
    UnknownScenario { wanted: String, have: Vec<String> },
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// When a sample was taken.
    Time,
    /// The load.
    Load,
    /// Which series a sample belongs to.
    Series,
    /// A fixed column of a calendar of events.
    Event,
    /// A fixed column of a plan.
    Plan,
    /// A fixed column of prices, emissions or regions.
    Rates,
}

impl Role {
    /// The option that names the column of this role.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Time => "--time",
            Self::Load => "--load",
            Self::Series => "--series",
            Self::Event => "--events",
            Self::Plan => "--plan",
            Self::Rates => "--spot, --carbon or --regions",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "time",
            Self::Load => "load",
            Self::Series => "series",
            Self::Event => "event",
            Self::Plan => "plan",
            Self::Rates => "rates",
        })
    }
}

impl SourceError {
    /// Whether the source is not there or may not be read, as opposed to holding something wrong.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// The error for an `io::Error` on opening or reading `name`.
    pub(crate) fn unavailable(name: &str, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "is a directory, but should be a file".to_owned(),
            _ => lower_first(&error.to_string()),
        };
        Self::Unavailable { name: name.to_owned(), reason }
    }

    pub(crate) fn malformed(name: &str, what: impl Into<String>) -> Self {
        Self::Malformed { name: name.to_owned(), what: what.into() }
    }

    pub(crate) fn write(path: &std::path::Path, error: &io::Error) -> Self {
        Self::Write { path: path.display().to_string(), reason: lower_first(&error.to_string()) }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// At most this many names stand in a message.
const LISTED: usize = 8;

/// `a, b, c`, cut with a count of the rest.
pub(crate) fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| shorten(name)).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A value as it may stand in a message: never longer than a line.
pub(crate) fn shorten(value: &str) -> String {
    const WIDTH: usize = 40;
    match value.char_indices().nth(WIDTH) {
        Some((cut, _)) => format!("{}...", &value[..cut]),
        None => value.to_owned(),
    }
}
