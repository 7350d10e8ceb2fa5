//! What a plan must respect, whatever the load.

use chrono::TimeDelta;
use forescale_core::Replicas;

use crate::error::PlanError;

/// Bounds on the number of instances and on its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Fewest instances.
    pub min: Replicas,
    /// Most instances; no bound when absent.
    pub max: Option<Replicas>,
    /// Most instances added in one step; no bound when absent.
    pub max_up: Option<u32>,
    /// Most instances removed in one step; no bound when absent.
    pub max_down: Option<u32>,
    /// Least time from any change to a scale-down. It never delays a scale-up.
    pub cooldown: TimeDelta,
    /// A scale-down goes no lower than the most that was wanted in this window before it.
    pub stabilization: TimeDelta,
}

impl Default for Limits {
    /// At least one instance, and nothing else.
    fn default() -> Self {
        Self {
            min: Replicas(1),
            max: None,
            max_up: None,
            max_down: None,
            cooldown: TimeDelta::zero(),
            stabilization: TimeDelta::zero(),
        }
    }
}

impl Limits {
    /// The most instances, as a plain number.
    pub(crate) fn most(&self) -> u32 {
        self.max.map_or(u32::MAX, |max| max.0)
    }

    /// Checks that the limits can be kept together.
    ///
    /// # Errors
    /// [`PlanError::NoInstances`], [`PlanError::Range`], [`PlanError::ChangeLimit`] or [`PlanError::Span`]
    /// name the one that cannot.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.most() == 0 {
            return Err(PlanError::NoInstances);
        }
        if self.min.0 > self.most() {
            return Err(PlanError::Range { min: self.min.0, max: self.most() });
        }
        for (name, limit) in [("max up", self.max_up), ("max down", self.max_down)] {
            if limit == Some(0) {
                return Err(PlanError::ChangeLimit { name });
            }
        }
        check_span("the cooldown", self.cooldown)?;
        check_span("the stabilization window", self.stabilization)
    }
}

/// Checks that a span is not negative.
pub(crate) fn check_span(name: &'static str, span: TimeDelta) -> Result<(), PlanError> {
    if span < TimeDelta::zero() {
        return Err(PlanError::Span { name, seconds: span.num_seconds() });
    }
    Ok(())
}
