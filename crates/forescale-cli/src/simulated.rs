//! The simulated fleet that the command line describes.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{
    Calendar, Capacity, Dimension, FleetSettings, Frequency, Lifecycle, LoadSeries, MOST_INSTANCES,
    ReplayError, Trace, World,
};

use crate::args::{
    BaseFleetArgs, DecideArgs, MetricColumn, ScoreArgs, ScoreFrom, ServiceArgs, SimulatedArgs,
};
use crate::columns;
use crate::commands::Context;
use crate::failure::Failure;

/// What comes before the scored time, when nobody says.
const BURN_IN: TimeDelta = TimeDelta::days(14);

/// The columns that `--metric` names, on the grid of `series`.
///
/// # Errors
/// As [`columns::read`].
pub fn metrics(
    fleet: &BaseFleetArgs,
    path: &str,
    service: &ServiceArgs,
    series: &LoadSeries,
    context: &Context,
) -> Result<Vec<(Dimension, LoadSeries)>, Failure> {
    let read = |metric: &MetricColumn| {
        let column = columns::read(path, &metric.column, service, series, context)?;
        Ok((metric.dimension, column))
    };
    fleet.metrics.iter().map(read).collect()
}

/// The fleet of the command line on `series`, with the steps that are scored.
///
/// # Errors
/// [`Failure`] for a setting that is out of range, and for a time without a step to score.
pub fn world(
    fleet: &SimulatedArgs,
    score: &ScoreArgs,
    series: &LoadSeries,
    columns: &[(Dimension, LoadSeries)],
    calendar: Arc<Calendar>,
) -> Result<World, Failure> {
    let lifecycle = (fleet.launch_failures > 0.0).then(|| Lifecycle {
        seed: fleet.base.chance.seed,
        launch_failures: fleet.launch_failures,
        ..Lifecycle::default()
    });
    let settings = FleetSettings {
        drain_s: seconds(fleet.drain),
        min_billing_s: seconds(fleet.min_billing),
        lifecycle,
        ..settings(&fleet.base)
    };
    let capacity = Capacity::utilization(fleet.base.capacity, score.slo_utilization)?;
    let from = score_from(score, series, calendar.zone);
    let trace = trace(&fleet.base, series, columns)?;
    let steps = (from - series.start()).num_seconds().max(0) / trace.step().seconds();
    let steps = usize::try_from(steps).unwrap_or(usize::MAX);
    Ok(World::new(trace, capacity, settings, calendar, steps)?)
}

/// The fleet of the command line at the end of `series`.
///
/// # Errors
/// [`Failure`] for a setting that is out of range.
pub fn now(
    args: &DecideArgs,
    series: &LoadSeries,
    columns: &[(Dimension, LoadSeries)],
    calendar: Arc<Calendar>,
) -> Result<World, Failure> {
    let capacity = Capacity::utilization(args.fleet.capacity, args.slo_utilization)?;
    let trace = trace(&args.fleet, series, columns)?;
    Ok(World::at_end(trace, capacity, settings(&args.fleet), calendar)?)
}

fn settings(fleet: &BaseFleetArgs) -> FleetSettings {
    FleetSettings {
        startup_s: seconds(fleet.startup),
        min: fleet.min,
        max: fleet.max.unwrap_or(MOST_INSTANCES),
        max_up: fleet.max_scale_up,
        max_down: fleet.max_scale_down,
        metric_latency_s: seconds(fleet.metric_latency),
        ..FleetSettings::default()
    }
}

fn seconds(span: TimeDelta) -> f64 {
    span.num_seconds() as f64
}

fn trace(
    fleet: &BaseFleetArgs,
    series: &LoadSeries,
    columns: &[(Dimension, LoadSeries)],
) -> Result<Trace, Failure> {
    let step = Frequency::from_seconds(fleet.step.num_seconds())
        .map_err(|error| Failure::usage(error.to_string()).hint("pass a --step like 1m or 5m"))?;
    let mut trace = Trace::new(series, step)?;
    for (dimension, column) in columns {
        trace = trace.with_column(*dimension, column)?;
    }
    Ok(trace)
}

fn score_from(score: &ScoreArgs, series: &LoadSeries, zone: chrono_tz::Tz) -> DateTime<Utc> {
    match score.score_from {
        Some(ScoreFrom::At(moment)) => moment.in_zone(zone),
        Some(ScoreFrom::After(span)) => series.start() + span,
        None => series.start() + BURN_IN.min((series.end() - series.start()) / 2),
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        Self::usage(error.to_string()).hint(error.hint())
    }
}
