//! How many instances each step needs, before any limit.

use forescale_core::forecast::Interpolation;
use forescale_core::{Forecast, Quantile, Replicas};

use crate::capacity::Capacity;
use crate::error::PlanError;
use crate::options::Objective;
use crate::timeline::Timeline;

/// Probabilities beyond this are taken for certainty.
const NEARLY_CERTAIN: f64 = 1.0 - 1e-6;

/// Counts that the marginal rule looks at for one step; beyond them it goes in strides.
const MOST_TRIALS: u32 = 256;

/// What each step needs.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    /// The load that has to be carried.
    pub(crate) load: Vec<f64>,
    /// Instances that it needs.
    pub(crate) needed: Vec<u32>,
    /// The quantile that the load is; none when a price decided.
    pub(crate) quantile: Option<Quantile>,
}

impl Demand {
    pub(crate) fn new(
        forecast: &Forecast,
        capacity: &Capacity,
        objective: &Objective,
        timeline: &Timeline,
    ) -> Result<Self, PlanError> {
        let steps = (0..timeline.len()).map(|i| timeline.in_forecast(i));
        match (objective.quantile()?, objective) {
            (None, Objective::Price { violated_minute }) => {
                let needed = steps
                    .map(|h| worth(forecast, h, capacity, *violated_minute))
                    .collect::<Result<Vec<_>, _>>()?;
                let load = needed.iter().map(|n| capacity.carries(Replicas(*n))).collect();
                Ok(Self { load, needed, quantile: None })
            }
            (quantile, _) => {
                let quantile = quantile.unwrap_or(Quantile::MEDIAN);
                let load = at_quantile(forecast, quantile, timeline);
                let needed = load
                    .iter()
                    .map(|load| Ok(capacity.needed(*load)?.0))
                    .collect::<Result<Vec<_>, PlanError>>()?;
                Ok(Self { load, needed, quantile: Some(quantile) })
            }
        }
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

/// Instances worth having at step `h`: from what the median needs on, one is added while it takes away violations
/// worth more than itself, `price * (P(y > n) - P(y > n + 1)) >= 1`.
fn worth(forecast: &Forecast, h: usize, capacity: &Capacity, price: f64) -> Result<u32, PlanError> {
    let certain = Quantile::new(NEARLY_CERTAIN).expect("it is below 1");
    let mut n = capacity.needed(forecast.point(h))?.0;
    let most = capacity.needed(forecast.quantile(h, certain))?.0;
    let stride = (most.saturating_sub(n) / MOST_TRIALS).max(1);
    let suffices = |n: u32| forecast.probability_below(h, capacity.carries(Replicas(n)));
    let mut now = suffices(n);
    while n < most {
        let next = suffices(n.saturating_add(stride));
        if price * (next - now) < f64::from(stride) {
            break;
        }
        n = n.saturating_add(stride);
        now = next;
    }
    Ok(n)
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
        Demand::new(&forecast, &capacity, &objective, &timeline)
    }

    #[test]
    fn a_budget_takes_its_quantile() {
        let found = demand([10.0, 20.0, 31.0], Objective::Budget(0.05)).unwrap();
        assert_eq!((found.load, found.needed), (vec![31.0], vec![4]));
        assert_eq!(found.quantile.unwrap().get(), 0.9);
    }

    #[test]
    fn a_price_adds_instances_while_they_pay() {
        // P(y <= 20) = 0.5, P(y <= 30) = Phi(0.5 * 1.2816) = 0.739, P(y <= 40) = 0.9. The third instance takes
        // away 0.239 of a violation and pays from a price of 4.18, the fourth 0.161 and pays from 6.22.
        let worth = |price| {
            let objective = Objective::Price { violated_minute: price };
            demand([10.0, 20.0, 40.0], objective).unwrap().needed[0]
        };
        assert_eq!([4.1, 4.3, 6.1, 6.3].map(worth), [2, 3, 3, 4]);
        assert!(worth(1e9) > 4);
    }

    #[test]
    fn a_negative_load_needs_nothing() {
        let found = demand([-9.0, -9.0, -9.0], Objective::default()).unwrap();
        assert_eq!((found.load[0], found.needed[0]), (0.0, 0));
    }
}
