//! `[[target]]`: a service whose load is forecast.

use std::path::PathBuf;

use chrono::TimeDelta;
use chrono_tz::Tz;
use forescale::{
    Capacity, Limits, Objective, PlanError, PlanOptions, Quantile, Replicas, Utilization,
};
use serde::{Deserialize, Serialize};

use super::outputs::Outputs;
use super::values::{
    Schedule, TargetName, positive, some_positive, some_quantile, some_span, span, span_or_zero,
    utilization, zone,
};

/// What a target's plan is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// To look at: no scaler gets a number.
    #[default]
    ForecastOnly,
    /// To raise the minimum: something else may scale out further, and alone scales in.
    Floor,
    /// To set the number of instances.
    Full,
}

/// A service whose load is forecast.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// Its name, in URLs, labels and the store.
    pub name: TargetName,
    /// What its plan is used for.
    #[serde(default)]
    pub mode: Mode,
    /// Where its load comes from; read by the command behind the service.
    pub source: toml::Table,
    /// The zone its users live in, and its schedule is written in.
    #[serde(default = "utc", deserialize_with = "zone")]
    pub timezone: Tz,
    /// The country whose holidays it keeps.
    pub holidays: Option<String>,
    /// A file of known events.
    pub events: Option<PathBuf>,
    /// When to learn anew.
    #[serde(default = "daily")]
    pub schedule: Schedule,
    /// How often to forecast and plan.
    #[serde(default = "minute", deserialize_with = "span")]
    pub refresh: TimeDelta,
    /// How often to compare forecasts with what came.
    #[serde(default = "hour", deserialize_with = "span")]
    pub evaluate: TimeDelta,
    /// How far to forecast.
    #[serde(default = "day", deserialize_with = "span")]
    pub horizon: TimeDelta,
    /// The oldest data a plan may rest on; then the target is stale and holds.
    #[serde(default = "quarter", deserialize_with = "span")]
    pub max_age: TimeDelta,
    /// How late the newest sample may be before nothing scales in; two steps and two refreshes when absent.
    #[serde(default, deserialize_with = "some_span")]
    pub hold_after: Option<TimeDelta>,
    /// How much of the newest load is backtested and replayed; nothing when it is 0.
    #[serde(default = "four_weeks", deserialize_with = "span_or_zero")]
    pub look_back: TimeDelta,
    /// Time a run may take to learn or to look back; other runs have a tenth of it.
    #[serde(default = "hour", deserialize_with = "span")]
    pub deadline: TimeDelta,
    /// The predictors to combine; empty for the default ones.
    #[serde(default)]
    pub predictors: Vec<String>,
    /// Where all randomness comes from.
    #[serde(default = "one")]
    pub seed: u64,
    /// The share of time that may have too few instances.
    #[serde(default, deserialize_with = "some_positive")]
    pub budget: Option<f64>,
    /// The quantile of the load to carry, in place of a budget.
    #[serde(default, deserialize_with = "some_quantile")]
    pub quantile: Option<Quantile>,
    /// A forecast above this many times the most load seen is held at it.
    #[serde(default = "ten", deserialize_with = "positive")]
    pub most_times_seen: f64,
    /// What an instance costs in an hour, in any currency.
    #[serde(default, deserialize_with = "some_positive")]
    pub cost_per_instance_hour: Option<f64>,
    /// The most the plan may cost in an hour; it lowers the maximum.
    #[serde(default, deserialize_with = "some_positive")]
    pub max_cost_per_hour: Option<f64>,
    /// The fleet.
    pub fleet: Fleet,
    /// Who is handed the plan.
    #[serde(default)]
    pub outputs: Outputs,
}

/// `[target.fleet]`: what one instance carries, and the limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fleet {
    /// Load that saturates one instance, in the unit of the series.
    #[serde(deserialize_with = "positive")]
    pub capacity: f64,
    /// The share of its capacity an instance should be busy at most.
    #[serde(default = "default_utilization", deserialize_with = "utilization")]
    pub target_utilization: Utilization,
    /// Time from asking for an instance to its serving.
    #[serde(default = "minute", deserialize_with = "span_or_zero")]
    pub startup: TimeDelta,
    /// Fewest instances.
    #[serde(default = "one_instance")]
    pub min: u32,
    /// Most instances.
    pub max: Option<u32>,
    /// Most instances added in one step.
    pub max_scale_up: Option<u32>,
    /// Most instances removed in one step.
    pub max_scale_down: Option<u32>,
    /// Least time from a change to a scale-down.
    #[serde(default, deserialize_with = "span_or_zero")]
    pub cooldown: TimeDelta,
    /// A scale-down goes no lower than the most that was wanted in this window.
    #[serde(default, deserialize_with = "span_or_zero")]
    pub stabilization: TimeDelta,
}

impl Target {
    /// How much an instance carries.
    ///
    /// # Errors
    /// [`PlanError`] when a value is out of range.
    pub fn capacity(&self) -> Result<Capacity, PlanError> {
        Capacity::utilization(self.fleet.capacity, self.fleet.target_utilization)
    }

    /// What its plans must respect and weigh.
    pub fn plan_options(&self) -> PlanOptions {
        let objective = match (self.quantile, self.budget) {
            (Some(quantile), _) => Objective::Quantile(quantile),
            (None, Some(budget)) => Objective::Budget(budget),
            (None, None) => Objective::default(),
        };
        PlanOptions { objective, limits: self.limits(), ..PlanOptions::default() }
    }

    fn limits(&self) -> Limits {
        let fleet = &self.fleet;
        Limits {
            min: Replicas(fleet.min),
            max: self.most_instances().map(Replicas),
            max_up: fleet.max_scale_up,
            max_down: fleet.max_scale_down,
            cooldown: fleet.cooldown,
            stabilization: fleet.stabilization,
        }
    }

    /// The share of time that may have too few instances: the budget, or what the quantile leaves.
    pub fn budget_share(&self) -> f64 {
        match self.plan_options().objective {
            Objective::Budget(budget) => budget,
            objective => objective.quantile().ok().flatten().map_or(0.01, |q| 1.0 - q.get()),
        }
    }

    /// Whether its past is backtested and replayed.
    pub fn looks_back(&self) -> bool {
        self.look_back > TimeDelta::zero()
    }

    /// The longest time since the end of the newest sample at which a plan may still scale in. A sample is due a step
    /// after the one before it, and may be a step and two refreshes late.
    pub fn hold_after(&self, step: TimeDelta) -> TimeDelta {
        self.hold_after.unwrap_or(step * 2 + self.refresh * 2)
    }

    /// Most instances: the maximum, or what the cost allows if that is fewer.
    pub fn most_instances(&self) -> Option<u32> {
        let paid = self.paid_instances();
        self.fleet.max.into_iter().chain(paid).min()
    }

    /// Instances that the most cost pays for.
    pub fn paid_instances(&self) -> Option<u32> {
        let (limit, price) = (self.max_cost_per_hour?, self.cost_per_instance_hour?);
        Some((limit / price).floor().min(f64::from(u32::MAX)) as u32)
    }

    /// The quantile that answers for the load of this target: the one its plan carries.
    pub fn served_quantile(&self) -> Quantile {
        let wanted = self.plan_options().objective.quantile().ok().flatten();
        wanted.unwrap_or_else(|| Quantile::new(0.98).expect("0.98 is a quantile"))
    }
}

fn utc() -> Tz {
    Tz::UTC
}

fn daily() -> Schedule {
    Schedule::new("0 3 * * *").expect("the default schedule is one")
}

fn minute() -> TimeDelta {
    TimeDelta::minutes(1)
}

fn quarter() -> TimeDelta {
    TimeDelta::minutes(15)
}

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

fn day() -> TimeDelta {
    TimeDelta::days(1)
}

fn four_weeks() -> TimeDelta {
    TimeDelta::weeks(4)
}

fn one() -> u64 {
    1
}

fn ten() -> f64 {
    10.0
}

fn one_instance() -> u32 {
    1
}

fn default_utilization() -> Utilization {
    Utilization::new(Capacity::DEFAULT_UTILIZATION).expect("the default is a utilization")
}
