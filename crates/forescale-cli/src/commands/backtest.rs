//! `forescale backtest`: how good the forecasts would have been.

use std::sync::Arc;

use forescale::{Backtest, BacktestOptions, Frequency, Scores, YARDSTICK};
use serde_json::json;

use super::Context;
use crate::args::BacktestArgs;
use crate::failure::Failure;
use crate::output::frame::{Cells, Frame};
use crate::output::picture::range;
use crate::output::{Answer, table};
use crate::peers::{self, Compared};
use crate::{calendar, engine, input};

/// Scores and prints.
pub fn run(args: &BacktestArgs, mut context: Context) -> Result<(), Failure> {
    let mut read = input::read(&args.input, &args.reading, None, &context)?;
    let calendar = Arc::new(calendar::read(&args.reading.service, &read.series, None)?);
    let series = input::known(&read.series, &args.reading, calendar.zone, &mut context)?;
    read.warnings.extend(input::stale(&read.series, &series));
    calendar::record(&calendar, &mut context);
    let horizon = args.horizon.horizon;
    let options = BacktestOptions {
        horizon,
        origins: usize::from(args.origins),
        fits: usize::from(args.fits),
    };
    let peers = match args.compare.compare {
        true => {
            let seed = args.engine.chance.seed;
            Some(peers::start(&series, &calendar, &options, &args.compare, seed, &context)?)
        }
        false => {
            context.unset("python");
            context.unset("compare_timeout");
            None
        }
    };
    let bar = engine::bar(context.terminal, "fitting");
    let tell = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let engine = engine::options(&args.engine, horizon, &calendar, &context);
    let mut backtest = forescale::backtest(&series, &engine, &options, &tell)?;
    bar.finish_and_clear();
    let compared = peers.map(|peers| peers.finish(&series, &mut backtest, &context)).transpose()?;
    if let Some(compared) = &compared {
        read.warnings.extend(compared.warnings.clone());
    }
    context.terminal.warn_all(&read.warnings);
    let warnings = [read.warnings, backtest.notes.clone()].concat();
    let rows = rows(&backtest, series.frequency());
    let answer = Answer {
        name: "backtest",
        settings: context.settings.into(),
        data: read.data,
        result: json!(backtest),
        more: compared.iter().map(|compared| ("peers", compared.about.clone())).collect(),
        frame: frame(&rows),
        warnings,
    };
    answer.print(context.form, |_| human(&backtest, &rows, compared.as_ref()))
}

/// The scores of a predictor over a range of horizons.
struct Row {
    predictor: String,
    horizon: String,
    scores: Option<Scores>,
    relative: f64,
    failures: String,
}

fn rows(backtest: &Backtest, step: Frequency) -> Vec<Row> {
    let naive = backtest.predictors.iter().find(|scores| scores.predictor == YARDSTICK);
    let relative = |scores: Option<Scores>, naive: Option<Scores>| match (scores, naive) {
        (Some(scores), Some(naive)) if naive.wql > 0.0 => scores.wql / naive.wql,
        _ => f64::NAN,
    };
    let mut rows = Vec::new();
    for scores in &backtest.predictors {
        let mut add = |horizon: String, scored: Option<Scores>, naive: Option<Scores>| {
            rows.push(Row {
                predictor: scores.predictor.clone(),
                horizon,
                scores: scored,
                relative: relative(scored, naive),
                failures: scores.failures.join("; "),
            });
        };
        add("all".to_owned(), scores.overall, naive.and_then(|naive| naive.overall));
        if backtest.buckets.len() > 1 {
            for (at, bucket) in backtest.buckets.iter().enumerate() {
                let naive = naive.and_then(|naive| naive.by_horizon[at]);
                add(range(bucket.from, bucket.to, step), scores.by_horizon[at], naive);
            }
        }
    }
    rows
}

fn frame(rows: &[Row]) -> Frame {
    let number = |of: &dyn Fn(Scores) -> f64| {
        Cells::Number(rows.iter().map(|row| row.scores.map_or(f64::NAN, of)).collect())
    };
    let text = |of: &dyn Fn(&Row) -> String| Cells::Text(rows.iter().map(of).collect());
    Frame::default()
        .with("predictor", text(&|row| row.predictor.clone()))
        .with("horizon", text(&|row| row.horizon.clone()))
        .with("wql", number(&|scores| scores.wql))
        .with("relative_wql", Cells::Number(rows.iter().map(|row| row.relative).collect()))
        .with("mase", number(&|scores| scores.mase))
        .with("upper", number(&|scores| scores.upper))
        .with("coverage_80", number(&|scores| scores.coverage_80))
        .with("coverage_95", number(&|scores| scores.coverage_95))
        .with("steps", number(&|scores| scores.steps as f64))
        .with("failures", text(&|row| row.failures.clone()))
}

fn human(backtest: &Backtest, rows: &[Row], compared: Option<&Compared>) -> String {
    let cells = |row: &Row| {
        let of =
            |value: &dyn Fn(Scores) -> String| row.scores.map_or_else(|| "-".to_owned(), value);
        let relative =
            if row.relative.is_nan() { "-".to_owned() } else { format!("{:.2}", row.relative) };
        vec![
            if row.horizon == "all" { row.predictor.clone() } else { String::new() },
            row.horizon.clone(),
            of(&|scores| format!("{:.4}", scores.wql)),
            relative,
            of(&|scores| format!("{:.3}", scores.mase)),
            of(&|scores| format!("{:.4}", scores.upper)),
            of(&|scores| table::percent(scores.coverage_80)),
            of(&|scores| table::percent(scores.coverage_95)),
            if row.horizon == "all" { row.failures.clone() } else { String::new() },
        ]
    };
    let headings = [
        ("predictor", false),
        ("ahead", false),
        ("WQL", true),
        ("of naive", true),
        ("MASE", true),
        ("upper", true),
        ("in 80 %", true),
        ("in 95 %", true),
        ("failed", false),
    ];
    let mut text = table::table(&headings, rows.iter().map(cells).collect());
    text.push_str(&format!(
        "\n{} origins, {} fits; lower is better but for coverage; of naive: WQL as a share of {YARDSTICK}'s\n",
        backtest.origins.len(),
        backtest.fitted_at.len()
    ));
    if let Some(compared) = compared {
        text.push_str(&format!("{}\n", compared.line));
    }
    for note in &backtest.notes {
        text.push_str(&format!("{note}\n"));
    }
    text
}
