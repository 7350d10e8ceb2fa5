//! `forescale plan`: from a history and a fleet to a list of scale recommendations.

use forescale::objectives::{Weighed, Weighing, plan_weighed};
use forescale::{Forecast, Level, Quantiles, ScalePlan, plan};
use serde_json::json;

use super::Context;
use crate::args::{PlanArgs, When};
use crate::failure::Failure;
use crate::input::{Prepared, prepare};
use crate::output::{Answer, picture, recommendations, weighed};
use crate::{fleet, weigh};

/// So many times the usual peak is worth a word.
const CROWDED: f64 = 1.5;

/// Plans and prints.
pub fn run(args: &PlanArgs, mut context: Context) -> Result<(), Failure> {
    let Some(capacity) = fleet::capacity(&args.fleet)? else {
        return Err(Failure::usage("a plan needs to know what one instance carries").hint(
            "pass --capacity LOAD, the load that saturates one instance; or --service-time and --max-wait",
        ));
    };
    let options = fleet::plan_options(&args.fleet, weigh::cold_start(&args.weigh), args.all_steps);
    options.check()?;
    fleet::record(&args.fleet, &mut context);
    weigh::record(&args.weigh, args.fleet.min, &mut context);
    let horizon = args.horizon.horizon;
    let mut prepared = prepare(&args.source, &args.reading, &args.engine, horizon, &mut context)?;
    let state = fleet::state(&args.fleet, &prepared.series, &capacity, &options)?;
    let steps = forescale::horizon(horizon, prepared.series.frequency())
        .map_err(forescale::EngineError::from)?;
    let predicted =
        prepared.model.forecast_with_notes(&prepared.series, steps, &Quantiles::standard())?;
    prepared.warnings.extend(predicted.notes);
    let forecast = predicted.forecast;
    let notes = prepared.model.notes();
    let planned = match weigh::weighing(&args.weigh, &args.engine, &prepared)? {
        None => {
            let plan = plan(&forecast, &state, &capacity, &options, &notes)?;
            Planned { plan, forecast, weighed: None }
        }
        Some(weighing) => {
            let weighed = plan_weighed(&forecast, &state, &capacity, &options, &notes, &weighing)?;
            if matches!(weighing, Weighing::Carbon(_)) && args.fleet.max.is_none() {
                let alone = plan(&forecast, &state, &capacity, &options, &notes)?;
                prepared.warnings.extend(crowded(&alone, &weighed.plan));
            }
            let Weighed { plan, forecast, steps, totals } = weighed;
            let weighed = Some(weighed::Answer { name: weighing.name(), steps, totals });
            Planned { plan, forecast, weighed }
        }
    };
    show(args, context, prepared, &planned)
}

/// What to say when work that waits for clean hours needs far more instances in them than the load alone would.
fn crowded(alone: &ScalePlan, shifted: &ScalePlan) -> Option<String> {
    let peak = |plan: &ScalePlan| {
        let counts = plan.recommendations.iter().map(|row| row.instances.0);
        counts.max().unwrap_or(0).max(plan.settings.current.0)
    };
    let (usual, most) = (peak(alone), peak(shifted));
    (f64::from(most) > CROWDED * f64::from(usual)).then(|| {
        format!("clean hours take up to {most} instances, where the load as it comes takes {usual}: pass --max to bound them")
    })
}

/// A plan, the forecast of what it carries, and what was weighed for it.
struct Planned {
    plan: ScalePlan,
    forecast: Forecast,
    weighed: Option<weighed::Answer>,
}

fn show(
    args: &PlanArgs,
    mut context: Context,
    prepared: Prepared,
    planned: &Planned,
) -> Result<(), Failure> {
    let Planned { plan, forecast, weighed } = planned;
    context.set("current", plan.settings.current.0);
    let mut warnings = prepared.warnings.clone();
    warnings.extend(plan.warnings.iter().filter(|w| !prepared.warnings.contains(w)).cloned());
    let levels = [args.fleet.level, Level::new(95.0).expect("95 is a level")];
    let drawn = picture::data(&title(args), &prepared, forecast, &levels, plan, &context.settings);
    if let Some(file) = &args.report {
        picture::write(file, &drawn)?;
        context.terminal.say(&format!("report in {}", file.display()));
    }
    context.terminal.warn_all(&warnings);
    let zone = prepared.model.calendar().zone;
    let summary = recommendations::summary(plan, forecast);
    let mut more = vec![("summary", summary.clone()), ("plan_settings", json!(plan.settings))];
    more.extend(weighed.as_ref().map(|weighed| ("weighed", weighed.json())));
    let answer = Answer {
        name: "recommendations",
        settings: context.settings.into(),
        data: prepared.data,
        result: json!(plan.recommendations),
        more,
        frame: recommendations::frame(&plan.recommendations),
        warnings,
    };
    let chart = match args.chart {
        When::Always => true,
        When::Never => false,
        When::Auto => context.terminal.interactive,
    };
    answer.print(context.form, |_| {
        let mut table = recommendations::human(plan, &summary, zone);
        table.push_str(&weighed.as_ref().map_or_else(String::new, |weighed| weighed.human(zone)));
        match chart {
            true => format!("{}\n{table}", picture::terminal(&drawn, context.terminal.color)),
            false => table,
        }
    })
}

/// The name of what is planned for.
fn title(args: &PlanArgs) -> String {
    let model = args.source.model.as_ref().map(|model| model.display().to_string());
    let source = args.source.history.clone().or(args.source.input.clone()).or(model);
    let source = source.unwrap_or_default();
    let file = source.rsplit(['/', '\\']).next().unwrap_or_default();
    match &args.reading.service.series {
        Some(series) => format!("{file}: {series}"),
        None => file.to_owned(),
    }
}
