//! How many instances each step needs, before any limit.

use forescale_core::forecast::Interpolation;
use forescale_core::{Forecast, Quantile, Replicas};

use crate::capacity::Capacity;
use crate::error::PlanError;
use crate::limits::Limits;
use crate::objectives::Standby;
use crate::options::Objective;
use crate::timeline::Timeline;

/// Probabilities beyond this are taken for certainty.
const NEARLY_CERTAIN: f64 = 1.0 - 1e-6;

/// Counts that are looked at for one step at a price; beyond them it goes in strides.
const MOST_TRIALS: u32 = 256;

/// What each step needs.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    /// The load that has to be carried.
    pub(crate) load: Vec<f64>,
    /// Instances that it needs.
    pub(crate) needed: Vec<u32>,
    /// The quantile that the load is; none when a price or something else decided.
    pub(crate) quantile: Option<Quantile>,
    /// What chose the counts, when it was not the load of each step.
    pub(crate) chosen_by: Option<&'static str>,
    /// What an empty fleet has to do with each step; nothing where it was not asked about.
    pub(crate) standby: Vec<Standby>,
}

impl Demand {
    /// Counts that were chosen already.
    pub(crate) fn chosen(serving: &[Replicas], capacity: &Capacity, by: &'static str) -> Self {
        let load = serving.iter().map(|count| capacity.carries(*count)).collect();
        let needed = serving.iter().map(|count| count.0).collect();
        Self { load, needed, quantile: None, chosen_by: Some(by), standby: Vec::new() }
    }

    pub(crate) fn new(
        forecast: &Forecast,
        capacity: &Capacity,
        objective: &Objective,
        limits: &Limits,
        timeline: &Timeline,
    ) -> Result<Self, PlanError> {
        let steps = (0..timeline.len()).map(|i| timeline.in_forecast(i));
        match (objective.quantile()?, objective) {
            (None, Objective::Price { violated_minute }) => {
                let price = *violated_minute;
                let needed = steps
                    .map(|h| worth_within(limits, &Trade { forecast, h, capacity, price }))
                    .collect::<Result<Vec<_>, _>>()?;
                let load = needed.iter().map(|n| capacity.carries(Replicas(*n))).collect();
                Ok(Self { load, needed, quantile: None, chosen_by: None, standby: Vec::new() })
            }
            (quantile, _) => {
                let quantile = quantile.unwrap_or(Quantile::MEDIAN);
                let load = at_quantile(forecast, quantile, timeline);
                let needed = load
                    .iter()
                    .map(|load| Ok(capacity.needed(*load)?.0))
                    .collect::<Result<Vec<_>, PlanError>>()?;
                let quantile = Some(quantile);
                Ok(Self { load, needed, quantile, chosen_by: None, standby: Vec::new() })
            }
        }
    }

    /// What is needed, and the instance that is kept warm where nothing is.
    pub(crate) fn with_kept_warm(&self) -> Vec<u32> {
        let mut kept = self.needed.clone();
        for (kept, standby) in kept.iter_mut().zip(&self.standby) {
            *kept = (*kept).max(u32::from(*standby == Standby::KeptWarm));
        }
        kept
    }
}

/// The quantile of every step of the plan; no load is below 0.
fn at_quantile(forecast: &Forecast, quantile: Quantile, timeline: &Timeline) -> Vec<f64> {
    let curve = Interpolation::new(forecast.quantiles().as_slice(), &[quantile.get()]);
    let mut load = Vec::with_capacity(timeline.len());
    for i in 0..timeline.len() {
        curve.extend(forecast.row(timeline.in_forecast(i)), &mut load);
    }
    load.iter().map(|load| load.max(0.0)).collect()
}

/// What instances are traded for at step `h`: violations at a `price`, in instances.
#[derive(Debug, Clone, Copy)]
struct Trade<'a> {
    forecast: &'a Forecast,
    h: usize,
    capacity: &'a Capacity,
    price: f64,
}

/// Instances worth having before any limit, unless the best within the minimum and the maximum is not the nearest
/// count to it.
fn worth_within(limits: &Limits, trade: &Trade) -> Result<u32, PlanError> {
    let certain = Quantile::new(NEARLY_CERTAIN).expect("it is below 1");
    let most = trade.capacity.needed(trade.forecast.quantile(trade.h, certain))?.0;
    let free = trade.worth(0, most);
    let (least, largest) = (limits.min.0, limits.most());
    if (least..=largest).contains(&free) {
        return Ok(free);
    }
    let best = trade.worth(least, most.clamp(least, largest));
    Ok(if best == free.clamp(least, largest) { free } else { best })
}

impl Trade<'_> {
    fn cost(&self, n: u32) -> f64 {
        let carried = self.capacity.carries(Replicas(n));
        f64::from(n) + self.price * (1.0 - self.forecast.probability_below(self.h, carried))
    }

    /// The fewest of the counts from `least` to `most` for which `n + price * P(y > what n carry)` is smallest.
    ///
    /// All are looked at, because the probability need not fall ever more slowly: a load with two humps is worth either
    /// few instances or many. More than [`MOST_TRIALS`] are looked at in strides, and then around the best.
    fn worth(&self, least: u32, most: u32) -> u32 {
        let stride = ((most - least) / MOST_TRIALS).max(1);
        let coarse = (least..=most).step_by(stride as usize).chain([most]);
        let coarse = cheapest(coarse, |n| self.cost(n));
        let low = coarse.saturating_sub(stride).max(least);
        let finer = (stride / MOST_TRIALS).max(1);
        let around = low..=coarse.saturating_add(stride).min(most);
        cheapest(around.step_by(finer as usize).chain([coarse]), |n| self.cost(n))
    }
}

/// The first of `counts` that costs least. Counts ascend, and none can be better than the best from its own cost on.
fn cheapest(counts: impl Iterator<Item = u32>, cost: impl Fn(u32) -> f64) -> u32 {
    let mut best = (f64::INFINITY, 0);
    for n in counts {
        if f64::from(n) >= best.0 {
            continue;
        }
        let cost = cost(n);
        if cost < best.0 {
            best = (cost, n);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use forescale_core::{Frequency, Quantiles, Utilization};

    use crate::fleet::FleetState;

    fn demand(row: [f64; 3], objective: Objective) -> Result<Demand, PlanError> {
        let origin = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(300).unwrap();
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        let forecast = Forecast::new(origin, step, quantiles, row.to_vec()).unwrap();
        let fleet = FleetState::new(origin, Replicas(1), TimeDelta::zero());
        let timeline = Timeline::new(&forecast, &fleet).unwrap();
        let capacity = Capacity::utilization(10.0, Utilization::new(1.0).unwrap()).unwrap();
        let limits = Limits { min: Replicas(0), ..Limits::default() };
        Demand::new(&forecast, &capacity, &objective, &limits, &timeline)
    }

    #[test]
    fn a_budget_takes_its_quantile() {
        let found = demand([10.0, 20.0, 31.0], Objective::Budget(0.05)).unwrap();
        assert_eq!((found.load, found.needed), (vec![31.0], vec![4]));
        assert_eq!(found.quantile.unwrap().get(), 0.9);
    }

    #[test]
    fn a_price_adds_instances_while_they_pay() {
        // P(y <= 0) = 0.02, P(y <= 20) = 0.5, P(y <= 30) = Phi(0.5 * 1.2816) = 0.739, P(y <= 40) = 0.9. The third instance takes
        // away 0.239 of a violation and pays from a price of 4.18, the fourth 0.161 and pays from 6.22.
        let worth = |price| {
            let objective = Objective::Price { violated_minute: price };
            demand([10.0, 20.0, 40.0], objective).unwrap().needed[0]
        };
        assert_eq!([4.1, 4.175, 4.3, 6.1, 6.3].map(worth), [0, 2, 3, 3, 4]);
        assert!(worth(1e9) > 4);
    }

    #[test]
    fn a_price_below_that_of_the_instances_buys_none() {
        let worth = |price| {
            let objective = Objective::Price { violated_minute: price };
            demand([10.0, 20.0, 40.0], objective).unwrap().needed[0]
        };
        assert_eq!([0.5, 1.9, 3.9].map(worth), [0, 0, 0]);
    }

    #[test]
    fn a_negative_load_needs_nothing() {
        let found = demand([-9.0, -9.0, -9.0], Objective::default()).unwrap();
        assert_eq!((found.load[0], found.needed[0]), (0.0, 0));
    }
}
