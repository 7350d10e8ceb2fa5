//! What a net reaches on held-out histories.

use forescale_core::Foresight;
use forescale_plan::policies::dqn::{Dqn, Net};
use serde::Serialize;

use crate::error::ReplayError;
use crate::scorecard::{ScoreSettings, Scorecard};
use crate::simulate::simulate;
use crate::world::World;

/// A point of the learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Episodes learned from.
    pub episode: usize,
    /// Billed over what the clairvoyant is billed, the mean over the histories.
    pub cost_over_clairvoyant: f64,
    /// Share of time with too few instances, the mean over the histories.
    pub under_provisioned_time: f64,
}

impl CurvePoint {
    /// Both as one number: what is billed, and what the violations cost. Less is better.
    pub(crate) fn price(&self, violation_price: f64) -> f64 {
        self.cost_over_clairvoyant + violation_price * self.under_provisioned_time
    }
}

/// What `net` reaches in `worlds` after `episode` episodes.
pub(crate) fn measured(
    net: &Net,
    worlds: &[World],
    episode: usize,
) -> Result<CurvePoint, ReplayError> {
    let (mut cost, mut under) = (0.0, 0.0);
    for world in worlds {
        let mut policy = Dqn::with_net(net.clone());
        let run = simulate(world, &mut policy, &Foresight::default())?;
        let card = Scorecard::new(world, &run, &ScoreSettings::default());
        cost += card.cost_over_clairvoyant;
        under += card.under_provisioned_time;
    }
    let count = worlds.len() as f64;
    let (cost_over_clairvoyant, under_provisioned_time) = (cost / count, under / count);
    Ok(CurvePoint { episode, cost_over_clairvoyant, under_provisioned_time })
}
