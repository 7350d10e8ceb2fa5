//! `forescale forecast`: quantiles of the load to come.

use chrono_tz::Tz;
use forescale::{Forecast, Level, Quantiles};
use serde_json::{Map, Value, json};

use super::Context;
use crate::args::ForecastArgs;
use crate::failure::Failure;
use crate::input::{Prepared, prepare};
use crate::output::frame::{Cells, Frame, time_text};
use crate::output::{Answer, table};

/// The most rows of a table for people.
const ROWS: usize = 48;

/// Forecasts and prints.
pub fn run(args: &ForecastArgs, mut context: Context) -> Result<(), Failure> {
    let mut prepared =
        prepare(&args.source, &args.reading, &args.engine, args.horizon.horizon, &mut context)?;
    let horizon = forescale::horizon(args.horizon.horizon, prepared.series.frequency())
        .map_err(forescale::EngineError::from)?;
    let quantiles = quantiles(args);
    context.set("quantiles", quantiles.as_slice());
    // The mean is that of the whole distribution, whatever quantiles are shown of it.
    let predicted =
        prepared.model.forecast_with_notes(&prepared.series, horizon, &Quantiles::standard())?;
    prepared.warnings.extend(predicted.notes);
    let means = (0..horizon.steps()).map(|h| predicted.forecast.mean(h)).collect();
    let forecast = Shown { means, quantiles: predicted.forecast.at_quantiles(&quantiles) };
    let zone = prepared.model.calendar().zone;
    let answer = answer(&forecast, prepared, &context);
    context.terminal.warn_all(&answer.warnings);
    answer.print(context.form, |_| human(&forecast, zone))
}

/// The forecast as it is shown.
struct Shown {
    means: Vec<f64>,
    quantiles: Forecast,
}

/// The levels that are given when none is asked for, in percent.
const LEVELS: [f64; 2] = [80.0, 95.0];

fn quantiles(args: &ForecastArgs) -> Quantiles {
    if args.quantiles.is_empty() && args.levels.is_empty() {
        let levels = LEVELS.map(|percent| Level::new(percent).expect("80 and 95 are levels"));
        return Quantiles::of_levels(levels);
    }
    if args.quantiles.is_empty() {
        return Quantiles::of_levels(args.levels.iter().copied());
    }
    let wanted = args.quantiles.iter().map(|quantile| quantile.get());
    Quantiles::new(wanted).expect("quantiles were checked when they were read")
}

fn answer(forecast: &Shown, prepared: Prepared, context: &Context) -> Answer {
    Answer {
        name: "forecast",
        settings: context.settings.clone().into(),
        data: prepared.data,
        result: rows(forecast).into(),
        more: Vec::new(),
        frame: frame(forecast),
        warnings: prepared.warnings,
    }
}

/// The columns of a forecast: timestamp, mean, median and one for each quantile.
fn frame(shown: &Shown) -> Frame {
    let forecast = &shown.quantiles;
    let steps = 0..forecast.steps();
    let numbers = |value: &dyn Fn(usize) -> f64| Cells::Number(steps.clone().map(value).collect());
    let frame = Frame::default()
        .with("timestamp", Cells::Time(steps.clone().map(|h| forecast.time_at(h)).collect()))
        .with("mean", Cells::Number(shown.means.clone()))
        .with("median", numbers(&|h| forecast.point(h)));
    forecast.quantiles().as_slice().iter().enumerate().fold(frame, |frame, (at, quantile)| {
        frame.with(format!("q{quantile}"), numbers(&|h| forecast.row(h)[at]))
    })
}

fn rows(shown: &Shown) -> Vec<Value> {
    let forecast = &shown.quantiles;
    let row = |h: usize| {
        let mut row = Map::new();
        row.insert("timestamp".to_owned(), time_text(forecast.time_at(h)).into());
        row.insert("mean".to_owned(), json!(shown.means[h]));
        row.insert("median".to_owned(), json!(forecast.point(h)));
        for (quantile, value) in forecast.quantiles().as_slice().iter().zip(forecast.row(h)) {
            row.insert(format!("q{quantile}"), json!(value));
        }
        Value::Object(row)
    };
    (0..forecast.steps()).map(row).collect()
}

fn human(shown: &Shown, zone: Tz) -> String {
    let forecast = &shown.quantiles;
    let steps = forecast.steps();
    let stride = steps.div_ceil(ROWS);
    let names: Vec<String> =
        forecast.quantiles().as_slice().iter().map(|quantile| format!("q{quantile}")).collect();
    let mut headings = vec![("time", false), ("mean", true)];
    headings.extend(names.iter().map(|name| (name.as_str(), true)));
    let rows = (0..steps).step_by(stride).map(|h| {
        let time = forecast.time_at(h).with_timezone(&zone);
        let mut row =
            vec![time.format("%a %d %b %H:%M").to_string(), table::number(shown.means[h])];
        row.extend(forecast.row(h).iter().map(|value| table::number(*value)));
        row
    });
    let mut text = table::table(&headings, rows.collect());
    text.push_str(&format!("\n{steps} steps of {}, times in {zone}", forecast.frequency()));
    if stride > 1 {
        text.push_str(&format!("; one in {stride} is shown, -o csv gives all"));
    }
    text.push('\n');
    text
}
