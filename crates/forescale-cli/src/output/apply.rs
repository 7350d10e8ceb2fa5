//! How to apply advice: the commands and the settings of the systems that scale.

use forescale::{Advice, Evidence, Verdict};
use serde::Serialize;
use serde_json::{Map, Value};

use super::aws;
use crate::args::AdviseArgs;
use crate::settings::{options, quoted};

/// What says how a file is read, and means nothing to Prometheus.
const OF_FILES: [&str; 4] = ["time", "load", "series", "metric"];

/// One thing to do.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What it is.
    pub about: String,
    /// A command, or the content of a file.
    pub text: String,
}

impl Step {
    pub(super) fn new(about: impl Into<String>, text: String) -> Self {
        Self { about: about.into(), text }
    }
}

/// What applies the advice; nothing where what is run today stays. `asked` is how the advice was asked for.
pub fn steps(advice: &Advice, args: &AdviseArgs, asked: &Map<String, Value>) -> Vec<Step> {
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
        "scheduled" => vec![aws::timetable(chosen, &args.fleet.base)],
        "target-tracking" => vec![aws::target_tracking(chosen)],
        "step-scaling" => vec![aws::steps(chosen, &args.fleet.base), aws::alarms(chosen)],
        "aws-predictive" => {
            vec![aws::predictive(chosen, &args.fleet.base), aws::target_tracking(chosen)]
        }
        _ => own(chosen, asked),
    };
    steps.push(Step::new(
        "See it against the others first",
        format!(
            "forescale replay {} {} --policy '{}' --report replay.html",
            quoted(&args.input),
            options(asked, "replay", &[]),
            chosen.policy
        ),
    ));
    steps
}

pub(super) fn setting<'a>(evidence: &'a Evidence, key: &str) -> &'a str {
    evidence.settings.get(key).map_or("", String::as_str)
}

/// A share such as 0.6 in percent.
pub(super) fn percent(evidence: &Evidence, key: &str) -> f64 {
    setting(evidence, key).parse::<f64>().map_or(0.0, |share| (share * 1e4).round() / 100.0)
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

/// The policy itself, asked every minute beside the service.
fn own(chosen: &Evidence, asked: &Map<String, Value>) -> Vec<Step> {
    let decide = |history: &str, but: &[&str]| {
        format!(
            "forescale decide {history} {} --policy '{}' --current INSTANCES",
            options(asked, "decide", but),
            chosen.policy
        )
    };
    vec![
        Step::new(
            "Every minute: ask the policy itself, with 28 days or more of load",
            format!("{} --now \"$(date -u +%FT%TZ)\" -o json", decide("NEWEST.csv", &[])),
        ),
        Step::new(
            "The same from Prometheus, as the minimum of a horizontal pod autoscaler",
            format!(
                "{} -o json > decision.json\nforescale export decision.json --to hpa --name SERVICE --out .",
                decide("'prometheus://HOST:9090?query=LOAD_QUERY&step=1m'", &OF_FILES)
            ),
        ),
    ]
}
