//! A policy with a fleet of its own beside the one that is looked at.

use std::fmt::{Debug, Formatter, Result};

use forescale_plan::policies::{Decision, Observation, Past, Policy, PolicyError, Service};

use crate::fleet::{Bounds, Fleet};
use crate::plain::PlainFleet;

/// A policy that acts on what is observed of the load, on a fleet of its own that only start-up delays.
///
/// It shows what the policy would have done, step by step, without a second pass over the history.
pub struct Shadow {
    policy: Box<dyn Policy>,
    fleet: Option<PlainFleet>,
    served: Vec<u32>,
    billed: Vec<u32>,
}

impl Shadow {
    /// `policy` with a fleet that begins with what the service has when it is first asked.
    pub fn new(policy: Box<dyn Policy>) -> Self {
        Self { policy, fleet: None, served: Vec::new(), billed: Vec::new() }
    }

    /// The policy.
    pub fn policy(&self) -> &dyn Policy {
        self.policy.as_ref()
    }

    /// Prepares the policy, and forgets its fleet.
    ///
    /// # Errors
    /// [`PolicyError::Unsuitable`] when the policy cannot work with this past.
    pub fn prepare(&mut self, past: &Past<'_>) -> std::result::Result<(), PolicyError> {
        self.fleet = None;
        self.served.clear();
        self.billed.clear();
        self.policy.prepare(past)
    }

    /// What the policy wants of its own fleet at the step that begins; its fleet follows.
    pub fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let fleet = self.fleet.get_or_insert_with(|| new_fleet(seen.service, seen.serving));
        fleet.advance(seen.step);
        let counts = fleet.counts();
        let behind = seen.step - seen.loads.len().min(seen.step);
        let measured = self.served.iter().rev().nth(behind.saturating_sub(1)).copied();
        let decision = self.policy.decide(&Observation {
            measured: if behind == 0 { counts.serving } else { measured.unwrap_or(seen.measured) },
            serving: counts.serving,
            starting: counts.starting,
            warming: 0,
            silent: 0,
            ..*seen
        });
        fleet.apply(seen.step, decision.wanted);
        self.served.push(fleet.counts().serving);
        self.billed.push(fleet.counts().serving + fleet.counts().starting);
        decision
    }

    /// Instances of its fleet that served at every step so far.
    pub fn served(&self) -> &[u32] {
        &self.served
    }

    /// Instances of its fleet that were billed at every step so far.
    pub fn billed(&self) -> &[u32] {
        &self.billed
    }
}

fn new_fleet(service: &Service, initial: u32) -> PlainFleet {
    let bounds =
        Bounds { min: service.min, max: service.max, max_up: u32::MAX, max_down: u32::MAX };
    PlainFleet::new(bounds, service.startup_steps, 0, service.step.seconds() as f64, 0.0, initial)
}

impl Debug for Shadow {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Shadow").field("policy", &self.policy).finish_non_exhaustive()
    }
}
