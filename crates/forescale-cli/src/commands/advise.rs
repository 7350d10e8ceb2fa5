//! `forescale advise`: which strategy and settings a service should use, and how to apply them.

use std::sync::Arc;

use forescale::EngineOptions;
use serde_json::json;

use super::Context;
use crate::args::{AdviseArgs, HistoryArgs};
use crate::failure::Failure;
use crate::output::{Answer, advised, apply};
use crate::{calendar, engine, input, simulated};

/// Replays, advises and prints.
pub fn run(args: &AdviseArgs, mut context: Context) -> Result<(), Failure> {
    let asked = context.settings.clone();
    let read = input::read(&args.input, &HistoryArgs::whole(args.service.clone()), None, &context)?;
    let calendar = Arc::new(calendar::read(&args.service, &read.series, None)?);
    calendar::record(&calendar, &mut context);
    let zone = calendar.zone;
    let metrics =
        simulated::metrics(&args.fleet.base, &args.input, &args.service, &read.series, &context)?;
    let world = simulated::world(&args.fleet, &args.score, &read.series, &metrics, calendar)?;
    let bar = engine::bar(context.terminal, "replaying");
    let options = EngineOptions { seed: args.fleet.base.chance.seed, ..EngineOptions::default() };
    let today = args.today.as_deref();
    let advice =
        forescale::advise(&read.series, &world, today, args.within.budget, &options, |count| {
            bar.set_length(count as u64);
            bar.inc(1);
        })?;
    bar.finish_and_clear();
    context.terminal.warn_all(&read.warnings);
    let steps = apply::steps(&advice, args, &asked);
    let answer = Answer {
        name: "advice",
        settings: context.settings.into(),
        data: read.data,
        result: json!(advice),
        more: vec![("apply", json!(steps))],
        frame: advised::frame(&advice),
        warnings: read.warnings,
    };
    answer.print(context.form, |_| advised::human(&advice, &steps, args.within.budget, zone))
}
