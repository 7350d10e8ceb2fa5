//! `plan`: the fleet, what it must hold, and how the plan is shown.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use forescale_core::{Level, Utilization};

use super::When;
use super::history::{EngineArgs, HistoryArgs};
use super::model::Source;
use super::values;
use super::weigh::WeighArgs;
use super::what::HorizonArgs;

/// `plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// The history or the model.
    #[command(flatten)]
    pub source: Source,
    /// How far ahead.
    #[command(flatten)]
    pub horizon: HorizonArgs,
    /// The fleet.
    #[command(flatten)]
    pub fleet: FleetArgs,
    /// What it weighs beside the load.
    #[command(flatten)]
    pub weigh: WeighArgs,
    /// Give a row for every step, not only for changes.
    #[arg(long, help_heading = "Showing")]
    pub all_steps: bool,
    /// Write a self-contained HTML page, too.
    #[arg(long, value_name = "FILE.html", help_heading = "Showing")]
    pub report: Option<PathBuf>,
    /// Draw history, forecast band and instances on the terminal.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN", help_heading = "Showing")]
    pub chart: When,
    /// How the history is read.
    #[command(flatten)]
    pub reading: HistoryArgs,
    /// What learns from it.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// The instances and what is asked of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Fleet")]
pub struct FleetArgs {
    /// Load one instance carries when saturated, in the unit of the history.
    #[arg(long, value_name = "LOAD", allow_negative_numbers = true, value_parser = values::positive)]
    pub capacity: Option<f64>,
    /// Share of its capacity an instance is to carry.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0.8",
        allow_negative_numbers = true,
        value_parser = values::utilization,
        conflicts_with = "service_time"
    )]
    pub target_utilization: Utilization,
    /// Time one request takes on an idle instance; with --max-wait, sizes by waiting time (Erlang C).
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        value_parser = values::short_time,
        requires = "max_wait"
    )]
    pub service_time: Option<f64>,
    /// Longest wait a request should have.
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        value_parser = values::short_time,
        requires = "service_time"
    )]
    pub max_wait: Option<f64>,
    /// Share of requests that may wait longer.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "5%",
        allow_hyphen_values = true,
        value_parser = values::share,
        requires = "service_time"
    )]
    pub wait_share: f64,
    /// Instances there are now [default: what the last load needs].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub current: Option<u32>,
    /// Fewest instances.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    pub min: u32,
    /// Most instances [default: no limit].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max: Option<u32>,
    /// Time from asking for an instance to its first served request.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "5m",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub startup: TimeDelta,
    /// Shortest time from any change to a scale-down.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub cooldown: TimeDelta,
    /// How long a lower need must last before instances go (stabilization window).
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub stabilization: TimeDelta,
    /// Most instances added in one step.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_scale_up: Option<u32>,
    /// Most instances removed in one step.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_scale_down: Option<u32>,
    /// Share of time in which instances may be too few [default: 1%].
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, value_parser = values::share)]
    pub budget: Option<f64>,
    /// What a minute with too few instances is worth, in instance-minutes, instead of a budget.
    #[arg(
        long,
        value_name = "PRICE",
        allow_negative_numbers = true,
        value_parser = values::positive,
        conflicts_with = "budget"
    )]
    pub violation_price: Option<f64>,
    /// What one scale-up less is worth, in instance-minutes; above 0 merges scale-ups.
    #[arg(
        long,
        value_name = "PRICE",
        default_value = "0",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub event_price: f64,
    /// Level of the interval shown with each recommendation, in percent.
    #[arg(
        long,
        value_name = "PERCENT",
        default_value = "80",
        allow_negative_numbers = true,
        value_parser = values::level
    )]
    pub level: Level,
}
