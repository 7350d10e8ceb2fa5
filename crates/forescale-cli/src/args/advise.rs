//! `advise`: the history, the fleet, and what is run today.

use clap::Args;

use super::history::ServiceArgs;
use super::replay::{BudgetArgs, ScoreArgs, SimulatedArgs};

/// `advise`.
#[derive(Debug, Clone, Args)]
pub struct AdviseArgs {
    /// Load history: CSV or Parquet, plain or gzip, or - for standard input.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// What is run today, to be compared with.
    #[arg(long, value_name = "NAME[:KEY=VALUE,...]", help_heading = "Policies")]
    pub today: Option<String>,
    /// What policies keep.
    #[command(flatten)]
    pub within: BudgetArgs,
    /// The fleet.
    #[command(flatten)]
    pub fleet: SimulatedArgs,
    /// The scores.
    #[command(flatten)]
    pub score: ScoreArgs,
    /// How the history is read.
    #[command(flatten)]
    pub service: ServiceArgs,
}
