//! `forescale fleet`: many series at once.

use std::sync::Arc;

use forescale::fleet::{
    Answered, FleetOptions, FleetPlan, FleetSummary, Profile, each, model, run as run_fleet, skill,
};
use forescale::{
    BacktestOptions, ColdStart, EngineOptions, LoadSeries, Quantiles, Replicas, YARDSTICK,
};
use forescale_sources::{Part, Values};
use serde_json::json;

use super::Context;
use crate::args::{
    FleetBacktestArgs, FleetCommand, FleetCommandArgs, FleetJobArgs, FleetPlanArgs, FleetTrainArgs,
    ProfileName,
};
use crate::failure::Failure;
use crate::fleet_job::{FleetJob, Worked};
use crate::output::Answer;
use crate::output::fleet::{self as rows, Rows, column, numbers};
use crate::{calendar, fleet, store};

/// Works on every series, and prints the summary.
pub fn run(args: &FleetCommandArgs, context: Context) -> Result<(), Failure> {
    match &args.command {
        FleetCommand::Plan(args) => plan(args, context),
        FleetCommand::Forecast(args) => forecast(args, None, context),
        FleetCommand::Train(args) => train(args, context),
        FleetCommand::Backtest(args) => backtest(args, context),
    }
}

fn plan(args: &FleetPlanArgs, mut context: Context) -> Result<(), Failure> {
    let Some(capacity) = fleet::capacity(&args.fleet)? else {
        return Err(Failure::usage("plans need to know what one instance carries")
            .hint("pass --capacity LOAD, or forecast with `forescale fleet forecast`"));
    };
    let options = fleet::plan_options(&args.fleet, ColdStart::default(), false);
    options.check()?;
    fleet::record(&args.fleet, &mut context);
    let current = args.fleet.current.map(Replicas);
    let plan = FleetPlan { capacity, startup: args.fleet.startup, current, options };
    forecast(&args.job, Some(plan), context)
}

fn forecast(
    args: &FleetJobArgs,
    plan: Option<FleetPlan>,
    mut context: Context,
) -> Result<(), Failure> {
    let planned = plan.is_some();
    let options = FleetOptions { plan, ..options(args, &mut context)? };
    let job = FleetJob::open(args, &context)?;
    let worked = job.run(&context, |series, bar| {
        let mut rows = Rows::default();
        let summary = run_fleet(series, &options, |Answered { name, answer }| {
            rows.add(name, answer);
            bar.inc(1);
            Ok::<(), Failure>(())
        })?;
        Ok((rows.columns(planned), summary))
    })?;
    show(args, worked, planned, context)
}

fn train(args: &FleetTrainArgs, mut context: Context) -> Result<(), Failure> {
    let options = options(&args.job, &mut context)?;
    let job = FleetJob::open(&args.job, &context)?;
    let work = |name: &str, series: &LoadSeries| {
        let model = model(series, &options)?;
        let path = args.models.join(file_name(name));
        let failed = |failure: Failure| failure.text(false).unwrap_or_default();
        store::guard(&path).and_then(|()| store::save(&path, &model, name)).map_err(failed)?;
        let degraded = !model.card().degraded.is_empty();
        Ok(Scored {
            file: path.display().to_string(),
            degraded,
            skill: skill(&model),
            ..Scored::default()
        })
    };
    let worked = job.run(&context, |series, bar| {
        let (names, scored) = scored(series, &work, bar)?;
        let files = scored.iter().map(|one| one.as_ref().ok().map(|one| one.file.clone()));
        let columns = vec![
            column("unique_id", Values::Text(names.clone())),
            column("model", Values::Text(files.collect())),
            numbers("skill", figures(&scored, |one| one.skill.unwrap_or(f64::NAN))),
            column("error", Values::Text(errors(&scored))),
        ];
        Ok((columns, summed(&names, &scored)))
    })?;
    show(&args.job, worked, false, context)
}

fn backtest(args: &FleetBacktestArgs, mut context: Context) -> Result<(), Failure> {
    let options = options(&args.job, &mut context)?;
    let engine = EngineOptions { threads: Some(1), ..options.engine.clone() };
    let origins = usize::from(args.origins);
    let course = BacktestOptions { horizon: args.job.horizon, origins, fits: 1 };
    let job = FleetJob::open(&args.job, &context)?;
    let work = |_: &str, series: &LoadSeries| {
        let done = forescale::backtest(series, &engine, &course, &|_, _| {})
            .map_err(|error| error.to_string())?;
        let ours = done.predictors.first().and_then(|first| first.overall);
        let naive = done.predictors.iter().find(|one| one.predictor == YARDSTICK);
        let naive = naive.and_then(|naive| naive.overall).filter(|naive| naive.wql > 0.0);
        let ours = ours.ok_or("it was never forecast")?;
        Ok(Scored {
            skill: naive.map(|naive| 1.0 - ours.wql / naive.wql),
            figures: [ours.wql, ours.mase, ours.upper, ours.coverage_80, ours.coverage_95],
            ..Scored::default()
        })
    };
    let worked = job.run(&context, |series, bar| {
        let (names, scored) = scored(series, &work, bar)?;
        let mut columns = vec![column("unique_id", Values::Text(names.clone()))];
        for (at, name) in ["wql", "mase", "upper", "coverage_80", "coverage_95"].iter().enumerate()
        {
            columns.push(numbers(name, figures(&scored, |one| one.figures[at])));
        }
        columns.push(numbers("skill", figures(&scored, |one| one.skill.unwrap_or(f64::NAN))));
        columns.push(column("error", Values::Text(errors(&scored))));
        Ok((columns, summed(&names, &scored)))
    })?;
    show(&args.job, worked, false, context)
}

/// What came of one series.
#[derive(Debug, Default)]
struct Scored {
    file: String,
    degraded: bool,
    skill: Option<f64>,
    figures: [f64; 5],
}

type Each = (Vec<Option<String>>, Vec<Result<Scored, String>>);

fn scored(
    series: &mut Part,
    work: &(impl Fn(&str, &LoadSeries) -> Result<Scored, String> + Sync),
    bar: &indicatif::ProgressBar,
) -> Result<Each, Failure> {
    let (mut names, mut all) = (Vec::new(), Vec::new());
    each(series, work, |name, one| {
        names.push(Some(name));
        all.push(one);
        bar.inc(1);
        Ok::<(), Failure>(())
    })?;
    Ok((names, all))
}

fn figures(scored: &[Result<Scored, String>], of: impl Fn(&Scored) -> f64) -> Vec<f64> {
    scored.iter().map(|one| one.as_ref().map_or(f64::NAN, &of)).collect()
}

fn errors(scored: &[Result<Scored, String>]) -> Vec<Option<String>> {
    scored.iter().map(|one| one.as_ref().err().cloned()).collect()
}

fn summed(names: &[Option<String>], scored: &[Result<Scored, String>]) -> FleetSummary {
    let one = |(name, scored): (&Option<String>, &Result<Scored, String>)| {
        let one = FleetSummary { series: 1, ..FleetSummary::default() };
        match scored {
            Err(reason) => FleetSummary {
                failed: 1,
                failures: vec![(name.clone().unwrap_or_default(), reason.clone())],
                ..one
            },
            Ok(scored) => FleetSummary {
                degraded: usize::from(scored.degraded),
                measured: usize::from(scored.skill.is_some()),
                mean_skill: scored.skill.unwrap_or_default(),
                better_than_yardstick: usize::from(scored.skill.is_some_and(|skill| skill > 0.0)),
                ..one
            },
        }
    };
    names.iter().zip(scored).map(one).fold(FleetSummary::default(), FleetSummary::and)
}

fn options(args: &FleetJobArgs, context: &mut Context) -> Result<FleetOptions, Failure> {
    let calendar = calendar::of_any(&args.service)?;
    calendar::record(&calendar, context);
    let profile = match args.profile {
        ProfileName::Fleet => Profile::Fleet,
        ProfileName::Full => Profile::Full,
    };
    let predictors = match args.predictors.is_empty() {
        true => profile.predictors(),
        false => args.predictors.clone(),
    };
    let engine = EngineOptions {
        predictors,
        seed: args.chance.seed,
        calendar: Arc::new(calendar),
        horizon: args.horizon,
        threads: Some(1),
    };
    engine.check()?;
    Ok(FleetOptions { engine, quantiles: Quantiles::standard(), plan: None })
}

fn show(
    args: &FleetJobArgs,
    worked: Worked,
    planned: bool,
    context: Context,
) -> Result<(), Failure> {
    let Worked { summary, data, mut warnings } = worked;
    let uneven = summary.warnings();
    context.terminal.warn_all(&uneven);
    warnings.extend(uneven);
    let mut result = json!(summary);
    result["instances"] = json!(summary.instances.steps());
    let answer = Answer {
        name: "summary",
        settings: context.settings.into(),
        data,
        result,
        more: Vec::new(),
        frame: rows::frame(&summary),
        warnings,
    };
    let out = args.out.display().to_string();
    answer.print(context.form, |_| rows::human(&summary, &out, planned))
}

/// A file name that any series has to itself: what is not a letter, a digit or one of `-_` is written as `%XX`.
fn file_name(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    if text.is_empty() { "%".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_folder() {
        assert_eq!(file_name("shop-1_a"), "shop-1_a");
        assert_eq!(file_name("../a b"), "%2E%2E%2Fa%20b");
        assert_eq!(file_name(""), "%");
    }
}
