//! What a command works on: a history that is read, and the model that forecasts from it.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Frequency, LoadSeries, Model, as_of, farther};
use forescale_prometheus::{PrometheusRead, Settings};
use forescale_sources::{Aggregate, ReadOptions, SourceError, read_history};
use serde_json::{Value, json};

use crate::args::{Aggregation, EngineArgs, HistoryArgs, Source};
use crate::commands::Context;
use crate::failure::Failure;
use crate::output::frame::time_text;
use crate::{calendar, engine, live, store};

/// A history that was read.
#[derive(Debug)]
pub struct Read {
    /// The load.
    pub series: LoadSeries,
    /// What was read and mended.
    pub data: Value,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A model and the history it forecasts from.
#[derive(Debug)]
pub struct Prepared {
    /// The model.
    pub model: Model,
    /// The history up to the first moment to forecast.
    pub series: LoadSeries,
    /// What was read and mended.
    pub data: Value,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Reads the history at `path` and says in one line what was read.
///
/// # Errors
/// Whatever is wrong with the source.
pub fn read(
    path: &str,
    args: &HistoryArgs,
    step: Option<Frequency>,
    context: &Context,
) -> Result<Read, Failure> {
    if Settings::is_source(path) {
        return asked(path, args, step, context);
    }
    let options = ReadOptions {
        time: args.service.time.clone(),
        loads: args.service.load.iter().cloned().collect(),
        series: args.service.series.clone(),
        zone: args.service.timezone,
        step: frequency(args.step)?.or(step),
        aggregate: match args.aggregate {
            Aggregation::Mean => Aggregate::Mean,
            Aggregation::Sum => Aggregate::Sum,
            Aggregation::Max => Aggregate::Max,
        },
    };
    let source = forescale_sources::Source::new(path);
    let read = read_history(&source, &options).map_err(history_failure)?;
    let line = read.report.line();
    context.terminal.say(&format!("read {}: {line}", read.report.source));
    Ok(Read { series: read.series, data: json!(read.report), warnings: read.warnings })
}

/// Reads what Prometheus holds at `--now`.
fn asked(
    source: &str,
    args: &HistoryArgs,
    step: Option<Frequency>,
    context: &Context,
) -> Result<Read, Failure> {
    let zone = args.service.timezone.unwrap_or(Tz::UTC);
    let now = args.now.map_or_else(Utc::now, |now| now.in_zone(zone));
    let PrometheusRead { mut series, labels, notes, .. } = live::prometheus(source, now)?;
    let coarser = frequency(args.step)?.or(step).filter(|step| *step != series.frequency());
    if let Some(step) = coarser {
        series = series.averaged(step).map_err(|error| {
            Failure::usage(error.to_string()).hint("put step=SPAN into the source instead")
        })?;
    }
    let (from, to) = (time_text(series.start()), time_text(series.end()));
    let (steps, step) = (series.len(), series.frequency());
    context.terminal.say(&format!("read {labels}: {steps} steps of {step}, {from} .. {to}"));
    let data =
        json!({ "source": labels, "steps": steps, "step": step.to_string(), "notes": notes });
    Ok(Read { series, data, warnings: notes.words() })
}

fn frequency(step: Option<TimeDelta>) -> Result<Option<Frequency>, Failure> {
    let read = step.map(|step| Frequency::from_seconds(step.num_seconds())).transpose();
    read.map_err(|error| Failure::usage(error.to_string()).hint("pass a --step like 1m, 5m or 1h"))
}

/// The history as it is known at `--now`, and that moment in the settings.
///
/// # Errors
/// When `--now` is before the history or far behind it.
pub fn known(
    series: &LoadSeries,
    args: &HistoryArgs,
    zone: Tz,
    context: &mut Context,
) -> Result<LoadSeries, Failure> {
    let known = match args.now {
        Some(now) => as_of(series, now.in_zone(zone))?,
        None => series.clone(),
    };
    context.set("now", time_text(known.end()));
    context.set("step", known.frequency().to_string());
    Ok(known)
}

/// What to say when the history ends well before the first moment to forecast.
pub fn stale(read: &LoadSeries, known: &LoadSeries) -> Option<String> {
    forescale::stale(read, known, "--now")
}

/// Trains on a history, or takes a model and the newest history there is for it.
///
/// # Errors
/// Whatever is wrong with the source, the model or the options.
pub fn prepare(
    source: &Source,
    reading: &HistoryArgs,
    learning: &EngineArgs,
    horizon: TimeDelta,
    context: &mut Context,
) -> Result<Prepared, Failure> {
    let mut prepared = match (&source.model, &source.input) {
        (Some(file), _) => {
            let model = store::load(file)?;
            check_fit(&model, reading, learning)?;
            context.unset("seed");
            let calendar =
                calendar::read(&reading.service, model.recent(), Some(model.calendar()))?;
            let model = model.with_calendar(Arc::new(calendar));
            let mut prepared = from_model(model, source.history.as_deref(), reading, context)?;
            prepared.warnings.extend(farther(&prepared.model, horizon));
            prepared
        }
        (None, Some(path)) => {
            let read = read(path, reading, None, context)?;
            let calendar = Arc::new(calendar::read(&reading.service, &read.series, None)?);
            let series = known(&read.series, reading, calendar.zone, context)?;
            let model = engine::train(&series, learning, horizon, &calendar, context)?;
            let mut warnings = read.warnings;
            warnings.extend(stale(&read.series, &series));
            Prepared { model, series, data: read.data, warnings }
        }
        (None, None) => return Err(Failure::usage("there is neither a history nor a model")),
    };
    calendar::record(prepared.model.calendar(), context);
    let degraded = prepared.model.card().degraded.iter();
    prepared.warnings.extend(degraded.map(|reason| format!("degraded: {reason}")));
    Ok(prepared)
}

/// Refuses what a trained model could only ignore.
fn check_fit(model: &Model, reading: &HistoryArgs, learning: &EngineArgs) -> Result<(), Failure> {
    if !learning.predictors.is_empty() {
        let names = learning.predictors.join(",");
        return Err(Failure::usage(format!("a model brings its own predictors, but got {names}"))
            .hint("leave out --predictors, or train again"));
    }
    let trained = model.frequency();
    match frequency(reading.step)? {
        Some(given) if given != trained => {
            let text =
                format!("the model was trained with a step of {trained}, but --step is {given}");
            Err(Failure::usage(text)
                .hint(format!("leave out --step, or pass --step {trained}; or train a new model")))
        }
        _ => Ok(()),
    }
}

fn from_model(
    mut model: Model,
    history: Option<&str>,
    reading: &HistoryArgs,
    context: &mut Context,
) -> Result<Prepared, Failure> {
    let zone = model.calendar().zone;
    let Some(path) = history else {
        let series = known(model.recent(), reading, zone, context)?;
        let data = json!({ "source": "the model", "model": model.card().data });
        let warnings = stale(model.recent(), &series).into_iter().collect();
        return Ok(Prepared { model, series, data, warnings });
    };
    let read = read(path, reading, Some(model.frequency()), context)?;
    let series = known(&read.series, reading, zone, context)?;
    let mut warnings = read.warnings;
    warnings.extend(stale(&read.series, &series));
    if model.observe(&series) {
        context.terminal.detail("weights and intervals learned from what came after the training");
    }
    Ok(Prepared { model, series, data: read.data, warnings })
}

/// A source's error with its way out and exit code.
pub fn source_failure(error: SourceError) -> Failure {
    let text = error.to_string();
    let failure = match &error {
        SourceError::Unavailable { .. } => Failure::unavailable(text),
        SourceError::UnknownColumn { .. }
        | SourceError::AmbiguousColumn { .. }
        | SourceError::MissingColumn { .. }
        | SourceError::UnknownSeries { .. }
        | SourceError::AmbiguousSeries { .. }
        | SourceError::StepTooFine { .. }
        | SourceError::UnknownScenario { .. } => Failure::usage(text),
        _ => Failure::failed(text),
    };
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The same for a history, which may come from standard input, too.
fn history_failure(error: SourceError) -> Failure {
    let unavailable = error.is_unavailable();
    let failure = source_failure(error);
    match unavailable {
        true => failure.hint("check the path, or pass `-` to read standard input"),
        false => failure,
    }
}
