//! The fleet and what is asked of it, from the options.

use forescale::{
    Capacity, ColdStart, FleetState, Limits, LoadSeries, Objective, PlanOptions, Replicas,
    instances_for_last_load,
};

use crate::args::FleetArgs;
use crate::commands::Context;
use crate::failure::Failure;
use crate::output::frame::tidy;

/// How much an instance carries; none when neither a capacity nor a service time is given.
///
/// # Errors
/// When a value is out of range.
pub fn capacity(args: &FleetArgs) -> Result<Option<Capacity>, Failure> {
    let capacity = match (args.capacity, args.service_time, args.max_wait) {
        (capacity, Some(service), Some(wait)) => {
            Capacity::wait(capacity, service, wait, args.wait_share)?
        }
        (Some(capacity), _, _) => Capacity::utilization(capacity, args.target_utilization)?,
        (None, _, _) => return Ok(None),
    };
    Ok(Some(capacity))
}

/// Puts into the settings what was weighed, and leaves out what had no part in it.
pub fn record(args: &FleetArgs, context: &mut Context) {
    match args.service_time {
        Some(_) => context.unset("target_utilization"),
        None => context.unset("wait_share"),
    }
    match objective(args) {
        Objective::Budget(budget) if args.budget.is_none() => {
            context.set("budget", format!("{}%", tidy(budget * 100.0)));
        }
        _ => {}
    }
}

/// What the plan must respect and weigh.
pub fn plan_options(args: &FleetArgs, cold_start: ColdStart, all_steps: bool) -> PlanOptions {
    let limits = Limits {
        min: Replicas(args.min),
        max: args.max.map(Replicas),
        max_up: args.max_scale_up,
        max_down: args.max_scale_down,
        cooldown: args.cooldown,
        stabilization: args.stabilization,
    };
    PlanOptions {
        objective: objective(args),
        limits,
        level: args.level,
        event_price: args.event_price,
        all_steps,
        cold_start,
    }
}

fn objective(args: &FleetArgs) -> Objective {
    match (args.violation_price, args.budget) {
        (Some(violated_minute), _) => Objective::Price { violated_minute },
        (None, Some(budget)) => Objective::Budget(budget),
        (None, None) => Objective::default(),
    }
}

/// The fleet at the end of `series`.
///
/// # Errors
/// When its size cannot be counted.
pub fn state(
    args: &FleetArgs,
    series: &LoadSeries,
    capacity: &Capacity,
    options: &PlanOptions,
) -> Result<FleetState, Failure> {
    options.check()?;
    let current = match args.current {
        Some(current) => Replicas(current),
        None => instances_for_last_load(series, capacity, &options.limits)?,
    };
    Ok(FleetState::new(series.end(), current, args.startup))
}
