//! The fleet that is simulated: its times, its limits, and what may go wrong in it.

use chrono::TimeDelta;
use forescale_core::Frequency;
use forescale_plan::Limits;
use serde::{Deserialize, Serialize};

use crate::error::ReplayError;

/// Most instances that are simulated.
pub const MOST_INSTANCES: u32 = 1_000_000;

/// A longer span is taken for a mistake.
const LONGEST_S: f64 = 28.0 * 86_400.0;

/// A fleet: times in seconds, each rounded up to whole steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FleetSettings {
    /// From launch to serving.
    pub startup_s: f64,
    /// How long a removed instance is still billed; it no longer serves.
    pub drain_s: f64,
    /// What an instance is billed at least.
    pub min_billing_s: f64,
    /// Fewest instances.
    pub min: u32,
    /// Most instances.
    pub max: u32,
    /// Most instances added in a step.
    pub max_up: Option<u32>,
    /// Most instances removed in a step.
    pub max_down: Option<u32>,
    /// How late metrics reach a policy.
    pub metric_latency_s: f64,
    /// Instances that serve from step 0 on; what step 0 needs when absent.
    pub initial: Option<u32>,
    /// What happens to single instances; nothing when absent.
    pub lifecycle: Option<Lifecycle>,
}

impl Default for FleetSettings {
    /// Five minutes of start-up, at least one instance, and nothing else.
    fn default() -> Self {
        Self {
            startup_s: 300.0,
            drain_s: 0.0,
            min_billing_s: 0.0,
            min: 1,
            max: MOST_INSTANCES,
            max_up: None,
            max_down: None,
            metric_latency_s: 0.0,
            initial: None,
            lifecycle: None,
        }
    }
}

impl FleetSettings {
    /// Checks that a fleet can be like this.
    ///
    /// # Errors
    /// [`ReplayError`] names the setting that is out of range.
    pub fn check(&self) -> Result<(), ReplayError> {
        let limits = Limits {
            min: forescale_core::Replicas(self.min),
            max: Some(forescale_core::Replicas(self.max)),
            max_up: self.max_up,
            max_down: self.max_down,
            cooldown: TimeDelta::zero(),
            stabilization: TimeDelta::zero(),
        };
        limits.check()?;
        let initial = self.initial.unwrap_or_default();
        for (name, count) in [("the maximum", self.max), ("the initial number", initial)] {
            if count > MOST_INSTANCES {
                return Err(ReplayError::Count { name, most: MOST_INSTANCES, count });
            }
        }
        span("the start-up time", self.startup_s)?;
        span("the drain time", self.drain_s)?;
        span("the minimum billing", self.min_billing_s)?;
        span("the latency of metrics", self.metric_latency_s)?;
        self.lifecycle.as_ref().map_or(Ok(()), Lifecycle::check)
    }
}

/// What happens to single instances. Everything is drawn from the seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lifecycle {
    /// Where all chance comes from.
    pub seed: u64,
    /// Share of launches that never come to serve. They are billed for the start-up time and replaced after it.
    pub launch_failures: f64,
    /// What waits for an answer before a launched instance may serve.
    pub hook: Option<Hook>,
    /// How long a new instance serves before its metrics count.
    pub warmup_s: f64,
    /// Instances that are kept ready to be started faster.
    pub warm_pool: Option<WarmPool>,
    /// How often serving instances break.
    pub health: Option<Health>,
}

impl Default for Lifecycle {
    /// Nothing goes wrong and nothing waits.
    fn default() -> Self {
        Self {
            seed: 1,
            launch_failures: 0.0,
            hook: None,
            warmup_s: 0.0,
            warm_pool: None,
            health: None,
        }
    }
}

/// A lifecycle hook: after its start-up an instance waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Hook {
    /// Until the answer comes.
    pub takes_s: f64,
    /// Until nobody waits any longer; 3600 s with AWS.
    pub heartbeat_s: f64,
    /// Share of launches whose answer never comes.
    pub unanswered: f64,
    /// What happens when nobody waits any longer.
    pub on_timeout: OnTimeout,
}

/// What becomes of an instance whose hook was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// It serves.
    Continue,
    /// It is terminated and replaced.
    Abandon,
}

/// A warm pool. A launch takes an instance out of it when there is one; it is filled up again at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WarmPool {
    /// Instances kept.
    pub size: u32,
    /// From leaving the pool to serving.
    pub startup_s: f64,
    /// What a kept instance is billed, as a share of a running one: 0 when stopped, 1 when running.
    pub billed_share: f64,
    /// Whether removed instances go back into it while it is not full.
    pub reuse: bool,
}

/// Health checks: a serving instance breaks, is found after a while, and is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Health {
    /// How often an instance breaks, in failures an hour of serving.
    pub failures_per_hour: f64,
    /// From breaking to being replaced. It does not serve, and is billed.
    pub detect_s: f64,
}

impl Lifecycle {
    fn check(&self) -> Result<(), ReplayError> {
        share("the share of failed launches", self.launch_failures)?;
        span("the warm-up", self.warmup_s)?;
        if let Some(hook) = &self.hook {
            span("the time a hook takes", hook.takes_s)?;
            span("the heartbeat of a hook", hook.heartbeat_s)?;
            share("the share of unanswered hooks", hook.unanswered)?;
        }
        if let Some(pool) = &self.warm_pool {
            span("the start-up from the warm pool", pool.startup_s)?;
            if !(0.0..=1.0).contains(&pool.billed_share) {
                let name = "the billed share of the warm pool";
                return Err(ReplayError::Share { name, share: pool.billed_share });
            }
            if pool.size > MOST_INSTANCES {
                let (name, count) = ("the warm pool", pool.size);
                return Err(ReplayError::Count { name, most: MOST_INSTANCES, count });
            }
        }
        if let Some(health) = &self.health {
            span("the time to find a broken instance", health.detect_s)?;
            if !(health.failures_per_hour >= 0.0 && health.failures_per_hour.is_finite()) {
                let (name, value) = ("the failures an hour", health.failures_per_hour);
                return Err(ReplayError::Rate { name, value });
            }
        }
        Ok(())
    }
}

/// Whole steps that last at least `seconds`.
pub(crate) fn steps(seconds: f64, step: Frequency) -> usize {
    (seconds / step.seconds() as f64 - 1e-9).ceil().max(0.0) as usize
}

fn span(name: &'static str, seconds: f64) -> Result<(), ReplayError> {
    if (0.0..=LONGEST_S).contains(&seconds) {
        Ok(())
    } else {
        Err(ReplayError::Span { name, seconds })
    }
}

fn share(name: &'static str, share: f64) -> Result<(), ReplayError> {
    if (0.0..1.0).contains(&share) { Ok(()) } else { Err(ReplayError::Share { name, share }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |settings: FleetSettings| settings.check().unwrap_err().to_string();
        let base = FleetSettings::default();
        assert_eq!(base.check(), Ok(()));
        assert_eq!(
            message(FleetSettings { startup_s: -1.0, ..base.clone() }),
            "the start-up time should be from 0 to 2419200 seconds (28d), but is -1 seconds"
        );
        assert!(message(FleetSettings { min: 9, max: 5, ..base.clone() }).contains("minimum"));
        assert!(message(FleetSettings { max: 2_000_000, ..base.clone() }).contains("1000000"));
        let lifecycle = Some(Lifecycle { launch_failures: 1.0, ..Lifecycle::default() });
        assert_eq!(
            message(FleetSettings { lifecycle, ..base }),
            "the share of failed launches should be from 0 to below 1, but is 1"
        );
    }

    #[test]
    fn a_span_is_rounded_up_to_steps() {
        let minute = Frequency::from_seconds(60).unwrap();
        assert_eq!([0.0, 1.0, 60.0, 61.0].map(|s| steps(s, minute)), [0, 1, 1, 2]);
    }
}
