//! `forescale data`: what was read, and sample histories.

use std::sync::Arc;

use forescale::find_seasonality;
use forescale_core::time::format_span;
use forescale_sources::describe::{Stretch, Suspicion, SuspiciousStretch};
use forescale_sources::{Description, SCENARIOS, describe, scenario, write_atomically};
use serde_json::{Value, json};

use super::Context;
use crate::args::{DataArgs, DataCommand, DescribeArgs, GenerateArgs};
use crate::calendar;
use crate::failure::Failure;
use crate::input::{self, source_failure};
use crate::output::frame::{Cells, Frame, time_text};
use crate::output::{Answer, table};

/// Describes, generates or lists.
pub fn run(args: &DataArgs, context: Context) -> Result<(), Failure> {
    match &args.command {
        DataCommand::Describe(args) => description(args, context),
        DataCommand::Generate(args) => generate(args, &context),
        DataCommand::List => list(context),
    }
}

fn description(args: &DescribeArgs, mut context: Context) -> Result<(), Failure> {
    let mut read = input::read(&args.input, &args.reading, None, &context)?;
    let zone = args.reading.service.timezone.unwrap_or(chrono_tz::Tz::UTC);
    let series = input::known(&read.series, &args.reading, zone, &mut context)?;
    read.warnings.extend(input::stale(&read.series, &series));
    let calendar = Arc::new(calendar::read(&args.reading.service, &series, None)?);
    calendar::record(&calendar, &mut context);
    let description = describe(&series, &calendar);
    let seasons: Vec<(String, f64)> = find_seasonality(&series)
        .into_iter()
        .map(|season| (format_span(season.period), season.strength))
        .collect();
    let facts = facts(&description, &seasons);
    let mut result = json!(description);
    result["seasons"] = seasons
        .iter()
        .map(|(period, strength)| json!({ "period": period, "strength": strength }))
        .collect();
    context.terminal.warn_all(&read.warnings);
    let answer = Answer {
        name: "description",
        settings: context.settings.into(),
        data: read.data,
        result,
        more: Vec::new(),
        frame: facts_frame(&facts),
        warnings: read.warnings,
    };
    answer.print(context.form, |_| table::facts(&facts))
}

fn facts(of: &Description, seasons: &[(String, f64)]) -> Vec<(&'static str, String)> {
    let number = table::number;
    let mut facts = vec![
        ("span", format!("{} to {}", time_text(of.start), time_text(of.end))),
        ("step", format!("{}, {} steps", of.step, of.steps)),
        ("gaps", format!("{} steps, {}", of.gaps.steps, table::percent(of.gaps.share))),
        (
            "load",
            format!(
                "{} to {}, median {}, mean {}, 99 % at most {}",
                number(of.loads.min),
                number(of.loads.max),
                number(of.loads.median),
                number(of.loads.mean),
                number(of.loads.p99)
            ),
        ),
        ("zero", table::percent(of.loads.zeros)),
        ("seasons", season_words(seasons)),
    ];
    facts.extend(of.longest_gaps.iter().map(|gap| ("gap", stretch(gap))));
    facts.extend(of.suspicious.iter().map(|found| ("suspicious", suspicion(found))));
    facts
}

fn season_words(seasons: &[(String, f64)]) -> String {
    if seasons.is_empty() {
        return "none stands out of the noise".to_owned();
    }
    let words = seasons.iter().map(|(period, strength)| {
        format!("{period} ({} of the variation)", table::percent(*strength))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn stretch(stretch: &Stretch) -> String {
    format!("{} to {}, {} steps", time_text(stretch.from), time_text(stretch.to), stretch.steps)
}

fn suspicion(found: &SuspiciousStretch) -> String {
    let number = table::number;
    let what = match found.suspicion {
        Suspicion::FlatLine { load } => format!("the same load of {} throughout", number(load)),
        Suspicion::LevelShift { before, after } => {
            format!("the level goes from {} to {}", number(before), number(after))
        }
        Suspicion::Outage { load, usual } => {
            format!("an outage with {} where {} is usual", number(load), number(usual))
        }
        Suspicion::OddDay { load, usual } => {
            format!("an odd day with {} where {} is usual", number(load), number(usual))
        }
        Suspicion::Spike { load, around } => {
            format!("a spike to {} where {} is usual", number(load), number(around))
        }
    };
    format!("{}: {what}", stretch(&found.stretch))
}

fn facts_frame(facts: &[(&'static str, String)]) -> Frame {
    let (names, values) =
        facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).unzip();
    Frame::default().with("name", Cells::Text(names)).with("value", Cells::Text(values))
}

fn generate(args: &GenerateArgs, context: &Context) -> Result<(), Failure> {
    let scenario = scenario(&args.name).map_err(source_failure)?;
    let generated = (scenario.generate)(args.chance.seed);
    let Some(out) = &args.out else {
        return crate::output::write(generated.csv().as_bytes());
    };
    write_atomically(out, generated.csv().as_bytes()).map_err(source_failure)?;
    context.terminal.say(&format!("{} samples in {}", generated.samples.len(), out.display()));
    if let Some(events) = generated.events_csv() {
        let beside = out.with_extension("events.csv");
        write_atomically(&beside, events.as_bytes()).map_err(source_failure)?;
        context.terminal.say(&format!("its events in {}", beside.display()));
    }
    Ok(())
}

fn list(context: Context) -> Result<(), Failure> {
    let names = || SCENARIOS.iter().map(|scenario| scenario.name.to_owned());
    let summaries = || SCENARIOS.iter().map(|scenario| scenario.summary.to_owned());
    let rows: Vec<Vec<String>> =
        names().zip(summaries()).map(|(name, summary)| vec![name, summary]).collect();
    let answer = Answer {
        name: "scenarios",
        settings: context.settings.into(),
        data: Value::Null,
        result: rows.iter().map(|row| json!({ "name": row[0], "summary": row[1] })).collect(),
        more: Vec::new(),
        frame: Frame::default()
            .with("name", Cells::Text(names().collect()))
            .with("summary", Cells::Text(summaries().collect())),
        warnings: Vec::new(),
    };
    answer.print(context.form, |_| {
        table::table(&[("scenario", false), ("what it shows", false)], rows)
    })
}
