//! What a fleet did under a policy, step by step.

use forescale_plan::policies::Cause;

use crate::world::World;

/// A change of the number of instances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Action {
    /// At the start of which step.
    pub step: usize,
    /// Instances added, or removed when below 0.
    pub change: i64,
    /// Instances the policy wanted, before the limits of the fleet.
    pub wanted: u32,
    /// Why.
    pub cause: Cause,
}

/// A replayed fleet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// Instances that served, step by step.
    pub serving: Vec<u32>,
    /// Instances billed, step by step: serving, starting, draining, and the share of a warm pool.
    pub billed: Vec<f64>,
    /// Every change, in order.
    pub actions: Vec<Action>,
    /// Instance-seconds owed on top because instances ended before their minimum billing.
    pub owed_s: f64,
}

impl Run {
    /// Instances asked for at every step, serving and starting together, within the limits of the fleet: a plan that a
    /// replay follows to the same fleet.
    pub fn targets(&self, world: &World) -> Vec<u32> {
        let mut count = i64::from(world.initial());
        let mut actions = self.actions.iter().peekable();
        let at = |k: usize| {
            while let Some(action) = actions.next_if(|action| action.step <= k) {
                count += action.change;
            }
            count.max(0) as u32
        };
        (0..self.serving.len()).map(at).collect()
    }
}
