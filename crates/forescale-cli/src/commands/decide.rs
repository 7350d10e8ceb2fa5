//! `forescale decide`: what a policy asks for now, so that what was replayed is what is applied.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{EngineOptions, LoadSeries, decide};
use forescale_core::time::format_span;
use serde_json::Value;

use super::Context;
use crate::args::{DecideArgs, HistoryArgs};
use crate::failure::Failure;
use crate::output::{Answer, decided};
use crate::{calendar, input, named, simulated};

/// Decides and prints.
pub fn run(args: &DecideArgs, mut context: Context) -> Result<(), Failure> {
    let reading = HistoryArgs { now: args.now, ..HistoryArgs::whole(args.service.clone()) };
    let mut read = input::read(&args.input, &reading, None, &context)?;
    let calendar = Arc::new(calendar::read(&args.service, &read.series, None)?);
    calendar::record(&calendar, &mut context);
    let zone = calendar.zone;
    let series = input::known(&read.series, &reading, zone, &mut context)?;
    let series = simulated::whole_steps(&series, args.fleet.step)?;
    let step = format_span(args.fleet.step);
    context.set("step", step);
    let known_to = fresh(&series, args.max_age)?;
    let metrics = simulated::metrics(&args.fleet, &args.input, &args.service, &series, &context)?;
    let world = simulated::now(args, &series, &metrics, calendar)?;
    let policy = named::policy(&args.policy, args.within.budget, zone)?;
    let options = EngineOptions { seed: args.fleet.chance.seed, ..EngineOptions::default() };
    let next = decide(&series, &world, policy, &options, args.current)?;
    context.set("current", next.before);
    let until = (known_to + args.max_age).max(next.at + args.fleet.step);
    let settings =
        next.settings.iter().map(|(key, value)| ((*key).to_owned(), value.as_str().into()));
    context.set("policy_settings", Value::Object(settings.collect()));
    read.warnings.extend(next.notes.iter().cloned());
    context.terminal.warn_all(&read.warnings);
    let answer = Answer {
        name: "recommendations",
        settings: context.settings.into(),
        data: read.data,
        result: decided::rows(&next),
        more: vec![("summary", decided::summary(&next, until))],
        frame: decided::frame(&next),
        warnings: read.warnings,
    };
    let simulated = args.current.is_none();
    answer.print(context.form, |_| decided::human(&next, &args.policy, simulated, zone))
}

/// The end of the newest load. A history whose newest load is too old is refused: what is unknown is not taken for what
/// it was.
fn fresh(series: &LoadSeries, max_age: TimeDelta) -> Result<DateTime<Utc>, Failure> {
    let missing = series.values().iter().rev().take_while(|load| load.is_nan()).count();
    let seconds = series.frequency().seconds().saturating_mul(missing as i64);
    let age = TimeDelta::seconds(seconds);
    if age <= max_age {
        return Ok(series.end() - age);
    }
    let text = format!(
        "the newest load is {} old, but at most {} is decided on",
        format_span(age),
        format_span(max_age)
    );
    Err(Failure::refused(text)
        .hint("keep the instances there are and find out why no load arrives; or pass --max-age"))
}
