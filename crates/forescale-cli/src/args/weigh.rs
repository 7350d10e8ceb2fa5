//! What a plan may weigh beside the load.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{ArgGroup, Args};

use super::values;

/// Objectives of a plan. One of the files or the paths may be given.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Objectives")]
#[command(group(ArgGroup::new("weighing").args(["scenarios", "spot", "carbon", "regions"])))]
#[command(group(ArgGroup::new("emissions").args(["carbon", "regions"]).multiple(true)))]
pub struct WeighArgs {
    /// Make one plan over N load paths, drawn from the forecast with their correlation in time.
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=100_000),
        conflicts_with = "violation_price"
    )]
    pub scenarios: Option<u32>,
    /// Mix in spot instances: time,price,interruption_rate,pool, a price an hour and a probability within an hour.
    #[arg(long, value_name = "FILE", conflicts_with = "violation_price", requires = "price")]
    pub spot: Option<PathBuf>,
    /// Move flexible load to clean hours: time,grams_per_kwh.
    #[arg(long, value_name = "FILE", conflicts_with = "violation_price", requires = "flexible")]
    pub carbon: Option<PathBuf>,
    /// Split the load over regions: region,origin,max_instances,price,grams_per_kwh,latency_ms.
    #[arg(long, value_name = "FILE", conflicts_with = "violation_price")]
    pub regions: Option<PathBuf>,
    /// What an instance on demand costs an hour, in the currency of the files.
    #[arg(
        long,
        value_name = "PRICE",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub price: Option<f64>,
    /// Share of the load that can wait, for --carbon.
    #[arg(
        long,
        value_name = "SHARE",
        allow_hyphen_values = true,
        value_parser = values::share,
        requires = "carbon"
    )]
    pub flexible: Option<f64>,
    /// How long flexible load can wait.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "4h",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub deadline: TimeDelta,
    /// Power of one instance.
    #[arg(
        long,
        value_name = "WATTS",
        default_value = "200",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub watts: f64,
    /// What a kilogram of CO2 costs [default: 0 for --regions; with --carbon only carbon counts].
    #[arg(
        long,
        value_name = "PRICE",
        allow_negative_numbers = true,
        value_parser = values::not_negative,
        requires = "emissions"
    )]
    pub carbon_price: Option<f64>,
    /// Where load comes from, as shares: europe=0.7,america=0.3 [default: alike from all origins of the file].
    #[arg(
        long,
        value_name = "ORIGIN=SHARE",
        value_delimiter = ',',
        value_parser = values::origin,
        requires = "regions"
    )]
    pub origins: Vec<(String, f64)>,
    /// Longest latency from an origin to a region that serves it, in milliseconds.
    #[arg(
        long,
        value_name = "MS",
        default_value = "100",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub latency_limit: f64,
    /// Load up to which nothing has to serve, with --min 0.
    #[arg(
        long,
        value_name = "LOAD",
        default_value = "0",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub idle_load: f64,
    /// How long load waits for a first instance, with --min 0 [default: the start-up time].
    #[arg(long, value_name = "SPAN", allow_hyphen_values = true, value_parser = values::span_or_zero)]
    pub cold_start: Option<TimeDelta>,
    /// Probability of load within a cold start at which there may be no instance [default: by the budget].
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, value_parser = values::share)]
    pub cold_start_budget: Option<f64>,
    /// What one cold start is worth, in instance-minutes.
    #[arg(
        long,
        value_name = "PRICE",
        allow_negative_numbers = true,
        value_parser = values::positive
    )]
    pub cold_start_price: Option<f64>,
}
