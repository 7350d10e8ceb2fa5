//! How to apply advice: the commands and the settings of the systems that scale.

use forescale::{Advice, Evidence, Verdict};
use serde::Serialize;

use crate::args::AdviseArgs;

/// The utilization above which instances are too few, when nobody says.
const USUAL_SLO: f64 = 0.8;

/// One thing to do.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What it is.
    pub about: String,
    /// A command, or the content of a file.
    pub text: String,
}

impl Step {
    fn new(about: impl Into<String>, text: String) -> Self {
        Self { about: about.into(), text }
    }
}

/// What applies the advice; nothing where what is run today stays.
pub fn steps(advice: &Advice, args: &AdviseArgs) -> Vec<Step> {
    if advice.verdict == Verdict::Stay {
        return Vec::new();
    }
    let chosen = &advice.chosen;
    let mut steps = match chosen.name() {
        "static" => fixed(chosen),
        "hpa" => vec![hpa(chosen, args)],
        "keda" => vec![keda(chosen, args)],
        "kpa" => vec![kpa(chosen, args)],
        "cron" => vec![cron(chosen)],
        "scheduled" => scheduled(chosen, args),
        "target-tracking" => vec![target_tracking(chosen)],
        "step-scaling" => vec![step_scaling(chosen)],
        "aws-predictive" => vec![aws_predictive(chosen), target_tracking(chosen)],
        _ => own(chosen, args),
    };
    steps.push(Step::new(
        "See it against the others first",
        format!(
            "forescale replay {} {} --policy '{}' --report replay.html",
            quoted(&args.input),
            fleet(args),
            chosen.policy
        ),
    ));
    steps
}

fn setting<'a>(evidence: &'a Evidence, key: &str) -> &'a str {
    evidence.settings.get(key).map_or("", String::as_str)
}

/// A share such as 0.6 in percent.
fn percent(evidence: &Evidence, key: &str) -> f64 {
    setting(evidence, key).parse::<f64>().map_or(0.0, |share| (share * 1e4).round() / 100.0)
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The fleet as options, without what is as it is by default.
fn fleet(args: &AdviseArgs) -> String {
    let span = forescale_core::time::format_span;
    let base = &args.fleet.base;
    let mut text = format!(
        "--capacity {} --startup {} --step {} --min {}",
        base.capacity,
        span(base.startup),
        span(base.step),
        base.min
    );
    let mut more = |name: &str, count: Option<u32>| {
        text.extend(count.map(|count| format!(" {name} {count}")));
    };
    more("--max", base.max);
    more("--max-scale-up", base.max_scale_up);
    more("--max-scale-down", base.max_scale_down);
    let slo = args.score.slo_utilization.share();
    if (slo - USUAL_SLO).abs() > 1e-9 {
        text.push_str(&format!(" --slo-utilization {slo}"));
    }
    text
}

fn bounds(args: &AdviseArgs) -> (u32, String) {
    let most =
        args.fleet.base.max.map_or_else(|| "100 # set your own".to_owned(), |max| max.to_string());
    (args.fleet.base.min, most)
}

fn fixed(chosen: &Evidence) -> Vec<Step> {
    let text = format!("kubectl scale deployment/SERVICE --replicas={}", setting(chosen, "n"));
    vec![Step::new("A fixed number", text)]
}

fn hpa(chosen: &Evidence, args: &AdviseArgs) -> Step {
    let (min, max) = bounds(args);
    let load = args.fleet.base.capacity * setting(chosen, "target").parse::<f64>().unwrap_or(1.0);
    let text = format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: SERVICE\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: SERVICE}}\n  minReplicas: {min}\n  maxReplicas: {max}\n  \
         metrics:\n  - type: Pods\n    pods:\n      metric: {{name: LOAD_METRIC}}\n      \
         target: {{type: AverageValue, averageValue: \"{load}\"}}\n"
    );
    Step::new("Kubernetes: the load of an instance, as a pods metric", text)
}

fn keda(chosen: &Evidence, args: &AdviseArgs) -> Step {
    let (min, max) = bounds(args);
    let load = args.fleet.base.capacity * setting(chosen, "target").parse::<f64>().unwrap_or(1.0);
    let text = format!(
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata:\n  name: SERVICE\nspec:\n  scaleTargetRef: {{name: SERVICE}}\n  \
         minReplicaCount: {min}\n  maxReplicaCount: {max}\n  fallback: {{failureThreshold: {}, replicas: {min}}}\n  triggers:\n  \
         - type: prometheus\n    metadata:\n      serverAddress: http://PROMETHEUS:9090\n      query: LOAD_QUERY\n      threshold: \"{load}\"\n",
        setting(chosen, "failure-threshold")
    );
    Step::new("KEDA: the load by a Prometheus query", text)
}

fn kpa(chosen: &Evidence, args: &AdviseArgs) -> Step {
    let (min, max) = bounds(args);
    let text = format!(
        "autoscaling.knative.dev/target-utilization-percentage: \"{}\"\nautoscaling.knative.dev/min-scale: \"{min}\"\n\
         autoscaling.knative.dev/max-scale: \"{}\"\nautoscaling.knative.dev/window: \"{}\"\n",
        percent(chosen, "target"),
        max.split(' ').next().unwrap_or_default(),
        setting(chosen, "stable-window")
    );
    Step::new("Knative: annotations of the revision", text)
}

fn cron(chosen: &Evidence) -> Step {
    let text = format!(
        "minReplicaCount: {}\ntriggers:\n- type: cron\n  metadata:\n    timezone: {}\n    start: \"{}\"\n    end: \"{}\"\n    \
         desiredReplicas: \"{}\"\n",
        setting(chosen, "outside"),
        setting(chosen, "timezone"),
        setting(chosen, "start"),
        setting(chosen, "end"),
        setting(chosen, "desired")
    );
    Step::new("KEDA: the spec of a ScaledObject", text)
}

/// One action for each entry of the timetable, `CRON=INSTANCES` with `;` between them.
fn scheduled(chosen: &Evidence, args: &AdviseArgs) -> Vec<Step> {
    let zone = setting(chosen, "timezone");
    let (min, _) = bounds(args);
    let action = |(at, entry): (usize, &str)| {
        let (cron, count) = entry.rsplit_once('=').unwrap_or((entry, ""));
        format!(
            "aws autoscaling put-scheduled-update-group-action --auto-scaling-group-name GROUP --scheduled-action-name \
             forescale-{at} --recurrence \"{cron}\" --time-zone {zone} --min-size {min} --desired-capacity {count}"
        )
    };
    let actions = setting(chosen, "actions").split(';').enumerate().map(action);
    vec![Step::new("AWS: the timetable", actions.collect::<Vec<_>>().join("\n"))]
}

fn target_tracking(chosen: &Evidence) -> Step {
    let text = format!(
        "aws autoscaling put-scaling-policy --auto-scaling-group-name GROUP --policy-name forescale-target \
         --policy-type TargetTrackingScaling --target-tracking-configuration \
         '{{\"PredefinedMetricSpecification\": {{\"PredefinedMetricType\": \"ASGAverageCPUUtilization\"}}, \"TargetValue\": {}}}'",
        percent(chosen, "target")
    );
    Step::new("AWS: target tracking", text)
}

fn step_scaling(chosen: &Evidence) -> Step {
    let text = format!(
        "alarm at {} % busy for {}; scale out by {}; scale in by {}; utilization beyond the alarm in points",
        percent(chosen, "target"),
        setting(chosen, "high"),
        setting(chosen, "up"),
        setting(chosen, "down")
    );
    Step::new("AWS: the alarm and the steps of a step scaling policy", text)
}

fn aws_predictive(chosen: &Evidence) -> Step {
    let text = format!(
        "aws autoscaling put-scaling-policy --auto-scaling-group-name GROUP --policy-name forescale-predictive \
         --policy-type PredictiveScaling --predictive-scaling-configuration \
         '{{\"MetricSpecifications\": [{{\"TargetValue\": {}, \"PredefinedMetricPairSpecification\": {{\"PredefinedMetricType\": \
         \"ASGCPUUtilization\"}}}}], \"Mode\": \"ForecastAndScale\", \"SchedulingBufferTime\": 300}}'",
        percent(chosen, "target")
    );
    Step::new("AWS: predictive scaling", text)
}

/// The policy itself, asked every minute beside the service.
fn own(chosen: &Evidence, args: &AdviseArgs) -> Vec<Step> {
    let decide = |history: &str| {
        format!(
            "forescale decide {history} {} --policy '{}' --current INSTANCES",
            fleet(args),
            chosen.policy
        )
    };
    vec![
        Step::new(
            "Every minute: ask the policy itself, with 28 days or more of load",
            format!("{} -o json", decide("NEWEST.csv")),
        ),
        Step::new(
            "The same from Prometheus, as the minimum of a horizontal pod autoscaler",
            format!(
                "{} -o json > decision.json\nforescale export decision.json --to hpa --name SERVICE --out .",
                decide("'prometheus://HOST:9090?query=LOAD_QUERY&step=1m'")
            ),
        ),
    ]
}
