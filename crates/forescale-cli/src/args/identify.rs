//! `identify`: a history with loads, instances and response times.

use clap::Args;

use super::history::ServiceArgs;
use super::values;

/// `identify`.
#[derive(Debug, Clone, Args)]
pub struct IdentifyArgs {
    /// Load history with the further columns: CSV or Parquet, plain or gzip.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// Column of the instances that served.
    #[arg(long, value_name = "COLUMN", default_value = "instances")]
    pub instances: String,
    /// Column of the response times, in seconds.
    #[arg(long, value_name = "COLUMN", default_value = "response_time")]
    pub response_time: String,
    /// Response time to size for: says how busy instances may be for it.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = values::short_time)]
    pub slo: Option<f64>,
    /// How the history is read.
    #[command(flatten)]
    pub service: ServiceArgs,
}
