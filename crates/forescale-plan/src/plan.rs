//! The rule: carry the chosen quantile over the whole start-up window, within every limit.

use std::sync::Arc;

use forescale_core::{Forecast, Replicas};

use crate::capacity::Capacity;
use crate::demand::Demand;
use crate::error::PlanError;
use crate::fleet::FleetState;
use crate::options::PlanOptions;
use crate::outlook::Outlook;
use crate::reason::{ForecastNotes, clock, counted};
use crate::rows::Rows;
use crate::scale_plan::{PlanSettings, Recommendation, ScalePlan};
use crate::timeline::Timeline;
use crate::walk::{self, Wanted};
use crate::window;
use crate::zero;

/// Plans `fleet` for `forecast`.
///
/// Each step asks for the most instances that the chosen quantile of the load needs from its start to the end of
/// the start-up time: what is asked for then serves after it, and what is needed again by then is kept. Minimum
/// and maximum, the largest change of a step, the cooldown and the stabilization window follow. With a perfect
/// forecast and no limits this is the cheapest plan without a violation.
///
/// More load never asks for fewer instances, unless it brings a change forward from which a cooldown counts, or
/// scale-ups have a price and are merged in another way.
///
/// With a minimum of 0 the fleet goes to 0 as [`PlanOptions::cold_start`] says, and is activated ahead of load.
///
/// The plan begins at `fleet.now`, which the forecast must cover, and ends with the forecast.
///
/// # Errors
/// [`PlanError`] names the setting that is out of range, and [`PlanError::hint`] the way out.
///
/// ```
/// use chrono::TimeDelta;
/// use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
/// use forescale_plan::{Action, Capacity, FleetState, ForecastNotes, PlanOptions, plan};
///
/// // Three steps of five minutes, each with its 10 %, 50 % and 98 % quantile.
/// let now = "2026-01-05T10:00:00Z".parse()?;
/// let quantiles = Quantiles::new([0.1, 0.98])?;
/// let values = vec![80.0, 96.0, 120.0, 80.0, 96.0, 120.0, 136.0, 160.0, 192.0];
/// let forecast = Forecast::new(now, Frequency::from_seconds(300)?, quantiles, values)?;
///
/// let fleet = FleetState::new(now, Replicas(15), TimeDelta::minutes(5));
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let notes = ForecastNotes::default();
/// let plan = plan(&forecast, &fleet, &capacity, &PlanOptions::default(), &notes)?;
///
/// let rise = &plan.recommendations[1];
/// assert_eq!((rise.action, rise.instances), (Action::ScaleUp, Replicas(24)));
/// assert_eq!((rise.at, rise.effective_at), (forecast.time_at(1), forecast.time_at(2)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// Equal to the optimum of [`crate::clairvoyant::zero_violation`]; quantiles in place of a buffer after measurements
/// on 31 traces.
pub fn plan(
    forecast: &Forecast,
    fleet: &FleetState,
    capacity: &Capacity,
    options: &PlanOptions,
    notes: &ForecastNotes,
) -> Result<ScalePlan, PlanError> {
    options.check()?;
    let timeline = Timeline::new(forecast, fleet)?;
    let mut demand =
        Demand::new(forecast, capacity, &options.objective, &options.limits, &timeline)?;
    if options.limits.min.0 == 0 {
        zero::stand_by(&mut demand, forecast, capacity, fleet, options, &timeline)?;
    }
    let asked = Asked { forecast, fleet, capacity, options, notes };
    asked.plan(&demand, &timeline)
}

/// The plan whose instances serve as `serving` says: one count for every step from `fleet.now` to the end of the
/// forecast, chosen elsewhere, by [`crate::objectives`] say. `chosen_by` names it in the reasons.
///
/// Rises are asked for the start-up time ahead, and every limit holds.
///
/// # Errors
/// [`PlanError::Serving`] when `serving` has another length than the plan; as [`plan`] for the rest.
pub fn plan_serving(
    forecast: &Forecast,
    fleet: &FleetState,
    capacity: &Capacity,
    options: &PlanOptions,
    notes: &ForecastNotes,
    serving: &[Replicas],
    chosen_by: &'static str,
) -> Result<ScalePlan, PlanError> {
    options.check()?;
    let timeline = Timeline::new(forecast, fleet)?;
    if serving.len() != timeline.len() {
        return Err(PlanError::Serving { steps: timeline.len(), counts: serving.len() });
    }
    let demand = Demand::chosen(serving, capacity, chosen_by);
    let asked = Asked { forecast, fleet, capacity, options, notes };
    asked.plan(&demand, &timeline)
}

/// What a plan is asked for.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    forecast: &'a Forecast,
    fleet: &'a FleetState,
    capacity: &'a Capacity,
    options: &'a PlanOptions,
    notes: &'a ForecastNotes,
}

impl Asked<'_> {
    fn plan(&self, demand: &Demand, timeline: &Timeline) -> Result<ScalePlan, PlanError> {
        let Self { forecast, fleet, capacity, options, notes } = *self;
        let peaks = window::peaks(&demand.needed, timeline.lead());
        let event_price_steps = options.event_price / timeline.step_minutes();
        let wanted = Wanted::new(
            demand,
            timeline.lead(),
            fleet.total()?,
            &options.limits,
            event_price_steps,
        )?;
        let decisions = walk::decide(&wanted, fleet, &options.limits, timeline);
        let rows = Rows {
            timeline,
            outlook: &Outlook::new(forecast, timeline, options.level),
            capacity,
            fleet,
            demand,
            peaks: &peaks,
            decisions: &decisions,
            level: options.level,
            notes: Arc::new(notes.clone()),
        };
        let recommendations = rows.recommendations(options.all_steps)?;
        let warnings = warnings(notes, &recommendations, demand, timeline, options);
        let settings = settings(fleet, capacity, options, demand)?;
        Ok(ScalePlan { now: timeline.now(), settings, recommendations, warnings })
    }
}

fn warnings(
    notes: &ForecastNotes,
    recommendations: &[Recommendation],
    demand: &Demand,
    timeline: &Timeline,
    options: &PlanOptions,
) -> Vec<String> {
    let mut warnings = notes.warnings.clone();
    if timeline.now() + timeline.startup() >= timeline.end() {
        warnings.push(
            "the start-up time reaches beyond the forecast, so no scale-up serves within it".into(),
        );
    }
    if let Some(late) = recommendations.iter().find_map(|row| row.reason.late) {
        let (needed, effective) = (clock(late.needed_from), clock(late.effective_at));
        warnings.push(format!(
            "more instances are needed from {needed}, but can serve only from {effective}"
        ));
    }
    let most = options.limits.most();
    if let Some(first) = demand.needed.iter().position(|needed| *needed > most) {
        let peak = counted(demand.needed.iter().copied().max().unwrap_or(most));
        let from = clock(timeline.begins(first));
        warnings.push(format!(
            "the load needs up to {peak}, more than the maximum of {most}, first at {from}"
        ));
    }
    warnings
}

fn settings(
    fleet: &FleetState,
    capacity: &Capacity,
    options: &PlanOptions,
    demand: &Demand,
) -> Result<PlanSettings, PlanError> {
    let limits = &options.limits;
    Ok(PlanSettings {
        capacity: *capacity,
        objective: options.objective,
        quantile: demand.quantile,
        min: limits.min,
        max: limits.max,
        max_up: limits.max_up,
        max_down: limits.max_down,
        cooldown: limits.cooldown,
        stabilization: limits.stabilization,
        startup: fleet.startup,
        current: fleet.current,
        starting: fleet.total()? - fleet.current.0,
        level: options.level,
        event_price: options.event_price,
        all_steps: options.all_steps,
        cold_start: (limits.min.0 == 0).then_some(options.cold_start),
    })
}
