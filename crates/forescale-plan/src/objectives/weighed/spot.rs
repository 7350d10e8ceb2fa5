//! Spot and on-demand instances, as a plan with limits.

use super::super::{Need, SpotOptions, SpotStep, spot_mix};
use super::{Asked, Chosen, Part, SpotPrices, Total, WeighedStep};
use crate::objectives::error::ObjectiveError;

pub(super) fn choose(asked: Asked, prices: &SpotPrices) -> Result<Chosen, ObjectiveError> {
    let SpotPrices { rows, on_demand_price_per_hour } = prices;
    let Asked { forecast, fleet, capacity, options, timeline } = asked;
    let need = |i: usize| {
        let need = Need::forecast(forecast, timeline.in_forecast(i), capacity)?;
        Ok(need.and_no_fewer_than(options.limits.min.0))
    };
    let needs: Vec<Need> = (0..timeline.len()).map(need).collect::<Result<_, ObjectiveError>>()?;
    let times: Vec<_> = (0..timeline.len()).map(|i| timeline.begins(i)).collect();
    let spot = SpotOptions {
        on_demand_price_per_hour: *on_demand_price_per_hour,
        budget: asked.uncovered()?,
        startup: fleet.startup,
    };
    let mixes = spot_mix(&times, &needs, rows, &spot)?;
    let hours = asked.hours();
    let cost: f64 = mixes.iter().map(|mix| mix.cost_per_hour * hours).sum();
    let alone = needs.iter().map(|need| f64::from(need.at_least(1.0 - spot.budget)));
    let alone: f64 = alone.map(|count| count * on_demand_price_per_hour * hours).sum();
    let total = |name, about, value| Total { name, about, value };
    Ok(Chosen {
        steps: mixes.iter().map(step).collect(),
        totals: vec![
            total("cost", "cost of what serves, in the currency of the prices", cost),
            total("cost_on_demand", "the same on demand alone", alone),
        ],
        forecast: None,
    })
}

fn step(mix: &SpotStep) -> WeighedStep {
    let on_demand = Part { name: "on-demand".to_owned(), instances: mix.on_demand };
    let spot = mix.spot.iter().map(|(pool, n)| Part { name: pool.clone(), instances: *n });
    let parts: Vec<Part> =
        std::iter::once(on_demand).chain(spot).filter(|part| part.instances.0 > 0).collect();
    WeighedStep {
        at: mix.at,
        instances: forescale_core::Replicas(parts.iter().map(|part| part.instances.0).sum()),
        parts,
        reason: mix.reason.to_string(),
    }
}
