//! How a fleet is worked on.

use std::str::FromStr;

use chrono::TimeDelta;
use forescale_core::{Quantiles, Replicas};
use forescale_plan::{Capacity, PlanOptions};

use crate::EngineOptions;

/// Which predictors a series of a fleet is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// The default ensemble: the most accurate, and most of a second for each series.
    Full,
    /// Few quick members, for fleets of many thousand series: better than the yardstick on a fleet as a whole, but not on
    /// every series of it (`docs/fleet.md` has the figures).
    #[default]
    Fleet,
}

/// The members of the profile `fleet`; the yardstick and the last resort stand beside them.
const FLEET: [&str; 4] = ["seasonal-naive", "last-value", "linear-trend", "fft-seasonality"];

impl Profile {
    /// Its name in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Fleet => "fleet",
        }
    }

    /// Its predictors by name; empty for the default ensemble.
    pub fn predictors(self) -> Vec<String> {
        match self {
            Self::Full => Vec::new(),
            Self::Fleet => FLEET.map(str::to_owned).to_vec(),
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Full, Self::Fleet];
        known
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("a profile should be full or fleet, but is {text:?}"))
    }
}

/// The instances that every series of a fleet is planned for.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetPlan {
    /// How much an instance carries.
    pub capacity: Capacity,
    /// Time from asking for an instance to its serving.
    pub startup: TimeDelta,
    /// Instances there are now; what the last load needs when absent.
    pub current: Option<Replicas>,
    /// What the plans respect and weigh.
    pub options: PlanOptions,
}

impl FleetPlan {
    /// Plans within the default limits, from what the last load needs.
    pub fn new(capacity: Capacity, startup: TimeDelta) -> Self {
        Self { capacity, startup, current: None, options: PlanOptions::default() }
    }
}

/// What is done with every series of a fleet.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// How the engine learns, and how far ahead it forecasts. One thread works on each series.
    pub engine: EngineOptions,
    /// The quantiles of the forecasts.
    pub quantiles: Quantiles,
    /// The plans to make, if any.
    pub plan: Option<FleetPlan>,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self::of(Profile::default())
    }
}

impl FleetOptions {
    /// Forecasts of a day by the predictors of `profile`.
    pub fn of(profile: Profile) -> Self {
        let engine = EngineOptions { predictors: profile.predictors(), ..EngineOptions::default() };
        Self { engine, quantiles: Quantiles::standard(), plan: None }
    }
}
