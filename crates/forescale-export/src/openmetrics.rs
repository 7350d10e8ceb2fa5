//! A forecast and a plan as OpenMetrics, to be seen beside what happens: `promtool tsdb create-blocks-from openmetrics`.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Forecast;

use crate::document::Document;
use crate::names::file_stem;
use crate::schedule::Schedule;

/// A point of the plan at least this often: Prometheus looks back five minutes for one.
const MAX_DISTANCE: TimeDelta = TimeDelta::minutes(1);

/// Points of the plan at most, whatever its length: 28 days of minutes.
const MAX_POINTS: usize = 40_320;

/// `forecast_value{series,quantile}` at every step of the forecast, and `planned_replicas{target}` at every minute of the
/// plan or, where it is longer than 28 days, as often as that many points allow. `series` and `target` are escaped.
///
/// The plan has another name than in the metrics of `forescale serve`: what was planned once must not look like what is
/// in force.
///
/// ```
/// use forescale_core::{Forecast, Frequency, Quantiles};
/// use forescale_export::{Schedule, Step, openmetrics};
/// let now = "2026-01-05T10:00:00Z".parse()?;
/// let quantiles = Quantiles::new([0.5])?;
/// let forecast = Forecast::new(now, Frequency::from_seconds(60)?, quantiles, vec![42.5])?;
/// let plan = Schedule::new(vec![Step { at: now, instances: 3 }], now + chrono::TimeDelta::minutes(1))?;
/// let text = openmetrics(Some(&forecast), &plan, "shop \"web\"").text;
/// assert!(text.contains(r#"forecast_value{series="shop \"web\"",quantile="0.5"} 42.5 1767607200"#));
/// assert!(text.ends_with("# EOF\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn openmetrics(forecast: Option<&Forecast>, plan: &Schedule, name: &str) -> Document {
    let file = format!("{}-forecast.om", file_stem(name));
    let name = escaped(name);
    let mut text = String::new();
    if let Some(forecast) = forecast {
        family(&mut text, "forecast_value", "Load that stays below with the probability quantile.");
        forecast_rows(&mut text, forecast, &name);
    }
    family(&mut text, "planned_replicas", "Instances to ask for.");
    plan_rows(&mut text, plan, &name);
    text.push_str("# EOF\n");
    Document { name: file, text }
}

fn family(text: &mut String, name: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
}

/// One quantile after the other: the samples of a series stand together and in order.
fn forecast_rows(text: &mut String, forecast: &Forecast, name: &str) {
    for (i, quantile) in forecast.quantiles().as_slice().iter().enumerate() {
        for h in 0..forecast.steps() {
            let (value, at) = (forecast.row(h)[i], forecast.time_at(h));
            row(
                text,
                &format!("forecast_value{{series=\"{name}\",quantile=\"{quantile}\"}}"),
                value,
                at,
            );
        }
    }
}

fn plan_rows(text: &mut String, plan: &Schedule, name: &str) {
    let begin = plan.steps()[0].at;
    let series = format!("planned_replicas{{target=\"{name}\"}}");
    let span = (plan.end() - begin).num_seconds();
    let distance = MAX_DISTANCE.num_seconds().max(span / MAX_POINTS as i64 + 1);
    let mut changes = plan.steps().iter().peekable();
    let mut at = begin;
    while at < plan.end() {
        while changes.next_if(|step| step.at <= at).is_some() {}
        let instances = plan.in_force(at).unwrap_or_default();
        row(text, &series, f64::from(instances), at);
        let next = at + TimeDelta::seconds(distance);
        at = changes.peek().map_or(next, |step| next.min(step.at));
    }
}

fn row(text: &mut String, series: &str, value: f64, at: DateTime<Utc>) {
    let seconds = at.timestamp();
    let _ = match at.timestamp_subsec_millis() {
        0 => writeln!(text, "{series} {value:?} {seconds}"),
        rest => writeln!(text, "{series} {value:?} {seconds}.{rest:03}"),
    };
}

/// The value of a label: OpenMetrics knows three characters that have to be escaped.
fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
