//! A scenario as it is written.

use chrono::{DateTime, Utc};
use forescale_core::parse_span;
use forescale_replay::{FleetSettings, MOST_INSTANCES};
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::{Calendar, ScenarioError};
use crate::LifecycleSettings;

/// Everything that a file may say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub name: String,
    /// What it is about, for whoever reads the file.
    #[serde(default, rename = "about")]
    _about: String,
    pub policy: String,
    /// What policies keep that are given a budget.
    #[serde(default = "one_percent")]
    pub budget: f64,
    #[serde(default = "a_monday")]
    pub start: DateTime<Utc>,
    /// The clock of the service; UTC when absent.
    #[serde(default, deserialize_with = "calendar")]
    zone: Calendar,
    #[serde(default = "a_minute")]
    pub step: Span,
    /// What happens before is not scored, but policies may learn from it.
    pub score_after: Option<Span>,
    pub capacity: Spanned<Instance>,
    #[serde(default)]
    pub fleet: Fleet,
    pub load: Vec<Spanned<Segment>>,
    pub expect: Vec<Spanned<Expect>>,
}

/// What an instance carries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Instance {
    pub load_per_instance: f64,
    #[serde(default = "usual_utilization")]
    pub utilization: f64,
}

/// The fleet; what is absent is as in a replay without settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Fleet {
    startup: Option<Span>,
    drain: Option<Span>,
    metric_latency: Option<Span>,
    min: Option<u32>,
    max: Option<u32>,
    max_scale_up: Option<u32>,
    max_scale_down: Option<u32>,
    min_billing: Option<Span>,
    initial: Option<u32>,
    /// Where all chance comes from.
    seed: u64,
    lifecycle: LifecycleSettings,
}

/// The load for a while.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Segment {
    /// The same all the time.
    Constant { r#for: Span, level: f64 },
    /// In a line from one level to another.
    Ramp { r#for: Span, from: f64, to: f64 },
    /// Up and down between two levels, beginning at the lower one.
    Wave { r#for: Span, low: f64, high: f64, period: Span },
    /// A flash crowd: up within `rise`, then half of what is above the level is gone after every `half`.
    Peak { r#for: Span, level: f64, top: f64, rise: Span, half: Span },
    /// A value for every hour of the service's own clock, in a line between them.
    Day { r#for: Span, hours: [f64; 24] },
    /// No metric arrives; what is served is held from before.
    Outage { r#for: Span },
    /// So large a share of the instances is restarted at a time that the others carry its part of the load.
    Deploy { r#for: Span, level: f64, restarting: f64 },
}

/// One expectation: exactly one of the numbers, over the scored time or a part of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Expect {
    pub under_provisioned_time: Option<f64>,
    pub cost_over_clairvoyant: Option<f64>,
    pub instances_at_most: Option<u32>,
    pub instances_at_least: Option<u32>,
    pub no_scale_in: Option<bool>,
    pub actions_at_most: Option<u32>,
    /// Since the start.
    pub from: Option<Span>,
    pub to: Option<Span>,
}

/// A span of whole seconds above 0, written as `5m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span(i64);

impl Span {
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_span(&text).map(|span| Self(span.num_seconds())).map_err(de::Error::custom)
    }
}

impl File {
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text).map_err(|error| ScenarioError::Form {
            line: error.span().map_or(1, |span| line(text, span.start)),
            message: error.message().to_owned(),
        })
    }

    pub fn calendar(&self) -> Calendar {
        self.zone.clone()
    }
}

impl Fleet {
    pub fn settings(&self) -> FleetSettings {
        let usual = FleetSettings::default();
        let seconds = |span: Option<Span>, usual| span.map_or(usual, |span| span.0 as f64);
        FleetSettings {
            startup_s: seconds(self.startup, usual.startup_s),
            drain_s: seconds(self.drain, usual.drain_s),
            metric_latency_s: seconds(self.metric_latency, usual.metric_latency_s),
            min: self.min.unwrap_or(usual.min),
            max: self.max.unwrap_or(MOST_INSTANCES),
            initial: self.initial,
            max_up: self.max_scale_up,
            max_down: self.max_scale_down,
            min_billing_s: seconds(self.min_billing, usual.min_billing_s),
            lifecycle: self.lifecycle.lifecycle(self.seed),
        }
    }
}

/// The line of a place in `text`, from 1 on.
pub(super) fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}

fn calendar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Calendar, D::Error> {
    let name = String::deserialize(deserializer)?;
    let unknown = |_| de::Error::custom(format!("{name:?} is no time zone like Europe/Berlin"));
    Ok(Calendar { zone: name.parse().map_err(unknown)?, ..Calendar::default() })
}

fn one_percent() -> f64 {
    0.01
}

fn usual_utilization() -> f64 {
    forescale_plan::Capacity::DEFAULT_UTILIZATION
}

fn a_minute() -> Span {
    Span(60)
}

fn a_monday() -> DateTime<Utc> {
    "2026-01-05T00:00:00Z".parse().expect("a moment in ISO 8601")
}
