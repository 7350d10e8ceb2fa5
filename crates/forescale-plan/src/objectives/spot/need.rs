//! How many instances a step needs, as far as it is known.

use forescale_core::{Forecast, Quantile, Replicas};

use crate::capacity::Capacity;
use crate::error::PlanError;

/// The probability beyond which a count suffices for certain.
const CERTAIN: f64 = 1.0 - 1e-6;

/// The probability that 0, 1, 2, ... instances suffice.
#[derive(Debug, Clone, PartialEq)]
pub struct Need(Vec<f64>);

impl Need {
    /// Exactly `count` instances, from a plan say.
    pub fn known(count: u32) -> Self {
        let mut suffices = vec![0.0; count as usize];
        suffices.push(1.0);
        Self(suffices)
    }

    /// What step `h` of `forecast` needs, with its probabilities.
    ///
    /// # Errors
    /// [`PlanError::TooMany`] when it cannot be counted.
    pub fn forecast(forecast: &Forecast, h: usize, capacity: &Capacity) -> Result<Self, PlanError> {
        let certain = Quantile::new(CERTAIN).expect("it is below 1");
        let most = capacity.needed(forecast.quantile(h, certain))?.0;
        let suffices = |n| forecast.probability_below(h, capacity.carries(Replicas(n)));
        let mut suffices: Vec<f64> = (0..most).map(suffices).collect();
        suffices.push(1.0);
        Ok(Self(suffices))
    }

    /// The same when fewer than `least` must never serve.
    pub fn and_no_fewer_than(mut self, least: u32) -> Self {
        let least = least as usize;
        if self.0.len() <= least {
            self.0.resize(least + 1, 1.0);
        }
        self.0[..least].fill(0.0);
        self
    }

    /// The probability that `count` instances suffice.
    pub fn suffices(&self, count: usize) -> f64 {
        self.0.get(count).copied().unwrap_or(1.0)
    }

    /// The fewest instances that suffice with `probability`.
    pub fn at_least(&self, probability: f64) -> u32 {
        self.0.partition_point(|suffices| *suffices < probability - 1e-12) as u32
    }
}
