//! `replay`: the history, the fleet that is simulated, the policies, and what is scored.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use forescale::Dimension;
use forescale_core::Utilization;

use super::history::{SeedArgs, ServiceArgs};
use super::lifecycle::LifecycleArgs;
use super::values::{self, Moment};

/// `replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// Load history: CSV or Parquet, plain or gzip, or - for standard input.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// Policies to replay, each as often as it is named [default: every one there is].
    #[arg(
        long = "policy",
        value_name = "NAME[:KEY=VALUE,...]",
        action = clap::ArgAction::Append,
        help_heading = "Policies"
    )]
    pub policies: Vec<String>,
    /// What policies keep.
    #[command(flatten)]
    pub within: BudgetArgs,
    /// A plan to replay, too: a CSV file with timestamp and instances.
    #[arg(long, value_name = "PLAN.csv", help_heading = "Policies")]
    pub plan: Option<PathBuf>,
    /// What the numbers of the plan are.
    #[arg(
        long,
        value_enum,
        default_value = "target",
        value_name = "KIND",
        requires = "plan",
        help_heading = "Policies"
    )]
    pub plan_kind: PlanMeaning,
    /// The fleet.
    #[command(flatten)]
    pub fleet: SimulatedArgs,
    /// The scores.
    #[command(flatten)]
    pub score: ScoreArgs,
    /// What more the scores depend on.
    #[command(flatten)]
    pub charge: ChargeArgs,
    /// Write the instances that a policy asked for, step by step; the policy as it was named.
    #[arg(
        long,
        value_name = "POLICY=FILE.csv",
        action = clap::ArgAction::Append,
        value_parser = plan_out,
        help_heading = "Showing"
    )]
    pub plan_out: Vec<PlanOut>,
    /// Write a page with the curves, the costs and the worst times.
    #[arg(long, value_name = "FILE.html", help_heading = "Showing")]
    pub report: Option<PathBuf>,
    /// Draw the load and the instances of the best policy on the terminal.
    #[arg(long, help_heading = "Showing")]
    pub chart: bool,
    /// How the history is read.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// What policies keep.
#[derive(Debug, Clone, Copy, Args)]
pub struct BudgetArgs {
    /// Share of time in which instances may be too few: the budget of policies that keep one.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0.1%",
        allow_hyphen_values = true,
        value_parser = values::share,
        help_heading = "Policies"
    )]
    pub budget: f64,
}

/// The fleet as policies know it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Fleet")]
pub struct BaseFleetArgs {
    /// Load one instance carries when saturated, in the unit of the history.
    #[arg(long, value_name = "LOAD", allow_negative_numbers = true, value_parser = values::positive)]
    pub capacity: f64,
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
    /// Fewest instances.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    pub min: u32,
    /// Most instances [default: no limit].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max: Option<u32>,
    /// Most instances added in one step.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_scale_up: Option<u32>,
    /// Most instances removed in one step.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_scale_down: Option<u32>,
    /// How late metrics reach a policy.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub metric_latency: TimeDelta,
    /// A further column for the policies that look at it: memory, network, disk (summed over the fleet, in full
    /// instances) or response-time (seconds).
    #[arg(long = "metric", value_name = "NAME=COLUMN", action = clap::ArgAction::Append, value_parser = metric)]
    pub metrics: Vec<MetricColumn>,
    /// Chance.
    #[command(flatten)]
    pub chance: SeedArgs,
}

/// The fleet that is simulated.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Fleet")]
pub struct SimulatedArgs {
    /// What policies know of it.
    #[command(flatten)]
    pub base: BaseFleetArgs,
    /// How long a removed instance is still billed.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub drain: TimeDelta,
    /// What an instance is billed at least.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub min_billing: TimeDelta,
    /// What happens to single instances.
    #[command(flatten)]
    pub lifecycle: LifecycleArgs,
}

/// What is scored.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scores")]
pub struct ScoreArgs {
    /// Utilization above which instances are too few.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0.8",
        allow_negative_numbers = true,
        value_parser = values::utilization
    )]
    pub slo_utilization: Utilization,
    /// First moment that is scored, or how much of the history comes before it [default: 14d, at most half of it].
    #[arg(long, value_name = "TIME|SPAN", value_parser = score_from)]
    pub score_from: Option<ScoreFrom>,
}

/// What is charged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scores")]
pub struct ChargeArgs {
    /// Longest wait a request should have.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "50ms",
        allow_hyphen_values = true,
        value_parser = values::short_time
    )]
    pub max_wait: f64,
    /// What an instance costs an hour.
    #[arg(
        long,
        value_name = "PRICE",
        default_value = "1",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub price: f64,
}

/// What the numbers of a plan are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanMeaning {
    /// Asked for at that moment; the start-up delays them.
    Target,
    /// To serve at that moment: they are asked for a start-up earlier.
    Serving,
}

/// Where scoring begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreFrom {
    /// At a moment.
    At(Moment),
    /// So long after the begin of the history.
    After(TimeDelta),
}

/// A file for the instances of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOut {
    /// The policy as it was named.
    pub policy: String,
    /// The file.
    pub file: PathBuf,
}

/// A column that holds what is observed beside the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricColumn {
    /// What it holds.
    pub dimension: Dimension,
    /// Its name in the file.
    pub column: String,
}

fn metric(text: &str) -> Result<MetricColumn, String> {
    let (name, column) = text.split_once('=').unwrap_or((text, ""));
    let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.name() == name);
    match dimension.filter(|_| !column.is_empty()) {
        Some(dimension) => Ok(MetricColumn { dimension, column: column.to_owned() }),
        None => Err(format!(
            "expected {} and a column, as memory=mem_used, but got {text:?}",
            Dimension::ALL.map(Dimension::name).join(", ")
        )),
    }
}

fn score_from(text: &str) -> Result<ScoreFrom, String> {
    if let Ok(span) = values::span_or_zero(text) {
        return Ok(ScoreFrom::After(span));
    }
    values::moment(text).map(ScoreFrom::At).map_err(|_| {
        format!("scoring should begin at a time like 2026-01-05T00:00:00Z or after a span like 14d, but is to begin at {text:?}")
    })
}

/// The last `=` parts policy and file: settings of a policy hold some, too.
fn plan_out(text: &str) -> Result<PlanOut, String> {
    match text.rsplit_once('=') {
        Some((policy, file)) if !policy.is_empty() && !file.is_empty() => {
            Ok(PlanOut { policy: policy.to_owned(), file: file.into() })
        }
        _ => Err(format!("expected a policy and a file, as hpa=plan.csv, but got {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scoring_begins_at_a_moment_or_after_a_span() {
        assert_eq!(score_from("14d"), Ok(ScoreFrom::After(TimeDelta::days(14))));
        assert_eq!(score_from("0s"), Ok(ScoreFrom::After(TimeDelta::zero())));
        assert!(matches!(score_from("2026-01-05"), Ok(ScoreFrom::At(_))));
        assert!(score_from("soon").unwrap_err().contains("soon"));
    }

    #[test]
    fn a_metric_names_a_dimension_and_a_column() {
        let read = metric("memory=mem_used").unwrap();
        assert_eq!((read.dimension, read.column.as_str()), (Dimension::Memory, "mem_used"));
        assert!(metric("memory").is_err() && metric("heat=column").unwrap_err().contains("memory"));
    }

    #[test]
    fn a_policy_with_settings_has_its_file_behind_the_last_equals_sign() {
        let out = plan_out("hpa:target=0.6=plan.csv").unwrap();
        assert_eq!((out.policy.as_str(), out.file), ("hpa:target=0.6", "plan.csv".into()));
        assert!(plan_out("hpa").is_err() && plan_out("=plan.csv").is_err());
    }
}
