//! `decide`: the history, the policy, and the fleet as it is now.

use chrono::TimeDelta;
use clap::Args;
use forescale_core::Utilization;

use super::history::ServiceArgs;
use super::replay::{BaseFleetArgs, BudgetArgs};
use super::values::{self, Moment};

/// `decide`.
#[derive(Debug, Clone, Args)]
pub struct DecideArgs {
    /// Load history: CSV or Parquet, plain or gzip, prometheus://..., or - for standard input.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// The policy that decides.
    #[arg(
        long,
        value_name = "NAME[:KEY=VALUE,...]",
        default_value = "forescale",
        help_heading = "Policies"
    )]
    pub policy: String,
    /// What policies keep.
    #[command(flatten)]
    pub within: BudgetArgs,
    /// The fleet.
    #[command(flatten)]
    pub fleet: BaseFleetArgs,
    /// Instances there are now; those that still start are taken for serving [default: as many as the policy would have
    /// by now].
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Fleet")]
    pub current: Option<u32>,
    /// Utilization above which instances are too few.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0.8",
        allow_negative_numbers = true,
        value_parser = values::utilization,
        help_heading = "Fleet"
    )]
    pub slo_utilization: Utilization,
    /// When it is decided [default: at the end of the history; with prometheus://, now].
    #[arg(long, value_name = "TIME", value_parser = values::moment, help_heading = "Reading")]
    pub now: Option<Moment>,
    /// Oldest newest load that a decision may rest on.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "15m",
        value_parser = values::span,
        help_heading = "Reading"
    )]
    pub max_age: TimeDelta,
    /// How the history is read.
    #[command(flatten)]
    pub service: ServiceArgs,
}
