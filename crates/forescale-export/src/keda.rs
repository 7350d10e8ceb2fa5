//! A KEDA ScaledObject: the forecast asked for over gRPC, read from Prometheus, or written out as cron.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::cronjobs::pinned;
use crate::document::Document;
use crate::error::ExportError;
use crate::names::{Workload, check_line};
use crate::schedule::{Schedule, Step};

/// Where KEDA gets the number of instances.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// From `forescale serve` over gRPC.
    External {
        /// Its address: `forescale.scaling:9443`.
        address: String,
        /// The name of the target in its configuration.
        target: String,
        /// The variable of the workload's container that holds the token, where one is asked for.
        token_env: Option<String>,
    },
    /// From Prometheus, which scrapes `forescale serve`.
    Prometheus {
        /// Its URL.
        server: String,
        /// PromQL that gives instances: `max(scale_replicas{target="shop"})`.
        query: String,
    },
    /// From the plan itself, written out.
    Cron {
        /// The zone in which it is written.
        zone: Tz,
    },
}

/// What scales beside the plan, by what is measured. Of several triggers the one that asks for the most counts, so that
/// the plan only raises the floor of this one.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// The share of the requested processor time, in percent.
    Cpu {
        /// What the share should be.
        percent: u32,
    },
    /// A load from Prometheus.
    Prometheus {
        /// Its URL.
        server: String,
        /// PromQL that gives the load.
        query: String,
        /// The load of one instance.
        per_instance: f64,
    },
}

/// The bounds of a ScaledObject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KedaBounds {
    /// Fewest instances.
    pub min: u32,
    /// Most instances.
    pub max: u32,
}

/// A ScaledObject of the Deployment `workload`, which asks for what the plan says, or for what `measured` says if that
/// is more. Without `measured` the plan alone scales in as well as out.
///
/// Without a fresh forecast KEDA keeps what runs, and never fewer than the plan's peak: an error is no reason to scale
/// in. A query without a result counts as an error, not as 0. Cron triggers know no failure: what the plan asks for last goes
/// on for a week after it, so that a plan that is not renewed takes nothing away.
///
/// # Errors
/// [`ExportError::Range`], [`ExportError::AboveMax`], [`ExportError::Name`] for text over several lines, and
/// [`ExportError::Over`] or [`ExportError::Early`] outside of the plan.
pub fn keda_scaled_object(
    schedule: &Schedule,
    workload: &Workload,
    trigger: &Trigger,
    measured: Option<&Measured>,
    bounds: KedaBounds,
    now: DateTime<Utc>,
) -> Result<Document, ExportError> {
    let KedaBounds { min, max } = bounds;
    if min > max || max == 0 {
        return Err(ExportError::Range { min, max });
    }
    let ahead = schedule.ahead(now)?;
    if let Some(step) = ahead.iter().find(|step| step.instances > max) {
        return Err(ExportError::AboveMax { instances: step.instances, max, at: step.at });
    }
    let mut spec = json!({
        "scaleTargetRef": {"name": workload.name},
        "minReplicaCount": min,
        "maxReplicaCount": max,
    });
    if !matches!(trigger, Trigger::Cron { .. }) {
        let peak = ahead.iter().map(|step| step.instances).max().unwrap_or(max);
        spec["fallback"] = json!({
            "failureThreshold": 3,
            "replicas": peak,
            "behavior": "currentReplicasIfHigher",
        });
    }
    let mut all = triggers(schedule, trigger, min, now)?;
    all.extend(measured.map(beside).transpose()?);
    spec["triggers"] = all.into();
    let object = json!({
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": spec,
    });
    let name = format!("{}-scaledobject.yaml", workload.name);
    let usage = format!("kubectl apply -f {name}");
    Document::yaml(name, &usage, &[object])
}

fn triggers(
    schedule: &Schedule,
    trigger: &Trigger,
    min: u32,
    now: DateTime<Utc>,
) -> Result<Vec<Value>, ExportError> {
    Ok(match trigger {
        Trigger::External { address, target, token_env } => {
            check_line("the address of the scaler", address)?;
            check_line("the target", target)?;
            let mut metadata = json!({"scalerAddress": address, "target": target});
            if let Some(variable) = token_env {
                check_line("the variable of the token", variable)?;
                metadata["tokenFromEnv"] = variable.as_str().into();
            }
            let kind = ("external", "AverageValue");
            vec![json!({"type": kind.0, "metricType": kind.1, "metadata": metadata})]
        }
        Trigger::Prometheus { server, query } => vec![prometheus(server, query, "1")?],
        Trigger::Cron { zone } => cron(schedule, *zone, min, now)?,
    })
}

fn prometheus(server: &str, query: &str, threshold: &str) -> Result<Value, ExportError> {
    check_line("the URL of Prometheus", server)?;
    check_line("the query", query)?;
    Ok(json!({
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": server,
            "query": query,
            "threshold": threshold,
            "ignoreNullValues": "false",
        },
    }))
}

/// The trigger of what is measured.
fn beside(measured: &Measured) -> Result<Value, ExportError> {
    match measured {
        Measured::Cpu { percent: percent @ 1.. } => Ok(json!({
            "type": "cpu",
            "metricType": "Utilization",
            "metadata": {"value": percent.to_string()},
        })),
        Measured::Prometheus { server, query, per_instance }
            if *per_instance > 0.0 && per_instance.is_finite() =>
        {
            prometheus(server, query, &per_instance.to_string())
        }
        Measured::Cpu { percent } => Err(ExportError::Threshold(f64::from(*percent))),
        Measured::Prometheus { per_instance, .. } => Err(ExportError::Threshold(*per_instance)),
    }
}

/// How long the last stretch goes on after the plan.
const AFTERWARDS: TimeDelta = TimeDelta::days(7);

/// A trigger for what is in force and for every later stretch above the minimum. Of several active ones the largest
/// counts.
fn cron(
    schedule: &Schedule,
    zone: Tz,
    min: u32,
    now: DateTime<Utc>,
) -> Result<Vec<Value>, ExportError> {
    let ahead = schedule.ahead(now)?;
    let last = schedule.end() + AFTERWARDS;
    let ends = ahead.iter().skip(1).map(|step| step.at).chain([last]);
    let stretches = ahead.iter().zip(ends).enumerate();
    let shown = stretches.filter(|(i, (step, _))| *i == 0 || step.instances > min);
    Ok(shown.map(|(_, (step, end))| stretch(step, end, zone)).collect())
}

fn stretch(step: &Step, end: DateTime<Utc>, zone: Tz) -> Value {
    // An end within the minute of its begin would be its begin, which KEDA refuses.
    let end = end.max(step.at + TimeDelta::minutes(1));
    let (mut start, mut stop) = (pinned(step.at, zone), pinned(end, zone));
    if start.1 != stop.1 {
        (start, stop) = (pinned(step.at, Tz::UTC), pinned(end, Tz::UTC));
    }
    json!({
        "type": "cron",
        "metadata": {
            "timezone": start.1,
            "start": start.0,
            "end": stop.0,
            "desiredReplicas": step.instances.max(1).to_string(),
        },
    })
}
