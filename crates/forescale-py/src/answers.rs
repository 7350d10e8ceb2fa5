//! Answers of the engine as JSON, with the names and the digits of the command's.

use forescale::LoadSeries;
use forescale_core::tidy;
use pyo3::PyResult;
use serde_json::{Map, Value, json};

use crate::failure::Refusal;

/// The newest steps of a history that a chart shows.
const SHOWN: usize = 2_000;

/// An answer under its name, with what else belongs to it; `data` is what was read.
pub fn object(settings: &str, data: Value, parts: Vec<(&str, Value)>) -> PyResult<String> {
    let mut object = Map::new();
    let settings = serde_json::from_str(settings).unwrap_or(Value::Null);
    object.insert("settings".to_owned(), settings);
    object.insert("data".to_owned(), data);
    object.extend(parts.into_iter().map(|(name, part)| (name.to_owned(), part)));
    text(&tidied(Value::Object(object)))
}

/// JSON as text.
pub fn text(value: &Value) -> PyResult<String> {
    let text = serde_json::to_string(value);
    Ok(text.map_err(|error| Refusal::new(format!("the answer cannot be written: {error}")))?)
}

/// The newest part of a history for a chart: moments in milliseconds and loads.
pub fn curve(series: &LoadSeries, from: usize) -> Value {
    let from = from.max(series.len().saturating_sub(SHOWN));
    let point = |k: usize| json!([series.time_at(k).timestamp_millis(), series.values()[k]]);
    (from..series.len()).map(point).collect()
}

/// The same value with every number cut to what it can mean.
pub fn tidied(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map(tidy).map_or(Value::Null, Value::from)
        }
        Value::Array(items) => items.into_iter().map(tidied).collect(),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, tidied(value))).collect())
        }
        other => other,
    }
}
