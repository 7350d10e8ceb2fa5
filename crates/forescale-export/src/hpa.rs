//! The floor of a HorizontalPodAutoscaler.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::document::Document;
use crate::error::ExportError;
use crate::names::Workload;
use crate::schedule::Schedule;

/// Who owns `minReplicas`: an owner of its own, so that a conflict with another names both.
pub const FIELD_MANAGER: &str = "forescale";

/// A patch that sets `spec.minReplicas` to what is in force at `now`, and touches nothing else.
///
/// The autoscaler goes on scaling above the floor by what it measures. It takes no floor of 0, so that becomes 1.
///
/// # Errors
/// [`ExportError::Over`] or [`ExportError::Early`] outside of the plan, [`ExportError::AboveMax`] above `max`, the
/// autoscaler's own `maxReplicas`.
pub fn hpa_patch(
    schedule: &Schedule,
    workload: &Workload,
    max: Option<u32>,
    now: DateTime<Utc>,
) -> Result<Document, ExportError> {
    let instances = schedule.ahead(now)?[0].instances.max(1);
    if let Some(max) = max.filter(|max| instances > *max) {
        return Err(ExportError::AboveMax { instances, max, at: now });
    }
    let name = format!("{}-hpa.yaml", workload.name);
    let usage = format!("kubectl apply --server-side --field-manager={FIELD_MANAGER} -f {name}");
    Document::yaml(name, &usage, &[floor(workload, instances)])
}

/// The object that server-side apply merges into the autoscaler.
pub(crate) fn floor(workload: &Workload, instances: u32) -> Value {
    json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {"minReplicas": instances},
    })
}
