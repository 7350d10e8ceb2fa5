//! What a plan weighs beside the load, from the options and their files.

use std::collections::BTreeSet;
use std::path::Path;

use chrono_tz::Tz;
use forescale::objectives::{
    CarbonShift, ObjectiveError, PathSettings, RegionOptions, RegionRow, RegionSplit, SpotPrices,
    Weighing, regions,
};
use forescale::{ColdStart, error_correlation};
use forescale_sources::{Source, read_carbon, read_regions, read_spot};

use crate::args::{EngineArgs, WeighArgs};
use crate::commands::Context;
use crate::failure::Failure;
use crate::input::{Prepared, source_failure};

/// The shares of all origins may miss 1 by so much.
const ROUNDING: f64 = 1e-6;

/// When there may be no instance.
pub fn cold_start(args: &WeighArgs) -> ColdStart {
    ColdStart {
        idle_load: args.idle_load,
        duration: args.cold_start,
        budget: args.cold_start_budget,
        price: args.cold_start_price,
    }
}

/// Leaves out of the settings what had no part in the plan.
pub fn record(args: &WeighArgs, min: u32, context: &mut Context) {
    let emissions = args.carbon.is_some() || args.regions.is_some();
    for (name, has_part) in [
        ("deadline", args.carbon.is_some()),
        ("watts", emissions),
        ("latency_limit", args.regions.is_some()),
        ("idle_load", min == 0),
    ] {
        if !has_part {
            context.unset(name);
        }
    }
}

/// What is weighed; none when only the load is.
///
/// # Errors
/// Whatever is wrong with a file or an option.
pub fn weighing(
    args: &WeighArgs,
    engine: &EngineArgs,
    prepared: &Prepared,
) -> Result<Option<Weighing>, Failure> {
    let zone = prepared.model.calendar().zone;
    Ok(match (&args.scenarios, &args.spot, &args.carbon, &args.regions) {
        (Some(paths), ..) => Some(scenarios(*paths, engine, prepared)?),
        (_, Some(file), ..) => Some(spot(args, file, zone)?),
        (_, _, Some(file), _) => Some(carbon(args, file, zone)?),
        (.., Some(file)) => Some(split(args, file)?),
        _ => None,
    })
}

fn scenarios(paths: u32, engine: &EngineArgs, prepared: &Prepared) -> Result<Weighing, Failure> {
    let Prepared { model, series, .. } = prepared;
    let correlation = error_correlation(model, series)?;
    let paths = paths as usize;
    Ok(Weighing::Scenarios(PathSettings { paths, seed: engine.chance.seed, correlation }))
}

fn spot(args: &WeighArgs, file: &Path, zone: Tz) -> Result<Weighing, Failure> {
    let rows = read_spot(&Source::new(file), Some(zone)).map_err(source_failure)?;
    let on_demand_price_per_hour = args.price.unwrap_or_default();
    Ok(Weighing::Spot(SpotPrices { rows, on_demand_price_per_hour }))
}

fn carbon(args: &WeighArgs, file: &Path, zone: Tz) -> Result<Weighing, Failure> {
    let rows = read_carbon(&Source::new(file), Some(zone)).map_err(source_failure)?;
    if args.carbon_price.is_some() && args.price.is_none() {
        return Err(Failure::usage("a price of carbon is weighed against that of instances")
            .hint("pass --price PRICE, what an instance costs an hour"));
    }
    Ok(Weighing::Carbon(CarbonShift {
        rows,
        flexible: args.flexible.unwrap_or_default(),
        deadline: args.deadline,
        watts: args.watts,
        price_per_instance_hour: args.price.unwrap_or_default(),
        price_per_kg: args.carbon_price,
    }))
}

fn split(args: &WeighArgs, file: &Path) -> Result<Weighing, Failure> {
    let rows = read_regions(&Source::new(file)).map_err(source_failure)?;
    Ok(Weighing::Regions(RegionSplit {
        origins: origins(args, &rows)?,
        regions: regions(&rows)?,
        options: RegionOptions {
            latency_limit_ms: args.latency_limit,
            watts: args.watts,
            price_per_kg: args.carbon_price.unwrap_or_default(),
        },
    }))
}

/// Shares of the load by origin, as they were given or alike for all of the file.
fn origins(args: &WeighArgs, rows: &[RegionRow]) -> Result<Vec<(String, f64)>, Failure> {
    let named: BTreeSet<&str> = rows.iter().filter_map(RegionRow::origin).collect();
    if args.origins.is_empty() {
        let names = if named.is_empty() { vec!["everywhere"] } else { named.into_iter().collect() };
        let share = 1.0 / names.len() as f64;
        return Ok(names.into_iter().map(|name| (name.to_owned(), share)).collect());
    }
    let sum: f64 = args.origins.iter().map(|(_, share)| share).sum();
    if (sum - 1.0).abs() > ROUNDING {
        let text = format!("the shares of --origins should sum up to 1, but sum up to {sum}");
        return Err(Failure::usage(text).hint("write europe=0.7,america=0.3"));
    }
    let everywhere = rows.iter().any(|row| row.origin().is_none());
    let unknown = args.origins.iter().find(|(name, _)| !named.contains(name.as_str()));
    match unknown.filter(|_| !everywhere) {
        Some((name, _)) => {
            let known: Vec<&str> = named.into_iter().collect();
            Err(Failure::usage(format!("no row tells a latency from {name:?}"))
                .hint(format!("name one of {}", known.join(", "))))
        }
        None => Ok(args.origins.clone()),
    }
}

impl From<ObjectiveError> for Failure {
    fn from(error: ObjectiveError) -> Self {
        Self::usage(error.to_string()).hint(error.hint())
    }
}
