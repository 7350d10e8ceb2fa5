//! The data of a page: one JSON text that HTML cannot break out of.

use serde_json::{Value, json};

use crate::data::{ForecastBand, HistoryPoint, PlanRow, ReportData};
use crate::serving::serving;
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
    let text = page_data(data).to_string();
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
        "serving": serving_columns(data),
        "capacity": data.capacity,
        "current": data.current,
        "plan": plan(&data.plan),
        "planRowsLeftOut": data.plan.len().saturating_sub(PLAN_ROWS),
        "backtest": data.backtest,
        "members": data.members,
        "notes": data.notes,
        "warnings": data.warnings,
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

fn serving_columns(data: &ReportData) -> Value {
    let steps = serving(data);
    json!({
        "time": steps.iter().map(|step| step.time_ms).collect::<Vec<_>>(),
        "instances": steps.iter().map(|step| step.instances).collect::<Vec<_>>(),
    })
}

fn plan(rows: &[PlanRow]) -> Vec<Value> {
    rows.iter().take(PLAN_ROWS).map(recommendation).collect()
}

fn recommendation(row: &PlanRow) -> Value {
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
        "headroomInstances": row.headroom_instances,
        "headroomPercent": short(row.headroom_percent),
        "confidence": row.confidence,
        "reason": row.reason,
    })
}

/// Six significant digits: more than a screen shows, in half the bytes.
fn short(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.5e}").parse().expect("a formatted number is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_cannot_leave_the_island() {
        let now = "2026-01-05T10:00:00Z".parse().unwrap();
        let title = "</script><!--<script>alert(1)</script>&amp;";
        let text = island(&ReportData::new(title, now, chrono_tz::UTC));
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
