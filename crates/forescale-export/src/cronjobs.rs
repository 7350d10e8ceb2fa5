//! Kubernetes CronJobs that raise and lower the floor as the plan says, with the rights for that and no more.

use std::collections::BTreeMap;

use chrono::{DateTime, LocalResult, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::document::Document;
use crate::error::ExportError;
use crate::hpa::{FIELD_MANAGER, floor};
use crate::names::{Workload, check_line, suffixed};
use crate::schedule::{Schedule, Step};

/// The longest name of a CronJob: its jobs get eleven characters more.
const MAX_NAME: usize = 52;

/// How CronJobs are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronJobOptions {
    /// An image with `kubectl`.
    pub image: String,
    /// The zone in which the schedules are written.
    pub zone: Tz,
    /// The autoscaler's own `maxReplicas`, if known.
    pub max: Option<u32>,
}

/// A ServiceAccount, a Role for this one autoscaler, the floors in a ConfigMap, and a CronJob for every step ahead.
///
/// A schedule names a day, so each job runs once and then not for a year: export anew, and prune, before then. A step
/// in an hour that the zone repeats is scheduled in UTC.
///
/// # Errors
/// As [`crate::hpa_patch`], and [`ExportError::Name`] for an image that is no line of text.
pub fn cronjobs(
    schedule: &Schedule,
    workload: &Workload,
    options: &CronJobOptions,
    now: DateTime<Utc>,
) -> Result<Document, ExportError> {
    check_line("an image", &options.image)?;
    let mut steps = schedule.ahead(now)?;
    for step in &mut steps {
        step.instances = step.instances.max(1);
        if let Some(max) = options.max.filter(|max| step.instances > *max) {
            return Err(ExportError::AboveMax { instances: step.instances, max, at: step.at });
        }
    }
    let objects = Objects { workload, account: suffixed(&workload.name, "forescale", 63) };
    let mut all = objects.rights();
    all.push(objects.floors(&steps)?);
    all.extend(steps.iter().map(|step| objects.cronjob(step, options)));
    let name = format!("{}-cronjobs.yaml", workload.name);
    let usage = format!(
        "kubectl apply -n {} -l forescale/workload={} --prune -f {name}",
        workload.namespace, workload.name
    );
    Document::yaml(name, &usage, &all)
}

struct Objects<'a> {
    workload: &'a Workload,
    /// The name of the account, of its rights and of the floors.
    account: String,
}

impl Objects<'_> {
    fn metadata(&self, name: &str) -> Value {
        json!({
            "name": name,
            "namespace": self.workload.namespace,
            "labels": {
                "app.kubernetes.io/managed-by": "forescale",
                "forescale/workload": self.workload.name,
            },
        })
    }

    /// An account that may see and patch one autoscaler.
    fn rights(&self) -> Vec<Value> {
        let account = &self.account;
        let api = "rbac.authorization.k8s.io";
        vec![
            json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": self.metadata(account),
                "automountServiceAccountToken": false,
            }),
            json!({
                "apiVersion": format!("{api}/v1"),
                "kind": "Role",
                "metadata": self.metadata(account),
                "rules": [{
                    "apiGroups": ["autoscaling"],
                    "resources": ["horizontalpodautoscalers"],
                    "resourceNames": [self.workload.name],
                    "verbs": ["get", "patch"],
                }],
            }),
            json!({
                "apiVersion": format!("{api}/v1"),
                "kind": "RoleBinding",
                "metadata": self.metadata(account),
                "roleRef": {"apiGroup": api, "kind": "Role", "name": account},
                "subjects": [{
                    "kind": "ServiceAccount",
                    "name": account,
                    "namespace": self.workload.namespace,
                }],
            }),
        ]
    }

    /// Every floor of the plan as a file of a ConfigMap.
    fn floors(&self, steps: &[Step]) -> Result<Value, ExportError> {
        let mut files = BTreeMap::new();
        for step in steps {
            let text = serde_saphyr::to_string(&floor(self.workload, step.instances))
                .map_err(|error| ExportError::Write(error.to_string()))?;
            files.insert(file(step), text);
        }
        Ok(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": self.metadata(&self.account),
            "data": files,
        }))
    }

    fn cronjob(&self, step: &Step, options: &CronJobOptions) -> Value {
        let (schedule, zone) = pinned(step.at, options.zone);
        let name =
            suffixed(&self.workload.name, &step.at.format("%Y%m%d%H%M").to_string(), MAX_NAME);
        json!({
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": self.metadata(&name),
            "spec": {
                "schedule": schedule,
                "timeZone": zone,
                "concurrencyPolicy": "Forbid",
                "startingDeadlineSeconds": 300,
                "successfulJobsHistoryLimit": 1,
                "failedJobsHistoryLimit": 1,
                "jobTemplate": {"spec": {
                    "backoffLimit": 3,
                    "activeDeadlineSeconds": 300,
                    "template": {"spec": self.pod(step, &options.image)},
                }},
            },
        })
    }

    fn pod(&self, step: &Step, image: &str) -> Value {
        json!({
            "serviceAccountName": self.account,
            "automountServiceAccountToken": true,
            "restartPolicy": "OnFailure",
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "kubectl",
                "image": image,
                "command": ["kubectl"],
                "args": [
                    "apply",
                    "--server-side",
                    format!("--field-manager={FIELD_MANAGER}"),
                    "--validate=false",
                    "--cache-dir=/tmp",
                    format!("--filename=/floors/{}", file(step)),
                ],
                "resources": {
                    "requests": {"cpu": "10m", "memory": "64Mi"},
                    "limits": {"memory": "128Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "floors", "mountPath": "/floors", "readOnly": true},
                    {"name": "tmp", "mountPath": "/tmp"},
                ],
            }],
            "volumes": [
                {"name": "floors", "configMap": {"name": self.account}},
                {"name": "tmp", "emptyDir": {}},
            ],
        })
    }
}

fn file(step: &Step) -> String {
    format!("floor-{}.yaml", step.instances)
}

/// The minute of `at` as a cron schedule, and the zone it is meant in.
pub(crate) fn pinned(at: DateTime<Utc>, zone: Tz) -> (String, &'static str) {
    let local = at.with_timezone(&zone).naive_local();
    let once = matches!(zone.from_local_datetime(&local), LocalResult::Single(_));
    let (local, zone) = if once { (local, zone) } else { (at.naive_utc(), Tz::UTC) };
    let zone = if zone == Tz::UTC { "Etc/UTC" } else { zone.name() };
    let date = local.date().format("%-d %-m");
    (format!("{} {} {date} *", local.minute(), local.hour()), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_its_zone_and_in_utc_where_that_is_ambiguous() {
        for (at, zone, schedule, named) in [
            ("2026-01-05T09:05:00Z", Tz::Europe__Berlin, "5 10 5 1 *", "Europe/Berlin"),
            ("2026-07-05T23:30:00Z", Tz::Europe__Berlin, "30 1 6 7 *", "Europe/Berlin"),
            ("2026-10-25T00:30:00Z", Tz::Europe__Berlin, "30 0 25 10 *", "Etc/UTC"),
            ("2026-10-25T01:30:00Z", Tz::Europe__Berlin, "30 1 25 10 *", "Etc/UTC"),
            ("2026-10-25T02:30:00Z", Tz::Europe__Berlin, "30 3 25 10 *", "Europe/Berlin"),
            ("2026-04-04T15:10:00Z", Tz::Australia__Lord_Howe, "10 15 4 4 *", "Etc/UTC"),
            ("2026-01-05T09:05:00Z", Tz::UTC, "5 9 5 1 *", "Etc/UTC"),
        ] {
            assert_eq!(pinned(at.parse().unwrap(), zone), (schedule.into(), named), "{at}");
        }
    }
}
