//! The keys of the policy.

use chrono::TimeDelta;
use forescale_core::time::format_span;

use super::Mpc;
use crate::identify::ResponseModel;
use crate::policies::error::PolicyError;
use crate::policies::policy::Rule;
use crate::policies::settings::{Field, Key, Keys, key};

/// The model of the service itself, when none was identified.
const OF_SERVICE: &str = "service";

/// The longest horizon.
const LONGEST_S: f64 = 86_400.0;

/// Prices, limits, and how the load is turned into instances.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) budget: f64,
    pub(super) slo_price: f64,
    pub(super) price: f64,
    pub(super) horizon: f64,
    pub(super) max_up: Option<u32>,
    pub(super) max_down: Option<u32>,
    pub(super) response_time: f64,
    pub(super) model: String,
    pub(super) margin: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            budget: 0.001,
            slo_price: 0.0,
            price: 1.0,
            horizon: 1_800.0,
            max_up: None,
            max_down: None,
            response_time: 0.0,
            model: OF_SERVICE.to_owned(),
            margin: 0.05,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!(
            "slo-price",
            slo_price,
            "what an hour with too few instances costs; 0 for what keeps the budget",
            Number,
            0.0,
            1e12
        ),
        key!("price", price, "what an instance costs an hour", Number, 1e-9, 1e9),
        key!("horizon", horizon, "how far it plans beyond the start-up, up to 240 steps", Span),
        key!("max-up", max_up, "most instances added in a step; auto for no limit", AutoCount),
        key!(
            "max-down",
            max_down,
            "most instances removed in a step; auto for no limit",
            AutoCount
        ),
        key!(
            "response-time",
            response_time,
            "seconds that a response may take; 0 for the objective of the service",
            Number,
            0.0,
            1e6
        ),
        key!(
            "model",
            model,
            "the response-time model that identify found, or service for a queue with its capacity",
            Text
        ),
        key!(
            "margin",
            margin,
            "without an outlook, the least width of the tail as a share of the load",
            Number,
            0.0,
            10.0
        ),
    ];
}

impl Settings {
    /// Checks what a single key cannot.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        if self.model != OF_SERVICE && self.model.parse::<ResponseModel>().is_err() {
            return Err(PolicyError::Value {
                policy: Mpc::NAME,
                key: "model",
                expected: "service, queueing(…) with 3 numbers or armax(…) with 6".to_owned(),
                value: self.model.clone(),
            });
        }
        if self.horizon > LONGEST_S {
            return Err(PolicyError::Value {
                policy: Mpc::NAME,
                key: "horizon",
                expected: "at most 1d".to_owned(),
                value: format_span(TimeDelta::seconds(self.horizon as i64)),
            });
        }
        Ok(())
    }
}
