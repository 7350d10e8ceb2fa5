//! Which metrics are counters.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::caller::{Budget, Caller};
use crate::error::PrometheusError;

/// Metadata is asked of this many metrics at most.
const MAX_LOOKUPS: usize = 8;

#[derive(Debug, Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// Refuses the first of `metrics` that is a counter, by its name or by what the server knows of it.
///
/// Without metadata, as behind some proxies, the name alone decides.
pub(crate) fn refuse_counters(
    caller: &Caller,
    metrics: &[String],
    budget: &mut Budget,
) -> Result<(), PrometheusError> {
    let counter = |metric: &String, why| PrometheusError::Counter { metric: metric.clone(), why };
    for metric in metrics {
        if metric.ends_with("_total") || metric.ends_with("_bucket") {
            return Err(counter(metric, "its name says so"));
        }
    }
    for metric in metrics.iter().take(MAX_LOOKUPS) {
        match counts(caller, metric, budget) {
            Some(true) => return Err(counter(metric, "the server's metadata says so")),
            Some(false) => {}
            None => break,
        }
    }
    Ok(())
}

/// Whether a metric is a counter, or a part of a histogram or summary that is one; none without an answer.
fn counts(caller: &Caller, metric: &str, budget: &mut Budget) -> Option<bool> {
    let whole = ["_count", "_sum"].iter().find_map(|part| metric.strip_suffix(part));
    let growing: &[&str] = if whole.is_some() { &["histogram", "summary"] } else { &["counter"] };
    if kinds(caller, metric, budget)?.iter().any(|kind| kind.kind == "counter") {
        return Some(true);
    }
    let Some(whole) = whole else { return Some(false) };
    let kinds = kinds(caller, whole, budget)?;
    Some(kinds.iter().any(|kind| growing.contains(&kind.kind.as_str())))
}

fn kinds(caller: &Caller, metric: &str, budget: &mut Budget) -> Option<Vec<Kind>> {
    let plain = metric.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b':');
    if !plain {
        return Some(Vec::new());
    }
    let response = caller.get(&format!("/api/v1/metadata?metric={metric}"), budget).ok()?;
    let answer = caller.answer::<BTreeMap<String, Vec<Kind>>>(response, budget).ok()?;
    Some(answer.data?.remove(metric).unwrap_or_default())
}
