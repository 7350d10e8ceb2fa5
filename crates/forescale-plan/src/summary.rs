//! A plan in a few figures.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::scale_plan::{Action, Recommendation, ScalePlan, seconds};

/// A plan in a few figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanSummary {
    /// The moment of planning.
    #[serde(serialize_with = "seconds")]
    pub from: DateTime<Utc>,
    /// The end of the forecast.
    #[serde(serialize_with = "seconds")]
    pub to: DateTime<Utc>,
    /// Instances times hours from when they are asked for, as they are billed.
    pub instance_hours: f64,
    /// Most instances.
    pub peak_instances: u32,
    /// Fewest instances.
    pub fewest_instances: u32,
    /// Recommendations for more instances.
    pub scale_ups: usize,
    /// Recommendations for fewer instances.
    pub scale_downs: usize,
    /// How sure the least sure recommendation is, 0 to 1.
    pub lowest_confidence: f64,
}

impl PlanSummary {
    /// The figures of `plan`, whose forecast ends at `to`.
    pub fn new(plan: &ScalePlan, to: DateTime<Utc>) -> Self {
        let rows = &plan.recommendations;
        let count = |action: Action| rows.iter().filter(|row| row.action == action).count();
        let instances = || rows.iter().map(|row| row.instances.0);
        Self {
            from: plan.now,
            to,
            instance_hours: instance_hours(rows, to),
            peak_instances: instances().max().unwrap_or_default(),
            fewest_instances: instances().min().unwrap_or_default(),
            scale_ups: count(Action::ScaleUp),
            scale_downs: count(Action::ScaleDown),
            lowest_confidence: rows.iter().map(|row| row.confidence).fold(1.0, f64::min),
        }
    }
}

fn instance_hours(rows: &[Recommendation], end: DateTime<Utc>) -> f64 {
    let ends = rows.iter().skip(1).map(|row| row.at).chain([end]);
    rows.iter()
        .zip(ends)
        .map(|(row, until)| {
            f64::from(row.instances.0) * (until - row.at).num_seconds().max(0) as f64 / 3_600.0
        })
        .sum()
}
