//! What a plan is asked to weigh.

use chrono::TimeDelta;
use forescale_core::{Level, Quantile};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::PlanError;
use crate::limits::{Limits, check_span};
use crate::scale_plan::span;

/// How much risk of too few instances the plan takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The allowed share of under-provisioned time, from 1e-9 to below 0.5: 0.01 for 1 %.
    Budget(f64),
    /// Instance-minutes that one minute with too few instances is worth.
    Price {
        /// Above 0.
        violated_minute: f64,
    },
    /// The quantile of the load that must be carried.
    Quantile(Quantile),
}

impl Default for Objective {
    /// 1 % of the time.
    fn default() -> Self {
        Self::Budget(0.01)
    }
}

impl Objective {
    /// The quantile of each step that must be carried; none when a price decides step by step.
    ///
    /// A budget of `b` takes the quantile `1 - 2 b`: covering the start-up window and rounding up to whole
    /// instances keeps about half of what the quantile alone would leave uncovered.
    ///
    /// # Errors
    /// [`PlanError::Budget`] or [`PlanError::Price`] when the value is out of range.
    ///
    /// # Source
    /// Measured on 31 traces: `1 - 2 b` for budgets of 1 % and 0.1 % left 0.86 % and 0.10 % of the time
    /// under-provisioned.
    pub fn quantile(&self) -> Result<Option<Quantile>, PlanError> {
        match *self {
            Self::Quantile(quantile) => Ok(Some(quantile)),
            Self::Budget(budget) if (1e-9..0.5).contains(&budget) => {
                Ok(Quantile::new(1.0 - 2.0 * budget).ok())
            }
            Self::Budget(budget) => Err(PlanError::Budget(budget)),
            Self::Price { violated_minute }
                if violated_minute > 0.0 && violated_minute.is_finite() =>
            {
                Ok(None)
            }
            Self::Price { violated_minute } => Err(PlanError::Price(violated_minute)),
        }
    }
}

/// When a fleet whose minimum is 0 may have no instance at all.
///
/// It goes to 0 where load is improbable before a cold start could answer it, or where the cold starts cost less than
/// the instance that waits; it is activated ahead of load that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ColdStart {
    /// Load up to which a step counts as one without load, in the unit of the series.
    pub idle_load: f64,
    /// How long load waits for a first instance; the start-up time when absent.
    #[serde(serialize_with = "span_or_none")]
    pub duration: Option<TimeDelta>,
    /// Probability of load within that time at which the fleet may still go to 0; what the objective's quantile
    /// leaves uncovered when absent, nothing when a price decides.
    pub budget: Option<f64>,
    /// Instance-minutes that one cold start is worth; without it only the budget decides.
    pub price: Option<f64>,
}

/// Writes a span as `5m`, and nothing as null.
fn span_or_none<S: Serializer>(
    duration: &Option<TimeDelta>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => span(duration, serializer),
        None => serializer.serialize_none(),
    }
}

impl ColdStart {
    /// Checks every value.
    ///
    /// # Errors
    /// The [`PlanError`] that names the first value out of range.
    pub fn check(&self) -> Result<(), PlanError> {
        if !(self.idle_load >= 0.0 && self.idle_load.is_finite()) {
            return Err(PlanError::IdleLoad(self.idle_load));
        }
        check_span("the cold start", self.duration.unwrap_or_default())?;
        match (self.budget, self.price) {
            (Some(budget), _) if !(0.0..1.0).contains(&budget) => {
                Err(PlanError::ColdStartBudget(budget))
            }
            (_, Some(price)) if !(price > 0.0 && price.is_finite()) => {
                Err(PlanError::ColdStartPrice(price))
            }
            _ => Ok(()),
        }
    }
}

/// Everything a plan is asked for beside the forecast, the fleet and the capacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanOptions {
    /// How much risk it takes.
    pub objective: Objective,
    /// What it must respect.
    pub limits: Limits,
    /// Level of the interval that each recommendation shows.
    pub level: Level,
    /// Instance-minutes that one scale-up less is worth; 0 leaves scale-ups as they come.
    pub event_price: f64,
    /// One row for the decision of every step rather than one for every change. A scale-up is the row of the step
    /// that decides it, not of the first step it serves.
    pub all_steps: bool,
    /// When the fleet may have no instance; it plays a part where the minimum is 0.
    pub cold_start: ColdStart,
}

impl Default for PlanOptions {
    /// A budget of 1 %, no limits, an 80 % interval.
    fn default() -> Self {
        Self {
            objective: Objective::default(),
            limits: Limits::default(),
            level: Level::new(80.0).expect("80 is a level"),
            event_price: 0.0,
            all_steps: false,
            cold_start: ColdStart::default(),
        }
    }
}

impl PlanOptions {
    /// Checks every value that a type does not check already.
    ///
    /// # Errors
    /// The [`PlanError`] that names the first value out of range.
    pub fn check(&self) -> Result<(), PlanError> {
        self.limits.check()?;
        self.objective.quantile()?;
        self.cold_start.check()?;
        if self.event_price >= 0.0 && self.event_price.is_finite() {
            Ok(())
        } else {
            Err(PlanError::EventPrice(self.event_price))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::Replicas;

    #[test]
    fn a_budget_becomes_a_quantile() {
        let quantile = |budget| Objective::Budget(budget).quantile().unwrap().unwrap().get();
        assert_eq!((quantile(0.01), quantile(0.001)), (0.98, 0.998));
        assert_eq!(Objective::Price { violated_minute: 9.0 }.quantile(), Ok(None));
    }

    #[test]
    fn objectives_out_of_range_are_named() {
        for budget in [0.0, -0.1, 0.5, 1.0, 1e-17, f64::NAN] {
            let error = Objective::Budget(budget).quantile().unwrap_err();
            assert!(error.to_string().ends_with(&format!("but is {budget}")), "{error}");
        }
        for price in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Objective::Price { violated_minute: price }.quantile().is_err());
        }
    }

    #[test]
    fn limits_that_cannot_be_kept_are_named() {
        let message = |limits: Limits| {
            PlanOptions { limits, ..PlanOptions::default() }.check().unwrap_err().to_string()
        };
        let limits = Limits::default();
        let (five, four) = (Replicas(5), Some(Replicas(4)));
        assert_eq!(
            message(Limits { min: five, max: four, ..limits }),
            "the minimum should be at most the maximum of 4, but is 5"
        );
        assert!(message(Limits { max: Some(Replicas(0)), ..limits }).contains("at least 1"));
        assert!(message(Limits { max_up: Some(0), ..limits }).starts_with("max up"));
        assert!(message(Limits { max_down: Some(0), ..limits }).starts_with("max down"));
        let minute_ago = TimeDelta::seconds(-60);
        assert!(message(Limits { cooldown: minute_ago, ..limits }).contains("-60 seconds"));
        assert!(message(Limits { stabilization: minute_ago, ..limits }).contains("window"));
    }

    #[test]
    fn cold_starts_out_of_range_are_named() {
        let message = |cold_start: ColdStart| {
            let options = PlanOptions { cold_start, ..PlanOptions::default() };
            options.check().unwrap_err().to_string()
        };
        let none = ColdStart::default();
        assert!(message(ColdStart { idle_load: -1.0, ..none }).ends_with("but is -1"));
        assert!(message(ColdStart { budget: Some(1.0), ..none }).contains("below 1"));
        assert!(message(ColdStart { price: Some(0.0), ..none }).contains("above 0"));
        let duration = Some(TimeDelta::seconds(-1));
        assert!(message(ColdStart { duration, ..none }).starts_with("the cold start should"));
    }

    #[test]
    fn a_price_of_scale_ups_is_checked() {
        for event_price in [-1.0, f64::NAN, f64::INFINITY] {
            let options = PlanOptions { event_price, ..PlanOptions::default() };
            assert!(matches!(options.check(), Err(PlanError::EventPrice(_))));
        }
    }
}
