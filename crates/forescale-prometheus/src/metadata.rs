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

/// What the server knows of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Counter,
    Gauge,
    Nothing,
}

/// Refuses the first of `metrics` that is a counter, by what the server knows of it, else by its name.
///
/// Without metadata, as behind some proxies, the name alone decides.
pub(crate) fn refuse_counters(
    caller: &Caller,
    metrics: &[String],
    budget: &mut Budget,
) -> Result<(), PrometheusError> {
    let mut lookups = MAX_LOOKUPS;
    for metric in metrics {
        let asked = if lookups > 0 { known(caller, metric, budget) } else { None };
        // A server that does not answer once is not asked again.
        lookups = if asked.is_some() { lookups - 1 } else { 0 };
        let named = metric.ends_with("_total") || metric.ends_with("_bucket");
        let why = match asked.unwrap_or(Known::Nothing) {
            Known::Counter => "the server's metadata says so",
            Known::Nothing if named => "its name says so",
            Known::Gauge | Known::Nothing => continue,
        };
        return Err(PrometheusError::Counter { metric: metric.clone(), why });
    }
    Ok(())
}

/// Whether a metric is a counter, or a part of a histogram or summary that is one; none without an answer.
fn known(caller: &Caller, metric: &str, budget: &mut Budget) -> Option<Known> {
    let found = kinds(caller, metric, budget)?;
    let has = |kinds: &[Kind], wanted: &str| kinds.iter().any(|kind| kind.kind == wanted);
    if has(&found, "counter") {
        return Some(Known::Counter);
    }
    if has(&found, "gauge") {
        return Some(Known::Gauge);
    }
    let whole = ["_count", "_sum"].iter().find_map(|part| metric.strip_suffix(part));
    let Some(whole) = whole else { return Some(Known::Nothing) };
    let found = kinds(caller, whole, budget)?;
    let grows = has(&found, "histogram") || has(&found, "summary");
    Some(if grows { Known::Counter } else { Known::Nothing })
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
