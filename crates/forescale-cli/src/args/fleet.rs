//! `fleet`: many histories, and what is done with each.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};

use super::history::{SeedArgs, ServiceArgs};
use super::plan::FleetArgs;
use super::values;

/// `fleet`.
#[derive(Debug, Clone, Args)]
pub struct FleetCommandArgs {
    /// What to do with every series.
    #[command(subcommand)]
    pub command: FleetCommand,
}

/// What is done with every series of a fleet.
#[derive(Debug, Clone, Subcommand)]
pub enum FleetCommand {
    /// Quantiles of the load to come, and the instances for it, step by step.
    Plan(Box<FleetPlanArgs>),
    /// Quantiles of the load to come.
    Forecast(Box<FleetJobArgs>),
    /// A model for each series, to forecast from later.
    Train(Box<FleetTrainArgs>),
    /// How good forecasts would have been, series by series.
    Backtest(Box<FleetBacktestArgs>),
}

/// What every job of a fleet takes.
#[derive(Debug, Clone, Args)]
pub struct FleetJobArgs {
    /// Histories: a long file (CSV or Parquet with a column of names), a wide one, or a folder of files.
    #[arg(value_name = "HISTORIES")]
    pub input: PathBuf,
    /// Where to write the rows, as Parquet or CSV by the name. Beside it stands OUT.parts until all is done, from which a run that was ended goes on.
    #[arg(long, value_name = "OUT")]
    pub out: PathBuf,
    /// How far ahead.
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = values::span)]
    pub horizon: TimeDelta,
    /// Step of the series; a coarser one takes the mean [default: each series' own].
    #[arg(long, value_name = "SPAN", value_parser = values::span, help_heading = "Reading")]
    pub step: Option<TimeDelta>,
    /// How the histories are read.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Which predictors a series is given.
    #[arg(
        long,
        value_enum,
        default_value = "fleet",
        value_name = "PROFILE",
        help_heading = "Learning"
    )]
    pub profile: ProfileName,
    /// Predictors to combine, instead of a profile.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Learning")]
    pub predictors: Vec<String>,
    /// Chance.
    #[command(flatten)]
    pub chance: SeedArgs,
    /// Work on one share of the series only, by the hash of their names: 0/16 to 15/16.
    #[arg(long, value_name = "I/N", default_value = "0/1", value_parser = shard)]
    pub shard: (u64, u64),
}

/// Which predictors a series is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    /// Few quick members, for many thousand series.
    Fleet,
    /// The default ensemble: the most accurate.
    Full,
}

/// `fleet plan`.
#[derive(Debug, Clone, Args)]
pub struct FleetPlanArgs {
    /// The histories and where the rows go.
    #[command(flatten)]
    pub job: FleetJobArgs,
    /// The instances of every series.
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// `fleet train`.
#[derive(Debug, Clone, Args)]
pub struct FleetTrainArgs {
    /// The histories and where the list of models goes.
    #[command(flatten)]
    pub job: FleetJobArgs,
    /// Folder of the models.
    #[arg(long, value_name = "FOLDER", default_value = "models")]
    pub models: PathBuf,
}

/// `fleet backtest`.
#[derive(Debug, Clone, Args)]
pub struct FleetBacktestArgs {
    /// The histories and where the scores go.
    #[command(flatten)]
    pub job: FleetJobArgs,
    /// Origins to forecast from.
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u16).range(1..))]
    pub origins: u16,
}

fn shard(text: &str) -> Result<(u64, u64), String> {
    let read =
        text.split_once('/').and_then(|(shard, of)| Some((shard.parse().ok()?, of.parse().ok()?)));
    read.filter(|(shard, of)| shard < of).ok_or_else(|| {
        format!("a share of the series should be from 0/16 to 15/16 or alike, but is {text:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_below_its_number() {
        assert_eq!(shard("3/16"), Ok((3, 16)));
        for wrong in ["16/16", "1", "-1/2", "1/0", "a/b"] {
            assert!(shard(wrong).unwrap_err().contains(wrong));
        }
    }
}
