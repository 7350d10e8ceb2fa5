//! The page of a replay: every policy over the same load, what each cost and missed, and the worst times.

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Value, json};

use crate::data::HistoryPoint;
use crate::island::{escaped, short};
use crate::page::replay_page;
use crate::thin::thin_history;

/// Points of load a page carries.
const LOAD_POINTS: usize = 20_000;
/// Changes of a policy a page carries; beyond them the page shows the largest number of each bucket.
const MOST_CHANGES: usize = 20_000;

/// A replay as a page shows it.
#[derive(Debug, Clone)]
pub struct ReplayData {
    /// Heading.
    pub title: String,
    /// The zone of times that are shown first.
    pub zone: Tz,
    /// The load, step by step, from the first moment on.
    pub load: Vec<HistoryPoint>,
    /// The first moment that is scored, and the first one after it, in milliseconds since 1970.
    pub scored_ms: (i64, i64),
    /// Load that one instance carries within the utilization aimed at.
    pub carried_per_instance: f64,
    /// Share of time in which instances may be too few.
    pub budget: f64,
    /// The policies, in the order of the table.
    pub policies: Vec<PolicyView>,
    /// What a clairvoyant pays: share of time with too few instances, and cost over that without any.
    pub frontier: Vec<(f64, f64)>,
    /// What repeats the run.
    pub settings: Value,
    /// What was noticed.
    pub warnings: Vec<String>,
}

/// A policy on a page.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// Its name, with the settings that it was asked for with.
    pub name: String,
    /// What it acts on.
    pub strategy: String,
    /// Instance-hours times the price.
    pub cost: f64,
    /// The cost over the least that carries all load.
    pub over_optimum: f64,
    /// Share of time with too few instances.
    pub too_few: f64,
    /// Share of load above the utilization aimed at.
    pub slo_missed: f64,
    /// Changes of the number of instances a day.
    pub changes_per_day: f64,
    /// When the number of serving instances changed, in milliseconds since 1970, and to what.
    pub serving: Vec<(i64, u32)>,
    /// The worst times.
    pub incidents: Vec<IncidentView>,
}

/// A time with too few instances.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentView {
    /// First moment and the first one after it, in milliseconds since 1970.
    pub from: i64,
    /// As above.
    pub to: i64,
    /// Instances missing when it was worst.
    pub missing: u32,
    /// The largest load in it.
    pub peak_load: f64,
}

impl PolicyView {
    /// The changes among `serving`, one number a step of `step_ms` from `start_ms` on.
    pub fn changes(serving: &[u32], start_ms: i64, step_ms: i64) -> Vec<(i64, u32)> {
        let mut changes: Vec<(i64, u32)> = Vec::new();
        for (at, count) in (start_ms..).step_by(step_ms.max(1) as usize).zip(serving) {
            if changes.last().is_none_or(|(_, last)| last != count) {
                changes.push((at, *count));
            }
        }
        let bucket = changes.len().div_ceil(MOST_CHANGES).max(1);
        let largest = |bucket: &[(i64, u32)]| {
            (bucket[0].0, bucket.iter().map(|(_, count)| *count).max().unwrap_or(0))
        };
        changes.chunks(bucket).map(largest).collect()
    }
}

/// The replay as one HTML page that loads nothing, as [`render_html`](crate::render_html) makes of a plan.
///
/// ```
/// use forescale_report::{PolicyView, ReplayData, render_replay};
/// let page = render_replay(&ReplayData {
///     title: "web shop".into(),
///     zone: chrono_tz::UTC,
///     load: Vec::new(),
///     scored_ms: (0, 60_000),
///     carried_per_instance: 16.0,
///     budget: 0.001,
///     policies: Vec::new(),
///     frontier: Vec::new(),
///     settings: serde_json::json!({}),
///     warnings: Vec::new(),
/// });
/// assert!(page.starts_with("<!doctype html>"));
/// ```
pub fn render_replay(data: &ReplayData) -> String {
    replay_page(&data.title, &escaped(&page_data(data)))
}

fn page_data(data: &ReplayData) -> Value {
    let load = thin_history(&data.load, LOAD_POINTS);
    json!({
        "title": data.title,
        "zone": data.zone.name(),
        "load": {
            "time": load.iter().map(|point| point.time_ms).collect::<Vec<_>>(),
            "load": load.iter().map(|point| point.load.map(short)).collect::<Vec<_>>(),
        },
        "scored": [data.scored_ms.0, data.scored_ms.1],
        "carriedPerInstance": data.carried_per_instance,
        "budget": data.budget,
        "policies": data.policies,
        "frontier": data.frontier,
        "settings": data.settings,
        "warnings": data.warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_kept() {
        let changes = PolicyView::changes(&[2, 2, 3, 3, 2], 1_000, 10);
        assert_eq!(changes, [(1_000, 2), (1_020, 3), (1_040, 2)]);
    }

    #[test]
    fn of_too_many_changes_the_largest_of_a_bucket_stands() {
        let serving: Vec<u32> = (0..50_000).map(|k| k % 7).collect();
        let changes = PolicyView::changes(&serving, 0, 60_000);
        assert!(changes.len() <= MOST_CHANGES);
        assert!(changes.iter().all(|(_, count)| *count >= 2));
    }
}
