//! The data of a page: one JSON text that HTML cannot break out of.

use forescale_core::Replicas;
use forescale_plan::{Recommendation, ScalePlan};
use serde_json::{Value, json};

use crate::data::{ForecastBand, HistoryPoint, ReportData};
use crate::serving::{ServingFrom, serving};
use crate::thin::{thin_forecast, thin_history};

/// Points of history a page carries: the newest half of them untouched.
const HISTORY_POINTS: usize = 8_000;
/// Steps of forecast a page carries: two weeks at 5 minutes.
const FORECAST_ROWS: usize = 4_032;
/// Recommendations a page lists; the command's own output has all of them.
const PLAN_ROWS: usize = 1_000;

/// The report as JSON for a `<script type="application/json">`.
///
/// Within such an element only `</script` and `<!--` mean something to HTML, so no `<` is left in it, nor `>`
/// and `&` for readers that are less strict; JSON reads the escapes back.
pub(crate) fn island(data: &ReportData) -> String {
    escaped(&page_data(data))
}

/// JSON that HTML cannot end.
pub(crate) fn escaped(data: &Value) -> String {
    let text = data.to_string();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn page_data(data: &ReportData) -> Value {
    json!({
        "title": data.title,
        "now": data.now.timestamp_millis(),
        "zone": data.zone.name(),
        "loadUnit": data.load_unit,
        "history": history(&data.history),
        "forecast": forecast(&data.forecast),
        "plan": data.plan.as_ref().map(plan),
        "backtest": data.backtest,
        "members": data.members,
        "notes": data.notes,
        "warnings": warnings(data),
        "settings": data.settings,
    })
}

fn history(points: &[HistoryPoint]) -> Value {
    let thin = thin_history(points, HISTORY_POINTS);
    json!({
        "time": thin.iter().map(|point| point.time_ms).collect::<Vec<_>>(),
        "load": thin.iter().map(|point| point.load.map(short)).collect::<Vec<_>>(),
        "thinned": thin.len() < points.len(),
    })
}

fn forecast(band: &ForecastBand) -> Value {
    let rows = thin_forecast(&band.rows, FORECAST_ROWS);
    let bound = |i: usize, upper: bool| -> Vec<f64> {
        let pick = |(low, high): (f64, f64)| short(if upper { high } else { low });
        rows.iter().filter_map(|row| row.intervals.get(i).copied().map(pick)).collect()
    };
    let interval = |(i, level): (usize, &f64)| json!({"level": level, "lower": bound(i, false), "upper": bound(i, true)});
    json!({
        "time": rows.iter().map(|row| row.time_ms).collect::<Vec<_>>(),
        "median": rows.iter().map(|row| short(row.median)).collect::<Vec<_>>(),
        "intervals": band.levels.iter().enumerate().map(interval).collect::<Vec<_>>(),
        "end": band.end_ms(),
        "thinned": rows.len() < band.rows.len(),
    })
}

/// The rows, and what serves and is carried within the plan's objective over time.
fn plan(plan: &ScalePlan) -> Value {
    let steps = serving(plan);
    let carried =
        |step: &ServingFrom| short(plan.settings.capacity.carries(Replicas(step.instances)));
    let rows = &plan.recommendations;
    json!({
        "serving": {
            "time": steps.iter().map(|step| step.time_ms).collect::<Vec<_>>(),
            "instances": steps.iter().map(|step| step.instances).collect::<Vec<_>>(),
            "carried": steps.iter().map(carried).collect::<Vec<_>>(),
        },
        "rows": rows.iter().take(PLAN_ROWS).map(recommendation).collect::<Vec<_>>(),
        "rowsLeftOut": rows.len().saturating_sub(PLAN_ROWS),
    })
}

fn recommendation(row: &Recommendation) -> Value {
    json!({
        "at": row.at.timestamp_millis(),
        "effectiveAt": row.effective_at.timestamp_millis(),
        "action": row.action,
        "instances": row.instances,
        "change": row.change,
        "expected": short(row.expected_load),
        "lower": short(row.lower),
        "upper": short(row.upper),
        "level": row.level,
        "headroomInstances": row.headroom.instances,
        "headroomPercent": short(row.headroom.percent),
        "confidence": short(row.confidence),
        "reason": row.reason,
    })
}

/// The report's warnings and the plan's, each once.
fn warnings(data: &ReportData) -> Vec<&String> {
    let plan = data.plan.iter().flat_map(|plan| &plan.warnings);
    let more = plan.filter(|warning| !data.warnings.contains(warning));
    data.warnings.iter().chain(more).collect()
}

/// Six significant digits: more than a screen shows, in half the bytes.
pub(crate) fn short(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.5e}").parse().expect("a formatted number is a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{now, scale_plan};

    #[test]
    fn the_load_that_serving_instances_carry_stands_beside_them() {
        let mut data = ReportData::new("t", now(), chrono_tz::UTC);
        data.plan = Some(scale_plan(4, &[(0, 6)]));
        let island: Value = serde_json::from_str(&island(&data)).unwrap();
        // Instances of 10 at 80 % carry 8 each; two more serve after the start-up of 5 minutes.
        assert_eq!(island["plan"]["serving"]["instances"], json!([4, 6]));
        assert_eq!(island["plan"]["serving"]["carried"], json!([32.0, 48.0]));
        assert_eq!(island["plan"]["rows"][0]["action"], "scale_up");
    }

    #[test]
    fn a_warning_of_plan_and_report_is_shown_once() {
        let mut data = ReportData::new("t", now(), chrono_tz::UTC);
        let mut plan = scale_plan(4, &[(0, 4)]);
        plan.warnings = vec!["late".to_owned(), "max binds".to_owned()];
        data.plan = Some(plan);
        data.warnings = vec!["late".to_owned()];
        assert_eq!(warnings(&data), ["late", "max binds"]);
    }

    #[test]
    fn markup_in_a_name_cannot_leave_the_island() {
        let title = "</script><!--<script>alert(1)</script>&amp;";
        let text = island(&ReportData::new(title, now(), chrono_tz::UTC));
        assert!(!text.contains(['<', '>', '&']));
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["title"], title);
    }

    #[test]
    fn numbers_are_cut_to_six_digits() {
        assert_eq!(short(1_234.567_891), 1_234.57);
        assert_eq!(short(-0.000_123_456_789), -0.000_123_457);
        assert_eq!(short(0.0), 0.0);
    }
}
