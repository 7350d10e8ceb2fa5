//! What the past of a target says of its forecasts and of the policies that could scale it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How good forecasts would have been at moments of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestResult {
    /// When it was worked out.
    pub made_at: DateTime<Utc>,
    /// The first moment of the load that was looked at.
    pub from: DateTime<Utc>,
    /// The first moment after it.
    pub to: DateTime<Utc>,
    /// Length of a step.
    pub step_seconds: i64,
    /// Steps that were forecast each time.
    pub horizon_steps: usize,
    /// When forecasts began, ascending.
    pub origins: Vec<DateTime<Utc>>,
    /// Ranges of steps ahead that are scored apart.
    pub ranges: Vec<StepRange>,
    /// The ensemble first, then each predictor in it.
    pub predictors: Vec<PredictorResult>,
    /// Where the ensemble does not help, and what else a careful reader should know.
    pub notes: Vec<String>,
}

/// A range of steps ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepRange {
    /// The first step ahead, from 1.
    pub from: usize,
    /// The last one.
    pub to: usize,
}

/// What a predictor scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PredictorResult {
    /// Its name.
    pub predictor: String,
    /// Over all steps ahead; absent when it never forecast.
    pub overall: Option<ForecastScores>,
    /// By the ranges of steps ahead.
    pub by_range: Vec<Option<ForecastScores>>,
    /// What it could not do, and why.
    pub failures: Vec<String>,
}

/// How good forecasts were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastScores {
    /// Steps that were scored.
    pub steps: usize,
    /// Weighted quantile loss; 0 is perfect.
    pub wql: f64,
    /// The same as a share of that of repeating the season; absent where that was not scored.
    pub relative_wql: Option<f64>,
    /// Error of the median as a share of what repeating a day misses by.
    pub mase: f64,
    /// The share of steps within the 80 % interval.
    pub coverage_80: f64,
    /// The share of steps within the 95 % interval.
    pub coverage_95: f64,
}

/// What policies would have cost and missed in the newest part of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplayResult {
    /// When it was worked out.
    pub made_at: DateTime<Utc>,
    /// The first moment that counts; what came before was there to learn from.
    pub from: DateTime<Utc>,
    /// The first moment after the last one.
    pub to: DateTime<Utc>,
    /// How often was decided.
    pub step_seconds: i64,
    /// The share of time that may have too few instances.
    pub budget: f64,
    /// The fewest instance-hours that carry all load, had it been known: what costs are compared with.
    pub clairvoyant_instance_hours: f64,
    /// What each policy did, in the order of the list of policies.
    pub policies: Vec<PolicyResult>,
}

/// What a policy would have cost and missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyResult {
    /// The policy with its settings, as `forescale replay --policy` takes it.
    pub policy: String,
    /// Its numbers; absent when it does not fit this load.
    pub scores: Option<PolicyScores>,
    /// Why it does not.
    pub failure: Option<String>,
}

/// The numbers of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyScores {
    /// Billed instance-hours.
    pub instance_hours: f64,
    /// What they cost; absent where no price is known.
    pub cost: Option<f64>,
    /// Billed over the fewest that carry all load.
    pub over_clairvoyant: f64,
    /// Share of time with too few instances.
    pub too_few: f64,
    /// Whether that is within the budget.
    pub kept_budget: bool,
    /// Share of the load beyond what saturated instances carry.
    pub unserved: f64,
    /// Changes of the number of instances a day.
    pub changes_per_day: f64,
}
