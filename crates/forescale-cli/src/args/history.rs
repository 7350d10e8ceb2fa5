//! Where the load comes from, how it is read, and what learns from it.

use std::path::PathBuf;

use chrono::TimeDelta;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use forescale_core::BusinessHours;

use super::values::{self, Moment};

/// What a file holds, and whose load it is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub struct ServiceArgs {
    /// Timestamp column [default: found by its name].
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// Load column [default: found by its name, or the only one].
    #[arg(long, value_name = "COLUMN")]
    pub load: Option<String>,
    /// The series to read from a file that holds several.
    #[arg(long, value_name = "NAME")]
    pub series: Option<String>,
    /// Time zone of the service: of its calendar, and of timestamps without one [default: UTC, or the model's].
    #[arg(long, value_name = "ZONE", value_parser = values::zone)]
    pub timezone: Option<Tz>,
    /// Business hours, in the service's zone [default: 9-17, or the model's].
    #[arg(long, value_name = "HOURS", value_parser = values::business_hours)]
    pub business_hours: Option<BusinessHours>,
    /// Country whose holidays count, as DE or US.
    #[arg(long, value_name = "COUNTRY")]
    pub holidays: Option<String>,
    /// Known events: a CSV file with start, end, kind and, if known, factor.
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
}

/// How a history is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub struct HistoryArgs {
    /// What the file holds.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Step of the series; one coarser than the samples aggregates [default: the samples' own].
    #[arg(long, value_name = "SPAN", value_parser = values::span)]
    pub step: Option<TimeDelta>,
    /// How samples become a coarser step.
    #[arg(long, value_enum, default_value = "mean", value_name = "HOW")]
    pub aggregate: Aggregation,
    /// First moment to forecast [default: one step after the last sample].
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub now: Option<Moment>,
}

impl HistoryArgs {
    /// A history as it is, up to its end.
    pub fn whole(service: ServiceArgs) -> Self {
        Self { service, step: None, aggregate: Aggregation::Mean, now: None }
    }
}

/// How samples become a coarser step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Aggregation {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
    /// Their largest.
    Max,
}

/// What learns from the history.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Learning")]
pub struct EngineArgs {
    /// Predictors to combine; `all` for every one there is [default: the default ensemble].
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub predictors: Vec<String>,
    /// Chance.
    #[command(flatten)]
    pub chance: SeedArgs,
}

/// Where chance comes from.
#[derive(Debug, Clone, Copy, Args)]
pub struct SeedArgs {
    /// Where all randomness comes from.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true,
        value_parser = values::seed
    )]
    pub seed: u64,
}
