//! `train-policy` and `scenario`: what learns in the replay, and what is tested in it.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use forescale_core::Utilization;

use super::history::{SeedArgs, ServiceArgs};
use super::values;

/// `train-policy`.
#[derive(Debug, Clone, Args)]
pub struct TrainPolicyArgs {
    /// Load history to learn on [default: generated histories].
    #[arg(value_name = "HISTORY", requires = "capacity")]
    pub input: Option<String>,
    /// File for the net.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Histories, or parts of one, that it lives through.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub episodes: usize,
    /// What a step with too few instances costs, in instance-steps for each instance that is needed.
    #[arg(
        long,
        value_name = "PRICE",
        default_value = "30",
        allow_negative_numbers = true,
        value_parser = values::positive
    )]
    pub violation_price: f64,
    /// Chance.
    #[command(flatten)]
    pub chance: SeedArgs,
    /// Load one instance carries when saturated, in the unit of the history.
    #[arg(long, value_name = "LOAD", allow_negative_numbers = true, value_parser = values::positive)]
    pub capacity: Option<f64>,
    /// How often is decided.
    #[arg(long, value_name = "SPAN", default_value = "1m", value_parser = values::span)]
    pub step: TimeDelta,
    /// Time from asking for an instance to its first served request.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "5m",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub startup: TimeDelta,
    /// Utilization above which instances are too few.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0.8",
        allow_negative_numbers = true,
        value_parser = values::utilization
    )]
    pub slo_utilization: Utilization,
    /// How the history is read.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// `scenario`.
#[derive(Debug, Clone, Args)]
pub struct ScenarioArgs {
    /// Scenarios: TOML files with a service, its load, a policy, and what is expected of it.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}
