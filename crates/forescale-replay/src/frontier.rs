//! The frontier: the least that any share of under-provisioned time can cost.

use rayon::prelude::*;
use serde::Serialize;

use crate::world::World;

/// What a clairvoyant pays at one price of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrontierPoint {
    /// Instance-steps that a violated step is worth.
    pub violation_price: f64,
    /// Share of the scored time that it leaves under-provisioned.
    pub under_provisioned_time: f64,
    /// What it is billed over what the clairvoyant without violations is billed.
    pub cost_over_clairvoyant: f64,
}

/// The clairvoyant at each of `prices`, in their order.
pub fn frontier(world: &World, prices: &[f64]) -> Vec<FrontierPoint> {
    let scored: Vec<usize> = (0..world.demand.len()).filter(|k| world.counts(*k)).collect();
    let point = |price: &f64| {
        let bound = world.clairvoyant(Some(*price));
        let under = scored.iter().filter(|k| bound.serving[**k] < world.demand[**k]).count();
        FrontierPoint {
            violation_price: *price,
            under_provisioned_time: under as f64 / scored.len() as f64,
            cost_over_clairvoyant: world.billed(&bound) / world.optimum(),
        }
    };
    prices.par_iter().map(point).collect()
}
