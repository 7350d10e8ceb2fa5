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

/// Instance-steps that a violated step is worth, for the points of a [`Bound`].
const PRICES: [f64; 12] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 1_000.0, 1e6];

/// What no policy can be better than.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// What the clairvoyant without violations is billed.
    pub instance_hours: f64,
    /// Share of the scored time that it leaves under-provisioned.
    pub under_provisioned_time: f64,
    /// The least cost at each price of a violation, the cheapest violations first.
    pub frontier: Vec<FrontierPoint>,
}

impl Bound {
    /// The bound of `world`.
    pub fn of(world: &World) -> Self {
        Self {
            instance_hours: world.optimum() * world.trace.step().seconds() as f64 / 3_600.0,
            under_provisioned_time: 0.0,
            frontier: frontier(world, &PRICES),
        }
    }
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
