//! What happens to single instances in a replay.

use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use forescale::{LifecycleSettings, OnTimeout};

use super::values;

/// What happens to single instances.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Single instances")]
pub struct LifecycleArgs {
    /// Share of launches that never come to serve.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0%",
        allow_hyphen_values = true,
        value_parser = values::share
    )]
    pub launch_failures: f64,
    /// How long a new instance serves before its metrics count.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub warm_up: TimeDelta,
    /// How long a lifecycle hook takes, after start-up, before an instance may serve.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "0s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub hook: TimeDelta,
    /// Until nobody waits for the answer of a hook any longer.
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = values::span)]
    pub hook_heartbeat: TimeDelta,
    /// Share of launches whose hook is never answered.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0%",
        allow_hyphen_values = true,
        value_parser = values::share
    )]
    pub hook_unanswered: f64,
    /// What becomes of them.
    #[arg(long, value_enum, value_name = "WHAT", default_value = "abandon")]
    pub hook_timeout: HookTimeout,
    /// Instances that are kept ready to start faster.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub warm_pool: u32,
    /// From leaving the warm pool to serving.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "30s",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub warm_pool_startup: TimeDelta,
    /// What a kept instance is billed, as a share of a running one: 0 when stopped, 1 when running.
    #[arg(
        long,
        value_name = "SHARE",
        default_value = "0%",
        allow_hyphen_values = true,
        value_parser = values::whole_share
    )]
    pub warm_pool_billed: f64,
    /// Take removed instances back into the warm pool while it is not full.
    #[arg(long)]
    pub warm_pool_reuse: bool,
    /// How often a serving instance breaks.
    #[arg(
        long,
        value_name = "RATE",
        default_value = "0",
        allow_negative_numbers = true,
        value_parser = values::not_negative
    )]
    pub failures_per_hour: f64,
    /// From breaking to being found by a health check and replaced.
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "1m",
        allow_hyphen_values = true,
        value_parser = values::span_or_zero
    )]
    pub failure_found_after: TimeDelta,
}

/// What becomes of an instance whose hook is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HookTimeout {
    /// It serves.
    Continue,
    /// It is terminated and replaced.
    Abandon,
}

impl LifecycleArgs {
    /// The same as the library takes it.
    pub fn settings(&self) -> LifecycleSettings {
        LifecycleSettings {
            launch_failures: self.launch_failures,
            warm_up: self.warm_up,
            hook: self.hook,
            hook_heartbeat: self.hook_heartbeat,
            hook_unanswered: self.hook_unanswered,
            hook_timeout: match self.hook_timeout {
                HookTimeout::Continue => OnTimeout::Continue,
                HookTimeout::Abandon => OnTimeout::Abandon,
            },
            warm_pool: self.warm_pool,
            warm_pool_startup: self.warm_pool_startup,
            warm_pool_billed: self.warm_pool_billed,
            warm_pool_reuse: self.warm_pool_reuse,
            failures_per_hour: self.failures_per_hour,
            failure_found_after: self.failure_found_after,
        }
    }
}
