//! The script that replaces the scheduled actions of an earlier export by those of this one.
//!
//! An action of an earlier plan that stayed would lower the floor in the middle of the new plan. It goes before the new
//! ones come: two actions of a group may not have the same time, and the quota holds for both together. Until then the
//! last floor stays in force.

use crate::aws::ScalableTarget;
use crate::document::Document;
use crate::names::quoted;

/// The script for an Auto Scaling group: `actions` are what `files` put.
pub(crate) fn of_group(
    name: String,
    group: &str,
    actions: &[String],
    files: &[Document],
) -> Document {
    let subject = format!("--auto-scaling-group-name {}", quoted(group));
    let put = "  failed=$(aws autoscaling batch-put-scheduled-update-group-action --cli-input-json \"file://$file\" \\
    --query FailedScheduledUpdateGroupActions --output text)
  case \"$failed\" in
    '' | None) ;;
    *) printf 'refused: %s\\n' \"$failed\" >&2; exit 1 ;;
  esac";
    script(name, "autoscaling", "ScheduledUpdateGroupActions", &subject, put, actions, files)
}

/// The script for a scalable target.
pub(crate) fn of_target(
    name: String,
    target: &ScalableTarget,
    actions: &[String],
    files: &[Document],
) -> Document {
    let subject = format!(
        "--service-namespace {} --resource-id {} --scalable-dimension {}",
        quoted(&target.service_namespace),
        quoted(&target.resource_id),
        quoted(&target.dimension)
    );
    let put =
        "  aws application-autoscaling put-scheduled-action --cli-input-json \"file://$file\"";
    let service = "application-autoscaling";
    script(name, service, "ScheduledActions", &subject, put, actions, files)
}

fn script(
    name: String,
    service: &str,
    list: &str,
    subject: &str,
    put: &str,
    actions: &[String],
    files: &[Document],
) -> Document {
    let keep = quoted(&format!(" {} ", actions.join(" ")));
    let files: Vec<_> = files.iter().map(|file| quoted(&file.name)).collect();
    let files = files.join(" ");
    let text = format!(
        "\
#!/usr/bin/env bash
# Replaces what an earlier plan has left by this one: bash {name}
set -euf -o pipefail
cd \"$(dirname \"$0\")\"
keep={keep}
listed=$(aws {service} describe-scheduled-actions {subject} \\
  --query \"{list}[?starts_with(ScheduledActionName, 'forescale-')].ScheduledActionName\" --output text)
for action in $listed; do
  case \"$action\" in forescale-*) ;; *) continue ;; esac
  case \"$keep\" in *\" $action \"*) continue ;; esac
  aws {service} delete-scheduled-action {subject} --scheduled-action-name \"$action\"
done
for file in {files}; do
{put}
done
"
    );
    Document { name, text }
}
