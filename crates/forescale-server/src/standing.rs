//! Where a target stands: its last forecast and plan, and what they mean at a moment.
//!
//! What is answered is a function of the plan, the rules and `now` alone: a process that sleeps, or a source that is
//! down, needs no job to become stale.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{Forecast, LoadSeries, Quantile};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::written::WrittenPlan;

/// A moment of the plan at which another number of instances is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When to ask.
    pub at: DateTime<Utc>,
    /// Instances to ask for, serving and starting together.
    pub instances: u32,
    /// Why, in one sentence.
    pub reason: String,
}

/// The last forecast and plan of a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    /// When the plan was made.
    pub made_at: DateTime<Utc>,
    /// The first moment after the newest sample behind it.
    pub data_until: DateTime<Utc>,
    /// The newest load behind it.
    pub history: History,
    /// The forecast.
    pub forecast: Forecast,
    /// The plan's steps; never empty, the first one for `made_at`.
    pub steps: Vec<Step>,
    /// The plan as it is shown.
    pub plan: WrittenPlan,
    /// Why a simpler forecast had to do, if it had to.
    pub fallback: Option<String>,
    /// What a careful reader should know.
    pub warnings: Vec<String>,
    /// Steps of the plan that a limit decided, by the limit.
    pub clamps: BTreeMap<Clamp, u64>,
    /// Changes of what was asked for in the near past, ascending: instances that still start come from here.
    pub asked: Vec<(DateTime<Utc>, u32)>,
    /// Instances that the source counted, where their number changed, ascending.
    #[serde(default)]
    pub counted: Vec<Counted>,
    /// Since when no newer plan could be made, and why.
    pub failing: Option<Failing>,
}

/// Instances that the source counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counted {
    /// Since when.
    pub at: DateTime<Utc>,
    /// How many.
    pub instances: u32,
}

/// What holds a forecast or a plan back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clamp {
    /// The forecast was far above any load ever seen.
    Load,
    /// The maximum of the fleet.
    MaxInstances,
    /// The most that the plan may cost.
    Cost,
    /// The most instances added in a step.
    RateUp,
    /// The most instances removed in a step.
    RateDown,
}

impl Clamp {
    /// Its name, in labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::MaxInstances => "max_instances",
            Self::Cost => "cost",
            Self::RateUp => "rate_up",
            Self::RateDown => "rate_down",
        }
    }
}

/// The newest load, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// When the first step begins.
    pub start: DateTime<Utc>,
    /// Length of a step.
    pub step_seconds: i64,
    /// One value a step, in the unit of the load; none in a gap.
    pub values: Vec<Option<f64>>,
}

impl History {
    /// The newest `most` steps of `series`.
    pub fn newest(series: &LoadSeries, most: usize) -> Self {
        let from = series.len().saturating_sub(most);
        let present = |value: &f64| Some(*value).filter(|value| !value.is_nan());
        Self {
            start: series.time_at(from),
            step_seconds: series.frequency().seconds(),
            values: series.values()[from..].iter().map(present).collect(),
        }
    }
}

/// Since when something fails, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failing {
    /// The first failure without a success after it.
    pub since: DateTime<Utc>,
    /// What the newest one said.
    pub reason: String,
}

/// How much a target's plan can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No plan was made yet.
    Waiting,
    /// The plan is as new as it should be.
    Fresh,
    /// The plan is, but a simpler forecast carries it.
    Degraded,
    /// No newer plan could be made; the last one is used and never scales in.
    Holding,
    /// The data behind the plan are too old: the number of instances stays, and scalers get no number.
    Stale,
}

impl State {
    /// Every state, best first.
    pub const ALL: [Self; 5] =
        [Self::Fresh, Self::Degraded, Self::Holding, Self::Stale, Self::Waiting];

    /// Its name, in labels and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Fresh => "fresh",
            Self::Degraded => "degraded",
            Self::Holding => "holding",
            Self::Stale => "stale",
        }
    }

    /// Whether a scaler may get a number.
    pub fn answers(self) -> bool {
        matches!(self, Self::Fresh | Self::Degraded | Self::Holding)
    }
}

/// Runs that may be missed before a plan counts as overdue: one may be late, and one may wait for a worker.
const MISSED_RUNS: i32 = 3;

/// What a standing is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How often a newer plan should be made.
    pub refresh: TimeDelta,
    /// The oldest data a plan may rest on.
    pub max_age: TimeDelta,
}

/// What a plan says at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Decision {
    /// How much it can be trusted.
    pub state: State,
    /// Instances to ask for.
    pub instances: u32,
    /// Why, in one sentence.
    pub reason: String,
}

impl Standing {
    /// What to ask for at `now`. Without a newer plan in time nothing scales in, and what rests on data that are too
    /// old stays as it is.
    pub fn decide(&self, now: DateTime<Utc>, rules: &Rules) -> Decision {
        // A sample comes once its step is over: until then, no source has anything newer.
        let expires = self.data_until + self.forecast.frequency().span() + rules.max_age;
        if !self.overdue(now, rules) && now < expires {
            let state = if self.fallback.is_some() { State::Degraded } else { State::Fresh };
            let step = self.step_at(now);
            return Decision { state, instances: step.instances, reason: step.reason.clone() };
        }
        // Nothing has confirmed the plan since it was made, so nothing is given back that it asked for since then.
        let step = self.most_between(self.made_at, now.min(expires));
        let (state, why) = match now >= expires {
            true => (State::Stale, "held: the data are too old"),
            false => (State::Holding, "held: no newer plan could be made"),
        };
        let reason = format!("{why}; {}", step.reason);
        Decision { state, instances: step.instances, reason }
    }

    /// What the plan says at `at`, as it stands at `now`. A plan that is good now counts as confirmed until then; one
    /// that holds goes on to hold.
    pub fn foresee(&self, at: DateTime<Utc>, now: DateTime<Utc>, rules: &Rules) -> Decision {
        let decision = self.decide(now, rules);
        match decision.state {
            State::Fresh | State::Degraded if at > now => {
                let step = self.step_at(at);
                let (instances, reason) = (step.instances, step.reason.clone());
                Decision { instances, reason, ..decision }
            }
            _ => self.decide(at, rules),
        }
    }

    /// The moment from which on the plan says nothing.
    pub fn end(&self) -> DateTime<Utc> {
        self.forecast.time_at(self.forecast.steps())
    }

    /// Whether there should be a newer plan.
    fn overdue(&self, now: DateTime<Utc>, rules: &Rules) -> bool {
        self.failing.is_some() || now >= self.made_at + rules.refresh * MISSED_RUNS
    }

    /// The step that decides at `at`.
    pub fn step_at(&self, at: DateTime<Utc>) -> &Step {
        let after = self.steps.partition_point(|step| step.at <= at);
        &self.steps[after.saturating_sub(1)]
    }

    /// The step that asks for the most from `from` to `to`, the earliest of several.
    fn most_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> &Step {
        let first = self.step_at(from);
        let within = self.steps.iter().filter(|step| step.at > from && step.at <= to);
        within.fold(first, |most, step| if step.instances > most.instances { step } else { most })
    }

    /// The load at `quantile` of the step that covers `at`; none where the forecast does not reach.
    pub fn load_at(&self, at: DateTime<Utc>, quantile: Quantile) -> Option<f64> {
        let since = (at - self.forecast.origin()).num_seconds();
        let step = usize::try_from(since.div_euclid(self.forecast.frequency().seconds())).ok()?;
        (step < self.forecast.steps()).then(|| self.forecast.quantile(step, quantile))
    }
}

#[cfg(test)]
mod tests {
    use forescale::{Frequency, Quantiles};

    use super::*;

    fn minute(minute: i64) -> DateTime<Utc> {
        "2026-01-05T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
    }

    fn rules() -> Rules {
        Rules { refresh: TimeDelta::minutes(1), max_age: TimeDelta::minutes(15) }
    }

    /// A plan of `(minute, instances)` made at minute 0.
    fn standing(steps: &[(i64, u32)]) -> Standing {
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        let values = [1.0, 2.0, 3.0].repeat(60);
        let step = Frequency::from_seconds(60).unwrap();
        Standing {
            made_at: minute(0),
            data_until: minute(0),
            history: History { start: minute(0), step_seconds: 60, values: Vec::new() },
            forecast: Forecast::new(minute(0), step, quantiles, values).unwrap(),
            steps: steps
                .iter()
                .map(|(at, n)| Step { at: minute(*at), instances: *n, reason: String::new() })
                .collect(),
            plan: WrittenPlan::new(Box::default()),
            fallback: None,
            warnings: Vec::new(),
            clamps: BTreeMap::new(),
            asked: Vec::new(),
            counted: Vec::new(),
            failing: None,
        }
    }

    #[test]
    fn a_fresh_plan_is_followed_down_and_up() {
        let plan = standing(&[(0, 5), (1, 4), (2, 7)]);
        let at = |m| plan.decide(minute(m), &rules());
        assert_eq!((at(0).instances, at(1).instances, at(2).instances), (5, 4, 7));
        assert_eq!(at(2).state, State::Fresh);
    }

    #[test]
    fn without_a_newer_plan_nothing_scales_in_and_scale_outs_still_come() {
        let mut plan = standing(&[(0, 5), (1, 4), (4, 2), (8, 9), (9, 1), (20, 30)]);
        let at = |plan: &Standing, m| {
            let decision = plan.decide(minute(m), &rules());
            (decision.state, decision.instances)
        };
        assert_eq!(at(&plan, 2), (State::Fresh, 4));
        assert_eq!(at(&plan, 6), (State::Holding, 5));
        assert_eq!(at(&plan, 10), (State::Holding, 9));
        // The scale-out of minute 20 rests on data that are too old by then.
        assert_eq!(at(&plan, 25), (State::Stale, 9));
        assert_eq!(at(&plan, 10_000), (State::Stale, 9));
        plan.failing = Some(Failing { since: minute(0), reason: "down".to_owned() });
        assert_eq!(at(&plan, 2), (State::Holding, 5));
    }

    #[test]
    fn a_moment_to_come_is_answered_as_planned_unless_the_plan_holds() {
        let mut plan = standing(&[(0, 5), (30, 2), (40, 9)]);
        let foresee = |plan: &Standing, at| {
            let decision = plan.foresee(minute(at), minute(1), &rules());
            (decision.state, decision.instances)
        };
        assert_eq!(foresee(&plan, 35), (State::Fresh, 2));
        assert_eq!(foresee(&plan, 45), (State::Fresh, 9));
        plan.failing = Some(Failing { since: minute(1), reason: "down".to_owned() });
        assert_eq!(foresee(&plan, 35), (State::Stale, 5));
    }

    #[test]
    fn a_failure_counts_when_the_clock_was_set_back_since() {
        let mut plan = standing(&[(0, 5), (1, 4)]);
        plan.failing = Some(Failing { since: minute(60), reason: "down".to_owned() });
        assert_eq!(plan.decide(minute(2), &rules()).state, State::Holding);
    }

    #[test]
    fn data_age_from_when_the_next_sample_is_due() {
        // A minute until the next step is over, and fifteen that it may be late.
        let mut plan = standing(&[(0, 5)]);
        plan.made_at = minute(15);
        let state = |at| plan.decide(minute(at), &rules()).state;
        assert_eq!((state(15), state(16)), (State::Fresh, State::Stale));
        // An hour's step is not over before the hour is.
        let hour = Frequency::from_seconds(3_600).unwrap();
        let quantiles = Quantiles::new([0.5]).unwrap();
        plan.forecast = Forecast::new(minute(0), hour, quantiles, vec![1.0; 24]).unwrap();
        plan.made_at = minute(59);
        assert_eq!(plan.decide(minute(59), &rules()).state, State::Fresh);
    }

    #[test]
    fn a_simpler_forecast_is_degraded() {
        let mut plan = standing(&[(0, 5)]);
        plan.fallback = Some("no model".to_owned());
        assert_eq!(plan.decide(minute(0), &rules()).state, State::Degraded);
    }

    #[test]
    fn the_load_is_that_of_the_step_and_ends_with_the_forecast() {
        let plan = standing(&[(0, 5)]);
        let median = Quantile::new(0.5).unwrap();
        assert_eq!(plan.load_at(minute(59), median), Some(2.0));
        assert_eq!(
            (plan.load_at(minute(60), median), plan.load_at(minute(-1), median)),
            (None, None)
        );
    }
}
