//! Carbon: flexible work moves to the steps of its deadline in which the grid is cleanest.

mod shift;
mod steps;

use std::fmt::{Display, Formatter};

use chrono::{DateTime, Utc};
use forescale_core::Replicas;

use super::error::{ObjectiveError, not_negative};
use crate::reason::{clock, counted, trimmed};

pub(crate) use steps::intensity;
pub use steps::{CarbonRow, FlexibleLoad, carbon_steps};

/// What a step has to carry, and what an instance costs in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarbonStep {
    /// When the step begins.
    pub at: DateTime<Utc>,
    /// Emissions of the grid, in grams of CO2 for a kilowatt-hour.
    pub grams_per_kwh: f64,
    /// Price of an instance.
    pub price_per_instance_hour: f64,
    /// Instances that the load needs which cannot wait.
    pub inflexible: u32,
    /// Flexible work that arises, in instances for one step.
    pub flexible: u32,
}

/// What moving work is weighed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarbonOptions {
    /// Power of one instance, in watts.
    pub watts: f64,
    /// Length of a step, in hours.
    pub step_hours: f64,
    /// Steps by which flexible work may be done later than it arises; 0 leaves it where it is.
    pub deadline_steps: usize,
    /// Most instances, inflexible and flexible together.
    pub max: Replicas,
    /// Price of a kilogram of CO2, in the currency of the instances. None minimises carbon, whatever instances cost.
    pub price_per_kg: Option<f64>,
}

/// What serves at a step, and what it emits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shifted {
    /// When the step begins.
    pub at: DateTime<Utc>,
    /// Instances, those for the inflexible load included.
    pub instances: Replicas,
    /// Instances that do flexible work.
    pub flexible: Replicas,
    /// Emissions, in grams of CO2.
    pub grams: f64,
    /// Price of the instances, without that of the carbon.
    pub cost: f64,
    /// Why.
    pub reason: CarbonReason,
}

/// Why flexible work is done when it is. It renders to one plain sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarbonReason {
    grams_per_kwh: f64,
    inflexible: u32,
    flexible: u32,
    /// Work that arises here.
    arises: u32,
    /// Work of earlier steps that is done here, and when the first of it arose.
    from: Option<(u32, DateTime<Utc>)>,
    /// Work of this step that is done later, and when the last of it is.
    to: Option<(u32, DateTime<Utc>)>,
}

impl Display for CarbonReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} for load that cannot wait", counted(self.inflexible))?;
        write!(f, ", {} for flexible work", self.flexible)?;
        write!(f, " at {} g/kWh", trimmed(self.grams_per_kwh, 1))?;
        if let Some((units, from)) = self.from {
            write!(f, "; {units} of it waited, since {} at the earliest", clock(from))?;
        }
        if let Some((units, to)) = self.to {
            write!(f, "; {units} of the {} that arise now wait, until {}", self.arises, clock(to))?;
        }
        Ok(())
    }
}

/// A day with its flexible work moved.
#[derive(Debug, Clone, PartialEq)]
pub struct CarbonPlan {
    /// Every step.
    pub steps: Vec<Shifted>,
    /// Emissions, in grams of CO2.
    pub grams: f64,
    /// Emissions with all flexible work done where it arises, whether or not that many instances can be had.
    pub grams_unshifted: f64,
    /// Price of the instances, without that of the carbon.
    pub cost: f64,
}

/// Moves flexible work to the steps within its deadline in which it costs least, carbon included.
///
/// Work that arises at step `a` is done in steps `a ..= a + deadline_steps`, at the latest in the last one; the
/// inflexible load keeps its instances at every step, and both together stay within the maximum. An instance of flexible
/// work at step `t` weighs `watts * hours * grams_per_kwh` grams, or their price and that of the instance.
///
/// Exact: the sets of instance-steps that can be filled with work in time are the independent sets of a transversal
/// matroid, so taking the cheapest instance-step that still fits gives the cheapest of all ways. Start-up, and what an
/// instance draws when idle, are not counted.
///
/// # Errors
/// [`ObjectiveError::OutOfRange`] for options out of range, [`ObjectiveError::Deadline`] when the maximum leaves too
/// little room in time.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use forescale_core::Replicas;
/// use forescale_plan::objectives::{CarbonOptions, CarbonStep, shift_work};
///
/// let ten: DateTime<Utc> = "2026-01-05T10:00:00Z".parse()?;
/// let step = |hours, grams_per_kwh, flexible| CarbonStep {
///     at: ten + TimeDelta::hours(hours),
///     grams_per_kwh,
///     price_per_instance_hour: 0.1,
///     inflexible: 2,
///     flexible,
/// };
/// let options = CarbonOptions {
///     watts: 200.0,
///     step_hours: 1.0,
///     deadline_steps: 2,
///     max: Replicas(4),
///     price_per_kg: None,
/// };
/// let plan = shift_work(&[step(0, 400.0, 3), step(1, 300.0, 0), step(2, 100.0, 0)], &options)?;
/// let flexible: Vec<u32> = plan.steps.iter().map(|step| step.flexible.0).collect();
/// assert_eq!(flexible, [0, 1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// Edmonds, *Matroids and the greedy algorithm*, 1971; the objective is that of Radovanović et al., *Carbon-aware
/// computing for datacenters*, 2022. Compared with all ways in `tests/it/carbon.rs`.
pub fn shift_work(
    steps: &[CarbonStep],
    options: &CarbonOptions,
) -> Result<CarbonPlan, ObjectiveError> {
    not_negative("the power of an instance", options.watts)?;
    not_negative("a step", options.step_hours)?;
    not_negative("the price of carbon", options.price_per_kg.unwrap_or(0.0))?;
    for step in steps {
        not_negative("a grid intensity", step.grams_per_kwh)?;
        not_negative("the price of an instance", step.price_per_instance_hour)?;
    }
    let grams = |step: &CarbonStep| options.watts / 1e3 * options.step_hours * step.grams_per_kwh;
    let weight = |step: &CarbonStep| match options.price_per_kg {
        None => grams(step),
        Some(price) => {
            step.price_per_instance_hour * options.step_hours + grams(step) / 1e3 * price
        }
    };
    let done = shift::cheapest(steps, options, weight)?;
    let moved = shift::moved(steps, &done);
    let shifted = steps.iter().zip(&done).zip(moved).map(|((step, done), (from, to))| {
        let instances = step.inflexible + done;
        let at = |(units, other): (u32, usize)| (units, steps[other].at);
        Shifted {
            at: step.at,
            instances: Replicas(instances),
            flexible: Replicas(*done),
            grams: grams(step) * f64::from(instances),
            cost: step.price_per_instance_hour * options.step_hours * f64::from(instances),
            reason: CarbonReason {
                grams_per_kwh: step.grams_per_kwh,
                inflexible: step.inflexible,
                flexible: *done,
                arises: step.flexible,
                from: from.map(at),
                to: to.map(at),
            },
        }
    });
    let shifted: Vec<Shifted> = shifted.collect();
    let unshifted = |step: &CarbonStep| grams(step) * f64::from(step.inflexible + step.flexible);
    Ok(CarbonPlan {
        grams: shifted.iter().map(|step| step.grams).sum(),
        grams_unshifted: steps.iter().map(unshifted).sum(),
        cost: shifted.iter().map(|step| step.cost).sum(),
        steps: shifted,
    })
}
