//! `forescale replay`: what scaling policies would have done on the user's own history.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use forescale::{
    Bound, EngineOptions, Outcome, PlanKind, Planned, Policy, ScoreSettings, World, policies,
};
use forescale_sources::{Source, read_plan, write_atomically};
use serde_json::json;

use super::Context;
use crate::args::{HistoryArgs, PlanMeaning, PlanOut, ReplayArgs};
use crate::failure::Failure;
use crate::input::source_failure;
use crate::output::frame::{Cells, Frame, time_text};
use crate::output::replayed::Picture;
use crate::output::{Answer, outcomes};
use crate::{calendar, engine, input, named, simulated};

/// Replays and prints.
pub fn run(args: &ReplayArgs, mut context: Context) -> Result<(), Failure> {
    let mut read =
        input::read(&args.input, &HistoryArgs::whole(args.service.clone()), None, &context)?;
    let calendar = Arc::new(calendar::read(&args.service, &read.series, None)?);
    calendar::record(&calendar, &mut context);
    let zone = calendar.zone;
    let metrics =
        simulated::metrics(&args.fleet.base, &args.input, &args.service, &read.series, &context)?;
    let world = simulated::world(&args.fleet, &args.score, &read.series, &metrics, calendar)?;
    context.set("score_from", time_text(world.service().time_at(world.score_from())));
    let (names, policies, late) = named(args, &world)?;
    read.warnings.extend(late);
    for out in &args.plan_out {
        if !names.contains(&out.policy) {
            return Err(unknown_out(out, &names));
        }
    }
    let bar = engine::bar(context.terminal, "replaying");
    bar.set_length(policies.len() as u64);
    let score = ScoreSettings {
        price_per_instance_hour: args.charge.price,
        max_wait_s: args.charge.max_wait,
        ..ScoreSettings::default()
    };
    let options = EngineOptions { seed: args.fleet.base.chance.seed, ..EngineOptions::default() };
    let replayed =
        forescale::replay(&read.series, &world, policies, &options, &score, |_| bar.inc(1))?;
    bar.finish_and_clear();
    for out in &args.plan_out {
        let at = names.iter().position(|name| *name == out.policy).unwrap_or_default();
        write_plan(&out.file, &world, &replayed[at])?;
        let beyond = replayed[at].run.beyond_a_plan().map(|what| format!("{}: {what}", out.policy));
        read.warnings.extend(beyond);
    }
    read.warnings.extend(replayed.iter().flat_map(|outcome| outcome.notes.iter().cloned()));
    context.terminal.warn_all(&read.warnings);
    let rows: Vec<(String, &Outcome)> = names.into_iter().zip(&replayed).collect();
    let merit = outcomes::by_merit(&rows, args.within.budget);
    let bound = Bound::of(&world);
    let frontier = &bound.frontier;
    let picture =
        Picture { args, world: &world, series: &read.series, zone, merit: &merit, frontier };
    if let Some(file) = &args.report {
        picture.write(file, &context.settings, &read.warnings)?;
    }
    let chart = args.chart.then(|| picture.terminal(context.terminal.color));
    let answer = Answer {
        name: "policies",
        settings: context.settings.into(),
        data: read.data,
        result: json!(replayed),
        more: vec![("clairvoyant", json!(bound)), ("fleet", json!(world.fleet()))],
        frame: outcomes::frame(&replayed),
        warnings: read.warnings,
    };
    answer.print(context.form, |_| {
        let table = outcomes::human(&rows, &world, args.within.budget, zone);
        chart.map_or_else(|| table.clone(), |chart| format!("{chart}\n{table}"))
    })
}

/// Names, the policies that they stand for, and what to say of a plan that begins late.
type Named = (Vec<String>, Vec<Box<dyn Policy>>, Option<String>);

/// The policies with the names they were asked for by.
fn named(args: &ReplayArgs, world: &World) -> Result<Named, Failure> {
    let mut names = args.policies.clone();
    if names.is_empty() && args.plan.is_none() {
        names = policies().iter().map(|row| row.name.to_owned()).collect();
    }
    let zone = world.service().calendar.zone;
    let create = |name: &String| named::policy(name, args.within.budget, zone);
    let mut made = names.iter().map(create).collect::<Result<Vec<_>, _>>()?;
    let mut late = None;
    if let Some(file) = &args.plan {
        let rows = read_plan(&Source::new(file), Some(zone)).map_err(source_failure)?;
        let kind = match args.plan_kind {
            PlanMeaning::Target => PlanKind::Target,
            PlanMeaning::Serving => PlanKind::Serving,
        };
        made.push(Box::new(Planned::new(&rows, kind, world)?));
        names.push("plan".to_owned());
        late = rows.first().and_then(|row| starts_late(row.0, world));
    }
    Ok((names, made, late))
}

/// What to say of a plan that has no number for the first scored steps.
fn starts_late(begin: DateTime<Utc>, world: &World) -> Option<String> {
    let scored = world.service().time_at(world.score_from());
    (begin > scored).then(|| {
        let (begin, scored) = (time_text(begin), time_text(scored));
        format!("the plan begins at {begin}, after the first scored step, {scored}: its first number is taken for the time before")
    })
}

fn unknown_out(out: &PlanOut, names: &[String]) -> Failure {
    let text = format!("--plan-out names {:?}, which is not replayed", out.policy);
    Failure::usage(text).hint(format!("name one of {}", names.join(", ")))
}

/// The instances asked for, serving and starting together, at every step.
fn write_plan(file: &Path, world: &World, outcome: &Outcome) -> Result<(), Failure> {
    let steps = outcome.run.serving.len();
    let counts = outcome.run.targets();
    let frame = Frame::default()
        .with("timestamp", Cells::Time((0..steps).map(|k| world.service().time_at(k)).collect()))
        .with("instances", Cells::Whole(counts.into_iter().map(i64::from).collect()));
    write_atomically(file, frame.csv().as_bytes()).map_err(source_failure)
}
