//! Load split over regions, as a plan with limits.

use forescale_core::{Quantile, Replicas};

use super::super::{Origin, RegionsStep, split_over_regions};
use super::{Asked, Chosen, Part, RegionSplit, Total, WeighedStep};
use crate::objectives::error::ObjectiveError;

pub(super) fn choose(asked: Asked, regional: &RegionSplit) -> Result<Chosen, ObjectiveError> {
    let RegionSplit { regions, origins, options } = regional;
    let Asked { forecast, capacity, timeline, .. } = asked;
    let quantile = Quantile::new(1.0 - asked.uncovered()?).unwrap_or(Quantile::MEDIAN);
    let loads: Vec<f64> = (0..timeline.len())
        .map(|i| forecast.quantile(timeline.in_forecast(i), quantile).max(0.0))
        .collect();
    let origin = |(name, share): &(String, f64)| Origin {
        name: name.clone(),
        loads: loads.iter().map(|load| share * load).collect(),
    };
    let origins: Vec<Origin> = origins.iter().map(origin).collect();
    let times: Vec<_> = (0..timeline.len()).map(|i| timeline.begins(i)).collect();
    let split = split_over_regions(&times, &origins, regions, capacity, options)?;
    let sum = |of: fn(&RegionsStep) -> f64| split.iter().map(of).sum::<f64>() * asked.hours();
    let total = |name, about, value| Total { name, about, value };
    let totals = vec![
        total(
            "cost",
            "cost of what serves, in the currency of the prices",
            sum(|s| s.cost_per_hour),
        ),
        total("kg_co2", "kilograms of CO2", sum(|s| s.grams_per_hour) / 1e3),
    ];
    let names: Vec<&str> = regions.iter().map(|region| region.name()).collect();
    let steps = split.iter().map(|step| weighed(step, &names)).collect();
    Ok(Chosen { steps, totals, forecast: None })
}

fn weighed(step: &RegionsStep, names: &[&str]) -> WeighedStep {
    let part = |(name, n): (&&str, &Replicas)| Part { name: (*name).to_owned(), instances: *n };
    let parts = names.iter().zip(&step.instances).map(part);
    let parts: Vec<Part> = parts.filter(|part| part.instances.0 > 0).collect();
    WeighedStep {
        at: step.at,
        instances: Replicas(parts.iter().map(|part| part.instances.0).sum()),
        parts,
        reason: step.reason.to_string(),
    }
}
