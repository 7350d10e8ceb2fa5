//! A forecast as the command prints it.

use chrono::{DateTime, Utc};
use forescale_core::{Forecast, Frequency, Quantiles};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::ExportError;

/// Reads what `forescale forecast -o json` wrote.
///
/// # Errors
/// [`ExportError::NoForecast`] for anything else.
///
/// ```
/// let text = r#"{"forecast": [
///     {"timestamp": "2026-01-05T10:00:00Z", "mean": 4.5, "median": 4, "q0.1": 3, "q0.9": 6},
///     {"timestamp": "2026-01-05T10:05:00Z", "mean": 5.5, "median": 5, "q0.1": 4, "q0.9": 7}
/// ]}"#;
/// let forecast = forescale_export::forecast_from_json(text)?;
/// assert_eq!((forecast.steps(), forecast.frequency().seconds()), (2, 300));
/// assert_eq!(forecast.row(1), [4.0, 5.0, 7.0]);
/// # Ok::<(), forescale_export::ExportError>(())
/// ```
pub fn forecast_from_json(text: &str) -> Result<Forecast, ExportError> {
    #[derive(Deserialize)]
    struct Printed {
        forecast: Vec<Map<String, Value>>,
    }
    let wrong = |error: String| ExportError::NoForecast(error);
    let printed: Printed = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let [first, second, ..] = &printed.forecast[..] else {
        return Err(wrong("it has fewer than two steps".into()));
    };
    let (origin, next) = (moment(first)?, moment(second)?);
    let step = Frequency::from_seconds((next - origin).num_seconds())
        .map_err(|error| wrong(error.to_string()))?;
    let levels = levels(first);
    let quantiles = Quantiles::new(levels.iter().map(|(level, _)| *level))
        .map_err(|error| wrong(error.to_string()))?;
    let mut values = Vec::with_capacity(printed.forecast.len() * levels.len());
    // The end of the last step has to be a moment as well.
    let time_at =
        |h: usize| origin.checked_add_signed(step.span().checked_mul(h.try_into().ok()?)?);
    if time_at(printed.forecast.len()).is_none() {
        return Err(wrong(format!("the end of its steps of {step} from {origin} is no moment")));
    }
    for (h, row) in printed.forecast.iter().enumerate() {
        if Some(moment(row)?) != time_at(h) {
            return Err(wrong(format!("step {h} is not {step} after the one before")));
        }
        for (_, name) in &levels {
            let value = row.get(name).and_then(Value::as_f64);
            values.push(value.ok_or_else(|| wrong(format!("step {h} has no {name}")))?);
        }
    }
    Forecast::new(origin, step, quantiles, values).map_err(|error| wrong(error.to_string()))
}

fn moment(row: &Map<String, Value>) -> Result<DateTime<Utc>, ExportError> {
    let text = row.get("timestamp").and_then(Value::as_str);
    let wrong = || ExportError::NoForecast("a step has no timestamp".into());
    text.and_then(|text| text.parse().ok()).ok_or_else(wrong)
}

/// The quantiles of a row with their names, ascending; the median stands beside them when it is none of them.
fn levels(row: &Map<String, Value>) -> Vec<(f64, String)> {
    let named = |name: &String| Some((name.strip_prefix('q')?.parse().ok()?, name.clone()));
    let mut levels: Vec<(f64, String)> = row.keys().filter_map(named).collect();
    if levels.iter().all(|(level, _)| *level != 0.5) {
        levels.push((0.5, "median".to_owned()));
    }
    levels.sort_by(|a, b| a.0.total_cmp(&b.0));
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_forecast_is_refused() {
        let row =
            |at: &str| format!(r#"{{"timestamp":"2026-01-05T{at}:00Z","median":4,"q0.9":6}}"#);
        let of = |rows: &[String]| {
            forecast_from_json(&format!(r#"{{"forecast":[{}]}}"#, rows.join(",")))
        };
        assert!(of(&[row("10:00"), row("10:01"), row("10:02")]).is_ok());
        for rows in [
            vec![],
            vec![row("10:00")],
            vec![row("10:00"), row("10:01"), row("10:09")],
            vec![row("10:00"), row("10:00")],
            vec![row("10:00"), row("10:01").replace("6", "\"six\"")],
        ] {
            assert!(matches!(of(&rows), Err(ExportError::NoForecast(_))), "{rows:?}");
        }
        assert!(matches!(forecast_from_json("[]"), Err(ExportError::NoForecast(_))));
    }

    #[test]
    fn steps_beyond_the_last_moment_are_refused() {
        let row = |at: &str| format!(r#"{{"timestamp":"{at}","median":4,"q0.9":6}}"#);
        let rows = ["+262142-12-31T00:00:00Z", "+262142-12-31T12:00:00Z"].map(row);
        for rows in [rows.join(","), [&rows[..], &rows[1..]].concat().join(",")] {
            let error = forecast_from_json(&format!(r#"{{"forecast":[{rows}]}}"#)).unwrap_err();
            assert!(error.to_string().contains("is no moment"), "{error}");
        }
    }
}
