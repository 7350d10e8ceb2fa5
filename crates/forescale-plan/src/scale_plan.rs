//! The plan: time-stamped recommendations, each with its reason.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use forescale_core::time::format_span;
use forescale_core::{Level, Quantile, Replicas};
use serde::{Serialize, Serializer};

use crate::capacity::Capacity;
use crate::options::{ColdStart, Objective};
use crate::reason::Reason;

/// What to do with the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ask for more instances.
    ScaleUp,
    /// Give instances back.
    ScaleDown,
    /// Leave it as it is.
    Hold,
}

impl Action {
    /// The name as it is written: `scale_up`, `scale_down` or `hold`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScaleUp => "scale_up",
            Self::ScaleDown => "scale_down",
            Self::Hold => "hold",
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Instances above the expected need, which is what `expected_load` needs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Headroom {
    /// Instances recommended less the expected need; negative when a limit binds hard.
    pub instances: i64,
    /// The same as a percentage of the expected need, or of one instance when that is 0.
    pub percent: f64,
}

/// How many instances to ask for, when, and why.
///
/// It covers the time from its effect to the next one's effect, the last one to the end of the forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recommendation {
    /// When to ask for the change; strictly increasing.
    #[serde(serialize_with = "seconds")]
    pub at: DateTime<Utc>,
    /// When it takes effect: `at` plus the start-up time for a scale-up, else `at`.
    #[serde(serialize_with = "seconds")]
    pub effective_at: DateTime<Utc>,
    /// What to do.
    pub action: Action,
    /// Instances to ask for: serving and starting together.
    pub instances: Replicas,
    /// Instances more (or fewer) than before.
    pub change: i64,
    /// Mean over the covered time of the forecast's median.
    pub expected_load: f64,
    /// Lowest lower bound of the interval over the covered time.
    pub lower: f64,
    /// Highest upper bound of the interval over the covered time.
    pub upper: f64,
    /// Level of that interval in percent.
    pub level: Level,
    /// Instances above the expected need.
    pub headroom: Headroom,
    /// Probability, by the forecast's calibrated quantiles, that the instances suffice at the riskiest step
    /// of the covered time.
    pub confidence: f64,
    /// Why, in one sentence.
    pub reason: Reason,
}

/// Everything needed to make the plan again, beside the forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanSettings {
    /// How much an instance carries.
    #[serde(flatten)]
    pub capacity: Capacity,
    /// How much risk the plan takes.
    pub objective: Objective,
    /// The quantile of the load it carries; none when a price decides step by step.
    pub quantile: Option<Quantile>,
    /// Fewest instances.
    pub min: Replicas,
    /// Most instances.
    pub max: Option<Replicas>,
    /// Most instances added in one step.
    pub max_up: Option<u32>,
    /// Most instances removed in one step.
    pub max_down: Option<u32>,
    /// Least time from a change to a scale-down.
    #[serde(serialize_with = "span")]
    pub cooldown: TimeDelta,
    /// Window whose most wanted count a scale-down respects.
    #[serde(serialize_with = "span")]
    pub stabilization: TimeDelta,
    /// Time from asking for an instance to its serving.
    #[serde(serialize_with = "span")]
    pub startup: TimeDelta,
    /// Instances that served when the plan was made.
    pub current: Replicas,
    /// Instances that were starting.
    pub starting: u32,
    /// Level of the intervals shown, in percent.
    pub level: Level,
    /// Instance-minutes one scale-up less is worth.
    pub event_price: f64,
    /// Whether every step has a row.
    pub all_steps: bool,
    /// When there may be no instance; none where the minimum is above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cold_start: Option<ColdStart>,
}

/// A plan of recommendations, ascending in time; the first one is for now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScalePlan {
    /// The moment of planning.
    #[serde(serialize_with = "seconds")]
    pub now: DateTime<Utc>,
    /// What it was made with.
    pub settings: PlanSettings,
    /// What to do, and when; never empty.
    pub recommendations: Vec<Recommendation>,
    /// What a careful reader should know, in sentences.
    pub warnings: Vec<String>,
}

/// Writes a moment in ISO 8601, in UTC and to the second.
pub(crate) fn seconds<S: Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Writes a span as `5m`.
pub(crate) fn span<S: Serializer>(span: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_span(*span))
}
