//! What every simulated fleet can do.

use forescale_plan::policies::Counts;

use crate::run::Lost;
use crate::world::World;

/// A fleet between two steps.
pub(crate) trait Fleet {
    /// Comes to the start of step `k`: what is started serves, what is drained is billed no longer.
    fn advance(&mut self, k: usize);

    /// Brings serving and starting instances to `wanted` within the limits; gives the change made.
    fn apply(&mut self, k: usize, wanted: u32) -> i64;

    /// Takes the oldest `count` serving instances away at step `k`, without drain; new ones are launched in their place.
    fn replace(&mut self, k: usize, count: u32);

    /// The first step after `k` that may begin with another fleet, even though as many are wanted as there are.
    fn steady_until(&self, k: usize) -> usize;

    /// The instances now.
    fn counts(&self) -> Counts;

    /// What ended by itself since it was asked last, in order.
    fn lost(&mut self) -> Vec<Lost>;

    /// What is billed now, in instances.
    fn billed(&self) -> f64;

    /// Instance-seconds owed because instances ended before their minimum billing.
    fn owed_s(&self) -> f64;
}

/// Bounds on the number of instances and on its changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) max_up: u32,
    pub(crate) max_down: u32,
}

impl Bounds {
    /// Those of the fleet of `world`.
    pub(crate) fn of(world: &World) -> Self {
        let fleet = &world.fleet;
        Self {
            min: fleet.min,
            max: fleet.max,
            max_up: fleet.max_up.unwrap_or(u32::MAX),
            max_down: fleet.max_down.unwrap_or(u32::MAX),
        }
    }

    /// The number that `wanted` becomes from `total` on: first the bounds, then the change limits.
    pub(crate) fn reach(&self, total: u32, wanted: u32) -> u32 {
        let within = wanted.min(self.max).max(self.min);
        let (least, most) =
            (total.saturating_sub(self.max_down), total.saturating_add(self.max_up));
        within.min(most).max(least)
    }
}
