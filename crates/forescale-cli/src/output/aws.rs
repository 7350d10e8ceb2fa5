//! Advice as commands for an AWS auto scaling group.

use chrono::TimeDelta;
use forescale::{Evidence, parse_span};
use serde_json::json;

use super::apply::{Step, percent, setting};
use crate::args::BaseFleetArgs;

const DAY: i64 = 24 * 60;

/// The longest time by which AWS launches ahead of its forecast.
const LONGEST_BUFFER: TimeDelta = TimeDelta::hours(1);

/// What begins each command.
const AUTOSCALING: &str = "aws autoscaling";
const GROUP: &str = "--auto-scaling-group-name GROUP";

/// One scheduled action for each change of what the policy holds. It holds the most of the time until an instance that is
/// asked for now serves, so that more comes a start-up early and fewer in time.
pub fn timetable(chosen: &Evidence, fleet: &BaseFleetArgs) -> Step {
    let zone = setting(chosen, "timezone");
    let entries: Vec<Entry> = setting(chosen, "actions").split(';').filter_map(entry).collect();
    let weekly = entries.iter().any(|entry| entry.weekly);
    let cycle = if weekly { 7 * DAY } else { DAY };
    let startup = (fleet.startup.num_seconds() + 59) / 60;
    let action = |(number, (minute, count)): (usize, (i64, u32))| {
        let day = if weekly { (minute / DAY).to_string() } else { "*".to_owned() };
        format!(
            "{AUTOSCALING} put-scheduled-update-group-action {GROUP} --scheduled-action-name forescale-{number} \
             --recurrence \"{} {} * * {day}\" --time-zone {zone} --min-size {} --desired-capacity {count}",
            minute % 60,
            minute % DAY / 60,
            fleet.min
        )
    };
    let actions: Vec<String> =
        held(&entries, startup, cycle).into_iter().enumerate().map(action).collect();
    Step::new("AWS: the timetable, more a start-up early", actions.join("\n"))
}

/// A count from a minute of the day or of the week on, which begins on Sunday.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    minute: i64,
    count: u32,
    weekly: bool,
}

/// An entry as `scheduled` learns it: `MINUTE HOUR * * WEEKDAY=COUNT`.
fn entry(text: &str) -> Option<Entry> {
    let (cron, count) = text.rsplit_once('=')?;
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, "*", "*", day] = fields[..] else { return None };
    let number = |text: &str| text.parse::<i64>().ok();
    let weekly = day != "*";
    let day = if weekly { number(day)? } else { 0 };
    let minute = day * DAY + number(hour)? * 60 + number(minute)?;
    Some(Entry { minute, count: count.parse().ok()?, weekly })
}

/// When the largest count of the next `startup` minutes changes, and to what.
fn held(entries: &[Entry], startup: i64, cycle: i64) -> Vec<(i64, u32)> {
    let now = |minute: i64| {
        let age = |entry: &&Entry| (minute - entry.minute).rem_euclid(cycle);
        entries.iter().min_by_key(age).map_or(0, |entry| entry.count)
    };
    let soon = |minute: i64| {
        let within = |entry: &&Entry| (entry.minute - minute).rem_euclid(cycle) <= startup;
        entries.iter().filter(within).map(|entry| entry.count).max().unwrap_or(0)
    };
    let mut moments: Vec<i64> = entries
        .iter()
        .flat_map(|entry| [entry.minute, (entry.minute - startup).rem_euclid(cycle)])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let most: Vec<(i64, u32)> =
        moments.into_iter().map(|minute| (minute, now(minute).max(soon(minute)))).collect();
    let before = |k: usize| most[(k + most.len() - 1) % most.len()].1;
    let changes: Vec<(i64, u32)> =
        (0..most.len()).filter(|k| most[*k].1 != before(*k)).map(|k| most[k]).collect();
    match most.first() {
        // One count at all times still has to be set once.
        Some(always) if changes.is_empty() => vec![*always],
        _ => changes,
    }
}

/// Target tracking on CPU.
pub fn target_tracking(chosen: &Evidence) -> Step {
    let configuration = json!({
        "PredefinedMetricSpecification": { "PredefinedMetricType": "ASGAverageCPUUtilization" },
        "TargetValue": percent(chosen, "target"),
    });
    let text = format!(
        "{AUTOSCALING} put-scaling-policy {GROUP} --policy-name forescale-target --policy-type TargetTrackingScaling \
         --target-tracking-configuration '{configuration}'"
    );
    Step::new("AWS: target tracking", text)
}

/// Predictive scaling. The buffer covers start-up, too: what is launched so early serves when its hour begins.
pub fn predictive(chosen: &Evidence, fleet: &BaseFleetArgs) -> Step {
    let buffer = parse_span(setting(chosen, "buffer")).unwrap_or_default() + fleet.startup;
    let configuration = json!({
        "MetricSpecifications": [{
            "TargetValue": percent(chosen, "target"),
            "PredefinedMetricPairSpecification": { "PredefinedMetricType": "ASGCPUUtilization" },
        }],
        "Mode": "ForecastAndScale",
        "SchedulingBufferTime": buffer.min(LONGEST_BUFFER).num_seconds(),
    });
    let text = format!(
        "{AUTOSCALING} put-scaling-policy {GROUP} --policy-name forescale-predictive --policy-type PredictiveScaling \
         --predictive-scaling-configuration '{configuration}'"
    );
    Step::new("AWS: predictive scaling", text)
}

/// The two step scaling policies.
pub fn steps(chosen: &Evidence, fleet: &BaseFleetArgs) -> Step {
    let policy = |name: &str, key: &str| {
        let steps: Vec<&str> = setting(chosen, key).split(';').collect();
        let kind = match steps.iter().all(|step| step.ends_with('%')) {
            true => "PercentChangeInCapacity",
            false => "ChangeInCapacity",
        };
        let least = match kind {
            "PercentChangeInCapacity" => {
                format!(" --min-adjustment-magnitude {}", setting(chosen, "min-adjustment"))
            }
            _ => String::new(),
        };
        let steps: Vec<String> = steps.into_iter().filter_map(adjustment).collect();
        format!(
            "{AUTOSCALING} put-scaling-policy {GROUP} --policy-name forescale-{name} --policy-type StepScaling \
             --adjustment-type {kind}{least} --estimated-instance-warmup {} --metric-aggregation-type Average \
             --step-adjustments {}",
            fleet.startup.num_seconds(),
            steps.join(" ")
        )
    };
    Step::new(
        "AWS: the steps; each command prints the ARN of its policy",
        format!("{}\n{}", policy("out", "up"), policy("in", "down")),
    )
}

/// A step `LOWER..UPPER:CHANGE` as AWS writes it.
fn adjustment(step: &str) -> Option<String> {
    let (bounds, change) = step.split_once(':')?;
    let (lower, upper) = bounds.split_once("..")?;
    let bound = |name: &str, value: &str| match value.is_empty() {
        true => String::new(),
        false => format!("MetricInterval{name}Bound={value},"),
    };
    let change = change.trim_end_matches('%').trim_start_matches('+');
    Some(format!("{}{}ScalingAdjustment={change}", bound("Lower", lower), bound("Upper", upper)))
}

/// The alarms that call them.
pub fn alarms(chosen: &Evidence) -> Step {
    let target = percent(chosen, "target");
    let band = percent(chosen, "band");
    let alarm = |name: &str, threshold: f64, comparison: &str, lasting: &str| {
        let minutes = parse_span(lasting).map_or(1, |span| span.num_minutes().max(1));
        format!(
            "aws cloudwatch put-metric-alarm --alarm-name forescale-{name} --namespace AWS/EC2 --metric-name CPUUtilization \
             --dimensions Name=AutoScalingGroupName,Value=GROUP --statistic Average --period 60 \
             --evaluation-periods {minutes} --threshold {threshold} --comparison-operator {comparison} \
             --alarm-actions ARN_OF_FORESCALE_{}",
            name.to_uppercase()
        )
    };
    let out = alarm("out", target, "GreaterThanThreshold", setting(chosen, "high"));
    let back = alarm("in", target - band, "LessThanThreshold", setting(chosen, "low"));
    Step::new(
        "AWS: the alarms that call them (a metric each minute needs detailed monitoring)",
        format!("{out}\n{back}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        text.split(';').filter_map(entry).collect()
    }

    #[test]
    fn more_comes_a_start_up_early_and_fewer_in_time() {
        let daily = entries("0 0 * * *=3;0 8 * * *=9;0 20 * * *=4");
        assert_eq!(held(&daily, 10, DAY), [(0, 3), (7 * 60 + 50, 9), (20 * 60, 4)]);
        // Longer than an entry lasts: the peak of an hour hides what is before it.
        let short = entries("0 0 * * *=3;0 8 * * *=5;0 9 * * *=9;0 10 * * *=3");
        assert_eq!(held(&short, 90, DAY), [(6 * 60 + 30, 5), (7 * 60 + 30, 9), (10 * 60, 3)]);
    }

    #[test]
    fn a_start_up_may_reach_into_the_day_before() {
        let weekly = entries("0 0 * * 1=9;0 1 * * 1=2");
        assert_eq!(held(&weekly, 5, 7 * DAY), [(DAY - 5, 9), (DAY + 60, 2)]);
        let sunday = entries("0 0 * * 0=9;0 1 * * 0=2");
        assert_eq!(held(&sunday, 5, 7 * DAY), [(60, 2), (7 * DAY - 5, 9)]);
    }

    #[test]
    fn one_count_is_one_action() {
        assert_eq!(held(&entries("0 0 * * *=3"), 5, DAY).len(), 1);
    }

    #[test]
    fn steps_are_written_as_aws_reads_them() {
        let written = |step: &str| adjustment(step).unwrap();
        assert_eq!(
            written("0..10:+10%"),
            "MetricIntervalLowerBound=0,MetricIntervalUpperBound=10,ScalingAdjustment=10"
        );
        assert_eq!(written("20..:+40%"), "MetricIntervalLowerBound=20,ScalingAdjustment=40");
        assert_eq!(written("..0:-10%"), "MetricIntervalUpperBound=0,ScalingAdjustment=-10");
    }
}
