//! `data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::history::{HistoryArgs, SeedArgs};

/// `data`.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// What is done with histories.
#[derive(Debug, Clone, Subcommand)]
pub enum DataCommand {
    /// What was read: span, step, gaps, seasonality, suspicious stretches.
    Describe(Box<DescribeArgs>),
    /// Write a sample history as CSV.
    Generate(GenerateArgs),
    /// List the sample histories.
    List,
}

/// `data describe`.
#[derive(Debug, Clone, Args)]
pub struct DescribeArgs {
    /// Load history: CSV or Parquet, plain or gzip, or - for standard input.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// How the history is read.
    #[command(flatten)]
    pub reading: HistoryArgs,
}

/// `data generate`.
#[derive(Debug, Clone, Args)]
pub struct GenerateArgs {
    /// Which sample (see `data list`).
    pub name: String,
    /// Chance.
    #[command(flatten)]
    pub chance: SeedArgs,
    /// File to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
