//! `forescale train-policy`: a policy that learns in the replay.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale::{
    Capacity, FleetSettings, Frequency, PolicyTraining, Trace, TrainedPolicy, World, train_policy,
};
use forescale_sources::write_atomically;
use serde_json::json;

use super::Context;
use crate::args::{HistoryArgs, TrainPolicyArgs};
use crate::failure::Failure;
use crate::input::source_failure;
use crate::output::frame::{Cells, Frame};
use crate::output::{Answer, table};
use crate::{calendar, engine, input};

/// What a history is learned from; the rest says how well.
const LEARNED: f64 = 0.7;

/// Trains, writes the net and prints the learning curve.
pub fn run(args: &TrainPolicyArgs, context: Context) -> Result<(), Failure> {
    let worlds = world(args, &context)?.into_iter().collect::<Vec<_>>();
    let options = PolicyTraining {
        seed: args.chance.seed,
        episodes: args.episodes,
        violation_price: args.violation_price,
    };
    let bar = engine::bar(context.terminal, "training");
    bar.set_length(args.episodes as u64);
    let trained = train_policy(&worlds, &options, |point| bar.set_position(point.episode as u64))?;
    bar.finish_and_clear();
    write_atomically(&args.out, trained.net.to_json().as_bytes()).map_err(source_failure)?;
    let answer = Answer {
        name: "learning_curve",
        settings: context.settings.into(),
        data: json!(null),
        result: json!(
            trained
                .curve
                .iter()
                .map(|point| json!({
                    "episode": point.episode,
                    "cost_over_clairvoyant": point.cost_over_clairvoyant,
                    "under_provisioned_time": point.under_provisioned_time,
                }))
                .collect::<Vec<_>>()
        ),
        more: vec![("episode", json!(trained.episode))],
        frame: frame(&trained),
        warnings: Vec::new(),
    };
    answer.print(context.form, |_| human(&trained, args))
}

/// The user's own history as a world, if there is one.
fn world(args: &TrainPolicyArgs, context: &Context) -> Result<Option<World>, Failure> {
    let (Some(path), Some(capacity)) = (&args.input, args.capacity) else {
        return Ok(None);
    };
    let read = input::read(path, &HistoryArgs::whole(args.service.clone()), None, context)?;
    let calendar = Arc::new(calendar::read(&args.service, &read.series, None)?);
    let step = Frequency::from_seconds(args.step.num_seconds())
        .map_err(|error| Failure::usage(error.to_string()).hint("pass a --step like 1m or 5m"))?;
    let startup_s = args.startup.max(TimeDelta::zero()).num_seconds() as f64;
    let fleet = FleetSettings { startup_s, ..FleetSettings::default() };
    let trace = Trace::new(&read.series, step)?;
    let learned = (trace.loads().len() as f64 * LEARNED) as usize;
    let capacity = Capacity::utilization(capacity, args.slo_utilization)?;
    Ok(Some(World::new(trace, capacity, fleet, calendar, learned)?))
}

fn frame(trained: &TrainedPolicy) -> Frame {
    let curve = || trained.curve.iter();
    Frame::default()
        .with("episode", Cells::Whole(curve().map(|point| point.episode as i64).collect()))
        .with(
            "cost_over_clairvoyant",
            Cells::Number(curve().map(|point| point.cost_over_clairvoyant).collect()),
        )
        .with(
            "under_provisioned_time",
            Cells::Number(curve().map(|point| point.under_provisioned_time).collect()),
        )
}

fn human(trained: &TrainedPolicy, args: &TrainPolicyArgs) -> String {
    let row = |point: &forescale::CurvePoint| {
        let taken = if point.episode == trained.episode { "taken" } else { "" };
        vec![
            point.episode.to_string(),
            format!("{:.3}", point.cost_over_clairvoyant),
            format!("{:.2} %", point.under_provisioned_time * 100.0),
            taken.to_owned(),
        ]
    };
    let headings = [("episode", true), ("of optimum", true), ("too few", true), ("", false)];
    let rows = trained.curve.iter().map(row).collect();
    format!(
        "{}\nthe net after episode {} is in {}; replay it with --policy dqn:net={}\n",
        table::table(&headings, rows),
        trained.episode,
        args.out.display(),
        args.out.display()
    )
}
