//! `forecast`, `backtest`, `explain` and `completions`.

use chrono::TimeDelta;
use clap::Args;
use forescale_core::{Level, Quantile};

use super::history::{EngineArgs, HistoryArgs};
use super::model::Source;
use super::plan::FleetArgs;
use super::values;

/// How far and at which quantiles.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Forecast")]
pub struct HorizonArgs {
    /// How far ahead.
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = values::span)]
    pub horizon: TimeDelta,
}

/// `forecast`.
#[derive(Debug, Clone, Args)]
pub struct ForecastArgs {
    /// The history or the model.
    #[command(flatten)]
    pub source: Source,
    /// How far ahead.
    #[command(flatten)]
    pub horizon: HorizonArgs,
    /// Central intervals to give, in percent [default: 80,95].
    #[arg(
        long,
        value_name = "LEVELS",
        value_delimiter = ',',
        value_parser = values::level,
        help_heading = "Forecast"
    )]
    pub levels: Vec<Level>,
    /// Quantiles to give, instead of levels.
    #[arg(
        long,
        value_name = "QUANTILES",
        value_delimiter = ',',
        value_parser = values::quantile,
        conflicts_with = "levels",
        help_heading = "Forecast"
    )]
    pub quantiles: Vec<Quantile>,
    /// How the history is read.
    #[command(flatten)]
    pub reading: HistoryArgs,
    /// What learns from it.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// `backtest`.
#[derive(Debug, Clone, Args)]
pub struct BacktestArgs {
    /// Load history: CSV or Parquet, plain or gzip, or - for standard input.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// How far ahead each origin forecasts.
    #[command(flatten)]
    pub horizon: HorizonArgs,
    /// Rolling origins to score.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 7,
        value_parser = clap::value_parser!(u16).range(1..=1_000),
        help_heading = "Backtest"
    )]
    pub origins: u16,
    /// Fits among these origins; between them a fit forecasts from newer history.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..=1_000),
        help_heading = "Backtest"
    )]
    pub fits: u16,
    /// Other libraries beside the engine.
    #[command(flatten)]
    pub compare: CompareArgs,
    /// How the history is read.
    #[command(flatten)]
    pub reading: HistoryArgs,
    /// What learns from it.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Other libraries that a backtest scores, too.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Backtest")]
pub struct CompareArgs {
    /// Score LightGBM, statsforecast and Prophet, too, as far as your Python has them.
    #[arg(long)]
    pub compare: bool,
    /// The Python that has them.
    #[arg(long, value_name = "PATH", default_value = "python3")]
    pub python: String,
    /// Longest wait for the next forecast of a library; what is missing then has failed.
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = values::span)]
    pub compare_timeout: TimeDelta,
}

/// `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The history or the model.
    #[command(flatten)]
    pub source: Source,
    /// How far ahead the load or the plan is explained.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "7d",
        value_parser = values::span,
        help_heading = "Forecast"
    )]
    pub horizon: TimeDelta,
    /// The fleet whose plan is explained, if a capacity is given.
    #[command(flatten)]
    pub fleet: FleetArgs,
    /// How the history is read.
    #[command(flatten)]
    pub reading: HistoryArgs,
    /// What learns from it.
    #[command(flatten)]
    pub engine: EngineArgs,
}
