//! Flexible work moved to clean hours, as a plan with limits.

use forescale_core::{Forecast, Quantile, Replicas};

use super::super::{CarbonOptions, FlexibleLoad, Shifted, carbon_steps, shift_work};
use super::{Asked, CarbonShift, Chosen, Part, Total, WeighedStep};
use crate::objectives::error::ObjectiveError;

pub(super) fn choose(asked: Asked, shift: &CarbonShift) -> Result<Chosen, ObjectiveError> {
    let CarbonShift { rows, flexible, deadline, watts, price_per_instance_hour, price_per_kg } =
        shift;
    let Asked { forecast, capacity, options, timeline, .. } = asked;
    let quantile = Quantile::new(1.0 - asked.uncovered()?).unwrap_or(Quantile::MEDIAN);
    let load = FlexibleLoad {
        share: *flexible,
        quantile,
        min: options.limits.min.0,
        price_per_instance_hour: *price_per_instance_hour,
    };
    let first = timeline.in_forecast(0);
    let mut steps = carbon_steps(forecast, capacity, &load, rows)?.split_off(first);
    steps.iter_mut().enumerate().for_each(|(i, step)| step.at = timeline.begins(i));
    let minutes = deadline.num_seconds() as f64 / 60.0;
    let carbon = CarbonOptions {
        watts: *watts,
        step_hours: asked.hours(),
        deadline_steps: (minutes / timeline.step_minutes()).floor().max(0.0) as usize,
        max: Replicas(options.limits.most()),
        price_per_kg: *price_per_kg,
    };
    let plan = shift_work(&steps, &carbon)?;
    let total = |name, about, value| Total { name, about, value };
    Ok(Chosen {
        totals: vec![
            total("kg_co2", "kilograms of CO2", plan.grams / 1e3),
            total("kg_co2_unmoved", "the same without moving anything", plan.grams_unshifted / 1e3),
            total("cost", "cost of what serves", plan.cost),
        ],
        forecast: Some(carried(asked, *flexible, &plan.steps)?),
        steps: plan.steps.iter().map(step).collect(),
    })
}

fn step(shifted: &Shifted) -> WeighedStep {
    let waits_not = Replicas(shifted.instances.0 - shifted.flexible.0);
    let parts = [("cannot-wait", waits_not), ("flexible", shifted.flexible)];
    let part = |(name, instances): (&str, Replicas)| Part { name: name.to_owned(), instances };
    WeighedStep {
        at: shifted.at,
        instances: shifted.instances,
        parts: parts.map(part).to_vec(),
        reason: shifted.reason.to_string(),
    }
}

/// What has to be carried: the load that cannot wait, and the work that is done when it is done.
fn carried(asked: Asked, flexible: f64, steps: &[Shifted]) -> Result<Forecast, ObjectiveError> {
    let Asked { forecast, capacity, timeline, .. } = asked;
    let first = timeline.in_forecast(0);
    let row = |h: usize| {
        let done = h.checked_sub(first).map_or(Replicas(0), |i| steps[i].flexible);
        let moved = capacity.carries(done);
        forecast.row(h).iter().map(move |load| (1.0 - flexible) * load + moved)
    };
    let values = (0..forecast.steps()).flat_map(row).collect();
    let (origin, step) = (forecast.origin(), forecast.frequency());
    Forecast::new(origin, step, forecast.quantiles().clone(), values)
        .map_err(|_| ObjectiveError::Empty { what: "the forecast" })
}
