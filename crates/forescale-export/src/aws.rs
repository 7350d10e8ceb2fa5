//! Scheduled actions of AWS, checked here because not every tool on the way does.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::aws_script::{of_group, of_target};
use crate::document::Document;
use crate::error::ExportError;
use crate::names::{check_aws, file_stem, suffixed};
use crate::schedule::{Schedule, Step, merged};

/// Scheduled actions that one Auto Scaling group may have.
pub const GROUP_QUOTA: usize = 125;

/// Scheduled actions that one call may put.
const GROUP_BATCH: usize = 50;

/// Scheduled actions that one scalable target of Application Auto Scaling may have.
pub const TARGET_QUOTA: usize = 200;

/// What an action sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The minimum only: other policies scale above it.
    Floor,
    /// The minimum and the instances themselves, so that the group also shrinks with the plan.
    Full,
}

/// An Auto Scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its maximum.
    pub max: u32,
    /// Scheduled actions that others have set in it already.
    pub other_actions: usize,
}

/// Scheduled actions for an Auto Scaling group: a file for each call of
/// `aws autoscaling batch-put-scheduled-update-group-action --cli-input-json file://FILE`, and a script that takes away
/// what an earlier export has left in the group and then makes these calls.
///
/// A plan with more steps than the group may have actions is merged: neighbours take the larger count, those first that
/// add the fewest instance-hours.
///
/// # Errors
/// [`ExportError::AboveMax`] when a step is above the group's maximum, [`ExportError::Name`],
/// [`ExportError::Rows`] when the group has no room for an action, and [`ExportError::Over`] or
/// [`ExportError::Early`] outside of the plan: an action in the past would be refused.
pub fn aws_group(
    schedule: &Schedule,
    group: &Group,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Vec<Document>, ExportError> {
    check_aws("an Auto Scaling group", &group.name)?;
    let steps = steps(schedule, group.max, group.other_actions, GROUP_QUOTA, now)?;
    let action = |step: &Step| {
        let mut action = Map::new();
        action.insert("ScheduledActionName".into(), action_name(&group.name, step).into());
        let start = step.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        action.insert("StartTime".into(), start.into());
        action.insert("MinSize".into(), step.instances.into());
        if mode == Mode::Full {
            action.insert("DesiredCapacity".into(), step.instances.into());
        }
        Value::Object(action)
    };
    let stem = file_stem(&group.name);
    let batch = |(number, batch): (usize, &[Step])| {
        let call = json!({
            "AutoScalingGroupName": group.name,
            "ScheduledUpdateGroupActions": batch.iter().map(action).collect::<Vec<_>>(),
        });
        Document::json(format!("{stem}-scheduled-actions-{}.json", number + 1), &call)
    };
    let mut documents: Vec<_> =
        steps.chunks(GROUP_BATCH).enumerate().map(batch).collect::<Result<_, _>>()?;
    let names = steps.iter().map(|step| action_name(&group.name, step));
    let name = format!("{stem}-scheduled-actions.sh");
    documents.push(of_group(name, &group.name, &names.collect::<Vec<_>>(), &documents));
    Ok(documents)
}

/// A scalable target of Application Auto Scaling, an ECS service say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalableTarget {
    /// `ecs`.
    pub service_namespace: String,
    /// `service/CLUSTER/SERVICE`.
    pub resource_id: String,
    /// `ecs:service:DesiredCount`.
    pub dimension: String,
    /// Its maximum capacity.
    pub max: u32,
    /// Scheduled actions that others have set for it already.
    pub other_actions: usize,
}

/// Scheduled actions for a scalable target: a file for each call of
/// `aws application-autoscaling put-scheduled-action --cli-input-json file://FILE`, because a call puts one, and a
/// script as for [`aws_group`].
///
/// # Errors
/// As [`aws_group`].
pub fn aws_target(
    schedule: &Schedule,
    target: &ScalableTarget,
    now: DateTime<Utc>,
) -> Result<Vec<Document>, ExportError> {
    check_aws("a service namespace", &target.service_namespace)?;
    check_aws("a resource id", &target.resource_id)?;
    check_dimension(&target.dimension)?;
    let steps = steps(schedule, target.max, target.other_actions, TARGET_QUOTA, now)?;
    let (stem, name) = (file_stem(&target.resource_id), target.resource_id.replace('/', "-"));
    let document = |(number, step): (usize, &Step)| {
        let call = json!({
            "ServiceNamespace": target.service_namespace,
            "ScheduledActionName": action_name(&name, step),
            "ResourceId": target.resource_id,
            "ScalableDimension": target.dimension,
            "Schedule": format!("at({})", step.at.format("%Y-%m-%dT%H:%M:%S")),
            "ScalableTargetAction": {"MinCapacity": step.instances},
        });
        Document::json(format!("{stem}-scheduled-action-{:03}.json", number + 1), &call)
    };
    let mut documents: Vec<_> = steps.iter().enumerate().map(document).collect::<Result<_, _>>()?;
    let names = steps.iter().map(|step| action_name(&name, step));
    let file = format!("{stem}-scheduled-actions.sh");
    documents.push(of_target(file, target, &names.collect::<Vec<_>>(), &documents));
    Ok(documents)
}

/// What is left of the plan, merged to what fits beside the actions of others.
fn steps(
    schedule: &Schedule,
    max: u32,
    others: usize,
    quota: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Step>, ExportError> {
    let ahead = schedule.ahead(now)?;
    if let Some(step) = ahead.iter().find(|step| step.instances > max) {
        return Err(ExportError::AboveMax { instances: step.instances, max, at: step.at });
    }
    match quota.checked_sub(others) {
        Some(room) if room > 0 => Ok(merged(ahead, schedule.end(), room)),
        _ => {
            Err(ExportError::Rows(format!("{others} actions of others fill the quota of {quota}")))
        }
    }
}

/// The same moment has the same name in every export, so that a later plan replaces an earlier one.
fn action_name(name: &str, step: &Step) -> String {
    let name: String = name.chars().map(|c| if c == '/' { '-' } else { c }).collect();
    suffixed(&format!("forescale-{name}"), &step.at.format("%Y%m%dT%H%MZ").to_string(), 255)
}

/// `ecs:service:DesiredCount`: three words between colons.
fn check_dimension(dimension: &str) -> Result<(), ExportError> {
    let words: Vec<_> = dimension.split(':').collect();
    let word = |word: &&str| {
        !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    if dimension.len() <= 255 && words.len() == 3 && words.iter().all(word) {
        return Ok(());
    }
    Err(ExportError::Name {
        what: "a scalable dimension",
        expected: "three words between colons, as in ecs:service:DesiredCount",
        found: dimension.chars().take(80).collect(),
    })
}
