//! The simulated fleet that the command line describes.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{
    Calendar, Capacity, Dimension, FleetSettings, Frequency, LoadSeries, MOST_INSTANCES,
    ReplayError, Trace, World,
};

use crate::args::{
    BaseFleetArgs, DecideArgs, MetricColumn, ScoreArgs, ScoreFrom, ServiceArgs, SimulatedArgs,
};
use crate::columns;
use crate::commands::Context;
use crate::failure::Failure;
use crate::output::frame::time_text;

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
    let settings = FleetSettings {
        drain_s: seconds(fleet.drain),
        min_billing_s: seconds(fleet.min_billing),
        lifecycle: fleet.lifecycle.settings().lifecycle(fleet.base.chance.seed),
        ..settings(&fleet.base)
    };
    let capacity = Capacity::utilization(fleet.base.capacity, score.slo_utilization)?;
    let from = score_from(score, series, calendar.zone);
    if score.score_from.is_some() && !(series.start()..series.end()).contains(&from) {
        let (start, end) = (time_text(series.start()), time_text(series.end()));
        let text = format!(
            "scoring should begin within the history, from {start} to {end}, but is to begin at {}",
            time_text(from)
        );
        return Err(Failure::usage(text).hint("pass a time or a span like 14d with --score-from"));
    }
    let trace = trace(&fleet.base, series, columns)?;
    let steps = (from - series.start()).num_seconds().max(0) / trace.step().seconds();
    let steps = usize::try_from(steps).unwrap_or(usize::MAX);
    Ok(World::new(trace, capacity, settings, calendar, steps)?)
}

/// The steps of `series` that make whole steps of decisions, the last of which has just ended.
///
/// # Errors
/// [`Failure`] when there is not one.
pub fn whole_steps(series: &LoadSeries, step: TimeDelta) -> Result<LoadSeries, Failure> {
    let each = usize::try_from(step.num_seconds() / series.frequency().seconds()).unwrap_or(1);
    let part = series.len() % each.max(1);
    series.slice(part, series.len()).map_err(|_| {
        Failure::refused("the history is shorter than a step of decisions")
            .hint("pass a longer history, or a shorter --step")
    })
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
